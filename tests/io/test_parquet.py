"""Parquet: rows of any layout become the same documents."""

from __future__ import annotations

import datetime
import decimal
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curator import schema
from curator.errors import DataError, RecipeError
from curator.io.parquet import ParquetReader

TEXTS = ["佢哋食咗飯", "aku mangan sega", "पानी", "ñ"]


def write(folder: Path, name: str = "a.parquet", **columns: Any) -> Path:
    pq.write_table(pa.table(columns), folder / name, row_group_size=2)
    return folder / name


def read_all(reader: ParquetReader, block_size: int = 1 << 20) -> list[dict[str, Any]]:
    plan = reader.plan(block_size)
    tables = [reader.read(block, plan.columns) for block in plan.blocks]
    return pa.concat_tables([schema.table_schema(plan.columns).empty_table(), *tables]).to_pylist()


@pytest.mark.parametrize(
    "text_type",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.binary(),
        pa.large_binary(),
        pa.dictionary(pa.int32(), pa.string()),
    ],
    ids=str,
)
def test_text_is_read_from_every_type_of_text(tmp_path: Path, text_type: pa.DataType) -> None:
    text = pa.array(TEXTS, pa.string()).cast(text_type)
    write(tmp_path, text=text, id=["a", "", None, "d"], n=[1, 2, 3, None])
    for block_size in (1, 1 << 20):
        rows = read_all(ParquetReader(str(tmp_path)), block_size)
        assert [row["text"] for row in rows] == TEXTS
        assert [row["id"] for row in rows] == ["a", "a.parquet:2", "a.parquet:3", "d"]
        assert [row["n"] for row in rows] == [1, 2, 3, None]
        assert [row["line"] for row in rows] == [1, 2, 3, 4]
        assert {row["dropped_by"] for row in rows} == {None}
        assert {row["extra"] for row in rows} == {None}


def test_row_groups_are_the_blocks(tmp_path: Path) -> None:
    write(tmp_path, text=TEXTS)
    plan = ParquetReader(str(tmp_path)).plan(1)
    assert [(block.start, block.end, block.first_line) for block in plan.blocks] == [
        (0, 1, 1),
        (1, 2, 3),
    ]
    assert len(ParquetReader(str(tmp_path)).plan(1 << 20).blocks) == 1


def test_unreadable_rows_say_why(tmp_path: Path) -> None:
    text = [b"ok", None, b"a\xff", b"n\0l"]
    write(tmp_path, text=pa.array(text, pa.binary()), id=[1, 2, 0, -4], source=["s"] * 4)
    rows = read_all(ParquetReader(str(tmp_path)))
    assert [(row["id"], row["text"], row["reason"]) for row in rows] == [
        ("1", "ok", None),
        ("2", "", "null_text"),
        ("0", "a\\xff", "invalid_utf8"),
        ("-4", "n\0l", "nul_character"),
    ]
    assert rows[2]["value"].startswith("column 2: byte 0xff (byte 2 of the text) is not UTF-8; ")
    assert rows[3]["value"] == "column 2: 'text' has a NUL character; remove it"
    assert [row["source"] for row in rows] == ["s"] * 4
    with pytest.raises(DataError, match=r"^a\.parquet:2:1: 'text' is null; give a text"):
        read_all(ParquetReader(str(tmp_path), strict=True))


def test_strings_that_lie_about_utf8_are_found(tmp_path: Path) -> None:
    lie = pa.array([b"ok", b"\xed\xa0\x80"], pa.binary()).view(pa.string())
    write(tmp_path, text=lie, source=lie, id=pa.array(["a", "b"]))
    rows = read_all(ParquetReader(str(tmp_path)))
    assert [row["reason"] for row in rows] == [None, "invalid_utf8"]
    assert [row["source"] for row in rows] == ["ok", None]
    assert rows[1]["extra"] == '{"source":{"base64":"7aCA"}}'


def test_what_fits_no_column_travels_in_extra(tmp_path: Path) -> None:
    write(
        tmp_path,
        text=["嘅"] * 2,
        tags=[["a", "b"], None],
        info=[{"when": datetime.date(1997, 7, 1)}, {"when": None}],
        at=pa.array([datetime.datetime(2020, 1, 2, 3, 4, 5), None], pa.timestamp("ns")),
        price=[decimal.Decimal("1.50"), None],
        raw=[b"\xff", "嘅".encode()],
        big=pa.array([2**63, 1], pa.uint64()),
        score=[float("nan"), float("inf")],
        half=pa.array([0.5, None], pa.float32()),
        file=["mine", None],
    )
    first, second = read_all(ParquetReader(str(tmp_path)))
    assert (first["big"], first["score"], first["half"], first["file"]) == (
        None,
        None,
        0.5,
        "a.parquet",
    )
    assert first["extra"] == (
        '{"big":9223372036854775808,"tags":["a","b"],"info":{"when":"1997-07-01"},'
        '"at":"2020-01-02T03:04:05","price":"1.50","raw":{"base64":"/w=="},"file":"mine"}'
    )
    assert (second["big"], second["score"], second["half"]) == (1, None, None)
    assert second["extra"] == '{"score":"inf","info":{"when":null},"raw":"嘅"}'


def test_columns_agree_over_files(tmp_path: Path) -> None:
    write(tmp_path, "a.parquet", text=["a"], n=[1], s=["x"], b=[True])
    write(tmp_path, "b.parquet", text=["b"], n=[2**53 + 1], s=[5], b=pa.nulls(1))
    write(tmp_path, "c.parquet", text=["c"], n=[0.5])
    rows = read_all(ParquetReader(str(tmp_path)))
    assert [(row["n"], row["b"], row["extra"]) for row in rows] == [
        (1.0, True, '{"s":"x"}'),
        (None, None, '{"n":9007199254740993,"s":5}'),
        (0.5, None, None),
    ]
    assert "s" not in rows[0]


def test_errors_name_file_and_column(tmp_path: Path) -> None:
    write(tmp_path, text=["a"], n=[1], s=[[1]])
    for options, message in [
        ({"text_field": "txt"}, r"^a\.parquet: no column 'txt'; did you mean 'text'"),
        ({"text_field": "n"}, r"^a\.parquet: column 'n' is int64, not text; choose text_field"),
        ({"id_field": "s"}, r"^a\.parquet: column 's' is list<.*> *, not strings or integers"),
    ]:
        with pytest.raises(DataError, match=message):
            ParquetReader(str(tmp_path), **options).plan(1)
    with pytest.raises(RecipeError, match="are both 'text'"):
        ParquetReader("a", id_field="text")


def test_a_file_that_is_no_parquet_is_one_row_of_the_ledger(tmp_path: Path) -> None:
    write(tmp_path, text=["a"], n=[1])
    (tmp_path / "b.parquet").write_bytes(b"PAR1 this is no Parquet PAR1")
    reader = ParquetReader(str(tmp_path))
    plan = reader.plan(1)
    assert plan.columns.names == ["n"]
    [good, bad] = [reader.read(block, plan.columns).to_pylist() for block in plan.blocks]
    assert [row["text"] for row in good] == ["a"]
    assert [(row["file"], row["line"], row["reason"]) for row in bad] == [
        ("b.parquet", 1, "corrupt_file")
    ]
    assert re.match(r"column 1: cannot be read as Parquet: .*; write .* again", bad[0]["value"])
    with pytest.raises(DataError, match=r"b\.parquet:1:1: cannot be read as Parquet: .*again"):
        ParquetReader(str(tmp_path), strict=True).read(plan.blocks[1], plan.columns)


def test_a_damaged_row_group_is_one_row_of_the_ledger(tmp_path: Path) -> None:
    path = write(tmp_path, text=[chr(0x4E00 + i) * 500 for i in range(4)])
    reader = ParquetReader(str(path))
    plan = reader.plan(1)
    data = bytearray(path.read_bytes())
    data[4:40] = b"\xff" * 36
    path.write_bytes(data)
    [row] = reader.read(plan.blocks[0], plan.columns).to_pylist()
    assert (row["file"], row["line"], row["reason"]) == ("a.parquet", 1, "corrupt_file")
    assert re.match(r"column 1: rows 1 to \d+: cannot be read as Parquet: .*again", row["value"])
    with pytest.raises(DataError, match=r"a\.parquet:1:1: rows 1 to"):
        ParquetReader(str(path), strict=True).read(plan.blocks[0], plan.columns)


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    write(tmp_path, text=pa.array([], pa.string()))
    assert read_all(ParquetReader(str(tmp_path))) == []
