"""Bands of a signature, and the pairs of documents that share a bucket."""

from __future__ import annotations

from typing import NamedTuple

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
    hashes: np.ndarray,
    small: int = SMALL_BUCKET,
    anchors: int = ANCHORS,
    order: np.ndarray | None = None,
) -> np.ndarray:
    """Return int64[pairs, 2], first < second: documents whose ``hashes`` are equal.

    ``hashes`` is uint64[n], or uint32[n], which sorts ten times as fast.
    A bucket of at most ``small`` documents gives all its pairs. In a larger one each document is
    paired with the ``anchors`` first of the bucket and with the one before it, so cost grows with
    the size of the bucket, not with its square. Pairs come by bucket, then by document. ``order``
    spares sorting again: what ``bucket_order`` gave.
    """
    body = twin.body(hashes, "bands")
    order = bucket_order(hashes) if order is None else order
    return body.bucket_pairs(hashes, order, small, anchors)


class Meetings(NamedTuple):
    """Documents that share a bucket of one band."""

    few: np.ndarray
    """uint64[n]: pairs in small buckets, ``lower row << 32 | higher row``; in any order."""
    many: np.ndarray
    """uint64[m]: pairs in larger ones."""
    is_rare: np.ndarray
    """bool[documents]: whether the document's bucket has at most ``rare`` documents."""


def meetings(hashes: np.ndarray, rows: np.ndarray, small: int, rare: int, anchors: int) -> Meetings:
    """Return the pairs of documents whose ``hashes`` (uint32[n], n < 2³²) are equal.

    ``rows`` is int64[n], the number each document goes by, below 2³². Which documents of a larger
    bucket are paired is as in ``bucket_pairs``.
    """
    packed = hashes.astype(np.uint64) << np.uint64(32)
    packed |= np.arange(len(hashes), dtype=np.uint64)
    packed.sort()  # one number of both sorts ten times as fast as places do
    return Meetings(*twin.body(hashes, "bands").meetings(packed, rows, small, rare, anchors))


def bucket_order(hashes: np.ndarray) -> np.ndarray:
    """Return int64[n]: documents by their hash (uint32[n] or uint64[n]), then by their number."""
    if hashes.dtype != np.uint32 or len(hashes) > 1 << 32:
        return np.argsort(hashes, kind="stable")
    # One number of both: numbers sort ten times as fast as their places.
    packed = hashes.astype(np.uint64) << np.uint64(32)
    packed |= np.arange(len(hashes), dtype=np.uint64, like=hashes)
    packed.sort()
    packed &= np.uint64(0xFFFFFFFF)
    return packed.view(np.int64)
