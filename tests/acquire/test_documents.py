"""Folders of web pages and Markdown: one document a file, and nothing lost in silence."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.acquire.html_files import HtmlReader
from curator.acquire.markdown import MarkdownReader
from curator.acquire.markdown_text import markdown_text, without_tags
from curator.errors import DataError, RecipeError
from tests.acquire.reading import COMBINING, JAV, YUE, kept, read_all, rows_of, verdicts

PAGE = """<!DOCTYPE html><html lang="yue"><head><meta charset="{charset}"><title>食嘢</title></head>
<body><nav><a href="/">Home</a> <a href="/x">About</a></nav><article><h1>食嘢</h1>
<p>{first}</p><p>{second}</p></article><footer>&copy; 2024</footer></body></html>"""

LONG_YUE = "佢哋喺度食緊嘢，嗰個細路仔話唔該晒，跟住就走咗去公園同啲朋友玩，成日都唔肯返屋企。" * 3
LONG_JAV = "Kucingé turu ing ngisor kursi, dene asuné mlayu-mlayu ing latar omahe simbah. " * 3


def page(charset: str = "utf-8") -> bytes:
    text = PAGE.format(charset=charset, first=LONG_YUE, second=LONG_JAV.replace("é", "e"))
    return text.encode({"big5": "big5hkscs"}.get(charset, charset))


@dataclass(frozen=True)
class Everything:
    """An extractor of a user: every tag is a space."""

    def extract(self, html: str, url: str | None = None) -> str:
        return without_tags(html).strip()


def test_the_main_text_of_a_page_is_a_document(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(page())
    (tmp_path / "b.htm.gz").write_bytes(gzip.compress(page("big5")))
    rows = rows_of(HtmlReader(str(tmp_path)))
    assert [row["file"] for row in rows] == ["a.html", "b.htm.gz"]
    for row, charset in zip(rows, ["utf-8", "big5"], strict=True):
        assert LONG_YUE in row["text"]
        assert "Home" not in row["text"]
        assert (row["title"], row["charset"], row["replacements"]) == ("食嘢", charset, 0)
        assert (row["charset_source"], row["language"]) == ("meta", "yue")
        assert row["dropped_by"] is None


def test_a_page_without_text_and_a_page_with_broken_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(b"<html><body></body></html>")
    (tmp_path / "b.html").write_bytes(b"")
    (tmp_path / "c.html").write_bytes(page().replace("成日".encode(), b"\xe6\x88", 1))
    rows = rows_of(HtmlReader(str(tmp_path)))
    assert [row["reason"] for row in rows] == ["no_main_text", "no_main_text", None]
    assert rows[2]["replacements"] == 1
    with pytest.raises(DataError, match=r"^a\.html:1:1: the extractor found no text"):
        read_all(HtmlReader(str(tmp_path), strict=True))


def test_an_extractor_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(f"<p>{COMBINING}</p><script>x</script>", "utf-8")
    [row] = rows_of(HtmlReader(str(tmp_path), extractor=Everything()))
    assert (row["text"], row["title"]) == (COMBINING, None)


@pytest.mark.parametrize(
    "html",
    [
        b"<" * 300_000,
        b"<div>" * 50_000,
        b"&#xd800;\0" * 1000,
        b"<!--" * 50_000,
        b"<p a='" * 50_000,
        b"\xff\xfe" + b"<p>" * 10_001,
    ],
)
def test_hostile_pages_end(tmp_path: Path, html: bytes) -> None:
    (tmp_path / "a.html").write_bytes(html)
    [row] = read_all(HtmlReader(str(tmp_path))).to_pylist()
    assert row["file"] == "a.html"


def test_a_page_that_unpacks_to_too_much_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.html.gz").write_bytes(gzip.compress(b" " * 50_000_000))
    (tmp_path / "b.html").write_bytes(b" " * 5001)
    (tmp_path / "c.html.gz").write_bytes(gzip.compress(page())[:-9])
    rows = rows_of(HtmlReader(str(tmp_path), max_file_bytes=5000))
    reasons = ["file_too_large", "file_too_large", "truncated_file"]
    assert [row["reason"] for row in rows] == reasons


def test_many_small_files_are_few_blocks(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number:02}.md").write_text(f"第{number}", "utf-8")
    reader = MarkdownReader(str(tmp_path))
    assert len(reader.plan(100).blocks) < 10
    assert kept(reader) == [f"第{number}" for number in range(50)]
    with pytest.raises(RecipeError, match="block_size is 0"):
        reader.plan(0)
    with pytest.raises(RecipeError, match="max_file_bytes"):
        MarkdownReader("a", max_file_bytes=0)


MARKDOWN = f"""---
title: 食嘢
date: 2024-05-06
tags: [a, b]
draft: false
weight: 3
---
# 一個 *標題* {{#id}}

{YUE}
係**「好」**嘅，
今日**好**熱。`a*b` [link](http://example.org "t")![alt](a.png)

Setext
======

- {JAV}
  lan *liya*
- two
  1. in
  2. side

> quoted **text**
> {COMBINING}

```python
def f(): pass
```

    indented

| 字 | tembung |
|---|---|
| 貓 | **kucing** |

<div align="center"><b>html</b> &amp; text<script>bad()</script></div>

A note[^1] and a snake_case_word.

[^1]: below

[ref]: http://example.org
"""


def test_words_of_markdown_without_marks(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(MARKDOWN, "utf-8")
    [row] = rows_of(MarkdownReader(str(tmp_path)))
    assert row["text"].split("\n\n") == [
        "一個 標題 {#id}",
        f"{YUE}係「好」嘅，今日好熱。a*b link",
        "Setext",
        f"- {JAV} lan liya\n- two\n1. in\n2. side",
        f"quoted text {COMBINING}",
        "字 | tembung\n貓 | kucing",
        "html & text",
        "A note and a snake_case_word.",
        "below",
    ]
    assert (row["title"], row["date"], row["draft"], row["weight"]) == (
        "食嘢", "2024-05-06", False, 3,
    )  # fmt: skip
    assert json.loads(row["extra"]) == {"tags": ["a", "b"]}
    [row] = rows_of(MarkdownReader(str(tmp_path), code_blocks=True, image_texts=True))
    assert "def f(): pass\n\nindented" in row["text"]
    assert "linkalt" in row["text"]


def test_front_matter_of_several_files_makes_columns_where_types_agree(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\nn: 1\nt: x\nline: 5\n---\nA", "utf-8")
    (tmp_path / "b.md").write_text("+++\nn = 'one'\nt = 'y'\n+++\nB", "utf-8")
    (tmp_path / "c.md").write_text("---\nnot closed\n", "utf-8")
    rows = rows_of(MarkdownReader(str(tmp_path)))
    assert [row.get("t") for row in rows] == ["x", "y", None]
    assert "n" not in rows[0]
    assert [row["extra"] for row in rows] == ['{"n":1,"line":5}', '{"n":"one"}', None]
    assert rows[2]["text"] == "not closed"


FRONTS = [
    "a: &a [x]\nb: *a",
    "a: [",
    "- 1\n- 2",
    "!!python/object/apply:os.system [ls]",
    "[" * 1500,
    'a: "\\ud800"',
    "a: 2024-99-99",
]


def test_long_files_have_their_front_matter_in_their_charset(tmp_path: Path) -> None:
    fields = "---\n書名: 食嘢\n---\n"
    for shift in range(3):
        (tmp_path / f"{shift}.md").write_text(fields + "x" * shift + "嘢" * 20_000, "utf-8")
    plan = MarkdownReader(str(tmp_path)).plan(1 << 20)
    assert plan.columns.names == ["書名"]


@pytest.mark.parametrize(
    "front",
    FRONTS,
)
def test_front_matter_that_cannot_be_read_is_told(tmp_path: Path, front: str) -> None:
    (tmp_path / "a.md").write_text(f"---\n{front}\n---\ntext", "utf-8")
    assert verdicts(MarkdownReader(str(tmp_path))) == [(1, "bad_front_matter")]


def test_files_without_words_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("![](a.png)\n\n```\ncode\n```\n", "utf-8")
    (tmp_path / "b.md").write_text("> " * 200 + "deep", "utf-8")
    (tmp_path / "c.md").write_text("a\0b", "utf-8")
    found = verdicts(MarkdownReader(str(tmp_path)))
    assert found[:2] == [(1, "no_text"), (1, "nested_too_deep")]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("佢**「好」**啊", "佢「好」啊"),
        ("ꦱꦸ**(ꦒꦼꦁ)**ꦥ", "ꦱꦸ(ꦒꦼꦁ)ꦥ"),
        ("a**b**c *d*e", "abc de"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("snake_case_名", "snake_case_名"),
        ("~~走~~咗", "走咗"),
        ("# [a](b) `c`", "a c"),
        ("a\\*b\\_c", "a*b_c"),
        ("食\n飯 sega\ngoreng", "食飯 sega goreng"),
        ("a  \nb", "a\nb"),
        ("![a][b]\n\n[b]: c", ""),
        ("1986\\. A year", "1986. A year"),
    ],
)
def test_marks_of_markdown(source: str, text: str) -> None:
    assert markdown_text(source) == text


@pytest.mark.parametrize(
    "source",
    [
        "[" * 5_000, "](" * 5_000, "*a " * 5_000, "a**b" * 5_000, "`" * 5_000, "<a " * 5_000,
        "- " * 5_000, "[^" * 5_000, "![" * 3_000, "<!--" * 5_000, "\\" * 5_000,
        "<script>" * 5_000, "<div>\n" + "<" * 50_000, "<div>\n" + "<script" * 5_000,
        "&" * 50_000,
    ],
)  # fmt: skip
def test_hostile_markdown_ends(source: str) -> None:
    markdown_text(source)


marks = st.sampled_from(
    ["*", "**", "_", "`", "[", "](", ")", "!", "<", ">", "\n", "\n\n", "- ", "1. ", "# ", "|",
     "|-|",    
     "---\n", "食", "a", " ", "    ", "n\u0303", "&amp;", "[^1]", ":", "~~", "\0", "\r", "<br>"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(source=st.lists(marks, max_size=40).map("".join))
def test_any_markdown_gives_a_row_and_no_error(
    tmp_path_factory: pytest.TempPathFactory, source: str
) -> None:
    folder = tmp_path_factory.mktemp("markdown")
    (folder / "a.md").write_text(source, "utf-8")
    assert len(rows_of(MarkdownReader(str(folder)))) == 1


letters = st.text(st.sampled_from("食飯嘅a é\u0301नी"), min_size=1).filter(str.strip)


@settings(max_examples=100, deadline=None)
@given(words=letters)
def test_text_without_marks_stays_as_it_is(words: str) -> None:
    assert markdown_text(words) == words.strip(" ")
