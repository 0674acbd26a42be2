"""Blocks of any script: every character of one is a bit in a few words of bits.

ASCII, Han, and the plain letters of ``words`` are known from their bytes; every other character is
looked up once. What a piece, a run or a cluster of marks is follows from additions: a carry runs
from the first bit of a piece to the first place that is not of its kind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from curator.kernels.blocks import (
    JOINED,
    SIZE,
    above_highest,
    ascii_letters,
    first_bits,
    holding,
    lowest,
    ones,
    repeated,
    within,
)
from curator.kernels.compiled import njit
from curator.kernels.text_stats.classes import (
    ATTACHED,
    DIGIT,
    LETTER,
    SPACE,
    UNSPACED,
)
from curator.kernels.unicode.decode import decode

READ_BEYOND = 8
"""Bytes behind a block that are looked at."""
FEW = 8
"""Up to so many characters are gathered bit by bit; of more, flags are stored as bytes and gathered
all at once, for which the processor waits a while."""
_SPACE, _UNSPACED, _LETTER, _DIGIT, _ATTACHED = (
    np.uint64(7 + flag.bit_length()) for flag in (SPACE, UNSPACED, LETTER, DIGIT, ATTACHED)
)
"""Places of the flags in ``meanings``."""
ONE, TWO, THREE = np.uint64(1), np.uint64(2), np.uint64(3)


@njit(**JOINED)
def _whole(heads: Any, tails: Any) -> Any:
    """Return the bits of all bytes of the characters that begin at ``heads``."""
    second = (heads << ONE) & tails
    third = (second << ONE) & tails
    return heads | second | third | ((third << ONE) & tails)


@njit(**JOINED)
def carried(bits: Any, firsts: Any) -> Any:
    """Return those of ``bits`` that a carry from ``firsts``, some of them, passes over."""
    return bits & ~(bits + firsts)


@njit(**JOINED)
def _known_letters(data: np.ndarray, at: int, twos: Any) -> tuple[Any, Any, Any]:
    """Return first bytes of Han, of Latin letters beyond ASCII and of Cyrillic ones.

    Han: U+4E00 to U+9FBF, all of one class; the others: see ``words``. ``twos``: the first bytes
    of characters of two; many blocks have none.
    """
    latin, cyrillic = np.uint64(0), np.uint64(0)
    if twos:
        signs = within(data, at, 0x97, 0x97) | within(data, at, 0xB7, 0xB7)  # × and ÷
        latin = within(data, at, 0xC3, 0xC9) & ~(within(data, at, 0xC3, 0xC3) & (signs >> ONE))
        cyrillic = within(data, at, 0xD0, 0xD1)
    latin |= within(data, at, 0xE1, 0xE1) & (within(data, at, 0xB8, 0xBB) >> ONE)
    high = within(data, at, 0xB8, 0xBF) >> ONE
    han = within(data, at, 0xE5, 0xE8) | (within(data, at, 0xE4, 0xE4) & high)
    han |= within(data, at, 0xE9, 0xE9) & (within(data, at, 0x80, 0xBE) >> ONE)
    return han, latin, cyrillic


@njit(**JOINED)
def _look_up(
    data: np.ndarray, at: int, others: Any, meanings: np.ndarray, kinds: np.ndarray
) -> tuple[Any, Any, Any, Any, Any]:
    """Look up the characters that begin at ``others`` and write their classes into ``kinds``.

    Returns the bits of letters, of digits, of unspaced characters, of marks and of space.
    """
    letters, digits, unspaced = np.uint64(0), np.uint64(0), np.uint64(0)
    marks, spaces, left = np.uint64(0), np.uint64(0), others
    if ones(others) <= FEW:
        while left:
            place: Any = np.uint64(lowest(left))
            left &= left - ONE
            point, _ = decode(data, at + place)
            meaning = np.uint64(meanings[np.uint64(point)])
            kinds[place] = meaning
            spaces |= ((meaning >> _SPACE) & ONE) << place
            unspaced |= ((meaning >> _UNSPACED) & ONE) << place
            letters |= ((meaning >> _LETTER) & ONE) << place
            digits |= ((meaning >> _DIGIT) & ONE) << place
            marks |= ((meaning >> _ATTACHED) & ONE) << place
        return letters, digits, unspaced, marks, spaces
    while left:
        place = np.uint64(lowest(left))
        left &= left - ONE
        point, _ = decode(data, at + place)
        meaning = np.uint64(meanings[np.uint64(point)])
        kinds[place] = meaning
        kinds[place + np.uint64(SIZE)] = meaning >> np.uint64(8)
    letters = holding(kinds, SIZE, LETTER) & others
    digits = holding(kinds, SIZE, DIGIT) & others
    unspaced = holding(kinds, SIZE, UNSPACED) & others
    marks = holding(kinds, SIZE, ATTACHED) & others
    return letters, digits, unspaced, marks, holding(kinds, SIZE, SPACE) & others


@njit(**JOINED)
def look(
    data: np.ndarray, at: int, end: int, meanings: np.ndarray, kinds: np.ndarray
) -> tuple[Any, ...]:
    """Look at a block from ``at``, where no piece is open, and cut it where none is either.

    Behind an unspaced character it is cut only where the next one is no mark on it and not the
    same. The caller sees to it that ``READ_BEYOND`` bytes follow the block. Returns the number of
    bytes that are used, 0 where not even one word is whole; then words of bits, which may go
    beyond those bytes: first bytes of all characters; bytes of space; first bytes of letters, of
    digits, of unspaced characters; bytes of these with their marks; bytes of marks that hang on a
    letter; first bytes of what was looked up (its class is in ``kinds``, room for twice ``SIZE``
    bytes), of Han, of Latin and of Cyrillic letters beyond ASCII; of characters of two and of
    three bytes that are the same as the next one.
    """
    rest = end - at
    text = first_bits(rest)
    tails = within(data, at, 0x80, 0xBF)
    heads = text & ~tails
    blank = (within(data, at, 0x09, 0x0D) | within(data, at, 0x1C, 0x20)) & text
    twos, fours = within(data, at, 0xC2, 0xDF), within(data, at, 0xF0, 0xF4)
    han, latin, cyrillic = _known_letters(data, at, twos)
    han, latin, cyrillic = han & text, latin & text, cyrillic & text
    others = within(data, at, 0xC2, 0xFF) & ~(han | latin | cyrillic) & text
    letters = (ascii_letters(data, at) & text) | latin | cyrillic | han
    digits = within(data, at, 0x30, 0x39) & text
    looked = _look_up(data, at, others, meanings, kinds)
    letters, digits = letters | looked[0], digits | looked[1]
    unspaced, marks, hanging = han | looked[2], looked[3], np.uint64(0)
    blank |= _whole(looked[4], tails)
    cells = _whole(unspaced, tails)
    if marks:
        bytes_of = _whole(marks, tails)
        hanging = carried(bytes_of, bytes_of & (_whole(letters, tails) << ONE))
        cells |= carried(bytes_of, bytes_of & (cells << ONE))
    if twos:
        same = repeated(data, at, 2)
        twos &= same & (same >> ONE) & first_bits(max(rest - 2, 0)) & ~blank
    same = repeated(data, at, 3)
    threes = within(data, at, 0xE0, 0xEF) & same & (same >> ONE) & (same >> TWO)
    threes &= first_bits(max(rest - 3, 0)) & ~blank
    if fours:
        same = repeated(data, at, 4)
        fours &= same & (same >> ONE) & (same >> TWO) & (same >> THREE)
    limit = min(SIZE - 1, rest, lowest(fours))
    used = limit
    if limit < rest:
        ends = (cells << ONE) & ~marks & ~(twos << TWO) & ~(threes << THREE)
        places = ((blank << ONE) | ends) & ~tails & first_bits(limit + 1)
        used = max(above_highest(places) - 1, 0)
    return (
        used,
        heads,
        blank,
        letters,
        digits,
        unspaced,
        cells,
        hanging,
        others,
        han,
        latin,
        cyrillic,
        twos,
        threes,
    )
