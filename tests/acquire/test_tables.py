"""Tables: a row is a document, quoted and broken as tables are."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.acquire.table_records import Dialect, read_records
from curator.acquire.tables import TableReader
from curator.errors import DataError, RecipeError
from tests.acquire.reading import COMBINING, JAV, YUE, kept, read_all, rows_of, verdicts

CSV = (
    f'id,title,text,n\nx1,一,"{YUE}\n第二行, 有逗號",007\n'
    f'x2,"say ""hi""","{JAV}",\n,三,"{COMBINING}",3\n'
)


def table(folder: Path, name: str, data: str | bytes, **options: Any) -> TableReader:
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return TableReader(str(folder), **options)


def test_rows_with_quotes_newlines_and_empty_cells(tmp_path: Path) -> None:
    rows = rows_of(table(tmp_path, "a.csv", CSV))
    assert [(row["id"], row["line"]) for row in rows] == [("x1", 2), ("x2", 4), ("a.csv:5", 5)]
    assert [row["text"] for row in rows] == [f"{YUE}\n第二行, 有逗號", JAV, COMBINING]
    assert [row["title"] for row in rows] == ["一", 'say "hi"', "三"]
    assert [row["n"] for row in rows] == ["007", None, "3"]


@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("a.csv", lambda text: text.encode("utf-8-sig")),
        ("a.csv", lambda text: text.replace("\n", "\r\n").encode()),
        ("a.csv", lambda text: text.replace("\n", "\r").encode()),
        ("a.csv", lambda text: text.encode("utf-16")),
        ("a.csv", lambda text: ("sep=,\n" + text).encode()),
        ("a.csv.gz", lambda text: gzip.compress(text.encode())),
        ("a.tsv", lambda text: text.replace(",", "\t").encode()),
        ("a.csv", lambda text: text.replace(",", ";").encode()),
        ("a.csv", lambda text: text.replace(",", "|").encode()),
    ],
)
def test_dialects_are_told_from_the_file(tmp_path: Path, name: str, encode: Any) -> None:
    rows = rows_of(table(tmp_path, name, encode(CSV)))
    assert [row["id"] for row in rows][:2] == ["x1", "x2"]
    assert rows[2]["text"] == COMBINING
    assert [row["n"] for row in rows] == ["007", None, "3"]
    assert rows[0]["text"].splitlines()[0].replace(";", ",") == YUE.replace(";", ",")


@pytest.mark.parametrize("delimiter", [",", "|"])
@pytest.mark.parametrize("charset", ["big5hkscs", "gb18030"])
def test_other_charsets(tmp_path: Path, charset: str, delimiter: str) -> None:
    rows = "".join(f"{i}{delimiter}嗰啲嘢喺邊度㗎，功能許可蓋{i}\n" for i in range(40))
    data = f"id{delimiter}text\n{rows}".encode(charset)
    label = {"big5hkscs": "big5", "gb18030": "gbk"}[charset]
    found = kept(table(tmp_path, "a.csv", data, charset=label))
    assert found == [f"嗰啲嘢喺邊度㗎，功能許可蓋{i}" for i in range(40)]


def test_what_is_no_row_is_told_and_the_next_one_read(tmp_path: Path) -> None:
    data = b"""id,text
1,good
2,too,many
3
4,
5,"open
6,"closed" early
7,\xff\xfe
8,a\0b
9,"last"
"""
    reader = table(tmp_path, "a.csv", data, charset="utf-8")
    assert verdicts(reader) == [
        (2, None),
        (3, "ragged_row"),
        (4, "ragged_row"),
        (5, "null_text"),
        (6, "bad_quoting"),
        (7, "bad_quoting"),
        (8, "invalid_utf8"),
        (9, "nul_character"),
        (10, None),
    ]
    with pytest.raises(DataError, match=r"^a\.csv:3:1: 3 cells where the header has 2; mend"):
        read_all(TableReader(str(tmp_path), charset="utf-8", strict=True))
    rows = read_all(table(tmp_path, "a.csv", data, charset="utf-8", quote="")).to_pylist()
    assert [row["text"] for row in rows if row["line"] in (6, 7)] == ['"open', '"closed" early']


def test_columns_chosen_and_named(tmp_path: Path) -> None:
    reader = table(tmp_path, "a.csv", CSV, text_columns=["title", "text"], separator=" — ")
    assert kept(reader)[1] == f'say "hi" — {JAV}'
    reader = table(
        tmp_path, "a.csv", f'1,{YUE}\n2,"{JAV}"\n', columns=["key", "text"], id_column="key"
    )
    assert [(row["id"], row["text"]) for row in rows_of(reader)] == [("1", YUE), ("2", JAV)]
    reader = table(tmp_path, "a.csv", "a,a,,line,text\n1,2,3,4,x\n", id_column=None)
    [row] = rows_of(reader)
    assert (row["a"], row["a_2"], row["column_3"], row["extra"]) == ("1", "2", "3", '{"line":"4"}')
    assert (row["id"], row["line"]) == ("a.csv:2", 2)


def test_a_table_without_the_column_says_so_for_every_row(tmp_path: Path) -> None:
    rows = rows_of(table(tmp_path, "a.csv", "id,txet\n1,a\n2,b\n"))
    assert [(row["reason"], row["line"]) for row in rows] == [
        ("missing_text", 2),
        ("missing_text", 3),
    ]
    assert "did you mean 'txet'" in rows[0]["value"]


def test_files_with_other_columns_share_a_corpus(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,text,b\n1,x,y\n")
    rows = rows_of(table(tmp_path, "b.tsv", "text\tc\nz\tw\n"))
    assert [(row["text"], row["b"], row["c"]) for row in rows] == [
        ("x", "y", None),
        ("z", None, "w"),
    ]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"id,text\n", b"id,text"])
def test_tables_without_rows_have_no_documents(tmp_path: Path, data: bytes) -> None:
    assert rows_of(table(tmp_path, "a.csv", data)) == []


def test_damage_costs_the_row_in_which_it_is(tmp_path: Path) -> None:
    rows = "".join(f"{i},{YUE}{i * 7919}\n" for i in range(500))
    packed = gzip.compress(f"id,text\n{rows}".encode())
    *good, bad = rows_of(table(tmp_path, "a.csv.gz", packed[:-400]))
    assert [row["reason"] for row in good] == [None] * len(good)
    assert (bad["reason"], bad["line"]) == ("truncated_file", len(good) + 2)
    *good, bad = rows_of(table(tmp_path, "a.csv.gz", packed, max_file_bytes=3000))
    assert (bad["reason"], bad["line"]) == ("file_too_large", len(good) + 2)
    assert len(good) > 10


def test_large_tables_are_cut_between_rows(tmp_path: Path) -> None:
    rows = "".join(f'{i},"{YUE}\n{i}"\n' for i in range(200))
    reader = table(tmp_path, "a.csv", f"id,text\n{rows}")
    blocks = reader.plan(1000).blocks
    assert len(blocks) > 10
    assert kept(reader) == [f"{YUE}\n{i}" for i in range(200)]
    long = table(tmp_path, "a.csv", f"id,text\n1,{'x' * 500}\n2,y\n", max_record_bytes=400)
    assert verdicts(long) == [(2, "record_too_long"), (3, None)]


def test_options_are_checked() -> None:
    for options in (
        {"text_columns": "text"},
        {"text_columns": []},
        {"text_columns": ["id"]},
        {"delimiter": "::"},
        {"delimiter": "，"},
        {"columns": ["a", "a"]},
        {"max_record_bytes": 0},
    ):
        with pytest.raises(RecipeError, match="TableReader"):
            TableReader("a", **options)  # type: ignore[arg-type]


cells = st.lists(st.sampled_from(['"', ",", "\n", "a", "嘅", "\r\n", " "]), max_size=5).map("".join)


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(st.lists(cells, min_size=2, max_size=2), max_size=8))
def test_what_the_csv_module_writes_is_read(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    data = out.getvalue().encode()
    records = list(read_records(data, 0, len(data), 1, Dialect()))
    assert [[cell.decode() for cell in record.fields] for record in records] == rows
    for record in records:
        assert record.line == data[: record.start].count(b"\n") + 1


@settings(max_examples=300, deadline=None)
@given(
    text=st.lists(st.sampled_from(['"', ",", "\n", "a", '""', '"a', "\r"]), max_size=30).map(
        "".join
    )
)
def test_broken_quotes_cost_their_line_alone(text: str) -> None:
    """Held to a reader that starts anew at every line and remembers nothing."""
    data = text.encode()
    expected = []
    place, line = 0, 1
    while place < len(data):
        [record] = [*read_records(data, place, place + 1, line, Dialect())] or [None]
        end = record.end if record else data.find(b"\n", place) + 1 or len(data) + 1
        if record:
            expected.append(record)
        line += max(data[place:end].count(b"\n"), 1)
        place = end
    assert list(read_records(data, 0, len(data), 1, Dialect())) == expected


@pytest.mark.parametrize(
    "data",
    [b'"a\n' * 200_000, b'"",",\n' * 100_000, b'"' * 300_000, b'a,"b""\n' * 100_000, b"," * 300_000,
     b'"","""\n' * 100_000, b'x"\n"\n' * 100_000],
)  # fmt: skip
def test_hostile_quotes_end(data: bytes) -> None:
    assert sum(1 for _ in read_records(data, 0, len(data), 1, Dialect())) > 0
