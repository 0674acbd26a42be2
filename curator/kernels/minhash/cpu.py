"""Signatures on the host."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import BARE
from curator.kernels.compiled import njit
from curator.kernels.minhash.digests import sha1_32, shingle_bounds, xxh32
from curator.kernels.shingles.cpu import AT_ONCE, BASE, MIX_1, hash_run, mix, roll, workspace

__all__ = [
    "lowest_permuted",
    "one_permutation",
    "permuted",
    "sha1_32",
    "shingle_bounds",
    "short_bands",
    "xxh32",
]

EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
ROUND = np.uint64(0xD1B54A32D192ED03)
HALF = np.uint64(32)
LOW_HALF = np.uint64(0xFFFFFFFF)
ABSENT = np.uint32(0xFFFFFFFF)
TOP = np.uint64(61)
SUSPECT = np.uint32(16)
FEW = 8
"""Empty places up to which it is faster to look through all hashes once for each of them."""
SIDE_BY_SIDE = 16
"""Documents whose bands are hashed before they are written: as many lie in a cache line."""
TOGETHER = 4
"""Hashes permuted in one pass over the permutations: fewer loads than with one or two."""


@njit(cache=True, nogil=True)
def one_permutation(offsets, codepoints, lengths, n_hashes, seed):  # type: ignore[no-untyped-def]
    """Return uint32[n, n_hashes]; see the contract."""
    n_documents = len(offsets) - 1
    result = np.zeros((n_documents, n_hashes), np.uint32)
    hashes, work = np.empty(_longest(offsets), np.uint64), workspace(offsets, lengths)
    row, spread = np.empty(n_hashes, np.uint64), np.empty(AT_ONCE, np.uint64)
    salt = salt_of(seed)
    for document in range(n_documents):
        start, stop, length = offsets[document], offsets[document + 1], lengths[document]
        if 1 <= length <= stop - start:
            permute_once(codepoints, start, stop, length, salt, hashes, work, spread, row)
            for place in range(n_hashes):
                result[document, place] = np.uint32(row[place] & LOW_HALF)
    return result


@njit(cache=True, nogil=True, inline="always")
def salt_of(seed):  # type: ignore[no-untyped-def]
    """Return what the shingles of one permutation hashing are salted with."""
    return mix(seed * MIX_1 + ROUND)


@njit(**BARE)
def permute_once(codepoints, start, stop, length, salt, hashes, work, spread, row):  # type: ignore[no-untyped-def]
    """Write the least hash of each place into ``row`` (uint64), in its lower half.

    The key has one shingle or more; ``hashes`` has room for all of them, ``work`` is of
    ``workspace``, and ``spread`` uint64[AT_ONCE].
    """
    n = stop - start - length + 1
    for place in range(len(row)):
        row[place] = EMPTY
    for first in range(0, n, AT_ONCE):
        count = min(AT_ONCE, n - first)
        hash_run(codepoints, start + first, count, length, salt, work, hashes, first)
        _placed(hashes, first, count, len(row), spread)
        _lower_all(spread, count, np.uint64(0), row)
    _fill(hashes, n, row, spread)


@njit(cache=True, nogil=True)
def _longest(offsets):  # type: ignore[no-untyped-def]
    longest = np.int64(0)
    for document in range(len(offsets) - 1):
        longest = max(longest, offsets[document + 1] - offsets[document])
    return longest


@njit(cache=True, nogil=True, inline="always")
def _at_place(h, n_places):  # type: ignore[no-untyped-def]
    """Return ``place << 32 | value`` of a mixed hash: its upper half chooses one of the places."""
    return (((h >> HALF) * n_places) & ~LOW_HALF) | (h & LOW_HALF)


@njit(**BARE)
def _placed(hashes, first, count, n_hashes, spread):  # type: ignore[no-untyped-def]
    """Write ``_at_place`` of each hash in the first round: it is mixed already.

    To look up each place while it is lowered, without vectors, took a quarter longer.
    """
    first, n_places = np.uint64(first), np.uint64(n_hashes) & LOW_HALF
    for i in range(np.uint64(count)):
        spread[i] = _at_place(hashes[first + i], n_places)


@njit(**BARE)
def _fill(hashes, n, row, spread):  # type: ignore[no-untyped-def]
    """Fill the places that the first round left empty, by fresh hashes, round by round."""
    n_empty, turn = _count_empty(row), np.uint64(1)
    # The round stands above the hash, so the smallest in a place is of the first round in which
    # the *union* of two sets reaches that place: equal in both with probability J.
    while n_empty and turn < len(row):
        for first in range(0, n, AT_ONCE):
            count = min(AT_ONCE, n - first)
            _spread(hashes, first, count, turn * ROUND, len(row), spread)
            if n_empty > FEW:
                _lower_all(spread, count, turn << HALF, row)
            else:
                _lower_few(spread, count, turn << HALF, row)
        n_empty = _count_empty(row)
        turn += np.uint64(1)
    # Sets of a few shingles may still leave gaps: now every shingle visits every empty place.
    for place in range(len(row)):
        if row[place] == EMPTY:
            before = np.uint64(len(row) + place) * ROUND
            for i in range(n):
                row[place] = min(row[place], mix(hashes[i] ^ before) & LOW_HALF)


@njit(**BARE)
def _count_empty(row):  # type: ignore[no-untyped-def]
    n_empty = np.int64(0)
    for place in range(len(row)):
        n_empty += row[place] == EMPTY
    return n_empty


@njit(**BARE)
def _spread(hashes, first, count, before, n_hashes, spread):  # type: ignore[no-untyped-def]
    """Write ``place << 32 | value`` of each hash in one round; LLVM vectorises."""
    first = np.uint64(first)
    n_places = np.uint64(n_hashes) & LOW_HALF  # LLVM then knows that it is short: a lesser product
    for i in range(np.uint64(count)):
        spread[i] = _at_place(mix(hashes[first + i] ^ before), n_places)


@njit(**BARE)
def _lower_all(spread, count, above, row):  # type: ignore[no-untyped-def]
    for i in range(count):
        place = spread[i] >> HALF
        row[place] = min(row[place], above | (spread[i] & LOW_HALF))


@njit(**BARE)
def _lower_few(spread, count, above, row):  # type: ignore[no-untyped-def]
    """Do as ``_lower_all`` does, in a round later than the first and with few places empty.

    To tell first, 16 or 32 hashes a step, which of them fall into an empty place took as long.

    Less the number of the place, in the upper half, those of the place alone are below 2³²: the
    least of all is theirs, if there are any. That takes no look at the row and vectorises.
    """
    for place in range(len(row)):
        if row[place] >= above:
            here, lowest = np.uint64(place) << HALF, EMPTY
            for i in range(count):
                lowest = min(lowest, spread[i] - here)
            if lowest <= LOW_HALF:
                row[place] = min(row[place], above | lowest)


@njit(cache=True, nogil=True)
def short_bands(signatures, documents, bands, rows_per_band, lengths):  # type: ignore[no-untyped-def]
    """Return uint32[bands, s]; see the contract."""
    result = np.empty((bands, len(documents)), np.uint32)
    rows = np.empty((SIDE_BY_SIDE, bands), np.uint32)
    for first in range(0, len(documents), SIDE_BY_SIDE):
        count = min(SIDE_BY_SIDE, len(documents) - first)
        for j in range(count):
            document = documents[first + j]
            hash_bands(signatures, document, rows_per_band, lengths[document], rows, j)
        for band in range(bands):
            for j in range(count):
                result[band, first + j] = rows[j, band]
    return result


@njit(**BARE)
def hash_bands(signatures, document, rows_per_band, length, rows, j):  # type: ignore[no-untyped-def]
    """Write the hashes of all bands of one signature into row ``j`` of ``rows`` (uint32)."""
    salt = np.uint64(length)
    if rows_per_band == 1:  # LLVM vectorises
        for band in range(rows.shape[1]):
            h = (salt ^ np.uint64(signatures[document, band])) * BASE
            rows[j, band] = np.uint32(mix(h ^ (h >> HALF)) >> HALF)
        return
    for band in range(rows.shape[1]):
        h = salt
        for place in range(band * rows_per_band, (band + 1) * rows_per_band):
            h = (h ^ np.uint64(signatures[document, place])) * BASE
            h ^= h >> HALF
        rows[j, band] = np.uint32(mix(h) >> HALF)


@njit(cache=True, nogil=True)
def permuted(offsets, codepoints, lengths, n_hashes, a, b):  # type: ignore[no-untyped-def]
    """Return uint32[n, n_hashes] of the low halves of the shingle hashes; see the contract."""
    n_documents = len(offsets) - 1
    result = np.zeros((n_documents, n_hashes), np.uint32)
    longest = _longest(offsets)
    scratch, halves = np.empty(longest, np.uint64), np.empty(longest + TOGETHER, np.uint32)
    work = workspace(offsets, lengths)
    row = np.empty(len(a), np.uint32)
    for document in range(n_documents):
        start, stop = offsets[document], offsets[document + 1]
        if lengths[document] < 1 or stop - start < lengths[document]:
            continue
        n = roll(codepoints, start, stop, lengths[document], scratch, work)
        for i in range(n):
            halves[i] = np.uint32(scratch[i] & LOW_HALF)
        _lowest(halves, n, a, b, row)
        result[document] = row[:n_hashes]
    return result


@njit(cache=True, nogil=True)
def lowest_permuted(offsets, hashes, n_hashes, a, b):  # type: ignore[no-untyped-def]
    """Return uint32[n, n_hashes] of sets of 32-bit hashes; an empty set has the largest number."""
    n_documents = len(offsets) - 1
    result = np.full((n_documents, n_hashes), ABSENT, np.uint32)
    scratch = np.empty(_longest(offsets) + TOGETHER, np.uint32)
    row = np.empty(len(a), np.uint32)
    for document in range(n_documents):
        n = offsets[document + 1] - offsets[document]
        if n:
            scratch[:n] = hashes[offsets[document] : offsets[document + 1]]
            _lowest(scratch, n, a, b, row)
            result[document] = row[:n_hashes]
    return result


@njit(cache=True, nogil=True)
def _lowest(hashes, n, a, b, row):  # type: ignore[no-untyped-def]
    """Write the minimum over ``hashes[:n]``, n > 0, of each permutation.

    There is room behind the hashes, which are written to.
    """
    if a.itemsize == 4:  # known when compiling: the branch costs nothing
        for i in range(n):
            h = (hashes[i] ^ (hashes[i] >> np.uint32(16))) * np.uint32(0x85EBCA6B)
            h = (np.uint32(h) ^ (np.uint32(h) >> np.uint32(13))) * np.uint32(0xC2B2AE35)
            hashes[i] = np.uint32(h) ^ (np.uint32(h) >> np.uint32(16))
    rounded = -(-n // TOGETHER) * TOGETHER
    hashes[n:rounded] = hashes[n - 1]  # a set: saying one twice changes nothing
    row[:] = ABSENT
    if a.itemsize == 4:
        _lowest_affine(hashes[:rounded], a, b, row)
    else:
        _lowest_mersenne(hashes[:rounded], a, b, row)
        for place in range(len(row)):
            if row[place] < SUSPECT:
                row[place] = _lowest_exactly(hashes[:n], a[place], b[place])
            else:
                row[place] -= np.uint32(1)


@njit(cache=True, nogil=True, inline="always")
def _affine(a, b, h):  # type: ignore[no-untyped-def]
    return np.uint32(a * h + b)


@njit(cache=True, nogil=True)
def _lowest_affine(hashes, a, b, row):  # type: ignore[no-untyped-def]
    for i in range(0, len(hashes), TOGETHER):
        h0, h1, h2, h3 = hashes[i], hashes[i + 1], hashes[i + 2], hashes[i + 3]
        for place in range(len(a)):
            factor, summand = a[place], b[place]
            first = min(_affine(factor, summand, h0), _affine(factor, summand, h1))
            second = min(_affine(factor, summand, h2), _affine(factor, summand, h3))
            row[place] = min(row[place], min(first, second))


@njit(cache=True, nogil=True, inline="always")
def _folded(a, b, h):  # type: ignore[no-untyped-def]
    """Return 1 + the low half of x mod 2⁶¹−1, for x = a·h + b mod 2⁶⁴; ``b`` is greater by 1.

    2⁶¹ leaves 1, so the top three bits are added to the rest. The sum may still reach the prime;
    then, and when adding 1 runs over, what comes out is below ``SUSPECT`` and is settled exactly.
    """
    x = a * np.uint64(h) + b
    return np.uint32((x + (x >> TOP)) & LOW_HALF)


@njit(cache=True, nogil=True)
def _lowest_mersenne(hashes, a, b, row):  # type: ignore[no-untyped-def]
    for i in range(0, len(hashes), TOGETHER):
        h0, h1, h2, h3 = hashes[i], hashes[i + 1], hashes[i + 2], hashes[i + 3]
        for place in range(len(a)):
            factor, summand = a[place], b[place] + np.uint64(1)
            first = min(_folded(factor, summand, h0), _folded(factor, summand, h1))
            second = min(_folded(factor, summand, h2), _folded(factor, summand, h3))
            row[place] = min(row[place], min(first, second))


@njit(cache=True, nogil=True)
def _lowest_exactly(hashes, a, b):  # type: ignore[no-untyped-def]
    prime = (np.uint64(1) << TOP) - np.uint64(1)
    lowest = LOW_HALF
    for i in range(len(hashes)):
        lowest = min(lowest, ((a * np.uint64(hashes[i]) + b) % prime) & LOW_HALF)
    return np.uint32(lowest)
