"""Decimal digits of every script."""

from __future__ import annotations

import unicodedata

import numpy as np

from curator.kernels.compiled import njit

BOUND = np.uint32(0x20000)
"""No digit stands from here on."""
TENTHS = filter(str.isdecimal, map(chr, range(0, int(BOUND), 10)))
ZEROS = np.array([ord(digit) - unicodedata.decimal(digit) for digit in TENTHS], np.uint32)
"""The digit 0 of every script; the other nine follow each, so one of ten is at each tenth place."""
FIRST_OTHER = np.uint32(0x660)
"""The first digit that is none of ASCII's."""
BARE, BARE_SIZE = np.uint32(0x3000), np.uint32(0x7620)
"""Kana, Han, Yi: most of the text of some languages, and no digits."""


def _bits() -> np.ndarray:
    """Return uint32[BOUND / 32]: a bit for every code point, set for digits."""
    is_digit = np.zeros(int(BOUND), np.bool_)
    is_digit[(ZEROS[:, None] + np.arange(10, dtype=np.uint32)).ravel()] = True
    return np.packbits(is_digit, bitorder="little").view("<u4").astype(np.uint32)


BITS = _bits()


@njit(cache=True, nogil=True)
def is_digit(c):  # type: ignore[no-untyped-def]
    """Return 1 for a decimal digit of any script, else 0."""
    if c >= BOUND:
        return np.int64(0)
    return np.int64((BITS[c >> np.uint32(5)] >> (c & np.uint32(31))) & np.uint32(1))


@njit(cache=True, nogil=True)
def count_digits(codepoints, start, stop):  # type: ignore[no-untyped-def]
    """Return how many of ``codepoints[start:stop]`` (uint32) are digits; none gives 0."""
    here = codepoints[start:stop]
    found, others = np.uint32(0), np.uint32(0)
    for i in range(len(here)):  # vector instructions: enough where the other scripts are absent
        c = here[i]
        found += np.uint32(np.uint32(c - np.uint32(0x30)) < np.uint32(10))
        others |= np.uint32(c >= FIRST_OTHER) & np.uint32(np.uint32(c - BARE) >= BARE_SIZE)
    if others == 0:
        return np.int64(found)
    n = np.int64(0)
    for i in range(len(here)):
        n += is_digit(here[i])
    return n
