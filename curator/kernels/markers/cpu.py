"""Host body of the marker counts."""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit
from curator.kernels.text_stats.classes import ATTACHED, DIGIT, LETTER
from curator.kernels.unicode.decode import decode


@njit(cache=True, nogil=True)
def _in_word(data: np.ndarray, at: int, end: int, classes: np.ndarray, flags: np.ndarray) -> bool:
    """Return whether the character at byte ``at`` continues a word; none does at the end."""
    if at >= end:
        return False
    point, _ = decode(data, at)
    return flags[classes[point]] & (LETTER | DIGIT | ATTACHED) != 0


@njit(cache=True, nogil=True)
def _longest(
    data: np.ndarray,
    at: int,
    end: int,
    children: np.ndarray,
    group: np.ndarray,
    whole_words: bool,
    classes: np.ndarray,
    flags: np.ndarray,
) -> tuple[int, np.int32]:
    """Return the end and group of the longest word that begins at byte ``at``; group -1: none."""
    node, best_end, best = np.int32(0), at, np.int32(-1)
    while at < end:
        byte = data[at]
        if 0x41 <= byte <= 0x5A:
            byte |= 0x20
        node = children[node, byte]
        if node == 0:
            break
        at += 1
        if group[node] != -1 and not (whole_words and _in_word(data, at, end, classes, flags)):
            best_end, best = at, group[node]
    return best_end, best


@njit(cache=True, nogil=True)
def count(
    offsets: np.ndarray,
    data: np.ndarray,
    children: np.ndarray,
    group: np.ndarray,
    starts: np.ndarray,
    n_groups: int,
    whole_words: bool,
    classes: np.ndarray,
    flags: np.ndarray,
) -> np.ndarray:
    """Return int64[n, n_groups]; see the contract."""
    counts = np.zeros((len(offsets) - 1, n_groups), np.int64)
    for row in range(len(counts)):
        at, end, inside = offsets[row], offsets[row + 1], False
        while at < end:
            point, size = decode(data, at)
            if starts[point] and not inside:
                stop, found = _longest(data, at, end, children, group, whole_words, classes, flags)
                if found >= 0:
                    counts[row, found] += 1
                if found != -1:
                    at = stop
                    continue
            if whole_words:
                inside = flags[classes[point]] & (LETTER | DIGIT | ATTACHED) != 0
            at += size
    return counts
