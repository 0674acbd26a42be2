"""Bands of a signature, and the pairs of documents that share a bucket."""

from __future__ import annotations

import numpy as np

from curator.kernels import twin

SMALL_BUCKET = 12
"""Buckets up to this size give all their pairs (66); larger ones a linear number."""
ANCHORS = 4
"""In a larger bucket every document is paired with this many first ones and with its neighbour."""


def band_hashes(
    signatures: np.ndarray, bands: int, rows_per_band: int, lengths: np.ndarray
) -> np.ndarray:
    """Return uint64[bands, n]: one hash for each band of each signature.

    Band b covers the places ``b * rows_per_band`` to ``(b + 1) * rows_per_band`` of
    ``signatures`` (uint32[n, >= bands * rows_per_band]). ``lengths`` (int64[n], the shingle
    lengths) enter the hash: texts cut differently never share a bucket. No documents give no
    columns.
    Source: Broder 1997; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, ch. 3.
    """
    body = twin.body(signatures, "bands")
    return body.band_hashes(signatures, bands, rows_per_band, lengths)


def bucket_pairs(
    hashes: np.ndarray, small: int = SMALL_BUCKET, anchors: int = ANCHORS
) -> np.ndarray:
    """Return int64[pairs, 2], first < second: documents whose ``hashes`` (uint64[n]) are equal.

    A bucket of at most ``small`` documents gives all its pairs. In a larger one each document is
    paired with the ``anchors`` first of the bucket and with the one before it, so cost grows with
    the size of the bucket, not with its square. Pairs come by bucket, then by document.
    """
    body = twin.body(hashes, "bands")
    return body.bucket_pairs(hashes, np.argsort(hashes), small, anchors)
