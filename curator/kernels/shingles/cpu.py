"""Shingles on the host: a polynomial of the code points, then a finaliser that spreads its bits."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import BARE
from curator.kernels.compiled import njit

BASE = np.uint64(0x9E3779B97F4A7C15)
MIX_0 = np.uint64(0xBF58476D1CE4E5B9)
MIX_1 = np.uint64(0x94D049BB133111EB)
ONE, TWO, FOUR = np.uint64(1), np.uint64(2), np.uint64(4)
AT_ONCE = 512
"""Shingles hashed in one vectorised loop: what lies between two loops stays in the L1 cache."""

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
FIRST_UNSPACED = np.uint32(0x0E00)
DIGITS = (np.uint32(0x30), np.uint32(9))
HAN = (np.uint32(0x4E00), np.uint32(0x9FFF - 0x4E00))
"""First, and number of those behind it: most characters of keys are Han or before all scripts
listed above."""


@njit(cache=True, nogil=True)
def is_unspaced(offsets, codepoints):  # type: ignore[no-untyped-def]  # Numba infers the types
    """Return bool[n]: at least half of the key, digits apart, is of a script without spaces."""
    result = np.zeros(len(offsets) - 1, np.bool_)
    for document in range(len(offsets) - 1):
        start, stop = offsets[document], offsets[document + 1]
        # 32 bits, or vectors are half as full.
        digits, before, han = np.uint32(0), np.uint32(0), np.uint32(0)
        # Unsigned places: Numba need not ask whether they count from the end, and LLVM vectorises.
        for i in range(np.uint64(start), np.uint64(stop)):
            c = codepoints[i]
            digits = np.uint32(digits + np.uint32(np.uint32(c - DIGITS[0]) <= DIGITS[1]))
            before = np.uint32(before + np.uint32(c < FIRST_UNSPACED))
            han = np.uint32(han + np.uint32(np.uint32(c - HAN[0]) <= HAN[1]))
        result[document] = _is_mostly(codepoints, start, stop, digits, before, han)
    return result


@njit(**BARE)
def _is_mostly(codepoints, start, stop, digits, before, han):  # type: ignore[no-untyped-def]
    """Tell whether a key is unspaced, looking closer only where the counts do not tell.

    They are of the digits, of characters before the first script listed, and of common Han ones.
    """
    unspaced, others = np.int64(han), np.int64(before) - np.int64(digits)
    unsure = stop - start - np.int64(before) - unspaced
    if unsure and unspaced < others + unsure and unspaced + unsure >= others:
        inside = _listed(codepoints, start, stop)
        unspaced += inside
        others += unsure - inside
    else:
        others += unsure
    return unspaced > 0 and unspaced >= others


@njit(**BARE)
def _listed(codepoints, start, stop):  # type: ignore[no-untyped-def]
    """Count the characters of scripts without spaces other than the common Han ones."""
    count = np.int64(0)
    for i in range(start, stop):
        c = codepoints[i]
        if c >= FIRST_UNSPACED and np.uint32(c - HAN[0]) > HAN[1]:
            inside = False
            for row in range(len(UNSPACED)):
                inside |= UNSPACED[row, 0] <= c <= UNSPACED[row, 1]
            count += inside
    return count


@njit(cache=True, nogil=True, inline="always")
def mix(h):  # type: ignore[no-untyped-def]
    """Spread every bit of a 64-bit number over all others (a bijection)."""
    h = (h ^ (h >> np.uint64(30))) * MIX_0
    h = (h ^ (h >> np.uint64(27))) * MIX_1
    return h ^ (h >> np.uint64(31))


@njit(cache=True, nogil=True)
def workspace(offsets, lengths):  # type: ignore[no-untyped-def]
    """Return room for the polynomials of ``hash_run``: uint64[...]."""
    longest, widest = np.int64(0), np.int64(0)
    for document in range(len(offsets) - 1):
        longest = max(longest, offsets[document + 1] - offsets[document])
        widest = max(widest, lengths[document])
    widest = min(widest, longest)  # a longer shingle than any key is never hashed
    return np.empty(2 * (max(AT_ONCE, widest) + widest), np.uint64)


@njit(cache=True, nogil=True)
def roll(codepoints, start, stop, length, into, work):  # type: ignore[no-untyped-def]
    """Write the hash of every shingle of one key into ``into``; return their number.

    ``length`` is at least 1; ``work`` is of ``workspace``. The hash is ``mix`` of the polynomial
    Σ cⱼ·BASEʷ⁻¹⁻ʲ, salted with the length w.
    """
    n = stop - start - length + 1
    at_once = max(AT_ONCE, length)
    for first in range(0, n, at_once):
        count = min(at_once, n - first)
        hash_run(codepoints, start + first, count, length, np.uint64(0), work, into, first)
    return max(n, 0)


@njit(**BARE)
def hash_run(  # type: ignore[no-untyped-def]
    codepoints, start, count, length, seeded, work, into, first
):
    """Hash the ``count`` shingles from code point ``start`` on, into the places from ``first`` on.

    There are at most ``AT_ONCE`` or ``length`` of them; ``seeded`` is one more salt, or 0. The
    polynomial of 2k code points is made of two of k, for all places at once, so LLVM vectorises:
    three times as fast as rolling on by a code point, where every product waits for the one
    before. No views are made of the arrays: counting references to these took as long as the loops.
    """
    start, first, count = np.uint64(start), np.uint64(first), np.uint64(count)
    length, odd = np.uint64(length), np.uint64(0)
    salt, bit = (length * MIX_0) ^ seeded, np.uint64(1)
    while FOUR * bit <= length:
        bit *= TWO
    # The bits of the length, from the highest: 2 or 3, then twice as much or one more than that.
    k = min(length, TWO + np.uint64((length & bit) != 0))
    this, other = np.uint64(0), np.uint64(len(work) // 2)
    power = _short_runs(codepoints, start, count + length - k, k, work)
    while bit >= FOUR:
        bit //= TWO
        odd = np.uint64((length & bit) != 0)
        m = count + length - TWO * k - odd
        _doubled(work, this, codepoints, start, m, k, odd, power, other)
        k, power = TWO * k + odd, power * power * (BASE if odd else ONE)
        this, other = other, this
    if bit > ONE:
        odd = length & ONE
        _doubled_mixed(work, this, codepoints, start, count, k, odd, power, salt, into, first)
    else:
        for i in range(count):
            into[first + i] = mix(work[i] ^ salt)


@njit(**BARE)
def _short_runs(codepoints, start, m, k, into):  # type: ignore[no-untyped-def]
    """Write the polynomials of ``m`` runs of k = 1, 2 or 3 code points; return ``BASE ** k``."""
    square, second, third = BASE * BASE, start + ONE, start + TWO
    if k == ONE:
        for i in range(m):
            into[i] = np.uint64(codepoints[start + i])
        return BASE
    if k == TWO:
        for i in range(m):
            into[i] = np.uint64(codepoints[start + i]) * BASE + np.uint64(codepoints[second + i])
        return square
    for i in range(m):
        high = np.uint64(codepoints[start + i]) * square + np.uint64(codepoints[second + i]) * BASE
        into[i] = high + np.uint64(codepoints[third + i])
    return square * BASE


@njit(**BARE)
def _doubled(work, this, codepoints, start, m, k, odd, power, other):  # type: ignore[no-untyped-def]
    """Write the polynomials of ``m`` runs of 2k code points, or with ``odd`` of one more."""
    following, last = this + k, start + TWO * k
    if odd:
        power *= BASE
        for i in range(m):
            h = work[this + i] * power + work[following + i] * BASE
            work[other + i] = h + np.uint64(codepoints[last + i])
    else:
        for i in range(m):
            work[other + i] = work[this + i] * power + work[following + i]


@njit(**BARE)
def _doubled_mixed(  # type: ignore[no-untyped-def]
    work, this, codepoints, start, m, k, odd, power, salt, into, first
):
    """Do as ``_doubled`` does, and mix: one pass less through the cache."""
    following, last = this + k, start + TWO * k
    if odd:
        power *= BASE
        for i in range(m):
            h = work[this + i] * power + work[following + i] * BASE
            into[first + i] = mix((h + np.uint64(codepoints[last + i])) ^ salt)
    else:
        for i in range(m):
            into[first + i] = mix((work[this + i] * power + work[following + i]) ^ salt)


@njit(cache=True, nogil=True)
def shingle_sets(offsets, codepoints, lengths):  # type: ignore[no-untyped-def]
    """Return offsets and hashes of the sorted sets."""
    n_documents = len(offsets) - 1
    bounds = np.zeros(n_documents + 1, np.int64)
    for document in range(n_documents):
        n_keys = offsets[document + 1] - offsets[document]
        bounds[document + 1] = bounds[document] + max(0, n_keys - lengths[document] + 1)
    hashes, work = np.empty(bounds[-1], np.uint64), workspace(offsets, lengths)
    starts = np.zeros(n_documents + 1, np.int64)
    k = np.int64(0)
    for document in range(n_documents):
        room = hashes[k : k + bounds[document + 1] - bounds[document]]
        start, stop = offsets[document], offsets[document + 1]
        n = roll(codepoints, start, stop, lengths[document], room, work)
        room.sort()
        distinct = np.int64(0)
        for i in range(n):
            if distinct == 0 or room[i] != room[distinct - 1]:
                room[distinct] = room[i]
                distinct += 1
        k += distinct
        starts[document + 1] = k
    return starts, hashes[:k].copy()
