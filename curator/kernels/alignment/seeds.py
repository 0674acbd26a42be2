"""Where in a key the seeds of another stand: one pass over the key, then few steps a seed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curator.kernels.alignment.blocks import SIZE, WIDE, equal_to, hash_fives, hash_sevens
from curator.kernels.blocks import BARE, JOINED, lowest
from curator.kernels.compiled import njit

FIVE = 5
ONE = np.uint64(1)
WORD, IN_WORD = np.uint32(6), np.uint32(63)
BITS_A_SEED = 32
"""Bits for each seed, or up to twice as many: one in 32 to 64 that is absent looks present."""
LEAST_BITS, MOST_BITS = 10, 30
BITS_A_HEAD = 5
"""Binary logarithm: there are at least as many chains as seeds."""
SCANS = 64
"""Seeds looked for by going through all marks, vector by vector, before chains are made: these
take as long as a hundred such searches. More searches would let time grow with the product of the
lengths."""
WINDOW = 64
"""Seeds of the part looked up at a time."""
PADDING = 64
"""Room behind a text and behind its hashes: blocks of both may reach beyond the last."""
WHOLE, SEED, N_BITS, SCANNED = range(4)
"""Places in ``Index.state``."""


class Index(NamedTuple):
    """Room for the seeds of one whole at a time, of up to ``n`` characters."""

    hashes: np.ndarray
    """uint32[n + PADDING]: the hash of the seed at each place of the whole."""
    marks: np.ndarray
    """uint16[n + PADDING]: their low bits, to look through."""
    bits: np.ndarray
    """uint64[words]: a bit for each value of the high bits of a hash, set where a seed has it."""
    heads: np.ndarray
    """int32[chains]: the first place whose hash has these high bits; -1 for none."""
    following: np.ndarray
    """int32[n]: the next place with the same high bits; -1 after the last."""
    state: np.ndarray
    """int64[4]: which whole is in here (-1: none), its seed length, the bits of a hash used, and
    how many seeds were searched for."""


class Window(NamedTuple):
    """The seeds of a part that are looked up together."""

    hashes: np.ndarray
    """uint32[WINDOW]."""
    marks: np.ndarray
    """uint16[WINDOW]."""


@njit(cache=True, nogil=True)
def empty_index(most):  # type: ignore[no-untyped-def]
    """Return an ``Index`` for wholes of up to ``most`` characters."""
    n_bits = _bits_for(most)
    return Index(
        np.zeros(most + PADDING, np.uint32),
        np.zeros(most + PADDING, np.uint16),
        np.empty(1 << (n_bits - 6), np.uint64),
        np.empty(1 << (n_bits - BITS_A_HEAD), np.int32),
        np.empty(most, np.int32),
        np.full(4, -1, np.int64),
    )


@njit(cache=True, nogil=True)
def empty_window():  # type: ignore[no-untyped-def]
    """Return a ``Window``."""
    return Window(np.empty(WINDOW, np.uint32), np.empty(WINDOW, np.uint16))


@njit(**BARE)
def _bits_for(length):  # type: ignore[no-untyped-def]
    n_bits = LEAST_BITS
    while n_bits < MOST_BITS and (1 << n_bits) < BITS_A_SEED * length:
        n_bits += 1
    return n_bits


@njit(**JOINED)
def seed_hashes(text, start, n, seed, into):  # type: ignore[no-untyped-def]
    """Write hash and mark of the ``seed`` (5 or 7) characters at each of ``n`` places from
    ``start``.

    Text and arrays go on for ``PADDING`` numbers behind what is asked, whatever is in there.
    """
    if seed == FIVE:
        for to in range(0, n, SIZE):
            hash_fives(text, start + to, into.hashes, into.marks, to)
    else:
        for to in range(0, n, SIZE):
            hash_sevens(text, start + to, into.hashes, into.marks, to)


@njit(**BARE)
def fill(index, w, whole, stop, seed):  # type: ignore[no-untyped-def]
    """Index the seeds of ``whole[:stop]``, of which there is one at least; ``w`` names it."""
    n, n_bits = stop - seed + 1, _bits_for(stop)
    seed_hashes(whole, 0, n, seed, index)
    hashes, bits, state = index.hashes, index.bits, index.state
    to_bit = np.uint32(32 - n_bits)
    for word in range(1 << (n_bits - 6)):
        bits[word] = 0
    for place in range(n):
        bit = hashes[place] >> to_bit
        bits[bit >> WORD] |= ONE << np.uint64(bit & IN_WORD)
    state[WHOLE], state[SEED], state[N_BITS], state[SCANNED] = w, seed, n_bits, 0


@njit(**JOINED)
def perhaps_present(index, window, n):  # type: ignore[no-untyped-def]
    """Return as bits which of the first ``n`` seeds of the window the whole may have.

    Those of its seeds are all among them.
    """
    hashes, bits = window.hashes, index.bits
    to_bit = np.uint32(32 - index.state[N_BITS])
    present = np.uint64(0)
    for k in range(n):
        bit = hashes[k] >> to_bit
        known = (bits[bit >> WORD] >> np.uint64(bit & IN_WORD)) & ONE
        present |= known << np.uint64(k)
    return present


@njit(**JOINED)
def agree(part, i, whole, j, n):  # type: ignore[no-untyped-def]
    """Return whether the next ``n`` characters, which exist, are the same."""
    for k in range(n):  # noqa: SIM110 (numba has no all() of a generator)
        if part[i + k] != whole[j + k]:
            return False
    return True


@njit(**JOINED)
def _scanned(marks, n, mark, part, i, whole, seed):  # type: ignore[no-untyped-def]
    """Return where the seed at ``part[i]`` first stands in the whole, or -1."""
    for at in range(0, n, WIDE):
        found = equal_to(marks, at, mark)
        while found != 0:
            place = at + lowest(found)
            if place < n and agree(part, i, whole, place, seed):
                return place
            found &= found - ONE
    return np.int64(-1)


@njit(**JOINED)
def _chained(index, h, part, i, whole):  # type: ignore[no-untyped-def]
    """Return the same as ``_scanned``, once ``_chain`` was called."""
    hashes, state = index.hashes, index.state
    place = np.int64(index.heads[h >> np.uint32(32 - state[N_BITS] + BITS_A_HEAD)])
    while place >= 0:
        if hashes[place] == h and agree(part, i, whole, place, state[SEED]):
            return place
        place = np.int64(index.following[place])
    return np.int64(-1)


@njit(**BARE)
def _chain(index, n):  # type: ignore[no-untyped-def]
    """Chain the places of equal high bits, from the last to the first, which thus leads."""
    hashes, heads, following = index.hashes, index.heads, index.following
    n_bits = index.state[N_BITS]
    for head in range(1 << (n_bits - BITS_A_HEAD)):
        heads[head] = -1
    to_head = np.uint32(32 - n_bits + BITS_A_HEAD)
    for place in range(n - 1, -1, -1):
        head = hashes[place] >> to_head
        following[place] = heads[head]
        heads[head] = place


@njit(**JOINED)
def first_place(index, h, part, i, whole, n):  # type: ignore[no-untyped-def]
    """Return where the seed at ``part[i]``, of hash ``h``, first stands in the whole, or -1.

    The whole has ``n`` seeds.
    """
    state = index.state
    if state[SCANNED] < SCANS:
        state[SCANNED] += 1
        return _scanned(index.marks, n, np.uint16(h), part, i, whole, state[SEED])
    if state[SCANNED] == SCANS:
        state[SCANNED] += 1
        _chain(index, n)
    return _chained(index, h, part, i, whole)
