"""Every count the built-in filters need, taken in one pass over UTF-8.

The counts are script-aware. On ASCII text they equal the definitions published for English
(Gopher, C4, NeMo Curator's heuristic filters); elsewhere a letter is a letter of any script, its
combining marks belong to it, and a character of an unspaced script (Han, kana, Thai, Lao, Khmer,
Myanmar, Tibetan …) is a word of its own: 「我哋食 dim sum」 has five words, "বাংলা ভাষা" has two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from curator.errors import ResourceError
from curator.kernels import buffers, twin
from curator.kernels.buffers import Utf8
from curator.kernels.text_stats.classes import SCRIPTS, tables

__all__ = [
    "SCRIPTS",
    "NGrams",
    "Repetition",
    "TextStatistics",
    "count_listed_characters",
    "count_listed_words",
    "text_stats",
]


@dataclass(frozen=True, eq=False)
class Repetition:
    """Repeated lines and paragraphs of every document, each array int64[n].

    A line is a piece between "\\n" that is not blank; a paragraph a piece between "\\n\\n" (an
    empty text has one empty paragraph). Two are the same when every character is. Source: Gopher
    (Rae et al. 2021, table A1).
    """

    lines: np.ndarray
    """Lines that are not blank."""
    unique_lines: np.ndarray
    """Different lines among them."""
    line_characters: np.ndarray
    """Code points in the lines, line breaks not counted."""
    unique_line_characters: np.ndarray
    """Code points in the different lines, each counted once."""
    paragraphs: np.ndarray
    """Paragraphs; at least 1."""
    unique_paragraphs: np.ndarray
    """Different paragraphs among them."""
    paragraph_characters: np.ndarray
    """Code points in the paragraphs, the breaks between them not counted."""
    unique_paragraph_characters: np.ndarray
    """Code points in the different paragraphs, each counted once."""


@dataclass(frozen=True, eq=False)
class NGrams:
    """Characters in repeated n-grams of words of every document, for n from 2 to 10.

    Words are those of ``TextStatistics.words``: in 「我哋食 dim sum」 every Han character is one,
    with the marks on it in scripts such as Thai. An n-gram reaches from the first character of its
    first word to the last one of its last word, whatever stands between them. Characters that
    several n-grams share are counted once. Source: Gopher (Rae et al. 2021, table A1).
    """

    top: np.ndarray
    """int64[n, 9]: code points in all occurrences of the most frequent n-gram, for n = 2 … 10.
    Among equally frequent ones it is the longest, then the first; a text without repetition has
    many that occur once. 0 where there are fewer words than n."""
    duplicate: np.ndarray
    """int64[n, 9]: code points in n-grams that occurred before in the text, for n = 2 … 10."""

    LENGTHS: ClassVar[range] = range(2, 11)
    """The n of each column."""


@dataclass(frozen=True, eq=False)
class TextStatistics:
    """Counts for every document, int64[n] unless said otherwise; all zero for an empty text.

    "Characters" are Unicode code points. A "word" is defined at ``words``.
    """

    texts: Utf8
    """The buffers the counts were taken from, for statistics computed at first use."""
    characters: np.ndarray
    """Code points."""
    bytes: np.ndarray
    """UTF-8 bytes."""
    letters: np.ndarray
    """Letters (L*, and the Han numerals 〇 〡–〩) with the combining marks and joiners on them."""
    digits: np.ndarray
    """Decimal digits of any script (Nd)."""
    whitespace: np.ndarray
    """Characters that ``str.isspace`` calls space."""
    white_space_published: np.ndarray
    """Tab, line feed, carriage return, backspace, space, and all non-ASCII space."""
    punctuation: np.ndarray
    """Punctuation of any script (P*), "#" included as Unicode has it."""
    symbols: np.ndarray
    """Symbols of any script (S*)."""
    hashes: np.ndarray
    """The character "#"."""
    ellipses: np.ndarray
    """The characters "…" and "⋯"; three full stops are not counted here."""
    alphanumeric: np.ndarray
    """Letters, digits, line feeds, and the marks ? ! , . with their like in other scripts."""
    parentheses: np.ndarray
    """Brackets ( ) [ ] { } ⟨ ⟩ and their CJK and full-width forms; not 「」 and 《》."""
    controls: np.ndarray
    """Control characters (Cc) other than tab, line feed and carriage return."""
    replacements: np.ndarray
    """U+FFFD, each a character lost for ever."""
    private_use: np.ndarray
    """Private-use characters (Co): old HKSCS pages, icon fonts."""
    scripts: np.ndarray
    """int64[n, len(SCRIPTS)]: letters of each script, combining marks not counted."""
    words: np.ndarray
    """Words: a maximal run of non-space is one word; but in a run that holds characters of an
    unspaced script each of those is a word, and the pieces between them are words when they hold
    a letter or digit."""
    space_split_words: np.ndarray
    """Maximal runs of non-space, as ``str.split`` has them, in any script."""
    words_with_letters: np.ndarray
    """Words that hold a letter."""
    symbol_words: np.ndarray
    """Words that are an ellipsis, or more than half of whose characters are "#" runs."""
    spaced_words: np.ndarray
    """Words that are not a character of an unspaced script."""
    spaced_word_characters: np.ndarray
    """Code points in ``spaced_words``."""
    unspaced_words: np.ndarray
    """Words that are a character of an unspaced script."""
    longest_word: np.ndarray
    """Code points in the longest of ``spaced_words``."""
    url_characters: np.ndarray
    """Code points in http:// and https:// addresses."""
    lines: np.ndarray
    """Lines (pieces between "\\n") that are not blank."""
    bullet_lines: np.ndarray
    """Lines whose first character after space is a bullet."""
    ellipsis_lines: np.ndarray
    """Lines that end in an ellipsis ("...", "…", "[...]", "read more" …)."""
    terminal_lines: np.ndarray
    """Lines that end in a sentence's final mark of any script, or in a closing quotation mark."""
    longest_line: np.ndarray
    """Code points in the longest line, blank ones too."""
    longest_run: np.ndarray
    """Length of the longest run of one character, space not considered."""
    paragraphs: np.ndarray
    """Pieces between "\\n\\n"; 1 for an empty text."""

    @cached_property
    def repetition(self) -> Repetition:
        """Repeated lines and paragraphs, computed at first use."""
        body: Any = twin.body(self.texts.data, "text_stats")
        arguments = self.texts.offsets, self.texts.data, tables().meanings
        after_counts = getattr(body, "repetition_after_counts", None)
        if after_counts:
            columns = after_counts(*arguments, self.lines, self.characters, self.longest_line)
        else:
            columns = body.repetition(*arguments)
        return Repetition(*map(_in_one_piece, columns.T))

    @cached_property
    def ngrams(self) -> NGrams:
        """Repeated n-grams of words, computed at first use."""
        body = twin.body(self.texts.data, "text_stats")
        return _ngrams(body.ngrams(self.texts.offsets, self.texts.data, tables().meanings))

    def script(self, name: str) -> np.ndarray:
        """Return int64[n], the letters of one of ``SCRIPTS``; ``ValueError`` for another name."""
        return self.scripts[:, SCRIPTS.index(name)]

    @property
    def script_letters(self) -> np.ndarray:
        """Letters of all scripts together, combining marks not counted."""
        return self.scripts.sum(axis=1)

    @property
    def han(self) -> np.ndarray:
        """Han characters, all extensions of them."""
        return self.script("Han")

    @property
    def latin(self) -> np.ndarray:
        """Latin letters, full-width ones too."""
        return self.script("Latin")

    @property
    def kana(self) -> np.ndarray:
        """Hiragana and katakana."""
        return self.script("Kana")

    @property
    def hangul(self) -> np.ndarray:
        """Hangul syllables and jamo."""
        return self.script("Hangul")


def text_stats(texts: Utf8, *, ngrams: bool = False) -> TextStatistics:
    """Return the counts of every document; zero documents give arrays of length zero.

    The text must be valid UTF-8. ``ngrams``: take the repeated n-grams in the same pass, which is
    faster than at first use; ask for it where they will be used. One core counts 650 MB of
    Cantonese or 1100 MB of Javanese a second; with repeated lines, paragraphs and n-grams, asked
    for so, 210 MB of Cantonese, 240 MB of Gujarati, 230 MB of Indonesian and 400 MB of Javanese.
    A document of one sentence takes 0.2 µs at least: 140 to 220 MB where it has 30 to 70 bytes. Of
    more than some 50,000 such documents at once a quarter of that is the system's, that clears
    576 bytes of memory for each.
    """
    body: Any = twin.body(texts.data, "text_stats")
    table = tables()
    arguments = texts.offsets, texts.data, table.meanings, table.counts, table.scripts
    at_once = ngrams and hasattr(body, "count_with_ngrams")
    counted, scripts, followed, *grams = (body.count_with_ngrams if at_once else body.count)(
        *arguments
    )
    sizes = np.diff(texts.offsets).astype(np.int64)
    counted_columns = dict(zip(table.count_names, counted.T, strict=True))
    followed_columns = dict(zip(body.FOLLOWED, followed.T, strict=True))
    found = counted_columns | followed_columns
    columns = {name: _in_one_piece(column) for name, column in found.items()}
    marks = columns.pop("attached_marks")
    columns["letters"] += marks
    columns["alphanumeric"] += marks
    stats = TextStatistics(texts=texts, bytes=sizes, scripts=scripts, **columns)
    for found_grams in grams:
        vars(stats)["ngrams"] = _ngrams(found_grams)  # where the cached property keeps it
    return stats


def count_listed_words(texts: Utf8, words: Sequence[str]) -> np.ndarray:
    """Return int64[n]: how many words of each document are on a list, letter by letter.

    Words are those of ``TextStatistics.words``: "the," is not "the", and of 「我哋」 only single
    characters can be listed. An empty text has none; it takes a moment for each listed word.
    """
    body = _host_body(texts)
    listed = buffers.of(words)
    return body.count_listed_words(
        texts.offsets, texts.data, tables().meanings, listed.offsets, listed.data
    )


def count_listed_characters(texts: Utf8, listed: np.ndarray) -> np.ndarray:
    """Return int64[n]: how many characters of each document are on a list, bool[0x110000]."""
    return _host_body(texts).count_listed_characters(texts.offsets, texts.data, listed)


def _ngrams(found: Any) -> NGrams:
    """Return the fields of a body's result, int64[n, 9, 2]."""
    return NGrams(*(_in_one_piece(found[:, :, field]) for field in (0, 1)))


def _in_one_piece(column: Any) -> Any:
    """Return a column of a body's result, copied only where its numbers lie apart."""
    return column if column.flags.c_contiguous else column.copy()


def _host_body(texts: Utf8) -> Any:
    """Return the body for texts on the host; ``ResourceError`` for others."""
    body = twin.body(texts.data, "text_stats")
    if not hasattr(body, "count_listed_words"):
        raise ResourceError(
            "curator.kernels.text_stats: listed words and characters are counted on the host "
            "alone; copy the texts there with .get()"
        )
    return body
