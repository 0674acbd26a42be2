"""Whether bytes are UTF-8, and how many characters they are, sixty-four bytes a step."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import SIZE, characters_between
from curator.kernels.compiled import njit
from curator.kernels.json_lines.blocks import BEFORE, beyond_ascii, misplaced


@njit(cache=True, nogil=True)
def is_utf8(data):  # type: ignore[no-untyped-def]  # Numba infers the types
    """Return whether all bytes are UTF-8, without halves of surrogate pairs; see the contract."""
    edge = np.zeros(BEFORE + SIZE, np.uint8)
    n = len(data)
    if not _edge_is_utf8(data, 0, edge):
        return False
    # A character may begin in the last bytes of a block, or in the three before it.
    at, open_before = np.int64(SIZE), True
    while at + SIZE <= n:
        high = beyond_ascii(data, at)
        if (high or open_before) and misplaced(data, at):
            return False
        open_before = high >> np.uint64(SIZE - BEFORE) != 0
        at += SIZE
    while at < n + BEFORE:  # zeros after the last byte: it may not be open
        if not _edge_is_utf8(data, at, edge):
            return False
        at += SIZE
    return True


@njit(cache=True, nogil=True)
def _edge_is_utf8(data, at, edge):  # type: ignore[no-untyped-def]
    """Tell whether a block that reaches over an end of the bytes is UTF-8, zeros around them."""
    edge[:] = 0
    for i in range(max(at - BEFORE, 0), min(at + SIZE, len(data))):
        edge[BEFORE + i - at] = data[i]
    return misplaced(edge, BEFORE) == 0


@njit(cache=True, nogil=True)
def count_characters(offsets, data):  # type: ignore[no-untyped-def]
    """Return int64[n]: the code points of each document."""
    counts = np.empty(len(offsets) - 1, np.int64)
    for document in range(len(counts)):
        counts[document] = characters_between(data, offsets[document], offsets[document + 1])
    return counts
