"""Fourth step, with exact Jaccard: pairs are compared, two parts at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.candidates import MOST_ROWS, ROW_BITS, unpack
from curator.dedup.pieces import piece, read_arrays, write_arrays
from curator.dedup.prepared import load_prepared
from curator.io.parts import Corpus, Part
from curator.kernels.jaccard import jaccard
from curator.kernels.shingles import ShingleSets


class Comparison(NamedTuple):
    """How pairs are compared: picklable, so that workers get it."""

    columns: int
    """Numbers given for each pair."""
    here: int
    """So many pairs are compared without tasks: less than a tenth of a second."""
    at_once: int
    """Pairs that one task compares at most. For each part that they lead to, its piece is mapped
    anew, so many small tasks would map more than they compare."""
    load: Callable[[Path, int], dict[str, np.ndarray]]
    """``load(work, part)``: the arrays of one part, with ``rows`` int64[n] among them, rising."""
    compare: Callable[[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray], np.ndarray]
    """``compare(left, right, places)``: float64[n, columns]; places are int64[n, 2] into rows."""


def compare_jaccard(
    left: dict[str, np.ndarray],
    right: dict[str, np.ndarray],
    places: np.ndarray,
    at_least: float,
) -> np.ndarray:
    """Return float64[n, 1]: exact Jaccard, 0 below ``at_least``."""
    one, other = (ShingleSets(side["offsets"], side["hashes"]) for side in (left, right))
    return jaccard(one, other, places, at_least)[:, None]


def by_jaccard(at_least: float) -> Comparison:
    """Return the comparison by exact Jaccard, values below ``at_least`` given as 0."""
    return Comparison(1, 50_000, 50_000, load_prepared, partial(compare_jaccard, at_least=at_least))


def compared(
    parts: Corpus,
    packed: np.ndarray,
    comparison: Comparison,
    name: str,
    work: Path,
    client: Any | None,
) -> np.ndarray:
    """Return float64[n, columns]: what ``comparison`` says of ``packed`` (uint64[n], rising) pairs.

    ``name`` names the pieces: one a task, for pairs whose first row is in one part.
    """
    items = []
    for index, part in enumerate(parts.parts):
        start, stop = _range_of(packed, part)
        cuts = [*range(start, stop, comparison.at_once), stop]
        items += [(index, *cut) for cut in itertools.pairwise(cuts)]
    result = np.zeros((len(packed), comparison.columns), np.float64)
    first_rows = np.array([part.first_row for part in parts.parts], np.int64)
    if len(packed) <= comparison.here:
        for index, start, stop in items:
            pairs = unpack(packed[start:stop])
            result[start:stop] = _compare_part(index, pairs, first_rows, comparison, work)
        return result
    # Read from a file by every task: sent with each, the layout would grow with parts squared.
    pairs_path = work / f"{name}-pairs"
    asked = {"pairs": packed, "first_rows": first_rows}
    piece(pairs_path, lambda: asked)
    run = partial(_compare_task, comparison=comparison, pairs_path=pairs_path, work=work)
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
    item: tuple[int, int, int], comparison: Comparison, pairs_path: Path, work: Path
) -> Path:
    index, start, stop = item
    path = pairs_path.with_name(f"{pairs_path.name}-{start:010d}")
    if not path.exists():
        asked = read_arrays(pairs_path)
        pairs = unpack(asked["pairs"][start:stop])
        found = _compare_part(index, pairs, asked["first_rows"], comparison, work)
        write_arrays(path, {"found": found})
    return path


def _compare_part(
    index: int,
    pairs: np.ndarray,
    first_rows: np.ndarray,
    comparison: Comparison,
    work: Path,
) -> np.ndarray:
    result = np.zeros((len(pairs), comparison.columns), np.float64)
    left = comparison.load(work, index)
    other = np.searchsorted(first_rows, pairs[:, 1], side="right") - 1
    by_part = np.argsort(other, kind="stable")
    cuts = np.flatnonzero(np.diff(other[by_part])) + 1
    for here in np.split(by_part, cuts) if len(pairs) else ():  # two parts are mapped at a time
        number = int(other[here[0]])
        right = left if number == index else comparison.load(work, number)
        places = np.empty((len(here), 2), np.int64)
        places[:, 0] = _places(left["rows"], pairs[here, 0])
        places[:, 1] = _places(right["rows"], pairs[here, 1])
        result[here] = comparison.compare(left, right, places)
    return result


def _places(rows: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return int64[n]: where each of ``asked`` stands in ``rows`` (int64[m], rising)."""
    if len(asked) < len(rows) // 8:
        return np.searchsorted(rows, asked)
    # A table of the part's ordinals: ten times as fast where most are asked for.
    table = np.zeros(int(rows[-1] - rows[0]) + 1, np.int64)
    table[rows - rows[0]] = np.arange(len(rows))
    return table[asked - rows[0]]
