"""Bands of a signature, and the pairs of documents that share a bucket."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curator.kernels import twin

NO_ROW = 0xFFFFFFFF
"""In place of the row of a document that takes no part."""
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
    common: np.ndarray
    """uint32[k], rising: hashes of the buckets with two documents or more, more than ``rare``."""


def packed_hashes(hashes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return uint64[m], rising: ``hash << 32 | row`` of each document that takes part.

    ``hashes`` and ``rows`` are uint32[n]; documents whose row is ``NO_ROW`` take none.
    """
    packed: np.ndarray = twin.body(hashes, "bands").pack_hashes(hashes, rows)
    sort_rising(packed, 64)
    return packed


def meetings(
    packed: np.ndarray, order: np.ndarray, small: int, rare: int, anchors: int
) -> Meetings:
    """Return the pairs of documents whose hashes are equal.

    ``packed`` is as ``packed_hashes`` gives it. A bucket of at most ``small`` documents gives all
    its pairs. In a larger one documents stand by ``order`` (uint32[rows], the place of each row,
    no two the same), and each is paired with the ``anchors`` first and the one before it.
    """
    return Meetings(*twin.body(packed, "bands").meetings(packed, order, small, rare, anchors))


def met(few: np.ndarray, many: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Return uint64[n], the distinct pairs, rising, and int64[n], in how many buckets each met.

    ``few`` and ``many`` are uint64, rising, a pair once for each bucket. Meetings in large buckets
    count when there are ``least`` (at least 1) of them.
    """
    pairs, times = twin.body(few, "bands").met(few, many, least)
    return pairs, times


def sort_rising(numbers: np.ndarray, n_bits: int) -> None:
    """Sort uint64[n], all below ``2**n_bits``, in place: three times as fast as NumPy."""
    twin.body(numbers, "bands").sort_rising(numbers, n_bits)


def sort_pairs(pairs: np.ndarray, n_rows: int) -> None:
    """Sort uint64[n], pairs ``row << 32 | row`` of rows below ``n_rows``, in place."""
    twin.body(pairs, "bands").sort_pairs(pairs, max(1, (n_rows - 1).bit_length()))


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
