"""Before pairs are compared by Jaccard: the shingle sets of the documents in them, made once."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.copies.signing import Signing, lengths_of, signed_keys, signed_piece
from curator.dedup.copies.standing import ROWS_AT_ONCE
from curator.dedup.documents import CHUNK_BYTES
from curator.dedup.layout import runs_of
from curator.dedup.pieces import piece, read_arrays
from curator.io.parts import Corpus
from curator.kernels.narrow import widen
from curator.kernels.shingles import shingle_sets

AT_ONCE = CHUNK_BYTES >> 2
"""Characters whose shingles are sorted at one time."""


def prepare(
    parts: Corpus, in_pairs: np.ndarray, signing: Signing, work: Path, client: Any | None
) -> None:
    """Write the sorted shingle sets of the rows where ``in_pairs`` (bool[rows of the corpus]).

    There is one piece a part; ``work`` holds the signed pieces, with the keys. The ordinals of
    ``ROWS_AT_ONCE`` rows are held at one time.
    """
    n_rows = np.array([part.rows for part in parts.parts], np.int64)
    for first, last in runs_of(n_rows, ROWS_AT_ONCE):
        items = []
        for index in range(first, last):
            start = parts.parts[index].first_row
            rows = start + np.flatnonzero(in_pairs[start : start + parts.parts[index].rows])
            if len(rows):
                items.append((index, rows))
        run_tasks(partial(_prepare_task, signing=signing, work=work), items, client)


def _prepare_task(item: tuple[int, np.ndarray], signing: Signing, work: Path) -> None:
    index, rows = item
    piece(_prepared_piece(work, index), partial(_sets, signed_piece(work, index), rows, signing))


def _prepared_piece(work: Path, index: int) -> Path:
    return work / f"prepared-{index:05d}"


def _sets(signed: Path, rows: np.ndarray, signing: Signing) -> dict[str, np.ndarray]:
    sizes, hashes = [np.zeros(1, np.int64)], [np.zeros(0, np.uint64)]
    found = read_arrays(signed)
    keys, places = signed_keys(found), np.searchsorted(found["signed"], rows)
    characters = np.cumsum(keys.lengths[places])
    cuts = np.flatnonzero(np.diff(characters // AT_ONCE)) + 1
    for some in np.split(places, cuts):
        wide = widen(keys, some)
        sets = shingle_sets(wide, np.maximum(lengths_of(wide, signing), 1))
        sizes.append(np.diff(sets.offsets))
        hashes.append(sets.hashes)
    offsets = np.cumsum(np.concatenate(sizes))
    return {"rows": rows, "offsets": offsets, "hashes": np.concatenate(hashes)}


def load_prepared(work: Path, index: int) -> dict[str, np.ndarray]:
    """Return what ``prepare`` wrote of a part."""
    return read_arrays(_prepared_piece(work, index))
