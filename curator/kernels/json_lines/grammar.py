"""The grammar of JSON over bytes: where a value ends, and whether it is one.

Every function returns the byte after what it read, or ``BAD``. Nothing here reads past ``end``.
"""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import SIZE, lowest, within
from curator.kernels.compiled import njit

BAD = -1
QUOTE, BACKSLASH, SLASH, COMMA, COLON = 0x22, 0x5C, 0x2F, 0x2C, 0x3A
OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY = 0x7B, 0x7D, 0x5B, 0x5D
SPACE, TAB, RETURN, NEWLINE = 0x20, 0x09, 0x0D, 0x0A
MINUS, PLUS, DOT, ZERO, NINE, LETTER_E, LETTER_U = 0x2D, 0x2B, 0x2E, 0x30, 0x39, 0x65, 0x75
FIRST_PRINTABLE = 0x20
MOST_DIGITS, MOST_EXPONENT_DIGITS = 18, 2
"""Longer numbers may be too large for 64 bits, where parsers differ."""
MOST_LEVELS = 60
"""Arrays and objects inside one another: the bits of one word."""


@njit(cache=True, nogil=True)
def blanks(data, i, end):  # type: ignore[no-untyped-def]
    """Return the place of the next byte that is no space, tab or return; perhaps ``end``."""
    while i < end and (data[i] == SPACE or data[i] == TAB or data[i] == RETURN):
        i += 1
    return i


@njit(cache=True, nogil=True)
def ending(data, i, end):  # type: ignore[no-untyped-def]
    """Return the place of the next quote, backslash or control character; perhaps ``end``."""
    while i + SIZE <= end:
        bits = within(data, i, QUOTE, QUOTE) | within(data, i, BACKSLASH, BACKSLASH)
        bits |= within(data, i, 0, FIRST_PRINTABLE - 1)
        if bits:
            return i + lowest(bits)
        i += SIZE
    while i < end and data[i] != QUOTE and data[i] != BACKSLASH and data[i] >= FIRST_PRINTABLE:
        i += 1
    return i


@njit(cache=True, nogil=True)
def newline(data, i, end):  # type: ignore[no-untyped-def]
    """Return the place of the next newline; perhaps ``end``."""
    while i + SIZE <= end:
        bits = within(data, i, NEWLINE, NEWLINE)
        if bits:
            return i + lowest(bits)
        i += SIZE
    while i < end and data[i] != NEWLINE:
        i += 1
    return i


@njit(cache=True, nogil=True)
def hexadecimal(data, i, end):  # type: ignore[no-untyped-def]
    """Return the number that the four digits from ``i`` on write, or ``BAD``."""
    if i + 4 > end:
        return np.int64(BAD)
    number = np.int64(0)
    for k in range(i, i + 4):
        c = np.int64(data[k])
        letter = (c | 0x20) - 0x61
        if ZERO <= c <= NINE:
            number = number * 16 + c - ZERO
        elif 0 <= letter < 6:
            number = number * 16 + letter + 10
        else:
            return np.int64(BAD)
    return number


@njit(cache=True, nogil=True)
def escaped(data, i, end):  # type: ignore[no-untyped-def]
    """Return the byte after the escape whose backslash is at ``i``, and its code point.

    Half a surrogate pair is ``BAD``.
    """
    if i + 1 >= end:
        return np.int64(BAD), np.int64(0)
    c = data[i + 1]
    if c in (QUOTE, BACKSLASH, SLASH):
        return i + 2, np.int64(c)
    if c == 0x6E:
        return i + 2, np.int64(NEWLINE)
    if c == 0x74:
        return i + 2, np.int64(TAB)
    if c == 0x72:
        return i + 2, np.int64(RETURN)
    if c == 0x62:
        return i + 2, np.int64(0x08)
    if c == 0x66:
        return i + 2, np.int64(0x0C)
    if c != LETTER_U:
        return np.int64(BAD), np.int64(0)
    point = hexadecimal(data, i + 2, end)
    if 0xDC00 <= point < 0xE000 or point == BAD:
        return np.int64(BAD), np.int64(0)
    if not 0xD800 <= point < 0xDC00:
        return i + 6, point
    if i + 8 > end or data[i + 6] != BACKSLASH or data[i + 7] != LETTER_U:
        return np.int64(BAD), np.int64(0)
    low = hexadecimal(data, i + 8, end)
    if not 0xDC00 <= low < 0xE000:
        return np.int64(BAD), np.int64(0)
    return i + 12, 0x10000 + ((point - 0xD800) << 10) + low - 0xDC00


@njit(cache=True, nogil=True)
def string(data, i, end):  # type: ignore[no-untyped-def]
    """Return the byte after the string whose quote is at ``i``, and whether it has escapes."""
    i += 1
    with_escapes = False
    while True:
        i = ending(data, i, end)
        if i >= end or data[i] < FIRST_PRINTABLE:
            return np.int64(BAD), with_escapes
        if data[i] == QUOTE:
            return i + 1, with_escapes
        with_escapes = True
        i, _ = escaped(data, i, end)
        if i < 0:
            return i, with_escapes


@njit(cache=True, nogil=True)
def digits(data, i, end):  # type: ignore[no-untyped-def]
    """Return the place of the next byte that is no ASCII digit; perhaps ``end``."""
    while i < end and ZERO <= data[i] <= NINE:
        i += 1
    return i


@njit(cache=True, nogil=True)
def number(data, i, end):  # type: ignore[no-untyped-def]
    """Return the byte after the number at ``i``, and whether it is an integer other than -0."""
    first = i
    i += data[i] == MINUS
    start = i
    i = digits(data, i, end)
    if i == start or i - start > MOST_DIGITS or (data[start] == ZERO and i - start > 1):
        return np.int64(BAD), False
    is_integer = not (data[start] == ZERO and start > first)
    if i < end and data[i] == DOT:
        is_integer, start = False, i + 1
        i = digits(data, start, end)
        if i == start:
            return np.int64(BAD), False
    if i < end and data[i] | 0x20 == LETTER_E:
        is_integer, start = False, i + 1
        if start < end and (data[start] == PLUS or data[start] == MINUS):
            start += 1
        i = digits(data, start, end)
        if i == start or i - start > MOST_EXPONENT_DIGITS:
            return np.int64(BAD), False
    return i, is_integer


@njit(cache=True, nogil=True)
def literal(data, i, end):  # type: ignore[no-untyped-def]
    """Return the byte after ``null``, ``true`` or ``false`` at ``i``."""
    if i + 4 <= end and data[i] == 0x6E:  # null
        good = data[i + 1] == 0x75 and data[i + 2] == 0x6C and data[i + 3] == 0x6C
        return i + 4 if good else np.int64(BAD)
    if i + 4 <= end and data[i] == 0x74:  # true
        good = data[i + 1] == 0x72 and data[i + 2] == 0x75 and data[i + 3] == 0x65
        return i + 4 if good else np.int64(BAD)
    if i + 5 <= end and data[i] == 0x66:  # false
        good = data[i + 1] == 0x61 and data[i + 2] == 0x6C and data[i + 3] == 0x73
        return i + 5 if good and data[i + 4] == 0x65 else np.int64(BAD)
    return np.int64(BAD)


@njit(cache=True, nogil=True)
def key(data, i, end):  # type: ignore[no-untyped-def]
    """Return where the value of the member at ``i`` is, and where its key ends; or ``BAD``.

    The key begins behind ``i`` and ends before the second number. One with escapes is ``BAD``.
    """
    if i >= end or data[i] != QUOTE:
        return np.int64(BAD), np.int64(BAD)
    after, with_escapes = string(data, i, end)
    if after < 0 or with_escapes:
        return np.int64(BAD), np.int64(BAD)
    i = blanks(data, after, end)
    if i >= end or data[i] != COLON:
        return np.int64(BAD), np.int64(BAD)
    return blanks(data, i + 1, end), after - 1


@njit(cache=True, nogil=True)
def scalar(data, i, end):  # type: ignore[no-untyped-def]
    """Return the byte after the string, number or literal at ``i``."""
    if data[i] == QUOTE:
        after, _ = string(data, i, end)
        return after
    if data[i] == MINUS or ZERO <= data[i] <= NINE:
        after, _ = number(data, i, end)
        return after
    return literal(data, i, end)


@njit(cache=True, nogil=True)
def value(data, i, end):  # type: ignore[no-untyped-def]
    """Return the byte after the value at ``i``, of whatever shape."""
    level, objects = np.int64(0), np.uint64(0)  # bit 0: whether the innermost is an object
    while i < end:
        if data[i] == OPEN_OBJECT or data[i] == OPEN_ARRAY:
            is_object = data[i] == OPEN_OBJECT
            level += 1
            if level > MOST_LEVELS:
                return np.int64(BAD)
            objects = (objects << np.uint64(1)) | np.uint64(is_object)
            i = blanks(data, i + 1, end)
            if i < end and data[i] != (CLOSE_OBJECT if is_object else CLOSE_ARRAY):
                if is_object:
                    i, _ = key(data, i, end)
                    if i < 0:
                        return i
                continue
        else:
            i = scalar(data, i, end)
            if i < 0:
                return i
        i, level, objects = closed(data, i, end, level, objects)
        if i < 0 or level == 0:
            return i
    return np.int64(BAD)


@njit(cache=True, nogil=True)
def closed(data, i, end, level, objects):  # type: ignore[no-untyped-def]
    """Return where the next value begins behind a value or an opening bracket, and the levels.

    With level 0 there is none: the outermost value ends there.
    """
    while level:
        i = blanks(data, i, end)
        if i >= end:
            return np.int64(BAD), level, objects
        inside_object = objects & np.uint64(1)
        if data[i] == COMMA:
            i = blanks(data, i + 1, end)
            if inside_object:
                i, _ = key(data, i, end)
            return i, level, objects
        if data[i] != (CLOSE_OBJECT if inside_object else CLOSE_ARRAY):
            return np.int64(BAD), level, objects
        i += 1
        level -= 1
        objects >>= np.uint64(1)
    return i, level, objects
