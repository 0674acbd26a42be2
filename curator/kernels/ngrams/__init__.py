"""Exact counts of characters and character n-grams, as sorted integer keys.

An n-gram is named by two smaller numbers, the ranks of its first and of its last n − 1 characters,
so every key is one exact uint64 at any length; nothing is hashed lossily, nothing is estimated.
"""

from __future__ import annotations

import numpy as np

from curator.kernels.buffers import Utf8
from curator.kernels.twin import body

FIRST_SLOTS = 1 << 12


def code_points(texts: Utf8) -> tuple[np.ndarray, np.ndarray]:
    """Decode UTF-8 to code points: int32[n], and bounds int64[n_documents + 1] of the documents.

    Empty text gives no code points.
    """
    return body(texts.data, "ngrams").code_points(texts.offsets, texts.data)


def pair_keys(ranks: np.ndarray) -> np.ndarray:
    """Join neighbours: uint64[n - 1] ``ranks[i] << 32 | ranks[i + 1]``, at most 2**63.

    ``ranks`` is int32[n]; a negative rank is no n-gram, and a pair with one gives the key ``NONE``.
    """
    return body(ranks, "ngrams").pair_keys(ranks)


def neighbour_keys(
    ranks: np.ndarray, points: np.ndarray, inside: np.ndarray, step: int
) -> np.ndarray:
    """Join each n-gram with the character ``step`` places from its first: uint64[n].

    The key is ``rank << 21 | code point``. ``inside`` is bool[n]; where the neighbour is outside a
    run of text, or there is no n-gram, the key is ``NONE``. The caller keeps documents apart by a
    position outside between them.
    """
    return body(ranks, "ngrams").neighbour_keys(ranks, points, inside, step)


NONE = np.uint64(2**64 - 1)
"""Key of nothing; never counted."""


class KeyCounter:
    """Counts uint64 keys and the documents they occur in, exactly.

    Memory: 32 bytes per distinct key over a load of a half.
    """

    def __init__(self) -> None:
        self._table: tuple[np.ndarray, ...] = ()
        self._used = 0

    def __len__(self) -> int:
        """Return the number of distinct keys."""
        return self._used

    def add(self, keys: np.ndarray, documents: np.ndarray) -> None:
        """Count ``keys``, uint64[n]; ``documents``, int64[n], never falls within or between calls.

        ``NONE`` is passed over.
        """
        home = body(keys, "ngrams")
        self._table = self._table or _empty(FIRST_SLOTS, keys)
        at = 0
        while True:
            at, self._used = home.count_keys(keys, documents, at, *self._table, self._used)
            if at >= len(keys):
                return
            grown = _empty(2 * len(self._table[0]), keys)
            home.move_keys(*self._table, *grown)
            self._table = grown

    def result(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the sorted distinct keys, their counts and their document counts (int64)."""
        keys, counts, documents, _ = self._table or _empty(0, np.zeros(0))
        filled = np.flatnonzero(counts)
        order = filled[np.argsort(keys[filled])]
        return keys[order], counts[order], documents[order]


class RankTable:
    """Finds the place of keys in a sorted array: what names an n-gram one character longer."""

    def __init__(self, known: np.ndarray) -> None:
        """Hash ``known``, uint64[k], sorted and distinct; 16 bytes a key over a load of a half."""
        self._table = body(known, "ngrams").rank_table(known)

    def ranks(self, keys: np.ndarray) -> np.ndarray:
        """Return int32[n]: the place of each key among the known, or -1."""
        return body(keys, "ngrams").ranks_of(keys, *self._table)


def _empty(slots: int, like: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return keys, counts, document counts and last documents, in the memory that holds ``like``.

    A count of zero is a free slot.
    """
    return (
        np.zeros(slots, np.uint64, like=like),
        np.zeros(slots, np.int64, like=like),
        np.zeros(slots, np.int64, like=like),
        np.zeros(slots, np.int64, like=like) - 1,
    )
