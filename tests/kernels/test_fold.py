"""The folded key: one table look-up a character, equal to folding the normalised text."""

from __future__ import annotations

import gzip
import itertools
import json
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels import buffers
from curator.kernels.buffers import Utf8
from curator.kernels.fold import Keys, byte_hashes, fold, key_hashes, windows
from curator.kernels.fold.compositions import canonical_pairs
from curator.kernels.fold.cpu import MOST_UNKNOWN
from curator.kernels.fold.hashes import (
    FINAL_0,
    FINAL_1,
    KEY_SPACE,
    MULTIPLIER_0,
    MULTIPLIER_1,
)
from curator.kernels.fold.table import (
    CODE_POINT,
    EXAMINE,
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


def forget() -> None:
    """Let the process know no windows."""
    windows._known.cache_clear()


# Characters that meet one another in real text and in traps: marks of several classes, halves of
# compositions, jamo, halfwidth voicing marks, ligatures, ideographs, variation selectors.
INTERESTING = (
    "aAeéÉsSǆıİßﬁŉΐΣςᾳ ͅ \u0301\u0323\u0307\u0308\u0327\u0331\u0338\u0344\u034f\u0345"
    "ảạ\u1ea1\u1e96ẛ\u0304\u0f71\u0f72\u0f73\u0f74"
    "कक़़्षिনয়য\u09bcা\u09c7\u09beো ꦏꦴ꦳꧀ꦧ ก็น้ำนํ้า"
    "ᄀ가각\u1161\u11a8\u11a7 ｶﾞガか\u3099 "
    "嗰𠮶裏裡綫線爲為麵面㍿①Ⅷ︁\ufe0f\u200d，。…“”\ufffd\u212b\u2126ﷺ\U0001d15e"
)
# Starters and marks alone, so that nearly every character meets the one before it: Latin, Greek,
# Hebrew, Arabic, Devanagari, Bengali, Tamil, Tibetan, Burmese, Balinese, kana, jamo, ideographs.
MARKS = (
    "aeiouAEIOUhTWÅΩαηωΣςιıİßﬁ\u0300\u0301\u0302\u0303\u0304\u0307\u0308\u030c\u031b\u0323\u0327"
    "\u0328\u0331\u0338\u0342\u0344\u0345\u0313\u034f\u0360\u1dc0שׁבּ\u05b0\u05b8\u05bc\u05c1\u05c2"
    "اوي\u0653\u0654\u0655\u064b\u0651ﷺकनर\u093c\u094d\u0947ড\u09bc\u09c7\u09be\u09d7ெ\u0bc6\u0bbe"
    "ཀཱ\u0f71\u0f72\u0f74\u0f80\u0f73\u0fb5\u1025\u102e\u1b05\u1b35かハウ\u3099\u309aﾊ\uff9e\uff9f"
    "ᄀᄒ\u1161\u1175\u11a7\u11a8\u11c2가각\u115f廣臺㍿\ufffd \n\ufe0f\u200d"
    "𝅗\U0001d165\U0001d16e\U000110ba"
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


RUNS = st.one_of(
    st.text("abcXYZ 09.,-\n", max_size=30),
    st.text("香港語嗰裡，。ก็가ꦏꦴ", max_size=12),
    st.text("éộñßﬁ\u0301\u0331か\u3099\ufffd𠮶", max_size=3),
)


@settings(deadline=None)  # the first example compiles the kernel
@given(st.lists(st.lists(RUNS, max_size=8).map("".join), min_size=1, max_size=3))
def test_runs_of_one_width_fold_as_the_definition_says(documents: list[str]) -> None:
    keys = fold(buffers.of(documents))
    assert keys_of(*documents) == [plain_key(text) for text in documents]
    lost = [text.count("\ufffd") for text in documents]
    assert keys.n_replacements.tolist() == lost
    changed = [sum(text.count(c) for c in "語嗰裡") for text in documents]
    assert keys.n_traditional.tolist() == changed


BEHIND = "香港 Hong Kong é " * 20
"""Whole blocks of bytes are folded where there is more text behind them."""


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.one_of(
            RUNS,
            st.text("abcXYZ 09.,-\n", min_size=60, max_size=200),
            st.text("香港語嗰裡，。𠮶ñé", min_size=20, max_size=400),
            st.text(MARKS + INTERESTING, max_size=40),
        ),
        max_size=8,
    ),
    st.integers(0, 70),
)
def test_blocks_fold_as_the_definition_says(runs: list[str], before: int) -> None:
    documents = ["x" * before, "".join(runs), BEHIND, "".join(runs[::-1]) + BEHIND]
    keys = fold(buffers.of(documents))
    assert keys_of(*documents) == [plain_key(text) for text in documents]
    assert keys.n_replacements.tolist() == [text.count("\ufffd") for text in documents]
    alone = [fold(buffers.of([text])).n_traditional[0] for text in documents]
    assert keys.n_traditional.tolist() == alone


def test_every_code_point_folds_alike_in_a_block_and_alone() -> None:
    everything = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    for before in ("", "語e"):
        documents = [before + character + "。ab" for character in everything] + [BEHIND]
        keys = fold(buffers.of(documents))
        joined = "".join(map(chr, keys.codepoints))
        expected = [plain_key(text) for text in documents]
        assert joined == "".join(expected)
        assert keys.lengths.tolist() == [len(key) for key in expected]


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


def test_no_window_folds_to_more_than_its_slot_can_say() -> None:
    found = tables().whole
    longest = int((found[(found & np.uint32(EXPAND)) != 0] & 31).max())
    assert longest * (windows.LONGEST + 1) <= int(windows.BYTE)


def test_a_text_of_expanding_characters_folds_whole() -> None:
    assert keys_of("ﷺ" * 1000, "e\u0301", "ﷺ\u0323\u0301" * 500) == [
        plain_key("ﷺ") * 1000,
        "é",
        plain_key("ﷺ\u0323\u0301") * 500,
    ]


def test_a_window_ends_where_a_character_combines_with_nothing_before_it() -> None:
    """No step of normalising and folding lets a mark come to stand first, or stop to."""
    examined = (tables().whole & np.uint32(EXAMINE)) != 0
    for c in map(chr, itertools.chain(range(0xD800), range(0xE000, 0x110000))):
        heads = {unicodedata.normalize(form, c)[0] for form in ("NFD", "NFKD")}
        assert {bool(examined[ord(head)]) for head in heads} == {bool(examined[ord(c)])}, c
        if not examined[ord(c)]:
            assert not examined[[ord(c.casefold()[0]), ord(compatibility_casefold(c)[0])]].any(), c


def composing_pairs() -> list[str]:
    pairs = tables().pairs.tolist()
    return [chr(pair >> 21) + chr(pair & CODE_POINT) for pair in pairs]


def test_pairs_that_compose_fold_as_the_definition_says() -> None:
    pairs = composing_pairs()[::2]
    marked = [f"{pair}\u0323\u0301" for pair in pairs[::5]]
    assert keys_of(*pairs, *marked) == [plain_key(text) for text in [*pairs, *marked]]


def test_a_document_may_bring_more_windows_than_are_noted_at_once() -> None:
    forget()
    pairs = composing_pairs()[:: 45256 // (3 * MOST_UNKNOWN)]
    text = "ⓧ".join(pairs)
    assert len(pairs) > 2 * MOST_UNKNOWN
    assert keys_of(text, text) == [plain_key(text)] * 2
    known = windows.known()
    assert keys_of(text) == [plain_key(text)]
    assert windows.known() is known


def test_a_heap_of_marks_longer_than_a_window_folds_as_the_definition_says() -> None:
    heaps = [f"a{mark * n}\u0323 廣" for mark in "\u0301\u0345\u0f71" for n in range(12)]
    assert keys_of(*heaps) == [plain_key(text) for text in heaps]
    assert fold(buffers.of(heaps)).n_traditional.tolist() == [1] * len(heaps)


MARKED = st.lists(st.text(MARKS, min_size=1, max_size=12), min_size=1, max_size=8)


@settings(deadline=None)  # the first example compiles the kernel
@given(MARKED, st.sampled_from([0, 5, 40, windows.MOST_NODES]))
def test_the_key_does_not_depend_on_what_is_remembered(documents: list[str], most: int) -> None:
    expected = [plain_key(text) for text in documents]
    with pytest.MonkeyPatch.context() as patch:
        forget()
        patch.setattr(windows, "MOST_NODES", most)
        assert keys_of(*documents) == expected
        assert keys_of(*documents[::-1]) == expected[::-1]
    assert keys_of("".join(documents)) == [plain_key("".join(documents))]


def test_threads_that_fold_at_once_find_what_one_finds() -> None:
    pairs = composing_pairs()[::5]
    parts = [buffers.of(pairs[start::16]) for start in range(16)]
    forget()
    alone = [fold(part) for part in parts]
    forget()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fold, parts))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.codepoints, other.codepoints)
        assert np.array_equal(one.offsets, other.offsets)


def test_real_text_with_marks_folds_as_the_definition_says(corpora: Path) -> None:
    with gzip.open(corpora / "bulk" / "bible_chapters.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"][:2000] for line in itertools.islice(lines, 0, None, 29)]
    texts += [unicodedata.normalize("NFD", text) for text in texts]
    assert keys_of(*texts) == [plain_key(text) for text in texts]


def test_key_hashes_are_equal_exactly_for_equal_keys() -> None:
    hashes = key_hashes(buffers.of(["嗰度！", "𠮶 度", "𠮶道", "度𠮶", "𠮶度度"]))
    assert hashes.shape == (5, 2)
    assert hashes[0].tolist() == hashes[1].tolist()
    assert len({tuple(row) for row in hashes.tolist()}) == 4


def plain_key_hash(key: str) -> list[int]:
    """The definition, for a key that is not empty: two code points a step."""
    mask, points = (1 << 64) - 1, [ord(c) for c in key]
    lanes = [int(KEY_SPACE) ^ len(points), int(KEY_SPACE) ^ len(points) ^ mask]
    for low, high in itertools.zip_longest(points[::2], points[1::2], fillvalue=0):
        word = low | (high << 32)
        for lane, turn, factor in ((0, 29, MULTIPLIER_0), (1, 37, MULTIPLIER_1)):
            h = lanes[lane]
            turned = ((h << turn) | (h >> (64 - turn))) & mask
            lanes[lane] = (turned ^ word) * int(factor) & mask
    lanes[1] = (lanes[1] + lanes[0] * int(MULTIPLIER_1)) & mask
    for lane, h in enumerate(lanes):
        h = (h ^ (h >> 33)) * int(FINAL_0) & mask
        h = (h ^ (h >> 29)) * int(FINAL_1) & mask
        lanes[lane] = h ^ (h >> 32)
    return lanes


@settings(deadline=None)  # the first example compiles the kernel
@given(st.lists(texts, max_size=20))
def test_key_hashes_do_not_depend_on_the_other_documents(documents: list[str]) -> None:
    keys = [plain_key(text) for text in documents]
    hashes = key_hashes(buffers.of(documents)).tolist()
    for text, key, found in zip(documents, keys, hashes, strict=True):
        alone = key_hashes(buffers.of([text]))[0].tolist()
        assert found == (plain_key_hash(key) if key else alone)


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


def test_byte_hashes_tell_names_apart() -> None:
    names = ["", "…", "a", "A", "ñ", "n\u0303", *(f"yue-{number}" for number in range(5000))]
    hashes = byte_hashes(buffers.of(names))
    assert len(np.unique(hashes[:, 0])) == len(np.unique(hashes[:, 1])) == len(names)
    assert byte_hashes(buffers.of(names[::-1])).tolist() == hashes[::-1].tolist()
    assert hashes[:2].tolist() == key_hashes(buffers.of(["", "…"])).tolist()
    assert byte_hashes(buffers.of([])).shape == (0, 2)


def test_no_documents_give_no_keys() -> None:
    keys = fold(buffers.of([]))
    assert isinstance(keys, Keys)
    assert keys.offsets.tolist() == [0]
    assert key_hashes(buffers.of([])).shape == (0, 2)
