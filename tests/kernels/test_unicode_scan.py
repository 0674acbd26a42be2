"""Where the scan finds nothing, ftfy changes nothing; the scan never promises too much."""

from __future__ import annotations

import gzip
import itertools
import json
import unicodedata
from pathlib import Path

import ftfy
import numpy as np
import pytest
from ftfy import badness, chardata
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curator.kernels import buffers, unicode
from curator.kernels.unicode import ftfy_tables
from curator.kernels.unicode.ftfy_tables import FtfyOptions

MOJIBAKE = "".join(
    sorted(
        set("".join(ftfy_tables._members((name,)) for name in badness.MOJIBAKE_CATEGORIES))
        | set("aA zÂÃ…–°œŒ ,.!Ђўі")
    )
)
MARKS = "".join(chr(p) for p in range(0x300, 0x340)) + "়া্ৗ\u3099\u309a\u1161\u11a8\u0323\u0327"
OPTIONS = (
    FtfyOptions(),
    FtfyOptions(fix_encoding=False, normalization=None, unescape_html=False),
    FtfyOptions(fix_character_width=True, uncurl_quotes=True, normalization="NFKC"),
    FtfyOptions(normalization="NFD", remove_control_chars=False, fix_line_breaks=False),
)


def _fixed(text: str, options: FtfyOptions) -> str:
    return ftfy.fix_text(text, ftfy.TextFixerConfig(explain=False, **options._asdict()))


def _scan(documents: list[str], options: FtfyOptions = OPTIONS[0]) -> list[bool]:
    found = unicode.may_change(buffers.of(documents), ftfy_tables.tables(options))
    return [bool(value) for value in found]


hostile = st.one_of(
    st.text(max_size=30),
    st.text(alphabet=MOJIBAKE, max_size=12),
    st.text(alphabet="aeouAEOéáñকোো你가ᄀかは" + MARKS, max_size=10),
    st.text(alphabet="&#;ampltx41<>A0\r\n\x1b[m\x07\u2028\u0085好", max_size=20),
    # True mojibake: good text encoded as UTF-8 and read as something else.
    st.text(alphabet="éñ你好’“”–…বাংলা", max_size=8).map(
        lambda text: text.encode().decode("latin-1")
    ),
    st.text(alphabet="éñ你好’“”–…ж", max_size=8).map(
        lambda text: text.encode().decode("cp1252", "replace")
    ),
    st.text(alphabet="éñ’“”–…ж", max_size=8).map(
        lambda text: text.encode().decode("cp1251", "replace")
    ),
    st.text(alphabet="éñ’“”–…ж", max_size=8).map(lambda text: text.encode().decode("mac-roman")),
)


@given(st.lists(hostile, min_size=1, max_size=4), st.sampled_from(OPTIONS))
@settings(max_examples=1500, deadline=None)
@example(["Â  Ã la mode", "cafÃ©", "“å”", "œ好", "ÃƒÂ©"], OPTIONS[0])
def test_a_text_the_scan_clears_is_left_alone_by_ftfy(
    documents: list[str], options: FtfyOptions
) -> None:
    for document, found in zip(documents, _scan(documents, options), strict=True):
        if not found:
            assert _fixed(document, options) == document


@pytest.mark.parametrize("length", [2, 3])
def test_every_short_badness_holds_one_of_the_pairs(length: int) -> None:
    names = (*badness.MOJIBAKE_CATEGORIES,)
    one_of_each = "".join(ftfy_tables._members((name,))[0] for name in names)
    alphabet = MOJIBAKE if length == 2 else one_of_each + "aA ÂÃΓГРв€œ°²à√≈‚ÄâóβāØÙ×"
    strings = ["".join(parts) for parts in itertools.product(alphabet, repeat=length)]
    bad = [text for text in strings if badness.is_bad(text)]
    assert len(bad) > 1000
    assert all(_scan(bad))


def test_every_mark_that_composes_or_moves_is_found() -> None:
    marks = [chr(p) for p in range(0x10FFFF) if unicodedata.combining(chr(p))][:400]
    marks += list("াৗ\u0dcf\u1b35")
    bases = [chr(p) for p in range(0x41, 0x2000) if unicodedata.category(chr(p))[0] == "L"][::7]
    pairs = [base + mark for base in bases for mark in marks[::3]]
    changed = [pair for pair in pairs if unicodedata.normalize("NFC", pair) != pair]
    assert len(changed) > 500
    assert all(_scan(changed))


@pytest.mark.parametrize(
    "text",
    [
        "佢哋而家喺度食緊飯，𠻺 㗎！「好 chill」……",
        "“Iki wis rampung,” ujare Bapak – ora ana maneh…",
        "বাংলা ভাষায় লেখা কি কঠিন? ক্ষুদ্র ড়াই।",
        "Tiếng Việt có dấu; ngữ pháp.",
        "👩‍👩‍👧 ❤️ ⿰亻我 ｶﾞ AT&T R&D & ;",
        "",
    ],
)
def test_ordinary_text_is_cleared(text: str) -> None:
    assert _scan([text]) == [False]


@pytest.mark.parametrize(
    "text",
    [
        "cafÃ©",
        "a&amp;b",
        "a\r\nb",
        "\x1b[1mx",
        "e\u0301",
        "ক\u09c7\u09be",
        "ﬁ",
        "\ufeffa",
        "가\u11a8",
    ],
)
def test_what_ftfy_changes_is_found_in_the_wild(text: str) -> None:
    assert _fixed(text, OPTIONS[0]) != text
    assert _scan(["好" + text + "好"]) == [True]


@pytest.mark.parametrize(
    "path", ["yue/yuewiki_20220901.jsonl.gz", "jav/nusaparagraph_jav.jsonl.gz"]
)
def test_real_documents_the_scan_clears_are_left_alone(corpora: Path, path: str) -> None:
    with gzip.open(corpora / path, "rt", encoding="utf-8") as lines:
        documents = [json.loads(line)["text"] for line in itertools.islice(lines, 0, 6000, 6)]
    found = _scan(documents)
    for document, may in zip(documents, found, strict=True):
        assert may or _fixed(document, OPTIONS[0]) == document
    assert sum(found) < 0.05 * len(documents)


def test_another_ftfy_gets_no_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ftfy_tables.supported()
    monkeypatch.setattr(ftfy, "__version__", "6.4.0")
    assert not ftfy_tables.supported()


def test_the_tables_know_the_characters_ftfy_lists() -> None:
    classes = ftfy_tables.tables(OPTIONS[0])
    for point in (*chardata.LIGATURES, *chardata.CONTROL_CHARS):
        assert classes.hot[classes.classes[point]], hex(point)


small = st.text(alphabet="ab我\n 哋\u3000！WWw.é𠻺", max_size=14)


@given(st.lists(small, max_size=4), small, st.booleans())
@settings(deadline=None)
def test_contains_text_is_in(documents: list[str], needle: str, ignore: bool) -> None:
    def lower(text: str) -> str:
        return "".join(c.lower() if c.isascii() else c for c in text) if ignore else text

    expected = [lower(needle) in lower(document) for document in documents]
    found = unicode.contains_text(buffers.of(documents), [needle], ignore)
    assert found.tolist() == expected


@given(st.lists(small, max_size=4), st.lists(small, max_size=3))
@settings(deadline=None)
def test_contains_line_is_a_search_of_split_lines(documents: list[str], lines: list[str]) -> None:
    expected = [any(line in lines for line in document.split("\n")) for document in documents]
    assert unicode.contains_line(buffers.of(documents), lines).tolist() == expected


@given(st.lists(small, max_size=4), small)
@settings(deadline=None)
def test_contains_any_and_other_are_set_operations(documents: list[str], chosen: str) -> None:
    texts = buffers.of(documents)
    allowed = np.zeros(0x110000, bool)
    allowed[[ord(character) for character in chosen]] = True
    assert unicode.contains_any(texts, chosen).tolist() == [
        bool(set(document) & set(chosen)) for document in documents
    ]
    assert unicode.contains_other(texts, allowed).tolist() == [
        bool(set(document) - set(chosen)) for document in documents
    ]
