"""Components against SciPy's."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from curator.kernels.components import components

EDGES = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30)


@settings(deadline=None)  # the first example compiles the kernel
@given(EDGES)
def test_components_are_named_by_their_smallest_node(edges: list[tuple[int, int]]) -> None:
    array = np.array(edges, np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(edges)), (array[:, 0], array[:, 1])), shape=(20, 20))
    _, labels = connected_components(graph, directed=False)
    expected = [int(np.flatnonzero(labels == labels[node])[0]) for node in range(20)]
    assert components(array, 20).tolist() == expected


@settings(deadline=None)
@given(EDGES, st.randoms(use_true_random=False))
def test_the_order_of_edges_does_not_matter(edges: list[tuple[int, int]], random) -> None:  # type: ignore[no-untyped-def]
    array = np.array(edges, np.int64).reshape(-1, 2)
    random.shuffle(edges)
    shuffled = np.array(edges, np.int64).reshape(-1, 2)[:, ::-1]
    assert components(array, 20).tolist() == components(np.ascontiguousarray(shuffled), 20).tolist()


def test_a_long_chain_is_one_component() -> None:
    chain = np.stack([np.arange(99_999), np.arange(1, 100_000)], axis=1)[::-1].copy()
    assert set(components(chain, 100_000).tolist()) == {0}


def test_nodes_without_edges_stay_alone() -> None:
    assert components(np.zeros((0, 2), np.int64), 3).tolist() == [0, 1, 2]
