"""Sketches on the host."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import JOINED, touch
from curator.kernels.compiled import njit
from curator.kernels.sketches.blocks import SIZE, same

AHEAD = 32
"""Pairs whose sketches are asked for before they are compared."""
TABLE = 1 << 16
"""Entries of a table of parts, at most."""


@njit(**JOINED)
def _agreeing(left, one, right, other):  # type: ignore[no-untyped-def]
    """Return in how many places two sketches are the same."""
    places = left.shape[1]
    whole, n = places - places % SIZE, np.int64(0)
    for at in range(0, whole, SIZE):
        n += same(left, one * places + at, right, other * places + at)
    for at in range(whole, places):
        n += left[one, at] == right[other, at]
    return n


@njit(cache=True, nogil=True)
def _common_shares(places):  # type: ignore[no-untyped-def]
    """Return float64[places + 1]: the guessed share, of all members of two sets, that is common."""
    by_chance, shares = places / 256, np.empty(places + 1, np.float64)
    for n in range(places + 1):
        similarity = (np.float64(n) - by_chance) / (places - by_chance)
        similarity = min(1.0, max(0.0, similarity))
        shares[n] = similarity / (1 + similarity)
    return shares


@njit(cache=True, nogil=True)
def alike(sketches, sizes, firsts, pairs, meetings, asked, alongside):  # type: ignore[no-untyped-def]
    """Return uint64[k]; see the contract."""
    kinds, by_places, by_meetings, least_alongside = alongside
    left, right = sketches
    of_left, met_once, long, of_long, short, of_short, errs = asked
    places, half, low = left.shape[1], np.uint64(32), np.uint64(0xFFFFFFFF)
    shares, result = _common_shares(places), np.empty(len(pairs), np.uint64)
    n, last = 0, len(pairs) - 1
    for p in range(len(pairs)):
        asked = np.int64(pairs[min(p + AHEAD, last)] & low) - firsts[1]
        for at in range(0, places, SIZE):
            touch(right, asked * places + at)
        one, other = np.int64(pairs[p] >> half) - firsts[0], np.int64(pairs[p] & low) - firsts[1]
        size, beside = np.int64(sizes[0][one]), np.int64(sizes[1][other])
        small, large = max(1, min(size, beside)), max(1, size, beside)
        agreeing, met = _agreeing(left, one, right, other), meetings[p]
        both, least = np.float64(size + beside), of_left[one]
        least = least * of_long if small >= long * large else least + (met_once if met < 2 else 0.0)
        if shares[agreeing] * both < least * small:
            continue
        result[n] = pairs[p]
        if small < short * large:
            share = small / large
            error = np.sqrt((1 - share) / (share * places)) / (1 + share)
            n += shares[agreeing] * both >= (of_short - errs * error) * small
        else:
            factors = by_places[kinds[one], agreeing] * by_meetings[kinds[one], met]
            n += factors * both >= least_alongside * small
    return result[:n]


@njit(cache=True, nogil=True)
def by_part(pairs, meetings, bounds):  # type: ignore[no-untyped-def]
    """Return uint64[n], uint8[n] and int64[parts + 1]; see the contract."""
    n_parts, low = len(bounds) - 1, np.uint64(0xFFFFFFFF)
    shift = 0
    while bounds[n_parts] >> shift > TABLE:
        shift += 1
    by = np.uint64(shift)
    parts = np.empty((bounds[n_parts] >> shift) + 1, np.int64)  # the part of every so many rows
    part = 0
    for i in range(len(parts)):
        while part + 1 < n_parts and bounds[part + 1] <= i << shift:
            part += 1
        parts[i] = part
    ends = np.zeros(n_parts + 1, np.int64)
    found = np.empty(len(pairs), np.uint32)
    for p in range(len(pairs)):
        row = pairs[p] & low
        part = parts[row >> by]
        while bounds[part + 1] <= row:
            part += 1
        found[p] = part
        ends[part + 1] += 1
    for part in range(n_parts):
        ends[part + 1] += ends[part]
    places, there = ends[:-1].copy(), np.empty(len(pairs), np.uint64)
    met_there = np.empty(len(pairs), np.uint8)
    for p in range(len(pairs)):
        place = places[found[p]]
        there[place], met_there[place] = pairs[p], meetings[p]
        places[found[p]] += 1
    return there, met_there, ends


@njit(cache=True, nogil=True)
def overlap(left, right, pairs, left_sizes, right_sizes):  # type: ignore[no-untyped-def]
    """Return float64[pairs]; see the contract."""
    result, shares = np.empty(len(pairs), np.float64), _common_shares(left.shape[1])
    for p in range(len(pairs)):
        one, other = pairs[p]
        common = shares[_agreeing(left, one, right, other)]
        common *= left_sizes[one] + right_sizes[other]
        result[p] = common / max(1, min(left_sizes[one], right_sizes[other]))
    return result
