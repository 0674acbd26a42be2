"""Third step: pairs that met in buckets are counted and looked at, a range of them a task."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.copies.candidates import (
    BAND_TASKS,
    ELIGIBLE,
    MOST_ROWS,
    band_tasks,
    common_piece,
    meet,
    pack,
    unpack,
)
from curator.dedup.copies.signing import Signing
from curator.dedup.copies.sketches import resembling
from curator.dedup.pieces import piece, read_arrays
from curator.kernels.bands import met, sort_pairs

PAIRS_AT_ONCE = 3 << 20
"""Pairs of one range, about, with those that are there once for each of several bands: 40 bytes
each in the task that counts them. More are cut between pairs of rows, even of one first row."""
RANGES = "pair-ranges"
ROWS_SQUARED = MOST_ROWS**2
COMMON_PLACES = 4
"""A pair of unlike length that meets in no bucket of ``ALL_PAIRED``, and any pair that meets in
the largest ones alone, must meet so often to be looked at."""


class Runs(NamedTuple):
    """Documents with their partners: the first arrays of ``bands.Partners``, in any order."""

    firsts: np.ndarray
    n_few: np.ndarray
    ends: np.ndarray
    partners: np.ndarray


NO_RUNS = Runs(
    np.zeros(0, np.uint32), np.zeros(0, np.uint32), np.zeros(0, np.int64), np.zeros(0, np.uint32)
)


def candidates_piece(work: Path, number: int) -> Path:
    """Return the path of the candidate pairs of one range."""
    return work / f"candidates-{number:05d}"


def find_candidates(
    signing: Signing,
    work: Path,
    client: Any | None,
    beside: Sequence[Callable[[], None]] = (),
) -> list[Path]:
    """Return pieces with ``pairs`` (uint64, packed pairs of rows), each once, that rise from piece
    to piece and inside each.

    Where documents have sketches, a pair must meet in a small bucket, or as documents of like
    length in a middle one, or in ``COMMON_PLACES``, and then be alike in these; else any meeting is
    enough.

    ``work`` holds what ``candidates.meet`` needs and the layout of the parts. Bands are sorted as
    tasks, then ranges of pairs are merged as tasks: no process ever holds all pairs. Among these
    ``beside`` are called, which need nothing of them.
    """
    if not _is_counted(work):
        meet(signing, work, client)
        piece(work / RANGES, partial(_cuts, work))
    paths = _found(work)
    tasks: list[Callable[[], Any]] = list(beside)
    tasks += [partial(_range_task, number, signing, work) for number in range(len(paths))]
    run_tasks(operator.call, tasks, client)
    # A quarter of a byte for each byte of input: the system gathers keys where these were.
    for path in band_tasks(work).pieces(work):
        path.unlink(missing_ok=True)
    return paths


def _found(work: Path) -> list[Path]:
    """Return where the pairs of each range are."""
    n_ranges = len(read_arrays(work / RANGES)["lowest"])
    return [candidates_piece(work, number) for number in range(n_ranges)]


def _is_counted(work: Path) -> bool:
    """Return whether an earlier run left all that is made of the bands."""
    if not (work / RANGES).exists() or not (work / BAND_TASKS).exists():
        return False
    needed = [*_found(work), *band_tasks(work).pieces(work, common_piece)]
    return all(path.exists() for path in needed)


def _cuts(work: Path) -> dict[str, np.ndarray]:
    """Return lowest uint64[ranges], the least pair of each range: rising, 0 the first."""
    n_pairs = 0
    samples = [np.zeros(0, np.uint64)]
    for path in band_tasks(work).pieces(work):
        found = read_arrays(path)
        n_pairs += len(found["partners"])
        samples.append(found["sample"].copy())
    sample = np.sort(np.concatenate(samples))
    n_ranges = -(-n_pairs // PAIRS_AT_ONCE)
    places = np.arange(1, n_ranges) * len(sample) // max(1, n_ranges)
    return {"lowest": np.unique(np.append(sample[places], np.uint64(0)))}


def _range_task(number: int, signing: Signing, work: Path) -> None:
    piece(candidates_piece(work, number), partial(_candidates, number, signing, work))


def _candidates(number: int, signing: Signing, work: Path) -> dict[str, np.ndarray]:
    lowest = [*read_arrays(work / RANGES)["lowest"].tolist(), ROWS_SQUARED]
    found = _of_range(lowest[number], lowest[number + 1], work)
    pairs, meetings = met(*found, least=COMMON_PLACES if signing.sketched else 1)
    del found
    eligible = read_arrays(work / ELIGIBLE)
    if signing.sketched:
        pairs = resembling(pairs, meetings, signing, eligible["counts"], work)
    sort_pairs(pairs, len(eligible["rows"]))
    return {"pairs": pack(eligible["rows"][unpack(pairs)])}  # places rise as rows do


def _of_range(low: int, high: int, work: Path) -> Runs:
    """Return what ``met`` asks for of the pairs from ``low`` to before ``high``."""
    runs = [NO_RUNS]
    for path in band_tasks(work).pieces(work):
        for found in _between(read_arrays(path), low, high):
            # copied: a slice would hold its file open
            runs.append(Runs(*(array.copy() for array in found)))
    joint = Runs(*map(np.concatenate, zip(*runs, strict=True)))
    return joint._replace(ends=np.cumsum(joint.ends))


def _between(found: dict[str, np.ndarray], low: int, high: int) -> Iterator[Runs]:
    """Yield runs of documents, with the number of their partners for ``ends``.

    Of a document at either end, whose pairs may be more than a task holds, only those partners are
    taken that are wanted.
    """
    firsts, ends = found["firsts"], found["ends"]
    bounds = (low, min(high, ROWS_SQUARED - MOST_ROWS))  # no document has the last number
    start, stop = np.searchsorted(firsts, np.array([b >> 32 for b in bounds], np.uint32)).tolist()
    cut = [
        place
        for place, bound in zip((start, stop), bounds, strict=True)
        if bound % MOST_ROWS and place < len(firsts) and int(firsts[place]) == bound >> 32
    ]
    for place in dict.fromkeys(cut):
        first = int(firsts[place]) << 32
        yield _cut(found, place, max(0, low - first), min(MOST_ROWS, high - first))
    start += start in cut
    if start < stop:
        begin = ends[start - 1] if start else 0
        whole = slice(start, stop)
        sizes = np.diff(ends[whole], prepend=begin)
        partners = found["partners"][begin : ends[stop - 1]]
        yield Runs(firsts[whole], found["n_few"][whole], sizes, partners)


def _cut(found: dict[str, np.ndarray], place: int, least: int, most: int) -> Runs:
    """Return the run of one document with its partners from ``least`` to before ``most``."""
    begin, end = int(found["ends"][place - 1]) if place else 0, int(found["ends"][place])
    middle = begin + int(found["n_few"][place])
    few, many = (
        _chosen(found["partners"][slice(*bounds)], least, most)
        for bounds in ((begin, middle), (middle, end))
    )
    n_few, size = np.array([len(few)], np.uint32), np.array([len(few) + len(many)])
    return Runs(found["firsts"][place : place + 1], n_few, size, np.concatenate([few, many]))


def _chosen(partners: np.ndarray, least: int, most: int) -> np.ndarray:
    """Return the numbers from ``least`` to before ``most``, looked at some at a time."""
    chosen = [np.zeros(0, np.uint32)]
    for start in range(0, len(partners), PAIRS_AT_ONCE):
        some = partners[start : start + PAIRS_AT_ONCE]
        chosen.append(some[(some >= least) & (some < most)])
    return np.concatenate(chosen)
