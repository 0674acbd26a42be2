"""ScriptConverter: what the scan calls untouched is what OpenCC leaves as it is."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

import numpy as np
import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curator.errors import RecipeError
from curator.kernels import buffers
from curator.kernels.chinese import contains_phrase, phrase_tables
from curator.modifiers import ScriptConverter, script

CONFIGS = sorted(name.removesuffix(".json") for name in opencc.CONFIGS)
PIECES = [
    *"后後里裏裡面麪只隻干幹乾云雲了瞭制製松鬆周週卷捲才纔着著台臺系係繫谷穀一不人髮发",
    *"嘅喺咗冇哋𠻺㗎𨋢妳䒳⿰⿱亻",
    *(
        "制面",
        "皇后",
        "公里",
        "頭髮",
        "白发",
        "周末",
        "一只",
        "不可一世",
        "松鼠",
        "升降机",
        "打印機",
    ),
    *(" ", "\n", "chill", "，", "é", "ꦧꦱ", "ñ", "\0", "\ufeff", "️", "豈", "朗", "�"),
]


def test_characters_are_converted_and_other_scripts_stay() -> None:
    to_hong_kong = ScriptConverter("s2hk")
    assert to_hong_kong.modify_document("干部喺后面理发") == "幹部喺後面理髮"
    assert ScriptConverter("hk2s").modify_document("幹部喺後面理髮，好 chill") == (
        "干部喺后面理发，好 chill"
    )
    for text in ("", "Tiếng Việt", "Aku arep mangan", "ꦧꦱꦗꦮ", "ni\u0303o"):
        assert to_hong_kong.modify_document(text) == text
        assert to_hong_kong.may_change(buffers.of([text])).tolist() == [False]


def test_text_behind_a_nul_is_not_lost_nor_a_surrogate_a_failure() -> None:
    convert = ScriptConverter("s2t").modify_document
    assert convert("a\0后面\0\0b\0干部") == "a\0後面\0\0b\0幹部"
    assert convert("\ud800后面\udfff") == "\ud800後面\udfff"


def test_an_unknown_configuration_is_refused_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match="config='s2hkk'; did you mean 's2hk'"):
        ScriptConverter("s2hkk")


@pytest.mark.parametrize("config", CONFIGS)
def test_every_character_that_changes_by_itself_is_found(config: str) -> None:
    points = [point for point in range(1, 0x110000) if not 0xD800 <= point < 0xE000]
    characters = [chr(point) for point in points if point != 0x0A]
    converted = opencc.OpenCC(config).convert("\n".join(characters)).split("\n")
    changed = np.array([a != b for a, b in zip(characters, converted, strict=True)])
    may = ScriptConverter(config).may_change(buffers.of(characters))
    assert changed.sum() > 200
    assert may[changed].all()


@given(st.sampled_from(CONFIGS), st.lists(st.lists(st.sampled_from(PIECES), max_size=12)))
def test_what_the_scan_calls_untouched_is_untouched(config: str, parts: list[list[str]]) -> None:
    texts = ["".join(pieces) for pieces in parts]
    converter = ScriptConverter(config)
    may = converter.may_change(buffers.of(texts))
    for text, found in zip(texts, may.tolist(), strict=True):
        assert found or converter.modify_document(text) == text


@given(st.sampled_from(CONFIGS), st.data())
def test_characters_that_no_dictionary_knows_alone_are_untouched_together(
    config: str, data: st.DataObject
) -> None:
    text = data.draw(st.text(st.sampled_from(QUIET[config]), max_size=60))
    converter = ScriptConverter(config)
    if not converter.may_change(buffers.of([text]))[0]:
        assert converter.modify_document(text) == text


def quiet_characters(config: str) -> list[str]:
    """Characters of phrases that do not change by themselves: phrases are all they change in."""
    tables = script._tables(config)
    assert tables is not None, "the dictionaries of the installed OpenCC cannot be read"
    return [chr(p) for p in np.flatnonzero((tables.kinds & 6 != 0) & (tables.kinds & 1 == 0))] + [
        "的"
    ]


QUIET = {config: quiet_characters(config) for config in CONFIGS}


@pytest.mark.parametrize(
    "name", ["yue/yuewiki_20220901.jsonl.gz", "zh_hant/drcd_zhwiki.jsonl", "zh_hans/udhr.jsonl"]
)
@pytest.mark.parametrize("config", ["s2hk", "hk2s", "t2s", "s2twp", "tw2sp", "t2hk"])
def test_real_text_is_judged_as_opencc_does(corpora: Path, name: str, config: str) -> None:
    path = corpora / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line, _ in zip(lines, range(1500), strict=False)]
    converter = ScriptConverter(config)
    may = converter.may_change(buffers.of(texts))
    for text, found in zip(texts, may.tolist(), strict=True):
        assert found or converter.modify_document(text) == text


def test_dictionaries_that_cannot_be_read_leave_every_text_to_opencc(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "opencc_dict")

    monkeypatch.setattr(script.subprocess, "run", fail)
    script._tables.cache_clear()
    try:
        assert ScriptConverter("t2tw").may_change(buffers.of(["后"])) is None
    finally:
        script._tables.cache_clear()


@given(
    st.lists(st.text("abcñꦧ𠻺", min_size=1, max_size=3), max_size=6),
    st.lists(st.text("abcñꦧ𠻺x", max_size=8), max_size=6),
)
def test_phrases_of_up_to_three_characters_are_found_exactly(
    phrases: list[str], texts: list[str]
) -> None:
    found = contains_phrase(buffers.of(texts), phrase_tables(phrases))
    assert found.tolist() == [any(phrase in text for phrase in phrases) for text in texts]


@given(st.lists(st.text("abcñ", min_size=1, max_size=6), max_size=6), st.text("abcñ", max_size=12))
def test_a_longer_phrase_is_never_missed(phrases: list[str], text: str) -> None:
    [found] = contains_phrase(buffers.of([text]), phrase_tables(phrases)).tolist()
    assert found == any(phrase[:3] in text for phrase in phrases if _kept(phrase, phrases))
    assert found or not any(phrase in text for phrase in phrases)


def _kept(phrase: str, phrases: list[str]) -> bool:
    """Whether a phrase is looked for itself, and not by one of its characters."""
    return len(phrase) == 1 or not any(len(p) == 1 and p in phrase for p in phrases)
