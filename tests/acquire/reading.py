"""Reads all of an input, and holds readers to the laws they share."""

from __future__ import annotations

import pickle
from typing import Any

import pyarrow as pa

from curator import schema

YUE = "佢哋喺度食緊嘢，嗰個𡃉仔話唔該晒。"
JAV = "Kucingé turu ing ngisor kursi, dene asuné mlayu-mlayu."
COMBINING = "Ku\u0301cing ꦱꦸꦒꦼꦁ — पानी है"


def read_all(reader: Any, block_size: int = 1 << 20) -> pa.Table:
    """All rows of an input, in blocks of a size."""
    plan = reader.plan(block_size)
    tables = [reader.read(block, plan.columns) for block in plan.blocks]
    wanted = schema.table_schema(plan.columns)
    assert all(table.schema.equals(wanted) for table in tables)
    return pa.concat_tables([wanted.empty_table(), *tables])


def rows_of(reader: Any) -> list[dict[str, Any]]:
    """All rows, after trying that block size and pickling change none and that ids are unique."""
    whole = read_all(reader)
    for block_size in (1, 300, 5000):
        assert read_all(pickle.loads(pickle.dumps(reader)), block_size).equals(whole)
    rows: list[dict[str, Any]] = whole.to_pylist()
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids)
    for row in rows:
        assert (row["dropped_by"] is None) == (row["reason"] is None) == (row["value"] is None)
        assert row["dropped_by"] in (None, "reader")
        row["text"].encode()
    return rows


def kept(reader: Any) -> list[str]:
    """Texts of the documents; nothing may be dropped."""
    rows = rows_of(reader)
    assert [row["reason"] for row in rows] == [None] * len(rows)
    return [row["text"] for row in rows]


def verdicts(reader: Any) -> list[tuple[int, str | None]]:
    """Line and reason of every row; null for a document."""
    return [(row["line"], row["reason"]) for row in rows_of(reader)]
