"""Host body: whether one of many phrases stands in a document."""

from __future__ import annotations

from typing import Any

import numpy as np

from curator.kernels.compiled import njit
from curator.kernels.unicode.decode import decode

HOT, FIRST, SECOND = 1, 2, 4
SPREAD = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True, inline="always")
def _place(key: Any, bits: int) -> Any:
    return np.int64((np.uint64(key) * SPREAD) >> np.uint64(64 - bits))


@njit(cache=True, nogil=True)
def hash_table(keys: np.ndarray, bits: int) -> np.ndarray:
    """Return int64[1 << bits] that holds every key (above 0) at its place or soon after it."""
    table = np.zeros(1 << bits, np.int64)
    for key in keys:
        place = _place(key, bits)
        while table[place]:
            place = (place + 1) & (len(table) - 1)
        table[place] = key
    return table


@njit(cache=True, nogil=True)
def _is_in(key: Any, table: np.ndarray, bits: int) -> bool:
    place = _place(key, bits)
    while table[place]:
        if table[place] == key:
            return True
        place = (place + 1) & (len(table) - 1)
    return False


@njit(cache=True, nogil=True)
def _is_phrase(
    data: np.ndarray, first: Any, second: Any, at: int, end: int, table: np.ndarray, bits: int
) -> bool:
    """Return whether two characters, or they and the one at byte ``at``, are in the table."""
    key = (np.int64(first) << 42) | (np.int64(second) << 21)
    if _is_in(key, table, bits):
        return True
    if at == end:
        return False
    third, _ = decode(data, at)
    return _is_in(key | third, table, bits)


@njit(cache=True, nogil=True)
def contains_phrase(
    offsets: np.ndarray, data: np.ndarray, kinds: np.ndarray, table: np.ndarray, bits: int
) -> np.ndarray:
    """Return bool[n]; see the contract."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    for row in range(len(found)):
        at, end = offsets[row], offsets[row + 1]
        before, kind_before = np.int64(0), np.uint8(0)
        while at < end:
            point, size = decode(data, at)
            at += size
            kind = kinds[point]
            # one branch that is seldom taken: FIRST and SECOND of neighbours meet in one bit
            if (kind & HOT) | ((kind_before << 1) & kind & SECOND) and (
                kind & HOT or _is_phrase(data, before, point, at, end, table, bits)
            ):
                found[row] = True
                break
            before, kind_before = point, kind
    return found
