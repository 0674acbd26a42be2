"""Stars: the best node of a component drops what is like it, the rest is settled again."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.dedup import clusters
from curator.dedup.clusters import stars
from curator.dedup.equality import repeated
from curator.dedup.representative import best_first


def settle(matrix: np.ndarray, threshold: float = 0.5):  # type: ignore[no-untyped-def]
    edges = np.argwhere(np.triu(matrix, 1) >= threshold)
    similarity = matrix[edges[:, 0], edges[:, 1]]

    def compare(pairs: np.ndarray, number: int) -> np.ndarray:
        found = matrix[pairs[:, 0], pairs[:, 1]]
        return np.where(found >= threshold, found, 0.0)

    return stars(edges, similarity, len(matrix), compare, threshold)


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
    assert dict(zip(found.dropped.tolist(), found.kept.tolist(), strict=True)) == plain_greedy(
        matrix
    )
    assert found.similarity.tolist() == [
        matrix[a, b] for a, b in zip(found.dropped, found.kept, strict=True)
    ]


def test_a_pair_no_band_found_is_compared_with_the_best_of_its_component() -> None:
    edges = np.array([[0, 1], [1, 2]])
    asked: list[list[int]] = []

    def compare(pairs: np.ndarray, number: int) -> np.ndarray:
        asked.extend(pairs.tolist())
        return np.full(len(pairs), 0.6)

    found = stars(edges, np.array([0.9, 0.8]), 3, compare, 0.5)
    assert asked == [[0, 2]]
    assert sorted(found.dropped.tolist()) == [1, 2]
    assert set(found.kept.tolist()) == {0}


def test_a_chain_longer_than_the_rounds_is_settled() -> None:
    n = 1000
    chain = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    found = stars(chain, np.full(n - 1, 0.9), n, lambda p, _: np.zeros(len(p)), 0.5)
    assert sorted(found.dropped.tolist()) == list(range(1, n, 2))
    assert found.kept.tolist() == (found.dropped - 1).tolist()


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
