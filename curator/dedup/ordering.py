"""Orders of many documents by one number first: what comes after it is looked at where it ties.

Sorting 225,000 documents by four columns, the last one text, took .2 s; so it takes .03.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from curator import schema
from curator.arrow_numpy import arrow_array, numpy_array
from curator.kernels.bands import sort_rising
from curator.kernels.buffers import Utf8
from curator.later import pc

WORD_BITS, WORD_BYTES = 64, 8
MOST_SHARED = 256
"""First bytes that all texts share and that are passed over, at most."""
BYTE_BITS = np.uint64(8)


def order_of(
    first: np.ndarray,
    then: Callable[[np.ndarray], Sequence[np.ndarray]],
    bits: int = WORD_BITS,
) -> np.ndarray:
    """Return int64[n]: the order in which ``first`` (uint64[n], below 2**``bits``) rises.

    Where it is the same for some, ``then`` is given their positions, int64[m], and gives arrays of
    m numbers to go on with, the most important one first. Last comes the position.
    """
    # The position fills the low bits, in place of what does not fit: numbers are sorted in a fifth
    # of the time that their positions are.
    of_position = len(first).bit_length()
    lost = max(0, bits + of_position - WORD_BITS)
    keys = first >> np.uint64(lost) << np.uint64(of_position)
    keys |= np.arange(len(first), dtype=np.uint64)
    sort_rising(keys, bits - lost + of_position)
    order = (keys & np.uint64((1 << of_position) - 1)).view(np.int64)
    keys >>= np.uint64(of_position)
    same = keys[1:] == keys[:-1]
    if lost:
        same = _settled(order, same, lambda members: [first[members]])
    _settled(order, same, then)
    return order


def _settled(
    order: np.ndarray, same: np.ndarray, then: Callable[[np.ndarray], Sequence[np.ndarray]]
) -> np.ndarray:
    """Go on with ``order``, in place, where ``same`` (bool[n - 1]): by ``then``, see ``order_of``.

    Return ``same`` anew: whether each is the same as the one before also by that.
    """
    inside = np.zeros(len(order) + 1, np.bool_)
    inside[1:-1] = same
    places = np.flatnonzero(inside[1:] | inside[:-1])
    still = np.zeros_like(same)
    if not len(places):
        return still
    members = order[places]
    numbers = [np.cumsum(~inside[places]), *then(members)]
    inner = np.lexsort([members, *reversed(numbers)])
    order[places] = members[inner]
    equal = [number[inner[1:]] == number[inner[:-1]] for number in numbers]
    still[places[:-1][np.logical_and.reduce(equal)]] = True
    return still


def by_hash(hashes: np.ndarray) -> np.ndarray:
    """Return int64[n]: the order in which ``hashes`` (uint64[n, 2]) rise, equal ones as given."""
    return order_of(np.ascontiguousarray(hashes[:, 0]), lambda members: [hashes[members, 1]])


def packed_columns(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, int, list[np.ndarray]]:
    """Return uint64[n], as many of ``columns`` in one number as fit, its bits, and what is left.

    ``columns`` are numbers from 0 of at most 64 bits, one or more, the most important one first.
    """
    packed, bits = np.zeros(len(columns[0]), np.uint64), 0
    for place, column in enumerate(columns):
        width = int(column.max(initial=0)).bit_length()
        if bits + width > WORD_BITS:
            return packed, bits, list(columns[place:])
        packed = (packed << np.uint64(width)) | column if bits else column.astype(np.uint64)
        bits += width
    return packed, bits, []


def text_ranks(texts: pa.ChunkedArray | pa.LargeStringArray) -> np.ndarray:
    """Return int64[n]: which place each text has by code point, equal ones as given.

    ``嘅, a, b`` give 2, 0, 1. There are no nulls among ``texts``.
    """
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    buffers = [schema.text_buffers(chunk) for chunk in chunks]
    ranks = np.empty(len(texts), np.int64)
    if not len(texts):
        return ranks
    words = _first_words(buffers)
    ranks[order_of(words, lambda members: [_ranks_among(texts, members)])] = np.arange(len(texts))
    return ranks


def _ranks_among(texts: pa.ChunkedArray | pa.LargeStringArray, members: np.ndarray) -> np.ndarray:
    """Return int64[m], rising as the texts at ``members`` (int64[m], each once) do."""
    chosen = np.zeros(len(texts), np.bool_)
    chosen[members] = True
    # Arrow compares the bytes of UTF-8, which is by code point, and its sort is stable.
    rising = numpy_array(pc.sort_indices(texts.filter(arrow_array(chosen))))
    places = np.empty(len(rising), np.int64)
    places[rising] = np.arange(len(rising))
    return places[np.cumsum(chosen)[members] - 1]


def _first_words(buffers: Sequence[Utf8]) -> np.ndarray:
    """Return uint64[n], rising as the texts do: eight bytes behind those that all texts share.

    Shorter texts end in zeros. The same number is no sign that two texts are the same.
    """
    shared, shortest = (
        0,
        min(int(np.diff(some.offsets).min(initial=MOST_SHARED)) for some in buffers),
    )
    while True:
        words = np.concatenate([_words(some, shared) for some in buffers])
        differing = int(np.bitwise_or.reduce(words ^ words[:1]))
        n_same = (WORD_BITS - differing.bit_length()) // WORD_BYTES
        n_same = min(n_same, shortest - shared)
        if n_same <= 0:
            return words
        shared += n_same


def _words(texts: Utf8, start: int) -> np.ndarray:
    """Return uint64[n]: eight bytes of each text from ``start``, the first one the highest."""
    first, last = texts.offsets[[0, -1]].tolist()
    data = np.zeros(last - first + WORD_BYTES, np.uint8)
    data[: last - first] = texts.data[first:last]
    anywhere = np.ndarray(len(data) - WORD_BYTES + 1, ">u8", data, strides=(1,))
    words = anywhere[texts.offsets[:-1] - first + start].astype(np.uint64)
    n_bytes = np.clip(np.diff(texts.offsets) - start, 0, WORD_BYTES).astype(np.uint64)
    beyond = (np.uint64(WORD_BYTES) - n_bytes) * BYTE_BITS
    # in two steps, for no processor shifts by all bits there are
    half = beyond >> np.uint64(1)
    return words >> half >> (beyond - half) << half << (beyond - half)
