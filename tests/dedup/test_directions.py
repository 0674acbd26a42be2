"""Whole-number vectors: exact products, k-means and leaders that nothing can disturb."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curator.dedup import directions as module
from curator.dedup.directions import SCALE, assign, cosines, directions, k_means, leaders


def random_directions(seed: int, n: int, d: int = 8, n_themes: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    themes = rng.normal(size=(n_themes, d))
    return directions(themes[rng.integers(n_themes, size=n)] + 0.2 * rng.normal(size=(n, d)))


def test_a_direction_keeps_the_cosine_and_forgets_the_length() -> None:
    vectors = np.array([[3.0, 4.0], [6e30, 8e30], [4e-30, 3e-30], [0, 0], [-3, -4]], np.float32)
    found = directions(vectors)
    assert found[0].tolist() == [round(0.6 * SCALE), round(0.8 * SCALE)] == found[1].tolist()
    assert found[3].tolist() == [0, 0]
    near = cosines(found[[0, 2, 4]], found[[0, 2, 4]])
    assert near.diagonal().tolist() == [1.0, 1.0, 1.0]
    assert near[0, 2] == -1.0
    assert near[0, 1] == pytest.approx(0.96, abs=1e-6)


def test_products_are_exact_whatever_their_shape() -> None:
    found = random_directions(0, 300, d=513)
    whole = cosines(found, found)
    exact = found.astype(object) @ found.astype(object).T
    assert (found.astype(np.float64) @ found.astype(np.float64).T).astype(object).tolist() == (
        exact.tolist()
    )
    for i in (0, 7, 299):
        assert cosines(found[i : i + 1], found).tolist() == [whole[i].tolist()]


@pytest.mark.parametrize("threshold", [0.5, 0.9, 0.99, 1.0])
def test_leaders_equal_the_plain_rule(threshold: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 16)
    found = random_directions(1, 110)
    found[90:] = found[:20]
    near = cosines(found, found)
    kept: list[int] = []
    expected = []
    for i in range(len(found)):
        leader = next((k for k in kept if near[k, i] >= threshold), None)
        if leader is None:
            kept.append(i)
        else:
            expected.append((i, leader, near[leader, i]))
    dropped, leading, values = leaders(found, threshold)
    assert list(zip(dropped.tolist(), leading.tolist(), values.tolist(), strict=True)) == expected
    assert len(expected) >= 20


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 8))
def test_the_nearest_centre_is_the_same_for_any_cut(seed: int, n: int, k: int) -> None:
    found, centres = random_directions(seed, n), random_directions(seed + 1, k)
    whole = assign(found, centres)
    assert whole.tolist() == cosines(found, centres).argmax(axis=1).tolist()
    assert [assign(found[i : i + 1], centres)[0] for i in range(n)] == whole.tolist()


def test_k_means_finds_themes_and_a_seed_gives_the_same_again() -> None:
    rng = np.random.default_rng(3)
    themes = np.eye(8)[:4]
    truth = rng.integers(4, size=200)
    found = directions(themes[truth] + 0.05 * rng.normal(size=(200, 8)))
    centres = k_means(found, 12, seed=1)
    assert centres.tolist() == k_means(found, 12, seed=1).tolist()
    labels = assign(found, centres)
    for label in np.unique(labels):
        assert len(np.unique(truth[labels == label])) == 1


def test_opposite_and_equal_vectors_do_not_break_k_means() -> None:
    found = directions(np.array([[1.0, 0], [-1, 0], [1, 0], [-1, 0]]))
    assert k_means(found, 1, 0).shape == (1, 2)
    assert k_means(found[[0, 2]], 2, 0).tolist() == [[SCALE, 0], [SCALE, 0]]
    assert k_means(np.zeros((0, 0), np.int32), 0, 0).shape == (0, 0)
