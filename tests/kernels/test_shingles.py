"""Shingles: their length follows the script, their sets follow the text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels import buffers
from curator.kernels.fold import fold
from curator.kernels.shingles import shingle_lengths, shingle_sets, unspaced
from curator.kernels.shingles.cpu import AT_ONCE, UNSPACED
from tests.kernels.plain_shingles import plain_hash


def is_plainly_unspaced(key: str) -> bool:
    """The definition, one character at a time."""
    counted = [c for c in key if not "0" <= c <= "9"]
    inside = [c for c in counted if any(a <= ord(c) <= b for a, b in UNSPACED.tolist())]
    return 0 < len(inside) >= len(counted) - len(inside)


def test_scripts_without_spaces_have_short_shingles() -> None:
    texts = [
        "今日天氣好好",
        "ꦱꦸꦒꦼꦁꦫꦮꦸꦃ",
        "ภาษาไทย",
        "Sugeng enjing",
        "Tiếng Việt",
        "हिन्दी",
        "book 咗位先",
    ]
    assert shingle_lengths(fold(buffers.of(texts))).tolist() == [5, 5, 5, 10, 10, 10, 10]


def test_digits_do_not_make_a_script() -> None:
    assert unspaced(fold(buffers.of(["2024 年 12 月 31", "2024", ""]))).tolist() == [
        True,
        False,
        False,
    ]


@settings(deadline=None)  # the first example compiles the kernel
@given(st.lists(st.text("港島𡃉ꦱ한ภa9éộﷺ१", max_size=12), max_size=6))
def test_a_script_is_what_at_least_half_of_the_characters_say(texts: list[str]) -> None:
    keys = fold(buffers.of(texts))
    expected = [is_plainly_unspaced(keys.document(i)) for i in range(len(texts))]
    assert unspaced(keys).tolist() == expected


@settings(deadline=None)  # the first example compiles the kernel
@given(st.lists(st.text("香港𡃉aé\u0331", max_size=70), max_size=4), st.integers(1, 40))
def test_hashes_are_the_polynomials_of_the_definition(texts: list[str], length: int) -> None:
    keys = fold(buffers.of(texts))
    sets = shingle_sets(keys, np.full(len(texts), length))
    for i in range(len(texts)):
        key = keys.document(i)
        shingles = {key[j : j + length] for j in range(len(key) - length + 1)}
        found = sets.hashes[sets.offsets[i] : sets.offsets[i + 1]].tolist()
        assert found == sorted(map(plain_hash, shingles))


@pytest.mark.parametrize("text", ["香港人講廣東話嘅文章", "ngoko alus sugeng", "né̱ ꦏꦴꦱꦸꦒꦼꦁ"])
@pytest.mark.parametrize(
    "length", [1, 2, 3, 12, AT_ONCE - 1, AT_ONCE, AT_ONCE + 5, 2 * AT_ONCE + 1]
)
def test_hashes_do_not_depend_on_how_many_are_made_at_once(text: str, length: int) -> None:
    rng = np.random.default_rng(length)
    key = "".join(rng.permutation(list(text * 250)).tolist())[: 3 * AT_ONCE + 7]
    keys = fold(buffers.of([key]))
    key = keys.document(0)
    shingles = {key[j : j + length] for j in range(len(key) - length + 1)}
    assert len(shingles) > 3
    found = shingle_sets(keys, np.array([length])).hashes.tolist()
    assert found == sorted(map(plain_hash, shingles))


@settings(deadline=None)  # the first example compiles the kernel
@given(
    st.lists(st.text("香港人𡃉a", max_size=30), min_size=1, max_size=5),
    st.integers(1, 6),
)
def test_sets_have_one_hash_for_each_distinct_shingle(texts: list[str], length: int) -> None:
    keys = fold(buffers.of(texts))
    sets = shingle_sets(keys, np.full(len(texts), length))
    hash_of: dict[str, int] = {}
    for i in range(len(texts)):
        key = keys.document(i)
        shingles = sorted({key[j : j + length] for j in range(len(key) - length + 1)})
        found = sets.hashes[sets.offsets[i] : sets.offsets[i + 1]].tolist()
        assert found == sorted(set(found))
        assert len(found) == len(shingles)
        for shingle in shingles:
            alone = shingle_sets(fold(buffers.of([shingle])), np.array([length]))
            hash_of[shingle] = int(alone.hashes[0])
        assert found == sorted(hash_of[shingle] for shingle in shingles)
    assert len(set(hash_of.values())) == len(hash_of)


def test_no_documents_and_short_keys_have_no_shingles() -> None:
    assert shingle_sets(fold(buffers.of([])), np.zeros(0, np.int64)).offsets.tolist() == [0]
    sets = shingle_sets(fold(buffers.of(["", "香港"])), np.array([5, 5]))
    assert sets.offsets.tolist() == [0, 0, 0]
