"""Chinese-script text: the rules of ``CantoneseCleaner``, and a search for many phrases at once.

All rules of cleaning delete characters, or write one for another, and what a rule does at a place
depends on characters close by: marks, spaces, and at most two others on either side. So the text
between such places is copied as it is, and the rules run over the short windows that hold them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from curator.kernels import twin
from curator.kernels.buffers import Utf8

__all__ = [
    "BRACKET",
    "CAPPED",
    "CLOSING",
    "EMPTY",
    "GAP",
    "HAN",
    "LEADING",
    "OPENING",
    "REMOVED",
    "REPLACED",
    "SPACE",
    "CleaningTables",
    "PhraseTables",
    "clean",
    "contains_phrase",
    "phrase_tables",
]

HAN = 1
SPACE = 2
"""Space inside a line: what may stand between characters that were spelled out."""
EMPTY = 4
"""Says nothing between full-width brackets: delimiters and any white space."""
GAP = 8
"""A delimiter or the ASCII space."""
LEADING = 16
"""A delimiter that may not stand first in brackets, or last, or the ASCII space."""
CLOSING = 32
"""No space stands before it."""
OPENING = 64
"""No space stands after it."""
CAPPED = 128
"""A mark whose runs are cut to a length."""
BRACKET = 256
"""ASCII ( and )."""
REMOVED = 512
REPLACED = 1024


class CleaningTables(NamedTuple):
    """Which characters the rules are about, and which rules run."""

    kinds: np.ndarray
    """uint16[0x110000]: the kinds above, together."""
    inert_pages: np.ndarray
    """bool[0x110000 >> 6]: 64 neighbouring code points without a kind but ``HAN``."""
    replaced: np.ndarray
    """int32[m], rising: the code points of kind ``REPLACED``."""
    replacements: np.ndarray
    """int32[m]: what each becomes; not longer in UTF-8."""
    join_spelled_out: bool
    repair_brackets: bool
    remove_spaces: bool
    cap: int
    """Longest run of a ``CAPPED`` mark; 0 for any."""


def clean(texts: Utf8, tables: CleaningTables) -> Utf8:
    """Return every document cleaned until no rule changes it; an empty text stays empty.

    A document no rule applies to comes back byte for byte. The text must be valid UTF-8; of
    surrogates, encoded as three bytes, nothing is changed. One core reads some 200 MB a second.
    """
    body = twin.body(texts.data, "chinese")
    offsets, data = body.clean(texts.offsets, texts.data, *tables)
    return Utf8(offsets, data)


class PhraseTables(NamedTuple):
    """Phrases to look for, by the characters they begin with."""

    kinds: np.ndarray
    """uint8[0x110000]: 1, a phrase by itself; 2, begins a longer one; 4, is second in one."""
    beginnings: np.ndarray
    """int64[1 << bits]: hash table of the first two or three characters of the longer ones."""
    bits: int


def phrase_tables(phrases: Iterable[str]) -> PhraseTables:
    """Return tables that find ``phrases``; one that holds a phrase of one character is left out.

    Of a phrase of four or more characters the first three stand for the whole.
    """
    every = set(phrases) - {""}
    alone = {phrase for phrase in every if len(phrase) == 1}
    kinds = np.zeros(0x110000, np.uint8)
    kinds[[ord(character) for character in alone]] = 1
    keys = set()
    for phrase in every:
        if alone.isdisjoint(phrase):
            first, second, third = (*map(ord, phrase[:3]), 0)[:3]
            kinds[first] |= 2
            kinds[second] |= 4
            keys.add((first << 42) | (second << 21) | third)
    bits = max(4, (4 * len(keys)).bit_length())  # at most a quarter full: a miss is one look
    body = twin.body(kinds, "chinese")
    return PhraseTables(kinds, body.hash_table(np.array(sorted(keys), np.int64), bits), bits)


def contains_phrase(texts: Utf8, tables: PhraseTables) -> np.ndarray:
    """Return bool[n]: False proves that none of the phrases stands in the document.

    True means that one does, or the first three characters of one; exact for phrases of up to
    three characters. An empty text gives False. The text must be valid UTF-8.
    """
    body = twin.body(texts.data, "chinese")
    return body.contains_phrase(texts.offsets, texts.data, *tables)
