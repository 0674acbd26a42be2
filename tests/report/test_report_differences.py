"""The inline difference between a text before and after a modifier."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from curator.report.differences import (
    COMPARED_TOKENS,
    SHOWN_CHARACTERS,
    differences,
    tokens,
)


def kinds(before: str, after: str) -> list[tuple[str, str]]:
    return [(run.kind, run.text) for run in differences(before, after).runs]


def test_cantonese_is_compared_character_by_character() -> None:
    assert kinds("我哋去街", "我地去街") == [
        ("same", "我"),
        ("removed", "哋"),
        ("added", "地"),
        ("same", "去街"),
    ]


def test_javanese_in_latin_script_is_compared_word_by_word() -> None:
    assert kinds("mangan sego goreng", "mangan sega goreng") == [
        ("same", "mangan "),
        ("removed", "sego"),
        ("added", "sega"),
        ("same", " goreng"),
    ]


def test_devanagari_words_keep_their_vowel_signs() -> None:
    assert kinds("पाणि थंड आहे", "पाणी थंड आहे")[:2] == [("removed", "पाणि"), ("added", "पाणी")]


def test_marks_stay_with_their_base_in_an_unspaced_script() -> None:
    assert tokens("ꦱꦺꦒꦶ") == ["ꦱꦺ", "ꦒꦶ"]
    assert tokens("葛\U000e0100城") == ["葛\U000e0100", "城"]


def test_texts_that_look_alike_are_told_apart_by_code_points() -> None:
    found = differences("wis ke\u0300sel", "wis k\u00e8sel").runs
    assert [(run.kind, run.note) for run in found] == [
        ("same", ""),
        ("removed", "U+0065 U+0300"),
        ("added", "U+00E8"),
    ]


def test_equal_texts_have_no_runs() -> None:
    assert differences("早晨", "早晨").runs == ()


def test_unchanged_stretches_are_cut_at_words_and_counted() -> None:
    before = "satu dua tiga " * 40 + "http://x.example" + " papat lima" * 40
    runs = differences(before, before.replace("http://x.example", "")).runs
    assert [run.kind for run in runs] == ["gap", "same", "removed", "same", "gap"]
    assert runs[0].text == "522 characters unchanged"
    assert runs[1].text == " dua tiga satu dua tiga satu dua tiga "
    assert runs[3].text == " papat lima papat lima papat lima papat "


def test_a_rewritten_book_is_compared_and_shown_only_in_part() -> None:
    before, after = "天地玄黃" * 50_000, "宇宙洪荒" * 50_000
    found = differences(before, after)
    assert sum(len(run.text) for run in found.runs if run.kind != "gap") <= SHOWN_CHARACTERS
    assert f"over {COMPARED_TOKENS:,}" in found.left_out


WORDS = st.lists(
    st.sampled_from(["我", "哋", "去", "sega", " ", "\n", "पाणी", "e\u0301"]), max_size=30
)


@given(WORDS, WORDS)
def test_runs_rebuild_both_texts(before: list[str], after: list[str]) -> None:
    old, new = "".join(before), "".join(after)
    runs = differences(old, new).runs
    if old == new:
        assert runs == ()
    elif not any(run.kind == "gap" for run in runs):
        assert "".join(run.text for run in runs if run.kind in ("same", "removed")) == old
        assert "".join(run.text for run in runs if run.kind in ("same", "added")) == new


def test_texts_cut_at_a_window_do_not_differ_at_its_end() -> None:
    before, after = ("x" + "甲乙丙丁" * 400)[:1000], ("甲乙丙丁" * 400)[:1000]
    assert [run.kind for run in differences(before, after).runs][-1] == "added"
    assert [run.kind for run in differences(before, after, goes_on=True).runs] == [
        "removed",
        "same",
        "gap",
    ]


@given(st.text(max_size=60))
def test_tokens_join_to_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text
