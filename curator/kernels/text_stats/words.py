"""Words: one piece at a time in any script, and a block at a time where all is ASCII."""

from __future__ import annotations

from typing import Any

import numpy as np

from curator.kernels.blocks import (
    BARE,
    JOINED,
    SIZE,
    above_highest,
    ascii_letters,
    first_bits,
    lowest,
    ones,
    repeated,
    within,
)
from curator.kernels.compiled import njit
from curator.kernels.text_stats import columns
from curator.kernels.text_stats.classes import DIGIT, ELLIPSIS, HASH, LETTER
from curator.kernels.text_stats.spans import ONE, write_words
from curator.kernels.unicode.decode import decode

SPACE_BYTE, HASH_BYTE = 0x20, 0x23
CYRILLIC = 0x410
READ_BEYOND = 3
"""Bytes behind a block that are looked at: the length of the longest letter in it."""


@njit(**BARE)
def is_same(data: np.ndarray, start: int, end: int, wanted: Any) -> bool:
    """Return whether the bytes from ``start`` to ``end`` are ``wanted``."""
    if end - start != len(wanted):
        return False
    for index in range(len(wanted)):  # noqa: SIM110 (numba has no all() of a generator)
        if data[start + index] != wanted[index]:
            return False
    return True


@njit(**BARE)
def is_symbol_word(
    data: np.ndarray, start: int, end: int, characters: int, seen: int, meanings: np.ndarray
) -> bool:
    """Return whether a word is an ellipsis or consists mostly of runs of "#"."""
    if seen & HASH:
        runs = 0
        for at in range(start, end):
            runs += data[at] == HASH_BYTE and (at == start or data[at - 1] != HASH_BYTE)
        return 2 * runs > characters
    if seen & LETTER:  # most words: no ellipsis holds a letter
        return False
    if is_same(data, start, end, b"...") or is_same(data, start, end, b"[...]"):
        return True
    if is_same(data, start, end, b"(...)") or is_same(data, start, end, b"-\xc2\xbb"):
        return True
    if not seen & ELLIPSIS:
        return False
    if is_same(data, start, end, b"[\xe2\x80\xa6]"):
        return True
    at = start
    while at < end:
        point, size = decode(data, at)
        if not (meanings[point] >> 8) & ELLIPSIS:
            return False
        at += size
    return True


@njit(**BARE)
def end_piece(
    data: np.ndarray,
    start: int,
    end: int,
    characters: int,
    seen: int,
    pure: bool,
    out: np.ndarray,
    meanings: np.ndarray,
) -> None:
    """Count one piece of a run of non-space; ``pure``: the run holds no unspaced character."""
    if seen & HASH or not seen & LETTER:
        symbol = is_symbol_word(data, start, end, characters, seen, meanings)
        out[columns.SYMBOL_WORDS] += symbol
    if not pure and not seen & (LETTER | DIGIT):
        return
    out[columns.SPACED] += 1
    out[columns.SPACED_CHARACTERS] += characters
    out[columns.WITH_LETTERS] += (seen & LETTER) != 0
    out[columns.LONGEST_WORD] = max(out[columns.LONGEST_WORD], characters)


@njit(**JOINED)
def longer_run(bits: Any, longest: int, width: int) -> int:
    """Return the length of the longest run of bits set ``width`` places from one another.

    Returns ``longest`` where none is longer.
    """
    if width * longest >= SIZE:
        return longest
    # After these steps a bit is set where longest + 1 bits are set from there on.
    length = 1
    while length <= longest and bits:
        step = min(length, longest + 1 - length)
        bits &= bits >> np.uint64(width * step)
        length += step
    while bits:
        longest += 1
        bits &= bits >> np.uint64(width)
    return longest


@njit(**JOINED)
def longest_word(solid: Any, tails: Any, longest: int) -> int:
    """Return the characters of the longest word of a block, or ``longest`` where none is longer.

    The last bit of ``solid`` is not set.
    """
    longer = longer_run(solid, longest, 1)
    if longer == longest or not solid & tails:
        return longer
    starts, ends = solid & ~(solid << np.uint64(1)), ~solid & (solid << np.uint64(1))
    while starts:
        word = first_bits(lowest(ends)) & ~first_bits(lowest(starts))
        longest = max(longest, ones(word & ~tails))
        starts &= starts - np.uint64(1)
        ends &= ends - np.uint64(1)
    return longest


@njit(**BARE)
def symbol_words(
    data: np.ndarray, at: int, solid: Any, letters: Any, tails: Any, meanings: np.ndarray
) -> int:
    """Return how many words of a block are symbols; looks at each word."""
    total = 0
    while solid:
        start = lowest(solid)
        size = lowest(~(solid >> np.uint64(start)))
        word = first_bits(size) << np.uint64(start)
        seen = LETTER if letters & word else ELLIPSIS  # of what is no letter, any may be one
        for index in range(start, start + size):
            seen |= HASH if data[at + index] == HASH_BYTE else 0
        characters = ones(word & ~tails)
        total += is_symbol_word(data, at + start, at + start + size, characters, seen, meanings)
        solid &= ~word
    return total


@njit(cache=True, nogil=True, inline="always")
def may_begin_block(byte: int) -> bool:
    """Return whether a character that begins so may be in a block; saves a look where not."""
    return byte < 0x80 or 0xC3 <= byte <= 0xD1 or byte == 0xE1


@njit(**BARE)
def _wide_letters(data: np.ndarray, at: int, wide: Any) -> tuple[Any, Any, Any]:
    """Look at the bytes of a block that are not ASCII.

    Returns three words of bits: first bytes of Latin letters (U+00C0 to U+027F, U+1E00 to
    U+1EFF), of Cyrillic ones (U+0400 to U+047F), and all bytes of whatever else there is, where
    the block must end. A letter that follows itself is of that kind too: runs of one character
    are counted by bytes.
    """
    one, two = np.uint64(1), np.uint64(2)
    signs = (within(data, at, 0x97, 0x97) | within(data, at, 0xB7, 0xB7)) >> one  # × and ÷
    latin = within(data, at, 0xC3, 0xC9) & ~(within(data, at, 0xC3, 0xC3) & signs)
    cyrillic = within(data, at, 0xD0, 0xD1)
    again = repeated(data, at, 2)
    pairs = (latin | cyrillic) & ~(again & (again >> one))
    threes = within(data, at, 0xE1, 0xE1) & (within(data, at, 0xB8, 0xBB) >> one)
    again = repeated(data, at, 3)
    threes &= ~(again & (again >> one) & (again >> two))
    known = pairs | (pairs << one) | threes | (threes << one) | (threes << two)
    return (pairs & latin) | threes, pairs & cyrillic, wide & ~known


@njit(**JOINED)
def count_rare(
    data: np.ndarray, at: int, rare: Any, histogram: np.ndarray, meanings: np.ndarray
) -> bool:
    """Count the ASCII characters of some bits one by one; return whether one is "#"."""
    hashes = False
    while rare:
        byte = data[at + lowest(rare)]
        histogram[meanings[byte] & 0xFF] += 1
        hashes |= byte == HASH_BYTE
        rare &= rare - np.uint64(1)
    return hashes


@njit(**JOINED)
def cut_block(data: np.ndarray, at: int, end: int) -> tuple[Any, Any, Any, Any, Any]:
    """Cut a block behind its last whole word, so that nothing is carried from block to block.

    Returns the number of bytes that are used, 0 where not even one word is whole, then words of
    bits: those bytes, the ones of them that are no space, first bytes of Latin and of Cyrillic
    letters beyond ASCII. The caller sees to it that ``READ_BEYOND`` bytes follow the block.
    """
    blank = within(data, at, 0x09, 0x0D) | within(data, at, 0x1C, SPACE_BYTE)
    wide = within(data, at, 0x80, 0xFF)
    latin, cyrillic, other = np.uint64(0), np.uint64(0), np.uint64(0)
    if wide:
        latin, cyrillic, other = _wide_letters(data, at, wide)
    # 63 at most: whoever adds up words of bits needs a bit behind the last word for the carry.
    used = min(SIZE - 1, end - at, lowest(other))
    if at + used < end:
        used = above_highest(blank & first_bits(used))
    block = first_bits(used)
    return used, block, block & ~blank, latin & block, cyrillic & block


@njit(**JOINED)
def read_plain_blocks(
    data: np.ndarray,
    origin: int,
    at: int,
    end: int,
    counting: bool,
    histogram: np.ndarray,
    out: np.ndarray,
    writing: bool,
    n: int,
    character: int,
    words: np.ndarray,
    values: np.ndarray,
    meanings: np.ndarray,
) -> tuple[int, int, int]:
    """Read whole words of plain letters from ``at``, where none is open.

    Plain are ASCII and the letters of ``_wide_letters``. Stops before the first word that holds
    anything else, is longer than a block or near the buffer's end. Parameters and results are
    those of ``characters.read_document``; returns ``at``, ``n`` and ``character``.
    """
    all_letters, all_cyrillic, all_digits, all_spaces = 0, 0, 0, 0
    all_words, characters, dumb_words, symbols = 0, 0, 0, 0
    longest, run = out[columns.LONGEST_WORD], out[columns.LONGEST_RUN]
    while at < end and at + SIZE + READ_BEYOND <= len(data):
        used, block, solid, latin, cyrillic = cut_block(data, at, end)
        if used == 0:
            break
        wide = within(data, at, 0x80, 0xFF) & block
        tails = wide & ~(latin | cyrillic)
        starts = solid & ~(solid << ONE)
        if writing:
            heads, ends = block & ~tails, ~solid & (solid << ONE)
            write_words(data, at, origin, starts, starts, ends, heads, n, character, words, values)
            n += ones(starts)
            character += ones(heads)
        if counting:
            letters = (ascii_letters(data, at) & block) | latin | cyrillic
            digits = within(data, at, 0x30, 0x39) & block
            spaces = within(data, at, SPACE_BYTE, SPACE_BYTE) & block
            twins = repeated(data, at, 1) & ~wide & solid & (solid >> ONE)
            hashes = count_rare(
                data, at, block & ~(letters | digits | spaces | tails), histogram, meanings
            )
            # The sum carries from a word's start over what is no letter: it leaves the word only
            # where the word holds none.
            dumb = solid & ~letters
            without = ones((dumb + (starts & dumb)) & ~solid)
            if without or hashes:
                symbols += symbol_words(data, at, solid, letters, tails, meanings)
            all_words += ones(starts)
            dumb_words += without
            characters += ones(solid & ~tails)
            all_letters += ones(letters & ~cyrillic)
            all_cyrillic += ones(cyrillic)
            all_digits += ones(digits)
            all_spaces += ones(spaces)
            longest = longest_word(solid, tails, longest)
            if twins:
                run = longer_run(twins, max(run, 1) - 1, 1) + 1
        at += used
    histogram[meanings[0x61] & 0xFF] += all_letters
    histogram[meanings[CYRILLIC] & 0xFF] += all_cyrillic
    histogram[meanings[0x30] & 0xFF] += all_digits
    histogram[meanings[SPACE_BYTE] & 0xFF] += all_spaces
    out[columns.SPLIT] += all_words
    out[columns.SPACED] += all_words
    out[columns.SPACED_CHARACTERS] += characters
    out[columns.WITH_LETTERS] += all_words - dumb_words
    out[columns.SYMBOL_WORDS] += symbols
    out[columns.LONGEST_WORD] = longest
    out[columns.LONGEST_RUN] = max(run, 1) if all_words else run
    return at, n, character
