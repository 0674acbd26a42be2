"""A look at many pairs through sketches of one byte a place, before any pair is read."""

from __future__ import annotations

import numpy as np

from curator.kernels import twin


def overlap(
    left: np.ndarray,
    right: np.ndarray,
    pairs: np.ndarray,
    left_sizes: np.ndarray,
    right_sizes: np.ndarray,
) -> np.ndarray:
    """Return float64[pairs]: the guessed share of the smaller set that the larger one holds.

    ``left`` and ``right`` are uint8[n, places], the low bytes of MinHash signatures of sets with
    ``left_sizes`` and ``right_sizes`` (int64[n]) members; ``pairs`` is int64[pairs, 2]. One place
    in 256 agrees by chance and is taken off. The guess may pass 1; its standard deviation at
    128 places is .05 for sets of equal size that share a third. Source: b-bit minwise hashing
    (Li, König 2010).
    """
    return twin.body(left, "sketches").overlap(left, right, pairs, left_sizes, right_sizes)
