"""Repeated lines and paragraphs: hashed, and compared byte by byte where hashes agree."""

from __future__ import annotations

from typing import Any

import numpy as np

from curator.kernels.blocks import (
    BARE,
    JOINED,
    SIZE,
    characters_between,
    lowest,
    up_to_eight,
    within_text,
)
from curator.kernels.compiled import njit
from curator.kernels.text_stats.classes import SPACE
from curator.kernels.unicode.decode import decode

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@njit(**JOINED)
def hash_bytes(data: np.ndarray, start: int, end: int) -> Any:
    """Return uint64, a hash of some bytes; only a guess, equality is checked afterwards."""
    value = np.uint64(end - start)
    for at in range(start, end, 8):
        value = (value ^ up_to_eight(data, at, min(end, at + 8))) * MULTIPLIER
        value ^= value >> np.uint64(29)
    return value


@njit(**JOINED)
def same_bytes(data: np.ndarray, start: int, other: int, size: int) -> bool:
    """Return whether ``size`` bytes from ``start`` equal those from ``other``."""
    for index in range(0, size, 8):
        part = min(8, size - index)
        here, there = start + index, other + index
        if up_to_eight(data, here, here + part) != up_to_eight(data, there, there + part):
            return False
    return True


@njit(**JOINED)
def _tally(
    data: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    n: int,
    table: np.ndarray,
    out: np.ndarray,
) -> None:
    """Write the number of pieces, of different pieces, and their characters into ``out``.

    ``table`` has at least four times as many slots as there are pieces.
    """
    if n == 1:  # many documents are one paragraph
        out[0], out[1] = 1, 1
        out[2] = characters_between(data, starts[0], ends[0])
        out[3] = out[2]
        return
    capacity = 4
    while capacity < 2 * n:
        capacity *= 2
    table[:capacity] = -1
    mask = np.uint64(capacity - 1)
    for piece in range(n):
        start, end = starts[piece], ends[piece]
        characters = characters_between(data, start, end)
        out[0] += 1
        out[2] += characters
        slot = hash_bytes(data, start, end) & mask
        while table[slot] >= 0:
            other = table[slot]
            size = end - start
            if ends[other] - starts[other] == size and same_bytes(data, start, starts[other], size):
                break
            slot = (slot + np.uint64(1)) & mask
        if table[slot] < 0:
            table[slot] = piece
            out[1] += 1
            out[3] += characters


@njit(**JOINED)
def _line_feeds(data: np.ndarray, start: int, end: int, feeds: np.ndarray) -> int:
    """Write the places of line feeds as far as there is room; return how many there are."""
    n = 0
    for block in range(start, end, SIZE):
        bits = within_text(data, block, end, 0x0A, 0x0A)
        while bits:
            if n < len(feeds):
                feeds[n] = block + lowest(bits)
            n += 1
            bits &= bits - np.uint64(1)
    return n


@njit(**JOINED)
def _lines(
    data: np.ndarray,
    bounds: tuple[int, int],
    feeds: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    meanings: np.ndarray,
) -> int:
    """Cut at every line feed and leave blank pieces out; return the number of the others."""
    n, line, end = 0, bounds[0], bounds[1]
    for index in range(len(feeds) + 1):
        feed = feeds[index] if index < len(feeds) else end
        at = line
        while at < feed:
            point, size = decode(data, at)
            if not (meanings[point] >> 8) & SPACE:
                starts[n], ends[n] = line, feed
                n += 1
                break
            at += size
        line = feed + 1
    return n


@njit(**JOINED)
def _paragraphs(
    bounds: tuple[int, int], feeds: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> int:
    """Cut at every second line feed of a run, as ``str.split`` does; return the pieces' number."""
    n, paragraph, index = 0, bounds[0], 0
    while index + 1 < len(feeds):
        if feeds[index + 1] != feeds[index] + 1:
            index += 1
            continue
        starts[n], ends[n] = paragraph, feeds[index]
        n += 1
        paragraph = feeds[index] + 2
        index += 2
    starts[n], ends[n] = paragraph, bounds[1]
    return n + 1


@njit(**BARE)
def _repetition_from(
    row: int,
    offsets: np.ndarray,
    data: np.ndarray,
    feeds: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    table: np.ndarray,
    meanings: np.ndarray,
    out: np.ndarray,
) -> tuple[int, int]:
    """Tally from one document on while there is room.

    Returns the document that it has no room for, and the number of its line feeds.
    """
    while row < len(offsets) - 1:
        bounds = offsets[row], offsets[row + 1]
        n_feeds = _line_feeds(data, bounds[0], bounds[1], feeds)
        if n_feeds > len(feeds):
            return row, n_feeds
        found = feeds[:n_feeds]
        n = _lines(data, bounds, found, starts, ends, meanings)
        _tally(data, starts, ends, n, table, out[:4, row])
        n = _paragraphs(bounds, found, starts, ends)
        _tally(data, starts, ends, n, table, out[4:, row])
        row += 1
    return row, 0


@njit(cache=True, nogil=True)
def repetition(offsets: np.ndarray, data: np.ndarray, meanings: np.ndarray) -> np.ndarray:
    """Return int64[n, 8]: the eight fields of ``Repetition``, in order."""
    n_documents = len(offsets) - 1
    out = np.zeros((8, n_documents), np.int64)
    room, row = 64, 0
    while row < n_documents:
        feeds = np.empty(room, np.int64)
        starts, ends = np.empty(room + 1, np.int64), np.empty(room + 1, np.int64)
        table = np.empty(4 * (room + 1), np.int64)
        row, n_feeds = _repetition_from(
            row, offsets, data, feeds, starts, ends, table, meanings, out
        )
        room = 2 * n_feeds
    return out.T
