"""Signatures that datasketch reads, and what datasketch signed."""

from __future__ import annotations

import numpy as np

from curator.dedup.documents import chunks
from curator.errors import RecipeError, nearest
from curator.kernels.buffers import Utf8
from curator.kernels.minhash import lowest_permuted, shingle_digests
from curator.kernels.minhash.permutations import AFFINE, MERSENNE

DATASKETCH_SCHEMES = {"affine32": AFFINE, "legacy": MERSENNE}
"""datasketch's names of its schemes: ``affine32`` is the default since its version 2.0, ``legacy``
all there was before."""
CHUNK_BYTES = 1 << 20
"""Text hashed at a time; the hashes and places of its shingles take 20 bytes a character."""


def datasketch_signatures(
    texts: Utf8,
    shingle_characters: int,
    num_perm: int = 128,
    seed: int = 1,
    hash: str = "sha1",
    scheme: str = "affine32",
) -> np.ndarray:
    """Return uint32[n, num_perm]: the ``hashvalues`` of datasketch's ``MinHash`` of each text.

    Each row equals, to the bit, that of ``MinHash(num_perm, seed, scheme=scheme)`` updated with the
    UTF-8 of every run of ``shingle_characters`` characters of the text. ``hash`` is ``sha1``,
    datasketch's default, or ``xxh32``, some 10 times as fast, for
    ``MinHash(hashfunc=xxhash.xxh32_intdigest)``. A text with fewer characters has the row of an
    empty ``MinHash``. To go on there: ``MinHash(hashvalues=row, seed=seed, scheme=scheme)``;
    from there: ``minhash.hashvalues.astype(numpy.uint32)`` is such a row.

    Texts are taken as they are; for signatures of what deduplication compares, sign the keys.
    Before version 2.0 datasketch knows no ``scheme`` and computes ``legacy``.
    """
    if scheme not in DATASKETCH_SCHEMES:
        raise RecipeError(
            f"datasketch scheme {scheme!r} is not known{nearest(scheme, DATASKETCH_SCHEMES)}"
        )
    ours = DATASKETCH_SCHEMES[scheme]
    result = np.empty((texts.n_documents, num_perm), np.uint32)
    for place, chunk in chunks(texts, CHUNK_BYTES):
        digests = shingle_digests(chunk, shingle_characters, hash)
        result[place] = lowest_permuted(digests, num_perm, seed, ours)
    return result
