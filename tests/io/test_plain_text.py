"""Plain text: files, paragraphs and lines as documents."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator import schema
from curator.errors import DataError, RecipeError
from curator.io import blocks
from curator.io.plain_text import TextReader

STORY = "\n佢哋 食咗飯。\r\n再嚟過！\n\n  \u3000\nAku mangan sega.\nपानी\n\n"


def read_all(
    reader: TextReader, block_size: int = 1 << 20, scratch: Path | None = None
) -> pa.Table:
    plan = reader.plan(block_size, scratch)
    tables = [reader.read(block, plan.columns) for block in plan.blocks]
    return pa.concat_tables([schema.table_schema().empty_table(), *tables])


def documents(folder: Path, text: str, document: str, **options: Any) -> list[tuple[str, str]]:
    (folder / "a.txt").write_bytes(text.encode())
    rows = read_all(TextReader(str(folder), document, **options)).to_pylist()
    assert [row["dropped_by"] for row in rows] == [None] * len(rows)
    return [(row["id"], row["text"]) for row in rows]


def test_a_document_is_a_file_a_paragraph_or_a_line(tmp_path: Path) -> None:
    first, second = "佢哋 食咗飯。\n再嚟過！", "Aku mangan sega.\nपानी"
    assert documents(tmp_path, STORY, "file") == [("a.txt:2", f"{first}\n\n  \u3000\n{second}")]
    assert documents(tmp_path, STORY, "paragraph") == [("a.txt:2", first), ("a.txt:6", second)]
    assert documents(tmp_path, STORY, "line") == [
        ("a.txt:2", "佢哋 食咗飯。"),
        ("a.txt:3", "再嚟過！"),
        ("a.txt:6", "Aku mangan sega."),
        ("a.txt:7", "पानी"),
    ]
    with pytest.raises(RecipeError, match="no document 'lines'; did you mean 'line'"):
        TextReader("a", "lines")


@pytest.mark.parametrize("document", ["file", "paragraph", "line"])
def test_blank_files_have_no_documents(tmp_path: Path, document: str) -> None:
    for text in ("", "\n", "\ufeff", " \t\n\u3000\r\n"):
        assert documents(tmp_path, text, document) == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("file", [(1, "invalid_utf8", "column 10: byte 0xff (byte 18 of the document)")]),
        ("paragraph", [(1, None, None), (3, "invalid_utf8", "column 2: byte 0xff (byte 2 of")]),
        (
            "line",
            [(1, None, None), (3, "invalid_utf8", "column 2: byte 0xff"), (4, None, None)],
        ),
    ],
)
def test_what_is_not_utf8_is_told_with_its_place(
    tmp_path: Path, document: str, expected: list[tuple]
) -> None:
    (tmp_path / "a.txt").write_bytes("食咗飯嘞 a\n\n".encode() + b"b\xff\ngood")
    rows = read_all(TextReader(str(tmp_path), document)).to_pylist()
    assert [(row["line"], row["reason"]) for row in rows] == [row[:2] for row in expected]
    for row, (_, reason, value) in zip(rows, expected, strict=True):
        if reason:
            assert row["value"].startswith(value)
            assert "\\xff" in row["text"]
    with pytest.raises(DataError, match=r"^a\.txt:\d+:\d+: byte 0xff"):
        read_all(TextReader(str(tmp_path), document, strict=True))


@pytest.mark.parametrize("document", ["file", "paragraph", "line"])
def test_long_documents_and_nul_are_told(tmp_path: Path, document: str) -> None:
    text = "ñ" * 50
    assert documents(tmp_path, text, document, max_document_bytes=100) == [("a.txt:1", text)]
    assert documents(tmp_path, text + "\r\n", document, max_document_bytes=100)[0][1] == text
    rows = read_all(TextReader(str(tmp_path), document, max_document_bytes=99)).to_pylist()
    assert [(row["reason"], row["text"]) for row in rows] == [("document_too_long", text)]
    (tmp_path / "a.txt").write_bytes(b"a\0b")
    [row] = read_all(TextReader(str(tmp_path), document)).to_pylist()
    assert (row["reason"], row["value"][:9]) == ("nul_character", "column 2:")


def test_many_short_lines_are_a_document_that_is_too_long(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"ab\n" * 7)
    for longest, reason in ((20, None), (19, "document_too_long"), (2, "document_too_long")):
        [row] = read_all(TextReader(str(tmp_path), max_document_bytes=longest)).to_pylist()
        assert row["reason"] == reason


def test_a_document_that_damage_cuts_off_is_no_document(tmp_path: Path) -> None:
    packed = gzip.compress(b"one\n\ntwo\nthree", mtime=0)
    (tmp_path / "a.txt.gz").write_bytes(packed[:-4])
    for document, living, cut in [
        ("file", [], "one\n\ntwo\nthree"),
        ("paragraph", ["one"], "two\nthree"),
        ("line", ["one", "two"], "three"),
    ]:
        *good, bad = read_all(TextReader(str(tmp_path), document)).to_pylist()
        assert [row["text"] for row in good] == living
        assert (bad["reason"], bad["text"]) == ("truncated_file", cut)


pieces = st.sampled_from(["\n", "\r\n", " ", "\u3000", "嘅", "a", "n\u0303", "\n\n", "\ufeff"])


@settings(max_examples=150, deadline=None)
@given(
    text=st.lists(pieces, max_size=40).map("".join),
    block_size=st.integers(1, 50),
    chunk=st.integers(1, 30),
    document=st.sampled_from(["file", "paragraph", "line"]),
)
def test_any_block_size_gives_the_same_documents(
    tmp_path_factory: pytest.TempPathFactory, text: str, block_size: int, chunk: int, document: str
) -> None:
    folder = tmp_path_factory.mktemp("text")
    (folder / "a.txt").write_bytes(text.encode())
    (folder / "b.txt.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    reader = TextReader(str(folder), document)
    whole = read_all(reader)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "CHUNK_BYTES", chunk * 16)
        assert read_all(reader, block_size, folder / "scratch").equals(whole)
    texts = [row["text"] for row in whole.to_pylist()]
    assert texts[: len(texts) // 2] == texts[len(texts) // 2 :]
    written = text.removeprefix("\ufeff").replace("\r\n", "\n")
    kept = "".join(texts[: len(texts) // 2]).replace("\n", "")
    assert "".join(kept.split()) == "".join(written.split())


def test_paragraphs_are_cut_into_several_blocks(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("佢\n\n" * 100, "utf-8")
    plan = TextReader(str(tmp_path), "paragraph").plan(50)
    assert len(plan.blocks) == 10
    assert [block.first_line for block in plan.blocks[:3]] == [1, 23, 45]
