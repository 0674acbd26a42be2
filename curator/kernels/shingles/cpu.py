"""Shingles on the host: a rolling polynomial, then a finaliser that spreads every bit."""

from __future__ import annotations

import numpy as np
from numba import njit

BASE = np.uint64(0x9E3779B97F4A7C15)
MIX_0 = np.uint64(0xBF58476D1CE4E5B9)
MIX_1 = np.uint64(0x94D049BB133111EB)

# First and last code points of the scripts written without spaces, in rising order.
UNSPACED = np.array(
    [
        (0x0E00, 0x0EFF),  # Thai, Lao
        (0x0F00, 0x0FFF),  # Tibetan
        (0x1000, 0x109F),  # Myanmar
        (0x1780, 0x17FF),  # Khmer
        (0x1950, 0x19DF),  # Tai Le, New Tai Lue
        (0x1A20, 0x1AAF),  # Tai Tham
        (0x1B00, 0x1B7F),  # Balinese
        (0x2E80, 0x312F),  # radicals, Kana, Bopomofo
        (0x31A0, 0x31FF),  # Bopomofo and Kana extensions
        (0x3400, 0x4DBF),  # Han
        (0x4E00, 0x9FFF),  # Han
        (0xA000, 0xA4CF),  # Yi
        (0xA980, 0xA9FF),  # Javanese, Myanmar extension
        (0xAA60, 0xAADF),  # Myanmar extension, Tai Viet
        (0xE000, 0xFAFF),  # private use (old Hong Kong characters), Han compatibility
        (0x16FE0, 0x1B2FF),  # Tangut, Khitan, Kana supplements, Nüshu
        (0x20000, 0x3FFFF),  # Han extensions
    ],
    np.uint32,
)


@njit(cache=True, nogil=True)
def is_unspaced(offsets, codepoints):  # type: ignore[no-untyped-def]  # Numba infers the types
    """Return bool[n]: at least half of the key, digits apart, is of a script without spaces."""
    result = np.zeros(len(offsets) - 1, np.bool_)
    for document in range(len(offsets) - 1):
        unspaced, others = np.int64(0), np.int64(0)
        for i in range(offsets[document], offsets[document + 1]):
            c = codepoints[i]
            if c < UNSPACED[0, 0]:
                others += not (np.uint32(0x30) <= c <= np.uint32(0x39))
            elif np.uint32(0x4E00) <= c <= np.uint32(0x9FFF):
                unspaced += 1
            else:
                inside = False
                for row in range(len(UNSPACED)):
                    inside |= UNSPACED[row, 0] <= c <= UNSPACED[row, 1]
                unspaced += inside
                others += not inside
        result[document] = unspaced > 0 and unspaced >= others
    return result


@njit(cache=True, nogil=True, inline="always")
def mix(h):  # type: ignore[no-untyped-def]
    """Spread every bit of a 64-bit number over all others (a bijection)."""
    h = (h ^ (h >> np.uint64(30))) * MIX_0
    h = (h ^ (h >> np.uint64(27))) * MIX_1
    return h ^ (h >> np.uint64(31))


@njit(cache=True, nogil=True)
def roll(codepoints, start, stop, length, into):  # type: ignore[no-untyped-def]
    """Write the hash of every shingle of one key into ``into``; return their number."""
    if stop - start < length:
        return 0
    power = np.uint64(1)
    h = np.uint64(0)
    for i in range(start, start + length):
        h = h * BASE + np.uint64(codepoints[i])
        power *= BASE
    salt = np.uint64(length) * MIX_0
    into[0] = mix(h ^ salt)
    for i in range(start + length, stop):
        h = h * BASE + np.uint64(codepoints[i]) - power * np.uint64(codepoints[i - length])
        into[i - start - length + 1] = mix(h ^ salt)
    return stop - start - length + 1


@njit(cache=True, nogil=True)
def shingle_sets(offsets, codepoints, lengths):  # type: ignore[no-untyped-def]
    """Return offsets and hashes of the sorted sets."""
    n_documents = len(offsets) - 1
    bounds = np.zeros(n_documents + 1, np.int64)
    for document in range(n_documents):
        n_keys = offsets[document + 1] - offsets[document]
        bounds[document + 1] = bounds[document] + max(0, n_keys - lengths[document] + 1)
    hashes = np.empty(bounds[-1], np.uint64)
    starts = np.zeros(n_documents + 1, np.int64)
    k = np.int64(0)
    for document in range(n_documents):
        room = hashes[k : k + bounds[document + 1] - bounds[document]]
        n = roll(codepoints, offsets[document], offsets[document + 1], lengths[document], room)
        room.sort()
        distinct = np.int64(0)
        for i in range(n):
            if distinct == 0 or room[i] != room[distinct - 1]:
                room[distinct] = room[i]
                distinct += 1
        k += distinct
        starts[document + 1] = k
    return starts, hashes[:k].copy()
