"""LineParts: the rows of the reader, whatever the bytes, the blocks and the packing."""

from __future__ import annotations

import bz2
import gzip
import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curator import schema
from curator.cluster import get_threads, run_tasks
from curator.io import blocks
from curator.io.json_texts import line_bounds
from curator.io.jsonl import JsonlReader
from curator.io.line_parts import LineParts, line_parts

LIGHT = [schema.ID, schema.TEXT, schema.FILE, schema.LINE, *schema.VERDICT]
"""Columns that need no metadata."""
MOST_BYTES = 220
"""Longest line here."""


def document(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


LINES = [
    document(id="a", text="佢哋食咗飯未呀？", title="口語", year=1997),
    document(id="b", text="Dina iki aku lunga menyang pasar.", year=2001, ok=True),
    document(id="c", text="आज मौसम बहुत अच्छा है।", title="मौसम", extra={"a": [1, None]}),
    document(text="冇 id 嘅一行"),
    document(id="", text="id 係空嘅"),
    document(id=None, text="id 係 null"),
    document(id=12, text="id 係數字"),
    document(id="\0:1", text="an id like one made of file and line"),
    document(id="many.jsonl:2", text="an id like one made"),
    document(id="e", text=""),
    document(id="f", text="字", year="九七", title=5, ok="yes"),
    document(id="g", text="字", year=1 << 70),
    document(id="h", text="字", score=1.5, line=3, dropped_by="me", file="x"),
    document(id="i", text="a\nb\r\nc\u2028d\u0085e"),
    b'{"text": "\xe5\xad\x97 \\u0301e\\ud83d\\ude00 e\\u0301", "id": "j"}',
    b"",
    b" ",
    b"\t \r",
    b"\r",
    b'{"id": "k", "text": "abc',
    b'{"id": "l", "text": "\xff\xfe"}',
    b'{"id": "m", "text": null}',
    b'{"id": "n"}',
    b'{"id": "o", "text": "nul \\u0000 inside"}',
    b'{"id": "p", "text": "raw \x00 nul"}',
    b'{"id": "q", "text": "twice", "text": "again", "id": "q2"}',
    b'{"id": "r", "text": "nan", "n": NaN}',
    b'{"id": "r2", "text": "inf", "n": [1, -Infinity ]}',
    b'{"id": "r3", "text": "NaN, Inf} Infinity], Information"}',
    b'{"id": "u2", "text": "bytes in a name", "\xff": 1}',
    b'{"id": "s", "text": "half \\ud800"}',
    b'{"id": "t", "text": "half in a field", "title": "\\ud800"}',
    b'{"id": "u", "text": "bytes in a field", "title": "\xff"}',
    b'{"id": "v", "text": "one"} {"id": "w", "text": "two"}',
    b'{"id": "x", "text": "deep", "n": ' + b"[" * 60 + b"]" * 60 + b"}",
    b'{"id": "y", "text": "comma",}',
    b'["text"]',
    b"null",
    b'"text"',
    b"{}",
    b'{"id": "z", "text": "' + "長".encode() * 70 + b'"}',
    b'{"id": "long", "text": "' + "長".encode() * 500 + b'"}',
    b"\xef\xbb\xbf" + document(id="bom", text="a mark inside the file"),
    b"  " + document(id="spaces", text="spaces around") + b"  ",
    b'{"id": {"a": 1}, "text": "id of another kind"}',
    b'{"id": true, "text": "id of another kind"}',
    b'{"id": 1.0, "text": "id of another kind"}',
    b'{"id": 1e400, "text": "a number too large"}',
    b'{"id": "\xf0\xa0\xae\xb6", "text": "\xf0\xa0\xae\xb6\xe9\x99\xa3"}',
]


def packed(data: bytes, suffix: str) -> bytes:
    if suffix == ".zst":
        return zstandard.compress(data)
    if suffix:
        return gzip.compress(data) if suffix == ".gz" else bz2.compress(data)
    return data


def whole(reader: JsonlReader, scratch: Path) -> pa.Table:
    """Return what the reader gives in one block a file."""
    plan = reader.plan(1 << 40, scratch)
    empty = schema.table_schema(plan.columns).empty_table()
    return pa.concat_tables([empty, *(reader.read(block, plan.columns) for block in plan.blocks)])


def parts_of(reader: JsonlReader, block_size: int, scratch: Path) -> LineParts:
    scratch.mkdir(exist_ok=True)
    return line_parts(reader, block_size, scratch, blocks.in_this_process)


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Return the rows; of a line that is too long only the start of what is shown."""
    rows = table.to_pylist()
    for row in rows:
        if row.get(schema.REASON) == "line_too_long":  # cut where a block ends, past the limit
            row[schema.TEXT] = row[schema.TEXT][:60]
    return rows


def check(reader: JsonlReader, folder: Path, block_size: int, seed: int = 0) -> list[int]:
    """Compare everything with the reader; return the ordinals of the rows."""
    expected = rows_of(whole(reader, folder / "whole"))
    parts = parts_of(reader, block_size, folder / f"blocks-{block_size}")
    counts = [part.rows for part in parts.parts]
    assert parts.total_rows == sum(counts)
    assert [p.first_row for p in parts.parts] == [0, *itertools.accumulate(counts)][: len(counts)]
    rng = np.random.default_rng(seed)
    place, ordinals = 0, []
    for index, part in enumerate(parts.parts):
        alone = parts.only(index)
        table = parts.texts(index)
        here = expected[place : place + table.num_rows]
        place += table.num_rows
        assert rows_of(table.select(LIGHT)) == [{n: row[n] for n in LIGHT} for row in here]
        numbers = parts.ordinals(index, table)
        assert alone.ordinals(0, table).tolist() == numbers.tolist()
        assert (np.diff(numbers) > 0).all()
        assert all(part.first_row <= n < part.first_row + part.rows for n in numbers.tolist())
        ordinals += numbers.tolist()

        one_a_line = alone.read(0, [schema.ID, schema.TEXT, schema.DROPPED_BY, schema.REASON])
        assert one_a_line.num_rows == part.rows
        inside = numbers - part.first_row
        assert rows_of(one_a_line.take(pa.array(inside))) == [
            {n: row[n] for n in one_a_line.column_names} for row in here
        ]
        blank = np.delete(np.arange(part.rows), inside)
        assert set(one_a_line.take(pa.array(blank)).column(2).to_pylist()) <= {"blank line"}
        parts.write_ids(index, table)
        assert parts.read(index, [schema.ID]).column(0).to_pylist() == (
            one_a_line.column(0).to_pylist()
        )

        for chosen in (
            np.arange(len(here)),
            np.flatnonzero(rng.random(len(here)) < 0.5),
            np.arange(len(here))[-1:],
        ):
            taken = rows_of(alone.take(0, numbers[chosen], None))
            assert taken == [here[i] for i in chosen.tolist()]
            living = [i for i in chosen.tolist() if here[i][schema.DROPPED_BY] is None]
            texts = alone.take(0, numbers[living], [schema.TEXT])
            assert texts.to_pylist() == [{schema.TEXT: here[i][schema.TEXT]} for i in living]
    assert place == len(expected)
    return ordinals


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.lists(st.sampled_from(LINES), max_size=8), min_size=1, max_size=2),
    st.sampled_from([b"\n", b"\r\n"]),
    st.sampled_from([b"", b"\n", b"\r", b"\n\n"]),
    st.sampled_from(["", "", "", ".gz", ".zst"]),
    st.booleans(),
    st.sampled_from(["id", None, "title"]),
    st.sampled_from([40, 300]),
    st.sampled_from([64, 150, 1 << 20]),
)
@example([LINES], b"\n", b"\n", "", False, "id", 300, 1 << 20)
@example([LINES, LINES[::-1]], b"\r\n", b"", ".gz", True, "id", 300, 150)
@example([[]], b"\n", b"", "", True, "id", 40, 64)
def test_the_rows_are_those_of_the_reader_whatever_the_blocks(
    files: list[list[bytes]],
    separator: bytes,
    end: bytes,
    suffix: str,
    mark: bool,
    id_field: str | None,
    block_size: int,
    chunk_bytes: int,
) -> None:
    before = blocks.CHUNK_BYTES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        for number, lines in enumerate(files):
            data = separator.join(lines) + end
            data = b"\xef\xbb\xbf" + data if mark and data else data
            (folder / "in" / f"{number}.jsonl{suffix}").write_bytes(packed(data, suffix))
        reader = JsonlReader(str(folder / "in"), id_field=id_field, max_line_bytes=MOST_BYTES)
        one = check(reader, folder, 1 << 30)
        blocks.CHUNK_BYTES = chunk_bytes
        try:
            assert check(reader, folder, block_size) == one
        finally:
            blocks.CHUNK_BYTES = before


@pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"\n\n \n"])
def test_blocks_of_one_byte_give_the_rows_of_one_block(tmp_path: Path, separator: bytes) -> None:
    data = b"\xef\xbb\xbf" + separator.join(LINES[:8] + LINES[15:22])
    (tmp_path / "a.jsonl").write_bytes(data)
    reader = JsonlReader(str(tmp_path / "a.jsonl"), max_line_bytes=MOST_BYTES)
    assert check(reader, tmp_path, 1) == check(reader, tmp_path, 1 << 20)


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2"])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 0.95])
@pytest.mark.parametrize("block_size", [50, 1000, 1 << 20])
def test_a_truncated_file_ends_with_a_row_that_says_so(
    tmp_path: Path, suffix: str, share: float, block_size: int
) -> None:
    rng = np.random.default_rng(0)
    lines = [document(id=f"d{i}", text=rng.bytes(60).hex()) for i in range(60)]
    data = packed(b"\n".join(lines) + b"\n", suffix)
    (tmp_path / f"a.jsonl{suffix}").write_bytes(data[: int(len(data) * share) or 1])
    (tmp_path / "b.jsonl").write_bytes(document(id="after", text="另一個檔案") + b"\n")
    reader = JsonlReader(str(tmp_path / "*.jsonl*"))
    ordinals = check(reader, tmp_path, block_size)
    parts = parts_of(reader, block_size, tmp_path / "again")
    rows = [r for i in range(len(parts.parts)) for r in parts.texts(i).to_pylist()]
    assert [row["reason"] for row in rows[:-1]].count("truncated_file") == 1
    assert rows[-2]["reason"] == "truncated_file"
    assert rows[-1]["id"] == "after"
    assert len(set(ordinals)) == len(rows)


@pytest.mark.parametrize("block_size", [40, 1 << 20])
def test_a_file_that_unpacks_to_too_much_ends_with_a_row_that_says_so(
    tmp_path: Path, block_size: int
) -> None:
    lines = [document(id=f"d{i}", text="字" * 50) for i in range(60)]
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"\n".join(lines)))
    reader = JsonlReader(str(tmp_path / "a.jsonl.gz"), max_unpacked_bytes=3000)
    check(reader, tmp_path, block_size)
    parts = parts_of(reader, block_size, tmp_path / "again")
    last = len(parts.parts) - 1
    assert parts.texts(last).to_pylist()[-1]["reason"] == "file_too_large"


def test_many_blocks_of_megabytes_are_the_rows_of_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    words = ["行山", "飲茶", "pasar", "sega", "पहाड़", "नदी"]
    with (tmp_path / "a.jsonl").open("wb") as file:
        for i in range(20_000):
            text = "".join(rng.choice(words, int(rng.integers(1, 60))).tolist())
            file.write(document(id=f"d{i}", text=text, n=i) + (b"\n\n" if i % 97 == 0 else b"\n"))
    reader = JsonlReader(str(tmp_path / "a.jsonl"))
    one = check(reader, tmp_path, 1 << 40)
    assert len(one) == 20_000
    assert check(reader, tmp_path, 300_000) == one


def test_threads_plan_the_same_parts(tmp_path: Path) -> None:
    data = b"\n".join(LINES * 20)
    for number, suffix in enumerate(["", ".gz", ".zst", ""]):
        (tmp_path / f"{number}.jsonl{suffix}").write_bytes(packed(data, suffix))
    reader = JsonlReader(str(tmp_path / "*.jsonl*"), max_line_bytes=MOST_BYTES)
    alone = parts_of(reader, 500, tmp_path / "scratch")
    with get_threads(3) as threads:
        found = line_parts(
            reader,
            500,
            tmp_path / "scratch",
            lambda function, items: run_tasks(function, items, threads),
        )
    assert found == alone
    assert len(found.parts) > 40


@pytest.mark.parametrize("depth", [200, 253, 254, 300, 5000])
@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_a_field_without_a_column_is_not_nested_deeper_than_the_reader_allows(
    tmp_path: Path, depth: int, opened: str
) -> None:
    closed = "]" if opened == "[" else "}"
    line = f'{{"id": "a", "text": "深", "n": {opened * depth}1{closed * depth}}}'
    (tmp_path / "a.jsonl").write_bytes(LINES[0] + b"\n" + line.encode() + b"\n" + LINES[1])
    reader = JsonlReader(str(tmp_path / "a.jsonl"))
    assert len(check(reader, tmp_path, 1 << 20)) == 3


@given(st.binary(max_size=60))
def test_lines_end_after_a_newline_and_nowhere_else(data: bytes) -> None:
    starts, ends = line_bounds(data)
    found = [data[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    assert found == [line + b"\n" for line in data.split(b"\n")[:-1]] + (
        [data.split(b"\n")[-1]] if data.split(b"\n")[-1] else []
    )


def test_empty_files_have_no_parts(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    parts = parts_of(JsonlReader(str(tmp_path / "a.jsonl")), 100, tmp_path / "scratch")
    assert (parts.parts, parts.total_rows) == ((), 0)
