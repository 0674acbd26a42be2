"""The host's body of the n-gram kernel."""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit
from curator.kernels.pieces.cpu import point

NONE = np.uint64(2**64 - 1)


@njit(cache=True, nogil=True)
def code_points(offsets: np.ndarray, data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Body of ``curator.kernels.ngrams.code_points``."""
    n_documents = len(offsets) - 1
    points = np.empty(offsets[n_documents] - offsets[0], np.int32)
    bounds = np.zeros(n_documents + 1, np.int64)
    count = 0
    for document in range(n_documents):
        at, stop = offsets[document], offsets[document + 1]
        while at < stop:
            value, width = point(data, at)
            points[count] = value
            count += 1
            at += width
        bounds[document + 1] = count
    return points[:count].copy(), bounds


@njit(cache=True, nogil=True)
def pair_keys(ranks: np.ndarray) -> np.ndarray:
    """Body of ``curator.kernels.ngrams.pair_keys``."""
    keys = np.empty(max(0, len(ranks) - 1), np.uint64)
    for index in range(len(keys)):
        left, right = ranks[index], ranks[index + 1]
        if left < 0 or right < 0:
            keys[index] = NONE
        else:
            keys[index] = np.uint64(left) << np.uint64(32) | np.uint64(right)
    return keys


@njit(cache=True, nogil=True)
def neighbour_keys(
    ranks: np.ndarray, points: np.ndarray, inside: np.ndarray, step: int
) -> np.ndarray:
    """Body of ``curator.kernels.ngrams.neighbour_keys``."""
    keys = np.empty(len(ranks), np.uint64)
    for index in range(len(ranks)):
        other = index + step
        if ranks[index] < 0 or other < 0 or other >= len(points) or not inside[other]:
            keys[index] = NONE
        else:
            keys[index] = np.uint64(ranks[index]) << np.uint64(21) | np.uint64(points[other])
    return keys


@njit(cache=True, nogil=True)
def _slot(table: np.ndarray, counts: np.ndarray, key: np.uint64) -> np.int64:
    """Return the slot that holds ``key``, or the free one where it belongs."""
    mask = len(table) - 1
    mixed = (key ^ (key >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    slot = np.int64(mixed >> np.uint64(32)) & mask
    while counts[slot] != 0 and table[slot] != key:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def count_keys(
    keys: np.ndarray,
    documents: np.ndarray,
    at: int,
    table: np.ndarray,
    counts: np.ndarray,
    in_documents: np.ndarray,
    last: np.ndarray,
    used: int,
) -> tuple[int, int]:
    """Count from ``keys[at]`` on until done or the table is half full; return where and used."""
    room = len(table) // 2
    while at < len(keys):
        key = keys[at]
        if key != NONE:
            slot = _slot(table, counts, key)
            if counts[slot] == 0:
                if used >= room:
                    return at, used
                table[slot] = key
                used += 1
            counts[slot] += 1
            if last[slot] != documents[at]:
                last[slot] = documents[at]
                in_documents[slot] += 1
        at += 1
    return at, used


@njit(cache=True, nogil=True)
def move_keys(
    table: np.ndarray,
    counts: np.ndarray,
    in_documents: np.ndarray,
    last: np.ndarray,
    new_table: np.ndarray,
    new_counts: np.ndarray,
    new_in_documents: np.ndarray,
    new_last: np.ndarray,
) -> None:
    """Move all keys of a table to a larger empty one."""
    for old in range(len(table)):
        if counts[old] != 0:
            slot = _slot(new_table, new_counts, table[old])
            new_table[slot] = table[old]
            new_counts[slot] = counts[old]
            new_in_documents[slot] = in_documents[old]
            new_last[slot] = last[old]


@njit(cache=True, nogil=True)
def rank_table(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hash sorted keys; the second array holds rank + 1, and zero where a slot is free."""
    slots = 16
    while slots < 2 * len(known):
        slots *= 2
    table = np.zeros(slots, np.uint64)
    ranks = np.zeros(slots, np.int64)
    for rank in range(len(known)):
        slot = _slot(table, ranks, known[rank])
        table[slot] = known[rank]
        ranks[slot] = rank + 1
    return table, ranks


@njit(cache=True, nogil=True)
def ranks_of(keys: np.ndarray, table: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Body of ``RankTable.ranks``."""
    found = np.empty(len(keys), np.int32)
    for index in range(len(keys)):
        if keys[index] == NONE:
            found[index] = -1
        else:
            found[index] = ranks[_slot(table, ranks, keys[index])] - 1
    return found
