"""Lines, paragraphs and addresses: found a block at a time, judged by their ends."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import (
    BARE,
    JOINED,
    SIZE,
    first_bits,
    lowest,
    ones,
    within_text,
)
from curator.kernels.compiled import njit
from curator.kernels.text_stats import columns
from curator.kernels.text_stats.classes import (
    BULLET,
    CLOSING_BRACKET,
    CLOSING_QUOTE,
    ELLIPSIS,
    SPACE,
    TERMINAL,
)
from curator.kernels.text_stats.words import is_same
from curator.kernels.unicode.decode import decode, previous_character

LINE_FEED, COLON = 0x0A, 0x3A


@njit(**JOINED)
def _ends_in_ellipsis(data: np.ndarray, start: int, end: int) -> bool:
    """Return whether a stripped line that ends in no ellipsis character ends in something like it.

    These are the published ones, and their like.
    """
    size, byte = end - start, data[end - 1]
    if byte == 0x5D or byte == 0x29:
        return (size >= 5) & (
            is_same(data, end - 5, end, b"[...]")
            or is_same(data, end - 5, end, b"(...)")
            or is_same(data, end - 5, end, b"[\xe2\x80\xa6]")
        )
    if byte == 0xBB:
        return size >= 3 and is_same(data, end - 3, end, b"-\xc2\xbb")
    if byte != 0x2E and byte | 0x20 != 0x65:
        return False
    while end > start and data[end - 1] == 0x2E:
        end -= 1
    dots = start + size - end
    if dots >= 3:
        return True
    if dots == 1 or end - start < 9:
        return False
    for index in range(9):  # noqa: SIM110 (numba has no all() of a generator)
        if data[end - 9 + index] | 0x20 != b"read more"[index]:
            return False
    return True


@njit(**JOINED)
def _is_terminated(data: np.ndarray, start: int, end: int, meanings: np.ndarray) -> bool:
    """Return whether a stripped line ends in a final mark, closing brackets after it skipped."""
    while end > start:
        at = previous_character(data, start, end)
        point, _ = decode(data, at)
        flag = meanings[point] >> 8
        if flag & (TERMINAL | CLOSING_QUOTE):
            return True
        if not flag & CLOSING_BRACKET:
            return False
        end = at
    return False


@njit(**JOINED)
def _count_line(
    data: np.ndarray, start: int, end: int, out: np.ndarray, meanings: np.ndarray
) -> None:
    """Count one line, given without its line feed; a blank one counts nothing."""
    flag = meanings[0] >> 8
    while start < end:
        point, size = decode(data, start)
        flag = meanings[point] >> 8
        if not flag & SPACE:
            break
        start += size
    if start == end:
        return
    out[columns.LINES] += 1
    out[columns.BULLETS] += (flag & BULLET) != 0
    while True:
        at = previous_character(data, start, end)
        point, _ = decode(data, at)
        flag = meanings[point] >> 8
        if not flag & SPACE:
            break
        end = at
    if flag & ELLIPSIS or _ends_in_ellipsis(data, start, end):
        out[columns.ELLIPSES] += 1
    if flag & (TERMINAL | CLOSING_QUOTE):
        out[columns.TERMINALS] += 1
    elif flag & CLOSING_BRACKET:
        out[columns.TERMINALS] += _is_terminated(data, start, at, meanings)


@njit(**BARE)
def _in_url(byte: int) -> bool:
    """Return whether a byte may stand in an address by the published expression."""
    return 0x24 <= byte <= 0x5F or 0x61 <= byte <= 0x7A or byte == 0x21


@njit(**JOINED)
def url_at(data: np.ndarray, start: int, colon: int, end: int) -> tuple[int, int]:
    """Return start and end of the http(s) address whose first colon is at ``colon``.

    The address lies between ``start`` and ``end``; both results are ``colon`` where there is none.
    """
    tail = colon + 3
    if tail >= end or not is_same(data, colon, tail, b"://"):
        return colon, colon
    first = colon - 4
    if first - 1 >= start and is_same(data, first - 1, colon, b"https"):
        first -= 1
    elif first < start or not is_same(data, first, colon, b"http"):
        return colon, colon
    while tail < end and _in_url(data[tail]):
        tail += 1
    return (first, tail) if tail > colon + 3 else (colon, colon)


@njit(**JOINED)
def count_lines(
    data: np.ndarray, start: int, end: int, out: np.ndarray, meanings: np.ndarray
) -> None:
    """Count the lines, paragraphs and addresses of one document."""
    line_start, paragraphs, broken, longest = start, 1, False, 0
    before, line_before = 0, 0  # characters before the block, and before the line
    addresses, behind = 0, start  # characters of addresses, and the end of the last one
    for block in range(start, end, SIZE):
        feeds = within_text(data, block, end, LINE_FEED, LINE_FEED)
        tails = within_text(data, block, end, 0x80, 0xBF)
        heads = first_bits(min(SIZE, end - block)) & ~tails
        while feeds:
            place = lowest(feeds)
            at = block + place
            feeds &= feeds - np.uint64(1)
            # A run of k line feeds holds k // 2 paragraph breaks, as str.split counts them.
            broken = not broken if at == line_start and at > start else False
            paragraphs += broken
            characters = before + ones(heads & first_bits(place))
            longest = max(longest, characters - line_before)
            _count_line(data, line_start, at, out, meanings)
            line_start, line_before = at + 1, characters + 1
        colons = within_text(data, block, end, COLON, COLON)
        while colons:
            first, tail = url_at(data, behind, block + lowest(colons), end)
            colons &= colons - np.uint64(1)
            if tail > first:
                addresses += tail - first
                behind = tail
        before += ones(heads)
    out[columns.URL] = addresses
    out[columns.LONGEST_LINE] = max(longest, before - line_before)
    _count_line(data, line_start, end, out, meanings)
    out[columns.PARAGRAPHS] = paragraphs
