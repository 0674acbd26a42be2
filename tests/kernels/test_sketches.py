"""Sketches: the guessed overlap of two sets is right on average, and near it for each pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels.fold import Keys
from curator.kernels.minhash import signatures
from curator.kernels.sketches import overlap

PLACES = 128


def sketches_of(sets: list[np.ndarray]) -> np.ndarray:
    """Return uint8[n, PLACES]: sketches of sets of numbers, one code point a member."""
    offsets = np.cumsum([0, *map(len, sets)], dtype=np.int64)
    nothing = np.zeros(len(sets), np.int64)
    keys = Keys(offsets, np.concatenate(sets).astype(np.uint32), nothing, nothing)
    lengths = np.ones(len(sets), np.int64)  # shingles of one character: the members themselves
    return signatures(keys, lengths, PLACES, 0).astype(np.uint8)


@pytest.mark.parametrize(
    ("n_left", "n_right", "n_common"),
    [(600, 600, 200), (600, 600, 400), (500, 500, 0), (500, 500, 500), (400, 1600, 400)],
)
def test_the_guess_is_right_on_average_whatever_the_sizes_and_the_overlap(
    n_left: int, n_right: int, n_common: int
) -> None:
    rng = np.random.default_rng(0)
    left, right = [], []
    for _ in range(200):
        drawn = rng.integers(0, 1 << 32, n_left + n_right - n_common)
        left.append(drawn[:n_left])
        right.append(drawn[n_left - n_common :])
    sizes = (np.full(200, n_left), np.full(200, n_right))
    pairs = np.stack([np.arange(200)] * 2, axis=1)
    guessed = overlap(sketches_of(left), sketches_of(right), pairs, *sizes)
    true = n_common / min(n_left, n_right)
    # Negative guesses are cut at 0, so that of strangers is a little high.
    assert abs(guessed.mean() - true) < 0.015
    assert guessed.std() < 0.16
    if n_left == n_right and n_common == 200:
        assert guessed.std() == pytest.approx(0.05, abs=0.015)


@settings(deadline=None)  # the first example compiles the kernel
@given(st.integers(1, 6), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_guess_is_that_of_the_formula(n: int, places: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    left = rng.integers(0, 3, (n, places), np.uint8)
    right = rng.integers(0, 3, (n + 1, places), np.uint8)
    sizes = rng.integers(0, 500, n), rng.integers(0, 500, n + 1)
    pairs = np.stack([rng.integers(0, n, 9), rng.integers(0, n + 1, 9)], axis=1)
    agreeing = (left[pairs[:, 0]] == right[pairs[:, 1]]).sum(axis=1)
    similarity = np.clip((agreeing - places / 256) / (places * 255 / 256), 0, 1)
    first, second = sizes[0][pairs[:, 0]], sizes[1][pairs[:, 1]]
    expected = similarity / (1 + similarity) * (first + second)
    expected /= np.maximum(1, np.minimum(first, second))
    assert overlap(left, right, pairs, *sizes) == pytest.approx(expected, abs=1e-12)


def test_equal_sketches_overlap_wholly_and_the_smaller_set_counts() -> None:
    sketch = np.arange(PLACES, dtype=np.uint8)[None]
    pairs = np.array([[0, 0]])
    assert overlap(sketch, sketch, pairs, np.array([50]), np.array([50])).tolist() == [1.0]
    assert overlap(sketch, sketch, pairs, np.array([50]), np.array([150])).tolist() == [2.0]
    assert overlap(sketch, sketch + 1, pairs, np.array([50]), np.array([50])).tolist() == [0.0]


def test_empty_sets_and_no_pairs_are_no_error() -> None:
    sketch = np.zeros((1, PLACES), np.uint8)
    nothing = np.zeros((0, 2), np.int64)
    assert overlap(sketch, sketch, nothing, np.array([5]), np.array([5])).tolist() == []
    zero = np.array([0])
    assert overlap(sketch, sketch, np.array([[0, 0]]), zero, zero).tolist() == [0.0]
