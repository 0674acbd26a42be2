"""Bands and buckets on the host."""

from __future__ import annotations

import numpy as np

from curator.kernels.bands.neighbours import partners
from curator.kernels.bands.radix import counted_order, sort_pairs, sort_rising
from curator.kernels.bands.sharing import better_first, count_shared, take_columns
from curator.kernels.bands.tallies import tallied
from curator.kernels.compiled import njit
from curator.kernels.shingles.cpu import BASE, mix

__all__ = [
    "band_hashes",
    "better_first",
    "bucket_pairs",
    "count_shared",
    "counted_order",
    "partners",
    "sort_pairs",
    "sort_rising",
    "take_columns",
    "tallied",
]


@njit(cache=True, nogil=True)
def band_hashes(signatures, bands, rows_per_band, lengths):  # type: ignore[no-untyped-def]
    """Return uint64[bands, n]."""
    n_documents = len(signatures)
    result = np.empty((bands, n_documents), np.uint64)
    row = np.empty(bands, np.uint64)
    for document in range(n_documents):
        first = np.uint64(lengths[document])
        if rows_per_band == 1:  # LLVM vectorises
            for band in range(bands):
                h = (first ^ np.uint64(signatures[document, band])) * BASE
                row[band] = mix(h ^ (h >> np.uint64(32)))
        else:
            for band in range(bands):
                h = first
                for place in range(band * rows_per_band, (band + 1) * rows_per_band):
                    h = (h ^ np.uint64(signatures[document, place])) * BASE
                    h ^= h >> np.uint64(32)
                row[band] = mix(h)
        for band in range(bands):
            result[band, document] = row[band]
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
