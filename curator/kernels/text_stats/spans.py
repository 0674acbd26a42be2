"""What is written down of the words of one document: where each is, and its value.

A word has a value of 64 bits. Up to ``WHOLE`` bytes it is those bytes and their number, so equal
values are equal words; of longer words it is a hash with the highest bit set.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from curator.kernels.blocks import (
    JOINED,
    SIZE,
    eight,
    lowest,
    ones,
    up_to_eight,
)
from curator.kernels.compiled import njit
from curator.kernels.text_stats.repetition import MULTIPLIER, hash_bytes
from curator.kernels.text_stats.threes import MOST
from curator.kernels.text_stats.widest import LANES

ONE = np.uint64(1)
FIRST_BYTE, END_BYTE, FIRST_CHARACTER, END_CHARACTER = range(4)
"""Rows of the array of words; all are counted from the beginning of the document. Bytes are written
for words alone whose value does not hold them."""
WHOLE = 7
"""Bytes of the longest word that its value holds whole."""
HALVES = 16
"""Bytes of the longest word whose value is made of its first and its last eight at once."""
LONG = 1 << 28
"""Bytes of a document from which on ten numbers for each of its words are too many for int32."""
HASHED = np.uint64(1 << 63)
THREE_BYTES, SIZE_THREE = np.uint64((1 << 24) - 1), np.uint64(3 << 56)
"""Bytes and size in the value of most words of unspaced scripts."""


@njit(**JOINED)
def _mixed(head: Any, tail: Any) -> Any:
    """Return the value of a word of ``WHOLE`` to ``HALVES`` bytes by its first and last eight."""
    value = (head ^ (tail * MULTIPLIER)) * MULTIPLIER
    return (value ^ (value >> np.uint64(29))) | HASHED


@njit(**JOINED)
def value_of(data: np.ndarray, start: int, end: int) -> Any:
    """Return uint64, the value of the word between two bytes."""
    size = end - start
    if size <= WHOLE:
        return up_to_eight(data, start, end) | np.uint64(size) << np.uint64(56)
    if size <= HALVES:
        return _mixed(up_to_eight(data, start, start + 8), up_to_eight(data, end - 8, end))
    return hash_bytes(data, start, end) | HASHED


def room_for_words(offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what ``characters.read_document`` writes into, for the longest document.

    That is places, int32[4, m], or int64 for documents that no longer fit; values, uint64[m]; and
    ``kinds``. Pieces are parted by a byte and unspaced characters have three, so ``m`` words are
    at most half as many as bytes; ``LANES`` or ``MOST`` numbers may follow them.
    """
    longest = int(np.diff(offsets).max(initial=0))
    kind, room = np.int32 if longest < LONG else np.int64, longest // 2 + 2 + max(LANES, MOST)
    kinds = np.empty(2 * SIZE, np.uint8)
    return np.empty((4, room), kind), np.empty(room, np.uint64), kinds


@njit(**JOINED)
def _below(number: int) -> Any:
    """Return a word whose lowest ``number`` bits are set, 63 at most."""
    return (ONE << np.uint64(number)) - ONE


@njit(**JOINED)
def write_words(
    data: np.ndarray,
    at: int,
    origin: int,
    some: Any,
    starts: Any,
    ends: Any,
    heads: Any,
    n: int,
    character: int,
    words: np.ndarray,
    values: np.ndarray,
) -> None:
    """Write some of the words of a block at ``at``, of which the first is the ``n``-th.

    ``starts`` and ``ends`` hold as many bits; ``some``: those of ``starts`` that are written. To
    choose between the first two values without a branch is no faster, in Latin script a little
    slower.
    """
    first_bytes, end_bytes = words[FIRST_BYTE], words[END_BYTE]
    first_characters, end_characters = words[FIRST_CHARACTER], words[END_CHARACTER]
    while some:
        first = lowest(some)
        last = lowest(ends & ~_below(first + 1))
        size = last - first
        into = np.uint64(n + ones(starts & _below(first)))
        first_characters[into] = character + ones(heads & _below(first))
        end_characters[into] = character + ones(heads & _below(last))
        if size <= WHOLE:
            value = eight(data, at + first) & _below(8 * size)
            values[into] = value | np.uint64(size) << np.uint64(56)
        else:
            first_bytes[into], end_bytes[into] = at - origin + first, at - origin + last
            if size <= HALVES:
                values[into] = _mixed(eight(data, at + first), eight(data, at + last - 8))
            else:
                values[into] = hash_bytes(data, at + first, at + last) | HASHED
        some &= some - ONE


@njit(**JOINED)
def write_threes(
    data: np.ndarray,
    at: int,
    starts: Any,
    heads: Any,
    n: int,
    character: int,
    words: np.ndarray,
    values: np.ndarray,
) -> None:
    """Write the words of a block as if each were one character of three bytes; most are."""
    first_characters, end_characters = words[FIRST_CHARACTER], words[END_CHARACTER]
    into = np.uint64(n)
    while starts:
        first = lowest(starts)
        before = character + ones(heads & _below(first))
        first_characters[into], end_characters[into] = before, before + 1
        values[into] = (eight(data, at + first) & THREE_BYTES) | SIZE_THREE
        into += ONE
        starts &= starts - ONE
