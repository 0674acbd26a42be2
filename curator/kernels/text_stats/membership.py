"""Counting listed words and listed characters in text."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import BARE
from curator.kernels.compiled import njit
from curator.kernels.text_stats.characters import read_document
from curator.kernels.text_stats.columns import FOLLOWED
from curator.kernels.text_stats.spans import (
    END_BYTE,
    FIRST_BYTE,
    HASHED,
    room_for_words,
    value_of,
)
from curator.kernels.text_stats.words import is_same
from curator.kernels.unicode.decode import decode


@njit(**BARE)
def _count_listed_words(
    offsets: np.ndarray,
    data: np.ndarray,
    words: np.ndarray,
    values: np.ndarray,
    kinds: np.ndarray,
    histogram: np.ndarray,
    found: np.ndarray,
    meanings: np.ndarray,
    listed_offsets: np.ndarray,
    listed: np.ndarray,
    listed_values: np.ndarray,
    out: np.ndarray,
) -> None:
    for entry in range(len(listed_values)):
        listed_values[entry] = value_of(listed, listed_offsets[entry], listed_offsets[entry + 1])
    for row in range(len(out)):
        start, end = offsets[row], offsets[row + 1]
        n = read_document(
            data, start, end, False, histogram, kinds, found, True, words, values, meanings
        )
        for word in range(n):
            for entry in range(len(listed_offsets) - 1):
                if values[word] != listed_values[entry]:
                    continue
                first, last = start + words[FIRST_BYTE, word], start + words[END_BYTE, word]
                wanted = listed[listed_offsets[entry] : listed_offsets[entry + 1]]
                if values[word] < HASHED or is_same(data, first, last, wanted):
                    out[row] += 1
                    break


def count_listed_words(
    offsets: np.ndarray,
    data: np.ndarray,
    meanings: np.ndarray,
    listed_offsets: np.ndarray,
    listed: np.ndarray,
) -> np.ndarray:
    """Return int64[n]: how many words of each document are on a list, itself given as text."""
    out = np.zeros(len(offsets) - 1, np.int64)
    room = *room_for_words(offsets), np.zeros(256, np.int64), np.zeros(len(FOLLOWED), np.int64)
    listed_values = np.empty(len(listed_offsets) - 1, np.uint64)
    _count_listed_words(offsets, data, *room, meanings, listed_offsets, listed, listed_values, out)
    return out


@njit(cache=True, nogil=True)
def count_listed_characters(
    offsets: np.ndarray, data: np.ndarray, listed: np.ndarray
) -> np.ndarray:
    """Return int64[n]: how many characters of each document are on a list, bool[0x110000]."""
    out = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(out)):
        at, end, total = offsets[row], offsets[row + 1], 0
        while at < end:
            point, size = decode(data, at)
            total += listed[point]
            at += size
        out[row] = total
    return out
