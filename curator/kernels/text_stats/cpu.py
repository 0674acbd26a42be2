"""Host body of the text statistics: short loops over a document while it is in cache.

The first loop reads characters and words, by blocks of 64 bytes in every script: it counts them,
writes down where words are for the n-grams, or both after one look. The loop over lines and
addresses looks at blocks alone and costs little. Nanoseconds a byte, one core of an AMD EPYC of
2.6 GHz, Cantonese Wikipedia, Gujarati and Indonesian: characters 1.2, 2.7 and 1.1, lines 0.3, 0.2
and 0.5, addresses 0.1 each. Looking up common CJK marks by comparing vectors is no faster than
one by one, and slower in documents of one sentence.

Of a document of one sentence, counts are written down with those of fifteen others: row by row,
the branches over some fifty columns took as long as the counting of its lines. All results lie in
one piece of memory, since the system clears many small ones far more slowly.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from curator.kernels.blocks import BARE, JOINED, SIZE, filled, lowest
from curator.kernels.compiled import njit
from curator.kernels.text_stats.characters import read_document
from curator.kernels.text_stats.classes import SCRIPTS
from curator.kernels.text_stats.columns import FOLLOWED
from curator.kernels.text_stats.lanes import TOGETHER, add_lanes, move_lanes
from curator.kernels.text_stats.lines import count_lines
from curator.kernels.text_stats.membership import count_listed_characters, count_listed_words
from curator.kernels.text_stats.ngrams import (
    LONGEST,
    SHORTEST,
    Rooms,
    count_ngrams,
    room_for_ngrams,
)
from curator.kernels.text_stats.repetition import repetition, repetition_after_counts
from curator.kernels.text_stats.spans import END_CHARACTER, room_for_words
from curator.kernels.text_stats.widest import LANES

__all__ = [
    "FOLLOWED",
    "count",
    "count_listed_characters",
    "count_listed_words",
    "count_with_ngrams",
    "ngrams",
    "repetition",
    "repetition_after_counts",
]


CLASSES = SIZE
"""Room for the classes of characters; there are some fifty."""
LINES = SIZE // TOGETHER
"""Counts of a few documents that make a block."""
LINE = np.uint64((1 << TOGETHER) - 1)
"""The first of them, as bits of the block."""


@njit(**JOINED)
def _sum_classes(
    histograms: np.ndarray,
    numbers: np.ndarray,
    counts: np.ndarray,
    scripts: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Add up what the classes of some documents count as, and empty their histograms.

    A document has few of the classes, and those beside it mostly the same ones.
    """
    n_counts, bits = counts.shape[1], np.uint64(0)
    for lane in range(TOGETHER):
        bits |= filled(histograms, lane * CLASSES)
    while bits:
        kind = lowest(bits)
        bits &= bits - np.uint64(1)
        for lane in range(TOGETHER):
            numbers[lane] = histograms[lane, kind]
            histograms[lane, kind] = 0
        for column in range(n_counts):
            if counts[kind, column]:
                add_lanes(sums, column * TOGETHER, numbers, 0)
        if scripts[kind] >= 0:
            add_lanes(sums, (n_counts + scripts[kind]) * TOGETHER, numbers, 0)


@njit(**JOINED)
def _write_counts(
    first: int, size: int, n_sums: int, found: np.ndarray, sums: np.ndarray, counted: np.ndarray
) -> None:
    """Write the counts of some documents, and empty their rooms.

    What lies far apart is written alone: to read it first takes a while.
    """
    for lane in range(TOGETHER):
        for column in range(len(FOLLOWED)):
            sums[n_sums + column, lane] = found[lane, column]
        for column in range(len(FOLLOWED)):
            found[lane, column] = 0
    for above in range(0, len(sums), LINES):
        bits = filled(sums, above * TOGETHER)
        while bits:
            line = lowest(bits) // TOGETHER
            bits &= ~(LINE << np.uint64(line * TOGETHER))
            column = above + line
            if size == TOGETHER:
                move_lanes(counted, column * counted.shape[1] + first, sums, column * TOGETHER)
                continue
            for lane in range(size):
                counted[column, first + lane] = sums[column, lane]
            for lane in range(TOGETHER):
                sums[column, lane] = 0


@njit(**BARE)
def _write_down(
    first: int,
    size: int,
    counts: np.ndarray,
    scripts: np.ndarray,
    histograms: np.ndarray,
    numbers: np.ndarray,
    found: np.ndarray,
    sums: np.ndarray,
    counted: np.ndarray,
) -> None:
    """Write the counts of some documents; apart from the loops that count, which it slows down."""
    _sum_classes(histograms, numbers, counts, scripts, sums)
    _write_counts(first, size, counts.shape[1] + len(SCRIPTS), found, sums, counted)


@njit(**BARE)
def _count(
    offsets: np.ndarray,
    data: np.ndarray,
    meanings: np.ndarray,
    counts: np.ndarray,
    scripts: np.ndarray,
    histograms: np.ndarray,
    numbers: np.ndarray,
    found: np.ndarray,
    sums: np.ndarray,
    counted: np.ndarray,
    kinds: np.ndarray,
    words: np.ndarray,
    values: np.ndarray,
) -> None:
    """Count all documents; compiled apart from ``_write``, it is a tenth faster."""
    n = len(offsets) - 1
    for first in range(0, n, TOGETHER):
        size = min(TOGETHER, n - first)
        for lane in range(size):
            start, end, out = offsets[first + lane], offsets[first + lane + 1], found[lane]
            read_document(
                data, start, end, True, histograms[lane], kinds, out, False, words, values, meanings
            )
            count_lines(data, start, end, out, meanings)
        _write_down(first, size, counts, scripts, histograms, numbers, found, sums, counted)


@njit(**BARE)
def _write(
    counting: bool,
    offsets: np.ndarray,
    data: np.ndarray,
    meanings: np.ndarray,
    counts: np.ndarray,
    scripts: np.ndarray,
    histograms: np.ndarray,
    numbers: np.ndarray,
    found: np.ndarray,
    sums: np.ndarray,
    counted: np.ndarray,
    kinds: np.ndarray,
    words: np.ndarray,
    values: np.ndarray,
    rooms: Rooms,
    repeated: np.ndarray,
) -> None:
    """Find n-grams in all documents, and count where wanted."""
    stamp, n_documents = 1, len(offsets) - 1
    for first in range(0, n_documents, TOGETHER):
        size = min(TOGETHER, n_documents - first)
        for lane in range(size):
            start, end, out = offsets[first + lane], offsets[first + lane + 1], found[lane]
            n = read_document(
                data, start, end, counting, histograms[lane], kinds, out, True, words, values,
                meanings,
            )  # fmt: skip
            if counting:
                count_lines(data, start, end, out, meanings)
            for behind in range(LANES):
                words[END_CHARACTER, n + behind] = 0
            stamp = count_ngrams(
                data, start, words, values, n, stamp, rooms, repeated[:, first + lane]
            )
        if counting:
            _write_down(first, size, counts, scripts, histograms, numbers, found, sums, counted)


def _rooms(shapes: Sequence[tuple[int, int]]) -> list[np.ndarray]:
    """Return arrays of zeros, int64, that begin where a vector is read at once."""
    sizes = [math.prod(shape) for shape in shapes]
    memory = np.zeros(sum(sizes) + SIZE // 8, np.int64)
    at = -memory.__array_interface__["data"][0] % SIZE // 8
    ends = itertools.accumulate(sizes, initial=at)
    return [
        memory[end : end + size].reshape(shape)
        for end, size, shape in zip(ends, sizes, shapes, strict=False)
    ]


def _read(
    offsets: np.ndarray,
    data: np.ndarray,
    meanings: np.ndarray,
    counts: np.ndarray,
    scripts: np.ndarray,
    counting: bool,
    writing: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return what ``count`` and ``ngrams`` return; zeros of no documents for what is not asked.

    A column lies in one piece of memory, and what no document counts is never touched.
    """
    n, n_counts, n_followed = len(offsets) - 1, counts.shape[1], len(FOLLOWED)
    n_sums = n_counts + len(SCRIPTS)
    lengths = LONGEST - SHORTEST + 1
    # One piece: memory in many smaller ones takes the system far longer to clear.
    n_columns, fields = (n_sums + n_followed) * counting, 2 * writing
    whole = np.zeros((n_columns + fields * lengths) * n, np.int64)
    counted = whole[: n_columns * n].reshape(n_columns, n)
    repeated = whole[n_columns * n :].reshape(fields, n, lengths)
    words, values, kinds = room_for_words(offsets if writing else offsets[:1])
    room = -(-n_followed // 8) * 8
    sizes = (
        (TOGETHER, CLASSES), (1, TOGETHER), (TOGETHER, room),
        (-(-(n_sums + room) // LINES) * LINES, TOGETHER),
    )  # fmt: skip
    rooms = _rooms(sizes)
    rooms[1] = rooms[1].ravel()
    arguments = offsets, data, meanings, counts, scripts, *rooms, counted, kinds, words, values
    if writing:
        _write(counting, *arguments, room_for_ngrams(words), repeated)
    else:
        _count(*arguments)
    summed, letters, followed = counted[:n_counts], counted[n_counts:n_sums], counted[n_sums:]
    return summed.T, letters.T, followed.T, repeated.transpose(1, 2, 0)


def count(
    offsets: np.ndarray,
    data: np.ndarray,
    meanings: np.ndarray,
    counts: np.ndarray,
    scripts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the summed counts, the letters by script and the followed counts, a row a document."""
    return _read(offsets, data, meanings, counts, scripts, True, False)[:3]


def ngrams(offsets: np.ndarray, data: np.ndarray, meanings: np.ndarray) -> np.ndarray:
    """Return int64[n, 9, 2]: the fields of ``NGrams`` for every length from ``SHORTEST``.

    Holds up to 42 bytes for a byte of the longest document, 30 for one of Latin script.
    """
    counts, scripts = np.zeros((CLASSES, 0), np.int64), np.full(1, -1, np.int64)
    return _read(offsets, data, meanings, counts, scripts, False, True)[3]


def count_with_ngrams(
    offsets: np.ndarray,
    data: np.ndarray,
    meanings: np.ndarray,
    counts: np.ndarray,
    scripts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return what ``count`` and ``ngrams`` do, after one look at the text."""
    return _read(offsets, data, meanings, counts, scripts, True, True)
