"""Wikimedia Enterprise's HTML dumps: the same ids and columns as from XML."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from curator import schema
from curator.acquire.wikipedia import WikipediaHtmlReader
from curator.errors import DataError


@dataclass(frozen=True)
class Tags:
    """Takes the tags away; stands in for an extractor."""

    def extract(self, html: str, url: str | None = None) -> str:
        return html.replace("<p>", "").replace("</p>", "").strip()


def article(number: int, html: str, namespace: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "name": f"第{number}篇",
        "identifier": number,
        "date_modified": "2026-01-02T03:04:05Z",
        "version": {"identifier": number + 100, "editor": {"is_bot": number == 2}},
        "url": f"https://zh-yue.wikipedia.org/wiki/{number}",
        "namespace": {"identifier": namespace},
        "is_part_of": {"identifier": "zh_yuewiki"},
        "categories": [{"name": "Category:香港"}, {"name": "Category:城市"}],
        "article_body": {"html": html},
        **more,
    }


LINES = [
    json.dumps(article(1, "<p>香港係城市。</p>"), ensure_ascii=False).encode(),
    json.dumps(article(2, "<p>九龍。</p>")).encode(),
    json.dumps(article(3, "<p>討論</p>", 1)).encode(),
    json.dumps(article(4, "<p></p>")).encode(),
    b'{"name": ',
    b"\xff\xfe",
    b"[1, 2]",
    b"",
    json.dumps({"name": 3, "article_body": [], "identifier": 1 << 80, "categories": {}}).encode(),
    json.dumps(article(5, "<p>完。</p>")).encode(),
]


def rows(path: Path, size: int = 1 << 20, **options: Any) -> list[dict[str, Any]]:
    reader = WikipediaHtmlReader(str(path), extractor=Tags(), **options)
    plan = reader.plan(size)
    tables = [reader.read(block, plan.columns) for block in plan.blocks]
    assert all(table.schema == schema.table_schema(plan.columns) for table in tables)
    return [row for table in tables for row in table.to_pylist()]


@pytest.mark.parametrize("size", [1, 50, 1 << 20])
def test_every_line_is_a_row(tmp_path: Path, size: int) -> None:
    path = tmp_path / "d.ndjson"
    path.write_bytes(b"\n".join(LINES))
    found = rows(path, size)
    assert [row["reason"] for row in found] == [
        None, None, "other_namespace", "no_text", "invalid_json", "invalid_json", "invalid_json",
        "no_text", None,
    ]  # fmt: skip
    first = found[0]
    assert (first["id"], first["text"], first["title"]) == ("zh_yuewiki:1", "香港係城市。", "第1篇")
    assert (first["revision"], first["categories"], first["bot"]) == (101, "香港|城市", False)
    assert found[1]["bot"] is True
    assert [row["line"] for row in found] == [1, 2, 3, 4, 5, 6, 7, 9, 10]
    assert found[7]["id"] == "d.ndjson:9"


def test_packed_and_cut_off_files_are_read_to_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "d.ndjson.gz"
    path.write_bytes(gzip.compress(b"\n".join(LINES[:2] * 50))[:-12])
    found = rows(path)
    assert found[0]["text"] == "香港係城市。"
    assert found[-1]["reason"] == "truncated_file"


def test_long_lines_are_rows_and_strict_reading_stops(tmp_path: Path) -> None:
    path = tmp_path / "d.ndjson"
    path.write_bytes(b"\n".join(LINES))
    assert {row["reason"] for row in rows(path, max_line_bytes=30)} >= {"line_too_long"}
    with pytest.raises(DataError, match=r"d\.ndjson:5: is no JSON object"):
        rows(path, strict=True)


def test_the_default_extractor_is_the_librarys_own(tmp_path: Path) -> None:
    html = (
        "<html><body><article>"
        + "<p>香港係城市，有好多人住喺度。</p>" * 20
        + "</article></body></html>"
    )
    path = tmp_path / "d.ndjson"
    path.write_bytes(json.dumps(article(1, html)).encode())
    reader = WikipediaHtmlReader(str(path))
    plan = reader.plan(1 << 20)
    [row] = reader.read(plan.blocks[0], plan.columns).to_pylist()
    assert "香港係城市" in row["text"]
