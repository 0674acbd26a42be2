"""Keys as they are kept on disk: one or two bytes a character, and four more for one beyond."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from curator.kernels import twin
from curator.kernels.fold import Keys


class NarrowKeys(NamedTuple):
    """Keys in as few bytes as do."""

    lengths: np.ndarray
    """int64[n]: characters of each."""
    forms: np.ndarray
    """uint8[n]: 1, a byte a character; 2, two bytes; 3, two bytes and behind them a supplement of
    four bytes for each character beyond the Basic Multilingual Plane; 4, a byte and such a
    supplement for each beyond Latin-1."""
    starts: np.ndarray
    """int64[n + 1]: where each begins, a multiple of 4."""
    data: np.ndarray
    """uint8[starts[n]], in the byte order of the machine."""


def narrow(keys: Keys, documents: np.ndarray) -> NarrowKeys:
    """Return the keys of ``documents`` (int64[n], positions in ``keys``) in as few bytes as do.

    Javanese in Latin letters takes one byte a character, Chinese two, and six for each ``𠻺``; so
    does Malay with a name in Chinese, and five for each character of that. No documents take none.
    """
    body = twin.body(keys.codepoints, "narrow")
    return NarrowKeys(*body.narrow(keys.offsets, keys.codepoints, documents))


def widen(keys: NarrowKeys, documents: np.ndarray) -> Keys:
    """Return the keys of ``documents`` (int64[n], positions in ``keys``), in their order.

    What folding counted in their texts is not known here: those two arrays are of no length.
    """
    offsets, codepoints = twin.body(keys.data, "narrow").widen(*keys, documents)
    nothing = np.zeros(0, np.int64)
    return Keys(offsets, codepoints, nothing, nothing)


def gather(starts: np.ndarray, data: np.ndarray, documents: np.ndarray, into: np.ndarray) -> None:
    """Copy the bytes of narrow keys into ``into`` (uint8[n]), one behind the other.

    ``starts`` and ``data`` are those of the keys, ``documents`` int64[m] which of them, in any
    order; ``into`` has just the room they need.
    """
    twin.body(data, "narrow").gather(starts, data, documents, into)


def fitting(
    documents: np.ndarray, sizes: np.ndarray, room: int, most: int
) -> list[tuple[int, int]]:
    """Return ranges of ``documents`` whose keys fit into ``room`` bytes, each counted once.

    ``documents`` is uint32[n], positions in ``sizes`` (int64[m], bytes), in any order and more than
    once; ranges are as long as can be, up to ``most``, and follow one another. One whose key does
    not fit is alone, or repeated alone, in its range. No documents give no range.
    """
    bounds = twin.body(sizes, "narrow").fitting(documents, sizes, room, most).tolist()
    return list(itertools.pairwise(bounds))
