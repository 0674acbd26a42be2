"""Fourth step of the classical rule: what pairs have in common, two parts at a time."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.copies.candidates import MOST_ROWS, ROW_BITS, unpack
from curator.dedup.copies.prepared import load_prepared
from curator.dedup.pieces import piece, read_arrays, write_arrays
from curator.io.parts import Corpus, Part
from curator.kernels.jaccard import jaccard
from curator.kernels.shingles import ShingleSets

HERE = 50_000
"""So many pairs are compared without tasks: less than a tenth of a second."""
PAIRS_AT_ONCE = 50_000
"""Pairs that one task compares at most. For each part that they lead to, its piece is mapped anew,
so many small tasks would map more than they compare."""


def shares_in_common(
    corpus: Corpus,
    packed: np.ndarray,
    at_least: float,
    name: str,
    work: Path,
    client: Any | None,
) -> np.ndarray:
    """Return float64[n]: the Jaccard similarity of pairs of rows, 0 where it is below ``at_least``.

    ``packed`` is uint64[n], rising. ``work`` holds the shingle sets of the documents, see
    ``prepare``; ``name`` names the pieces: one a task, for pairs whose first row is in one part.
    """
    items = []
    for index, part in enumerate(corpus.parts):
        start, stop = _range_of(packed, part)
        cuts = [*range(start, stop, PAIRS_AT_ONCE), stop]
        items += [(index, *cut) for cut in itertools.pairwise(cuts)]
    result = np.zeros(len(packed), np.float64)
    first_rows = np.array([part.first_row for part in corpus.parts], np.int64)
    if len(packed) <= HERE:
        for index, start, stop in items:
            pairs = unpack(packed[start:stop])
            result[start:stop] = _compare_part(index, pairs, first_rows, at_least, work)
        return result
    # Read from a file by every task: sent with each, the layout would grow with parts squared.
    pairs_path = work / f"{name}-pairs"
    asked = {"pairs": packed, "first_rows": first_rows}
    piece(pairs_path, lambda: asked)
    run = partial(_compare_task, at_least=at_least, pairs_path=pairs_path, work=work)
    for (_, start, stop), path in zip(items, run_tasks(run, items, client), strict=True):
        result[start:stop] = read_arrays(path)["found"]
    return result


def _range_of(packed: np.ndarray, part: Part) -> tuple[int, int]:
    bounds = np.array([part.first_row, part.first_row + part.rows], np.uint64) << ROW_BITS
    if part.first_row + part.rows >= MOST_ROWS:
        return int(np.searchsorted(packed, bounds[0])), len(packed)
    start, stop = np.searchsorted(packed, bounds)
    return int(start), int(stop)


def _compare_task(
    item: tuple[int, int, int], at_least: float, pairs_path: Path, work: Path
) -> Path:
    index, start, stop = item
    path = pairs_path.with_name(f"{pairs_path.name}-{start:010d}")
    if not path.exists():
        asked = read_arrays(pairs_path)
        pairs = unpack(asked["pairs"][start:stop])
        found = _compare_part(index, pairs, asked["first_rows"], at_least, work)
        write_arrays(path, {"found": found})
    return path


def _compare_part(
    index: int, pairs: np.ndarray, first_rows: np.ndarray, at_least: float, work: Path
) -> np.ndarray:
    result = np.zeros(len(pairs), np.float64)
    left = load_prepared(work, index)
    other = np.searchsorted(first_rows, pairs[:, 1], side="right") - 1
    by_part = np.argsort(other, kind="stable")
    cuts = np.flatnonzero(np.diff(other[by_part])) + 1
    for here in np.split(by_part, cuts) if len(pairs) else ():  # two parts are mapped at a time
        number = int(other[here[0]])
        right = left if number == index else load_prepared(work, number)
        places = np.empty((len(here), 2), np.int64)
        places[:, 0] = _places(left["rows"], pairs[here, 0])
        places[:, 1] = _places(right["rows"], pairs[here, 1])
        one, another = (ShingleSets(side["offsets"], side["hashes"]) for side in (left, right))
        result[here] = jaccard(one, another, places, at_least)
    return result


def _places(rows: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return int64[n]: where each of ``asked`` stands in ``rows`` (int64[m], rising)."""
    if len(asked) < len(rows) // 8:
        return np.searchsorted(rows, asked)
    # A table of the part's ordinals: ten times as fast where most are asked for.
    table = np.zeros(int(rows[-1] - rows[0]) + 1, np.int64)
    table[rows - rows[0]] = np.arange(len(rows))
    return table[asked - rows[0]]
