"""Exact Jaccard against Python's sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels.jaccard import jaccard
from curator.kernels.shingles import ShingleSets

SETS = st.lists(st.sets(st.integers(0, 30), max_size=25), min_size=1, max_size=4)


def packed(sets: list[set[int]]) -> ShingleSets:
    offsets = np.cumsum([0, *map(len, sets)])
    hashes = [number for one in sets for number in sorted(one)]
    return ShingleSets(offsets, np.array(hashes, np.uint64))


@settings(deadline=None)  # the first example compiles the kernel
@given(SETS, SETS, st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.8, 1.0]))
def test_values_are_exact_and_those_under_the_limit_are_zero(
    left: list[set[int]], right: list[set[int]], at_least: float
) -> None:
    pairs = np.array([(a, b) for a in range(len(left)) for b in range(len(right))])
    found = jaccard(packed(left), packed(right), pairs, at_least)
    for (a, b), value in zip(pairs.tolist(), found.tolist(), strict=True):
        union = left[a] | right[b]
        exact = len(left[a] & right[b]) / len(union) if union else 0.0
        assert value == pytest.approx(exact if exact >= at_least else 0.0)


def test_no_pairs_give_no_values() -> None:
    empty = packed([])
    assert jaccard(empty, empty, np.zeros((0, 2), np.int64)).tolist() == []
