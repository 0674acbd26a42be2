"""Which of the documents in pairs are better than which: numbered from best to worst."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curator import schema
from curator.arrow_numpy import arrow_array
from curator.cluster import run_tasks
from curator.dedup.copies.candidates import ELIGIBLE
from curator.dedup.copies.signing import signed_piece
from curator.dedup.equality import ranked
from curator.dedup.layout import read_layout, runs_of
from curator.dedup.names import read_names, stored, strings, write_names
from curator.dedup.pieces import joined, piece, read_arrays
from curator.dedup.verdicts import row_ids
from curator.io.parts import Corpus
from curator.kernels.bands import NO_ROW

RANKED, IN_PAIRS, CUTS = "ranked", "in-pairs", "standing-ranges"
ROWS_AT_ONCE = 1 << 22
"""Documents that are put in order at one time, at 150 bytes each and their ids. More are put in
order part by part and then in ranges of the quality."""
BESIDE = 1 << 20
"""Documents that one task puts in order while others find pairs: those that are in none, too, since
that is not known yet, and nobody waits for it."""
SAMPLED = 256
NO_RANKS = {"rows": np.zeros(0, np.uint32), "lengths": np.zeros(0, np.uint32)}
"""Rows from best to worst, and the lengths of their keys."""


def ranking_beside(parts: Corpus, work: Path) -> list[Callable[[], None]]:
    """Return the task that writes the piece ``RANKED`` of all documents that take part, or none
    where they are more than ``BESIDE``; ``work`` holds what ``candidates.write_eligible`` writes.
    """
    return [partial(_rank_all, parts, work)] if parts.total_rows <= BESIDE else []


def _rank_all(parts: Corpus, work: Path) -> None:
    rows = np.flatnonzero(read_arrays(work / ELIGIBLE)["order"] != NO_ROW)
    _rank_here(parts, rows, work)


def _rank_here(parts: Corpus, rows: np.ndarray, work: Path) -> None:
    piece(work / RANKED, lambda: _ranked(_standing(rows, partial(row_ids, parts), work)))


def rank(parts: Corpus, in_pairs: np.ndarray, work: Path, client: Any | None) -> None:
    """Write the piece ``RANKED``, with the arrays of ``NO_RANKS``, if it is not there.

    ``in_pairs`` is bool[rows of the corpus]; ``work`` holds the layout and the signed pieces.
    """
    if (work / RANKED).exists():
        return
    n_rows = int(in_pairs.sum())
    if n_rows <= ROWS_AT_ONCE:
        _rank_here(parts, np.flatnonzero(in_pairs), work)
        return
    write_names(parts, work, client)
    piece(work / IN_PAIRS, lambda: {"in_pairs": in_pairs})
    counts = np.array(
        [in_pairs[part.first_row : part.first_row + part.rows].sum() for part in parts.parts]
    )
    runs = list(enumerate(runs_of(counts, ROWS_AT_ONCE)))
    run_tasks(partial(_run_task, work=work), runs, client)
    cuts = piece(work / CUTS, partial(_cuts, len(runs), n_rows, work))
    ranges = range(len(cuts["lowest"]))
    run_tasks(partial(_range_task, n_runs=len(runs), work=work), ranges, client)
    piece(work / RANKED, lambda: joined([_range_piece(work, r) for r in ranges], NO_RANKS))


def _run_piece(work: Path, number: int) -> Path:
    return work / f"standing-{number:05d}"


def _range_piece(work: Path, number: int) -> Path:
    return work / f"ranked-{number:05d}"


def _standing(
    rows: np.ndarray, ids_of: Callable[[np.ndarray], pa.ChunkedArray], work: Path
) -> dict[str, Any]:
    """Return rows int64[n], rising, quality uint32[n, 4] and ids, a string array."""
    quality = np.empty((len(rows), 4), np.uint32)
    for index, part in enumerate(read_layout(work).parts):
        start, stop = np.searchsorted(rows, [part.first_row, part.first_row + part.rows])
        if start < stop:
            found = read_arrays(signed_piece(work, index))
            quality[start:stop] = found["quality"][np.searchsorted(found["rows"], rows[start:stop])]
    return {"rows": rows, "quality": quality, "ids": ids_of(rows)}


def _ranked(found: dict[str, Any]) -> dict[str, np.ndarray]:
    order = ranked(found["quality"], found["ids"])
    return {"rows": found["rows"][order].astype(np.uint32), "lengths": found["quality"][order, 1]}


def _sort_keys(quality: np.ndarray) -> np.ndarray:
    """Return uint64[n, 2]: numbers that rise, the first before the second, as the quality falls;
    of documents that share both the id decides."""
    wide = quality.astype(np.uint64)
    half, most = np.uint64(32), np.uint64(0xFFFFFFFF)
    first = (wide[:, 3] << half) | wide[:, 0]
    second = ((most - wide[:, 1]) << half) | (most - wide[:, 2])
    return np.stack([first, second], axis=1)


def _run_task(item: tuple[int, tuple[int, int]], work: Path) -> None:
    number, (start, stop) = item
    piece(_run_piece(work, number), partial(_sorted_run, start, stop, work))


def _sorted_run(start: int, stop: int, work: Path) -> dict[str, np.ndarray]:
    """Return what ``_standing`` says of the documents of some parts, by their ``_sort_keys``."""
    parts = read_layout(work).parts[start:stop]
    first, last = parts[0].first_row, parts[-1].first_row + parts[-1].rows
    rows = first + np.flatnonzero(read_arrays(work / IN_PAIRS)["in_pairs"][first:last])
    found = _standing(rows, partial(read_names, work=work), work)
    keys = _sort_keys(found["quality"])
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    ids = schema.string_array(found["ids"]).take(arrow_array(order))
    return {
        "rows": rows[order],
        "quality": found["quality"][order],
        "keys": keys[order],
        **stored(ids),
        "sample": keys[order][::SAMPLED],
    }


def _cuts(n_runs: int, n_rows: int, work: Path) -> dict[str, np.ndarray]:
    """Return lowest uint64[ranges, 2]: the first sort key of each range, rising."""
    samples = [read_arrays(_run_piece(work, number))["sample"].copy() for number in range(n_runs)]
    sample = np.concatenate(samples)
    sample = sample[np.lexsort((sample[:, 1], sample[:, 0]))]
    n_ranges = -(-n_rows // ROWS_AT_ONCE)
    chosen = sample[np.arange(1, n_ranges) * len(sample) // n_ranges]
    return {"lowest": np.unique(np.concatenate([np.zeros((1, 2), np.uint64), chosen]), axis=0)}


def _range_task(number: int, n_runs: int, work: Path) -> None:
    piece(_range_piece(work, number), partial(_ranked_range, number, n_runs, work))


def _ranked_range(number: int, n_runs: int, work: Path) -> dict[str, np.ndarray]:
    lowest = read_arrays(work / CUTS)["lowest"]
    rows, qualities, ids = [], [], []
    for run in range(n_runs):
        found = read_arrays(_run_piece(work, run))
        start = _place(found["keys"], lowest[number])
        stop = len(found["keys"])
        if number + 1 < len(lowest):
            stop = _place(found["keys"], lowest[number + 1])
        # copied: slices would hold their files open
        rows.append(found["rows"][start:stop].copy())
        qualities.append(found["quality"][start:stop].copy())
        ends = found["offsets"][start : stop + 1]
        ids.append(strings(ends - ends[0], found["text"][ends[0] : ends[-1]].copy()))
    joint = np.concatenate(rows)
    by_row = np.argsort(joint)  # documents that share all, their id, too, stand by their row
    return _ranked(
        {
            "rows": joint[by_row],
            "quality": np.concatenate(qualities)[by_row],
            "ids": pa.concat_arrays(ids).take(arrow_array(by_row)),
        }
    )


def _place(keys: np.ndarray, key: np.ndarray) -> int:
    """Return how many of ``keys`` (uint64[n, 2], rising) are below ``key``."""
    start, stop = (int(np.searchsorted(keys[:, 0], key[0], side=s)) for s in ("left", "right"))
    return start + int(np.searchsorted(keys[start:stop, 1], key[1]))
