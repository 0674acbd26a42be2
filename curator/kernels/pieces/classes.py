"""The class of every code point: what a word is made of, in any script."""

from __future__ import annotations

import functools
import unicodedata

import numpy as np

CODE_POINTS = 0x110000
SPACE, NEWLINE, BLANK, DIGIT, UNSPACED, UNSPACED_MARK, WORD, WORD_MARK, JOINER, SYMBOL = range(10)
"""Classes: U+0020; line ends; other white space; digits; letters and marks of scripts written
without spaces; letters and marks of all others; ZWNJ and ZWJ; everything else."""

ZWNJ, ZWJ = 0x200C, 0x200D
EXTRA_UNSPACED = "〇ーｰ"
"""Written inside words of Han and kana text, but a number and two letters of no script."""

UNSPACED_BLOCKS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x109F),  # Tibetan, Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3005),  # iteration mark
    (0x3021, 0x3029),  # Suzhou numerals
    (0x303B, 0x303B),  # vertical iteration mark
    (0x3041, 0x30FF),  # kana
    (0x3105, 0x312F),  # Bopomofo
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA9E0, 0xA9FF),  # Myanmar
    (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF),  # Han, compatibility
    (0xFF66, 0xFF9D),  # kana, half width
    (0x16FE3, 0x16FE3),  # old Chinese iteration mark
    (0x16FF0, 0x16FF1),  # Vietnamese reading marks
    (0x1AFF0, 0x1B16F),  # kana, supplements
    (0x20000, 0x3FFFD),  # Han, supplementary planes
)
"""Code point ranges of scripts written without spaces between words. Source: Unicode blocks."""


@functools.cache
def character_classes() -> np.ndarray:
    """Return uint8[0x110000]: the class of every code point, from Python's Unicode tables.

    ``嘅`` is UNSPACED, ``b`` and ``ব`` are WORD, the vowel sign ``া`` is WORD_MARK.
    Unassigned code points are SYMBOL. The array is read-only and shared.
    """
    categories = [unicodedata.category(chr(point)) for point in range(CODE_POINTS)]
    major = np.array([category[0] for category in categories])
    classes = np.full(CODE_POINTS, SYMBOL, np.uint8)
    classes[major == "L"] = WORD
    classes[major == "M"] = WORD_MARK
    unspaced = np.zeros(CODE_POINTS, bool)
    for first, last in UNSPACED_BLOCKS:
        unspaced[first : last + 1] = True
    classes[unspaced & (classes == WORD)] = UNSPACED
    classes[unspaced & (classes == WORD_MARK)] = UNSPACED_MARK
    classes[major == "N"] = DIGIT
    classes[[ord(character) for character in EXTRA_UNSPACED]] = UNSPACED
    # Letters Python's tables are too old to know are still Han in these planes.
    classes[0x20000:0x3FFFE][major[0x20000:0x3FFFE] == "C"] = UNSPACED
    white = [point for point in range(0x3001) if chr(point).isspace() and not 28 <= point <= 31]
    classes[white] = BLANK
    set_fixed(classes)
    classes.setflags(write=False)
    return classes


def set_fixed(classes: np.ndarray) -> None:
    """Set the code points that are a class by themselves: space, line ends and joiners."""
    classes[0x20] = SPACE
    classes[[0x0A, 0x0D]] = NEWLINE
    classes[[ZWNJ, ZWJ]] = JOINER
