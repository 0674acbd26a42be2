"""Documents with equal 128-bit hashes, across the whole corpus."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from curator.dedup.representative import best_first

NO_DOCUMENTS: dict[str, np.ndarray] = {
    "rows": np.zeros(0, np.int64),
    "hashes": np.zeros((0, 2), np.uint64),
    "quality": np.zeros((0, 3), np.uint32),
}
"""What is known of a document: its ordinal, its hash, and the quality ``resolve`` ranks by."""


def repeated(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (members, group) of every hash in ``hashes`` (uint64[n, 2]) that occurs twice or more.

    ``members`` is int64[m], the positions that share their hash with another, class by class and
    rising inside a class; ``group`` is int64[m], the number of each one's class, from 0.
    """
    order = np.argsort(hashes[:, 0], kind="stable")
    first = hashes[order, 0]
    tied = first[1:] == first[:-1]
    second = hashes[order, 1]
    if np.any(tied & (second[1:] != second[:-1])):  # half a collision: sort by both halves
        order = np.lexsort((hashes[:, 1], hashes[:, 0]))
        tied = np.all(hashes[order[1:]] == hashes[order[:-1]], axis=1)
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
) -> tuple[np.ndarray, np.ndarray]:
    """Return (dropped rows, rows kept for them) among documents with equal ``hashes``.

    ``quality`` is uint32[n, 3]: U+FFFD, key length, Traditional characters of each document; with a
    fourth column, penalties that come before these. ``ids_of`` gives the ids of some rows, rising.
    """
    members, group = repeated(hashes)
    rising = np.argsort(members)  # ids are read in the order of the parts
    members, group = members[rising], group[rising]
    chosen = quality[members]
    ids = ids_of(rows[members])
    order = ranked(chosen, ids)
    by_group = order[np.argsort(group[order], kind="stable")]
    is_best = np.ones(len(by_group), np.bool_)
    is_best[1:] = group[by_group][1:] != group[by_group][:-1]
    best = by_group[is_best][group[by_group]]
    dropped = rows[members[by_group]][~is_best]
    return dropped, rows[members[best]][~is_best]
