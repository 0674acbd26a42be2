"""How much of what two documents share is rare."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.copies.candidates import band_tasks, common_piece, unpack
from curator.dedup.copies.signing import signed_piece
from curator.dedup.layout import LAYOUT
from curator.dedup.pieces import piece, read_arrays
from curator.kernels.bands import count_shared, take_columns

ASKED_AT_ONCE = 1 << 16
"""Pairs whose bands are compared at one time, at 8 bytes a band each."""
HERE = 1 << 12
"""So many are compared without tasks, in some milliseconds; more make two tasks at least."""


def rare_shares(packed: np.ndarray, name: str, work: Path, client: Any | None) -> np.ndarray:
    """Return float64[n]: of the buckets each pair shares, the share that is rare; 0 without any.

    ``packed`` is uint64[n], pairs of rows, best in rising order; ``name`` names the pieces.
    """
    if len(packed) <= HERE:
        return _shares(packed, work)
    asked = work / f"{name}-asked"
    piece(asked, lambda: {"pairs": packed})
    n_tasks = max(2, -(-len(packed) // ASKED_AT_ONCE))
    cuts = [len(packed) * number // n_tasks for number in range(n_tasks + 1)]
    paths = run_tasks(
        partial(_shares_task, asked=asked, work=work),
        list(itertools.pairwise(cuts)),
        client,
    )
    return np.concatenate([read_arrays(path)["share"] for path in paths])


def _shares_task(item: tuple[int, int], asked: Path, work: Path) -> Path:
    start, stop = item
    path = asked.with_name(f"{asked.name}-{start:010d}")
    if not path.exists():
        piece(path, lambda: {"share": _shares(read_arrays(asked)["pairs"][start:stop], work)})
    return path


def _shares(packed: np.ndarray, work: Path) -> np.ndarray:
    rows, places = np.unique(unpack(packed), return_inverse=True)
    pairs = places.reshape(-1, 2)
    tasks = band_tasks(work)
    n_bands = sum(len(group) for group in tasks.groups)
    hashes = _bands_of(rows, n_bands, work)
    shared, common = np.zeros(len(packed), np.int64), np.zeros(len(packed), np.int64)
    for number, of_range in itertools.product(range(len(tasks.groups)), range(tasks.n_ranges)):
        found = read_arrays(common_piece(work, number, of_range))
        bands = slice(tasks.groups[number][0], tasks.groups[number][-1] + 1)
        again = shared if of_range == 0 else np.zeros_like(shared)
        count_shared(hashes[bands], pairs, found["common"], found["common_starts"], again, common)
    return np.divide(shared - common, shared, out=np.zeros(len(packed)), where=shared > 0)


def _bands_of(rows: np.ndarray, n_bands: int, work: Path) -> np.ndarray:
    """Return uint32[bands, n]: the bands of ``rows`` (int64[n], rising)."""
    hashes = np.empty((n_bands, len(rows)), np.uint32)
    first_rows = read_arrays(work / LAYOUT)["first_rows"]
    parts = np.searchsorted(first_rows, rows, side="right") - 1
    for index in np.unique(parts).tolist():
        start, stop = np.searchsorted(parts, [index, index + 1])
        found = read_arrays(signed_piece(work, index))
        places = np.searchsorted(found["signed"], rows[start:stop])
        take_columns(found["bands"], places, hashes, start)
    return hashes
