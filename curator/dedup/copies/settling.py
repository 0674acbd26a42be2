"""Fifth step: verified copies, in bins of whole components, are settled into stars."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.copies import connected
from curator.dedup.copies.candidates import unpack
from curator.dedup.copies.clusters import Verdict, stars
from curator.dedup.copies.connected import label, labels_of, n_edges_of, n_shares_of, share_of
from curator.dedup.copies.judging import Judge
from curator.dedup.copies.standing import RANKED
from curator.dedup.copies.verified import edges_piece
from curator.dedup.pieces import joined, piece, read_arrays

NO_EDGES = {"edges": np.zeros(0, np.uint64), "similarity": np.zeros(0, np.float64)}
"""Pairs of ranks, packed with the better one first, and how alike the two documents are."""
NO_STARS = {
    "dropped": np.zeros(0, np.int64),
    "kept": np.zeros(0, np.int64),
    "similarity": np.zeros(0, np.float64),
}


def settle(n_pieces: int, judge: Judge, work: Path, client: Any | None) -> list[Path]:
    """Return pieces of ``NO_STARS``: the stars among verified copies, as rows.

    ``work`` holds ``n_pieces`` of ``NO_EDGES`` (see ``edges_piece``). Up to
    ``connected.EDGES_AT_ONCE`` edges are settled here, where ``client`` makes the comparisons that
    are wanting; more in bins of about half as many, each a task. A bin holds whole components: one
    of more edges than that is held by one task, at about 150 bytes an edge.
    """
    paths = [edges_piece(work, number) for number in range(n_pieces)]
    n_edges = n_edges_of(paths)
    n_bins = n_shares_of(n_edges) if n_edges > connected.EDGES_AT_ONCE else 1
    bins = [work / f"settled-{number:05d}" for number in range(n_bins)]
    if n_bins == 1:
        edges = partial(joined, paths, NO_EDGES)
        piece(bins[0], lambda: _settled(edges(), judge, "round", work))
        return bins
    if not all(path.exists() for path in bins):
        n_shares = label(paths, n_edges, work, client)
        run_tasks(partial(_bin_task, n_shares=n_shares, n_bins=n_bins, work=work), paths, client)
        run = partial(_settle_task, n_pieces=n_pieces, judge=replace(judge, client=None), work=work)
        run_tasks(run, list(enumerate(bins)), client)
    return bins


def _binned(path: Path) -> Path:
    return path.with_name(f"binned-{path.name}")


def _bin_task(path: Path, n_shares: int, n_bins: int, work: Path) -> None:
    piece(_binned(path), partial(_in_bins, path, n_shares, n_bins, work))


def _in_bins(path: Path, n_shares: int, n_bins: int, work: Path) -> dict[str, np.ndarray]:
    """Return the arrays of ``NO_EDGES`` by the bin of their component, and starts int64[bins + 1].

    Both ends of an edge have one label, so one is enough.
    """
    found = read_arrays(path)
    worse = unpack(found["edges"])[:, 1]
    bins = share_of(labels_of(worse, n_shares, work), n_bins)
    order = np.argsort(bins, kind="stable")
    starts = np.searchsorted(bins[order], np.arange(n_bins + 1))
    return {**{name: found[name][order] for name in NO_EDGES}, "starts": starts}


def _settle_task(item: tuple[int, Path], n_pieces: int, judge: Judge, work: Path) -> None:
    number, path = item
    piece(path, partial(_settled_bin, number, n_pieces, judge, work))


def _settled_bin(number: int, n_pieces: int, judge: Judge, work: Path) -> dict[str, np.ndarray]:
    slices = [NO_EDGES]
    for one in range(n_pieces):
        found = read_arrays(_binned(edges_piece(work, one)))
        start, stop = found["starts"][number : number + 2].tolist()
        if start < stop:  # copied: a slice would hold its file open
            slices.append({name: found[name][start:stop].copy() for name in NO_EDGES})
    edges = {name: np.concatenate([some[name] for some in slices]) for name in NO_EDGES}
    return _settled(edges, judge, f"bin-{number:05d}-round", work)


def _settled(
    found: dict[str, np.ndarray], judge: Judge, name: str, work: Path
) -> dict[str, np.ndarray]:
    """Return the arrays of ``NO_STARS`` for edges that are whole components."""
    ranks, places = np.unique(unpack(found["edges"]), return_inverse=True)
    ranked = read_arrays(work / RANKED)
    rows, lengths = ranked["rows"][ranks], ranked["lengths"][ranks]

    def compare(nodes: np.ndarray, number: int) -> Verdict:
        return judge.judge(rows[nodes], lengths[nodes], f"{name}-{number}")

    result = stars(places.reshape(-1, 2), found["similarity"], len(ranks), compare)
    return {
        "dropped": rows[result.dropped].astype(np.int64),
        "kept": rows[result.kept].astype(np.int64),
        "similarity": result.similarity,
    }
