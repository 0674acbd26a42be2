"""Sketches: the guessed overlap of two sets is right on average, and near it for each pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels.fold import Keys
from curator.kernels.minhash import signatures
from curator.kernels.sketches import ERRS, Alongside, Least, alike, by_part, overlap

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


def packed(pairs: np.ndarray) -> np.ndarray:
    return (pairs[:, 0].astype(np.uint64) << np.uint64(32)) | pairs[:, 1].astype(np.uint64)


@settings(deadline=None)
@given(
    st.integers(1, 6),
    st.sampled_from([1, 40, 64, 128, 150]),
    st.integers(0, 40),
    st.tuples(st.integers(0, 2**31), st.integers(0, 2**31)),
    st.integers(0, 2**32 - 1),
)
def test_alike_are_the_pairs_that_overlap_enough(
    n: int, places: int, n_pairs: int, firsts: tuple[int, int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    sketches = (
        rng.integers(0, 3, (n, places), np.uint8),
        rng.integers(0, 3, (2, places), np.uint8),
    )
    sizes = (rng.integers(0, 500, n, np.uint32), rng.integers(0, 500, 2, np.uint32))
    pairs = np.stack([rng.integers(0, n, n_pairs), rng.integers(0, 2, n_pairs)], axis=1)
    meetings = rng.integers(1, 4, n_pairs, np.uint8)
    by_places, by_meetings = rng.random((2, places + 1)), rng.random((2, 256))
    alongside = Alongside(rng.integers(0, 2, n, np.uint8), by_places, by_meetings, least=0.5)
    least = Least(rng.random(n), 0.25, long=0.8, of_long=0.6, short=0.6, of_short=0.8)
    guessed = overlap(*sketches, pairs, *(some.astype(np.int64) for some in sizes))
    both = np.sort(np.stack([sizes[i][pairs[:, i]] for i in (0, 1)], axis=1), axis=1)
    shares = np.maximum(1, both[:, 0]) / np.maximum(1, both[:, 1])
    wanted = least.of_left[pairs[:, 0]] + np.where(meetings > 1, 0, 0.25)
    wanted = np.where(shares >= 0.8, 0.6 * least.of_left[pairs[:, 0]], wanted)
    deviations = np.sqrt((1 - shares) / (shares * places)) / (1 + shares)
    of_short = np.maximum(wanted, 0.8 - ERRS * deviations)
    enough = guessed >= np.where(shares < 0.6, of_short, wanted)
    agreeing = (sketches[0][pairs[:, 0]] == sketches[1][pairs[:, 1]]).sum(axis=1)
    kinds = alongside.kinds[pairs[:, 0]]
    share = both.sum(axis=1) / np.maximum(1, both[:, 0])
    alongside_far = share * by_places[kinds, agreeing] * by_meetings[kinds, meetings] >= 0.5
    enough &= alongside_far | (shares < 0.6)
    numbered = packed(pairs + np.array(firsts))
    found = alike(sketches, sizes, firsts, numbered, meetings, least, alongside)
    assert found.tolist() == numbered[enough].tolist()


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([0, 1, 2, 70_000, 3_000_000]), min_size=1, max_size=8),
    st.integers(0, 50),
    st.integers(0, 2**32 - 1),
)
def test_pairs_are_divided_by_the_part_of_the_second(
    rows: list[int], n_pairs: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    bounds = np.cumsum([0, *rows], dtype=np.int64)
    n_pairs = n_pairs if bounds[-1] else 0
    pairs = np.stack([rng.integers(0, max(1, bounds[-1]), n_pairs) for _ in range(2)], axis=1)
    pairs[::3] = np.minimum(pairs[::3], np.maximum(bounds[1] - 1, 0))  # at a border
    meetings = rng.integers(1, 256, n_pairs, np.uint8)
    parts = np.searchsorted(bounds, pairs[:, 1], side="right") - 1
    order = np.argsort(parts, kind="stable")
    found, met, ends = by_part(packed(pairs), meetings, bounds)
    assert found.tolist() == packed(pairs)[order].tolist()
    assert met.tolist() == meetings[order].tolist()
    assert np.diff(ends).tolist() == np.bincount(parts, minlength=len(rows)).tolist()


def test_the_guess_for_a_short_text_in_a_long_one_errs_as_stated() -> None:
    rng = np.random.default_rng(3)
    places, large = 128, 4000
    for small in (200, 600, 1600):
        share = small / large
        same = rng.random((4000, places)) < share  # a place agrees with the odds of Jaccard
        left = rng.integers(0, 256, (4000, places), np.uint8)
        right = np.where(same, left, rng.integers(0, 256, (4000, places), np.uint8))
        pairs = np.repeat(np.arange(4000), 2).reshape(-1, 2)
        sizes = (np.full(4000, small), np.full(4000, large))
        guessed = overlap(left, right, pairs, *sizes)
        stated = np.sqrt((1 - share) / (share * places)) / (1 + share)
        assert guessed.mean() == pytest.approx(1, abs=0.02)
        assert guessed.std() == pytest.approx(stated, rel=0.08)
        # Of texts that are held whole hardly any are passed over.
        assert (guessed < 0.5 - ERRS * stated).mean() < 0.001
