"""Exact counting of keys, against a plain dictionary."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels import buffers, ngrams


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=8), max_size=6))
def test_code_points_are_those_of_the_strings(texts: list[str]) -> None:
    points, bounds = ngrams.code_points(buffers.of(texts))
    pairs = zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    assert ["".join(map(chr, points[a:b])) for a, b in pairs] == texts


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), max_size=9), max_size=8), st.integers(0, 8))
def test_keys_and_their_documents_are_counted_exactly(documents: list[list[int]], cut: int) -> None:
    counter = ngrams.KeyCounter()
    for first, part in ((0, documents[:cut]), (len(documents[:cut]), documents[cut:])):
        keys = np.array([key for document in part for key in document], np.uint64)
        owners = [first + i for i, document in enumerate(part) for _ in document]
        counter.add(keys * np.uint64(2**60 + 1), np.array(owners, np.int64))
    keys, counts, in_documents = counter.result()
    expected = Counter(key for document in documents for key in document)
    assert keys.tolist() == [key * (2**60 + 1) for key in sorted(expected)]
    assert counts.tolist() == [expected[key] for key in sorted(expected)]
    assert in_documents.tolist() == [sum(k in d for d in documents) for k in sorted(expected)]


def test_a_counter_grows_and_passes_over_nothing() -> None:
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 50_000, 200_000).astype(np.uint64)
    counter = ngrams.KeyCounter()
    counter.add(np.where(keys % 7 == 0, ngrams.NONE, keys), np.arange(len(keys)) // 10)
    expected, counts = np.unique(keys[keys % 7 != 0], return_counts=True)
    found = counter.result()
    assert np.array_equal(found[0], expected)
    assert np.array_equal(found[1], counts)
    assert len(counter) == len(expected)


def test_ranks_are_places_in_the_sorted_keys() -> None:
    known = np.array([3, 9, 2**63], np.uint64)
    keys = np.array([9, 4, 2**63, 3, ngrams.NONE], np.uint64)
    assert ngrams.RankTable(known).ranks(keys).tolist() == [1, -1, 2, 0, -1]
    assert ngrams.RankTable(known[:0]).ranks(keys).tolist() == [-1] * 5


def test_keys_join_neighbours_and_skip_what_is_no_gram() -> None:
    ranks = np.array([1, 2, -1, 3], np.int32)
    none = int(ngrams.NONE)
    assert ngrams.pair_keys(ranks).tolist() == [1 << 32 | 2, none, none]
    assert ngrams.pair_keys(ranks[:0]).tolist() == []
    points = np.array([65, 66, 67, 68], np.int32)
    inside = np.array([True, True, False, True])
    left = ngrams.neighbour_keys(ranks, points, inside, -1)
    assert left.tolist() == [none, 2 << 21 | 65, none, none]
    right = ngrams.neighbour_keys(ranks, points, inside, 2)
    assert right.tolist() == [none, 2 << 21 | 68, none, none]
