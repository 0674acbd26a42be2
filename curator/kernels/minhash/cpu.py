"""Signatures on the host."""

from __future__ import annotations

import numpy as np
from numba import njit

from curator.kernels.shingles.cpu import MIX_1, mix, roll

EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
ROUND = np.uint64(0xD1B54A32D192ED03)
HALF = np.uint64(32)
LOW_HALF = np.uint64(0xFFFFFFFF)


@njit(cache=True, nogil=True)
def one_permutation(offsets, codepoints, lengths, n_hashes, seed):  # type: ignore[no-untyped-def]
    """Return uint32[n, n_hashes]; see the contract."""
    n_documents = len(offsets) - 1
    result = np.zeros((n_documents, n_hashes), np.uint32)
    longest = np.int64(0)
    for document in range(n_documents):
        longest = max(longest, offsets[document + 1] - offsets[document])
    scratch = np.empty(longest, np.uint64)
    row = np.empty(n_hashes, np.uint64)
    salt = mix(seed * MIX_1 + ROUND)
    for document in range(n_documents):
        start, stop = offsets[document], offsets[document + 1]
        if lengths[document] < 1 or stop - start < lengths[document]:
            continue
        n = roll(codepoints, start, stop, lengths[document], scratch)
        _sign(scratch[:n], salt, row)
        for place in range(n_hashes):
            result[document, place] = np.uint32(row[place] & LOW_HALF)
    return result


@njit(cache=True, nogil=True)
def _sign(hashes, salt, row):  # type: ignore[no-untyped-def]
    n_hashes = np.uint64(len(row))
    row[:] = EMPTY
    turn = np.uint64(0)
    n_empty = len(row)
    # The round stands above the hash, so the smallest in a place is of the first round in which
    # the *union* of two sets reaches that place: equal in both with probability J.
    while n_empty and turn < n_hashes:
        before = salt + turn * ROUND
        above = turn << HALF
        for i in range(len(hashes)):
            h = mix(hashes[i] ^ before)
            place = ((h >> HALF) * n_hashes) >> HALF
            row[place] = min(row[place], above | (h & LOW_HALF))
        n_empty = 0
        for place in range(len(row)):
            n_empty += row[place] == EMPTY
        turn += np.uint64(1)
    # Sets of a few shingles may still leave gaps: now every shingle visits every empty place.
    for place in range(len(row)):
        if row[place] == EMPTY:
            before = salt + (n_hashes + np.uint64(place)) * ROUND
            for i in range(len(hashes)):
                row[place] = min(row[place], mix(hashes[i] ^ before) & LOW_HALF)
