"""Old Latin spellings on the host: a look at the beginning of most keys, one pass over few."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import BARE
from curator.kernels.compiled import njit

OFTEN_OE, OFTEN_CONSONANTS = 200, 100
"""A key has an old letter in so many characters, or it is not in this spelling. Of 328 documents
respelled for the benchmark all have so many oe, and nine of ten so many consonants; Estonian has
one dj or tj in 95 at most, and writes no c nor y."""
TIMES = 50
"""So many of them allow for one letter of today's spelling, in a name or a foreign word."""
AT_ONCE = 512
"""Characters after which is asked whether to look on."""
MORE = 8
"""So many letters of today more than the old ones allow for, and the rest is not looked at."""
NONE = np.uint32(0)
OE, CONSONANTS = np.uint8(1), np.uint8(2)
"""Bits of the result: u was written oe; c, j and y were written tj, dj and j."""
_C, _D, _E, _J, _O, _T, _U, _Y = (np.uint32(ord(letter)) for letter in "cdejotuy")


@njit(cache=True, nogil=True)
def old_spellings(offsets, codepoints, asked):  # type: ignore[no-untyped-def]
    """Return uint8[n]: in which old spellings each of the ``asked`` keys is; 0 for the others."""
    result = np.zeros(len(offsets) - 1, np.uint8)
    for document in range(len(result)):
        if asked[document]:
            result[document] = _spellings(codepoints, offsets[document], offsets[document + 1])
    return result


@njit(**BARE)
def _spellings(codepoints, start, stop):  # type: ignore[no-untyped-def]
    oe, u, old, new = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for begin in range(start, stop, AT_ONCE):
        found_oe, found_u, found_old, found_new = NONE, NONE, NONE, NONE
        # The first character has none before it to go with.
        first, last = max(begin, start + 1), min(begin + AT_ONCE, stop)
        for at in range(np.uint64(first), np.uint64(last)):  # vectors, as in ``is_unspaced``
            c, before = codepoints[at], codepoints[at - np.uint64(1)]
            found_u = np.uint32(found_u + np.uint32(c == _U))
            found_new = np.uint32(found_new + np.uint32(c == _C) + np.uint32(c == _Y))
            found_oe = np.uint32(found_oe + np.uint32((c == _E) & (before == _O)))
            is_old = (c == _J) & ((before == _D) | (before == _T))
            found_old = np.uint32(found_old + np.uint32(is_old))
        if begin == start:
            c = codepoints[start]
            u += c == _U
            new += (c == _C) | (c == _Y)
        oe, u = oe + np.int64(found_oe), u + np.int64(found_u)
        old, new = old + np.int64(found_old), new + np.int64(found_new)
        if not (_is_old(oe, u - MORE) or _is_old(old, new - MORE)):
            break
    size = stop - start
    found = np.uint8(0)
    if 0 < size <= oe * OFTEN_OE and _is_old(oe, u):
        found |= OE
    if 0 < size <= old * OFTEN_CONSONANTS and _is_old(old, new):
        found |= CONSONANTS
    return found


@njit(**BARE)
def _is_old(old, new):  # type: ignore[no-untyped-def]
    """Return whether there are few letters of today beside those of old."""
    return new * TIMES <= old


@njit(cache=True, nogil=True)
def respelled(offsets, codepoints, found):  # type: ignore[no-untyped-def]
    """Return offsets and code points of all keys, those of ``found`` (uint8[n]) in new spelling."""
    starts, size = np.zeros_like(offsets), np.int64(0)
    result = np.empty_like(codepoints)
    for document in range(len(found)):
        start, stop, spelling = offsets[document], offsets[document + 1], found[document]
        if spelling == 0:
            result[size : size + stop - start] = codepoints[start:stop]
            size += stop - start
        else:
            at = start
            while at < stop:
                letter, taken = _letter(codepoints, at, stop, spelling)
                result[size] = letter
                size += 1
                at += taken
        starts[document + 1] = size
    return starts, result[:size]


@njit(**BARE)
def _letter(codepoints, at, stop, spelling):  # type: ignore[no-untyped-def]
    """Return the letter of today that stands at a place, and how many characters it took."""
    c = codepoints[at]
    following = codepoints[at + 1] if at + 1 < stop else np.uint32(0)
    if spelling & OE and c == _O and following == _E:
        return _U, 2
    if spelling & CONSONANTS:
        if following == _J and c == _T:
            return _C, 2
        if following == _J and c == _D:
            return _J, 2
        if c == _J:
            return _Y, 1
    return c, 1
