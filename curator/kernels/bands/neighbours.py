"""The partners of each document in some bands, on the host."""

from __future__ import annotations

import numpy as np

from curator.kernels.bands import Bounds
from curator.kernels.bands.buckets import list_band
from curator.kernels.bands.records import CHUNK, MOST, ROOM, blank, block_bits, by_document
from curator.kernels.rooms import Room


def partners(
    hashes: np.ndarray, order: np.ndarray, lengths: np.ndarray, bounds: Bounds, room: Room
) -> tuple[np.ndarray, ...]:
    """Return the arrays of ``bands.Partners``; see there."""
    n_bands, n = hashes.shape
    bits, sizes = block_bits(n), tuple(bounds._replace(rare=max(1, bounds.rare)))
    # A band fills at most so much: lists of half a bucket, with two records for each document, or
    # of anchors, one before and one after, and a record for each; what is left of chunks that a
    # record was too long for; and of every block the chunk that bands before have begun.
    most = n * max(max(bounds.small, bounds.alike) // 2 + 2, bounds.anchors + 3)
    most += most * (MOST + ROOM) // (CHUNK - MOST - ROOM) + ((n >> bits) + 2) * CHUNK
    chunks, writes = blank(n, most + 2 * n_bands * n, room)
    common = room.array("common", n_bands * (n // 2), np.uint32)
    common_starts = np.zeros(n_bands + 1, np.int64)
    found = np.zeros(2, np.int64)
    for band in range(n_bands):
        used = int(writes[-1]) * CHUNK
        if used + most > len(chunks):
            chunks = _larger(chunks, used, most + 2 * used)
        list_band(hashes[band], order, lengths, sizes, bits, chunks, writes, common, found)
        common_starts[band + 1] = found[0]
    firsts, n_few = room.array("firsts", (2, n + (1 << bits)), np.uint32)
    ends = room.array("ends", n + (1 << bits), np.int64)
    # Where the hashes lay, of which nothing is needed any more: it takes no more memory.
    result = room.array("hashes", int(found[1]), np.uint32)
    k = by_document(chunks, writes, bits, firsts, n_few, ends, result)
    return firsts[:k], n_few[:k], ends[:k], result, common[: int(found[0])], common_starts


def _larger(numbers: np.ndarray, n: int, size: int) -> np.ndarray:
    """Return uint32[size] that begins with ``n`` of ``numbers``; the rest takes no memory yet."""
    larger = np.empty(size, np.uint32)
    larger[:n] = numbers[:n]
    return larger
