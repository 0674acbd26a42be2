"""Where in a key the seeds of another stand: one pass over the key, then few steps a seed."""

from __future__ import annotations

import numpy as np

from curator.kernels.alignment.blocks import WIDE, equal_to, lowest
from curator.kernels.compiled import njit

F0, F1, F2, F3 = map(np.uint32, (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F))
F4, F5, F6 = map(np.uint32, (0x165667B1, 0xCC9E2D51, 0x1B873593))
"""Odd numbers without pattern: sums of multiples of them differ in the high bits."""
ONE = np.uint64(1)
WORD, IN_WORD = np.uint32(6), np.uint32(63)
BITS_A_SEED = 16
"""Bits for each seed, or up to twice as many: one in 16 to 32 that is absent looks present."""
LEAST_BITS, MOST_BITS = 10, 30
BITS_A_HEAD = 4
"""Binary logarithm: there are at least as many chains as seeds."""
SCANS = 16
"""Seeds looked for by going through all hashes, vector by vector, before chains are made: these
take as long as some twenty such searches, and most pairs ask for fewer. More searches would let
time grow with the product of the lengths."""
WHOLE, SEED, N_BITS, SCANNED = range(4)
"""Places in ``state``: see ``empty_index``."""


@njit(cache=True, nogil=True)
def empty_index(most):  # type: ignore[no-untyped-def]
    """Return room for the seeds of one whole at a time, of up to ``most`` characters.

    - hashes, uint32[n + WIDE]: the hash of the seed at each place of the whole;
    - bits, uint64[words]: a bit for each value of the high bits of a hash, set where a seed has it;
    - heads, int32[chains]: the first place whose hash has these high bits; -1 for none;
    - following, int32[n]: the next place with the same high bits; -1 after the last;
    - state, int64[4]: which whole is in here (-1: none), its seed length, the bits of a hash used,
      and how many seeds were searched for.

    The functions below get them one by one: those taken out of a tuple are counted as in use and
    as released at every call, which took a sixth of the time.
    """
    n_bits = _bits_for(most)
    hashes = np.zeros(most + WIDE, np.uint32)
    bits = np.empty(1 << (n_bits - 6), np.uint64)
    heads = np.empty(1 << (n_bits - BITS_A_HEAD), np.int32)
    return hashes, bits, heads, np.empty(most, np.int32), np.full(4, -1, np.int64)


@njit(cache=True, nogil=True)
def _bits_for(length):  # type: ignore[no-untyped-def]
    n_bits = LEAST_BITS
    while n_bits < MOST_BITS and (1 << n_bits) < BITS_A_SEED * length:
        n_bits += 1
    return n_bits


@njit(cache=True, nogil=True)
def seed_hashes(codepoints, start, n, seed, into):  # type: ignore[no-untyped-def]
    """Write the hash of the ``seed`` (5 or 7) characters at each of ``n`` places from ``start``.

    Every place by itself, not from the one before: so the loop is made of vector instructions.
    """
    c0, c1 = codepoints[start : start + n], codepoints[start + 1 : start + 1 + n]
    c2, c3 = codepoints[start + 2 : start + 2 + n], codepoints[start + 3 : start + 3 + n]
    c4 = codepoints[start + 4 : start + 4 + n]
    if seed == 5:
        for i in range(n):
            h = np.uint32(c0[i] * F0 + c1[i] * F1) + np.uint32(c2[i] * F2 + c3[i] * F3)
            into[i] = np.uint32(h + c4[i] * F4)
        return
    c5, c6 = codepoints[start + 5 : start + 5 + n], codepoints[start + 6 : start + 6 + n]
    for i in range(n):
        h = np.uint32(c0[i] * F0 + c1[i] * F1) + np.uint32(c2[i] * F2 + c3[i] * F3)
        into[i] = np.uint32(h + np.uint32(c4[i] * F4 + c5[i] * F5) + c6[i] * F6)


@njit(cache=True, nogil=True)
def fill(hashes, bits, state, w, whole, start, stop, seed):  # type: ignore[no-untyped-def]
    """Index the seeds of ``whole[start:stop]``, of which there is one at least; ``w`` names it."""
    n, n_bits = stop - start - seed + 1, _bits_for(stop - start)
    seed_hashes(whole, start, n, seed, hashes)
    to_bit = np.uint32(32 - n_bits)
    bits[: 1 << (n_bits - 6)] = 0
    for place in range(n):
        bit = hashes[place] >> to_bit
        bits[bit >> WORD] |= ONE << np.uint64(bit & IN_WORD)
    state[WHOLE], state[SEED], state[N_BITS], state[SCANNED] = w, seed, n_bits, 0


@njit(cache=True, nogil=True)
def perhaps_present(bits, n_bits, hashes, n):  # type: ignore[no-untyped-def]
    """Return as bits which of the first ``n`` (at most 64) hashes the whole may have.

    Those of its seeds are all among them.
    """
    to_bit = np.uint32(32 - n_bits)
    present = np.uint64(0)
    for k in range(n):
        bit = hashes[k] >> to_bit
        known = (bits[bit >> WORD] >> np.uint64(bit & IN_WORD)) & ONE
        present |= known << np.uint64(k)
    return present


@njit(cache=True, nogil=True)
def agree(part, i, whole, j, n):  # type: ignore[no-untyped-def]
    """Return whether the next ``n`` characters, which exist, are the same."""
    for k in range(n):  # noqa: SIM110 (numba has no all() of a generator)
        if part[i + k] != whole[j + k]:
            return False
    return True


@njit(cache=True, nogil=True)
def _scanned(hashes, n, h, part, i, whole, start, seed):  # type: ignore[no-untyped-def]
    """Return where the seed at ``part[i]``, of hash ``h``, first stands in the whole, or -1."""
    for at in range(0, n, WIDE):
        found = equal_to(hashes, at, h)
        while found != 0:
            place = at + lowest(found)
            if place < n and agree(part, i, whole, start + place, seed):
                return start + place
            found &= found - ONE
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _chained(hashes, heads, following, n_bits, h, part, i, whole, start, seed):  # type: ignore[no-untyped-def]
    """Return the same as ``_scanned``, once ``_chain`` was called."""
    place = np.int64(heads[h >> np.uint32(32 - n_bits + BITS_A_HEAD)])
    while place >= 0:
        if hashes[place] == h and agree(part, i, whole, start + place, seed):
            return start + place
        place = np.int64(following[place])
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _chain(hashes, n, n_bits, heads, following):  # type: ignore[no-untyped-def]
    """Chain the places of equal high bits, from the last to the first, which thus leads."""
    heads[: 1 << (n_bits - BITS_A_HEAD)] = -1
    to_head = np.uint32(32 - n_bits + BITS_A_HEAD)
    for place in range(n - 1, -1, -1):
        head = hashes[place] >> to_head
        following[place] = heads[head]
        heads[head] = place


@njit(cache=True, nogil=True)
def first_place(hashes, heads, following, state, h, part, i, whole, start, n):  # type: ignore[no-untyped-def]
    """Return where the seed at ``part[i]``, of hash ``h``, first stands in the whole, or -1.

    The whole begins at ``start`` and has ``n`` seeds.
    """
    if state[SCANNED] < SCANS:
        state[SCANNED] += 1
        return _scanned(hashes, n, h, part, i, whole, start, state[SEED])
    if state[SCANNED] == SCANS:
        state[SCANNED] += 1
        _chain(hashes, n, state[N_BITS], heads, following)
    return _chained(hashes, heads, following, state[N_BITS], h, part, i, whole, start, state[SEED])
