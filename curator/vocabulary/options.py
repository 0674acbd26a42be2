"""What a vocabulary is made with."""

from __future__ import annotations

from dataclasses import dataclass

from curator.errors import RecipeError

LONGEST_GRAM = 8


@dataclass(frozen=True)
class VocabularyOptions:
    """Options of ``build_vocabulary``; the defaults suit corpora from a million characters on."""

    min_count: int = 5
    """Words and n-grams seen less often are left out of the tables, and so are their extensions."""
    max_word_characters: int = 4
    """Longest n-gram of unspaced scripts, in characters, 2 to 8; each is a pass over the text."""
    max_spaced_word_characters: int = 40
    """Longer runs of letters are no words but identifiers or noise, and are not counted."""
    function_characters: str = ""
    """Characters such as 嘅咗啲 that begin or end a word only by accident: an n-gram with one at
    its edge is no new word."""
    min_word_documents: int = 1
    """New words must occur in so many documents; 2 or more keeps one author's names out."""
    max_words: int = 200_000
    """Rows of `words.tsv`, the most frequent."""
    max_new_words: int = 50_000
    """Rows of `new_words.tsv`, the best scored."""
    top: int = 50
    """Rows of each kind that the manifest repeats."""
    batch_bytes: int = 8 << 20
    """Text held at once by a task; changes no result."""

    def __post_init__(self) -> None:
        if not 2 <= self.max_word_characters <= LONGEST_GRAM:
            raise RecipeError(
                f"VocabularyOptions: max_word_characters={self.max_word_characters}; "
                f"use 2 to {LONGEST_GRAM}"
            )
        if self.min_count < 1:
            raise RecipeError(f"VocabularyOptions: min_count={self.min_count}; use 1 or more")
