"""Repeated n-grams of words: what is repeated n words long is repeated n - 1 words long.

Pairs of words are met by a hash of their values: a table knows the last place of each hash, and a
place knows the one before it, so nothing is cleared between documents. Every longer n-gram is a
pair of numbers of shorter ones, and is looked for only where both are repeated: hardly any place is
left after n = 4. Each step is a loop without a branch that cannot be guessed; that alone made
numbering three times as fast. A table of eight slots a pair instead of four is no faster.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from curator.kernels.blocks import JOINED, above_highest
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

SHORTEST, LONGEST = 2, 10
"""Lengths of the n-grams that are counted, in words."""
ZERO = np.uint64(0)
"""Places are numbers without sign where they are looked up: numba lets a negative one count from
the end, which takes longer than the look."""
SECOND_MULTIPLIER = np.uint64(0xC2B2AE3D27D4EB4F)
NUMBERS, SHORTER, FREQUENCIES, EARLIER, LATER, PLACES, MET, OTHER = range(8)
"""Rows of the scratch array. Of a place: the number of its n-gram, which is the first place of the
same, and of the shorter n-gram there; the last place before it with the same hash, later with the
same n-gram; the next place with the same n-gram. Of a number: how often it occurs. Lists of
places in rising order: where an n-gram may be repeated, where it may have occurred before, some of
these."""
MOST_STAMPS = 1 << 31
"""What a table of int32 cannot hold."""


@njit(cache=True, nogil=True, inline="always")
def _shift(least: int) -> Any:
    """Return how far a hash is shifted for the least power of two slots, from four on."""
    return np.uint64(64 - max(2, above_highest(least - 1)))


@njit(**JOINED)
def _meet_words(
    values: np.ndarray,
    n: int,
    table: np.ndarray,
    stamp: int,
    earlier: np.ndarray,
    met: np.ndarray,
) -> int:
    """Write into ``met`` where a pair of words has the hash of an earlier one; return how many.

    Does so without a branch: whether a pair is repeated cannot be guessed. ``table`` holds place
    and stamp together; what is below ``stamp`` is of another document.
    """
    kept: Any = ZERO
    shift = _shift(4 * n)
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
    return int(kept)


@njit(**JOINED)
def _meet_numbers(
    shorter: np.ndarray,
    places: np.ndarray,
    table: np.ndarray,
    stamp: int,
    earlier: np.ndarray,
    met: np.ndarray,
) -> int:
    """Write into ``met`` where a pair of shorter n-grams has the hash of an earlier one."""
    kept: Any = ZERO
    shift = _shift(4 * len(places))
    for signed in places:
        place = np.uint64(signed)
        left, right = np.uint64(shorter[place]), np.uint64(shorter[place + ONE])
        slot = (left * MULTIPLIER + right * SECOND_MULTIPLIER) >> shift
        before = np.int64(table[slot]) - stamp
        table[slot] = stamp + signed
        earlier[place] = before
        met[kept] = signed
        kept += np.uint64(before >= 0)
    return int(kept)


@njit(**JOINED)
def _same_words(
    data: np.ndarray, start: int, words: np.ndarray, values: np.ndarray, one: int, other: int
) -> Any:
    """Return whether two words are the same, by their bytes where their values are hashes."""
    if values[one] != values[other]:
        return False
    if values[one] < HASHED:
        return True
    first, second = words[FIRST_BYTE, one], words[FIRST_BYTE, other]
    size = words[END_BYTE, one] - first
    if words[END_BYTE, other] - second != size:
        return False
    return same_bytes(data, start + first, start + second, size)


@njit(**JOINED)
def _same_pairs_of_words(
    data: np.ndarray,
    start: int,
    words: np.ndarray,
    values: np.ndarray,
    earlier: np.ndarray,
    met: np.ndarray,
    other: np.ndarray,
) -> int:
    """Leave in ``met`` the places of pairs that did occur before; return how many.

    Their place in ``earlier`` becomes that of the last pair that is the same. ``other`` is room
    for as many places. Most are the same at once, and those that are not wait: one branch that
    cannot be guessed costs as much as all else here.
    """
    waiting: Any = ZERO
    before: Any
    for signed in met:
        there = np.uint64(signed)
        back = np.uint64(earlier[there])
        left, right = values[there], values[there + ONE]
        differs = (left ^ values[back]) | (right ^ values[back + ONE])
        other[waiting] = signed
        waiting += np.uint64((differs != ZERO) | ((left | right) >= HASHED))
    if waiting == ZERO:
        return len(met)
    for index in range(np.int64(waiting) - 1, -1, -1):  # from behind: those before keep their chain
        place = other[index]
        before = np.int64(earlier[place])
        while before >= 0 and not (
            _same_words(data, start, words, values, place, before)
            and _same_words(data, start, words, values, place + 1, before + 1)
        ):
            before = np.int64(earlier[before])
        earlier[place] = before
    return _keep_met(earlier, met)


@njit(**JOINED)
def _same_pairs_of_numbers(
    shorter: np.ndarray, earlier: np.ndarray, met: np.ndarray, other: np.ndarray
) -> int:
    """Do for pairs of shorter n-grams what ``_same_pairs_of_words`` does for pairs of words."""
    waiting: Any = ZERO
    before: Any
    for signed in met:
        there = np.uint64(signed)
        back = np.uint64(earlier[there])
        differs = shorter[there] ^ shorter[back]
        differs |= shorter[there + ONE] ^ shorter[back + ONE]
        other[waiting] = signed
        waiting += np.uint64(differs != 0)
    if waiting == ZERO:
        return len(met)
    for index in range(np.int64(waiting) - 1, -1, -1):
        place = other[index]
        before = np.int64(earlier[place])
        while before >= 0 and (
            shorter[place] != shorter[before] or shorter[place + 1] != shorter[before + 1]
        ):
            before = np.int64(earlier[before])
        earlier[place] = before
    return _keep_met(earlier, met)


@njit(**JOINED)
def _keep_met(earlier: np.ndarray, met: np.ndarray) -> int:
    """Leave in ``met`` the places that have an earlier one; return how many."""
    kept: Any = ZERO
    for place in met:
        met[kept] = place
        kept += np.uint64(earlier[np.uint64(place)] >= 0)
    return int(kept)


@njit(**JOINED)
def _number(
    met: np.ndarray,
    length: int,
    words: np.ndarray,
    earlier: np.ndarray,
    numbers: np.ndarray,
    frequencies: np.ndarray,
    later: np.ndarray,
) -> tuple[Any, Any, Any]:
    """Number the n-grams at the places ``met``, whose ``earlier`` ones are the same.

    Returns the number of the most frequent n-gram, how often it occurs, and the characters in
    n-grams that occurred before.
    """
    firsts, lasts = words[FIRST_CHARACTER], words[END_CHARACTER, length - 1 :]
    top, best, repeated, until = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for signed in met:
        place = np.uint64(signed)
        before = np.uint64(earlier[place])
        number = np.uint64(numbers[before])
        numbers[place] = number
        later[before] = signed
        frequency = np.int64(frequencies[number]) + 1
        frequencies[number] = frequency
        last = np.int64(lasts[place])
        repeated += last - max(np.int64(firsts[place]), until)
        until = last
        # The most frequent, of these the widest, of these the first.
        rank = frequency << 32 | np.int64(lasts[number] - firsts[number])
        better = (rank > best) | ((rank == best) & (np.int64(number) < top))
        best = rank if better else best
        top = np.int64(number) if better else top
    return top, best >> 32, repeated


@njit(**JOINED)
def _first_places(n: int, numbers: np.ndarray, frequencies: np.ndarray, places: np.ndarray) -> int:
    """Write into ``places`` where a repeated pair of words stands before another; return how many.

    The last word begins no pair; it is left out.
    """
    kept: Any = ZERO
    before = False
    for place in range(n - 1):
        repeated = frequencies[np.uint64(numbers[place])] > 1
        places[kept] = place - 1
        kept += np.uint64(before & repeated)
        before = repeated
    return int(kept)


@njit(**JOINED)
def _next_places(numbers: np.ndarray, frequencies: np.ndarray, places: np.ndarray) -> int:
    """Leave in ``places`` where a repeated n-gram stands before another; return how many."""
    kept: Any = ZERO
    before, last = False, np.int32(-2)
    for place in places:
        repeated = frequencies[np.uint64(numbers[np.uint64(place)])] > 1
        places[kept] = last
        kept += np.uint64(before & repeated & (place == last + 1))
        before, last = repeated, place
    return int(kept)


@njit(**JOINED)
def _characters_of(
    place: int, times: int, length: int, words: np.ndarray, later: np.ndarray
) -> int:
    """Return the characters in all occurrences of one n-gram, from its first on."""
    total: Any = np.int64(0)
    until: Any = np.int64(0)
    for _ in range(times):
        last = np.int64(words[END_CHARACTER, place + length - 1])
        total += last - max(np.int64(words[FIRST_CHARACTER, place]), until)
        until = last
        place = later[place]
    return total


@njit(**JOINED)
def _widest(firsts: np.ndarray, lasts: np.ndarray, n: int, length: int) -> int:
    """Return the characters of the longest n-gram; 0 where there is none."""
    widest: Any = np.int32(0)
    lasts = lasts[length - 1 :]
    for place in range(n - length + 1):
        widest = max(widest, np.int32(lasts[place] - firsts[place]))
    return widest


@njit(cache=True, nogil=True, inline="always")
def count_ngrams(
    data: np.ndarray,
    start: int,
    words: np.ndarray,
    values: np.ndarray,
    n: int,
    scratch: np.ndarray,
    table: np.ndarray,
    stamp: int,
    out: np.ndarray,
) -> int:
    """Write the two counts of every length for one document; return the next stamp."""
    numbers, shorter, frequencies = scratch[NUMBERS], scratch[SHORTER], scratch[FREQUENCIES]
    earlier, later = scratch[EARLIER], scratch[LATER]
    places, met, other = scratch[PLACES, :0], scratch[MET], scratch[OTHER]
    for length in range(SHORTEST, min(LONGEST, n) + 1):
        column, n_met = length - SHORTEST, 0
        if length == SHORTEST:
            n_met = _meet_words(values, n, table, stamp, earlier, met)
            if n_met:
                found = met[:n_met]
                n_met = _same_pairs_of_words(data, start, words, values, earlier, found, other)
                for place in range(n):
                    numbers[place], frequencies[place] = place, 1
        elif len(places):
            n_met = _meet_numbers(shorter, places, table, stamp, earlier, met)
            if n_met:
                n_met = _same_pairs_of_numbers(shorter, earlier, met[:n_met], other)
                for place in places:
                    numbers[place], frequencies[place] = place, 1
        stamp += n
        if n_met == 0:
            places = places[:0]
            out[0, column] = _widest(words[FIRST_CHARACTER], words[END_CHARACTER], n, length)
            continue
        top, most, repeated = _number(
            met[:n_met], length, words, earlier, numbers, frequencies, later
        )
        out[0, column] = _characters_of(top, most, length, words, later)
        out[1, column] = repeated
        if length == SHORTEST:
            places = scratch[PLACES, : _first_places(n, numbers, frequencies, scratch[PLACES])]
        else:
            places = places[: _next_places(numbers, frequencies, places)]
        numbers, shorter = shorter, numbers
    return stamp


def room_for_ngrams(words: np.ndarray) -> np.ndarray:
    """Return the scratch of ``count_ngrams`` for as many words; its table is the caller's."""
    return np.empty((8, words.shape[1]), words.dtype)


@njit(cache=True, nogil=True, inline="always")
def fits(n: int, table: np.ndarray, stamp: int) -> bool:
    """Return whether the table has room for ``n`` words, and stamps for all their lengths."""
    return 4 * n <= len(table) and (table.itemsize > 4 or stamp + LONGEST * n < MOST_STAMPS)
