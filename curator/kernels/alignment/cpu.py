"""Alignment on the host: one walk over a key, with a table of the other key's seeds."""

from __future__ import annotations

import itertools
import unicodedata

import numpy as np
from numba import njit

from curator.kernels.shingles.cpu import BASE

SCRAMBLE = np.uint64(0x9E3779B97F4A7C15)
MATCH, MISS = 1, 2
"""A stretch gains for a match and loses for a miss, so it goes on while 2 in 3 agree."""
CREDIT = 12
"""The most a stretch can have in hand: it ends after this many points of misses in a row."""
BACK = 64
"""Characters before a seed that a stretch may reach back over."""
ABSENT = np.int32(-1)
WITH_DIGITS = (range(0x3000), range(0xA600, 0xAC00), range(0xFF00, 0x20000))
ZEROS = np.array(
    [
        code_point
        for code_point in itertools.chain.from_iterable(WITH_DIGITS)
        if unicodedata.decimal(chr(code_point), -1) == 0
    ],
    np.uint32,
)
"""The digit 0 of every script; the other nine follow each."""
SMALLEST_TABLE = 16


@njit(cache=True, nogil=True)
def _seed_hashes(codepoints, start, stop, seed, into):  # type: ignore[no-untyped-def]
    """Write the hash of every ``seed`` characters into ``into``; return their number."""
    n = stop - start - seed + 1
    power = np.uint64(1)
    h = np.uint64(0)
    for i in range(start, start + seed):
        h = h * BASE + np.uint64(codepoints[i])
        power *= BASE
    into[0] = h
    for i in range(1, n):
        h = h * BASE + np.uint64(codepoints[start + i + seed - 1])
        h -= power * np.uint64(codepoints[start + i - 1])
        into[i] = h
    return n


@njit(cache=True, nogil=True)
def _fill(table, shift, hashes, n):  # type: ignore[no-untyped-def]
    """Let every seed point to where it first stands; ``table`` has room for twice as many."""
    mask = np.uint64(len(table) - 1)
    for i in range(n):
        slot = (hashes[i] * SCRAMBLE) >> shift
        while table[slot] != ABSENT and hashes[table[slot]] != hashes[i]:
            slot = (slot + np.uint64(1)) & mask
        if table[slot] == ABSENT:
            table[slot] = np.int32(i)


@njit(cache=True, nogil=True)
def _find(table, shift, hashes, h):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(table) - 1)
    slot = (h * SCRAMBLE) >> shift
    while table[slot] != ABSENT:
        if hashes[table[slot]] == h:
            return np.int64(table[slot])
        slot = (slot + np.uint64(1)) & mask
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _agree(part, i, whole, j, n):  # type: ignore[no-untyped-def]
    """Return whether the next ``n`` characters of both are there and the same."""
    if i < 0 or j < 0 or i + n > len(part) or j + n > len(whole):
        return False
    for k in range(n):  # noqa: SIM110 (numba has no all() of a generator)
        if part[i + k] != whole[j + k]:
            return False
    return True


@njit(cache=True, nogil=True)
def _is_digit(c):  # type: ignore[no-untyped-def]
    if c < np.uint32(0x660):
        return np.uint32(0x30) <= c <= np.uint32(0x39)
    if np.uint32(0x3000) <= c < np.uint32(0xA620):  # kana, Han, Yi: most of the text, no digits
        return False
    place = np.searchsorted(ZEROS, c, side="right")
    return c - ZEROS[place - 1] < np.uint32(10)


@njit(cache=True, nogil=True)
def _backward(whole, j, part, i, lowest):  # type: ignore[no-untyped-def]
    """Return how many characters, and digits, agree before ``part[i]``, and where they begin."""
    credit, back, equal, digits, first = CREDIT // 2, 1, 0, 0, i
    while credit > 0 and back <= BACK and i - back >= lowest and j - back >= 0:
        if part[i - back] == whole[j - back]:
            credit = min(CREDIT, credit + MATCH)
            equal += 1
            digits += _is_digit(part[i - back])
            first = i - back
        else:
            credit -= MISS
        back += 1
    return equal, digits, first


@njit(cache=True, nogil=True)
def _forward(whole, j, part, i):  # type: ignore[no-untyped-def]
    """Return how many characters, and digits, agree from ``part[i]`` on, and where they end."""
    credit, equal, digits, last = CREDIT, 0, 0, i
    while credit > 0 and i < len(part) and j < len(whole):
        if part[i] == whole[j]:
            equal += 1
            digits += _is_digit(part[i])
            credit = min(CREDIT, credit + MATCH)
            i += 1
            j += 1
            last = i
            continue
        credit -= MISS
        # One replaced, one more or one less: whichever makes the next two agree.
        if not _agree(part, i + 1, whole, j + 1, 2):
            if _agree(part, i + 1, whole, j, 2):
                j -= 1
            elif _agree(part, i, whole, j + 1, 2):
                i -= 1
        i += 1
        j += 1
    return equal, digits, last


@njit(cache=True, nogil=True)
def _walk(whole, part, seed, shortest, may_miss, table, shift, whole_seeds):  # type: ignore[no-untyped-def]
    """Return the four counts of ``Alignment`` for one pair; zeros when it misses too much."""
    aligned, agreeing = np.int64(0), np.int64(0)
    digits, agreeing_digits = np.int64(0), np.int64(0)
    power = np.uint64(1)
    for _ in range(seed):
        power *= BASE
    i, done, hashed = np.int64(0), np.int64(0), np.int64(-1)
    h = np.uint64(0)
    while i + seed <= len(part):
        if hashed == i - 1 and hashed >= 0:
            h = h * BASE + np.uint64(part[i + seed - 1]) - power * np.uint64(part[i - 1])
        else:
            h = np.uint64(0)
            for k in range(i, i + seed):
                h = h * BASE + np.uint64(part[k])
        hashed = i
        j = _find(table, shift, whole_seeds, h)
        if j < 0 or not _agree(part, i, whole, j, seed):
            i += 1
            if i - aligned - BACK > may_miss:
                return np.int64(0), np.int64(0), np.int64(0), np.int64(0)
            continue
        before, digits_before, first = _backward(whole, j, part, i, done)
        after, digits_after, last = _forward(whole, j + seed, part, i + seed)
        equal = before + seed + after
        if equal >= shortest:
            aligned += last - first
            agreeing += equal
            agreeing_digits += digits_before + digits_after
            for k in range(i, i + seed):
                agreeing_digits += _is_digit(part[k])
            for k in range(first, last):
                digits += _is_digit(part[k])
            done = last
        i = last
    if len(part) - aligned > may_miss:
        return np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    return aligned, agreeing, digits, agreeing_digits


@njit(cache=True, nogil=True)
def align(  # type: ignore[no-untyped-def]  # compiled: Numba infers the types
    whole_offsets, whole, part_offsets, part, pairs, seeds, shortest, at_least
):
    """Return int64[pairs, 4]: the fields of ``Alignment``; see the contract."""
    result = np.zeros((len(pairs), 4), np.int64)
    most = np.int64(1)
    for p in range(len(pairs)):
        w = pairs[p, 0]
        most = max(most, whole_offsets[w + 1] - whole_offsets[w])
    capacity = np.int64(SMALLEST_TABLE)
    while capacity < 2 * most:
        capacity *= 2
    room = np.empty(capacity, np.int32)
    whole_seeds = np.empty(most, np.uint64)
    known, known_seed = np.int64(-1), np.int64(-1)
    size, shift = np.int64(SMALLEST_TABLE), np.uint64(60)
    for p in range(len(pairs)):
        w, q, seed = pairs[p, 0], pairs[p, 1], seeds[p]
        here = part[part_offsets[q] : part_offsets[q + 1]]
        there = whole[whole_offsets[w] : whole_offsets[w + 1]]
        if len(here) < seed or len(there) < seed:
            continue
        if w != known or seed != known_seed:
            size, shift = np.int64(SMALLEST_TABLE), np.uint64(60)
            while size < 2 * len(there):
                size *= 2
                shift -= np.uint64(1)
            room[:size] = ABSENT
            n = _seed_hashes(there, 0, len(there), seed, whole_seeds)
            _fill(room[:size], shift, whole_seeds, n)
            known, known_seed = w, seed
        may_miss = np.int64(np.float64(len(here)) * (1.0 - at_least) + 1e-6)
        result[p] = _walk(there, here, seed, shortest[p], may_miss, room[:size], shift, whole_seeds)
    return result
