"""Repeated n-grams of words: what is repeated n words long is repeated n - 1 words long.

Pairs of words are met by a hash of their values: a table knows the last place of each hash, and a
place knows the one before it. What is longer needs no table. An n-gram stands earlier in the text
where its first and its last n - 1 words do, one word apart: mostly the last place of the first
part is just before the last place of the second, and otherwise one of the two is followed back,
the one that occurs less often. Only places where both parts have occurred before are looked at:
of 100 words of Cantonese Wikipedia 28 for pairs, 13 for n = 3, 5 for n = 4.

Each step is a loop without a branch that cannot be guessed; what needs one is put on a list first.

Following back takes a step or three in real text. At the worst, where two lists of frequent words
stand beside each other in every combination, ``n`` words take some ``n ** 1.5`` steps: 2 MB of such
characters take 1.7 s, 3 MB of thirty characters at random 0.5 s, 3 MB of Cantonese Wikipedia as one
document 0.1 s. A table of eight slots a word in two bytes has half the false meetings of one with
four in four bytes and is as large; more slots for sentences gain nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from curator.kernels.blocks import JOINED, SIZE, above_highest, first_bits, repeated
from curator.kernels.compiled import njit
from curator.kernels.text_stats.repetition import MULTIPLIER, same_bytes
from curator.kernels.text_stats.spans import (
    END_BYTE,
    END_CHARACTER,
    FIRST_BYTE,
    FIRST_CHARACTER,
    HASHED,
    ONE,
)
from curator.kernels.text_stats.widest import LANES, widest_of_each

SHORTEST, LONGEST = 2, 10
"""Lengths of the n-grams that are counted, in words."""
ZERO = np.uint64(0)
"""Places are numbers without sign where they are looked up: numba lets a negative one count from
the end, which takes longer than the look."""
SECOND_MULTIPLIER = np.uint64(0xC2B2AE3D27D4EB4F)
FEW = 256
"""Documents of fewer words share the table: it is cleared when the stamps are used up."""
MANY = 1 << 16
"""From so many words on places do not fit the small table."""
SLOTS = 8
"""Slots of the small table for each word. With half as many, twice as many pairs that are not the
same meet, and sorting them out takes longer than all else here."""
ONCE = np.int64(1 << 32)
FIRST_PLACE = np.int64((1 << 32) - 1)
"""The two halves of what is known of a place: how often its n-gram occurred before, and where it
occurred first."""


class Rooms(NamedTuple):
    """Where ``count_ngrams`` works, for the longest document; places are numbers of words."""

    earlier: np.ndarray
    """The last place before each with the same hash, then with the same n-gram; negative: none."""
    known: np.ndarray
    """int64: ``ONCE`` and ``FIRST_PLACE`` of every place."""
    met: np.ndarray
    """Places whose n-gram may have occurred before, rising."""
    found: np.ndarray
    """Where each of these did occur; negative: nowhere."""
    others: np.ndarray
    """The places met at the next length, then the most frequent n-grams."""
    unsure: np.ndarray
    """Which of the places met have to be looked at one by one."""
    small: np.ndarray
    """uint16: a table for documents of fewer than ``MANY`` words."""
    large: np.ndarray
    """A table for others."""
    widest: np.ndarray
    """Characters of the widest n-gram of ``LANES`` lengths."""


def room_for_ngrams(words: np.ndarray) -> Rooms:
    """Return room for documents of as many words; of the tables a document uses what it needs."""
    n, kind = words.shape[1], words.dtype
    small = max(SLOTS * FEW, 1 << (SLOTS * min(n, MANY) - 1).bit_length())
    large = 1 << (4 * n - 1).bit_length() if n >= MANY else 1
    return Rooms(
        earlier=np.empty(n, kind),
        known=np.empty(n, np.int64),
        met=np.empty(n, kind),
        found=np.empty(n, kind),
        others=np.empty(n, kind),
        unsure=np.empty(n, kind),
        small=np.zeros(small, np.uint16),
        large=np.zeros(large, kind),
        widest=np.empty(LANES, kind),
    )


@njit(**JOINED)
def _meet_words(
    values: np.ndarray, n: int, table: np.ndarray, bits: int, stamp: int, rooms: Rooms
) -> Any:
    """Write into ``met`` where a pair of words has the hash of an earlier one; return how many.

    Does so without a branch: whether a pair is repeated cannot be guessed. ``table`` holds place
    and stamp together; what is below ``stamp`` is of another document.
    """
    earlier, met = rooms.earlier, rooms.met
    kept: Any = ZERO
    shift = np.uint64(64 - bits)
    first = values[0] * MULTIPLIER
    for place in range(n - 1):
        second = values[place + 1]
        slot = (first + second * SECOND_MULTIPLIER) >> shift
        first = second * MULTIPLIER
        before = np.int64(table[slot]) - stamp
        table[slot] = stamp + place
        earlier[place] = before
        met[kept] = place
        kept += np.uint64(before >= 0)
    return np.int64(kept)


@njit(**JOINED)
def _clear(table: np.ndarray, slots: int) -> None:
    for slot in range(slots):
        table[slot] = 0


@njit(**JOINED)
def _meet(values: np.ndarray, n: int, stamp: int, rooms: Rooms) -> tuple[int, int]:
    """Meet the words of a document; return how many pairs were met, and the next stamp."""
    if n >= MANY:
        bits = above_highest(np.uint64(4 * n - 1))
        _clear(rooms.large, 1 << bits)
        return _meet_words(values, n, rooms.large, bits, 1, rooms), stamp
    bits = max(9, above_highest(np.uint64(SLOTS * n - 1)))
    if n >= FEW or stamp + n >= MANY:
        _clear(rooms.small, max(1 << bits, SLOTS * FEW))
        stamp = 1
    return _meet_words(values, n, rooms.small, bits, stamp, rooms), stamp + n


@njit(**JOINED)
def _same_word(data: np.ndarray, start: int, words: np.ndarray, one: Any, other: Any) -> Any:
    """Return whether the bytes of two words are the same."""
    here, there = start + words[FIRST_BYTE, one], start + words[FIRST_BYTE, other]
    size = start + words[END_BYTE, one] - here
    if start + words[END_BYTE, other] - there != size:
        return False
    if size <= SIZE and max(here, there) + SIZE <= len(data):
        return not ~repeated(data, here, there - here) & first_bits(size)
    return same_bytes(data, here, there, size)


@njit(**JOINED)
def _same_pair(
    data: np.ndarray, start: int, words: np.ndarray, values: np.ndarray, one: Any, other: Any
) -> Any:
    """Return whether two pairs of words are the same, by their bytes where a value is a hash."""
    for _ in range(2):
        if values[one] != values[other]:
            return False
        if values[one] >= HASHED and not _same_word(data, start, words, one, other):
            return False
        one, other = one + ONE, other + ONE
    return True


@njit(**JOINED)
def _same_pairs(
    data: np.ndarray, start: int, words: np.ndarray, values: np.ndarray, n_met: int, rooms: Rooms
) -> Any:
    """Find for each pair that was met where the last one that is the same stands.

    Leaves in ``met`` and ``found`` those that there are; returns how many.
    """
    earlier, met, found, unsure = rooms.earlier, rooms.met, rooms.found, rooms.unsure
    waiting: Any = ZERO
    for index in range(n_met):
        place = np.uint64(met[index])
        back = np.uint64(earlier[place])
        left, right = values[place], values[place + ONE]
        differs = (left ^ values[back]) | (right ^ values[back + ONE])
        found[index] = back
        unsure[waiting] = index
        waiting += np.uint64((differs != ZERO) | ((left | right) >= HASHED))
    if waiting == ZERO:
        return n_met
    for index in unsure[:waiting]:
        place = np.uint64(met[np.uint64(index)])
        before: Any = np.int64(earlier[place])
        while before >= 0 and not _same_pair(data, start, words, values, place, np.uint64(before)):
            before = np.int64(earlier[np.uint64(before)])
        found[np.uint64(index)] = before
    return _keep_found(n_met, rooms)


@njit(**JOINED)
def _keep_found(n_met: int, rooms: Rooms) -> Any:
    """Leave out of ``met`` and ``found`` the places that occurred nowhere; return how many stay."""
    met, found = rooms.met, rooms.found
    kept: Any = ZERO
    for index in range(n_met):
        place, back = met[index], found[index]
        met[kept], found[kept] = place, back
        kept += np.uint64(back >= 0)
    return np.int64(kept)


@njit(**JOINED)
def _follow_back(place: Any, rooms: Rooms) -> Any:
    """Return the last place before, whose n-gram and the next are those of a place; or below 0."""
    earlier, known = rooms.earlier, rooms.known
    left, right = known[place], known[place + ONE]
    from_left = left >> 32 <= right >> 32
    at: Any = np.int64(earlier[place if from_left else place + ONE])
    wanted = (right if from_left else left) & FIRST_PLACE
    step: Any = np.int64(1 if from_left else -1)
    # A place 0 that comes first on the right has no neighbour, and ends the search all the same.
    while at >= 0 and known[np.uint64(max(at + step, 0))] & FIRST_PLACE != wanted:
        at = np.int64(earlier[np.uint64(at)])
    return at if from_left else at - 1


@njit(**JOINED)
def _lengthen(n_met: int, rooms: Rooms) -> Any:
    """Find where n-grams one word longer occurred before; return how many did.

    ``met`` holds the places of the shorter ones before, and of the longer ones after; ``found``
    those of the longer. The shorter ones are forgotten in ``earlier`` and ``known``.
    """
    earlier, known, met, found = rooms.earlier, rooms.known, rooms.met, rooms.found
    others, unsure = rooms.others, rooms.unsure
    kept: Any = ZERO
    waiting: Any = ZERO
    met[n_met] = -1
    for index in range(n_met):
        place = np.uint64(met[index])
        back = earlier[place]
        follows = met[index + 1] == np.int64(place) + 1
        others[kept], found[kept], unsure[waiting] = place, back, kept
        waiting += np.uint64(follows & (earlier[place + ONE] != back + 1))
        kept += np.uint64(follows)
    if kept == ZERO:
        return np.int64(0)
    for index in unsure[:waiting]:
        found[np.uint64(index)] = _follow_back(np.uint64(others[np.uint64(index)]), rooms)
    for index in range(n_met):
        place = np.uint64(met[index])
        earlier[place], known[place] = -1, place
    for index in range(np.int64(kept)):
        met[index] = others[index]
    return _keep_found(np.int64(kept), rooms) if waiting else np.int64(kept)


@njit(**JOINED)
def _tally(n_met: int, firsts: np.ndarray, lasts: np.ndarray, rooms: Rooms) -> tuple[Any, Any, Any]:
    """Write down where n-grams occurred before.

    Returns how often the most frequent one did, how many are as frequent (the last place of each is
    in ``others`` then), and the characters in n-grams that occurred before.
    """
    earlier, known, others = rooms.earlier, rooms.known, rooms.others
    best, repeated_characters, until = np.int64(0), np.int64(0), np.int64(0)
    equals: Any = ZERO
    for index in range(n_met):
        signed, back = rooms.met[index], rooms.found[index]
        place = np.uint64(signed)
        earlier[place] = back
        now = known[np.uint64(back)] + ONCE
        known[place] = now
        last = np.int64(lasts[place])
        repeated_characters += last - max(np.int64(firsts[place]), until)
        until = last
        times = now >> 32
        equals = ZERO if times > best else equals
        best = max(best, times)
        others[equals] = signed
        equals += np.uint64(times == best)
    return best, np.int64(equals), repeated_characters


@njit(**JOINED)
def _top_characters(
    equals: int, times: int, firsts: np.ndarray, lasts: np.ndarray, rooms: Rooms
) -> Any:
    """Return the characters in all occurrences of the most frequent n-gram.

    Of those equally frequent it is the one whose first occurrence is widest, then first.
    """
    earlier, known = rooms.earlier, rooms.known
    first, widest, at = np.int64(0), np.int64(-1), ZERO
    for index in range(equals):
        place = np.uint64(rooms.others[index])
        origin = known[place] & FIRST_PLACE
        width = np.int64(lasts[np.uint64(origin)]) - np.int64(firsts[np.uint64(origin)])
        better = (width > widest) | ((width == widest) & (origin < first))
        first, widest = (origin if better else first), (width if better else widest)
        at = place if better else at
    total = widest
    for _ in range(times):
        back = np.uint64(earlier[at])
        total += np.int64(lasts[at]) - max(np.int64(firsts[at]), np.int64(lasts[back]))
        at = back
    return total


@njit(cache=True, nogil=True, inline="always")
def count_ngrams(
    data: np.ndarray,
    start: int,
    words: np.ndarray,
    values: np.ndarray,
    n: int,
    stamp: int,
    rooms: Rooms,
    out: np.ndarray,
) -> int:
    """Write the two counts of every length for one document; return the next stamp.

    ``LANES`` zeros follow the ends of the words.
    """
    if n < SHORTEST:
        return stamp
    firsts, ends, length = words[FIRST_CHARACTER], words[END_CHARACTER], SHORTEST
    n_met, stamp = _meet(values, n, stamp, rooms)
    if n_met:
        n_met = _same_pairs(data, start, words, values, n_met, rooms)
    if n_met:
        for place in range(n):
            rooms.earlier[place], rooms.known[place] = -1, place
    while n_met:
        lasts = ends[length - 1 :]
        times, equals, out[1, length - SHORTEST] = _tally(n_met, firsts, lasts, rooms)
        out[0, length - SHORTEST] = _top_characters(equals, times, firsts, lasts, rooms)
        length += 1
        n_met = _lengthen(n_met, rooms) if length <= LONGEST else 0
    if length == SHORTEST:  # no n-gram is repeated; the widest of more words than n has no width
        widest_of_each(firsts, ends, n, rooms.widest)
        for place in range(LONGEST - SHORTEST + 1):
            out[0, place] = rooms.widest[place]
    elif length <= min(LONGEST, n):
        widest_of_each(firsts, ends, n, rooms.widest)
        for place in range(length - SHORTEST, LONGEST - SHORTEST + 1):
            out[0, place] = rooms.widest[place]
    return stamp
