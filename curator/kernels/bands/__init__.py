"""Bands of a signature, and the pairs of documents that share a bucket."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curator.kernels import twin
from curator.kernels.rooms import Room

MOST_MEETINGS = 255
"""Meetings of a pair that are told apart: this many, or more."""
NO_ROW = 0xFFFFFFFF
"""In place of the row of a document that takes no part."""
SMALL_BUCKET = 12
"""Buckets up to this size give all their pairs (66); larger ones a linear number."""
ANCHORS = 4
"""In a larger bucket every document is paired with this many first ones and with its neighbour."""
SHORTEST_OCTAVE, CLASSES_PER_OCTAVE, LONGEST_CLASS = 4, 16, 255
"""Lengths fall into classes, so many whenever they double, from 16 characters to a million."""
LIKE_CLASSES = 2
"""Documents are of like length whose classes differ by so many at most: always where the shorter
has .918 of the other's length, never where it has less than .878."""
WITH_LONGEST = 2
"""In one bucket in so many, a power of two, chosen by its hash, all are paired with the longest
ones, too. In every bucket it would take a twelfth more time for a million documents; in one of four
some parts of a document that has several copies do not find it."""


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


def length_classes(lengths: np.ndarray) -> np.ndarray:
    """Return uint8[n], the classes of ``lengths`` (n numbers, 1 or more).

    What ends a class is no whole number, so processors may differ in the last bit of a logarithm.
    """
    octaves = np.log2(lengths) - SHORTEST_OCTAVE
    return np.rint(octaves * CLASSES_PER_OCTAVE).clip(0, LONGEST_CLASS).astype(np.uint8)


class Bounds(NamedTuple):
    """Which documents of a bucket are paired, by how many these are."""

    small: int
    """All of a bucket of at most so many, 1 or more, are paired with one another."""
    alike: int
    """In a larger one of at most so many, 64 or fewer, those of like length are, see
    ``LIKE_CLASSES``, and in some all are paired with the longest ones, see ``WITH_LONGEST``."""
    rare: int
    """What at most so many share is rare."""
    anchors: int
    """In larger buckets than these each is paired with so many first ones and the one before."""


class Partners(NamedTuple):
    """Documents that share a bucket, once for each: of every pair the lower lists the higher."""

    firsts: np.ndarray
    """uint32[k], rising: the documents that have partners of higher number."""
    n_few: np.ndarray
    """uint32[k]: how many of their partners are met in small buckets, or are of like length; these
    are listed first."""
    ends: np.ndarray
    """int64[k]: where the partners of each end in the list of all."""
    partners: np.ndarray
    """uint32[m]: those of one document follow one another, in any order."""
    common: np.ndarray
    """uint32[c]: hashes of the buckets of two documents or more that are not rare, band after band
    and rising in each."""
    common_starts: np.ndarray
    """int64[bands + 1]: where the common hashes of each band begin, and where the last ones end."""


def partners(
    hashes: np.ndarray,
    order: np.ndarray,
    lengths: np.ndarray,
    bounds: Bounds,
    room: Room | None = None,
) -> Partners:
    """Return the pairs of documents whose hashes are equal in some band.

    ``hashes`` is uint32[bands, n]; ``order`` is uint32[n], no two the same but for ``NO_ROW``, at
    documents that take no part, and by which they stand in a bucket; ``lengths`` is uint8[n], their
    ``length_classes``. The result lies in ``room``, if given, until that is used again; where
    ``hashes`` lie in there, as "hashes", they are lost to it.
    """
    body = twin.body(hashes, "bands")
    return Partners(*body.partners(hashes, order, lengths, bounds, room or Room()))


def met(
    firsts: np.ndarray, n_few: np.ndarray, ends: np.ndarray, partners: np.ndarray, least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return uint64[n], distinct pairs ``first << 32 | partner``, and uint8[n], how often they met.

    The first four are as in ``Partners``, but ``firsts`` may come in any order and more than once.
    Meetings in large buckets count when a pair has ``least`` (at least 1) of them. No more than
    ``MOST_MEETINGS`` are told. Pairs rise by their first; in any order are those with the same.
    """
    pairs, meetings = np.empty(len(partners), np.uint64), np.empty(len(partners), np.uint8)
    n = twin.body(firsts, "bands").tallied(firsts, n_few, ends, partners, least, pairs, meetings)
    return pairs[:n], meetings[:n]


def better_first(
    pairs: np.ndarray, rank_of: np.ndarray, lengths: np.ndarray, into: np.ndarray
) -> None:
    """Write to ``into`` (uint32[3, 2, n]) ranks, rows and lengths of pairs, the better one first.

    ``pairs`` is uint64[n], ``row << 32 | row``; ``rank_of`` uint32[rows], lower for the better;
    ``lengths`` uint32[ranks].
    """
    twin.body(pairs, "bands").better_first(pairs, rank_of, lengths, into)


def take_columns(source: np.ndarray, places: np.ndarray, target: np.ndarray, start: int) -> None:
    """Copy columns ``places`` (int64[n]) of ``source`` to those of ``target`` from ``start`` on.

    Both are uint32[bands, ...].
    """
    twin.body(source, "bands").take_columns(source, places, target, start)


def count_shared(
    hashes: np.ndarray,
    pairs: np.ndarray,
    common: np.ndarray,
    common_starts: np.ndarray,
    shared: np.ndarray,
    shared_common: np.ndarray,
) -> None:
    """Add to ``shared`` and ``shared_common`` (int64[n]) the buckets that pairs share.

    ``hashes`` is uint32[bands, documents], ``pairs`` int64[n, 2]; ``common`` and ``common_starts``
    are as in ``Partners``, and ``shared_common`` counts the buckets among these alone.
    """
    body = twin.body(hashes, "bands")
    body.count_shared(hashes, pairs, common, common_starts, shared, shared_common)


def sort_rising(numbers: np.ndarray, n_bits: int) -> None:
    """Sort uint64[n], all below ``2**n_bits``, in place: three times as fast as NumPy."""
    twin.body(numbers, "bands").sort_rising(numbers, n_bits)


def counted_order(numbers: np.ndarray, bound: int) -> np.ndarray:
    """Return int64[n]: the order in which ``numbers`` rise; equal ones stay as they are.

    They are uint32[n], n below 2**32, and below ``bound``, for each of which it takes four bytes:
    where there are as many as ``bound``, it takes a quarter of the time of ``sort_rising``.
    """
    order: np.ndarray = twin.body(numbers, "bands").counted_order(numbers, bound)
    return order


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
