"""Bands and buckets on the device; the functions and their results are those of ``cpu``."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from curator.kernels.cuda.gpu import launch, offsets_of, on_device, over

THREADS = 128


def band_hashes(signatures: Any, bands: int, rows_per_band: int, lengths: Any) -> Any:
    """Return uint64[bands, n]."""
    n_documents, n_places = signatures.shape
    result = cupy.empty((bands, n_documents), np.uint64)
    sizes = (np.int64(bands), np.int64(rows_per_band))
    rows = (on_device(signatures, np.uint32), np.int64(n_places), on_device(lengths, np.int64))
    arguments = (*rows, *sizes, result, np.int64(n_documents))
    launch("bands", "band_hashes", over(n_documents, THREADS), THREADS, arguments)
    return result


def bucket_pairs(hashes: Any, order: Any, small: int, anchors: int) -> Any:
    """Return int64[pairs, 2]; ``order`` sorts the hashes, ties by document.

    CuPy's sort is stable and leaves them so.
    """
    n = len(hashes)
    if n == 0:
        return cupy.zeros((0, 2), np.int64)
    order = on_device(order, np.int64)
    sorted_hashes = on_device(hashes, np.uint64)[order]
    counts = cupy.empty(n, np.int64)
    sizes = (np.int64(n), np.int64(small), np.int64(anchors))
    blocks = over(n, THREADS)
    launch("bands", "count_pairs", blocks, THREADS, (sorted_hashes, *sizes, counts))
    places = offsets_of(counts)
    pairs = cupy.empty((int(places[-1]), 2), np.int64)
    arguments = (sorted_hashes, order, *sizes, places, pairs)
    launch("bands", "write_pairs", blocks, THREADS, arguments)
    return pairs
