"""Readers of the user's own: what they raise is a row of the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from curator.acquire.custom import (
    CustomReader,
    DocumentDownloader,
    DocumentExtractor,
    DocumentIterator,
)
from curator.errors import DataError, RecipeError
from tests.acquire.reading import COMBINING, JAV, YUE, read_all, rows_of, verdicts


class Copies(DocumentDownloader):
    def download(self, url: str, folder: Path) -> Path | None:
        if "absent" in url:
            return None
        if "broken" in url:
            raise OSError("no route to host")
        if "ghost" in url:
            return folder / "ghost"
        path = folder / url.rpartition("/")[2]
        path.write_bytes(Path(url.removeprefix("copy://")).read_bytes())
        return path


class Lines(DocumentIterator):
    def iterate(self, path: Path | str) -> Iterator[tuple[dict[str, Any], str]]:
        for number, line in enumerate(Path(path).read_text("utf-8").splitlines(), 1):
            if line == "stop":
                raise ValueError("the file goes wrong here")
            yield {"number": number, "length": len(line)}, line


class Words(DocumentExtractor):
    def extract(self, raw: str) -> dict[str, Any] | None:
        if raw == "fail":
            raise KeyError("fail")
        if raw == "none":
            return None
        if raw == "list":
            return ["no", "document"]  # type: ignore[return-value]
        if raw.startswith("id "):
            return {"text": raw, "id": raw[3:], "deep": {"a": [1]}}
        return {"text": raw, "odd": object()} if raw == "odd" else {"text": raw, "script": raw[:1]}


@dataclass(frozen=True)
class Ends(DocumentExtractor):
    mark: str = "!"

    def extract(self, raw: str) -> str:
        return raw + self.mark


TEXT = f"{YUE}\n{JAV}\nfail\nnone\nlist\nid x7\nodd\n{COMBINING}"


def test_records_are_documents_and_failures_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, "utf-8")
    (tmp_path / "b.txt").write_text(f"{YUE}\nstop\nlost", "utf-8")
    reader = CustomReader(Lines(), Words(), str(tmp_path))
    rows = rows_of(reader)
    assert [(row["file"], row["line"], row["reason"]) for row in rows] == [
        ("a.txt", 1, None),
        ("a.txt", 2, None),
        ("a.txt", 3, "extractor_failed"),
        ("a.txt", 4, "no_text"),
        ("a.txt", 5, "not_a_document"),
        ("a.txt", 6, None),
        ("a.txt", 7, "not_a_document"),
        ("a.txt", 8, None),
        ("b.txt", 1, None),
        ("b.txt", 2, "iterator_failed"),
    ]
    assert (rows[0]["number"], rows[0]["script"], rows[0]["text"]) == (1, YUE[0], YUE)
    assert (rows[5]["id"], rows[5]["extra"]) == ("x7", '{"deep":{"a":[1]}}')
    assert "KeyError: 'fail' (test_custom.py:" in rows[2]["value"]
    assert "the file goes wrong here" in rows[9]["value"]
    assert rows[2]["text"] == "fail"
    with pytest.raises(DataError, match=r"^a\.txt:3: KeyError: 'fail'"):
        read_all(CustomReader(Lines(), Words(), str(tmp_path), strict=True))


def test_urls_are_fetched_once_and_failures_are_rows(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(YUE, "utf-8")
    urls = [f"copy://{tmp_path}/a.txt", "copy://absent", "copy://broken", "copy://ghost"]
    reader = CustomReader(
        Lines(), Words(), urls=urls, downloader=Copies(), folder=str(tmp_path / "got")
    )
    rows = rows_of(reader)
    found = {row["text"]: (row["reason"], row["value"]) for row in rows}
    assert found[YUE] == (None, None)
    assert found["copy://absent"][1].startswith("column 1: copy://absent: the downloader returned")
    assert "OSError: no route to host" in found["copy://broken"][1]
    assert "wrote no file" in found["copy://ghost"][1]
    assert sorted(str(reason) for reason, _ in found.values()) == ["None", *["download_failed"] * 3]
    (tmp_path / "a.txt").write_text("changed", "utf-8")
    assert reader.files() == reader.files()
    assert YUE in [row["text"] for row in rows_of(reader)]


def test_names_classes_and_objects_are_taken(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("食飯", "utf-8")
    here = __name__
    for iterator, extractor in (
        (Lines, Ends),
        (f"{here}:Lines", f"{here}:Ends"),
        (Lines(), Ends("!")),
    ):
        assert rows_of(CustomReader(iterator, extractor, str(tmp_path)))[0]["text"] == "食飯!"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"iterator": "nothing"}, "no package.module:Name"),
        ({"iterator": "absent.module:Name"}, "cannot import 'absent.module'"),
        ({"iterator": "json:Name"}, "json has no 'Name'"),
        ({"iterator": Words()}, "iterator has no method iterate"),
        ({"input": ""}, "either input or urls"),
        ({"input": "", "urls": ["a"]}, "need a downloader and a folder"),
        ({"urls": "a"}, "urls is a list"),
    ],
)
def test_options_are_checked(options: dict[str, Any], what: str) -> None:
    with pytest.raises(RecipeError, match=what):
        CustomReader(**{"iterator": Lines(), "extractor": Words(), "input": "a", **options})


class Strange(DocumentIterator):
    def iterate(self, path: Path | str) -> Iterator[Any]:
        yield {"id": "a"}, "\ud800"
        yield None
        yield {"id": "b", "x": "\ud800"}, "fine"
        yield {"id": "c"}, "nul\0"
        yield {"id": 5}, "whole"


def test_strange_records_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x", "utf-8")
    reader = CustomReader(Strange(), Ends(""), str(tmp_path))
    assert verdicts(reader) == [
        (1, "nul_character"),
        (2, "not_a_document"),
        (3, "not_a_document"),
        (4, "nul_character"),
        (5, None),
    ]
    assert json.loads(json.dumps(rows_of(reader)[4]["id"])) == "5"
