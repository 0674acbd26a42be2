"""Short lists in the order of documents, on the host: written block by block, read once.

Buckets come in the order of their hashes, and what is wanted comes in that of documents. To look
each list up where its bucket lies would miss the second cache each time; so a list is written
behind others of its block of documents, of which there are so few that their ends stay in the
first cache, and a block is small enough to be put in order in the second.
"""

from __future__ import annotations

import numpy as np

from curator.kernels.bands.blocks import SIZE, copy_eight
from curator.kernels.blocks import BARE
from curator.kernels.compiled import njit
from curator.kernels.rooms import Room

BLOCK_BITS = 8
"""There are 256 blocks at most, of which each is written at one place."""
CHUNK = 1024
"""Numbers of a chunk, a power of two: a block is a chain of these. The first one is the number of
the chunk before, or 0; then come records, with a 0 behind the last. A record is a number that says
whose list it is and how long, and the list."""
MOST = 127
"""Numbers of a list in one record. Longer lists have several."""
ROOM = SIZE + 2
"""What a record takes beside its list: itself, a 0, and what ``copy_eight`` writes too much."""


def block_bits(n: int) -> int:
    """Return how many low bits tell the ``n`` documents of a block apart."""
    return max(0, (n - 1).bit_length() - BLOCK_BITS)


def blank(n: int, size: int, room: Room) -> tuple[np.ndarray, np.ndarray]:
    """Return chunks uint32[>= size] and int64[blocks + 1]: where each block of ``n`` documents is
    written, and the number of the next chunk."""
    n_blocks = (n >> block_bits(n)) + 1
    writes = np.arange(1, n_blocks + 2) * CHUNK + 1
    writes[-1] = n_blocks + 1
    chunks = room.array("chunks", max(size, CHUNK * (n_blocks + 1)), np.uint32)
    chunks[writes[:-1] - 1] = 0
    return chunks, writes


@njit(**BARE)
def _append(chunks, writes, block, header, numbers, start, size):  # type: ignore[no-untyped-def]
    at = writes[block]
    if (at & (CHUNK - 1)) + size + ROOM > CHUNK:
        chunks[at] = 0
        chunks[writes[-1] * CHUNK] = at // CHUNK
        at = writes[-1] * CHUNK + 1
        writes[-1] += 1
    chunks[at] = header | size
    copy_eight(numbers, start, chunks, at + 1)
    for done in range(SIZE, size, SIZE):
        copy_eight(numbers, start + done, chunks, at + 1 + done)
    writes[block] = at + 1 + size


@njit(**BARE)
def append(chunks, writes, bits, document, is_many, numbers, start, stop):  # type: ignore[no-untyped-def]
    """Append the list ``numbers[start:stop]``; ``SIZE`` numbers behind it must exist."""
    block, header = document >> bits, (document & ((1 << bits) - 1)) << 8 | is_many << 7
    while stop - start > MOST:
        _append(chunks, writes, block, header, numbers, start, MOST)
        start += MOST
    if start < stop:
        _append(chunks, writes, block, header, numbers, start, stop - start)


@njit(**BARE)
def _count(chunks, chunk, ends):  # type: ignore[no-untyped-def]
    """Add up the lengths of the lists of a block: of each document those of both kinds."""
    while chunk:
        at = chunk * CHUNK + 1
        header = np.int64(chunks[at])
        while header:
            size = header & MOST
            ends[header >> 7] += size
            at += 1 + size
            header = np.int64(chunks[at])
        chunk = np.int64(chunks[chunk * CHUNK])


@njit(**BARE)
def _copy(chunks, chunk, ends, target):  # type: ignore[no-untyped-def]
    """Copy the lists of a block to their places, each behind the one before."""
    while chunk:
        at = chunk * CHUNK + 1
        header = np.int64(chunks[at])
        while header:
            size = header & MOST
            place = ends[header >> 7]
            ends[header >> 7] += size
            for k in range(size):  # not eight at a time: behind may lie the next document's
                target[place + k] = chunks[at + 1 + k]
            at += 1 + size
            header = np.int64(chunks[at])
        chunk = np.int64(chunks[chunk * CHUNK])


@njit(cache=True, nogil=True)
def by_document(chunks, writes, bits, firsts, n_few, ends, target):  # type: ignore[no-untyped-def]
    """Copy lists to ``target`` document by document; return how many documents have any.

    ``firsts``, ``n_few`` and ``ends``, each of a place more than documents, get what is in
    ``bands.Partners``.
    """
    inside = np.empty(2 << bits, np.int64)
    n, place = 0, np.int64(0)
    for block in range(len(writes) - 1):
        chunks[writes[block]] = 0
        last = writes[block] // CHUNK
        if writes[block] == last * CHUNK + 1:
            continue  # never written to: a block's first chunk is its last only with lists in it
        inside[:] = 0
        _count(chunks, last, inside)
        for document in range(1 << bits):
            few, many = inside[2 * document], inside[2 * document + 1]
            inside[2 * document], inside[2 * document + 1] = place, place + few
            place += few + many
            firsts[n], n_few[n], ends[n] = (block << bits) + document, few, place
            n += few + many > 0
        _copy(chunks, last, inside, target)
    return n
