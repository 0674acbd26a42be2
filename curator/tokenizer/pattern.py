"""The regular expression that cuts text into pieces, and the character classes it implies.

The expression travels inside `tokenizer.json`, so every loader cuts alike. No piece crosses the
border between a spaced and an unspaced script, a digit, or a line end: ``book咗1998`` becomes
``book|咗|1|9|9|8``; ``হ্যালো বাংলা`` becomes two pieces, marks with their letters.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from tokenizers.pre_tokenizers import Split

from curator.kernels.pieces import MAX_RUN, MAX_WORD
from curator.kernels.pieces.classes import (
    BLANK,
    CODE_POINTS,
    DIGIT,
    EXTRA_UNSPACED,
    SYMBOL,
    UNSPACED,
    UNSPACED_MARK,
    WORD,
    WORD_MARK,
    set_fixed,
)
from tokenizers import Regex

SCRIPTS = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
)
_UNSPACED = rf"[[{SCRIPTS}]&&[\p{{L}}\p{{M}}]]{EXTRA_UNSPACED}"
_WORD = rf"[\p{{L}}\p{{M}}]&&[^{_UNSPACED}]"
_JOINERS = r"\x{200C}\x{200D}"

PATTERN = "|".join(
    (
        # A run of letters and marks takes the space before it; so does a run of symbols.
        rf" ?[{_WORD}][[{_WORD}]{_JOINERS}]{{0,{MAX_WORD - 1}}}",
        rf"[{_UNSPACED}][{_UNSPACED}\p{{M}}{_JOINERS}]{{0,{MAX_RUN - 1}}}",
        r"\p{N}",
        rf" ?[^\s\p{{L}}\p{{M}}\p{{N}}][^\s\p{{L}}\p{{N}}]{{0,{MAX_RUN - 1}}}",
        rf"[\r\n]{{1,{MAX_RUN}}}",
        # White space leaves its last character to the word that follows.
        rf"[^\S\r\n]{{1,{MAX_RUN}}}(?!\S)",
        r"[^\S\r\n]",
    )
)
"""Limits on every run keep encoding linear in the text, whatever the text is."""

_KINDS = (
    (r"\s", BLANK),
    (r"\p{N}", DIGIT),
    (r"\p{L}", WORD),
    (r"\p{M}", WORD_MARK),
    (rf"[{_UNSPACED}]", UNSPACED),
)
"""Later rows win, and UNSPACED meeting WORD_MARK gives UNSPACED_MARK."""
_UNKNOWN = 255


def splitter() -> Split:
    """Return the pre-tokenizer: isolated matches of the pattern, so that no character is lost."""
    return Split(Regex(PATTERN), "isolated")


class EngineClasses:
    """Character classes as the engine behind the pattern sees them, asked for as they are met.

    Engine and Python know different versions of Unicode. Asking the engine itself makes the fast
    encoder agree with it on every character, and only those that occur are asked for.
    """

    def __init__(self) -> None:
        self.table = np.full(CODE_POINTS, _UNKNOWN, np.uint8)
        set_fixed(self.table)
        self._kinds = [(Split(Regex(rule), "removed", invert=True), kind) for rule, kind in _KINDS]

    def know(self, points: Iterable[int]) -> np.ndarray:
        """Return the table, uint8[0x110000], valid at least for the given code points."""
        asked = np.fromiter(points, np.int64)
        asked = asked[self.table[asked] == _UNKNOWN]
        if not len(asked):
            return self.table
        text = "".join(map(chr, asked.tolist()))
        kinds = np.full(len(asked), SYMBOL, np.uint8)
        for split, kind in self._kinds:
            for _, (start, stop) in split.pre_tokenize_str(text):
                spot = slice(start, stop)
                marks = kinds[spot] == WORD_MARK
                both = np.uint8(UNSPACED_MARK if kind == UNSPACED else kind)
                kinds[spot] = np.where(marks, both, np.uint8(kind))
        self.table[asked] = kinds
        return self.table
