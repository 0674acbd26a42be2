"""Repeated n-grams of words: what is repeated n words long is repeated n - 1 words long.

Pairs of words that may be repeated are found by counting hashes and then numbered, compared byte
by byte. Every longer n-gram is a pair of numbers of shorter ones, and is looked for only where
both are repeated: hardly any place is left after n = 4.

Where every character is a word most pairs are repeated, so Cantonese gets to 100 MB/s and Javanese
to 320. Numbering the words first took half as long again; smaller tables for longer n-grams
gained nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from curator.kernels.text_stats.blocks import (
    SIZE,
    first_bits,
    lowest,
    ones,
    up_to_eight,
    within,
    within_text,
)
from curator.kernels.text_stats.classes import ATTACHED, DIGIT, LETTER, SPACE, UNSPACED
from curator.kernels.text_stats.repetition import MULTIPLIER, hash_bytes, same_bytes
from curator.kernels.text_stats.words import READ_BEYOND, SPACE_BYTE, cut_block
from curator.kernels.unicode.decode import decode

SHORTEST, LONGEST = 2, 10
"""Lengths of the n-grams that are counted, in words."""


@njit(cache=True, nogil=True)
def _power_of_two(least: int) -> int:
    """Return the first power of two, from four on, that is not less."""
    size = 4
    while size < least:
        size *= 2
    return size


@njit(cache=True, nogil=True)
def _block_words(
    data: np.ndarray, at: int, end: int, n: int, character: int, words: np.ndarray
) -> tuple[int, int, int]:
    """Write whole words of plain letters from ``at``, where none is open.

    Returns where they end, the number of words and of characters up to there; see
    ``count_block_words``.
    """
    while at < end and at + SIZE + READ_BEYOND <= len(data):
        used, block, solid, latin, cyrillic = cut_block(data, at, end)
        if used == 0:
            break
        heads = block & (within(data, at, 0, 0x7F) | latin | cyrillic)
        starts = solid & ~(solid << np.uint64(1))
        ends = ~solid & (solid << np.uint64(1))
        while starts:
            first, last = lowest(starts), lowest(ends)
            words[0, n], words[1, n] = at + first, at + last
            words[2, n] = character + ones(heads & first_bits(first))
            words[3, n] = character + ones(heads & first_bits(last))
            n += 1
            starts &= starts - np.uint64(1)
            ends &= ends - np.uint64(1)
        character += ones(heads)
        at += used
    return at, n, character


@njit(cache=True, nogil=True)
def find_words(
    data: np.ndarray, start: int, end: int, words: np.ndarray, meanings: np.ndarray
) -> int:
    """Write first byte, end byte, first and end character of every word; return their number.

    Words are those of ``TextStatistics.words``; marks belong to the character they are on.
    """
    at, n, character = _block_words(data, start, end, 0, 0, words)
    piece, seen, pure, on_letter, on_unspaced = 0, 0, True, False, False
    while at < end:
        point, size = decode(data, at)
        flag: Any = np.int64(meanings[point] >> 8)
        space, unspaced = (flag & SPACE) != 0, (flag & UNSPACED) != 0
        if piece and (space or unspaced):
            pure &= not unspaced
            if pure or seen & (LETTER | DIGIT):
                words[1, n], words[3, n] = at, character
                n += 1
            piece, seen = 0, 0
        if unspaced:
            words[0, n], words[1, n] = at, at + size
            words[2, n], words[3, n] = character, character + 1
            n += 1
            pure, on_letter, on_unspaced = False, True, True
        elif space:
            pure, on_letter, on_unspaced = True, False, False
        elif flag & ATTACHED and on_letter:
            if on_unspaced:
                words[1, n - 1], words[3, n - 1] = at + size, character + 1
        else:
            if not piece:
                words[0, n], words[2, n] = at, character
            piece, seen = 1, seen | flag
            on_letter, on_unspaced = (flag & LETTER) != 0, False
        at += size
        character += 1
        if space and at < end and data[at] < 0x80:
            at, n, character = _block_words(data, at, end, n, character, words)
    if piece and (pure or seen & (LETTER | DIGIT)):
        words[1, n], words[3, n] = end, character
        n += 1
    return n


@njit(cache=True, nogil=True)
def _suspect(
    data: np.ndarray,
    words: np.ndarray,
    n: int,
    hashes: np.ndarray,
    counters: np.ndarray,
    places: np.ndarray,
) -> int:
    """Write into ``places`` where a pair of words may be repeated; return how many places.

    Counts hashes of pairs up to two, without a branch: most pairs occur once, and whether the next
    one does cannot be guessed. ``hashes`` receives the hash of each pair.
    """
    if n < SHORTEST:
        return 0
    counters[:] = 0
    mask = np.uint64(len(counters) - 1)
    before = np.uint64(0)
    for word in range(n):
        start, end = words[0, word], words[1, word]
        if end - start <= 8:
            value = (up_to_eight(data, start, end) ^ np.uint64(end - start)) * MULTIPLIER
            value ^= value >> np.uint64(32)
        else:
            value = hash_bytes(data, start, end)
        pair = (before ^ value) * MULTIPLIER
        pair ^= pair >> np.uint64(32)
        before = value * MULTIPLIER  # the pair has an order
        if word:
            hashes[word - 1] = pair
            seen = counters[pair & mask]
            counters[pair & mask] = seen + (seen < 2)
    kept = 0
    for place in range(n - 1):
        places[kept] = place
        kept += counters[hashes[place] & mask] > 1
    return kept


@njit(cache=True, nogil=True, inline="always")
def _same_word(data: np.ndarray, words: np.ndarray, one: int, other: int) -> Any:
    """Return whether two words are the same, byte by byte."""
    start, size = words[0, one], words[1, one] - words[0, one]
    first = words[0, other]
    return words[1, other] - first == size and same_bytes(data, start, first, size)


@njit(cache=True, nogil=True)
def _number_bigrams(
    data: np.ndarray,
    words: np.ndarray,
    hashes: np.ndarray,
    places: np.ndarray,
    numbers: np.ndarray,
    frequencies: np.ndarray,
    table: np.ndarray,
    stamp: int,
) -> None:
    """Give the pairs of words at ``places`` the place of the first like them, and its frequency.

    ``table`` holds stamp and place; what bears another stamp is of another document.
    """
    mask = np.uint64(_power_of_two(2 * len(places)) - 1)
    for place in places:
        slot = hashes[place] & mask
        numbers[place] = place
        frequencies[place] = 0
        while table[slot] >> 32 == stamp:
            other = table[slot] & 0xFFFFFFFF
            if (
                hashes[other] == hashes[place]
                and _same_word(data, words, place, other)
                and _same_word(data, words, place + 1, other + 1)
            ):
                numbers[place] = other
                break
            slot = (slot + np.uint64(1)) & mask
        if numbers[place] == place:
            table[slot] = (stamp << 32) | place
        frequencies[numbers[place]] += 1


@njit(cache=True, nogil=True)
def _number_pairs(
    places: np.ndarray,
    shorter: np.ndarray,
    numbers: np.ndarray,
    frequencies: np.ndarray,
    table: np.ndarray,
    stamp: int,
) -> int:
    """Number the n-grams at ``places`` by the pairs of (n - 1)-grams they are made of.

    ``shorter`` numbers the (n - 1)-grams, -1 where one is not repeated. Leaves in ``places``
    those whose pair is repeated on both sides, and returns how many there are.
    """
    mask, kept = np.uint64(_power_of_two(2 * len(places)) - 1), 0
    for index in range(len(places)):
        place = places[index]
        before, after = shorter[place], shorter[place + 1]
        if after < 0:
            continue
        value = ((np.uint64(before) << np.uint64(32)) | np.uint64(after)) * MULTIPLIER
        slot = (value ^ (value >> np.uint64(32))) & mask
        numbers[place] = place
        frequencies[place] = 0
        while table[slot] >> 32 == stamp:
            other = table[slot] & 0xFFFFFFFF
            if shorter[other] == before and shorter[other + 1] == after:
                numbers[place] = other
                break
            slot = (slot + np.uint64(1)) & mask
        if numbers[place] == place:
            table[slot] = (stamp << 32) | place
        frequencies[numbers[place]] += 1
        places[kept] = place
        kept += 1
    return kept


@njit(cache=True, nogil=True)
def _keep_repeated(places: np.ndarray, numbers: np.ndarray, frequencies: np.ndarray) -> int:
    """Leave in ``places`` those of repeated n-grams; the others' number becomes -1."""
    kept = 0
    for index in range(len(places)):
        place = places[index]
        if frequencies[numbers[place]] < 2:
            numbers[place] = -1
            continue
        places[kept] = place
        kept += 1
    return kept


@njit(cache=True, nogil=True)
def _measure(
    words: np.ndarray,
    length: int,
    places: np.ndarray,
    numbers: np.ndarray,
    frequencies: np.ndarray,
) -> tuple[int, int]:
    """Return the characters of the most frequent n-gram, and those of repetitions of any."""
    top, most, widest = -1, 0, 0
    for place in places:
        width = words[3, place + length - 1] - words[2, place]
        if numbers[place] == place and (frequencies[place], width) > (most, widest):
            top, most, widest = place, frequencies[place], width
    of_top, of_repeated, top_until, repeated_until = 0, 0, 0, 0
    for place in places:
        first, last = words[2, place], words[3, place + length - 1]
        if numbers[place] == top:
            of_top += last - max(first, top_until)
            top_until = last
        if numbers[place] != place:
            of_repeated += last - max(first, repeated_until)
            repeated_until = last
    return of_top, of_repeated


@njit(cache=True, nogil=True)
def _widest(words: np.ndarray, n: int, length: int) -> int:
    """Return the characters of the longest n-gram; 0 where there is none."""
    widest = 0
    firsts, lasts = words[2], words[3, length - 1 :]
    for place in range(n - length + 1):
        widest = max(widest, lasts[place] - firsts[place])
    return widest


@njit(cache=True, nogil=True)
def _count(
    data: np.ndarray,
    words: np.ndarray,
    n: int,
    scratch: np.ndarray,
    hashes: np.ndarray,
    counters: np.ndarray,
    table: np.ndarray,
    stamp: int,
    out: np.ndarray,
) -> None:
    """Write the two counts of every length for one document."""
    shorter, numbers, frequencies = scratch[0, : n + 1], scratch[1, : n + 1], scratch[2]
    places = scratch[3]
    places = places[: _suspect(data, words, n, hashes, counters, places)]
    if len(places):
        shorter[:] = -1
        _number_bigrams(data, words, hashes, places, shorter, frequencies, table, stamp + SHORTEST)
        places = places[: _keep_repeated(places, shorter, frequencies)]
    for length in range(SHORTEST, LONGEST + 1):
        if len(places) and length > SHORTEST:
            numbers[:] = -1
            kept = _number_pairs(places, shorter, numbers, frequencies, table, stamp + length)
            places = places[: _keep_repeated(places[:kept], numbers, frequencies)]
            shorter, numbers = numbers, shorter
        column = length - SHORTEST
        if len(places):
            of_top, of_repeated = _measure(words, length, places, shorter, frequencies)
            out[column, 0], out[column, 1] = of_top, of_repeated
        else:
            out[column, 0] = _widest(words, n, length)


@njit(cache=True, nogil=True)
def most_words(data: np.ndarray, start: int, end: int) -> int:
    """Return a number of words that a text cannot surpass, for arrays to be made.

    ASCII space parts two words; a character beyond ASCII may be one and part two others.
    """
    most = 1
    for block in range(start, end, SIZE):
        most += ones(within_text(data, block, end, 0x00, SPACE_BYTE))
        most += 2 * ones(within_text(data, block, end, 0xC0, 0xFF))
    return most


@njit(cache=True, nogil=True)
def ngrams(offsets: np.ndarray, data: np.ndarray, meanings: np.ndarray) -> np.ndarray:
    """Return int64[n, 9, 2]: the fields of ``NGrams`` for every length from ``SHORTEST``.

    Holds about 40 bytes for a byte of the longest unspaced document, 15 for one of Latin script.
    """
    n_documents = len(offsets) - 1
    out = np.zeros((n_documents, LONGEST - SHORTEST + 1, 2), np.int64)
    words, room = np.empty((4, 256), np.int64), -1
    for row in range(n_documents):
        start, end = offsets[row], offsets[row + 1]
        most = most_words(data, start, end)
        if most > words.shape[1]:
            words = np.empty((4, most), np.int64)
        n = find_words(data, start, end, words, meanings)
        if n > room:
            room = n + n // 4
            scratch, hashes = np.empty((4, room + 1), np.int32), np.empty(room, np.uint64)
            counters = np.empty(_power_of_two(8 * room), np.uint8)
            table = np.full(_power_of_two(2 * room), -1, np.int64)
        used, stamp = counters[: _power_of_two(8 * n)], (row + 1) * (LONGEST + 1)
        _count(data, words, n, scratch, hashes, used, table, stamp, out[row])
    return out
