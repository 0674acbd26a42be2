"""MinHash signatures: documents with Jaccard J agree in each place with probability J.

Three schemes, measured on 1,000 pairs of random sets at 128 hashes. The standard deviation of the
estimates, times 1,000, by the size of both sets (``J`` .5; binomial: 44):

===============  ====  ====  ====  ====  ====
scheme             20    50   100   300  1000
===============  ====  ====  ====  ====  ====
one_permutation    31    32    33    39    44
permutations       44    44    44    43    42
affine32           41    43    46    43    44
===============  ====  ====  ====  ====  ====

Source of the figures and of MB/s on text: benchmarks/kernels_minhash.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curator.errors import RecipeError, nearest
from curator.kernels import twin
from curator.kernels.buffers import Utf8
from curator.kernels.fold import Keys
from curator.kernels.minhash.permutations import PERMUTATIONS, drawn

__all__ = [
    "DIGESTS",
    "SCHEMES",
    "Digests",
    "lowest_permuted",
    "shingle_digests",
    "short_bands",
    "signatures",
]

SCHEMES = ("one_permutation", *PERMUTATIONS)
"""Known ways to sign. `one_permutation`: every shingle is hashed once and falls into one of the
places; empty places are filled by fresh hashes, round by round. `permutations`: every shingle is
permuted once for each place, by (a·h + b) mod 2⁶¹−1. `affine32`: the same by (a·h + b) mod 2³²."""
DIGESTS = ("sha1", "xxh32")
"""Known 32-bit hashes of plain text; see ``shingle_digests``."""


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

    ``permutations`` and ``affine32`` give what datasketch 1 (``scheme="legacy"`` of 2.0) and
    datasketch 2.0 give for the low halves of the shingle hashes, to the bit; their seed is below
    2³². ``RecipeError`` for an unknown scheme, a larger seed or no hashes.

    Source: one permutation hashing (Li, Owen, Zhang 2012) with the empty places filled by fresh
    rounds as in fast similarity sketching (Dahlgaard, Knudsen, Thorup 2017); permutations by
    universal hashing (Broder 1997; Carter, Wegman 1979). Optimal densification
    (Shrivastava 2017), which copies full places into empty ones, was tried and is less sharp: at J
    .5 and 144 hashes the standard deviation of 1,000 estimates is .045 against .030 for sets of
    46 shingles, .040 against .030 for 100, .037 against .035 for 300.
    """
    if scheme not in SCHEMES:
        raise RecipeError(f"MinHash scheme {scheme!r} is not known{nearest(scheme, SCHEMES)}")
    _check_number(n_hashes)
    body = twin.body(keys.codepoints, "minhash")
    lengths = lengths.astype(np.int64, copy=False)
    if scheme in PERMUTATIONS:
        a, b = drawn(scheme, n_hashes, seed)
        return body.permuted(keys.offsets, keys.codepoints, lengths, n_hashes, a, b)
    return body.one_permutation(keys.offsets, keys.codepoints, lengths, n_hashes, np.uint64(seed))


def short_bands(
    signatures: np.ndarray,
    documents: np.ndarray,
    bands: int,
    rows_per_band: int,
    lengths: np.ndarray,
) -> np.ndarray:
    """Return uint32[bands, s]: the upper halves of ``band_hashes`` of ``documents`` (int64[s]).

    ``signatures`` and ``lengths`` are of all documents, as ``curator.kernels.bands.band_hashes``
    takes them; ``documents`` are positions among these.
    """
    body = twin.body(signatures, "minhash")
    found: np.ndarray = body.short_bands(signatures, documents, bands, rows_per_band, lengths)
    return found


class Digests(NamedTuple):
    """Sets of 32-bit hashes: set ``i`` is ``hashes[offsets[i]:offsets[i + 1]]``, with repeats."""

    offsets: np.ndarray
    """int64[n + 1], from 0, rising."""
    hashes: np.ndarray
    """uint32[offsets[n]]."""


def shingle_digests(texts: Utf8, characters: int, digest: str = "sha1") -> Digests:
    """Return a 32-bit hash of every run of so many ``characters`` of each text as it is.

    Text is neither folded nor cut at space: ``好 chill`` has the 3-character shingles ``好 c``,
    `` ch``, ``chi`` …, and a mark (``ñ`` decomposed, ``ꦧꦱ``) counts by itself. A text of fewer
    characters has none. Of the UTF-8 bytes of each shingle, ``sha1`` is the first 4 bytes of SHA-1
    as a little-endian number, and ``xxh32`` is XXH32 with seed 0: the functions of Python are
    ``datasketch.hashfunc.sha1_hash32`` and ``xxhash.xxh32_intdigest``.
    """
    if digest not in DIGESTS:
        raise RecipeError(f"hash {digest!r} is not known{nearest(digest, DIGESTS)}")
    if characters < 1:
        raise RecipeError(f"shingle_characters={characters}: a shingle has at least 1 character")
    body = twin.body(texts.data, "minhash")
    offsets, shingles = body.shingle_bounds(texts.offsets, texts.data, characters)
    if digest == "sha1":
        return Digests(offsets, body.sha1_32(texts.data, shingles))
    return Digests(offsets, body.xxh32(texts.data, shingles))


def lowest_permuted(sets: Digests, n_hashes: int, seed: int, scheme: str) -> np.ndarray:
    """Return uint32[n, n_hashes]: the least number each permutation makes of each set.

    ``scheme`` is ``permutations`` or ``affine32``. An empty set has 2³²−1 in every place.
    """
    _check_number(n_hashes)
    a, b = drawn(scheme, n_hashes, seed)
    body = twin.body(sets.hashes, "minhash")
    return body.lowest_permuted(sets.offsets, sets.hashes, n_hashes, a, b)


def _check_number(n_hashes: int) -> None:
    if n_hashes < 1:
        raise RecipeError(f"n_hashes={n_hashes}: a signature needs at least 1 hash")
