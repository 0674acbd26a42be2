"""Repeated lines and paragraphs: hashed, and compared byte by byte where hashes agree."""

from __future__ import annotations

import numpy as np
from numba import njit

from curator.kernels.text_stats.classes import SPACE
from curator.kernels.unicode.decode import decode


@njit(cache=True, nogil=True)
def _hash(data: np.ndarray, start: int, end: int) -> np.uint64:
    """Return a 64-bit hash of some bytes; only a guess, equality is checked afterwards."""
    value = np.uint64(0xCBF29CE484222325)
    for at in range(start, end):
        value = (value ^ np.uint64(data[at])) * np.uint64(0x100000001B3)
    return value ^ (value >> np.uint64(29))


@njit(cache=True, nogil=True)
def _same(data: np.ndarray, start: int, other: int, size: int) -> bool:
    for index in range(size):  # noqa: SIM110 (numba has no all() of a generator)
        if data[start + index] != data[other + index]:
            return False
    return True


@njit(cache=True, nogil=True)
def _characters(data: np.ndarray, start: int, end: int) -> int:
    total = 0
    for at in range(start, end):
        total += data[at] & 0xC0 != 0x80
    return total


@njit(cache=True, nogil=True)
def _tally(data: np.ndarray, starts: np.ndarray, ends: np.ndarray, n: int, out: np.ndarray) -> None:
    """Write the number of pieces, of different pieces, and their characters into ``out``."""
    capacity = 4
    while capacity < 2 * n:
        capacity *= 2
    table = np.full(capacity, -1, np.int64)
    mask = np.uint64(capacity - 1)
    for piece in range(n):
        start, end = starts[piece], ends[piece]
        characters = _characters(data, start, end)
        out[0] += 1
        out[2] += characters
        slot = _hash(data, start, end) & mask
        while table[slot] >= 0:
            other = table[slot]
            size = end - start
            if ends[other] - starts[other] == size and _same(data, start, starts[other], size):
                break
            slot = (slot + np.uint64(1)) & mask
        if table[slot] < 0:
            table[slot] = piece
            out[1] += 1
            out[3] += characters


@njit(cache=True, nogil=True)
def _split(
    data: np.ndarray, start: int, end: int, breaks: int, starts: np.ndarray, ends: np.ndarray
) -> int:
    """Cut at every run of ``breaks`` line feeds, as ``str.split`` does; return the pieces' number.

    ``starts`` and ``ends`` must have room for one piece more than there are line feeds.
    """
    n, piece, at = 0, start, start
    while at < end:
        if data[at] != 0x0A or (breaks == 2 and (at + 1 >= end or data[at + 1] != 0x0A)):
            at += 1
            continue
        starts[n], ends[n] = piece, at
        n += 1
        at += breaks
        piece = at
    starts[n], ends[n] = piece, end
    return n + 1


@njit(cache=True, nogil=True)
def _is_blank(
    data: np.ndarray, start: int, end: int, classes: np.ndarray, flags: np.ndarray
) -> bool:
    """Return whether there is nothing but space between two bytes."""
    while start < end:
        point, size = decode(data, start)
        if not flags[classes[point]] & SPACE:
            return False
        start += size
    return True


@njit(cache=True, nogil=True)
def repetition(
    offsets: np.ndarray, data: np.ndarray, classes: np.ndarray, flags: np.ndarray
) -> np.ndarray:
    """Return int64[n, 8]: the eight fields of ``Repetition``, in order."""
    n_documents = len(offsets) - 1
    out = np.zeros((n_documents, 8), np.int64)
    starts, ends = np.empty(64, np.int64), np.empty(64, np.int64)
    for row in range(n_documents):
        start, end = offsets[row], offsets[row + 1]
        feeds = 0
        for at in range(start, end):
            feeds += data[at] == 0x0A
        if feeds + 1 > len(starts):
            starts, ends = np.empty(2 * feeds, np.int64), np.empty(2 * feeds, np.int64)
        n = _split(data, start, end, 1, starts, ends)
        kept = 0
        for piece in range(n):
            if not _is_blank(data, starts[piece], ends[piece], classes, flags):
                starts[kept], ends[kept] = starts[piece], ends[piece]
                kept += 1
        _tally(data, starts, ends, kept, out[row, :4])
        n = _split(data, start, end, 2, starts, ends)
        _tally(data, starts, ends, n, out[row, 4:])
    return out
