"""The host's body of the encoding kernel."""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit
from curator.kernels.pieces.cpu import MAX_WORD, piece_end, point

NO_MERGE = 2**31 - 1
SYMBOLS = 4 * (MAX_WORD + 1)
"""Most symbols of one piece: a space and the letters of a word, each spelled in four bytes."""


@njit(cache=True, nogil=True)
def _slot(pairs: np.ndarray, pair: int) -> np.int64:
    """Return the slot that holds ``pair``, or the empty one where it belongs."""
    mask = len(pairs) - 1
    mixed = np.uint64(pair) * np.uint64(0x9E3779B97F4A7C15)
    slot = np.int64(mixed >> np.uint64(32)) & mask
    while pairs[slot] != -1 and pairs[slot] != pair:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def fill(
    pairs: np.ndarray, merged: np.ndarray, slots: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hash the merges into ``slots`` slots, a power of two greater than their number."""
    table = np.full(slots, -1, np.int64)
    ranks = np.full(slots, NO_MERGE, np.int32)
    results = np.full(slots, -1, np.int32)
    for rank in range(len(pairs)):
        slot = _slot(table, pairs[rank])
        table[slot] = pairs[rank]
        ranks[slot] = rank
        results[slot] = merged[rank]
    return table, ranks, results


@njit(cache=True, nogil=True)
def _spell(
    data: np.ndarray,
    at: int,
    stop: int,
    characters: np.ndarray,
    byte_tokens: np.ndarray,
    symbols: np.ndarray,
) -> int:
    """Write the tokens of single characters, or of their bytes; return how many."""
    count = 0
    while at < stop:
        value, width = point(data, at)
        token = characters[value]
        if token >= 0:
            symbols[count] = token
            count += 1
        else:
            for byte in range(at, at + width):
                symbols[count] = byte_tokens[data[byte]]
                count += 1
        at += width
    return count


@njit(cache=True, nogil=True)
def _merge(
    symbols: np.ndarray,
    slots: np.ndarray,
    count: int,
    pairs: np.ndarray,
    ranks: np.ndarray,
    merged: np.ndarray,
) -> int:
    """Merge in place, lowest rank first and leftmost among equals; return the symbols left."""
    for index in range(count - 1):
        slots[index] = _slot(pairs, np.int64(symbols[index]) << 32 | symbols[index + 1])
    while count > 1:
        best, lowest = -1, NO_MERGE
        for index in range(count - 1):
            if ranks[slots[index]] < lowest:
                best, lowest = index, ranks[slots[index]]
        if best < 0:
            break
        symbols[best] = merged[slots[best]]
        count -= 1
        for index in range(best + 1, count):
            symbols[index] = symbols[index + 1]
            slots[index - 1] = slots[index]
        if best > 0:
            slots[best - 1] = _slot(pairs, np.int64(symbols[best - 1]) << 32 | symbols[best])
        if best < count - 1:
            slots[best] = _slot(pairs, np.int64(symbols[best]) << 32 | symbols[best + 1])
    return count


@njit(cache=True, nogil=True)
def encode(
    offsets: np.ndarray,
    data: np.ndarray,
    classes: np.ndarray,
    characters: np.ndarray,
    byte_tokens: np.ndarray,
    pairs: np.ndarray,
    ranks: np.ndarray,
    merged: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Body of ``curator.kernels.bpe.encode``."""
    n_documents = len(offsets) - 1
    tokens = np.empty(offsets[n_documents] - offsets[0], np.int32)
    lengths = np.zeros(n_documents, np.int64)
    symbols = np.empty(SYMBOLS, np.int64)
    slots = np.empty(SYMBOLS, np.int64)
    total = 0
    for document in range(n_documents):
        at, stop, begin = offsets[document], offsets[document + 1], total
        while at < stop:
            end = piece_end(data, at, stop, classes)
            count = _spell(data, at, end, characters, byte_tokens, symbols)
            count = _merge(symbols, slots, count, pairs, ranks, merged)
            for index in range(count):
                tokens[total + index] = symbols[index]
            total += count
            at = end
        lengths[document] = total - begin
    return tokens[:total].copy(), lengths
