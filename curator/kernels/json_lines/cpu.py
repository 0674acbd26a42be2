"""JSON lines on the host: one walk over the bytes, strings sixty-four bytes a step."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import JOINED, SIZE, lowest, ones, within
from curator.kernels.compiled import njit
from curator.kernels.json_lines import BLANK, DOCUMENT, NOT_CHOSEN, OTHER
from curator.kernels.json_lines.blocks import copied
from curator.kernels.json_lines.grammar import (
    BACKSLASH,
    BAD,
    CLOSE_OBJECT,
    COMMA,
    FIRST_PRINTABLE,
    MINUS,
    NEWLINE,
    NINE,
    OPEN_OBJECT,
    QUOTE,
    ZERO,
    blanks,
    escaped,
    key,
    literal,
    newline,
    number,
    value,
)
from curator.kernels.json_lines.utf8 import count_characters, is_utf8

__all__ = ["count_characters", "is_utf8", "read_lines"]

TEXT, ID = 0, 1
"""Places of the two fields among the keys; reserved names follow."""
NO_KEY = -1


@njit(cache=True, nogil=True)
def read_lines(data, keys, bounds, max_line_bytes, chosen, choosing):  # type: ignore[no-untyped-def]
    """Return the fields of ``JsonLines``, texts and ids as (offsets, bytes); see the contract."""
    n_lines = _count(data)
    starts, ends = np.empty(n_lines, np.int64), np.empty(n_lines, np.int64)
    kinds, reserved = np.empty(n_lines, np.uint8), np.empty(n_lines, np.bool_)
    # Strings are copied a block at a time: there is room for what is behind their ends.
    ids, texts = np.empty(len(data) + SIZE, np.uint8), np.empty(len(data) + SIZE, np.uint8)
    id_offsets, text_offsets = np.zeros(n_lines + 1, np.int64), np.zeros(n_lines + 1, np.int64)
    i, m = np.int64(0), np.int64(0)
    for line in range(n_lines):
        stop = newline(data, i, len(data))
        starts[line], ends[line] = i, min(stop + 1, len(data))
        kinds[line] = NOT_CHOSEN
        if not choosing or chosen[line]:
            kinds[line], reserved[m], text_offsets[m + 1], id_offsets[m + 1] = _line(
                data,
                i,
                stop,
                keys,
                bounds,
                max_line_bytes,
                texts,
                text_offsets[m],
                ids,
                id_offsets[m],
            )
            m += kinds[line] == DOCUMENT
        i = ends[line]
    return (
        starts,
        ends,
        kinds,
        (id_offsets[: m + 1], ids[: id_offsets[m]]),
        (text_offsets[: m + 1], texts[: text_offsets[m]]),
        reserved[:m],
    )


@njit(cache=True, nogil=True)
def _count(data):  # type: ignore[no-untyped-def]
    """Return how many lines there are."""
    n_lines, at = np.int64(0), np.int64(0)
    while at + SIZE <= len(data):
        n_lines += ones(within(data, at, NEWLINE, NEWLINE))
        at += SIZE
    while at < len(data):
        n_lines += data[at] == NEWLINE
        at += 1
    return n_lines + (at > 0 and data[at - 1] != NEWLINE)


@njit(**JOINED)
def _line(  # type: ignore[no-untyped-def]
    data, i, end, keys, bounds, max_line_bytes, texts, text_start, ids, id_start
):
    """Return the kind of the line ``[i, end)``, whether it has a reserved field, and two ends.

    They are those of its text and its id, written from the starts given on.
    """
    other = OTHER, False, text_start, id_start
    too_long = end - i > max_line_bytes
    i = blanks(data, i, end)
    if i == end:
        return BLANK, False, text_start, id_start
    if too_long or data[i] != OPEN_OBJECT:
        return other
    text_end, id_end = np.int64(BAD), np.int64(BAD)
    has_reserved = False
    i = blanks(data, i + 1, end)
    while True:
        place, stop = key(data, i, end)
        if place < 0 or place >= end:
            return other
        which = _which(data, i + 1, stop, keys, bounds)
        if which == TEXT:
            if text_end != BAD or data[place] != QUOTE:
                return other
            i, text_end = _copied(data, place + 1, end, texts, text_start)
        elif which == ID:
            if id_end != BAD:
                return other
            i, id_end = _id(data, place, end, ids, id_start)
        else:
            has_reserved |= which != NO_KEY
            i = value(data, place, end)
        if i < 0:
            return other
        i = blanks(data, i, end)
        if i >= end or data[i] != COMMA:
            break
        i = blanks(data, i + 1, end)
    if i >= end or data[i] != CLOSE_OBJECT or blanks(data, i + 1, end) != end:
        return other
    if text_end == BAD:
        return other
    return DOCUMENT, has_reserved, text_end, max(id_end, id_start)


@njit(cache=True, nogil=True)
def _which(data, start, stop, keys, bounds):  # type: ignore[no-untyped-def]
    """Return which of the keys stands in ``[start, stop)``."""
    for k in range(len(bounds) - 1):
        if bounds[k + 1] - bounds[k] != stop - start:
            continue
        same = True
        for at in range(stop - start):
            if data[start + at] != keys[bounds[k] + at]:
                same = False
                break
        if same:
            return k
    return NO_KEY


@njit(cache=True, nogil=True)
def _id(data, i, end, into, place):  # type: ignore[no-untyped-def]
    """Write the id at ``i``; return the byte after it, ``BAD`` for another type, and its end.

    A null is written as nothing.
    """
    if data[i] == QUOTE:
        return _copied(data, i + 1, end, into, place)
    if data[i] == MINUS or ZERO <= data[i] <= NINE:
        after, is_integer = number(data, i, end)
        if not is_integer:
            return np.int64(BAD), place
        for at in range(i, after):
            into[place + at - i] = data[at]
        return after, place + after - i
    after = literal(data, i, end)
    return after if data[i] == 0x6E else np.int64(BAD), place  # null


@njit(cache=True, nogil=True)
def _copied(data, i, end, into, place):  # type: ignore[no-untyped-def]
    """Write the string whose first byte is at ``i``, without its escapes.

    Return the byte behind its quote, ``BAD`` where it is no string or has a NUL, and its end.
    """
    while True:
        while i + SIZE <= len(data):
            bits = copied(data, i, into, place)
            step = lowest(bits)
            i += step
            place += step
            if bits:
                break
        while i < end and data[i] != QUOTE and data[i] != BACKSLASH and data[i] >= FIRST_PRINTABLE:
            into[place] = data[i]  # near the end of the data
            i += 1
            place += 1
        if i >= end or data[i] < FIRST_PRINTABLE:
            return np.int64(BAD), place
        if data[i] == QUOTE:
            return i + 1, place
        i, point = escaped(data, i, end)
        if i < 0 or point == 0:
            return np.int64(BAD), place
        place = _encoded(point, into, place)


@njit(cache=True, nogil=True)
def _encoded(point, into, place):  # type: ignore[no-untyped-def]
    """Write a code point as UTF-8, which is never longer than its escape; return where it ends."""
    if point < 0x80:
        into[place] = point
        return place + 1
    width = 2 + (point >= 0x800) + (point >= 0x10000)
    for k in range(width - 1, 0, -1):
        into[place + k] = 0x80 | (point & 0x3F)
        point >>= 6
    into[place] = (0xF00 >> width) & 0xFF | point
    return place + width
