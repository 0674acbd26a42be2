"""Documents with equal 128-bit hashes, across the whole corpus."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from curator.dedup.ordering import by_hash
from curator.dedup.representative import best_first

NO_DOCUMENTS: dict[str, np.ndarray] = {
    "rows": np.zeros(0, np.int64),
    "hashes": np.zeros((0, 2), np.uint64),
    "quality": np.zeros((0, 3), np.uint32),
}
"""What is known of a document: its ordinal, its hash, and the quality ``resolve`` ranks by."""


def _are_same(hashes: np.ndarray, order: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return bool[n]: whether the second half at a place of ``order`` is that at the next one."""
    same: np.ndarray = hashes[order[places], 1] == hashes[order[places + 1], 1]
    return same


def repeated(hashes: np.ndarray, order: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return (members, group) of every hash in ``hashes`` (uint64[n, 2]) that occurs twice or more.

    ``members`` is int64[m], the positions that share their hash with another, class by class and
    rising inside a class; ``group`` is int64[m], the number of each one's class, from 0. ``order``
    is what ``by_hash`` says of the hashes, if that is known.
    """
    order = by_hash(hashes) if order is None else order
    first = hashes[order, 0]
    tied = first[1:] == first[:-1]
    places = np.flatnonzero(tied)
    tied[places] = _are_same(hashes, order, places)
    inside = np.zeros(len(order) + 1, np.bool_)
    inside[1:-1] = tied
    shared = inside[1:] | inside[:-1]
    group = np.cumsum(~inside[:-1][shared]) - 1
    return order[shared], group


def ranked(quality: np.ndarray, ids: pa.ChunkedArray) -> np.ndarray:
    """Return int64[n]: the documents from best to worst; ``quality`` is as for ``resolve``."""
    penalties = quality[:, 3] if quality.shape[1] > 3 else None
    return best_first(quality[:, 0], quality[:, 1], quality[:, 2], ids, penalties)


def resolve(
    rows: np.ndarray,
    hashes: np.ndarray,
    quality: np.ndarray,
    ids_of: Callable[[np.ndarray], pa.ChunkedArray],
    order: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return (dropped rows, rows kept for them) among documents with equal ``hashes``.

    ``quality`` is uint32[n, 3]: U+FFFD, key length, Traditional characters of each document; with a
    fourth column, penalties that come before these. ``ids_of`` gives the ids of some rows, rising.
    ``order`` is what ``by_hash`` says of the hashes, if that is known.
    """
    members, group = repeated(hashes, order)
    rising = np.argsort(members)  # ids are read in the order of the parts
    members, group = members[rising], group[rising]
    chosen = quality[members]
    ids = ids_of(rows[members])
    best = ranked(chosen, ids)
    by_group = best[np.argsort(group[best], kind="stable")]
    is_best = np.ones(len(by_group), np.bool_)
    is_best[1:] = group[by_group][1:] != group[by_group][:-1]
    heads = by_group[is_best][group[by_group]]
    dropped = rows[members[by_group]][~is_best]
    return dropped, rows[members[heads]][~is_best]
