"""How many buckets two documents share, on the host."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import BARE
from curator.kernels.compiled import njit

TABLE_BITS = 10
"""High bits of a hash that say where among the common ones to look for it."""


@njit(cache=True, nogil=True)
def take_columns(source, places, target, start):  # type: ignore[no-untyped-def]
    """Copy the columns ``places`` of ``source`` to those of ``target`` from ``start`` on."""
    for band in range(len(source)):
        for i in range(len(places)):
            target[band, start + i] = source[band, places[i]]


@njit(**BARE)
def _places_of(common, start, stop, table):  # type: ignore[no-untyped-def]
    """Let ``table`` tell where among the rising ``common`` each range of the hash begins."""
    by, place = np.uint32(32 - TABLE_BITS), start
    for cell in range(1 << TABLE_BITS):
        while place < stop and common[place] >> by < cell:
            place += 1
        table[cell] = place
    table[1 << TABLE_BITS] = stop


@njit(cache=True, nogil=True)
def count_shared(hashes, pairs, common, common_starts, shared, shared_common):  # type: ignore[no-untyped-def]
    """Add up what pairs share; see ``bands.count_shared``."""
    by = np.uint32(32 - TABLE_BITS)
    table = np.empty((1 << TABLE_BITS) + 1, np.int64)
    same = np.empty(len(pairs) + 1, np.int64)
    for band in range(len(hashes)):
        some = hashes[band]
        n = 0
        for p in range(len(pairs)):  # without branches that nobody can foresee
            is_same = some[pairs[p, 0]] == some[pairs[p, 1]]
            shared[p] += is_same
            same[n] = p
            n += is_same
        if common_starts[band] == common_starts[band + 1]:
            continue
        _places_of(common, common_starts[band], common_starts[band + 1], table)
        for k in range(n):
            number = some[pairs[same[k], 0]]
            cell = number >> by
            low, high = table[cell], table[cell + 1]  # one or two, unless somebody made them up
            while low < high:
                middle = (low + high) // 2
                if common[middle] < number:
                    low = middle + 1
                else:
                    high = middle
            shared_common[same[k]] += low < table[cell + 1] and common[low] == number


@njit(cache=True, nogil=True)
def better_first(pairs, rank_of, lengths, into):  # type: ignore[no-untyped-def]
    """Write ranks, rows and lengths of pairs; see the contract."""
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    for i in range(len(pairs)):
        one, other = pairs[i] >> half, pairs[i] & low
        if rank_of[other] < rank_of[one]:
            one, other = other, one
        into[0, 0, i], into[0, 1, i] = rank_of[one], rank_of[other]
        into[1, 0, i], into[1, 1, i] = one, other
        into[2, 0, i], into[2, 1, i] = lengths[rank_of[one]], lengths[rank_of[other]]
