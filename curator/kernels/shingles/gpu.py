"""Shingles on the device; the functions and their results are those of ``cpu``."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from curator.kernels.cuda.gpu import launch, offsets_of, on_device, warps_over
from curator.kernels.shingles.cpu import UNSPACED

THREADS = 256


def is_unspaced(offsets: Any, codepoints: Any) -> Any:
    """Return bool[n]: at least half of the key, digits apart, is of a script without spaces."""
    n_documents = len(offsets) - 1
    result = cupy.zeros(n_documents, np.bool_)
    ranges = on_device(UNSPACED, np.uint32)
    keys = (on_device(offsets, np.int64), on_device(codepoints, np.uint32))
    arguments = (*keys, ranges, np.int64(len(UNSPACED)), result, np.int64(n_documents))
    launch("shingles", "is_unspaced", warps_over(n_documents, THREADS), THREADS, arguments)
    return result


def shingle_sets(offsets: Any, codepoints: Any, lengths: Any) -> tuple[Any, Any]:
    """Return offsets and hashes of the sorted sets; needs 16 bytes a code point meanwhile."""
    n_documents = len(offsets) - 1
    offsets, lengths = on_device(offsets, np.int64), on_device(lengths, np.int64)
    codepoints = on_device(codepoints, np.uint32)
    bounds = offsets_of(cupy.maximum(offsets[1:] - offsets[:-1] - lengths + 1, 0))
    hashes = cupy.empty(int(bounds[-1]), np.uint64)
    scratch = cupy.empty_like(hashes)
    distinct = cupy.zeros(n_documents, np.int64)
    arguments = (offsets, codepoints, lengths, bounds, hashes, scratch, distinct)
    launch("shingles", "sort_sets", n_documents, THREADS, arguments)
    starts = offsets_of(distinct)
    result = cupy.empty(int(starts[-1]), np.uint64)
    launch("shingles", "keep_distinct", n_documents, THREADS, (bounds, hashes, starts, result))
    return starts, result
