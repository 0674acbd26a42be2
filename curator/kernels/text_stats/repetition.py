"""Repeated lines and paragraphs: hashed, and compared byte by byte where hashes agree."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from curator.kernels.blocks import (
    BARE,
    JOINED,
    SIZE,
    first_bits,
    lowest,
    ones,
    up_to_eight,
    within_text,
)
from curator.kernels.compiled import njit
from curator.kernels.text_stats.classes import SPACE
from curator.kernels.text_stats.hashing import FACTORS, hash_block
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
def _hash_piece(data: np.ndarray, start: int, end: int) -> Any:
    """Return uint64, a hash of a line or paragraph, ``SIZE`` bytes at a time."""
    value = np.uint64(end - start)
    for at in range(start, end, SIZE):
        size = min(SIZE, end - at)
        if at + SIZE <= len(data):
            block = hash_block(data, at, size)
        else:
            block = np.uint64(0)
            for lane in range(0, size, 8):
                part = up_to_eight(data, at + lane, min(end, at + lane + 8))
                block += part * FACTORS[lane >> 3]
        value = (value ^ block ^ (block >> np.uint64(32))) * MULTIPLIER
        value ^= value >> np.uint64(29)
    return value


class Pieces(NamedTuple):
    """The lines or the paragraphs of a document, int64 each."""

    starts: np.ndarray
    """First byte of each."""
    ends: np.ndarray
    """The byte behind the last one of each."""
    characters: np.ndarray
    """Code points of each."""


class Rooms(NamedTuple):
    """Where the repetition of one document is worked out; all int64."""

    feeds: np.ndarray
    """Places of line feeds, and the end of the document."""
    before: np.ndarray
    """Code points before each of these."""
    lines: Pieces
    paragraphs: Pieces
    table: np.ndarray
    """Twice to four times as many slots as there are pieces."""


def _room(n_feeds: int) -> Rooms:
    """Return room for documents of as many line feeds."""
    lines, paragraphs = (
        Pieces(*(np.empty(n_feeds + 1, np.int64) for _ in Pieces._fields)) for _ in range(2)
    )
    feeds, before = (np.empty(n_feeds + 1, np.int64) for _ in range(2))
    return Rooms(feeds, before, lines, paragraphs, np.empty(4 * (n_feeds + 1), np.int64))


@njit(**JOINED)
def _tally(data: np.ndarray, pieces: Pieces, n: int, table: np.ndarray, out: np.ndarray) -> None:
    """Write the number of pieces, of different pieces, and their characters into ``out``."""
    starts, ends = pieces.starts, pieces.ends
    total, n_new, characters = 0, 0, 0
    if n == 1:  # many documents are one paragraph
        out[0], out[1] = 1, 1
        out[2], out[3] = pieces.characters[0], pieces.characters[0]
        return
    capacity = 4
    while capacity < 2 * n:
        capacity *= 2
    for slot in range(capacity):
        table[slot] = -1
    mask = np.uint64(capacity - 1)
    for piece in range(n):
        start, size = starts[piece], ends[piece] - starts[piece]
        at = _hash_piece(data, start, ends[piece]) & mask
        while table[at] >= 0:
            other = table[at]
            if ends[other] - starts[other] == size and same_bytes(data, start, starts[other], size):
                break
            at = (at + np.uint64(1)) & mask
        total += pieces.characters[piece]
        if table[at] < 0:
            table[at] = piece
            n_new += 1
            characters += pieces.characters[piece]
    out[0], out[1], out[2], out[3] = n, n_new, total, characters


@njit(**JOINED)
def _line_feeds(
    data: np.ndarray, start: int, end: int, feeds: np.ndarray, before: np.ndarray
) -> int:
    """Write where line feeds are as far as there is room; return how many there are.

    The end of the document follows them.
    """
    n, characters, room = 0, 0, len(feeds) - 1
    for block in range(start, end, SIZE):
        bits = within_text(data, block, end, 0x0A, 0x0A)
        heads = first_bits(end - block) & ~within_text(data, block, end, 0x80, 0xBF)
        while bits:
            place = lowest(bits)
            if n < room:
                feeds[n] = block + place
                before[n] = characters + ones(heads & first_bits(place))
            n += 1
            bits &= bits - np.uint64(1)
        characters += ones(heads)
    feeds[min(n, room)], before[min(n, room)] = end, characters
    return n


@njit(**JOINED)
def _lines(data: np.ndarray, start: int, n_feeds: int, rooms: Rooms, meanings: np.ndarray) -> int:
    """Cut at every line feed and leave blank pieces out; return the number of the others."""
    n, line, characters, lines = 0, start, 0, rooms.lines
    for index in range(n_feeds + 1):
        feed = rooms.feeds[index]
        at = line
        while at < feed:
            point, size = decode(data, at)
            if not (meanings[point] >> 8) & SPACE:
                lines.starts[n], lines.ends[n] = line, feed
                lines.characters[n] = rooms.before[index] - characters
                n += 1
                break
            at += size
        line, characters = feed + 1, rooms.before[index] + 1
    return n


@njit(**JOINED)
def _paragraphs(start: int, n_feeds: int, rooms: Rooms) -> int:
    """Cut at every second line feed of a run, as ``str.split`` does; return the pieces' number."""
    feeds, before, paragraphs = rooms.feeds, rooms.before, rooms.paragraphs
    n, index, paragraph, characters = 0, 0, start, 0
    while index <= n_feeds:
        last = index == n_feeds
        if not last and (index + 1 == n_feeds or feeds[index + 1] != feeds[index] + 1):
            index += 1
            continue
        paragraphs.starts[n], paragraphs.ends[n] = paragraph, feeds[index]
        paragraphs.characters[n] = before[index] - characters
        n += 1
        paragraph, characters = feeds[index] + 2, before[index] + 2
        index += 2
        if last:
            break
    return n


@njit(**JOINED)
def _are_lines(n_lines: int, n: int, rooms: Rooms) -> bool:
    """Return whether the paragraphs are the lines: there are only double line feeds."""
    if n_lines != n:
        return False
    lines, paragraphs = rooms.lines, rooms.paragraphs
    for piece in range(n):
        if lines.starts[piece] != paragraphs.starts[piece]:
            return False
        if lines.ends[piece] != paragraphs.ends[piece]:
            return False
    return True


@njit(**JOINED)
def _tally_document(
    data: np.ndarray, start: int, n_feeds: int, rooms: Rooms, meanings: np.ndarray, out: np.ndarray
) -> None:
    """Write the eight counts of one document, whose line feeds are in ``rooms``."""
    n_lines = _lines(data, start, n_feeds, rooms, meanings)
    n = _paragraphs(start, n_feeds, rooms)
    _tally(data, rooms.lines, n_lines, rooms.table, out[:4])
    if _are_lines(n_lines, n, rooms):
        for field in range(4):
            out[4 + field] = out[field]
    else:
        _tally(data, rooms.paragraphs, n, rooms.table, out[4:])


@njit(**BARE)
def _repetition_from(
    row: int,
    offsets: np.ndarray,
    data: np.ndarray,
    rooms: Rooms,
    meanings: np.ndarray,
    lines: np.ndarray,
    characters: np.ndarray,
    longest_line: np.ndarray,
    out: np.ndarray,
) -> tuple[int, int]:
    """Tally from one document on while there is room.

    Where a document's longest line has all its characters, that line is all there is to count;
    without the three counts every document is looked at. Returns the document that it has no
    room for, and the number of its line feeds.
    """
    while row < len(offsets) - 1:
        if row < len(lines) and characters[row] == longest_line[row]:
            is_line = np.int64(lines[row])
            out[0, row], out[1, row], out[4, row], out[5, row] = is_line, is_line, 1, 1
            out[2, row], out[3, row] = is_line * characters[row], is_line * characters[row]
            out[6, row], out[7, row] = characters[row], characters[row]
        else:
            start, end = offsets[row], offsets[row + 1]
            n_feeds = _line_feeds(data, start, end, rooms.feeds, rooms.before)
            if n_feeds >= len(rooms.feeds):
                return row, n_feeds
            _tally_document(data, start, n_feeds, rooms, meanings, out[:, row])
        row += 1
    return row, 0


def repetition(offsets: np.ndarray, data: np.ndarray, meanings: np.ndarray) -> np.ndarray:
    """Return int64[n, 8]: the eight fields of ``Repetition``, in order."""
    nothing = np.empty(0, np.int64)
    return repetition_after_counts(offsets, data, meanings, nothing, nothing, nothing)


def repetition_after_counts(
    offsets: np.ndarray,
    data: np.ndarray,
    meanings: np.ndarray,
    lines: np.ndarray,
    characters: np.ndarray,
    longest_line: np.ndarray,
) -> np.ndarray:
    """Return what ``repetition`` does, by counts that were taken already, each int64[n].

    Documents of one line, which most short ones are, are not looked at again.
    """
    n_documents = len(offsets) - 1
    out = np.zeros((8, n_documents), np.int64)
    room, row = 64, 0
    while row < n_documents:
        row, n_feeds = _repetition_from(
            row, offsets, data, _room(room), meanings, lines, characters, longest_line, out
        )
        room = 2 * n_feeds
    return out.T
