"""The permutations of classical MinHash, drawn as datasketch draws them."""

from __future__ import annotations

from functools import cache

import numpy as np

from curator.errors import RecipeError, nearest

MERSENNE, AFFINE = "permutations", "affine32"
PERMUTATIONS = (MERSENNE, AFFINE)
MERSENNE_PRIME = (1 << 61) - 1
WIDTH = 32
"""Permutations are padded to a multiple of this many, so that loops over them leave no rest."""


@cache
def drawn(scheme: str, n_hashes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors and the summands of ``n_hashes`` permutations, zeros behind them.

    Both are read-only: uint64 for ``permutations``, uint32 for ``affine32``, and their length is
    the next multiple of ``WIDTH``. Raises ``RecipeError`` for a seed NumPy's generator cannot take.
    """
    if scheme not in PERMUTATIONS:
        raise RecipeError(f"MinHash scheme {scheme!r}{nearest(scheme, PERMUTATIONS)}")
    if not 0 <= seed < 1 << 32:
        raise RecipeError(f"seed={seed}; MinHash scheme {scheme} takes one from 0 to 2**32 - 1")
    generator = np.random.RandomState(seed)  # its stream is frozen; a Generator's may change
    dtype = np.uint64 if scheme == MERSENNE else np.uint32
    padded = np.zeros((2, -(-n_hashes // WIDTH) * WIDTH), dtype)
    if scheme == MERSENNE:
        # by turns, as datasketch draws them: fewer hashes are then the first of more
        for place in range(n_hashes):
            padded[0, place] = generator.randint(1, MERSENNE_PRIME, dtype=np.uint64)
            padded[1, place] = generator.randint(0, MERSENNE_PRIME, dtype=np.uint64)
    else:
        padded[0, :n_hashes] = generator.randint(0, 1 << 31, n_hashes, dtype=np.uint32)
        padded[0] = padded[0] * np.uint32(2) + np.uint32(1)
        padded[1, :n_hashes] = generator.randint(0, 1 << 32, n_hashes, dtype=np.uint32)
    padded.flags.writeable = False
    return padded[0], padded[1]
