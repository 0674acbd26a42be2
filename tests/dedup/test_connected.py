"""Components of a graph on disk are those of the same graph in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.cluster import get_threads
from curator.dedup.copies import connected
from curator.dedup.copies.connected import label, labels_of
from curator.dedup.pieces import write_arrays
from curator.kernels.components import components

HIGHEST = 2**32 - 1


def write_edges(work: Path, edges: np.ndarray, n_pieces: int) -> list[Path]:
    """Write edges int64[n, 2] as so many pieces."""
    packed = (edges[:, 0].astype(np.uint64) << np.uint64(32)) | edges[:, 1].astype(np.uint64)
    paths = [work / f"some-{number}" for number in range(n_pieces)]
    for path, some in zip(paths, np.array_split(packed, n_pieces), strict=True):
        write_arrays(path, {"edges": some})
    return paths


def labels(work: Path, edges: np.ndarray, n_pieces: int, workers: object = None) -> list[int]:
    """Return the label of every node of the edges, by node."""
    n_shares = label(write_edges(work, edges, n_pieces), len(edges), work, workers)
    return labels_of(np.unique(edges), n_shares, work).tolist()


def plain(edges: np.ndarray) -> list[int]:
    """Return the same by union-find."""
    nodes, places = np.unique(edges, return_inverse=True)
    return nodes[components(places.reshape(-1, 2), len(nodes))].tolist()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), min_size=1, max_size=60),
    st.integers(1, 9),
    st.integers(1, 4),
)
def test_any_graph_in_any_number_of_pieces_and_shares_has_its_components(
    tmp_path_factory: pytest.TempPathFactory,
    edges: list[tuple[int, int]],
    at_once: int,
    n_pieces: int,
) -> None:
    array = np.array(edges, np.int64)
    array[array == 39] = HIGHEST  # the largest node there may be
    work = tmp_path_factory.mktemp("graph")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connected, "EDGES_AT_ONCE", at_once)
        assert labels(work, array, n_pieces) == plain(array)
    assert list(work.glob("union-*")) == []  # what was between is gone


def tangled(rng: np.random.Generator) -> np.ndarray:
    """Return a chain, a star about its largest node, cliques and random edges, renumbered."""
    chain = np.stack([np.arange(299), np.arange(1, 300)], axis=1)
    star = np.stack([np.full(200, 500), np.arange(300, 500)], axis=1)
    clique = np.argwhere(np.triu(np.ones((20, 20)), 1)) + 600
    some = rng.integers(700, 1500, (500, 2))
    edges = np.concatenate([chain, star, clique, some])
    return rng.permutation(rng.permutation(2000)[edges])


def test_chains_stars_and_cliques_are_united_a_few_edges_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edges = tangled(np.random.default_rng(0))
    monkeypatch.setattr(connected, "EDGES_AT_ONCE", 100)
    assert labels(tmp_path, edges, 7) == plain(edges)
    threaded = tmp_path / "threads"
    threaded.mkdir()
    with get_threads(3) as threads:
        assert labels(threaded, edges, 7, threads) == plain(edges)


class Killed(Exception):
    """Stands for the end of a process."""


def test_a_killed_union_goes_on_whichever_pieces_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    edges = tangled(rng)
    monkeypatch.setattr(connected, "EDGES_AT_ONCE", 200)
    write, written = connected.write_arrays, [0]
    piece = connected.piece

    def count_down() -> None:
        written[0] -= 1
        if written[0] < 0:
            raise Killed

    def counted_write(*rest: object) -> None:
        count_down()
        write(*rest)  # type: ignore[arg-type]

    def counted_piece(*rest: object) -> object:
        count_down()
        return piece(*rest)  # type: ignore[arg-type]

    monkeypatch.setattr(connected, "write_arrays", counted_write)
    monkeypatch.setattr(connected, "piece", counted_piece)
    kills = 0
    for _ in range(200):
        written[0] = int(rng.integers(20, 60))
        try:
            assert labels(tmp_path, edges, 3) == plain(edges)
            break
        except Killed:
            kills += 1
            left = sorted(tmp_path.glob("union-*"))
            if kills % 4 == 0:
                left[int(rng.integers(len(left)))].unlink()
    assert kills > 4
    assert written[0] >= 0
    assert list(tmp_path.glob("union-*")) == []
