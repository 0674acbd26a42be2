"""The folded key: one table look-up a character, equal to folding the normalised text."""

from __future__ import annotations

import itertools
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels import buffers
from curator.kernels.buffers import Utf8
from curator.kernels.fold import Keys, fold, key_hashes
from curator.kernels.fold.compositions import canonical_pairs
from curator.kernels.fold.cpu import LONGEST_EXPANSION
from curator.kernels.fold.table import (
    CODE_POINT,
    EXPAND,
    compatibility_casefold,
    is_dropped,
    simplified_forms,
    tables,
)

SIMPLIFIED = simplified_forms()


def plain_key(text: str) -> str:
    """The definition, one character at a time."""
    kept = [c for c in compatibility_casefold(text) if not is_dropped(c)]
    return "".join(chr(SIMPLIFIED[ord(c)]) for c in kept)


def keys_of(*texts: str) -> list[str]:
    keys = fold(buffers.of(texts))
    return [keys.document(i) for i in range(len(texts))]


# Characters that meet one another in real text and in traps: marks of several classes, halves of
# compositions, jamo, halfwidth voicing marks, ligatures, ideographs, variation selectors.
INTERESTING = (
    "aAeéÉsSǆıİßﬁŉΐΣςᾳ ͅ \u0301\u0323\u0307\u0308\u0327\u0331\u0338\u0344\u034f\u0345"
    "ảạ\u1ea1\u1e96ẛ\u0304\u0f71\u0f72\u0f73\u0f74"
    "कक़़्षिনয়য\u09bcা\u09c7\u09beো ꦏꦴ꦳꧀ꦧ ก็น้ำนํ้า"
    "ᄀ가각\u1161\u11a8\u11a7 ｶﾞガか\u3099 "
    "嗰𠮶裏裡綫線爲為麵面㍿①Ⅷ︁\ufe0f\u200d，。…“”\ufffd\u212b\u2126ﷺ\U0001d15e"
)
texts = st.text(st.one_of(st.sampled_from(INTERESTING), st.characters(exclude_categories=["Cs"])))


def test_the_key_of_cantonese_drops_punctuation_and_case_and_folds_variants() -> None:
    assert keys_of("「嗰度，好 Chill！」") == ["𠮶度好chill"]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("嗰", "𠮶"),
        ("裏", "裡"),
        ("綫", "線"),
        ("爲", "為"),
        ("峯", "峰"),
        ("衞", "衛"),
        ("啓", "啟"),
        ("着", "著"),
        ("説話", "說话"),
        ("ＡＢＣ１２", "abc12"),
    ],
)
def test_variants_of_one_character_have_one_key(left: str, right: str) -> None:
    first, second = keys_of(left, right)
    assert first == second


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Tiếng Việt!", "tiếngviệt"),
        ("ꦧꦱꦗꦮ, ꦏꦴꦁ", "ꦧꦱꦗꦮꦏꦴꦁ"),
        ("हिन्दी की", "हिन्दीकी"),
        ("ภาษาไทย ก็", "ภาษาไทยก็"),
    ],
)
def test_marks_that_belong_to_letters_stay(text: str, key: str) -> None:
    assert keys_of(text) == [unicodedata.normalize("NFC", key)]


def test_characters_that_become_several_become_all_of_them() -> None:
    assert keys_of("㍿ ﬁn Straße ½") == ["株式会社finstrasse12"]


def test_invisible_characters_and_selectors_leave_no_trace() -> None:
    assert keys_of("香\u200b港\ufeff❤\ufe0f葛\U000e0101城") == ["香港葛城"]


def test_empty_text_and_punctuation_have_an_empty_key() -> None:
    assert keys_of("", "……！", "\ufffd") == ["", "", ""]


def test_replacement_characters_and_traditional_characters_are_counted() -> None:
    keys = fold(buffers.of(["香\ufffd港\ufffd", "廣東話", "广东话", "e\u0301\ufffd廣"]))
    assert keys.n_replacements.tolist() == [2, 0, 0, 1]
    assert keys.n_traditional.tolist() == [0, 3, 0, 1]


@settings(deadline=None)  # the first example compiles the kernel
@given(texts)
def test_the_fast_path_equals_the_definition(text: str) -> None:
    assert keys_of(text) == [plain_key(text)]


@settings(deadline=None)  # the first example compiles the kernel
@given(st.lists(texts, max_size=5))
def test_composed_and_decomposed_text_have_one_key(documents: list[str]) -> None:
    forms = [
        [unicodedata.normalize(form, text) for text in documents]
        for form in ("NFC", "NFD", "NFKC", "NFKD")
    ]
    expected = key_hashes(buffers.of(documents)).tolist()
    with_key = [bool(plain_key(text)) for text in documents]
    for form in forms:
        found = key_hashes(buffers.of(form)).tolist()
        assert [f for f, k in zip(found, with_key, strict=True) if k] == [
            e for e, k in zip(expected, with_key, strict=True) if k
        ]


@settings(deadline=None)  # the first example compiles the kernel
@given(st.lists(texts, max_size=6), st.integers(0, 3))
def test_a_slice_folds_like_its_documents(documents: list[str], skipped: int) -> None:
    whole = buffers.of(documents)
    skipped = min(skipped, len(documents))
    part = Utf8(whole.offsets[skipped:], whole.data)
    keys = fold(part)
    assert [keys.document(i) for i in range(part.n_documents)] == [
        plain_key(text) for text in documents[skipped:]
    ]


def test_every_code_point_folds_as_the_definition_says() -> None:
    everything = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    keys = fold(buffers.of(everything))
    joined = "".join(map(chr, keys.codepoints))
    expected = [plain_key(character) for character in everything]
    assert joined == "".join(expected)
    assert keys.lengths.tolist() == [len(key) for key in expected]


def test_the_fold_of_a_fold_is_itself() -> None:
    folded = {c for c in (tables().normalised & CODE_POINT).tolist() if c}
    plain = [chr(c) for c in folded if not 0xD800 <= c < 0xE000]
    stable = [c for c in plain if compatibility_casefold(c) == c]
    assert keys_of(*stable) == stable


def test_every_canonical_pair_is_known() -> None:
    pairs = canonical_pairs()
    for c in map(chr, itertools.chain(range(0xD800), range(0xE000, 0x110000))):
        decomposed = unicodedata.normalize("NFD", c)
        if decomposed != c and unicodedata.is_normalized("NFC", c):
            first = unicodedata.normalize("NFC", decomposed[:-1])
            assert decomposed[-1] in pairs[first]


def test_no_character_expands_beyond_the_room_given() -> None:
    found = tables().whole
    entries = np.flatnonzero(found & np.uint32(EXPAND))
    room = [len(chr(c).encode()) * LONGEST_EXPANSION for c in entries]
    assert np.all((found[entries] & 31) <= room)


def test_a_text_of_expanding_characters_folds_whole() -> None:
    assert keys_of("ﷺ" * 1000) == [plain_key("ﷺ") * 1000]


def test_key_hashes_are_equal_exactly_for_equal_keys() -> None:
    hashes = key_hashes(buffers.of(["嗰度！", "𠮶 度", "𠮶道", "度𠮶", "𠮶度度"]))
    assert hashes.shape == (5, 2)
    assert hashes[0].tolist() == hashes[1].tolist()
    assert len({tuple(row) for row in hashes.tolist()}) == 4


def test_empty_keys_are_told_apart_by_their_bytes() -> None:
    hashes = key_hashes(buffers.of(["", "…", "。。。", "…", "", "\ufffd"])).tolist()
    assert hashes[0] == hashes[4]
    assert hashes[1] == hashes[3]
    assert len({tuple(row) for row in hashes}) == 4


def test_key_hashes_do_not_collide_on_similar_keys() -> None:
    made = [f"{a}{b}" for a in "一二三四五六七八九十" * 30 for b in range(300)]
    distinct = sorted(set(made))
    hashes = key_hashes(buffers.of(distinct))
    assert len(np.unique(hashes[:, 0])) == len(distinct)
    assert len(np.unique(hashes[:, 1])) == len(distinct)


def test_no_documents_give_no_keys() -> None:
    keys = fold(buffers.of([]))
    assert isinstance(keys, Keys)
    assert keys.offsets.tolist() == [0]
    assert key_hashes(buffers.of([])).shape == (0, 2)
