"""Wikitext to text: case files, hostile pages, and what must never depend on anything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.acquire.wikipedia import Site, WikitextConverter, fences, handlers, marks
from curator.acquire.wikipedia.conversion import convert, forms_of
from curator.acquire.wikipedia.site import CANONICAL
from tests.conftest import REPOSITORY

CASES = yaml.safe_load((REPOSITORY / "tests" / "cases" / "wikitext.yaml").read_text("utf-8"))
ORPHAN = re.compile(r"[（(]\s*[，、；：,;)）]|[，、；：]\s*[）)]|([，、])\1")
RESIDUE = ("{{", "-{", "[[", "|thumb")
YUE = WikitextConverter(Site("zh_yuewiki", CANONICAL))


def converter(wiki: str = "zh_yuewiki", **options: Any) -> WikitextConverter:
    return WikitextConverter(Site(wiki, CANONICAL), **options)


@pytest.mark.parametrize(
    "case", CASES["in_the_wild"] + CASES["negative"], ids=lambda case: case["note"]
)
def test_wikitext_becomes_text(case: dict[str, Any]) -> None:
    found = converter(case.get("wiki", "zh_yuewiki"))(case["in"], case.get("title", ""))
    assert found.text == case["out"]
    if "categories" in case:
        assert list(found.categories) == case["categories"]
    if "flags" in case:
        assert sorted(found.flags) == case["flags"]


@pytest.mark.parametrize("case", CASES["known_failure"], ids=lambda case: case["note"])
@pytest.mark.xfail(reason="known failure of the case file")
def test_known_failures_are_still_failures(case: dict[str, Any]) -> None:
    assert YUE(case["in"]).text == case["out"]


def test_tables_captions_and_formulas_are_options() -> None:
    text = "{|\n| 甲\n|}\n[[File:a.jpg|thumb|一 個 圖]]\n<math>x^2</math>乙"
    assert converter()(text).text == "甲\n\n$x^2$乙"
    assert converter(tables=False)(text).text == "$x^2$乙"
    assert converter(formulas=False)(text).text == "甲\n\n乙"
    assert converter(captions=True)(text).text == "甲\n\n一 個 圖\n\n$x^2$乙"


HOSTILE = {
    "templates 10,000 deep": "{{a|" * 10_000 + "x" + "}}" * 10_000,
    "shown templates 10,000 deep": "{{nowrap|" * 10_000 + "x" * 100 + "}}" * 10_000,
    "links 10,000 deep": "[[a|" * 10_000 + "x" + "]]" * 10_000,
    "all brackets 10,000 deep": "{{a|[[b|-{" * 10_000 + "x" + "}-]]}}" * 10_000,
    "never closed": "{{a|[[b|-{{{{" * 20_000,
    "braces": "{" * 200_000 + "x" + "}" * 200_000,
    "tables 10,000 deep": "{|\n|\n" * 10_000 + "x" + "\n|}" * 10_000,
    "tags": "<ref " * 50_000 + "<ref>" * 50_000 + "<!--" * 50_000,
    "quotes": "'" * 200_000 + "''a'''b" * 30_000,
    "links outwards": "[http://a " * 30_000 + "[http://" + "a" * 200_000,
    "empty brackets": "（" * 20_000 + "{{coord}}" + "）" * 20_000,
    "marks": "（" + "{{coord}}，" * 30_000 + "，" * 100_000 + "）",
    "spans": "{|\n" + "|-\n| rowspan=9999999 colspan=9999999 | a\n" * 3000 + "|}",
    "a template that names itself": "{{自己|{{自己|{{自己}}}}}}" * 10_000,
    "rules": "-{" + "a;" * 2000 + "}-" + "-{" + "zh-hk:a;" * 600 + "}-",
    "control characters": "\x00\x01\x02\x03{{a}}\x04\x05" * 20_000,
    "a picture without end": "[[" + "a:" * 100_000 + "|thumb",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_end_without_residue(name: str) -> None:
    text = YUE(HOSTILE[name]).text
    assert not any(sign in text for sign in RESIDUE)
    assert not marks.CONTROL.search(text)


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            *("{{", "}}", "[[", "]]", "-{", "}-", "{|", "|}", "|-", "|", "!", "\n", "=", "=="),
            *(
                "'''",
                "''",
                "*",
                "#",
                ":",
                "<ref>",
                "</ref>",
                "<nowiki>",
                "</nowiki>",
                "<!--",
                "-->",
            ),
            *(
                "lang",
                "en",
                "coord",
                "（",
                "，",
                "）",
                "、",
                "：",
                "香港",
                "a b",
                " ",
                "[http://a ",
            ),
            *(
                "[http://a ",
                "]",
                "&amp;",
                "\x03",
                "File:a.jpg",
                "thumb",
                "zh-hk:",
                ";",
                "<br>",
                "__TOC__",
            ),
            *("|thumb", "-", "{", "}", "["),
        ]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(FRAGMENTS)
def test_any_wikitext_becomes_text_without_residue(wikitext: str) -> None:
    text = YUE(wikitext).text
    assert not re.search("[\x00-\x08]", text)
    if "nowiki" not in wikitext and "&" not in wikitext:
        assert not any(sign in text for sign in RESIDUE)
    assert "\n\n\n" not in text
    assert text == text.strip()


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("（），、：；。 ab香港\x03(),:;."), max_size=30))
def test_lines_passed_over_by_the_repair_are_those_it_would_not_change(line: str) -> None:
    slow = line
    for _ in range(fences.MOST_ROUNDS):
        for pattern, by in fences.RULES:
            slow = pattern.sub(by, slow)
    slow = fences.SPACES.sub("", fences.BEFORE_MARK.sub("", slow))
    assert fences.repair(line) == slow


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("香港係城市，、（）「」。！ab12\n"), max_size=60))
def test_clean_paragraphs_do_not_change(text: str) -> None:
    clean = re.sub("\n{3,}", "\n\n", text).strip()
    assert YUE(clean).text == clean


@settings(max_examples=200, deadline=None)
@given(FRAGMENTS.filter(lambda text: "<" not in text))
def test_the_scan_for_plain_text_changes_nothing(text: str) -> None:
    from curator.acquire.wikipedia import wikitext

    if not wikitext.PLAIN.search(text):
        # a comment makes the slow path look at the whole text
        assert YUE(text).text == YUE(text + "<!-- -->").text


def test_conversion_rules_are_read() -> None:
    assert forms_of("zh-cn:a&nbsp;b;zh-hk:c") == {"zh-cn": "a&nbsp;b", "zh-hk": "c"}
    assert forms_of("講：佢") == {}
    assert convert("A|zh-cn:公交;zh-hk:巴士", ["zh-hk"]).text == "巴士"
    assert convert("zh-tw|只喺台灣", ["zh-hk"]).text == "只喺台灣"


def test_every_pack_loads_and_says_the_languages_around_it() -> None:
    assert handlers.known_packs() == ("en", "id", "jv", "ms", "su", "zh", "zh_yue")
    for wiki in handlers.known_packs():
        pack = handlers.load_pack(f"{wiki}wiki")
        assert pack.languages["de"]
        assert pack.handler("lang-de") is not None
        assert "#redirect" in pack.redirects


def test_cantonese_leads_are_whole() -> None:
    places = ["香港", "九龍", "屯門", "元朗", "沙田"]
    dropped = [
        "{{coord|1|2}}",
        "{{audio|a.ogg|聽}}",
        "{{來源請求}}",
        "<ref>x</ref>",
        "{{IPAc-yue|x}}",
    ]
    kept = ["{{lang-en|A}}", "{{jpingauto|a1}}", "葡文：{{lang|pt|B}}", "舊名：{{僻字|𠮶}}"]
    leads = [
        f"'''{place}'''（{a}{mark}{b}{mark}{c}）係[[地方]]{c}，{a}有人。"
        for place in places
        for a in dropped
        for b in kept
        for c in dropped
        for mark in "，、；"
    ]
    texts = [YUE(lead).text for lead in leads]
    found = [text for text in texts if ORPHAN.search(text)]
    assert len(texts) == 1500
    assert found == []
    assert all("（" in text and text.endswith("有人。") for text in texts)


def test_parser_tests_of_mediawiki_leave_no_residue(corpora: Path) -> None:
    path = corpora / "wiki_xml" / "mediawiki_src" / "tests__parser__parserTests.txt"
    sources = re.findall(
        r"^!! ?(?:wikitext|input)\n(.*?)(?=^!!)", path.read_text("utf-8"), re.M | re.S
    )
    assert len(sources) > 1800
    plain = WikitextConverter()
    literal = re.compile(r"<(nowiki|pre|syntaxhighlight|source)\b[^<>]*>.*?</\1\s*>", re.S | re.I)
    texts = [plain(literal.sub("", source)).text for source in sources]
    for sign in RESIDUE:
        assert [text for text in texts if sign in text] == [], sign


def test_real_leads_have_fewer_than_one_orphan_in_a_thousand(corpora: Path) -> None:
    from curator.acquire.wikipedia import WikipediaReader

    reader = WikipediaReader(str(corpora / "wiki_xml" / "dbpedia_minidumps"))
    plan = reader.plan(1 << 30)
    leads = [
        row["text"][:600]
        for block in plan.blocks
        for row, _ in reader.rows(block)
        if row.get("dropped_by") is None
    ]
    assert len(leads) == 155
    assert sum(len(ORPHAN.findall(lead)) for lead in leads) == 0
