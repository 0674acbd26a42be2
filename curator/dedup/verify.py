"""Third step: the exact Jaccard of every candidate pair, two parts at a time."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.candidates import MOST_ROWS, ROW_BITS, unpack
from curator.dedup.documents import chosen_texts, chunks
from curator.dedup.pieces import piece, read_arrays, write_arrays
from curator.dedup.signing import Signing, lengths_of
from curator.io.parts import Part, Parts
from curator.kernels.fold import fold
from curator.kernels.jaccard import jaccard
from curator.kernels.shingles import ShingleSets, shingle_sets

PAIRS_AT_ONCE = 100_000
"""Up to this many pairs (a tenth of a second) are compared here and now, without pieces."""


def make_sets(
    parts: Parts, rows: np.ndarray, signing: Signing, work: Path, client: Any | None
) -> None:
    """Write the sorted shingle sets of ``rows`` (int64[n], rising), one piece a part.

    Every document in a candidate pair is folded once; verifying only maps these files.
    """
    items = []
    for index, part in enumerate(parts.parts):
        start, stop = np.searchsorted(rows, [part.first_row, part.first_row + part.rows])
        if start < stop:
            items.append((parts.only(index), rows[start:stop], work / f"sets-{index:05d}"))
    run_tasks(partial(_sets_task, signing=signing), items, client)


def _sets_task(item: tuple[Parts, np.ndarray, Path], signing: Signing) -> None:
    part, rows, path = item
    piece(path, partial(_sets, part, rows, signing))


def _sets(part: Parts, rows: np.ndarray, signing: Signing) -> dict[str, np.ndarray]:
    texts = chosen_texts(part, signing.text_field, rows)
    sizes, hashes = [np.zeros(1, np.int64)], [np.zeros(0, np.uint64)]
    for _, chunk in chunks(texts):
        keys = fold(chunk)
        sets = shingle_sets(keys, np.maximum(lengths_of(keys, signing), 1))
        sizes.append(np.diff(sets.offsets))
        hashes.append(sets.hashes)
    offsets = np.cumsum(np.concatenate(sizes))
    return {"rows": rows, "offsets": offsets, "hashes": np.concatenate(hashes)}


def verified(
    parts: Parts, packed: np.ndarray, at_least: float, name: str, work: Path, client: Any | None
) -> np.ndarray:
    """Return float64[n]: the Jaccard of each of ``packed`` (uint64[n], rising) pairs of rows.

    Values below ``at_least`` are given as 0. The sets of both rows must have been made. ``name``
    names the pieces: one a part, for the pairs whose first row is in it.
    """
    items = []
    for index, part in enumerate(parts.parts):
        start, stop = _range_of(packed, part)
        if start < stop:
            items.append((index, start, stop))
    result = np.zeros(len(packed), np.float64)
    first_rows = np.array([part.first_row for part in parts.parts], np.int64)
    if len(packed) <= PAIRS_AT_ONCE:
        for index, start, stop in items:
            pairs = unpack(packed[start:stop])
            result[start:stop] = _similarities(index, pairs, first_rows, at_least, work)
        return result
    # Read from a file by every task: sent with each, the layout would grow with parts squared.
    pairs_path = work / f"{name}-pairs"
    piece(pairs_path, lambda: {"pairs": packed, "first_rows": first_rows})
    run = partial(_verify_task, at_least=at_least, pairs_path=pairs_path, work=work)
    for (_, start, stop), path in zip(items, run_tasks(run, items, client), strict=True):
        result[start:stop] = read_arrays(path)["jaccard"]
    return result


def _range_of(packed: np.ndarray, part: Part) -> tuple[int, int]:
    bounds = np.array([part.first_row, part.first_row + part.rows], np.uint64) << ROW_BITS
    if part.first_row + part.rows >= MOST_ROWS:
        return int(np.searchsorted(packed, bounds[0])), len(packed)
    start, stop = np.searchsorted(packed, bounds)
    return int(start), int(stop)


def _verify_task(item: tuple[int, int, int], at_least: float, pairs_path: Path, work: Path) -> Path:
    index, start, stop = item
    path = pairs_path.with_name(pairs_path.name.replace("-pairs", f"-{index:05d}"))
    if not path.exists():
        asked = read_arrays(pairs_path)
        pairs = unpack(asked["pairs"][start:stop])
        found = _similarities(index, pairs, asked["first_rows"], at_least, work)
        write_arrays(path, {"jaccard": found})
    return path


def _similarities(
    index: int, pairs: np.ndarray, first_rows: np.ndarray, at_least: float, work: Path
) -> np.ndarray:
    result = np.zeros(len(pairs), np.float64)
    left_rows, left = _load(work, index)
    other = np.searchsorted(first_rows, pairs[:, 1], side="right") - 1
    for number in np.unique(other).tolist():  # two parts' sets are mapped at a time
        here = np.flatnonzero(other == number)
        right_rows, right = (left_rows, left) if number == index else _load(work, number)
        places = np.empty((len(here), 2), np.int64)
        places[:, 0] = np.searchsorted(left_rows, pairs[here, 0])
        places[:, 1] = np.searchsorted(right_rows, pairs[here, 1])
        result[here] = jaccard(left, right, places, at_least)
    return result


def _load(work: Path, index: int) -> tuple[np.ndarray, ShingleSets]:
    found = read_arrays(work / f"sets-{index:05d}")
    return found["rows"], ShingleSets(found["offsets"], found["hashes"])
