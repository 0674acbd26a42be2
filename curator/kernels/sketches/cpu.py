"""Sketches on the host."""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit


@njit(cache=True, nogil=True)
def overlap(left, right, pairs, left_sizes, right_sizes):  # type: ignore[no-untyped-def]
    """Return float64[pairs]; see the contract."""
    result = np.empty(len(pairs), np.float64)
    places = left.shape[1]
    by_chance = places / 256
    for p in range(len(pairs)):
        one, other = left[pairs[p, 0]], right[pairs[p, 1]]
        n = np.uint32(0)
        for i in range(places):
            n += np.uint32(one[i] == other[i])
        similarity = (np.float64(n) - by_chance) / (places - by_chance)
        similarity = min(1.0, max(0.0, similarity))
        first, second = left_sizes[pairs[p, 0]], right_sizes[pairs[p, 1]]
        common = similarity / (1 + similarity) * (first + second)
        result[p] = common / max(1, min(first, second))
    return result
