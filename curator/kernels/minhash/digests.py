"""Hashes of the shingles of plain UTF-8 on the host, as other libraries compute them.

Source: FIPS 180-4 (SHA-1); the XXH32 specification (Collet 2012–).
"""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit

BLOCK = 64
SHA1_STATE = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
PRIME_1, PRIME_2, PRIME_3, PRIME_4, PRIME_5 = (
    np.uint32(prime) for prime in (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1)
)


@njit(cache=True, nogil=True)
def shingle_bounds(offsets, data, characters):  # type: ignore[no-untyped-def]  # Numba infers
    """Return offsets int64[n + 1] of the shingles of each document, and int64[m, 2]: their bytes.

    A document of fewer characters has none.
    """
    n_documents = len(offsets) - 1
    bounds = np.zeros(n_documents + 1, np.int64)
    longest = np.int64(0)
    for document in range(n_documents):
        count = np.int64(0)
        for at in range(offsets[document], offsets[document + 1]):
            count += data[at] & 0xC0 != 0x80
        longest = max(longest, count)
        bounds[document + 1] = bounds[document] + max(np.int64(0), count - characters + 1)
    shingles = np.empty((bounds[-1], 2), np.int64)
    starts = np.empty(longest + 1, np.int64)
    for document in range(n_documents):
        count = np.int64(0)
        for at in range(offsets[document], offsets[document + 1]):
            if data[at] & 0xC0 != 0x80:
                starts[count] = at
                count += 1
        starts[count] = offsets[document + 1]
        first = bounds[document]
        for i in range(bounds[document + 1] - first):
            shingles[first + i, 0] = starts[i]
            shingles[first + i, 1] = starts[i + characters]
    return bounds, shingles


@njit(cache=True, nogil=True, inline="always")
def _turned(x, bits):  # type: ignore[no-untyped-def]
    return np.uint32((x << np.uint32(bits)) | (x >> np.uint32((32 - bits) & 31)))


@njit(cache=True, nogil=True, inline="always")
def _word(data, at):  # type: ignore[no-untyped-def]
    low = np.uint32(data[at]) | (np.uint32(data[at + 1]) << np.uint32(8))
    high = np.uint32(data[at + 2]) | (np.uint32(data[at + 3]) << np.uint32(8))
    return np.uint32(low | (high << np.uint32(16)))


@njit(cache=True, nogil=True)
def xxh32(data, shingles):  # type: ignore[no-untyped-def]
    """Return uint32[m]: XXH32 with seed 0 of each run of bytes."""
    result = np.empty(len(shingles), np.uint32)
    for i in range(len(shingles)):
        at, end = shingles[i, 0], shingles[i, 1]
        length = np.uint32(end - at)
        h = PRIME_5
        if end - at >= 16:
            v1, v2 = np.uint32(PRIME_1 + PRIME_2), PRIME_2
            v3, v4 = np.uint32(0), np.uint32(np.uint32(0) - PRIME_1)
            while end - at >= 16:
                v1 = np.uint32(_turned(np.uint32(v1 + _word(data, at) * PRIME_2), 13) * PRIME_1)
                v2 = np.uint32(_turned(np.uint32(v2 + _word(data, at + 4) * PRIME_2), 13) * PRIME_1)
                v3 = np.uint32(_turned(np.uint32(v3 + _word(data, at + 8) * PRIME_2), 13) * PRIME_1)
                v4 = np.uint32(
                    _turned(np.uint32(v4 + _word(data, at + 12) * PRIME_2), 13) * PRIME_1
                )
                at += 16
            h = np.uint32(_turned(v1, 1) + _turned(v2, 7) + _turned(v3, 12) + _turned(v4, 18))
        h = np.uint32(h + length)
        while end - at >= 4:
            h = np.uint32(_turned(np.uint32(h + _word(data, at) * PRIME_3), 17) * PRIME_4)
            at += 4
        while at < end:
            h = np.uint32(_turned(np.uint32(h + np.uint32(data[at]) * PRIME_5), 11) * PRIME_1)
            at += 1
        h = np.uint32((h ^ (h >> np.uint32(15))) * PRIME_2)
        h = np.uint32((h ^ (h >> np.uint32(13))) * PRIME_3)
        result[i] = h ^ (h >> np.uint32(16))
    return result


@njit(cache=True, nogil=True)
def sha1_32(data, shingles):  # type: ignore[no-untyped-def]
    """Return uint32[m]: the first 4 bytes, as a little-endian number, of SHA-1 of each run.

    Sixteen messages side by side, a lane each, were no faster: LLVM vectorises the schedule alone.
    """
    longest = np.int64(0)
    for i in range(len(shingles)):
        longest = max(longest, shingles[i, 1] - shingles[i, 0])
    message = np.zeros(((longest + 8) // BLOCK + 1) * BLOCK, np.uint8)
    schedule = np.empty(80, np.uint32)
    state = np.empty(5, np.uint32)
    result = np.empty(len(shingles), np.uint32)
    for i in range(len(shingles)):
        n_blocks = _padded(data, shingles[i, 0], shingles[i, 1], message)
        for j in range(5):
            state[j] = np.uint32(SHA1_STATE[j])
        for block in range(n_blocks):
            for t in range(16):
                schedule[t] = _swapped(_word(message, block * BLOCK + 4 * t))
            for t in range(16, 80):
                x = schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16]
                schedule[t] = _turned(x, 1)
            _compress(state, schedule)
        result[i] = _swapped(state[0])
    return result


@njit(cache=True, nogil=True)
def _padded(data, start, end, message):  # type: ignore[no-untyped-def]
    """Write a message with the padding of SHA-1; return its blocks."""
    length = end - start
    n_blocks = (length + 8) // BLOCK + 1
    for i in range(length):
        message[i] = data[start + i]
    message[length] = 0x80
    message[length + 1 : n_blocks * BLOCK] = 0
    bits = 8 * length
    for i in range(4):
        message[n_blocks * BLOCK - 1 - i] = (bits >> (8 * i)) & 0xFF
    return n_blocks


@njit(cache=True, nogil=True, inline="always")
def _swapped(x):  # type: ignore[no-untyped-def]
    """Return a 32-bit number with its bytes in the other order."""
    middle = (x & np.uint32(0xFF00)) << np.uint32(8) | (x >> np.uint32(8)) & np.uint32(0xFF00)
    return np.uint32(x << np.uint32(24) | middle | x >> np.uint32(24))


@njit(cache=True, nogil=True)
def _compress(state, schedule):  # type: ignore[no-untyped-def]
    """Add the 80 rounds of one block to the state."""
    a, b, c, d, e = state[0], state[1], state[2], state[3], state[4]
    for t in range(20):
        f = np.uint32(d ^ (b & (c ^ d)))
        a, b, c, d, e = _round(a, e, f, schedule[t], 0x5A827999), a, _turned(b, 30), c, d
    for t in range(20, 40):
        f = np.uint32(b ^ c ^ d)
        a, b, c, d, e = _round(a, e, f, schedule[t], 0x6ED9EBA1), a, _turned(b, 30), c, d
    for t in range(40, 60):
        f = np.uint32((b & c) | (d & (b | c)))
        a, b, c, d, e = _round(a, e, f, schedule[t], 0x8F1BBCDC), a, _turned(b, 30), c, d
    for t in range(60, 80):
        f = np.uint32(b ^ c ^ d)
        a, b, c, d, e = _round(a, e, f, schedule[t], 0xCA62C1D6), a, _turned(b, 30), c, d
    state[0] += a
    state[1] += b
    state[2] += c
    state[3] += d
    state[4] += e


@njit(cache=True, nogil=True, inline="always")
def _round(a, e, f, word, constant):  # type: ignore[no-untyped-def]
    return np.uint32(_turned(a, 5) + f + e + word + np.uint32(constant))
