"""Bands and buckets: all pairs of small buckets, linearly many of large ones."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels.bands import (
    ANCHORS,
    NO_ROW,
    SMALL_BUCKET,
    band_hashes,
    bucket_order,
    bucket_pairs,
    meetings,
    met,
    packed_hashes,
    sort_pairs,
    sort_rising,
)
from curator.kernels.components import components


def plain_pairs(hashes: list[int]) -> set[tuple[int, int]]:
    numbered = itertools.combinations(range(len(hashes)), 2)
    return {(a, b) for a, b in numbered if hashes[a] == hashes[b]}


@settings(deadline=None)  # the first example compiles the kernel
@given(st.lists(st.integers(0, 5), max_size=40))
def test_small_buckets_give_all_their_pairs(hashes: list[int]) -> None:
    pairs = bucket_pairs(np.array(hashes, np.uint64), small=40)
    found = [tuple(pair) for pair in pairs.tolist()]
    assert len(found) == len(set(found))
    assert set(found) == plain_pairs(hashes)


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), max_size=200))
def test_large_buckets_stay_connected_by_a_linear_number_of_pairs(hashes: list[int]) -> None:
    array = np.array(hashes, np.uint64)
    pairs = bucket_pairs(array)
    assert {tuple(pair) for pair in pairs.tolist()} <= plain_pairs(hashes)
    assert len(pairs) <= len(hashes) * max(ANCHORS + 1, SMALL_BUCKET / 2)
    found = components(pairs, len(hashes))
    assert [hashes.index(h) for h in hashes] == found.tolist()


def test_a_bucket_of_a_hundred_thousand_costs_a_linear_number_of_pairs() -> None:
    pairs = bucket_pairs(np.full(100_000, 9, np.uint64))
    assert len(pairs) < 100_000 * (ANCHORS + 1)
    assert set(pairs[:, 0][pairs[:, 1] == 99_999].tolist()) == {0, 1, 2, 3, 99_998}


def test_no_documents_and_lone_documents_give_no_pairs() -> None:
    assert bucket_pairs(np.zeros(0, np.uint64)).shape == (0, 2)
    assert bucket_pairs(np.arange(5, dtype=np.uint64)).shape == (0, 2)


def test_bands_are_equal_exactly_where_their_rows_are() -> None:
    signatures = np.array([[1, 2, 3, 4], [1, 2, 9, 4], [2, 1, 3, 4]], np.uint32)
    hashes = band_hashes(signatures, 2, 2, np.array([5, 5, 5]))
    assert hashes.shape == (2, 3)
    assert hashes[0, 0] == hashes[0, 1] != hashes[0, 2]
    assert hashes[1, 0] == hashes[1, 2] != hashes[1, 1]


def test_signatures_of_other_shingle_lengths_never_share_a_band() -> None:
    signatures = np.array([[1, 2], [1, 2]], np.uint32)
    hashes = band_hashes(signatures, 1, 2, np.array([5, 10]))
    assert hashes[0, 0] != hashes[0, 1]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([0, 1, 2, 7, 2**31, 2**32 - 2, 2**32 - 1]), max_size=60),
    st.sampled_from([np.uint32, np.uint64]),
)
def test_the_order_is_that_of_a_plain_sort(hashes: list[int], dtype: type) -> None:
    array: np.ndarray = np.array(hashes, dtype)
    order = bucket_order(array)
    assert order.dtype == np.int64
    assert order.tolist() == sorted(range(len(hashes)), key=lambda i: (hashes[i], i))
    assert array.tolist() == hashes  # the caller's numbers stay


@settings(deadline=None)
@given(st.lists(st.integers(0, 6), max_size=80), st.integers(1, 9), st.integers(0, 5))
def test_short_and_long_hashes_and_a_known_order_give_the_same_pairs(
    hashes: list[int], small: int, anchors: int
) -> None:
    long = np.array(hashes, np.uint64)
    short = np.array(hashes, np.uint32)
    expected = bucket_pairs(long, small, anchors).tolist()
    assert bucket_pairs(short, small, anchors).tolist() == expected
    assert bucket_pairs(short, small, anchors, bucket_order(short)).tolist() == expected
    for first, second in expected:
        assert first < second
        assert hashes[first] == hashes[second]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([0, 1, 2, 3, 2**31, 2**32 - 1]), max_size=60),
    st.integers(1, 9),
    st.integers(0, 9),
    st.integers(1, 4),
    st.integers(0, 2**32 - 1),
)
def test_meetings_are_the_pairs_of_small_and_of_large_buckets(
    hashes: list[int], small: int, rare: int, anchors: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n = len(hashes)
    rows = np.sort(rng.permutation(3 * n)[:n])  # ordinals of documents, in the order of the corpus
    takes_part = rng.random(n) < 0.9
    order = np.full(3 * n, NO_ROW, np.uint32)
    order[rows[takes_part]] = rng.permutation(int(takes_part.sum()))
    known = np.where(takes_part, rows, NO_ROW).astype(np.uint32)
    packed = packed_hashes(np.array(hashes, np.uint32), known)
    assert packed.tolist() == sorted(
        h << 32 | r for h, r, yes in zip(hashes, rows.tolist(), takes_part, strict=True) if yes
    )
    found = meetings(packed, order, small, rare, anchors)
    by_order = sorted(np.flatnonzero(takes_part).tolist(), key=lambda i: int(order[rows[i]]))
    some = [hashes[i] for i in by_order]
    sizes = [some.count(h) for h in some]
    expected: dict[bool, list[int]] = {True: [], False: []}
    for first, second in bucket_pairs(np.array(some, np.uint32), small, anchors).tolist():
        low, high = sorted(int(rows[by_order[i]]) for i in (first, second))
        expected[sizes[first] <= small].append(low << 32 | high)
    assert sorted(found.few.tolist()) == sorted(expected[True])
    assert sorted(found.many.tolist()) == sorted(expected[False])
    assert found.few.dtype == found.many.dtype == np.uint64
    assert found.common.tolist() == sorted({h for h in some if some.count(h) > max(1, rare)})


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 70) | st.just(2**40), max_size=200),
    st.integers(1, 30),
)
def test_numbers_are_sorted_as_numpy_sorts_them(numbers: list[int], times: int) -> None:
    array = np.array(numbers * times, np.uint64)
    expected = np.sort(array)
    sort_rising(array, 64)
    assert array.tolist() == expected.tolist()
    n_bits = 41
    array = np.array([number % 2**n_bits for number in numbers] * times, np.uint64)
    expected = np.sort(array)
    sort_rising(array, n_bits)
    assert array.tolist() == expected.tolist()


@settings(deadline=None)
@given(
    st.sampled_from([1, 2, 1000, 2**31 + 5, 2**32]),
    st.integers(0, 5000),
    st.integers(0, 2**32 - 1),
)
def test_pairs_are_sorted_by_both_rows(n_rows: int, n_pairs: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, n_rows, (2, n_pairs)).astype(np.uint64)
    rows[:, ::3] %= np.uint64(5)  # a third of the pairs crowd at few rows
    pairs = (rows[0] << np.uint64(32)) | rows[1]
    expected = np.sort(pairs)
    sort_pairs(pairs, n_rows)
    assert pairs.tolist() == expected.tolist()


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 9), max_size=40),
    st.lists(st.integers(0, 9), max_size=40),
    st.integers(1, 5),
)
def test_pairs_that_met_are_counted(few: list[int], many: list[int], least: int) -> None:
    pairs, times = met(np.sort(np.array(few, np.uint64)), np.sort(np.array(many, np.uint64)), least)
    expected = {}
    for pair in range(10):
        in_many = many.count(pair) if many.count(pair) >= least else 0
        if few.count(pair) + in_many:
            expected[pair] = few.count(pair) + in_many
    assert dict(zip(pairs.tolist(), times.tolist(), strict=True)) == expected
    assert pairs.tolist() == sorted(expected)
