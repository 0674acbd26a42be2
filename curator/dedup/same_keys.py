"""Documents with the same key, across the whole corpus, in ranges of the key's hash."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from curator.cluster import run_tasks
from curator.dedup.equality import resolve
from curator.dedup.layout import runs_of, write_layout
from curator.dedup.names import read_names, write_names
from curator.dedup.ordering import by_hash
from curator.dedup.pieces import joined, piece, read_arrays
from curator.dedup.verdicts import row_ids
from curator.io.parts import Corpus

ROWS_AT_ONCE = 1 << 22
"""Documents whose keys are compared at one time, at 120 bytes each and their ids. A corpus of more
is compared in ranges of the hash: the smallest power of two that leaves a range at most so many on
average; documents with one key are in one, however many they are."""
NO_KEYS: dict[str, np.ndarray] = {
    "rows": np.zeros(0, np.int64),
    "hashes": np.zeros((0, 2), np.uint64),
    "quality": np.zeros((0, 3), np.uint32),
    "is_signed": np.zeros(0, np.bool_),
}
NO_FOLLOWERS: dict[str, np.ndarray] = {
    "followers": np.zeros(0, np.int64),
    "heads": np.zeros(0, np.int64),
}
"""Rows to drop, and the row kept for each."""


class SameKeys(NamedTuple):
    """Where the keys of a corpus are, and how they are divided: picklable, so that tasks get it."""

    prefix: str
    """Pieces ``prefix-00000`` and so on, one a part, hold the arrays ``rows``, ``hashes`` and
    ``quality`` (see ``equality.resolve``), and ``signed``, ordinals of some of the rows, or not."""
    n_ranges: int
    runs: int
    """Runs of parts, each sorted by a task; 0 where there is one range."""
    work: Path

    def part(self, index: int) -> Path:
        """Return the piece of a part."""
        return self.work / f"{self.prefix}-{index:05d}"

    def run(self, number: int) -> Path:
        """Return the piece of a sorted run."""
        return self.work / f"keys-{number:05d}"

    def found(self, number: int) -> Path:
        """Return the piece of what was found in a range."""
        return self.work / f"same-{number:05d}"


def settle_keys(
    parts: Corpus, prefix: str, absent: np.ndarray, work: Path, client: Any | None
) -> list[Path]:
    """Return pieces of ``NO_FOLLOWERS`` with, beside, ``ordered`` int64: the signed rows that stay,
    by the hash of their key inside each piece and from piece to piece.

    See ``SameKeys`` for ``prefix``; ``absent`` (int64[n]) take no part.
    """
    n_rows = np.array([part.rows for part in parts.parts], np.int64)
    n_ranges = 1
    while parts.total_rows > n_ranges * ROWS_AT_ONCE:
        n_ranges *= 2
    runs = list(runs_of(n_rows, ROWS_AT_ONCE)) if n_ranges > 1 else []
    keys = SameKeys(prefix, n_ranges, len(runs), work)
    if n_ranges == 1:
        whole = partial(_of_parts, keys, 0, len(n_rows), absent)
        piece(keys.found(0), lambda: _settled(whole(), partial(row_ids, parts)))
        return [keys.found(0)]
    write_layout(parts, work)
    write_names(parts, work, client)
    piece(work / "absent", lambda: {"rows": absent})
    run_tasks(partial(_run_task, keys=keys), list(enumerate(runs)), client)
    run_tasks(partial(_range_task, keys=keys), range(n_ranges), client)
    return [keys.found(number) for number in range(n_ranges)]


def _of_parts(keys: SameKeys, start: int, stop: int, absent: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays of ``NO_KEYS`` for some parts."""
    like = {name: array for name, array in NO_KEYS.items() if name != "is_signed"}
    paths = [keys.part(index) for index in range(start, stop)]
    if paths:
        like["quality"] = read_arrays(paths[0])["quality"][:0]  # three columns or four
    found = joined(paths, like)
    signed = [
        array.get("signed", np.zeros(0, np.int64)).copy() for array in map(read_arrays, paths)
    ]
    found["is_signed"] = np.isin(found["rows"], np.concatenate([NO_KEYS["rows"], *signed]))
    if len(absent):
        present = ~np.isin(found["rows"], absent)
        found = {name: array[present] for name, array in found.items()}
    return found


def _run_task(item: tuple[int, tuple[int, int]], keys: SameKeys) -> None:
    number, (start, stop) = item
    piece(keys.run(number), partial(_sorted, keys, start, stop))


def _sorted(keys: SameKeys, start: int, stop: int) -> dict[str, np.ndarray]:
    found = _of_parts(keys, start, stop, read_arrays(keys.work / "absent")["rows"])
    order = np.argsort(found["hashes"][:, 0], kind="stable")
    return {name: array[order] for name, array in found.items()}


def _range_task(number: int, keys: SameKeys) -> None:
    piece(keys.found(number), partial(_settled_range, number, keys))


def _settled_range(number: int, keys: SameKeys) -> dict[str, np.ndarray]:
    width = (1 << 64) // keys.n_ranges
    lowest, highest = np.uint64(number * width), np.uint64((number + 1) * width - 1)
    slices = []
    for run in range(keys.runs):
        found = read_arrays(keys.run(run))
        start = np.searchsorted(found["hashes"][:, 0], lowest)
        stop = np.searchsorted(found["hashes"][:, 0], highest, side="right")
        # copied: a slice would hold its file open
        slices.append({name: found[name][start:stop].copy() for name in NO_KEYS})
    found = {name: np.concatenate([some[name] for some in slices]) for name in NO_KEYS}
    del slices
    by_row = np.argsort(found["rows"])
    found = {name: found[name][by_row] for name in NO_KEYS}
    return _settled(found, partial(read_names, work=keys.work))


def _settled(
    found: dict[str, np.ndarray], ids_of: Callable[[np.ndarray], pa.ChunkedArray]
) -> dict[str, np.ndarray]:
    is_signed = found.pop("is_signed")
    order = by_hash(found["hashes"])
    followers, heads = resolve(**found, ids_of=ids_of, order=order)
    is_signed[np.searchsorted(found["rows"], followers)] = False
    return {
        "followers": followers,
        "heads": heads,
        "ordered": found["rows"][order[is_signed[order]]],
    }
