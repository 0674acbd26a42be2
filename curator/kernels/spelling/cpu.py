"""Old Latin spellings on the host: a look at the beginning of each text, one pass over few."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import BARE, JOINED, SIZE, ones, within_text
from curator.kernels.compiled import njit

LOOKED_AT = 1024
"""Bytes of a text by which its spelling is told."""
OFTEN_OE, OFTEN_CONSONANTS = 200, 110
"""There is one old letter in so many bytes, or a text is not in this spelling. Of 328 documents
respelled for the benchmark all have so many oe, and four of five so many tj and dj; Estonian, which
writes no c nor y, has fewer."""
TIMES = 10
"""So many of them allow for one letter of today's spelling, in a name or a foreign word."""
MOST = 8
"""One old letter in so many bytes is the most that is reckoned with."""
OE, CONSONANTS = np.uint8(1), np.uint8(2)
"""Bits of the result: u was written oe; c, j and y were written tj, dj and j."""
_CAPITAL = 0x20
_C, _D, _E, _J, _O, _T, _U, _Y = b"cdejotuy"
_ONE, _LAST = np.uint64(1), np.uint64(SIZE - 1)


@njit(cache=True, nogil=True)
def old_spellings(offsets, data):  # type: ignore[no-untyped-def]
    """Return uint8[n]: in which old spellings each text is; 0 for most."""
    result = np.zeros(len(offsets) - 1, np.uint8)
    for document in range(len(result)):
        start = offsets[document]
        stop = min(offsets[document + 1], start + LOOKED_AT)
        most = (stop - start) // MOST // TIMES
        u, others, latin = np.int64(0), np.int64(0), np.int64(0)
        for at in range(start, stop, SIZE):
            latin += ones(within_text(data, at, stop, 0x41, 0x7A))
            u += ones(_are(data, at, stop, _U))
            others += ones(_are(data, at, stop, _C) | _are(data, at, stop, _Y))
            if (u > most and others > most) or 2 * (latin + stop - at) < stop - start:
                break
        if 2 * latin >= stop - start and (u <= most or others <= most):
            result[document] = _spellings(data, start, stop, u, others)
    return result


@njit(**JOINED)
def _are(data, at, stop, letter):  # type: ignore[no-untyped-def]
    """Return as bits which of the next bytes are a letter, small or capital."""
    capital = letter - _CAPITAL
    small = within_text(data, at, stop, letter, letter)
    return small | within_text(data, at, stop, capital, capital)


@njit(**BARE)
def _spellings(data, start, stop, u, others):  # type: ignore[no-untyped-def]
    """Return the spellings of a text that has so many u, and c and y together."""
    oe, old = np.int64(0), np.int64(0)
    after_o, after_dt = np.uint64(0), np.uint64(0)
    for at in range(start, stop, SIZE):
        o = _are(data, at, stop, _O)
        dt = _are(data, at, stop, _D) | _are(data, at, stop, _T)
        oe += ones(_are(data, at, stop, _E) & (o << _ONE | after_o))
        old += ones(_are(data, at, stop, _J) & (dt << _ONE | after_dt))
        after_o, after_dt = o >> _LAST, dt >> _LAST
    size = stop - start
    most = size // MOST
    found = np.uint8(0)
    if 0 < size <= oe * OFTEN_OE and u * TIMES <= min(oe, most):
        found |= OE
    if 0 < size <= old * OFTEN_CONSONANTS and others * TIMES <= min(old, most):
        found |= CONSONANTS
    return found


@njit(cache=True, nogil=True)
def respelled(offsets, data, places, found):  # type: ignore[no-untyped-def]
    """Return offsets and bytes of the texts at some ``places`` (int64[k]) in new spelling.

    ``found`` is uint8[n], the spellings of all texts.
    """
    starts, size = np.zeros(len(places) + 1, np.int64), np.int64(0)
    for place in places:
        size += offsets[place + 1] - offsets[place]
    result = np.empty(size, np.uint8)
    size = np.int64(0)
    for number, place in enumerate(places):
        at, stop = offsets[place], offsets[place + 1]
        while at < stop:
            result[size], taken = _letter(data, at, stop, found[place])
            size += 1
            at += taken
        starts[number + 1] = size
    return starts, result[:size]


@njit(**BARE)
def _letter(data, at, stop, spelling):  # type: ignore[no-untyped-def]
    """Return the byte of today that stands at a place, and how many bytes it took."""
    byte = data[at]
    here = byte | _CAPITAL
    following = data[at + 1] | _CAPITAL if at + 1 < stop else 0
    if spelling & OE and here == _O and following == _E:
        return np.uint8(_U), 2
    if spelling & CONSONANTS:
        if following == _J and here == _T:
            return np.uint8(_C), 2
        if following == _J and here == _D:
            return np.uint8(_J), 2
        if here == _J:
            return np.uint8(_Y), 1
    return byte, 1
