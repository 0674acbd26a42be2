"""Pages made to break a reader: bounded work, no exception, the same text every time."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.acquire.html import (
    JusTextExtractor,
    PageExtractor,
    ResiliparseExtractor,
    TrafilaturaExtractor,
)
from curator.acquire.html.scan import tokens

TEXT = "呢段文字要留低，唔可以因為其他嘢爛咗就唔見咗。"

N = 20_000

BOMBS = {
    "nested": "<div>" * N + "<p>{}" + "</div>" * N,
    "never closed": "<div><b><i><font><span>" * N + "<p>{}",
    "formatting never closed": "<a href=x><b><p>" * N + "</a></b><p>{}",
    "tables in tables": "<table><tr><td>" * N + "<p>{}",
    "lists in lists": "<ul><li>" * N + "<p>{}",
    "end tags of nothing": "</p></div></table></li></b>" * N + "<p>{}",
    "end tags that cannot reach": "<div><table><td>" + "<section>" * 300 + "</div>" * N + "<p>{}",
    "inline ends that cannot reach": "<sup hidden><div>" + "</sup>" * N + "</div><p>{}",
    "attributes": "<div " + " ".join(f"a{i}=1" for i in range(N)) + "><p>{}",
    "quotes": "<a b='<a b=\"<" * N + "\"'><p>{}",
    "unclosed tags": "<b a=" * N + "><p>{}",
    "tags in quotes": '<a b="<i " ' + 'b="<i " ' * N + "><p>{}",
    "less-than signs": "<" * N + "<p>{}",
    "entities": "<p>{}<p>" + "&amp;&#x0;&#1114112;&nosuch;&" * N,
    "comments in a row": "<!--x-->" * N + "<p>{}",
    "ends of comments": "<!--" + "-" * N + "--><p>{}",
    "scripts": "<script>var a='<p>';</script>" * N + "<p>{}",
    "NULs": "\0" * N + "<p>{}\0" + "\0" * N,
    "selects": "<select><option>" * 50 + "</select>" * 50 + "<p>{}",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_bombs_do_not_hide_the_text(bomb: str) -> None:
    html = f"<html><head><title>x</title></head><body>{bomb.format(TEXT)}</body></html>"
    assert TEXT in PageExtractor().extract(html)


ODD = {
    "empty": ("", ""),
    "white space": (" \n\t ", ""),
    "no markup": (TEXT, TEXT),
    "no body": (f"<html><p>{TEXT}", TEXT),
    "head never closed": (f"<html><head><title>題</title><p>{TEXT}", TEXT),
    "two bodies": (f"<body><p>{TEXT}<body><p>{TEXT}", f"{TEXT}\n{TEXT}"),
    "frames": (f"<frameset><frame src=x><noframes><p>{TEXT}</noframes></frameset>", TEXT),
    "only for those without script": (f"<body><noscript><p>{TEXT}</noscript>", TEXT),
    "script never closed": (f"<p>{TEXT}<script>var a = 1; <p>x", TEXT),
    "comment never closed": (f"<p>{TEXT}<!-- <p>x", TEXT),
    "tag never closed": (f"<p>{TEXT}<div class='x", TEXT),
    "button never closed": (f"<button><p>{TEXT * 20}", TEXT * 20),
    "a feed": (
        '<?xml version="1.0"?><rss><channel><title>T</title><item><description>'
        f"<![CDATA[<p>{TEXT}</p>]]></description></item></channel></rss>",
        TEXT,
    ),
    "upper case": (f"<HTML><BODY><P ALIGN=center>{TEXT}</P><SCRIPT>x</SCRIPT></BODY></HTML>", TEXT),
    "lone surrogate": (f"<p>{TEXT}\ud800", f"{TEXT}\ud800"),
    "bytes of an image": ("\x89PNG\r\n\x1a\n", "\x89PNG \x1a"),
}


@pytest.mark.parametrize(("html", "text"), ODD.values(), ids=ODD)
def test_odd_pages_give_what_they_show(html: str, text: str) -> None:
    assert PageExtractor().extract(html) == text


def test_a_page_too_long_is_cut_and_says_so() -> None:
    html = f"<p>{TEXT}</p>" * 1_000
    page = PageExtractor(max_characters=len(html) // 2).page(html)
    assert page.cut
    assert page.text == "\n".join([TEXT] * 500)
    assert not PageExtractor(max_characters=len(html)).page(html).cut


def test_a_long_page_is_streamed_to_the_same_text() -> None:
    html = f"<!DOCTYPE html><body><p class='a>b'>{TEXT}<!-- c --> 3 < 4 <b>x</b></p>" * 30_000
    assert len(html) > 1_000_000
    lines = PageExtractor().extract(html).split("\n")
    assert lines == [f"{TEXT} 3 < 4 x"] * 30_000


@pytest.mark.parametrize(
    "extractor", [ResiliparseExtractor(), TrafilaturaExtractor(), JusTextExtractor("yue")]
)
@pytest.mark.parametrize("html", [html for html, _ in ODD.values()], ids=ODD)
def test_other_extractors_raise_nothing(extractor, html: str) -> None:
    assert isinstance(extractor.extract(html), str)


PIECES = st.sampled_from(
    ["<p>", "</p>", "<div class='nav'>", "</div>", "<table>", "<td>", "</table>", "<li>", "<b>",
     "</b>", "<a href=x>", "</a>", "<script>", "</script>", "<!--", "-->", "<", ">", "&", "&lt;",
     "\"", "'", "=", "<br>", "<ruby>", "<rt>", "</rt>", "<select>", "<span hidden>", "</span>",
     "<title>", "</title>", "嘢", "word ", "\n", "\0", "。", "বাংলা", "<sup class=reference>"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_page_raises(html: str) -> None:
    page = PageExtractor(language="yue", readings=True, comments=True).page(html)
    assert page.text == "\n".join(block.text for block in page.blocks)
    assert "\0" not in page.text
    assert all(block.text.strip() for block in page.blocks)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_tokens_come_the_same_in_a_stream(html: str) -> None:
    whole = list(tokens(html))
    padding = " " * 1_000_001
    streamed = list(tokens(html + padding))
    assert [token[:4] for token in whole] == [token[:4] for token in streamed]


def test_the_same_page_gives_the_same_text_in_any_process() -> None:
    pieces = ["<p>", "<div class=x>", "</div>", "嘢", "<td>", "<a href=x>好</a>", "words here. "]
    html = "".join(random.Random(7).choices(pieces, k=3_000))
    code = (
        "import sys, hashlib; from curator.acquire.html import PageExtractor; "
        "page = PageExtractor().page(sys.stdin.read()); "
        "print(hashlib.sha256(repr(page).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], input=html, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path), "PYTHONUTF8": "1"},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(digests) == 1
