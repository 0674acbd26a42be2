"""How often each document met each of its partners, on the host."""

from __future__ import annotations

import numpy as np

from curator.kernels.bands import MOST_MEETINGS
from curator.kernels.bands.radix import sort_rising
from curator.kernels.blocks import BARE
from curator.kernels.compiled import njit

TABLE_BITS = 11
"""A table has 2,048 places, 32 KB, for at most half as many partners. More take a larger one."""
SCATTER = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio in 64 bits: neighbours become strangers. Source: Knuth, vol. 3, 6.4."""
MANY = 1 << 32
"""A tally counts meetings in small buckets, and with this number those in large ones."""


@njit(**BARE)
def _count(partners, start, stop, by, stamp, bits, table, tallies, used, n):  # type: ignore[no-untyped-def]
    """Add ``by`` to the tally of each of ``partners[start:stop]``; ``used`` lists their places.

    Return how many places are in use, of which there were ``n``, or -1 where there are too few. A
    place holds ``stamp``, a partner of another document with the same high half is an empty one.
    """
    half, shift, mask = np.uint64(32), np.uint64(64 - bits), np.int64((1 << bits) - 1)
    for k in range(start, stop):
        key = stamp | np.uint64(partners[k])
        place = np.int64((np.uint64(partners[k]) * SCATTER) >> shift)
        found = table[place]
        while found != key and (found ^ stamp) >> half == 0:
            place = (place + 1) & mask
            found = table[place]
        is_new = found != key
        if n >> (bits - 1):
            return -1
        tallies[place] = by + (0 if is_new else tallies[place])
        table[place] = key
        used[n] = place
        n += is_new
    return n


@njit(**BARE)
def _tally(segments, n_few, ends, partners, stamp, bits, table, tallies, used):  # type: ignore[no-untyped-def]
    """Count the partners of one document; return how many it has, or -1."""
    n = 0
    for k in range(len(segments)):
        segment = np.int64(segments[k])
        start = ends[segment - 1] if segment else 0
        middle = start + n_few[segment]
        n = _count(partners, start, middle, 1, stamp, bits, table, tallies, used, n)
        if n >= 0:
            stop = ends[segment]
            n = _count(partners, middle, stop, MANY, stamp, bits, table, tallies, used, n)
        if n < 0:
            break
    return n


@njit(**BARE)
def _take(n, table, tallies, used, least, pairs, meetings, at):  # type: ignore[no-untyped-def]
    """Write the pairs that met often enough; return the next place."""
    one = np.uint64(1) << np.uint64(32)
    for k in range(n):
        tally = tallies[used[k]]
        in_few, in_many = tally & (MANY - 1), tally >> 32
        in_many = in_many if in_many >= least else 0
        pairs[at] = table[used[k]] - one  # a stamp is one more than the document
        meetings[at] = min(MOST_MEETINGS, in_few + in_many)
        at += in_few + in_many > 0
    return at


@njit(cache=True, nogil=True)
def _by_first(firsts):  # type: ignore[no-untyped-def]
    """Return uint64[n]: the places of ``firsts`` (uint32[n], not empty) in rising order."""
    lowest, highest = np.int64(firsts[0]), np.int64(firsts[0])
    for first in firsts:
        lowest, highest = min(lowest, np.int64(first)), max(highest, np.int64(first))
    place_bits, first_bits = 1, 1
    while len(firsts) >> place_bits:
        place_bits += 1
    while (highest - lowest) >> first_bits:
        first_bits += 1
    by = np.uint64(place_bits)
    order = np.empty(len(firsts), np.uint64)
    for i in range(len(firsts)):
        order[i] = (np.uint64(np.int64(firsts[i]) - lowest) << by) | np.uint64(i)
    sort_rising(order, place_bits + first_bits)
    for i in range(len(firsts)):
        order[i] &= (np.uint64(1) << by) - np.uint64(1)
    return order


@njit(cache=True, nogil=True)
def _tally_many(segments, n_few, ends, partners, stamp, least, pairs, meetings, at):  # type: ignore[no-untyped-def]
    """Write the pairs of a document with too many partners for the small table."""
    n, bits = -1, TABLE_BITS
    while n < 0:
        bits += 2
        table, tallies = np.zeros(1 << bits, np.uint64), np.empty(1 << bits, np.int64)
        used = np.empty((1 << (bits - 1)) + 1, np.int64)
        n = _tally(segments, n_few, ends, partners, stamp, bits, table, tallies, used)
    return _take(n, table, tallies, used, least, pairs, meetings, at)


@njit(cache=True, nogil=True)
def tallied(firsts, n_few, ends, partners, least, pairs, meetings):  # type: ignore[no-untyped-def]
    """Fill ``pairs`` and ``meetings``; return how many there are. See ``bands.met``."""
    if len(firsts) == 0:
        return 0
    order = _by_first(firsts)
    table, tallies = np.zeros(1 << TABLE_BITS, np.uint64), np.empty(1 << TABLE_BITS, np.int64)
    used = np.empty((1 << (TABLE_BITS - 1)) + 1, np.int64)
    at, start, n = 0, 0, len(order)
    while start < n:
        first = firsts[order[start]]
        stop = start + 1
        while stop < n and firsts[order[stop]] == first:
            stop += 1
        segments = order[start:stop]
        stamp = np.uint64(np.int64(first) + 1) << np.uint64(32)
        size = _tally(segments, n_few, ends, partners, stamp, TABLE_BITS, table, tallies, used)
        if size >= 0:
            at = _take(size, table, tallies, used, least, pairs, meetings, at)
        else:
            at = _tally_many(segments, n_few, ends, partners, stamp, least, pairs, meetings, at)
        start = stop
    return at
