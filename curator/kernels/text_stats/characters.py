"""Characters and words of one document: by blocks, and one after the other where that is not so."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from curator.kernels.text_stats import columns
from curator.kernels.text_stats.blocks import (
    BARE,
    JOINED,
    SIZE,
    ascii_letters,
    first_bits,
    lowest,
    ones,
    repeated,
    turned,
    within,
)
from curator.kernels.text_stats.classes import ATTACHED, LETTER, SPACE, UNSPACED
from curator.kernels.text_stats.mixed import ONE, READ_BEYOND, TWO, look
from curator.kernels.text_stats.words import (
    CYRILLIC,
    SPACE_BYTE,
    count_block_words,
    count_rare,
    end_piece,
    longer_run,
    longest_word,
    may_begin_block,
    symbol_words,
)
from curator.kernels.unicode.decode import decode

FIRST_HAN = 0x4E00


@njit(**BARE)
def _walk(
    data: np.ndarray,
    at: int,
    end: int,
    opened: bool,
    histogram: np.ndarray,
    out: np.ndarray,
    meanings: np.ndarray,
) -> tuple[int, bool]:
    """Count one character after the other up to where a block may begin, or to the end.

    No piece is open at ``at``; ``opened``: an unspaced character ends there. Returns the same two.
    """
    piece_start, piece, seen = at, 0, 0
    in_run, pure, on_letter, on_unspaced = opened, not opened, opened, opened
    previous, run, longest = -1, 0, out[columns.LONGEST_RUN]
    while at < end:
        point, size = decode(data, at)
        meaning = meanings[point]
        flag: Any = np.int64(meaning >> 8)
        cut = not piece and previous >= 0 and not (in_run and (flag & ATTACHED or not on_unspaced))
        if cut and point != previous and at + SIZE + READ_BEYOND <= len(data):
            break
        run = run + 1 if point == previous else 1
        previous = point
        histogram[meaning & 0xFF] += 1
        at += size
        if flag & SPACE:
            if piece:
                end_piece(data, piece_start, at - size, piece, seen, pure, out, meanings)
            piece, seen, in_run, pure, on_letter, on_unspaced = 0, 0, False, True, False, False
            continue
        longest = max(longest, run)
        out[columns.SPLIT] += not in_run
        in_run = True
        if flag & UNSPACED:
            if piece:
                end_piece(data, piece_start, at - size, piece, seen, False, out, meanings)
                piece, seen = 0, 0
            pure, on_letter, on_unspaced = False, True, True
            out[columns.UNSPACED] += 1
        elif flag & ATTACHED and on_letter:
            out[columns.MARKS] += 1
            piece += not on_unspaced
        else:
            piece_start = piece_start if piece else at - size
            piece += 1
            seen |= flag
            on_letter, on_unspaced = (flag & LETTER) != 0, False
    if piece:
        end_piece(data, piece_start, end, piece, seen, pure, out, meanings)
    out[columns.LONGEST_RUN] = longest
    return at, in_run


@njit(**JOINED)
def _count_mixed(
    data: np.ndarray,
    at: int,
    end: int,
    opened: bool,
    histogram: np.ndarray,
    kinds: np.ndarray,
    out: np.ndarray,
    meanings: np.ndarray,
) -> tuple[int, bool]:
    """Count blocks of any script from ``at``, where no piece is open; see ``_walk``.

    Stops before a word that does not fit in a block, before the same character of four bytes
    twice, near the buffer's end, and where blocks of plain letters may go on.
    """
    han_letters, plain_letters, cyrillic_letters, spaces, digits = 0, 0, 0, 0, 0
    split, unspaced_words, words, dumb_words, characters, marks = 0, 0, 0, 0, 0, 0
    symbols, longest, run = 0, out[columns.LONGEST_WORD], out[columns.LONGEST_RUN]
    before = np.uint64(opened)
    while at < end and at + SIZE + READ_BEYOND <= len(data):
        (
            used, heads, blank, letters, numerals, unspaced, cells, hanging, others,
            han, latin, cyrillic, twos, threes,
        ) = look(data, at, end, meanings, kinds)  # fmt: skip
        if used == 0:
            break
        block = first_bits(used)
        heads, others, han = heads & block, others & block, han & block
        left = others
        while left:
            histogram[kinds[np.uint64(lowest(left))]] += 1
            left &= left - ONE
        ascii_bytes = within(data, at, 0x00, 0x7F) & block
        plain = ascii_letters(data, at) & block
        figures = within(data, at, 0x30, 0x39) & block
        blanks = within(data, at, SPACE_BYTE, SPACE_BYTE) & block
        hashes = count_rare(
            data, at, ascii_bytes & ~(plain | figures | blanks), histogram, meanings
        )
        solid = block & ~blank
        runs = solid & ~((solid << ONE) | before)
        pieces = solid & ~cells
        tails = block & ~heads
        if pieces:
            starts = pieces & ~(pieces << ONE)
            ends = (pieces << ONE) & ~pieces
            dumb = pieces & ~letters
            without = (dumb + (starts & dumb)) & ~pieces
            # What may make a word without letters a symbol: -, . and the last byte of … and ⋯.
            dots = within(data, at, 0x2D, 0x2E)
            dots |= within(data, at, 0xE2, 0xE2) & (
                (within(data, at, 0xA6, 0xA6) | within(data, at, 0xAF, 0xAF)) >> TWO
            )
            if hashes or dots & dumb:
                symbols += symbol_words(data, at, pieces, letters, tails, meanings)
            dumb &= ~numerals
            dropped = (dumb + (starts & dumb)) & ~pieces
            dropped &= ~((pieces + (starts & runs)) & ~solid)
            # From its end a dropped piece is filled backwards; it is of one kind.
            backwards = turned(dumb)
            filled = turned(backwards & ~(backwards + turned(dropped >> ONE)))
            kept = pieces & ~filled
            words += ones(ends) - ones(dropped)
            dumb_words += ones(without) - ones(dropped)
            characters += ones(kept & heads)
            longest = longest_word(kept, tails, longest)
        twins = repeated(data, at, 1) & ascii_bytes & solid & (solid >> ONE)
        if solid:
            run = max(run, 1)
        if twins:
            run = longer_run(twins, run - 1, 1) + 1
        if twos & block:
            run = longer_run(twos & block, run - 1, 2) + 1
        if threes & block:
            run = longer_run(threes & block, run - 1, 3) + 1
        split += ones(runs)
        unspaced_words += ones(unspaced & block)
        marks += ones(hanging & heads)
        han_letters += ones(han)
        plain_letters += ones(plain) + ones(latin & block)
        cyrillic_letters += ones(cyrillic & block)
        digits += ones(figures)
        spaces += ones(blanks)
        before = solid >> np.uint64(used - 1)
        at += used
        if not (others | han | before):
            break
    histogram[meanings[FIRST_HAN] & 0xFF] += han_letters
    histogram[meanings[0x61] & 0xFF] += plain_letters
    histogram[meanings[CYRILLIC] & 0xFF] += cyrillic_letters
    histogram[meanings[0x30] & 0xFF] += digits
    histogram[meanings[SPACE_BYTE] & 0xFF] += spaces
    out[columns.SPLIT] += split
    out[columns.UNSPACED] += unspaced_words
    out[columns.SPACED] += words
    out[columns.SPACED_CHARACTERS] += characters
    out[columns.WITH_LETTERS] += words - dumb_words
    out[columns.MARKS] += marks
    out[columns.SYMBOL_WORDS] += symbols
    out[columns.LONGEST_WORD] = longest
    out[columns.LONGEST_RUN] = run
    return at, before != 0


@njit(**JOINED)
def count_characters(
    data: np.ndarray,
    start: int,
    end: int,
    histogram: np.ndarray,
    kinds: np.ndarray,
    out: np.ndarray,
    meanings: np.ndarray,
) -> None:
    """Fill the histogram of classes and count words and runs of one document.

    ``kinds`` is room for ``SIZE`` classes.
    """
    at, opened = start, False
    while at < end:
        if not opened and may_begin_block(data[at]):
            at = count_block_words(data, at, end, histogram, out, meanings)
        reached = at
        at, opened = _count_mixed(data, at, end, opened, histogram, kinds, out, meanings)
        if at == reached and at < end:
            at, opened = _walk(data, at, end, opened, histogram, out, meanings)
    out[columns.WORDS] = out[columns.SPACED] + out[columns.UNSPACED]
    out[columns.WITH_LETTERS] += out[columns.UNSPACED]
