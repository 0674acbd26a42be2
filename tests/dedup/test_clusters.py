"""Stars: the best node of a component drops what is like it, the rest is settled again."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.dedup.copies import clusters
from curator.dedup.copies.clusters import Stars, Verdict, stars
from curator.dedup.equality import repeated
from curator.dedup.representative import best_first

NO_INDIRECT = 2.0
"""A threshold that no similarity reaches."""


def settle(matrix: np.ndarray, direct: float = 0.5, indirect: float = NO_INDIRECT) -> Stars:
    """Settle the graph of all pairs at ``direct`` or more."""
    edges = np.argwhere(np.triu(matrix, 1) >= direct)
    similarity = matrix[edges[:, 0], edges[:, 1]]

    def compare(pairs: np.ndarray, number: int) -> Verdict:
        found = matrix[pairs[:, 0], pairs[:, 1]]
        return Verdict(found, found >= direct, found >= indirect)

    return stars(edges, similarity, len(matrix), compare)


def kept_of(found: Stars) -> dict[int, int]:
    """Return the kept node of each dropped one."""
    return dict(zip(found.dropped.tolist(), found.kept.tolist(), strict=True))


def plain_greedy(matrix: np.ndarray, threshold: float = 0.5) -> dict[int, int]:
    """From best to worst: a node like a kept one is dropped for the first such, else kept."""
    kept: list[int] = []
    dropped = {}
    for node in range(len(matrix)):
        like = [k for k in kept if matrix[k, node] >= threshold]
        if like:
            dropped[node] = like[0]
        else:
            kept.append(node)
    return dropped


def plain_stars(matrix: np.ndarray, direct: float, indirect: float) -> dict[int, int]:
    """The same choice, with copies of copies: one component after the other, sets and loops."""
    alive = set(range(len(matrix)))
    dropped: dict[int, int] = {}
    while alive:
        best = min(alive)
        component, reached = {best}, [best]
        for node in reached:
            more = {n for n in alive - component if matrix[node, n] >= direct}
            component |= more
            reached += sorted(more)
        gone = {n for n in component - {best} if matrix[best, n] >= direct}
        grown = True
        while grown:
            more = {
                n
                for n in component - gone - {best}
                if matrix[best, n] >= indirect and any(matrix[g, n] >= direct for g in gone)
            }
            gone |= more
            grown = bool(more)
        dropped |= dict.fromkeys(gone, best)
        alive -= gone | {best}
    return dropped


@st.composite
def matrices(draw):  # type: ignore[no-untyped-def]
    n = draw(st.integers(0, 12))
    values = draw(st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.8]), min_size=n * n, max_size=n * n))
    upper = np.triu(np.array(values).reshape(n, n), 1)
    return upper + upper.T


@settings(deadline=None)  # the first example compiles the kernel
@given(matrices(), st.sampled_from([0, 1, 8]))
def test_stars_equal_the_greedy_choice_whatever_round_ends_the_checks(
    matrix: np.ndarray, rounds: int
) -> None:
    before = clusters.CHECKED_ROUNDS
    clusters.CHECKED_ROUNDS = rounds
    try:
        found = settle(matrix)
    finally:
        clusters.CHECKED_ROUNDS = before
    assert kept_of(found) == plain_greedy(matrix)
    assert found.similarity.tolist() == [
        matrix[a, b] for a, b in zip(found.dropped, found.kept, strict=True)
    ]


@settings(deadline=None)
@given(matrices(), st.sampled_from([0.2, 0.5]))
def test_copies_of_copies_follow_as_in_plain_sets(matrix: np.ndarray, indirect: float) -> None:
    before = clusters.CHECKED_ROUNDS
    clusters.CHECKED_ROUNDS = 12  # as many as there are nodes: every component is checked
    try:
        found = settle(matrix, 0.8, indirect)
    finally:
        clusters.CHECKED_ROUNDS = before
    assert kept_of(found) == plain_stars(matrix, 0.8, indirect)


@settings(deadline=None)
@given(matrices(), st.sampled_from([0, 1, 2, 8]), st.sampled_from([0.2, 0.5, NO_INDIRECT]))
def test_a_dropped_node_names_a_better_one_that_is_kept_and_no_copy_of_it_stays(
    matrix: np.ndarray, rounds: int, indirect: float
) -> None:
    before = clusters.CHECKED_ROUNDS
    clusters.CHECKED_ROUNDS = rounds
    try:
        found = settle(matrix, 0.8, indirect)
    finally:
        clusters.CHECKED_ROUNDS = before
    dropped = kept_of(found)
    assert len(dropped) == len(found.dropped)
    for node, kept in dropped.items():
        assert kept < node
        assert kept not in dropped
        assert matrix[kept, node] >= min(0.8, indirect)
    left = [node for node in range(len(matrix)) if node not in dropped]
    assert (np.triu(matrix, 1)[np.ix_(left, left)] < 0.8).all()


def test_a_pair_no_band_found_is_compared_with_the_best_of_its_component() -> None:
    edges = np.array([[0, 1], [1, 2]])
    asked: list[list[int]] = []

    def compare(pairs: np.ndarray, number: int) -> Verdict:
        asked.extend(pairs.tolist())
        one = np.ones(len(pairs), np.bool_)
        return Verdict(np.full(len(pairs), 0.6), one, one)

    found = stars(edges, np.array([0.9, 0.8]), 3, compare)
    assert asked == [[0, 2]]
    assert sorted(found.dropped.tolist()) == [1, 2]
    assert set(found.kept.tolist()) == {0}


def nothing_alike(pairs: np.ndarray, number: int) -> Verdict:
    """Say of every pair that its members are strangers."""
    no = np.zeros(len(pairs), np.bool_)
    return Verdict(np.zeros(len(pairs)), no, no)


def all_indirect(pairs: np.ndarray, number: int) -> Verdict:
    """Say of every pair that it would do for a copy of a copy."""
    no = np.zeros(len(pairs), np.bool_)
    return Verdict(np.full(len(pairs), 0.75), no, ~no)


def test_the_end_of_a_chain_goes_with_its_middle_when_it_is_copy_enough_of_the_kept() -> None:
    edges, similarity = np.array([[0, 1], [1, 2]]), np.array([0.95, 0.92])
    assert kept_of(stars(edges, similarity, 3, nothing_alike)) == {1: 0}
    found = stars(edges, similarity, 3, all_indirect)
    assert kept_of(found) == {1: 0, 2: 0}
    assert found.similarity.tolist() == [0.95, 0.75]


def test_a_chain_of_copies_of_copies_is_followed_for_so_many_steps() -> None:
    n = clusters.STEPS + 3
    chain = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    found = kept_of(stars(chain, np.full(n - 1, 0.9), n, all_indirect))
    # Node 1 is a copy of node 0 and so many follow it; the one after them is a best of its own.
    assert found == dict.fromkeys(range(1, n - 1), 0)


def test_a_chain_longer_than_the_rounds_is_settled() -> None:
    n = 1000
    chain = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    found = stars(chain, np.full(n - 1, 0.9), n, nothing_alike)
    assert sorted(found.dropped.tolist()) == list(range(1, n, 2))
    assert found.kept.tolist() == (found.dropped - 1).tolist()


def test_no_edges_and_no_nodes_give_no_stars() -> None:
    nothing = np.zeros((0, 2), np.int64)
    for n_nodes in (0, 3):
        found = stars(nothing, np.zeros(0), n_nodes, nothing_alike)
        assert [column.tolist() for column in found] == [[], [], []]


def test_the_best_has_fewest_losses_then_length_then_traditional_then_the_smallest_id() -> None:
    order = best_first(
        np.array([1, 0, 0, 0, 0, 0], np.uint32),
        np.array([9, 5, 7, 7, 7, 7], np.uint32),
        np.array([9, 0, 1, 2, 2, 2], np.uint32),
        pa.array(["a", "b", "c", "𠮶", "z", "z"], pa.large_string()),
    )
    assert order.tolist() == [4, 5, 3, 2, 1, 0]


def test_repeated_hashes_are_grouped_even_when_half_a_hash_collides() -> None:
    hashes = np.array([[1, 2], [1, 3], [1, 2], [5, 5], [1, 3], [7, 7]], np.uint64)
    members, group = repeated(hashes)
    assert members.tolist() == [0, 2, 1, 4]
    assert group.tolist() == [0, 0, 1, 1]
    members, group = repeated(np.zeros((0, 2), np.uint64))
    assert members.tolist() == group.tolist() == []
