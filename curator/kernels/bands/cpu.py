"""Bands and buckets on the host."""

from __future__ import annotations

import numpy as np
from numba import njit

from curator.kernels.shingles.cpu import BASE, mix


@njit(cache=True, nogil=True)
def band_hashes(signatures, bands, rows_per_band, lengths):  # type: ignore[no-untyped-def]
    """Return uint64[bands, n]."""
    n_documents = len(signatures)
    result = np.empty((bands, n_documents), np.uint64)
    for document in range(n_documents):
        place = 0
        for band in range(bands):
            h = np.uint64(lengths[document])
            for _ in range(rows_per_band):
                h = (h ^ np.uint64(signatures[document, place])) * BASE
                h ^= h >> np.uint64(32)
                place += 1
            result[band, document] = mix(h)
    return result


@njit(cache=True, nogil=True)
def bucket_pairs(hashes, order, small, anchors):  # type: ignore[no-untyped-def]
    """Return int64[pairs, 2]; ``order`` sorts the hashes, ties in any order."""
    n_pairs = np.int64(0)
    pairs = np.empty((0, 2), np.int64)
    for fill in range(2):  # first count, then write
        if fill:
            pairs = np.empty((n_pairs, 2), np.int64)
            n_pairs = np.int64(0)
        start = 0
        while start < len(order):
            stop = start + 1
            while stop < len(order) and hashes[order[stop]] == hashes[order[start]]:
                stop += 1
            size = stop - start
            if size > 1 and fill:
                order[start:stop] = np.sort(order[start:stop])
            for i in range(1, size):
                reach = i if size <= small else min(i, anchors)
                if fill:
                    for j in range(reach):
                        pairs[n_pairs + j, 0] = order[start + j]
                        pairs[n_pairs + j, 1] = order[start + i]
                n_pairs += reach
                if i > reach:
                    if fill:
                        pairs[n_pairs, 0] = order[start + i - 1]
                        pairs[n_pairs, 1] = order[start + i]
                    n_pairs += 1
            start = stop
    return pairs


@njit(cache=True, nogil=True)
def _pair(one, other):  # type: ignore[no-untyped-def]
    return (np.uint64(min(one, other)) << np.uint64(32)) | np.uint64(max(one, other))


@njit(cache=True, nogil=True)
def meetings(packed, rows, small, rare, anchors):  # type: ignore[no-untyped-def]
    """Return few, many and is_rare; ``packed`` is hash << 32 | place, rising."""
    n = len(packed)
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    is_rare = np.zeros(n, np.bool_)
    n_few, n_many = np.int64(0), np.int64(0)
    few, many = np.empty(0, np.uint64), np.empty(0, np.uint64)
    for fill in range(2):  # first count, then write
        if fill:
            few, many = np.empty(n_few, np.uint64), np.empty(n_many, np.uint64)
            n_few, n_many = np.int64(0), np.int64(0)
        start = 0
        while start < n:
            stop = start + 1
            while stop < n and packed[stop] >> half == packed[start] >> half:
                stop += 1
            size = stop - start
            if fill and size <= rare:
                for i in range(start, stop):
                    is_rare[packed[i] & low] = True
            if size <= small:
                if fill:
                    for i in range(start, stop):
                        row = rows[packed[i] & low]
                        for j in range(start, i):
                            few[n_few] = _pair(rows[packed[j] & low], row)
                            n_few += 1
                else:
                    n_few += size * (size - 1) // 2
            else:
                for i in range(start + 1, stop):
                    reach = min(i - start, anchors)
                    before = i - start > reach
                    if fill:
                        row = rows[packed[i] & low]
                        for j in range(start, start + reach):
                            many[n_many] = _pair(rows[packed[j] & low], row)
                            n_many += 1
                        if before:
                            many[n_many] = _pair(rows[packed[i - 1] & low], row)
                            n_many += 1
                    else:
                        n_many += reach + before
            start = stop
    return few, many, is_rare
