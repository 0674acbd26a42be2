"""Where the words of one document are: by blocks, and one character after the other where not.

A word has a value of 64 bits. Up to ``WHOLE`` bytes it is those bytes and their number, so equal
values are equal words; of longer words it is a hash with the highest bit set.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from curator.kernels.text_stats.blocks import (
    BARE,
    JOINED,
    SIZE,
    eight,
    first_bits,
    lowest,
    ones,
    up_to_eight,
    within,
)
from curator.kernels.text_stats.classes import ATTACHED, DIGIT, LETTER, SPACE, UNSPACED
from curator.kernels.text_stats.mixed import ONE, READ_BEYOND, look
from curator.kernels.text_stats.repetition import hash_bytes
from curator.kernels.text_stats.words import cut_block, may_begin_block
from curator.kernels.unicode.decode import decode

FIRST_BYTE, END_BYTE, FIRST_CHARACTER, END_CHARACTER = range(4)
"""Rows of the array of words; all are counted from the beginning of the document."""
WHOLE = 7
"""Bytes of the longest word that its value holds whole."""
LONG = 1 << 28
"""Bytes of a document from which on ten numbers for each of its words are too many for int32."""
HASHED = np.uint64(1 << 63)


@njit(**BARE)
def value_of(data: np.ndarray, start: int, end: int) -> Any:
    """Return uint64, the value of the word between two bytes."""
    size = end - start
    if size <= WHOLE:
        return up_to_eight(data, start, end) | np.uint64(size) << np.uint64(56)
    return hash_bytes(data, start, end) | HASHED


def room_for_words(offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what ``find_words`` writes into, for the longest document.

    That is places, int32[4, m], or int64 for documents that no longer fit; values, uint64[m]; and
    ``kinds``. Pieces are parted by a byte and unspaced characters have three, so ``m`` words are
    at most half as many as bytes.
    """
    longest = int(np.diff(offsets).max(initial=0))
    kind, room = np.int32 if longest < LONG else np.int64, longest // 2 + 2
    kinds = np.empty(2 * SIZE, np.uint8)
    return np.empty((4, room), kind), np.empty(room, np.uint64), kinds


@njit(cache=True, nogil=True, inline="always")
def _below(number: int) -> Any:
    """Return a word whose lowest ``number`` bits are set, 63 at most."""
    return (ONE << np.uint64(number)) - ONE


@njit(cache=True, nogil=True, inline="always")
def _write(
    data: np.ndarray,
    at: int,
    origin: int,
    starts: Any,
    ends: Any,
    heads: Any,
    dropped: Any,
    n: int,
    character: int,
    words: np.ndarray,
    values: np.ndarray,
) -> Any:
    """Write the words of a block at ``at`` from the ``n``-th on; return the number of all.

    ``starts`` and ``ends`` hold as many bits; a word that ends at a bit of ``dropped`` is none.
    """
    first_bytes, end_bytes = words[FIRST_BYTE], words[END_BYTE]
    first_characters, end_characters = words[FIRST_CHARACTER], words[END_CHARACTER]
    offset, into = at - origin, np.uint64(n)
    while starts:
        first, last = lowest(starts), lowest(ends)
        size = last - first
        first_bytes[into], end_bytes[into] = offset + first, offset + last
        first_characters[into] = character + ones(heads & _below(first))
        end_characters[into] = character + ones(heads & _below(last))
        if size <= WHOLE:
            value = eight(data, at + first) & _below(8 * size)
            values[into] = value | np.uint64(size) << np.uint64(56)
        else:
            values[into] = hash_bytes(data, at + first, at + last) | HASHED
        into += ONE & ~(dropped >> np.uint64(last))
        starts &= starts - ONE
        ends &= ends - ONE
    return np.int64(into)


@njit(**JOINED)
def _plain(
    data: np.ndarray,
    origin: int,
    at: int,
    end: int,
    n: int,
    character: int,
    words: np.ndarray,
    values: np.ndarray,
) -> tuple[int, int, int]:
    """Write whole words of plain letters from ``at``, where none is open.

    Returns where they end, the number of words and of characters up to there; see
    ``count_block_words``.
    """
    while at < end and at + SIZE + READ_BEYOND <= len(data):
        used, block, solid, latin, cyrillic = cut_block(data, at, end)
        if used == 0:
            break
        heads = block & (within(data, at, 0, 0x7F) | latin | cyrillic)
        starts = solid & ~(solid << ONE)
        ends = ~solid & (solid << ONE)
        n = _write(data, at, origin, starts, ends, heads, np.uint64(0), n, character, words, values)
        character += ones(heads)
        at += used
    return at, n, character


@njit(**JOINED)
def _mixed(
    data: np.ndarray,
    origin: int,
    at: int,
    end: int,
    opened: bool,
    n: int,
    character: int,
    words: np.ndarray,
    values: np.ndarray,
    kinds: np.ndarray,
    meanings: np.ndarray,
) -> tuple[int, bool, int, int]:
    """Write the words of blocks of any script from ``at``, where no piece is open.

    ``opened``: an unspaced character ends there. Returns both for where it stopped, and the
    numbers of words and characters; it stops where ``characters.count_mixed`` does.
    """
    before = np.uint64(opened)
    while at < end and at + SIZE + READ_BEYOND <= len(data):
        (
            used, heads, blank, letters, digits, unspaced, cells, _, others, han, _, _, _, _,
        ) = look(data, at, end, meanings, kinds)  # fmt: skip
        if used == 0:
            break
        block = first_bits(used)
        heads, cells = heads & block, cells & block
        solid = block & ~blank
        pieces = solid & ~cells
        starts = pieces & ~(pieces << ONE)
        stops = (pieces << ONE) & ~pieces
        dumb = pieces & ~(letters | digits)
        runs = solid & ~((solid << ONE) | before)
        dropped = (dumb + (starts & dumb)) & ~pieces
        dropped &= ~((pieces + (starts & runs)) & ~solid)
        unspaced &= block
        starts |= unspaced
        stops |= (cells << ONE) & (unspaced | ~cells)
        n = _write(data, at, origin, starts, stops, heads, dropped, n, character, words, values)
        character += ones(heads)
        before = solid >> np.uint64(used - 1)
        at += used
        if not ((others | han) & block or before):
            break
    return at, before != 0, n, character


@njit(**BARE)
def _walk(
    data: np.ndarray,
    origin: int,
    at: int,
    end: int,
    opened: bool,
    n: int,
    character: int,
    words: np.ndarray,
    values: np.ndarray,
    meanings: np.ndarray,
) -> tuple[int, bool, int, int]:
    """Write words one character after the other up to where a block may begin, or to the end.

    Parameters and results are those of ``_mixed``.
    """
    written, piece, seen, previous = n, 0, 0, -1
    in_run, pure, on_letter, on_unspaced = opened, not opened, opened, opened
    while at < end:
        point, size = decode(data, at)
        flag: Any = np.int64(meanings[point] >> 8)
        cut = not piece and previous >= 0 and not (in_run and (flag & ATTACHED or not on_unspaced))
        if cut and point != previous and at + SIZE + READ_BEYOND <= len(data):
            break
        previous = point
        space, unspaced = (flag & SPACE) != 0, (flag & UNSPACED) != 0
        if piece and (space or unspaced):
            pure &= not unspaced
            if pure or seen & (LETTER | DIGIT):
                words[END_BYTE, n], words[END_CHARACTER, n] = at - origin, character
                n += 1
            piece, seen = 0, 0
        if unspaced:
            words[FIRST_BYTE, n], words[END_BYTE, n] = at - origin, at + size - origin
            words[FIRST_CHARACTER, n], words[END_CHARACTER, n] = character, character + 1
            n += 1
            in_run, pure, on_letter, on_unspaced = True, False, True, True
        elif space:
            in_run, pure, on_letter, on_unspaced = False, True, False, False
        elif flag & ATTACHED and on_letter:
            if on_unspaced:
                words[END_BYTE, n - 1] = at + size - origin
                words[END_CHARACTER, n - 1] = character + 1
        else:
            if not piece:
                words[FIRST_BYTE, n], words[FIRST_CHARACTER, n] = at - origin, character
            piece, seen, in_run = 1, seen | flag, True
            on_letter, on_unspaced = (flag & LETTER) != 0, False
        at += size
        character += 1
    if piece and (pure or seen & (LETTER | DIGIT)):
        words[END_BYTE, n], words[END_CHARACTER, n] = end - origin, character
        n += 1
    for word in range(written, n):
        start, stop = origin + words[FIRST_BYTE, word], origin + words[END_BYTE, word]
        values[word] = value_of(data, start, stop)
    return at, in_run, n, character


@njit(**JOINED)
def find_words(
    data: np.ndarray,
    start: int,
    end: int,
    words: np.ndarray,
    values: np.ndarray,
    kinds: np.ndarray,
    meanings: np.ndarray,
) -> int:
    """Write places and values of every word into ``room_for_words``; return their number.

    Words are those of ``TextStatistics.words``; marks belong to the character they are on.
    """
    at, opened, n, character = start, False, 0, 0
    while at < end:
        if not opened and may_begin_block(data[at]):
            at, n, character = _plain(data, start, at, end, n, character, words, values)
        reached = at
        at, opened, n, character = _mixed(
            data, start, at, end, opened, n, character, words, values, kinds, meanings
        )
        if at == reached and at < end:
            at, opened, n, character = _walk(
                data, start, at, end, opened, n, character, words, values, meanings
            )
    return n
