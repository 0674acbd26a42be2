"""What two aligned texts put for one another, the first time above all.

Pages of one make begin with what they are about: 「閏三月三十係…」 beside 「閏四月三十係…」. What
is exchanged there comes again where the page names its subject again, which letters that were
mistyped do not.
"""

from __future__ import annotations

import numpy as np

from curator.kernels.alignment.digits import is_numeral
from curator.kernels.alignment.seeds import agree
from curator.kernels.blocks import BARE, JOINED
from curator.kernels.compiled import njit

MOST = 32
"""Changes of a pair that are kept, the first that are found."""
PART, PART_END, WHOLE, WHOLE_END, OF = range(5)
"""Columns of a change: where it begins in the part and in the whole, before where it ends, and of
what it is."""
COLUMNS = 5
NEAR = 16
"""Characters before the first change at most, in both texts: it is not looked at further on."""
FEW = 16
"""So many changes are looked at one by one, each beside every other."""
NONE, LETTERS, WORDS, NUMBERS = range(4)
"""What is exchanged: nothing for something, single letters, words (or ideographs), numerals."""
OWN, NEIGHBOUR = np.uint8(1), np.uint8(2)
"""Bits of ``classes``: letters that a language writes and its neighbour does not, and those of the
neighbour."""
KIND, BEFORE, SIZE, LETTER, OTHER_LETTER, REPEATED, KEPT, TURNED, NUMBERED = range(9)
"""Columns of the result; see ``Exchange``."""
FIELDS = 9
COUNTS = 7
"""Columns before those, the other fields of ``Alignment``."""
IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


@njit(**JOINED)
def note(changes, n, i, end, j, stop):  # type: ignore[no-untyped-def]
    """Write that ``part[i:end]`` stands for ``whole[j:stop]``; return how many changes there are.

    ``changes`` is int64[MOST, COLUMNS], of which ``n`` are written; once it is full no more are.
    """
    if n == MOST:
        return n
    _write(changes, n, i, end, j, stop)
    return n + 1


@njit(**JOINED)
def _write(changes, at, i, end, j, stop):  # type: ignore[no-untyped-def]
    changes[at, PART], changes[at, PART_END] = i, end
    changes[at, WHOLE], changes[at, WHOLE_END] = j, stop


@njit(**BARE)
def _trim(whole, part, changes, at):  # type: ignore[no-untyped-def]
    """Take from both sides of a change what both begin and end with."""
    i, end, j, stop = changes[at, 0], changes[at, 1], changes[at, 2], changes[at, 3]
    while i < end and j < stop and part[i] == whole[j]:
        i += 1
        j += 1
    while i < end and j < stop and part[end - 1] == whole[stop - 1]:
        end -= 1
        stop -= 1
    _write(changes, at, i, end, j, stop)


@njit(**BARE)
def _is_ideograph(c):  # type: ignore[no-untyped-def]
    for low, high in IDEOGRAPHS:  # noqa: SIM110 (numba has no any() of a generator)
        if low <= c <= high:
            return True
    return False


@njit(**BARE)
def _are_numerals(text, start, stop):  # type: ignore[no-untyped-def]
    for at in range(start, stop):
        if not is_numeral(text[at]):
            return False
    return start < stop


@njit(**BARE)
def _kind(whole, part, changes, at, long):  # type: ignore[no-untyped-def]
    """Return what a change exchanges; ``long`` letters on both sides are words."""
    i, end, j, stop = changes[at, 0], changes[at, 1], changes[at, 2], changes[at, 3]
    if i == end or j == stop:
        return NONE
    if _are_numerals(part, i, end) and _are_numerals(whole, j, stop):
        return NUMBERS
    if min(end - i, stop - j) >= long or (_is_ideograph(part[i]) and _is_ideograph(whole[j])):
        return WORDS
    return LETTERS


@njit(**BARE)
def _equal(text, changes, at, side, other_text, other, other_side):  # type: ignore[no-untyped-def]
    """Return whether one side of a change reads as a side of another change does."""
    start, other_start = changes[at, side], changes[other, other_side]
    size = changes[at, side + 1] - start
    is_as_long = changes[other, other_side + 1] - other_start == size
    return is_as_long and agree(text, start, other_text, other_start, size)


@njit(**BARE)
def _same(whole, part, changes, at, other):  # type: ignore[no-untyped-def]
    """Return whether two changes exchange the same."""
    return _equal(part, changes, at, PART, part, other, PART) and _equal(
        whole, changes, at, WHOLE, whole, other, WHOLE
    )


@njit(**BARE)
def _turned(whole, part, changes, at, other):  # type: ignore[no-untyped-def]
    """Return whether one change exchanges what another does the other way."""
    return _equal(part, changes, at, PART, whole, other, WHOLE) and _equal(
        whole, changes, at, WHOLE, part, other, PART
    )


@njit(**BARE)
def _repeats(whole, part, changes, at, first, long):  # type: ignore[no-untyped-def]
    """Return whether a change exchanges what the first one does, or what that begins with.

    A name that stands alone further on has a number behind it at the beginning, and the other way.
    """
    kind, of_first = _kind(whole, part, changes, at, long), _kind(whole, part, changes, first, long)
    if kind < WORDS or kind != of_first:
        return False
    if kind == NUMBERS:
        return _same(whole, part, changes, at, first)
    i, j, k, m = changes[at, 0], changes[at, 2], changes[first, 0], changes[first, 2]
    new = min(changes[at, 1] - i, changes[first, 1] - k)
    old = min(changes[at, 3] - j, changes[first, 3] - m)
    return agree(part, i, part, k, new) and agree(whole, j, whole, m, old)


@njit(**BARE)
def _classes(text, start, stop, classes):  # type: ignore[no-untyped-def]
    """Return which classes some letters are of, as bits."""
    found = np.uint8(0)
    for at in range(start, stop):
        c = text[at]
        if c < len(classes):
            found |= classes[c]
    return found


@njit(**BARE)
def translations(whole, part, changes, n, classes):  # type: ignore[no-untyped-def]
    """Return how many of ``n`` changes put a letter of one class for one of the other.

    ``classes`` is uint8[...], ``OWN`` or ``NEIGHBOUR`` for code points that only one of two
    languages writes. Of the two directions that counts in which there are more.
    """
    there, back = np.int64(0), np.int64(0)
    for at in range(n):
        i, end, j, stop = changes[at, 0], changes[at, 1], changes[at, 2], changes[at, 3]
        if i < end and j < stop:
            new, old = _classes(part, i, end, classes), _classes(whole, j, stop, classes)
            there += new == OWN and old == NEIGHBOUR
            back += new == NEIGHBOUR and old == OWN
    return max(there, back)


@njit(**BARE)
def first_exchange(whole, part, size, changes, n, long, found):  # type: ignore[no-untyped-def]
    """Write the fields of ``Exchange`` into ``found`` (int64[FIELDS], zeros).

    The first of the ``n`` changes is the one that begins, and then ends, first in the part, which
    has ``size`` characters. Only if it is near the beginning are the others looked at.
    """
    first = 0
    for at in range(1, n):
        begins = changes[at, PART] - changes[first, PART]
        if begins < 0 or (begins == 0 and changes[at, PART_END] < changes[first, PART_END]):
            first = at
    if n == 0 or max(changes[first, PART], changes[first, WHOLE]) > NEAR:
        return
    _trim(whole, part, changes, first)
    kind = _kind(whole, part, changes, first, long)
    i, end, j, stop = changes[first, 0], changes[first, 1], changes[first, 2], changes[first, 3]
    if kind == NONE or max(i, j) > NEAR:
        return
    found[KIND], found[BEFORE], found[SIZE] = kind, max(i, j), max(end - i, stop - j)
    found[LETTER], found[OTHER_LETTER] = part[i], whole[j]
    if kind < WORDS:
        return
    repeated = np.int64(0)
    for at in range(n):
        begin, there = changes[at, PART], changes[at, WHOLE]
        if at == first or begin == changes[at, PART_END] or there == changes[at, WHOLE_END]:
            continue
        if part[begin] == part[i] or part[begin] == whole[there]:  # where there is what to trim
            _trim(whole, part, changes, at)
            repeated += _repeats(whole, part, changes, at, first, long)
    found[REPEATED] = repeated
    if repeated > 0:
        for at in range(size - (stop - j) + 1):
            found[KEPT] += agree(part, at, whole, j, stop - j)
    if n <= FEW:
        _look_at_all(whole, part, changes, n, first, long, found)


@njit(**BARE)
def _look_at_all(whole, part, changes, n, first, long, found):  # type: ignore[no-untyped-def]
    """Write how many of few changes are of numbers, and how many exchange the same both ways."""
    for at in range(n):
        _trim(whole, part, changes, at)
        kind = _kind(whole, part, changes, at, long)
        changes[at, OF] = kind
        if kind == NUMBERS and at != first:
            found[NUMBERED] += not _same(whole, part, changes, at, first)
        if kind >= WORDS:
            for other in range(at):
                if changes[other, OF] >= WORDS:
                    found[TURNED] += _turned(whole, part, changes, at, other)
