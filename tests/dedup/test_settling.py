"""Verified copies settled in bins of whole components give the stars of the whole graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.cluster import get_threads
from curator.dedup.copies import connected
from curator.dedup.copies.candidates import pack
from curator.dedup.copies.clusters import Verdict, stars
from curator.dedup.copies.judging import Judge
from curator.dedup.copies.settling import NO_STARS, settle
from curator.dedup.copies.standing import RANKED
from curator.dedup.copies.verified import edges_piece
from curator.dedup.pieces import joined, write_arrays

DIRECT, INDIRECT = 0.8, 0.5


@dataclass(frozen=True)
class Known:
    """Judges rows by a table of similarities instead of their texts."""

    matrix: np.ndarray
    client: Any | None = None

    def judge(self, pairs: np.ndarray, lengths: np.ndarray, name: str) -> Verdict:
        """Return the verdict on pairs of rows; a document's length is ten times its row."""
        assert lengths.tolist() == (10 * pairs).tolist()
        found = self.matrix[pairs[:, 0], pairs[:, 1]]
        return Verdict(found, found >= DIRECT, found >= INDIRECT)


def graph_of(rng: np.random.Generator, n: int, density: float) -> np.ndarray:
    """Return similarities float64[n, n] of which some are those of copies."""
    values = rng.choice(
        [0.0, 0.3, 0.6, 0.9, 1.0], (n, n), p=[0.9 - density, 0.05, 0.05, density, 0]
    )
    upper = np.triu(values, 1)
    return upper + upper.T


def settled(work: Path, matrix: np.ndarray, rows: np.ndarray, n_pieces: int, workers: Any) -> Any:
    """Settle the copies of a graph whose best document is ``rows[0]``; return who is kept."""
    ranked = matrix[np.ix_(rows, rows)]
    edges = np.argwhere(np.triu(ranked, 1) >= DIRECT)
    similarity = ranked[edges[:, 0], edges[:, 1]]
    for number, some in enumerate(np.array_split(np.arange(len(edges)), n_pieces)):
        arrays = {"edges": pack(edges[some]), "similarity": similarity[some]}
        write_arrays(edges_piece(work, number), arrays)
    lengths = (10 * rows).astype(np.uint32)
    write_arrays(work / RANKED, {"rows": rows.astype(np.uint32), "lengths": lengths})
    judge = cast(Judge, Known(matrix))
    found = joined(settle(n_pieces, judge, work, workers), NO_STARS)
    names = ("dropped", "kept", "similarity")
    return sorted(zip(*(found[name].tolist() for name in names), strict=True))


def plain(matrix: np.ndarray, rows: np.ndarray) -> Any:
    """Return the same of the whole graph at once."""
    ranked = matrix[np.ix_(rows, rows)]
    edges = np.argwhere(np.triu(ranked, 1) >= DIRECT)

    def compare(pairs: np.ndarray, number: int) -> Verdict:
        found = ranked[pairs[:, 0], pairs[:, 1]]
        return Verdict(found, found >= DIRECT, found >= INDIRECT)

    found = stars(edges, ranked[edges[:, 0], edges[:, 1]], len(rows), compare)
    columns = (rows[found.dropped], rows[found.kept], found.similarity)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 60),
    st.sampled_from([0.01, 0.03, 0.1]),
    st.integers(4, 40),
    st.integers(1, 4),
)
def test_bins_of_any_size_give_the_stars_of_the_whole_graph(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    n: int,
    density: float,
    at_once: int,
    n_pieces: int,
) -> None:
    rng = np.random.default_rng(seed)
    matrix, rows = graph_of(rng, n, density), rng.permutation(n)
    expected = plain(matrix, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connected, "EDGES_AT_ONCE", at_once)
        work = tmp_path_factory.mktemp("bins")
        assert settled(work, matrix, rows, n_pieces, None) == expected
    whole = tmp_path_factory.mktemp("whole")
    assert settled(whole, matrix, rows, n_pieces, None) == expected


def test_threads_settle_many_bins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    matrix, rows = graph_of(rng, 600, 0.0015), rng.permutation(600)
    monkeypatch.setattr(connected, "EDGES_AT_ONCE", 50)
    with get_threads(3) as threads:
        assert settled(tmp_path, matrix, rows, 5, threads) == plain(matrix, rows)
    assert len(list(tmp_path.glob("settled-*"))) > 5
