"""Characters and words of one document: by blocks, and one after the other where that is not so."""

from __future__ import annotations

from typing import Any

import numpy as np

from curator.kernels.blocks import (
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
from curator.kernels.compiled import njit
from curator.kernels.fold.blocks import COMPRESSES
from curator.kernels.text_stats import columns
from curator.kernels.text_stats.classes import ATTACHED, DIGIT, LETTER, SPACE, UNSPACED
from curator.kernels.text_stats.mixed import FEW, ONE, READ_BEYOND, THREE, TWO, look
from curator.kernels.text_stats.spans import (
    END_BYTE,
    END_CHARACTER,
    FIRST_BYTE,
    FIRST_CHARACTER,
    value_of,
    write_threes,
    write_words,
)
from curator.kernels.text_stats.threes import write_block
from curator.kernels.text_stats.words import (
    CYRILLIC,
    SPACE_BYTE,
    count_rare,
    end_piece,
    longer_run,
    longest_word,
    may_begin_block,
    read_plain_blocks,
    symbol_words,
)
from curator.kernels.unicode.decode import decode

FIRST_HAN = 0x4E00


@njit(**BARE)
def _walk(
    data: np.ndarray,
    origin: int,
    at: int,
    end: int,
    opened: bool,
    histogram: np.ndarray,
    out: np.ndarray,
    writing: bool,
    n: int,
    character: int,
    words: np.ndarray,
    values: np.ndarray,
    meanings: np.ndarray,
) -> tuple[int, bool, int, int]:
    """Read one character after the other up to where a block may begin, or to the end.

    No piece is open at ``at``; ``opened``: an unspaced character ends there. Returns both, the
    number of words and that of characters.
    """
    written, piece_start, first, piece, seen = n, at, character, 0, 0
    in_run, pure, on_letter, on_unspaced = opened, not opened, opened, opened
    previous, run, longest = -1, 0, out[columns.LONGEST_RUN]
    while True:
        point, size = decode(data, at) if at < end else (SPACE_BYTE, 0)  # space ends all pieces
        meaning = meanings[point]
        flag: Any = np.int64(meaning >> 8)
        cut = not piece and previous >= 0 and not (in_run and (flag & ATTACHED or not on_unspaced))
        if (at >= end and not piece) or (
            cut and point != previous and at + SIZE + READ_BEYOND <= len(data)
        ):
            break
        if piece and flag & (SPACE | UNSPACED):
            pure &= not flag & UNSPACED
            end_piece(data, piece_start, at, piece, seen, pure, out, meanings)
            if writing and (pure or seen & (LETTER | DIGIT)):
                words[FIRST_BYTE, n], words[END_BYTE, n] = piece_start - origin, at - origin
                words[FIRST_CHARACTER, n], words[END_CHARACTER, n] = first, character
                n += 1
            piece, seen = 0, 0
        if at >= end:
            break
        run = run + 1 if point == previous else 1
        previous = point
        histogram[meaning & 0xFF] += 1
        at += size
        character += 1
        if flag & SPACE:
            in_run, pure, on_letter, on_unspaced = False, True, False, False
            continue
        longest = max(longest, run)
        out[columns.SPLIT] += not in_run
        in_run = True
        if flag & UNSPACED:
            pure, on_letter, on_unspaced = False, True, True
            out[columns.UNSPACED] += 1
            if writing:
                words[FIRST_BYTE, n], words[END_BYTE, n] = at - size - origin, at - origin
                words[FIRST_CHARACTER, n], words[END_CHARACTER, n] = character - 1, character
                n += 1
        elif flag & ATTACHED and on_letter:
            out[columns.MARKS] += 1
            piece += not on_unspaced
            if writing and on_unspaced:
                words[END_BYTE, n - 1], words[END_CHARACTER, n - 1] = at - origin, character
        else:
            piece_start, first = (piece_start, first) if piece else (at - size, character - 1)
            piece += 1
            seen |= flag
            on_letter, on_unspaced = (flag & LETTER) != 0, False
    out[columns.LONGEST_RUN] = longest
    for word in range(written, n):
        start, stop = origin + words[FIRST_BYTE, word], origin + words[END_BYTE, word]
        values[word] = value_of(data, start, stop)
    return at, in_run, n, character


@njit(**JOINED)
def _read_mixed(
    data: np.ndarray,
    origin: int,
    at: int,
    end: int,
    opened: bool,
    counting: bool,
    histogram: np.ndarray,
    kinds: np.ndarray,
    out: np.ndarray,
    writing: bool,
    n: int,
    character: int,
    words: np.ndarray,
    values: np.ndarray,
    meanings: np.ndarray,
) -> tuple[int, bool, int, int]:
    """Read blocks of any script from ``at``, where no piece is open; see ``_walk``.

    Stops before a word that does not fit in a block, before the same character of four bytes
    twice, near the buffer's end, and where blocks of plain letters may go on.
    """
    han_letters, plain_letters, cyrillic_letters, spaces, digits = 0, 0, 0, 0, 0
    split, unspaced_words, spaced, dumb_words, characters, marks = 0, 0, 0, 0, 0, 0
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
        unspaced, cells = unspaced & block, cells & block
        solid = block & ~blank
        runs = solid & ~((solid << ONE) | before)
        pieces = solid & ~cells
        starts = pieces & ~(pieces << ONE)
        ends = (pieces << ONE) & ~pieces
        silent = pieces & ~(letters | numerals)
        # A piece without letter and digit is a word only where it is a run by itself.
        dropped = (silent + (starts & silent)) & ~pieces
        dropped &= ~((pieces + (starts & runs)) & ~solid)
        # From its end a dropped piece is filled backwards; it is of one kind.
        kept = pieces
        if dropped:
            backwards = turned(silent)
            kept &= ~turned(backwards & ~(backwards + turned(dropped >> ONE)))
        if writing:
            firsts = (starts & kept) | unspaced
            lasts = (ends & ~dropped) | ((cells << ONE) & (unspaced | ~cells))
            threes_alone = unspaced & ~((cells & ~unspaced) >> THREE)
            if threes_alone and COMPRESSES:
                write_block(
                    data, at, firsts, heads, n, character, words[FIRST_CHARACTER],
                    words[END_CHARACTER], values,
                )  # fmt: skip
            elif threes_alone:
                write_threes(data, at, firsts, heads, n, character, words, values)
            write_words(
                data, at, origin, firsts & ~threes_alone, firsts, lasts, heads, n, character,
                words, values,
            )  # fmt: skip
            n += ones(firsts)
            character += ones(heads)
        if counting:
            left = others
            if ones(others) <= FEW:
                while left:
                    histogram[kinds[np.uint64(lowest(left))]] += 1
                    left &= left - ONE
            while left:  # of many characters there are few kinds
                kind = kinds[np.uint64(lowest(left))]
                same = within(kinds, 0, kind, kind) & left
                histogram[kind] += ones(same)
                left &= ~same
            ascii_bytes = within(data, at, 0x00, 0x7F) & block
            plain = ascii_letters(data, at) & block
            figures = within(data, at, 0x30, 0x39) & block
            blanks = within(data, at, SPACE_BYTE, SPACE_BYTE) & block
            hashes = count_rare(
                data, at, ascii_bytes & ~(plain | figures | blanks), histogram, meanings
            )
            tails = block & ~heads
            if pieces:
                dumb = pieces & ~letters
                without = (dumb + (starts & dumb)) & ~pieces
                # What may make a word without letters a symbol: -, . and the last byte of …, ⋯.
                dots = within(data, at, 0x2D, 0x2E)
                dots |= within(data, at, 0xE2, 0xE2) & (
                    (within(data, at, 0xA6, 0xA6) | within(data, at, 0xAF, 0xAF)) >> TWO
                )
                if hashes or dots & dumb:
                    symbols += symbol_words(data, at, pieces, letters, tails, meanings)
                spaced += ones(ends) - ones(dropped)
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
            unspaced_words += ones(unspaced)
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
    out[columns.SPACED] += spaced
    out[columns.SPACED_CHARACTERS] += characters
    out[columns.WITH_LETTERS] += spaced - dumb_words
    out[columns.MARKS] += marks
    out[columns.SYMBOL_WORDS] += symbols
    out[columns.LONGEST_WORD] = longest
    out[columns.LONGEST_RUN] = run
    return at, before != 0, n, character


@njit(cache=True, nogil=True, inline="always")
def read_document(
    data: np.ndarray,
    start: int,
    end: int,
    counting: bool,
    histogram: np.ndarray,
    kinds: np.ndarray,
    out: np.ndarray,
    writing: bool,
    words: np.ndarray,
    values: np.ndarray,
    meanings: np.ndarray,
) -> int:
    """Count classes, words and runs of one document, and write down where its words are.

    ``counting``: fill ``histogram`` and ``out``; otherwise something is written there all the
    same. ``writing``: write every word into ``words`` and ``values`` (see ``room_for_words``) and
    return their number; otherwise 0. ``kinds`` is room for ``2 * SIZE`` classes. One body for
    both: looking at the text takes longer than either, and the two agree on what a word is.
    """
    at, opened, n, character = start, False, 0, 0
    while at < end:
        if not opened and may_begin_block(data[at]):
            at, n, character = read_plain_blocks(
                data, start, at, end, counting, histogram, out,
                writing, n, character, words, values, meanings,
            )  # fmt: skip
        reached = at
        at, opened, n, character = _read_mixed(
            data, start, at, end, opened, counting, histogram, kinds, out,
            writing, n, character, words, values, meanings,
        )  # fmt: skip
        if at == reached and at < end:
            at, opened, n, character = _walk(
                data, start, at, end, opened, histogram, out,
                writing, n, character, words, values, meanings,
            )  # fmt: skip
    out[columns.WORDS] = out[columns.SPACED] + out[columns.UNSPACED]
    out[columns.WITH_LETTERS] += out[columns.UNSPACED]
    return n
