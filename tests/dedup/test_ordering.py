"""Orders that look at later columns only where the first tie are those by all columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.dedup.ordering import by_hash, order_of, packed_columns, text_ranks
from curator.dedup.representative import best_first

WIDE = st.sampled_from([0, 1, 2, 7, 255, 2**31, 2**32 - 1])
HALF = st.sampled_from([0, 1, 2**20, 2**20 + 1, 2**63, 2**64 - 2, 2**64 - 1])
NAMES = st.sampled_from(["", "嘅", "𠮶", "pasar", "Pasar", "नदी", "e\u0301", "é", "\0"])


@settings(deadline=None)
@given(st.lists(st.tuples(HALF, HALF), max_size=40))
def test_hashes_rise_and_equal_ones_stay_as_given(pairs: list[tuple[int, int]]) -> None:
    hashes = np.array(pairs, np.uint64).reshape(-1, 2)
    expected = sorted(range(len(pairs)), key=lambda place: (*pairs[place], place))
    assert by_hash(hashes).tolist() == expected


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=60), st.booleans())
def test_what_comes_after_decides_only_where_the_first_is_the_same(
    pairs: list[tuple[int, int]], is_wide: bool
) -> None:
    columns = np.array(pairs, np.uint64).reshape(-1, 2)
    first = columns[:, 0] << np.uint64(62) if is_wide else columns[:, 0].copy()
    found = order_of(first, lambda members: [columns[members, 1]], 64 if is_wide else 2)
    assert found.tolist() == sorted(range(len(pairs)), key=lambda place: (*pairs[place], place))


@settings(deadline=None)
@given(st.lists(st.lists(WIDE, min_size=4, max_size=4), min_size=1, max_size=20))
def test_packed_columns_rise_as_the_columns_do(rows: list[list[int]]) -> None:
    columns = [np.array(column, np.uint64) for column in zip(*rows, strict=True)]
    packed, bits, left = packed_columns(columns)
    assert int(packed.max()).bit_length() <= bits <= 64
    keys = [
        (p, *rest) for p, *rest in zip(packed.tolist(), *map(np.ndarray.tolist, left), strict=True)
    ]
    assert sorted(range(len(rows)), key=keys.__getitem__) == sorted(
        range(len(rows)), key=rows.__getitem__
    )


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(WIDE, WIDE, WIDE, WIDE, NAMES), max_size=30), st.booleans(), st.booleans()
)
def test_the_best_comes_first_by_every_column_in_turn(
    rows: list[tuple[int, int, int, int, str]], has_penalties: bool, in_chunks: bool
) -> None:
    n_replacements, lengths, traditional, penalties = (
        np.array([row[column] for row in rows], np.uint32) for column in range(4)
    )
    names = pa.array([row[4] for row in rows], pa.large_string())
    ids = pa.chunked_array([names.slice(0, 3), names.slice(3)]) if in_chunks else names
    found = best_first(
        n_replacements, lengths, traditional, ids, penalties if has_penalties else None
    )

    def key(place: int) -> tuple[int | str, ...]:
        replaced, length, n_traditional, penalty, name = rows[place]
        return (penalty * has_penalties, replaced, -length, -n_traditional, name, place)

    assert found.tolist() == sorted(range(len(rows)), key=key)


PREFIXES = st.sampled_from(["", "a", "wiki-", "https://zh-yue.wikipedia.org/wiki/", "長" * 100])


@settings(max_examples=300, deadline=None)
@given(
    PREFIXES,
    st.lists(st.text("a\0嘅𠮶नé", max_size=12), max_size=30),
    st.integers(0, 3),
    st.integers(1, 4),
)
def test_texts_are_ranked_by_code_point_and_equal_ones_as_given(
    prefix: str, endings: list[str], start: int, per_chunk: int
) -> None:
    texts = [prefix + ending for ending in endings]
    array = pa.array(texts, pa.large_string()).slice(start)
    chunks = [array.slice(place, per_chunk) for place in range(0, len(array), per_chunk)]
    expected = np.argsort(
        sorted(range(len(array)), key=lambda place: (texts[start:][place], place))
    )
    assert text_ranks(array).tolist() == expected.tolist()
    assert text_ranks(pa.chunked_array(chunks, pa.large_string())).tolist() == expected.tolist()
