"""JSON lines on the host: one walk over the bytes, strings sixty-four bytes a step."""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit
from curator.kernels.json_lines import BLANK, DOCUMENT, NOT_CHOSEN, OTHER
from curator.kernels.json_lines.grammar import (
    BAD,
    CLOSE_OBJECT,
    COMMA,
    MINUS,
    NINE,
    OPEN_OBJECT,
    QUOTE,
    ZERO,
    blanks,
    ending,
    escaped,
    key,
    literal,
    newline,
    number,
    string,
    value,
)

TEXT, ID, N_WANTED = 0, 1, 2
"""Places of the two fields among the keys; reserved names follow."""
NO_KEY = -1


@njit(cache=True, nogil=True)
def read_lines(data, keys, bounds, max_line_bytes, chosen, choosing):  # type: ignore[no-untyped-def]
    """Return the fields of ``JsonLines``, texts and ids as (offsets, bytes); see the contract."""
    n_lines = _count(data)
    starts, ends = np.empty(n_lines, np.int64), np.empty(n_lines, np.int64)
    kinds = np.empty(n_lines, np.uint8)
    ids, texts = np.empty(len(data), np.uint8), np.empty(len(data), np.uint8)
    id_offsets, text_offsets = np.zeros(n_lines + 1, np.int64), np.zeros(n_lines + 1, np.int64)
    reserved = np.empty(n_lines, np.bool_)
    spans = np.empty((N_WANTED, 3), np.int64)
    i, m = np.int64(0), np.int64(0)
    for line in range(n_lines):
        stop = newline(data, i, len(data))
        starts[line], ends[line] = i, min(stop + 1, len(data))
        if choosing and not chosen[line]:
            kinds[line] = NOT_CHOSEN
        else:
            kinds[line], has_reserved = _line(data, i, stop, keys, bounds, max_line_bytes, spans)
            if kinds[line] == DOCUMENT:
                end = _copied(data, spans[TEXT], texts, text_offsets[m])
                end_of_id = _copied(data, spans[ID], ids, id_offsets[m])
                if end < 0 or end_of_id < 0:
                    kinds[line] = OTHER
                else:
                    text_offsets[m + 1], id_offsets[m + 1] = end, end_of_id
                    reserved[m] = has_reserved
                    m += 1
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
    n_lines, i = np.int64(0), np.int64(0)
    while i < len(data):
        i = newline(data, i, len(data)) + 1
        n_lines += 1
    return n_lines


@njit(cache=True, nogil=True)
def _line(data, i, end, keys, bounds, max_line_bytes, spans):  # type: ignore[no-untyped-def]
    """Return the kind of the line ``[i, end)``, and whether it has a reserved field.

    ``spans`` gets the bytes of text and id, without quotes, and whether they have escapes.
    """
    too_long = end - i > max_line_bytes
    i = blanks(data, i, end)
    if i == end:
        return BLANK, False
    if too_long or data[i] != OPEN_OBJECT:
        return OTHER, False
    spans[:, 0] = BAD
    has_reserved = False
    i = blanks(data, i + 1, end)
    while True:
        place, stop = key(data, i, end)
        if place < 0 or place >= end:
            return OTHER, False
        which = _which(data, i + 1, stop, keys, bounds)
        if TEXT <= which < N_WANTED:
            if spans[which, 0] != BAD:
                return OTHER, False
            i = _wanted(data, place, end, which, spans)
        else:
            has_reserved |= which != NO_KEY
            i = value(data, place, end)
        if i < 0:
            return OTHER, False
        i = blanks(data, i, end)
        if i >= end or data[i] != COMMA:
            break
        i = blanks(data, i + 1, end)
    if i >= end or data[i] != CLOSE_OBJECT or blanks(data, i + 1, end) != end:
        return OTHER, False
    if spans[TEXT, 0] == BAD:
        return OTHER, False
    if spans[ID, 0] == BAD:
        spans[ID] = 0
    return DOCUMENT, has_reserved


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
def _wanted(data, i, end, which, spans):  # type: ignore[no-untyped-def]
    """Return the byte after the text or id at ``i``, ``BAD`` for one of another type."""
    if data[i] == QUOTE:
        after, with_escapes = string(data, i, end)
        _note(spans, which, i + 1, after - 1, with_escapes)
        return after
    if which == TEXT:
        return np.int64(BAD)
    if data[i] == MINUS or ZERO <= data[i] <= NINE:
        after, is_integer = number(data, i, end)
        _note(spans, which, i, after, False)
        return after if is_integer else np.int64(BAD)
    after = literal(data, i, end)
    _note(spans, which, i, i, False)
    return after if data[i] == 0x6E else np.int64(BAD)  # null


@njit(cache=True, nogil=True)
def _note(spans, which, start, stop, with_escapes):  # type: ignore[no-untyped-def]
    spans[which, 0], spans[which, 1], spans[which, 2] = start, stop, with_escapes


@njit(cache=True, nogil=True)
def _copied(data, span, into, place):  # type: ignore[no-untyped-def]
    """Write a string without its escapes; return where it ends, ``BAD`` if it has a NUL."""
    i, end = span[0], span[1]
    if not span[2]:
        into[place : place + end - i] = data[i:end]
        return place + end - i
    while i < end:
        stop = ending(data, i, end)
        into[place : place + stop - i] = data[i:stop]
        place += stop - i
        i = stop
        if i < end:
            i, point = escaped(data, i, end)
            if point == 0:
                return np.int64(BAD)
            place = _encoded(point, into, place)
    return place


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
