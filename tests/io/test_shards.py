"""Shards: nothing is lost on the way to them, and the same rows are the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from curator import schema
from curator.errors import DataError, RecipeError, ResourceError
from curator.io.jsonl import JsonlReader
from curator.io.shards import plan_shards, shard_batches, write_shard

METADATA = pa.schema([("source", pa.large_string()), ("year", pa.int64())])


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema.table_schema(METADATA))


def unpack(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return data


@pytest.mark.parametrize("compression", [None, "gz", "zst"])
def test_rows_are_objects_with_the_columns_in_order(
    tmp_path: Path, compression: str | None
) -> None:
    path = tmp_path / f"a.jsonl{'.' + compression if compression else ''}"
    tables = [
        table([{"id": "1", "text": "食咗飯\n未呀", "source": "口語", "year": 1997}]),
        table([]),
        table([{"id": "2", "text": "señor 😀", "file": "f", "line": 9}]),
    ]
    record = write_shard(path, iter(tables), ["id", "text", "source", "year"], compression)
    lines = (
        '{"id":"1","text":"食咗飯\\n未呀","source":"口語","year":1997}\n'
        '{"id":"2","text":"señor 😀","source":null,"year":null}\n'
    )
    assert unpack(path).decode() == lines
    assert (record.path, record.documents) == (str(path), 2)
    assert record.characters == len("食咗飯\n未呀") + len("señor 😀")
    assert record.bytes == path.stat().st_size
    assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    again = write_shard(tmp_path / "b", iter(tables), ["id", "text", "source", "year"], compression)
    assert again.sha256 == record.sha256
    assert list(shard_batches(path)) == [(["1", "2"], ["食咗飯\n未呀", "señor 😀"])]


@pytest.mark.parametrize("compression", [None, "gz", "zst"])
def test_no_rows_give_an_empty_shard(tmp_path: Path, compression: str | None) -> None:
    path = tmp_path / f"a.jsonl{'.' + compression if compression else ''}"
    record = write_shard(path, [], ["id", "text"], compression)
    assert (record.documents, record.characters) == (0, 0)
    assert unpack(path) == b""
    assert list(shard_batches(path)) == []


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ('{"a":[1],"b":null}', {"source": None, "a": [1], "b": None}),
        ('{"source":5}', {"source": 5}),
        ('{"id":"x","text":"y"}', {"source": None, "extra": {"id": "x", "text": "y"}}),
        ('{"extra":1}', {"source": None, "extra": 1}),
        ('{"extra":1,"id":2}', {"source": None, "extra": {"id": 2, "extra": 1}}),
        ('{"n":123456789012345678901234}', {"source": None, "n": 123456789012345678901234}),
        ('{"file":"f","line":1}', {"source": None, "file": "f", "line": 1}),
    ],
)
def test_extra_fields_come_back_and_overwrite_nothing(
    tmp_path: Path, extra: str, expected: dict[str, Any]
) -> None:
    rows = table([{"id": "i", "text": "嘅", "extra": extra}])
    write_shard(tmp_path / "a.jsonl", [rows], ["id", "text", "source"])
    written = json.loads((tmp_path / "a.jsonl").read_text("utf-8"))
    assert written == {"id": "i", "text": "嘅", **expected}
    plan = JsonlReader(str(tmp_path)).plan(1000)
    [row] = JsonlReader(str(tmp_path)).read(plan.blocks[0], plan.columns).to_pylist()
    assert (row["id"], row["text"]) == ("i", "嘅")


def test_a_ledger_has_the_verdict_and_keeps_fields_of_its_names(tmp_path: Path) -> None:
    row = {
        "id": "i",
        "text": "嘅",
        "file": "a.jsonl",
        "line": 3,
        "dropped_by": "reader",
        "reason": "null_text",
        "extra": '{"reason":"mine","line":null}',
    }
    columns = ["id", "text", "extra", "file", "line", *schema.VERDICT]
    write_shard(tmp_path / "a.jsonl", [table([row])], columns)
    written = json.loads((tmp_path / "a.jsonl").read_text("utf-8"))
    assert list(written) == ["id", "text", "file", "line", *schema.VERDICT, "extra"]
    assert (written["reason"], written["line"]) == ("null_text", 3)
    assert written["extra"] == {"reason": "mine", "line": None}


def test_errors_leave_nothing_behind(tmp_path: Path) -> None:
    rows = table([{"id": "i", "text": "嘅", "extra": "[1]"}])
    with pytest.raises(DataError, match="row 'i': column 'extra' is '\\[1\\]'; it must be a JSON"):
        write_shard(tmp_path / "a", [rows], ["id", "text"])
    with pytest.raises(DataError, match="no column 'sorce'; did you mean 'source'"):
        write_shard(tmp_path / "a", [rows], ["id", "sorce"])
    with pytest.raises(RecipeError, match="compression 'gzip'; did you mean"):
        write_shard(tmp_path / "a", [rows], ["id"], "gzip")
    with pytest.raises(ResourceError, match="make its folder first"):
        write_shard(tmp_path / "no" / "a", [rows], ["id"])
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("compression", [None, "gz", "zst"])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, compression: str | None) -> None:
    texts = np.random.default_rng(0).integers(0x4E00, 0x9FFF, (500, 400))
    rows = table([{"id": "i", "text": "".join(map(chr, row))} for row in texts])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(ResourceError, match="a: cannot be written: File too large"):
            write_shard(tmp_path / "a", [rows] * 30, ["id", "text"], compression)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path) == []


def test_what_is_no_shard_is_an_error_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for line in (b'{"id": "a"}', b"[1]", b"{", b'{"id": 1, "text": "a"}'):
        path.write_bytes(b'{"id": "a", "text": "b"}\n' + line)
        with pytest.raises(DataError, match=r"a\.jsonl:2: "):
            list(shard_batches(path))
    packed = gzip.compress(b'{"id": "a", "text": "b"}\n' * 1000)
    (tmp_path / "b.jsonl.gz").write_bytes(packed[:-9])
    with pytest.raises(DataError, match="cut off here"):
        list(shard_batches(tmp_path / "b.jsonl.gz"))


def test_batches_are_bounded_and_lose_nothing(tmp_path: Path) -> None:
    rows = [{"id": str(i), "text": "飲茶" * (i % 90)} for i in range(30_000)]
    write_shard(tmp_path / "a.jsonl.zst", [table(rows)], ["id", "text"], "zst")
    batches = list(shard_batches(tmp_path / "a.jsonl.zst", 1))
    assert len(batches) > 3
    assert [i for ids, _ in batches for i in ids] == [row["id"] for row in rows]
    assert [t for _, texts in batches for t in texts] == [row["text"] for row in rows]


@given(
    sizes=st.lists(st.integers(0, 50), max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=5),
    target=st.integers(1, 60),
)
def test_shards_do_not_depend_on_parts(sizes: list[int], cuts: list[int], target: int) -> None:
    rows = np.array(sizes, np.int64)
    parts = np.split(rows, sorted(cuts))
    firsts = np.cumsum([0, *(len(part) for part in parts)])
    ordinals = [
        [int(firsts[part]) + row for part, start, stop in shard for row in range(start, stop)]
        for shard in plan_shards(parts, target)
    ]
    whole = [
        [row for _, start, stop in shard for row in range(start, stop)]
        for shard in plan_shards([rows], target)
    ]
    assert ordinals == whole
    assert [row for shard in whole for row in shard] == list(range(len(rows)))
    assert all(sum(sizes[row] for row in shard[:-1]) < target for shard in whole)


def test_a_target_of_nothing_is_refused() -> None:
    with pytest.raises(RecipeError, match="target_bytes is 0"):
        plan_shards([np.array([1])], 0)


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=4)
objects = st.fixed_dictionaries(
    {"id": st.text(min_size=1, max_size=3), "text": st.text(max_size=5)},
    optional={
        "source": scalars,
        "year": scalars,
        "extra": scalars,
        "file": st.lists(scalars, max_size=2),
        "x": st.dictionaries(st.text(max_size=2), scalars, max_size=2),
    },
)


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(objects, max_size=4))
def test_a_document_comes_through_reader_and_shard_with_all_its_fields(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    rows = [row for row in rows if "\0" not in row["id"] + row["text"]]
    folder = tmp_path_factory.mktemp("trip")
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    reader = JsonlReader(str(folder / "a.jsonl"))
    plan = reader.plan(1000)
    tables = [reader.read(block, plan.columns) for block in plan.blocks]
    columns = ["id", "text", *plan.columns.names]
    write_shard(folder / "b.jsonl", tables, columns)
    with open(folder / "b.jsonl", encoding="utf-8") as stream:
        written = [json.loads(line) for line in stream]
    filled = [{**dict.fromkeys(columns), **row} for row in rows]
    assert written == filled
