"""Fourth step: candidates are judged, some at a time, and those that are copies become edges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from curator.cluster import run_tasks, threads_of
from curator.dedup.copies.candidates import pack
from curator.dedup.copies.judging import Judge
from curator.dedup.copies.standing import RANKED
from curator.dedup.pieces import piece, read_arrays, stored_arrays
from curator.kernels.bands import better_first
from curator.kernels.rooms import give_memory_back

JUDGED_AT_ONCE = 1 << 21
"""Pairs judged at one time, at about 70 bytes each."""


def edges_piece(work: Path, number: int) -> Path:
    """Return the path of a piece of verified copies."""
    return work / f"edges-{number:05d}"


def write_edges(candidates: Sequence[Path], rank_of: np.ndarray, judge: Judge) -> int:
    """Judge the pairs in the pieces ``candidates``; return how many ``edges_piece`` there are.

    Each has edges uint64[n], pairs of ranks, packed with the better one first, and similarity
    float64[n]. ``rank_of`` is uint32[rows of the corpus]. Judging a batch is work for all workers,
    so batches follow one another.
    """
    give_memory_back()
    batches = list(_batches(candidates))
    for number, paths in enumerate(batches):
        verify = partial(_verified, paths, rank_of, judge, f"verified-{number:05d}")
        piece(edges_piece(judge.work, number), verify)
    return len(batches)


def _batches(candidates: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield pieces that together have ``JUDGED_AT_ONCE`` pairs, or are one."""
    batch: list[Path] = []
    size = 0
    for path in candidates:
        n_pairs = stored_arrays(path)["pairs"].shape[0]
        if batch and size + n_pairs > JUDGED_AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += n_pairs
    yield batch


def _verified(
    paths: list[Path], rank_of: np.ndarray, judge: Judge, name: str
) -> dict[str, np.ndarray]:
    key_lengths = read_arrays(judge.work / RANKED)["lengths"]
    sizes = [stored_arrays(path)["pairs"].shape[0] for path in paths]
    stops = np.cumsum(sizes).tolist()
    found = np.empty((3, 2, sum(sizes)), np.uint32)

    def arrange(number: int) -> None:
        here = found[:, :, stops[number] - sizes[number] : stops[number]]
        better_first(read_arrays(paths[number])["pairs"], rank_of, key_lengths, here)

    run_tasks(arrange, range(len(paths)), threads_of(judge.client))
    nodes, rows, lengths = found
    verdict = judge.judge(rows.T, lengths.T, name, direct_only=True)
    return {
        "edges": pack(nodes[:, verdict.direct].T),
        "similarity": verdict.similarity[verdict.direct],
    }
