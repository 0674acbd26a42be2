"""Third step: pairs are compared, two parts at a time: by sketches, alignment or exact Jaccard."""

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
from curator.dedup.signing import signed_keys, signed_piece
from curator.io.parts import Corpus, Part
from curator.kernels.alignment import align
from curator.kernels.jaccard import jaccard
from curator.kernels.shingles import ShingleSets
from curator.kernels.sketches import overlap

DIGITS = 6
"""Aligned digits from which on they decide: see ``same_numbers``."""
MET_ONCE = 0.05
"""So much more is asked of a pair that met in one bucket alone: most of these are strangers."""
SHORT = (100, 200)
"""Keys shorter than this, in unspaced and in spaced scripts, must be nearly equal: in a sentence or
two on a comet or a street, the few words that differ are all there is to say."""
NEARLY_EQUAL = 0.95
OVERLAP = (0.18, 0.14)
"""Least guessed overlap of a pair worth aligning, unspaced and spaced scripts. Of the copies with
one character in five replaced .5 % and 5 % lie below, of the strangers that met in a bucket two
thirds."""


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
    compare: Callable[
        [dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray, np.ndarray], np.ndarray
    ]
    """``compare(left, right, places, left_better)``: float64[n, columns]; places are int64[n, 2]
    into rows, left_better is bool[n]."""


def load_sketches(work: Path, index: int) -> dict[str, np.ndarray]:
    """Return the signed rows of a part with their sketches and the lengths of their keys."""
    found = read_arrays(signed_piece(work, index))
    return {
        "rows": found["signed"],
        "sketches": found["sketches"],
        "lengths": found["signed_lengths"].astype(np.int64),
        "unspaced": found["signed_unspaced"],
    }


def compare_sketches(
    left: dict[str, np.ndarray],
    right: dict[str, np.ndarray],
    places: np.ndarray,
    left_better: np.ndarray,
) -> np.ndarray:
    """Return float64[n, 1]: by how much the guessed overlap passes what is worth aligning."""
    sizes = (left["lengths"], right["lengths"])
    guessed = overlap(left["sketches"], right["sketches"], places, *sizes)
    least = np.where(left["unspaced"][places[:, 0]], *OVERLAP)
    return (guessed - least)[:, None]


def compare_jaccard(
    left: dict[str, np.ndarray],
    right: dict[str, np.ndarray],
    places: np.ndarray,
    left_better: np.ndarray,
    at_least: float,
) -> np.ndarray:
    """Return float64[n, 1]: exact Jaccard, 0 below ``at_least``."""
    one, other = (ShingleSets(side["offsets"], side["hashes"]) for side in (left, right))
    return jaccard(one, other, places, at_least)[:, None]


def load_keys(work: Path, index: int) -> dict[str, np.ndarray]:
    """Return the signed rows of a part with their keys and scripts."""
    found = read_arrays(signed_piece(work, index))
    return {**found, "rows": found["signed"], "unspaced": found["signed_unspaced"]}


def compare_aligned(
    left: dict[str, np.ndarray],
    right: dict[str, np.ndarray],
    places: np.ndarray,
    left_better: np.ndarray,
    at_least: float,
) -> np.ndarray:
    """Return float64[n, 2]: shares of the lesser document aligned with, and equal to, the better.

    Of each pair the better document is the whole, the other the part. A pair that says the same
    with other numbers, or in a few lines with other words, has 0 in both, and so has one of which
    less than ``at_least`` is aligned.
    """
    result = np.zeros((len(places), 2), np.float64)
    for better, whole, part, columns in (
        (left_better, left, right, [0, 1]),
        (~left_better, right, left, [1, 0]),
    ):
        chosen = np.flatnonzero(better)
        chosen = chosen[np.argsort(places[chosen, columns[0]], kind="stable")]
        result[chosen] = _shares(whole, part, places[chosen][:, columns], at_least)
    return result


def _shares(
    whole: dict[str, np.ndarray], part: dict[str, np.ndarray], pairs: np.ndarray, at_least: float
) -> np.ndarray:
    keys = signed_keys(part)
    found = align(signed_keys(whole), keys, pairs, part["unspaced"], at_least)
    asked = pairs[:, 1]
    lengths = np.maximum(1, keys.lengths[asked])
    shares = np.stack([found.aligned / lengths, found.equal / lengths], axis=1)
    shares[~same_numbers(found.digits, found.equal_digits)] = 0
    short = lengths < np.where(part["unspaced"][asked], *SHORT)
    shares[short & (shares[:, 1] < NEARLY_EQUAL)] = 0
    return shares


def same_numbers(digits: np.ndarray, equal_digits: np.ndarray) -> np.ndarray:
    """Return bool[n]: whether the aligned digits (int64[n]) allow that one is a copy of the other.

    Pages of one template (stations, villages, years, players) differ little in letters, but in
    their numbers: with ``DIGITS`` digits or more, half of them must be the same. Of 12,085 pairs
    of real copies, one character in five changed in some, no one fails; of 5,033 pairs of
    different pages more than 70 % aligned, 3,836 do.
    """
    return (digits < DIGITS) | (2 * equal_digits >= digits)


SKETCHES = Comparison(1, 1_000_000, 1_000_000, load_sketches, compare_sketches)


def by_alignment(at_least: float) -> Comparison:
    """Return the comparison by alignment, pairs of which less is aligned given as 0 in both.

    The more is asked, the sooner a pair of strangers is given up.
    """
    return Comparison(2, 2_000, 50_000, load_keys, partial(compare_aligned, at_least=at_least))


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
    left_better: np.ndarray | None = None,
) -> np.ndarray:
    """Return float64[n, columns]: what ``comparison`` says of ``packed`` (uint64[n], rising) pairs.

    ``name`` names the pieces: one a task, for pairs whose first row is in one part. ``left_better``
    (bool[n]) tells whether the first of a pair is the better, for comparisons that ask.
    """
    if left_better is None:
        left_better = np.ones(len(packed), np.bool_)
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
            better = left_better[start:stop]
            result[start:stop] = _compare_part(index, pairs, better, first_rows, comparison, work)
        return result
    # Read from a file by every task: sent with each, the layout would grow with parts squared.
    pairs_path = work / f"{name}-pairs"
    asked = {"pairs": packed, "left_better": left_better, "first_rows": first_rows}
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
        better = asked["left_better"][start:stop]
        found = _compare_part(index, pairs, better, asked["first_rows"], comparison, work)
        write_arrays(path, {"found": found})
    return path


def _compare_part(
    index: int,
    pairs: np.ndarray,
    left_better: np.ndarray,
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
        result[here] = comparison.compare(left, right, places, left_better[here])
    return result


def _places(rows: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return int64[n]: where each of ``asked`` stands in ``rows`` (int64[m], rising)."""
    if len(asked) < len(rows) // 8:
        return np.searchsorted(rows, asked)
    # A table of the part's ordinals: ten times as fast where most are asked for.
    table = np.zeros(int(rows[-1] - rows[0]) + 1, np.int64)
    table[rows - rows[0]] = np.arange(len(rows))
    return table[asked - rows[0]]
