"""Exact Jaccard similarity of sets of shingles."""

from __future__ import annotations

import numpy as np

from curator.kernels import twin
from curator.kernels.shingles import ShingleSets


def jaccard(
    left: ShingleSets, right: ShingleSets, pairs: np.ndarray, at_least: float = 0.0
) -> np.ndarray:
    """Return float64[pairs]: |A ∩ B| / |A ∪ B| of set ``pairs[:, 0]`` and set ``pairs[:, 1]``.

    ``pairs`` is int64[pairs, 2]: positions in ``left`` and in ``right``. Two empty sets give 0.0:
    nothing is known of them. Pairs that cannot reach ``at_least`` are given up early as 0.0;
    values at or above it are exact.
    """
    body = twin.body(left.hashes, "jaccard")
    return body.jaccard(
        left.offsets, left.hashes, right.offsets, right.hashes, pairs, float(at_least)
    )
