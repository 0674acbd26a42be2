"""Host bodies of the Unicode scans."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import BARE, JOINED
from curator.kernels.compiled import njit
from curator.kernels.unicode.decode import decode


@njit(**BARE)
def _is_entity(data: np.ndarray, at: int, end: int) -> bool:
    """Return whether "&" at byte ``at`` begins something shaped like an HTML entity."""
    at += 1
    if at < end and data[at] == 0x23:
        at += 1
    length = 0
    while at < end and length < 25:
        byte = data[at]
        if not (0x30 <= byte <= 0x39 or 0x41 <= (byte & 0xDF) <= 0x5A):
            break
        at += 1
        length += 1
    return 1 <= length <= 24 and at < end and data[at] == 0x3B


@njit(**JOINED)
def _document_may_change(
    data: np.ndarray,
    start: int,
    end: int,
    classes: np.ndarray,
    inert_pages: np.ndarray,
    hot: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    base: np.ndarray,
    mark: np.ndarray,
    order: np.ndarray,
    entities: bool,
    stops: np.ndarray,
) -> bool:
    """Return whether a rule applies somewhere between two bytes."""
    none = np.uint64(0)
    at, before, bases, last_order = start, none, none, 0
    while at < end:
        byte = data[at]
        if 0xE0 <= byte < 0xF0:
            # Three-byte characters first: a page of inert ones (most of CJK) is one look.
            page = ((np.int64(byte) & 0x0F) << 6) | (np.int64(data[at + 1]) & 0x3F)
            if inert_pages[page]:
                before, bases, last_order = none, none, 0
                at += 3
                continue
        if byte < 0x80:
            if before & right[classes[byte]]:
                return True
            while at < end and not stops[data[at]]:
                at += 1
            if at < end and data[at] < 0x80:
                if data[at] != 0x26 or hot[classes[data[at]]]:
                    return True
                if entities and _is_entity(data, at, end):
                    return True
                at += 1
            kind = classes[data[at - 1]]
            before, bases, last_order = left[kind], base[kind], 0
            continue
        point, size = decode(data, at)
        kind = classes[point]
        if hot[kind] or before & right[kind] or bases & mark[kind]:
            return True
        if order[kind] and order[kind] < last_order:
            return True
        before, last_order = left[kind], order[kind]
        bases = base[kind] if order[kind] == 0 else bases
        at += size
    return False


@njit(cache=True, nogil=True)
def may_change(
    offsets: np.ndarray,
    data: np.ndarray,
    classes: np.ndarray,
    inert_pages: np.ndarray,
    hot: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    base: np.ndarray,
    mark: np.ndarray,
    order: np.ndarray,
    entities: bool,
) -> np.ndarray:
    """Return bool[n]; see the contract."""
    stops = np.ones(256, np.bool_)
    for byte in range(128):
        stops[byte] = hot[classes[byte]] or byte == 0x26
    found = np.zeros(len(offsets) - 1, np.bool_)
    for row in range(len(found)):
        found[row] = _document_may_change(
            data,
            offsets[row],
            offsets[row + 1],
            classes,
            inert_pages,
            hot,
            left,
            right,
            base,
            mark,
            order,
            entities,
            stops,
        )
    return found


@njit(**JOINED)
def _in_set(wanted: np.ndarray, point: int) -> bool:
    """Return whether a code point is in a bit set."""
    return (wanted[point >> 3] >> np.uint8(point & 7)) & 1 == 1


@njit(cache=True, nogil=True)
def contains_any(
    offsets: np.ndarray, data: np.ndarray, leads: np.ndarray, wanted: np.ndarray
) -> np.ndarray:
    """Return bool[n]; see the contract."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    for row in range(len(found)):
        end = offsets[row + 1]
        for at in range(offsets[row], end):
            if leads[data[at]]:
                point, _ = decode(data, at)
                if _in_set(wanted, point):
                    found[row] = True
                    break
    return found


@njit(cache=True, nogil=True)
def contains_other(offsets: np.ndarray, data: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Return bool[n]; see the contract."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    for row in range(len(found)):
        at, end = offsets[row], offsets[row + 1]
        while at < end:
            point, size = decode(data, at)
            if not allowed[point]:
                found[row] = True
                break
            at += size
    return found


@njit(cache=True, nogil=True)
def _lower(byte: int) -> int:
    """Return an ASCII capital as its small letter, another byte as it is."""
    return byte | 0x20 if 0x41 <= byte <= 0x5A else byte


@njit(cache=True, nogil=True)
def contains_text(
    offsets: np.ndarray, data: np.ndarray, needle: np.ndarray, ignore_case: bool
) -> np.ndarray:
    """Return bool[n]; see the contract."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    size = len(needle)
    if size == 0:
        found[:] = True
        return found
    first = _lower(needle[0]) if ignore_case else needle[0]
    for row in range(len(found)):
        for at in range(offsets[row], offsets[row + 1] - size + 1):
            byte = _lower(data[at]) if ignore_case else data[at]
            if byte != first:
                continue
            same = True
            for index in range(1, size):
                byte, other = data[at + index], needle[index]
                if ignore_case:
                    byte, other = _lower(byte), _lower(other)
                same = same and byte == other
            if same:
                found[row] = True
                break
    return found


@njit(cache=True, nogil=True)
def _is_one_of(
    data: np.ndarray, start: int, end: int, line_offsets: np.ndarray, lines: np.ndarray
) -> bool:
    """Return whether the bytes from ``start`` to ``end`` are one of some lines."""
    for index in range(len(line_offsets) - 1):
        begin = line_offsets[index]
        if line_offsets[index + 1] - begin != end - start:
            continue
        same = True
        for step in range(end - start):
            if data[start + step] != lines[begin + step]:
                same = False
                break
        if same:
            return True
    return False


@njit(cache=True, nogil=True)
def contains_line(
    offsets: np.ndarray, data: np.ndarray, line_offsets: np.ndarray, lines: np.ndarray
) -> np.ndarray:
    """Return bool[n]; see the contract."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    for row in range(len(found)):
        start, end = offsets[row], offsets[row + 1]
        for at in range(start, end + 1):
            if at == end or data[at] == 0x0A:
                if _is_one_of(data, start, at, line_offsets, lines):
                    found[row] = True
                    break
                start = at + 1
    return found
