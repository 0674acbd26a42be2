"""Shingles: their length follows the script, their sets follow the text."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels import buffers
from curator.kernels.fold import fold
from curator.kernels.shingles import shingle_lengths, shingle_sets, unspaced


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
