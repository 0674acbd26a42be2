"""Bands and buckets: all pairs of small buckets, linearly many of large ones."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels.bands import (
    ANCHORS,
    LIKE_CLASSES,
    NO_ROW,
    SMALL_BUCKET,
    WITH_LONGEST,
    Bounds,
    Partners,
    band_hashes,
    better_first,
    bucket_order,
    bucket_pairs,
    count_shared,
    length_classes,
    met,
    partners,
    sort_pairs,
    sort_rising,
    take_columns,
)
from curator.kernels.components import components
from curator.kernels.rooms import Room


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


def plain_partners(
    hashes: np.ndarray, order: np.ndarray, classes: np.ndarray, bounds: Bounds
) -> dict[bool, list[tuple[int, int]]]:
    """Return the pairs of all bands, rising: in small buckets, or of like length, under True."""
    expected: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    by_order = sorted(np.flatnonzero(order != NO_ROW).tolist(), key=lambda i: int(order[i]))
    length = classes.astype(int).tolist()
    for band in hashes:
        buckets: dict[int, list[int]] = {}
        for document in by_order:
            buckets.setdefault(int(band[document]), []).append(document)
        for number, bucket in buckets.items():
            same = np.zeros(len(bucket), np.uint64)
            is_middle = bounds.small < len(bucket) <= bounds.alike
            small = len(bucket) if is_middle else bounds.small
            longest = max(length[document] for document in bucket)
            for first, second in bucket_pairs(same, small, bounds.anchors).tolist():
                one, other = sorted((bucket[first], bucket[second]))
                few = len(bucket) <= bounds.small
                if is_middle:
                    few = abs(length[one] - length[other]) <= LIKE_CLASSES
                    with_longest = longest in (length[one], length[other])
                    if not few and not (number % WITH_LONGEST == 0 and with_longest):
                        continue
                expected[few].append((one, other))
    return {few: sorted(pairs) for few, pairs in expected.items()}


def listed(found: Partners) -> dict[bool, list[tuple[int, int]]]:
    """Return the pairs that are listed, rising: in small buckets under True, in others."""
    pairs: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    start = 0
    for first, n_few, end in zip(found.firsts, found.n_few, found.ends, strict=True):
        assert end > start
        for place in range(start, end):
            few = place < start + n_few
            pairs[bool(few)].append((int(first), int(found.partners[place])))
        start = int(end)
    assert start == len(found.partners)
    return {few: sorted(some) for few, some in pairs.items()}


HASHES = st.sampled_from([0, 1, 2, 3, 2**31, 2**32 - 1]) | st.integers(0, 2**32 - 1)


@settings(deadline=None)
@given(
    st.lists(st.lists(HASHES, min_size=3, max_size=3), max_size=60),
    st.builds(
        Bounds, st.integers(1, 25), st.integers(1, 64), st.integers(1, 12), st.integers(0, 4)
    ),
    st.sampled_from([1, 4, 30, 256]),
    st.integers(0, 2**32 - 1),
)
def test_partners_are_the_pairs_of_small_middle_and_large_buckets(
    rows: list[list[int]], bounds: Bounds, spread: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n = len(rows)
    hashes = np.array(rows, np.uint32).reshape(n, 3).T.copy()
    takes_part = rng.random(n) < 0.9
    order = np.full(n, NO_ROW, np.uint32)
    order[takes_part] = rng.permutation(int(takes_part.sum()))
    classes = rng.integers(256 - spread, 256, n).astype(np.uint8)
    found = partners(hashes, order, classes, bounds)
    assert listed(found) == plain_partners(hashes, order, classes, bounds)
    assert found.firsts.tolist() == sorted(set(found.firsts.tolist()))
    for band in range(3):
        some = hashes[band, takes_part].tolist()
        common = found.common[found.common_starts[band] : found.common_starts[band + 1]]
        assert common.tolist() == sorted({h for h in some if some.count(h) > max(1, bounds.rare)})
    assert found.common_starts[-1] == len(found.common)


@pytest.mark.parametrize("spread", [1, 100, 5_000, 2**32])
def test_thousands_of_documents_have_the_partners_of_a_plain_search(spread: int) -> None:
    rng = np.random.default_rng(spread)
    hashes = rng.integers(0, spread, (2, 10_000)).astype(np.uint32)
    hashes[1] *= np.uint32(2**32 // 5_000)  # the high bits differ, too
    order = rng.permutation(10_000).astype(np.uint32)
    order[::7] = NO_ROW
    classes = rng.integers(0, 10, 10_000).astype(np.uint8)
    for bounds in (Bounds(8, 8, 8, 2), Bounds(2, 20, 8, 2)):
        found = partners(hashes, order, classes, bounds)
        assert listed(found) == plain_partners(hashes, order, classes, bounds)


def test_many_bands_of_full_buckets_have_the_partners_of_a_plain_search() -> None:
    rng = np.random.default_rng(0)
    hashes = (rng.permuted(np.tile(np.arange(600), (30, 1)), axis=1) // 20).astype(np.uint32)
    order = rng.permutation(600).astype(np.uint32)
    classes = np.full(600, 7, np.uint8)
    for bounds in (Bounds(19, 19, 8, 2), Bounds(4, 20, 8, 2), Bounds(20, 20, 8, 2)):
        found = partners(hashes, order, classes, bounds)
        assert listed(found) == plain_partners(hashes, order, classes, bounds)
    assert len(found.partners) == 30 * 30 * 190


def test_lengths_a_twelfth_apart_are_alike_and_an_eighth_apart_are_not() -> None:
    lengths = np.unique(np.geomspace(20, 900_000, 5000).astype(np.int64))
    classes = length_classes(lengths).astype(int)
    assert (np.diff(classes) >= 0).all()
    near, far = np.ceil(lengths * 0.918), np.floor(lengths * 0.878)
    assert (classes - length_classes(near) <= LIKE_CLASSES).all()
    assert (classes - length_classes(far) > LIKE_CLASSES)[classes > LIKE_CLASSES].all()
    assert length_classes(np.array([1, 16, 2**20, 2**32 - 1])).tolist() == [0, 0, 255, 255]
    assert length_classes(np.zeros(0, np.uint32)).dtype == np.uint8


def test_hashes_made_to_crowd_in_one_cell_are_told_apart() -> None:
    hashes = np.arange(40_000, dtype=np.uint32)[::-1].copy() % np.uint32(20_000)
    order, classes = np.arange(40_000, dtype=np.uint32), np.zeros(40_000, np.uint8)
    found = partners(hashes[None], order, classes, Bounds(8, 8, 8, 2))
    assert len(found.partners) == 20_000
    assert (found.partners - found.firsts == 20_000).all()


def test_no_documents_have_no_partners() -> None:
    nothing = np.zeros(0, np.uint32), np.zeros(0, np.uint8)
    found = partners(np.zeros((4, 0), np.uint32), *nothing, Bounds(8, 8, 8, 2))
    assert [len(array) for array in found] == [0, 0, 0, 0, 0, 5]
    pairs, meetings = met(*found[:4], 4)
    assert pairs.tolist() == meetings.tolist() == []


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


RUNS = st.tuples(
    st.integers(0, 3) | st.sampled_from([2**32 - 2, 2**31]),
    st.lists(st.integers(0, 9) | st.just(2**32 - 2), max_size=9),
    st.lists(st.integers(0, 9) | st.just(2**32 - 2), max_size=9),
)


@settings(deadline=None)
@given(st.lists(RUNS, max_size=20), st.integers(1, 5))
def test_pairs_that_met_are_counted(
    runs: list[tuple[int, list[int], list[int]]], least: int
) -> None:
    found = met(
        np.array([first for first, _, _ in runs], np.uint32),
        np.array([len(few) for _, few, _ in runs], np.uint32),
        np.cumsum([len(few) + len(many) for _, few, many in runs], dtype=np.int64),
        np.array([partner for _, few, many in runs for partner in few + many], np.uint32),
        least,
    )
    in_few = Counter((first, partner) for first, few, _ in runs for partner in few)
    in_many = Counter((first, partner) for first, _, many in runs for partner in many)
    expected = {}
    for pair in {*in_few, *in_many}:
        times = in_few[pair] + (in_many[pair] if in_many[pair] >= least else 0)
        if times:
            expected[pair[0] << 32 | pair[1]] = times
    assert dict(zip(found[0].tolist(), found[1].tolist(), strict=True)) == expected
    assert len(found[0]) == len(expected)
    firsts = (found[0] >> np.uint64(32)).tolist()
    assert firsts == sorted(firsts)


def test_a_document_with_very_many_partners_is_counted_as_any_other() -> None:
    rng = np.random.default_rng(0)
    partners = rng.integers(8, 50_000, 60_000).astype(np.uint32)
    ends = np.array([3, 30_003, 60_000], np.int64)
    n_few = np.array([3, 20_000, 10_000], np.uint32)
    pairs, meetings = met(np.array([9, 7, 7], np.uint32), n_few, ends, partners, 4)
    few = Counter([*partners[3:20_003].tolist(), *partners[30_003:40_003].tolist()])
    many = Counter([*partners[20_003:30_003].tolist(), *partners[40_003:].tolist()])
    times = {p: few[p] + (many[p] if many[p] >= 4 else 0) for p in {*few, *many}}
    expected = {7 << 32 | p: n for p, n in times.items() if n}
    expected |= {9 << 32 | p: n for p, n in Counter(partners[:3].tolist()).items()}
    assert dict(zip(pairs.tolist(), meetings.tolist(), strict=True)) == expected


def test_of_very_many_meetings_255_are_told() -> None:
    ends = np.array([254, 254 + 255, 254 + 255 + 300], np.int64)
    partners = np.repeat(np.array([7, 8, 9], np.uint32), [254, 255, 300])
    pairs, meetings = met(np.zeros(3, np.uint32), np.full(3, 9, np.uint32), ends, partners, 4)
    assert dict(zip(pairs.tolist(), meetings.tolist(), strict=True)) == {7: 254, 8: 255, 9: 255}


@settings(deadline=None)
@given(
    st.lists(st.lists(HASHES, min_size=2, max_size=2), min_size=1, max_size=40),
    st.sets(HASHES, max_size=9),
    st.sets(HASHES, max_size=9),
    st.integers(0, 2**32 - 1),
)
def test_shared_buckets_and_the_common_ones_among_them_are_counted(
    rows: list[list[int]], common: set[int], others: set[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    whole = np.array(rows, np.uint32).T
    order = rng.permutation(len(rows))
    hashes = np.empty((2, len(rows)), np.uint32)
    half = len(rows) // 2
    take_columns(whole, order[:half], hashes, 0)
    take_columns(whole, order[half:], hashes, half)
    assert hashes.tolist() == whole[:, order].tolist()
    pairs = rng.integers(0, len(rows), (30, 2))
    known = np.array([*sorted(common), *sorted(others)], np.uint32)
    starts = np.array([0, len(common), len(known)])
    shared, shared_common = np.full(30, 5), np.full(30, 7)
    count_shared(hashes, pairs, known, starts, shared, shared_common)
    for p, (one, other) in enumerate(pairs.tolist()):
        same = [h for h, there in zip(hashes[:, one], hashes[:, other], strict=True) if h == there]
        assert shared[p] == 5 + len(same)
        bands = [band for band in range(2) if hashes[band, one] == hashes[band, other]]
        known_ones = sum(int(hashes[b, one]) in (common, others)[b] for b in bands)
        assert shared_common[p] == 7 + known_ones


@settings(deadline=None)  # the first example compiles the kernel
@given(
    st.integers(1, 60).flatmap(
        lambda n: st.tuples(
            st.permutations(range(n)),
            st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=80),
        )
    )
)
def test_the_better_of_a_pair_comes_first_with_its_rank_and_length(
    drawn: tuple[list[int], list[tuple[int, int]]],
) -> None:
    rank_of, pairs = drawn
    lengths = [100 + 7 * rank for rank in range(len(rank_of))]
    packed = np.array([one << 32 | other for one, other in pairs], np.uint64)
    found = np.empty((3, 2, len(pairs)), np.uint32)
    better_first(packed, np.array(rank_of, np.uint32), np.array(lengths, np.uint32), found)
    for place, pair in enumerate(pairs):
        better, lesser = sorted(pair, key=lambda row: rank_of[row])
        ranks, rows, sizes = found[:, :, place].tolist()
        assert (rows, ranks) == ([better, lesser], [rank_of[better], rank_of[lesser]])
        assert sizes == [lengths[rank] for rank in ranks]


def test_partners_in_a_room_are_those_without_and_lie_in_it_until_it_is_used_again() -> None:
    rng = np.random.default_rng(5)
    room = Room()
    for n in (3000, 40, 5000, 0, 700):
        hashes = rng.integers(0, 1 + n // 2, (4, n), dtype=np.uint32)
        order = rng.permutation(n).astype(np.uint32)
        classes = rng.integers(0, 256, n).astype(np.uint8)
        found = partners(hashes, order, classes, Bounds(2, 4, 8, 2), room)
        expected = partners(hashes, order, classes, Bounds(2, 4, 8, 2))
        for one, other in zip(found, expected, strict=True):
            assert one.tolist() == other.tolist()
