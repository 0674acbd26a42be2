"""Third step: pairs that met in buckets are counted and looked at, a range of them a task."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.candidates import band_tasks, meet
from curator.dedup.layout import read_layout
from curator.dedup.pieces import piece, read_arrays
from curator.dedup.verify import MET_ONCE, SKETCHES, compared
from curator.kernels.bands import met, sort_pairs

PAIRS_AT_ONCE = 1 << 21
"""Pairs of one range, about, with those that are there once for each of several bands: 50 bytes
each in the task that counts them. More are cut between pairs of rows, even of one first row."""
RANGES = "pair-ranges"
COMMON_PLACES = 4
"""A pair that meets in larger buckets alone must meet in so many of them to be looked at."""


class Meeting(NamedTuple):
    """What decides which documents that meet in a bucket become a pair."""

    bands: int
    picky: bool
    """Whether a pair must meet in a small bucket, or in ``COMMON_PLACES``, and then be alike in
    its sketches; else any meeting is enough."""


def candidates_piece(work: Path, number: int) -> Path:
    """Return the path of the candidate pairs of one range."""
    return work / f"candidates-{number:05d}"


def find_candidates(meeting: Meeting, work: Path, client: Any | None) -> list[Path]:
    """Return pieces with ``pairs`` (uint64, packed pairs of rows), each once, that rise from piece
    to piece and inside each.

    ``work`` holds what ``candidates.meet`` needs and the layout of the parts. Bands are sorted as
    tasks, then ranges of pairs are merged as tasks: no process ever holds all pairs.
    """
    meet(meeting.bands, work, client)
    found = piece(work / RANGES, partial(_cuts, work))
    n_ranges = len(found["lowest"])
    run = partial(_range_task, meeting=meeting, work=work)
    run_tasks(run, range(n_ranges), client)
    return [candidates_piece(work, number) for number in range(n_ranges)]


def _cuts(work: Path) -> dict[str, np.ndarray]:
    """Return lowest uint64[ranges], the least pair of each range: rising, 0 the first."""
    n_pairs = 0
    samples = [np.zeros(0, np.uint64)]
    for path in band_tasks(work).pieces(work):
        found = read_arrays(path)
        n_pairs += len(found["few"]) + len(found["many"])
        samples.append(found["sample"].copy())
    sample = np.sort(np.concatenate(samples))
    n_ranges = -(-n_pairs // PAIRS_AT_ONCE)
    places = np.arange(1, n_ranges) * len(sample) // max(1, n_ranges)
    return {"lowest": np.unique(np.append(sample[places], np.uint64(0)))}


def _range_task(number: int, meeting: Meeting, work: Path) -> None:
    piece(candidates_piece(work, number), partial(_candidates, number, meeting, work))


def _candidates(number: int, meeting: Meeting, work: Path) -> dict[str, np.ndarray]:
    lowest = read_arrays(work / RANGES)["lowest"]
    layout = read_layout(work)
    few, many = (_of_range(name, lowest[number : number + 2], work) for name in ("few", "many"))
    for pairs in (few, many):
        sort_pairs(pairs, layout.total_rows)
    pairs, times = met(few, many, COMMON_PLACES if meeting.picky else 1)
    del few, many
    if meeting.picky:
        whole = SKETCHES._replace(here=len(pairs))  # this is a task already
        looked_at = compared(layout, pairs, whole, f"looked-{number:05d}", work, None)[:, 0]
        pairs = pairs[looked_at >= np.where(times > 1, 0, MET_ONCE)]
    return {"pairs": pairs}


def _of_range(name: str, bounds: np.ndarray, work: Path) -> np.ndarray:
    """Return uint64[n]: the pairs from the first of ``bounds`` to before the second, if any."""
    slices = [np.zeros(0, np.uint64)]
    for path in band_tasks(work).pieces(work):
        pairs = read_arrays(path)[name]
        start = np.searchsorted(pairs, bounds[0])
        stop = np.searchsorted(pairs, bounds[1]) if len(bounds) > 1 else len(pairs)
        if start < stop:
            slices.append(pairs[start:stop].copy())  # a slice would hold its file open
    return np.concatenate(slices)
