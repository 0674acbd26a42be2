"""Modifiers do what their case files say, and their scans promise nothing false."""

from __future__ import annotations

import gzip
import itertools
import json
import pickle
from pathlib import Path
from typing import Any

import ftfy
import numpy as np
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curator import modifiers
from curator.errors import RecipeError
from curator.kernels import buffers
from curator.modifiers import (
    CantoneseCleaner,
    DocumentModifier,
    HanOnlyCleaner,
    LineRemover,
    MarkdownRemover,
    NewlineNormalizer,
    QuotationRemover,
    ScriptConverter,
    Slicer,
    UnicodeReformatter,
    UrlRemover,
)

CASES = Path(__file__).resolve().parent.parent / "cases"
EVERY: tuple[DocumentModifier, ...] = (
    CantoneseCleaner(),
    CantoneseCleaner(max_repeated_punctuation=1, narrow_full_width_alphanumerics=True),
    CantoneseCleaner(max_repeated_punctuation=None, repair_brackets=False, fold_radicals=False),
    HanOnlyCleaner(),
    LineRemover(["分享", "", "ok"]),
    MarkdownRemover(),
    MarkdownRemover(links="url"),
    NewlineNormalizer(),
    QuotationRemover(),
    ScriptConverter("s2hk"),
    ScriptConverter("tw2sp"),
    Slicer(left="好", right="。", include_left=False),
    UnicodeReformatter(),
    UnicodeReformatter(normalization="NFKC", fix_character_width=True),
    UrlRemover(),
)
ALPHABETS = (
    "（），、；: ()我哋a\u3000\t\n",
    "我 哋九 龍a\xa0㗎𠻺",
    "！!。…,，？?、a好",
    "*_[]()!a 好\n",
    "hHtTpPsS:/w.W?=()好，a ",
    '"「」『』“”«»甲乙\n a',
    "\n\r\x85\u2028\u2029a 好",
    "⽤Ａ１\x00\x07\x7f\u200b\ufeffไท",
    "ÃƒÂ©é’“&amp;<ক\u09be\u09c7\u0301e",
)
texts = st.one_of(
    st.text(max_size=30),
    *(st.text(alphabet=alphabet, max_size=24) for alphabet in ALPHABETS),
    st.lists(
        st.sampled_from(("http://", "www.", "a.hk", "/x", "好", "，", " ", "(", ")", "分享", "\n"))
    ).map("".join),
)


def _cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if content.get("rule") not in modifiers.__all__:
            continue
        modifier = getattr(modifiers, content["rule"])()
        for kind in ("in_the_wild", "negative", "known_failure"):
            for case in content[kind]:
                name = f"{path.stem}-{kind}-{case['why']}"
                found.append(pytest.param(modifier, kind, case, id=name))
    return found


@pytest.mark.parametrize(("modifier", "kind", "case"), _cases())
def test_a_case_file_describes_its_rule(
    modifier: DocumentModifier, kind: str, case: dict[str, str]
) -> None:
    result = modifier.modify_document(case["before"])
    if kind == "known_failure":
        assert result != case["after"], "no longer a failure: move the case"
    else:
        assert result == case["after"]


@pytest.mark.parametrize("modifier", EVERY, ids=repr)
@given(documents=st.lists(texts, max_size=4))
@settings(max_examples=120, deadline=None)
@example(documents=["", "httphttp://a.hk ://b", "（ （，） ）", "我 哋 a", "「", "\n\n\n"])
def test_no_scan_clears_a_text_that_changes(
    modifier: DocumentModifier, documents: list[str]
) -> None:
    found = modifier.may_change(buffers.of(documents))
    if found is None:
        return
    assert found.dtype == bool
    assert found.shape == (len(documents),)
    for document, may in zip(documents, found, strict=True):
        if not may:
            assert modifier.modify_document(document) == document


@pytest.mark.parametrize("modifier", [m for m in EVERY if m.idempotent], ids=repr)
@given(text=texts)
@settings(max_examples=150, deadline=None)
@example(text="httphttp://a.hk ://b")
@example(text="（，（））（ ）")
@example(text="*_*a*_*")
def test_a_promise_to_be_idempotent_is_kept(modifier: DocumentModifier, text: str) -> None:
    once = modifier.modify_document(text)
    assert modifier.modify_document(once) == once


def test_every_modifier_on_the_shelf_is_tried_here() -> None:
    tried = {type(modifier).__name__ for modifier in EVERY} | {"DocumentModifier"}
    assert tried == set(modifiers.__all__)


@pytest.mark.parametrize("modifier", EVERY, ids=repr)
def test_modifiers_travel_to_workers(modifier: DocumentModifier) -> None:
    assert pickle.loads(pickle.dumps(modifier)) == modifier


def test_han_only_keeps_every_extension_and_nothing_else() -> None:
    assert HanOnlyCleaner().modify_document("book 咗位𠻺㗎，好正！123") == " 咗位𠻺㗎好正"
    assert HanOnlyCleaner().modify_document("বাংলা") == ""


def test_lines_are_removed_only_when_whole() -> None:
    remover = LineRemover(["分享", "ora"])
    assert remover.modify_document("分享\n分享會\nora\nora ") == "分享會\nora "
    with pytest.raises(RecipeError, match="give a list of lines"):
        LineRemover("分享")  # type: ignore[arg-type]


def test_newlines_are_normalised_as_published_and_more() -> None:
    normalise = NewlineNormalizer().modify_document
    assert normalise("a\n\n\n\nb\n\nc\nd") == "a\n\nb\n\nc\nd"
    assert normalise("一\r\n\r\n\r\n二\r三\x85四") == "一\n\n二\n三\n四"


@pytest.mark.parametrize(
    ("slicer", "expected"),
    [
        (Slicer(), "一二三"),
        (Slicer(left=2, strip=False), "二三 "),
        (Slicer(left="二"), "二三"),
        (Slicer(left="二", include_left=False), "三"),
        (Slicer(right="二", include_right=False), "一"),
        (Slicer(left="無"), ""),
        (Slicer(right=2), "一"),
    ],
)
def test_slices_are_cut_by_index_or_string(slicer: Slicer, expected: str) -> None:
    assert slicer.modify_document(" 一二三 ") == expected


def test_a_link_may_keep_its_address() -> None:
    assert MarkdownRemover(links="url").modify_document("[好](https://a.hk)") == "https://a.hk"


def test_a_cap_below_one_is_refused() -> None:
    with pytest.raises(RecipeError, match="max_repeated_punctuation is 0"):
        CantoneseCleaner(max_repeated_punctuation=0)


def test_with_an_unknown_ftfy_nothing_is_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curator.kernels.unicode.ftfy_tables.supported", lambda: False)
    assert UnicodeReformatter().may_change(buffers.of(["好"])) is None


def test_cleaning_keeps_code_switching_and_rare_characters_of_real_speech(corpora: Path) -> None:
    rows = (corpora / "yue" / "hkcancor.jsonl").read_text(encoding="utf-8").splitlines()
    for row in rows:
        text = json.loads(row)["text"]
        cleaned = CantoneseCleaner().modify_document(text)
        assert [c for c in cleaned if c.isalnum()] == [c for c in text if c.isalnum()]


def test_scans_clear_most_of_real_text_and_never_wrongly(corpora: Path) -> None:
    path = corpora / "yue" / "yuewiki_20220901.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        documents = [json.loads(line)["text"] for line in itertools.islice(lines, 0, 4000, 8)]
    for modifier in EVERY:
        found = modifier.may_change(buffers.of(documents))
        if found is None:
            continue
        for index in np.flatnonzero(~found):
            assert modifier.modify_document(documents[index]) == documents[index]


@pytest.mark.parametrize(
    "modifier",
    [
        UnicodeReformatter(remove_zero_width_spaces=False),
        UnicodeReformatter(unescape_html=True, remove_zero_width_spaces=False),
        UnicodeReformatter(max_decode_length=5, remove_zero_width_spaces=False),
    ],
    ids=repr,
)
@given(
    pieces=st.lists(
        st.sampled_from(("&amp;", "<b>", "\n", "Ã©", "好，", "e\u0301", "ﬁ", "\r", "ক\u09bc", "a"))
    )
)
@settings(max_examples=200, deadline=None)
@example(pieces=["&amp;", "\n", "&amp;", "<b>", "\n", "&amp;", "\n"])
@example(pieces=["\ud83d\ude00", "\n"])
def test_only_lines_in_doubt_are_repaired_and_the_text_is_as_if_all_were(
    modifier: UnicodeReformatter, pieces: list[str]
) -> None:
    text = "".join(pieces)
    assert modifier.modify_document(text) == ftfy.fix_text(text, modifier._config())
