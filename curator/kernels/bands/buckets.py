"""Documents that share a bucket, on the host."""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit

NO_ROW = np.uint32(0xFFFFFFFF)


@njit(cache=True, nogil=True)
def pack_hashes(hashes, rows):  # type: ignore[no-untyped-def]
    """Return uint64[m]: ``hash << 32 | row`` where the row is not ``NO_ROW``."""
    packed = np.empty(len(hashes), np.uint64)
    n = np.int64(0)
    for i in range(len(hashes)):
        if rows[i] != NO_ROW:
            packed[n] = (np.uint64(hashes[i]) << np.uint64(32)) | np.uint64(rows[i])
            n += 1
    return packed[:n]


@njit(cache=True, nogil=True)
def _pair(one, other):  # type: ignore[no-untyped-def]
    low = np.uint64(0xFFFFFFFF)
    one, other = one & low, other & low
    return (min(one, other) << np.uint64(32)) | max(one, other)


@njit(cache=True, nogil=True)
def _by_order(packed, start, stop, order):  # type: ignore[no-untyped-def]
    """Return the members of a bucket by the place of their rows in ``order``."""
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    members = np.empty(stop - start, np.uint64)
    for i in range(start, stop):
        row = packed[i] & low
        members[i - start] = (np.uint64(order[row]) << half) | row
    members.sort()
    return members


@njit(cache=True, nogil=True)
def _shared(packed):  # type: ignore[no-untyped-def]
    """Return int64[buckets, 2]: where each bucket of two documents or more begins and ends."""
    n, half = len(packed), np.uint64(32)
    bounds = np.empty((n // 2, 2), np.int64)
    n_buckets = np.int64(0)
    i = 1
    while i < n:
        if (packed[i] ^ packed[i - 1]) >> half == 0:
            bounds[n_buckets, 0] = i - 1
            i += 1
            while i < n and (packed[i] ^ packed[i - 1]) >> half == 0:
                i += 1
            bounds[n_buckets, 1] = i
            n_buckets += 1
        i += 1
    return bounds[:n_buckets]


@njit(cache=True, nogil=True)
def _sizes(bounds, small, rare, anchors):  # type: ignore[no-untyped-def]
    """Return how many pairs small and larger buckets give, and how many are not rare."""
    n_few, n_many, n_common = np.int64(0), np.int64(0), np.int64(0)
    for b in range(len(bounds)):
        size = bounds[b, 1] - bounds[b, 0]
        n_common += size > rare
        if size <= small:
            n_few += size * (size - 1) // 2
        else:
            linear = max(0, size - 1 - anchors)  # past the anchors, and the one after them
            n_many += (size - linear) * (size - linear - 1) // 2 + linear * (anchors + 1)
    return n_few, n_many, n_common


@njit(cache=True, nogil=True)
def meetings(packed, order, small, rare, anchors):  # type: ignore[no-untyped-def]
    """Return few, many and common; ``packed`` is hash << 32 | row, rising."""
    bounds = _shared(packed)
    n_few, n_many, n_common = _sizes(bounds, small, rare, anchors)
    few, many = np.empty(n_few, np.uint64), np.empty(n_many, np.uint64)
    common = np.empty(n_common, np.uint32)
    n_few, n_many, n_common = np.int64(0), np.int64(0), np.int64(0)
    for b in range(len(bounds)):
        start, stop = bounds[b]
        size = stop - start
        if size > rare:
            common[n_common] = packed[start] >> np.uint64(32)
            n_common += 1
        if size <= small:
            for i in range(start + 1, stop):
                for j in range(start, i):
                    few[n_few] = _pair(packed[j], packed[i])
                    n_few += 1
            continue
        members = _by_order(packed, start, stop, order)
        for i in range(1, size):
            reach = min(i, anchors)
            for j in range(reach):
                many[n_many] = _pair(members[j], members[i])
                n_many += 1
            if i > reach:
                many[n_many] = _pair(members[i - 1], members[i])
                n_many += 1
    return few, many, common


@njit(cache=True, nogil=True)
def met(few, many, least):  # type: ignore[no-untyped-def]
    """Return pairs and times; ``few`` and ``many`` rise."""
    n_few, n_many = len(few), len(many)
    pairs, times = np.empty(0, np.uint64), np.empty(0, np.int64)
    for fill in range(2):  # first count, then write
        n, i, j = np.int64(0), np.int64(0), np.int64(0)
        while i < n_few or j < n_many:
            pair = few[i] if j == n_many or (i < n_few and few[i] <= many[j]) else many[j]
            in_few, in_many = i, j
            while i < n_few and few[i] == pair:
                i += 1
            while j < n_many and many[j] == pair:
                j += 1
            in_few, in_many = i - in_few, j - in_many
            if in_few == 0 and in_many < least:
                continue
            if fill:
                pairs[n] = pair
                times[n] = in_few + (in_many if in_many >= least else 0)
            n += 1
        if not fill:
            pairs, times = np.empty(n, np.uint64), np.empty(n, np.int64)
    return pairs, times
