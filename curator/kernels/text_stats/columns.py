"""Places of the counts that follow the text from one character to the next."""

from __future__ import annotations

FOLLOWED = (
    "attached_marks",
    "words",
    "space_split_words",
    "words_with_letters",
    "symbol_words",
    "spaced_words",
    "spaced_word_characters",
    "unspaced_words",
    "longest_word",
    "url_characters",
    "lines",
    "bullet_lines",
    "ellipsis_lines",
    "terminal_lines",
    "longest_line",
    "longest_run",
    "paragraphs",
)
"""Counts that need the characters before and after, in the order of their columns."""
(
    MARKS,
    WORDS,
    SPLIT,
    WITH_LETTERS,
    SYMBOL_WORDS,
    SPACED,
    SPACED_CHARACTERS,
    UNSPACED,
    LONGEST_WORD,
    URL,
    LINES,
    BULLETS,
    ELLIPSES,
    TERMINALS,
    LONGEST_LINE,
    LONGEST_RUN,
    PARAGRAPHS,
) = range(len(FOLLOWED))
