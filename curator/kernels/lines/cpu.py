"""Lines on the host: one walk over the text, and one back over the units that go."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import SIZE, ones, within_text
from curator.kernels.compiled import njit
from curator.kernels.unicode.decode import decode

LINE_FEED = 10
FIELDS = 8


@njit(cache=True, nogil=True, inline="always")
def _is_space(c):  # type: ignore[no-untyped-def]  # compiled: Numba infers the types
    """Return whether ``str.isspace`` would say so, or the character is a byte order mark."""
    if c < 0x80:
        return c == 32 or 9 <= c <= 13 or 28 <= c <= 31
    if c < 0x1680:
        return c == 0x85 or c == 0xA0
    if c == 0x1680 or 0x2000 <= c <= 0x200A or c == 0x2028 or c == 0x2029:
        return True
    return c == 0x202F or c == 0x205F or c == 0x3000 or c == 0xFEFF


@njit(cache=True, nogil=True)
def _grown(found, n):  # type: ignore[no-untyped-def]
    larger = np.empty((2 * n + 64, FIELDS), np.int64)
    larger[:n] = found[:n]
    return larger


@njit(cache=True, nogil=True)
def find_units(offsets, data, min_characters, paragraphs):  # type: ignore[no-untyped-def]
    """Return the arrays of ``Units``."""
    found = np.empty((1024, FIELDS), np.int64)
    n = np.int64(0)
    # The unit that is open begins at `start`, which is negative where none is.
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        place, line_start = np.int64(0), np.int64(0)
        ordinal, before = np.int64(-1), np.int64(0)
        start, unit_end = np.int64(-1), np.int64(0)
        first_byte, last_byte = np.int64(-1), np.int64(0)
        first_place, last_place = np.int64(0), np.int64(0)
        line_filled = False
        open_row = np.int64(-1)  # the last unit written, while its stop is not known
        while True:
            at_end = at >= end
            c, width = np.int64(LINE_FEED), 0
            if not at_end:
                c, width = decode(data, at)
            if c != LINE_FEED:
                if not _is_space(c):
                    if start < 0:
                        start, first_byte, first_place = line_start, at, place
                        ordinal += 1
                        if open_row >= 0:
                            found[open_row, 5] = start
                            open_row = -1
                    line_filled = True
                    last_byte, last_place = at + width, place + 1
                at += width
                place += 1
                continue
            # A line ends here. Its unit ends too, unless it is a paragraph that goes on.
            if line_filled:
                unit_end = place
            if start < 0 and not paragraphs and not (at_end and place == line_start):
                start, unit_end, ordinal = line_start, place, ordinal + 1  # a blank line
                if open_row >= 0:
                    found[open_row, 5] = start
                    open_row = -1
            closes = at_end or not paragraphs or not line_filled
            if start >= 0 and closes:
                if first_byte >= 0 and last_place - first_place >= min_characters:
                    if n == len(found):
                        found = _grown(found, n)
                    found[n, 0], found[n, 1], found[n, 2] = document, ordinal, before
                    found[n, 3], found[n, 4] = start, unit_end
                    found[n, 5] = place  # until the next unit begins, or the text ends
                    found[n, 6], found[n, 7] = first_byte, last_byte
                    open_row = n
                    n += 1
                before = unit_end
                start, first_byte = np.int64(-1), np.int64(-1)
            line_filled = False
            if at_end:
                if open_row >= 0:
                    found[open_row, 5] = place
                break
            at += 1
            place += 1
            line_start = place
    found = found[:n].copy()
    is_last = np.empty(n, np.bool_)
    for i in range(n):
        is_last[i] = found[i, 5] == found[i, 4]
    return (
        found[:, 0].copy(),
        found[:, 1].copy(),
        found[:, 2].copy(),
        found[:, 3].copy(),
        found[:, 4].copy(),
        found[:, 5].copy(),
        is_last,
        found[:, 6].copy(),
        found[:, 7].copy(),
    )


@njit(cache=True, nogil=True)
def spans_without(  # type: ignore[no-untyped-def]
    documents, ordinals, before, starts, ends, stops, last, chosen
):
    """Return starts and ends of the spans of the chosen units."""
    n = np.int64(chosen.sum())
    from_, to = np.empty(n, np.int64), np.empty(n, np.int64)
    in_tail, tail_document, tail_ordinal = False, np.int64(-1), np.int64(-1)
    for i in range(len(documents) - 1, -1, -1):
        if not chosen[i]:
            continue
        n -= 1
        follows = in_tail and documents[i] == tail_document and ordinals[i] == tail_ordinal - 1
        in_tail = last[i] or follows
        if in_tail:
            from_[n], to[n] = before[i], ends[i]
            tail_document, tail_ordinal = documents[i], ordinals[i]
        else:
            from_[n], to[n] = starts[i], stops[i]
    return from_, to


@njit(cache=True, nogil=True)
def count_newlines(data):  # type: ignore[no-untyped-def]
    """Return the number of line feeds: five times as fast as comparing and counting in NumPy."""
    found = np.int64(0)
    for at in range(0, len(data), SIZE):
        found += ones(within_text(data, at, len(data), LINE_FEED, LINE_FEED))
    return found
