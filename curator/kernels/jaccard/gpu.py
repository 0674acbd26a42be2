"""Jaccard on the device; the function and its results are those of ``cpu``."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from curator.kernels.cuda.gpu import launch, on_device, warps_over

THREADS = 128


def jaccard(
    left_offsets: Any,
    left_hashes: Any,
    right_offsets: Any,
    right_hashes: Any,
    pairs: Any,
    at_least: float,
) -> Any:
    """Return float64[pairs]; see the contract."""
    n_pairs = len(pairs)
    result = cupy.zeros(n_pairs, np.float64)
    share = 1.0 - 2.0 * at_least / (1.0 + at_least)
    left = (on_device(left_offsets, np.int64), on_device(left_hashes, np.uint64))
    right = (on_device(right_offsets, np.int64), on_device(right_hashes, np.uint64))
    numbers = (np.float64(share), np.float64(at_least))
    arguments = (*left, *right, on_device(pairs, np.int64), *numbers, result, np.int64(n_pairs))
    launch("jaccard", "jaccard", warps_over(n_pairs, THREADS), THREADS, arguments)
    return result
