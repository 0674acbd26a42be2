"""JSON lines: what is a document, what is a ledger row, and that no way of reading differs."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from curator import schema
from curator.errors import DataError, RecipeError
from curator.io import blocks, jsonl
from curator.io.json_bulk import parse_bulk
from curator.io.json_rows import JsonFields, parse_lines
from curator.io.jsonl import JsonlReader

COLUMNS = pa.schema(
    [
        ("source", pa.large_string()),
        ("year", pa.int64()),
        ("score", pa.float64()),
        ("checked", pa.bool_()),
    ]
)

GOOD = '{"id": "a", "text": "佢哋食咗飯未呀", "source": "口語", "year": 1997}'


def rows_of(folder: Path, data: bytes, name: str = "a.jsonl", **options: Any) -> list[dict]:
    (folder / name).write_bytes(data)
    return read_all(JsonlReader(str(folder / name), **options)).to_pylist()


def read_all(reader: JsonlReader, block_size: int = 1 << 20, scratch: Path | None = None):
    plan = reader.plan(block_size, scratch)
    empty = schema.table_schema(plan.columns).empty_table()
    tables = [reader.read(block, plan.columns) for block in plan.blocks]
    assert all(table.schema == empty.schema for table in tables)
    return pa.concat_tables([empty, *tables])


def living(rows: list[dict]) -> list[tuple[str, str]]:
    return [(row["id"], row["text"]) for row in rows if row["dropped_by"] is None]


def test_a_plain_line_becomes_a_living_row(tmp_path: Path) -> None:
    [row] = rows_of(tmp_path, GOOD.encode())
    assert row == {
        "id": "a",
        "text": "佢哋食咗飯未呀",
        "source": "口語",
        "year": 1997,
        "extra": None,
        "file": "a.jsonl",
        "line": 1,
        "dropped_by": None,
        "reason": None,
        "value": None,
        "duplicate_of": None,
        "cluster_id": None,
    }


@pytest.mark.parametrize(
    ("line", "reason", "value"),
    [
        (b'{"text": "a",}', "invalid_json", "column 13: trailing comma is not allowed; write"),
        ('{"text": "佢哋" x}'.encode(), "invalid_json", "column 15: unexpected character"),
        (b'{"text": "a", "n": NaN}', "invalid_json", "column 20: NaN and Infinity are not JSON"),
        (b'{"text": "a", "n": -Infinity}', "invalid_json", "NaN and Infinity are not JSON"),
        (b'{"text": "a"} {"text": "b"}', "invalid_json", "column 15: unexpected content"),
        (b'{"text": "a\tb"}', "invalid_json", "control character"),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, "invalid_json", "depth limit"),
        (b'{"text": "a", "n": 1e999}', "invalid_json", "too large"),
        (b'{"text": "a", "n": ' + b"1" * 5000 + b"}", "invalid_json", "too large"),
        ('{"text": "佢'.encode() + b'\xff"}', "invalid_utf8", "column 12: byte 0xff (byte 14 of"),
        (b'{"text": "\xed\xa0\x80"}', "invalid_utf8", "convert the file to UTF-8"),
        ('{"text": "佢\\ud800"}'.encode(), "lone_surrogate", "half of a surrogate pair"),
        (b'["text"]', "not_an_object", "column 1: the line is an array; write one JSON object"),
        (b'"text"', "not_an_object", "the line is a string"),
        (b"null", "not_an_object", "the line is null"),
        (b"true", "not_an_object", "the line is true or false"),
        (b"1.5", "not_an_object", "the line is a number"),
        (b'{"Text": "a"}', "missing_text", "no field 'text'; did you mean 'Text'?; choose"),
        (b"{}", "missing_text", "column 1: no field 'text'; choose another text_field"),
        (b'{"text": null}', "null_text", "'text' is null"),
        (b'{"text": 5}', "text_not_a_string", "'text' is a number; write a string"),
        (b'{"text": ["a"]}', "text_not_a_string", "'text' is an array"),
        (b'{"text": "a\\u0000b"}', "nul_character", "'text' has a NUL character; remove it"),
        (b'{"text": "a", "id": "\\u0000"}', "nul_character", "the id has a NUL character"),
        (b'{"text": "a", "id": 1.5}', "id_not_a_string", "the id is a number; write a string"),
        (b'{"text": "a", "id": {"$oid": 1}}', "id_not_a_string", "the id is an object"),
        (b'{"text": "a", "id": true}', "id_not_a_string", "the id is true or false"),
        (
            b'{"text": "a", "x": ' + b"[" * 300 + b"]" * 300 + b"}",
            "nested_too_deep",
            "nested more than 254 deep",
        ),
    ],
)
def test_an_unreadable_line_is_a_row_that_says_why(
    tmp_path: Path, line: bytes, reason: str, value: str
) -> None:
    first, bad, last = rows_of(tmp_path, GOOD.encode() + b"\n" + line + b"\n" + GOOD.encode())
    assert first["text"] == last["text"] == "佢哋食咗飯未呀"
    assert (bad["dropped_by"], bad["reason"], bad["line"]) == ("reader", reason, 2)
    assert bad["value"].startswith("column ")
    assert value in bad["value"]
    assert bad["text"] == line.decode("utf-8", "backslashreplace")[:4096]
    assert bad["id"] == "a.jsonl:2"
    with pytest.raises(DataError, match=r"^a\.jsonl:2:[0-9]+: "):
        read_all(JsonlReader(str(tmp_path / "a.jsonl"), strict=True))


def test_of_very_many_fields_the_first_are_named_in_the_ledger(tmp_path: Path) -> None:
    fields = {f"{number:05d}" + "欄" * 1000: 1 for number in range(3000)}
    lines = [json.dumps({**fields, **more}).encode() for more in ({}, {"texts": "a"})]
    lines.append(json.dumps({"texts": "佢", **fields}).encode())
    rows = rows_of(tmp_path, b"\n".join(lines))
    assert [row["reason"] for row in rows] == ["missing_text"] * 3
    for row in rows[:2]:
        assert row["value"].startswith("column 1: no field 'text'; known: 00000欄")
        assert "; choose another text_field" in row["value"]
        assert len(row["value"]) < 64 * 90
    assert "did you mean 'texts'?" in rows[2]["value"]


def test_a_row_without_text_keeps_its_id(tmp_path: Path) -> None:
    [row] = rows_of(tmp_path, b'{"id": "k7", "text": null}')
    assert (row["id"], row["reason"]) == ("k7", "null_text")


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ('"x"', "x"),
        ("12", "12"),
        ("-3", "-3"),
        ("-0", "0"),
        ("18446744073709551615", "18446744073709551615"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("null", "a.jsonl:1"),
        ('""', "a.jsonl:1"),
    ],
)
def test_an_id_is_a_string_or_an_integer_or_made(tmp_path: Path, id: str, expected: str) -> None:
    [row] = rows_of(tmp_path, f'{{"id": {id}, "text": "aku mangan"}}'.encode())
    assert living([row]) == [(expected, "aku mangan")]


def test_values_that_do_not_fit_their_column_travel_in_extra(tmp_path: Path) -> None:
    lines = [
        '{"text": "嘅", "year": 1, "score": 0.5, "tags": ["a"], "file": "f", "dropped_by": null}',
        '{"text": "嘅", "year": "兩千", "score": 3, "new": 1}',
        '{"text": "嘅", "year": 9223372036854775808, "score": 9007199254740993}',
        '{"text": "嘅", "year": 2.0, "score": 123456789012345678901234567890, "x": [1e-7]}',
        '{"text": "嘅", "year": null, "score": 1e300, "x": {"y": 99999999999999999999}}',
    ]
    filler = '{"text": "咗", "year": 5}' + "\n"
    head = lines[0] + "\n" + filler * (300_000 // len(filler.encode()))
    rows = rows_of(tmp_path, (head + "\n".join(lines[1:])).encode())
    columns = [(row["year"], row["score"], row["extra"]) for row in rows]
    assert columns[0] == (1, 0.5, '{"tags":["a"],"file":"f","dropped_by":null}')
    assert columns[1] == (5, None, None)
    assert columns[-4:] == [
        (None, 3.0, '{"new":1,"year":"兩千"}'),
        (None, None, '{"year":9223372036854775808,"score":9007199254740993}'),
        (None, None, '{"x":[1e-07],"year":2.0,"score":123456789012345678901234567890}'),
        (None, 1e300, '{"x":{"y":99999999999999999999}}'),
    ]


def test_columns_are_told_from_the_heads_and_do_not_depend_on_blocks(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text('{"text": "a", "n": 1, "m": 1, "mixed": 1, "s": null}\n')
    (tmp_path / "a.jsonl").write_text('{"text": "b", "n": 1.5, "ok": true, "mixed": "1"}\n')
    (tmp_path / "c.jsonl").write_text('{"text": "c", "s": "señal", "line": 7, "id": 1, "o": {}}')
    columns = JsonlReader(str(tmp_path)).plan(1).columns
    assert columns == pa.schema(
        [("n", pa.float64()), ("ok", pa.bool_()), ("m", pa.int64()), ("s", pa.large_string())]
    )


def test_integers_of_any_size_keep_every_digit(tmp_path: Path) -> None:
    numbers = [2**63, 2**64 - 1, 2**64, 2**64 + 1, -(2**63) - 1, 10**30 + 1]
    lines = [json.dumps({"text": "a", "in": [{"y": n}]}) for n in numbers]
    found = [json.loads(row["extra"]) for row in rows_of(tmp_path, "\n".join(lines).encode())]
    assert [extra["in"][0]["y"] for extra in found] == numbers


def test_other_field_names_can_hold_text_and_id(tmp_path: Path) -> None:
    data = '{"content": "嘅", "text": "title", "key": 4, "id": "x", "n": 1}\n'.encode() * 2
    rows = rows_of(tmp_path, data, text_field="content", id_field="key")
    assert living(rows) == [("4", "嘅")] * 2
    assert [row["extra"] for row in rows] == ['{"text":"title","id":"x"}'] * 2
    with pytest.raises(RecipeError, match="are both 'text'"):
        JsonlReader("a", id_field="text")


def test_blank_lines_byte_order_marks_and_line_endings_are_no_documents(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbf{"text": "a"}\r\n\r\n  \n{"text": "b"}\n\n{"text": "c"}'
    rows = rows_of(tmp_path, data)
    assert [(row["id"], row["text"]) for row in rows] == [
        ("a.jsonl:1", "a"),
        ("a.jsonl:4", "b"),
        ("a.jsonl:6", "c"),
    ]
    assert [row["dropped_by"] for row in rows] == [None] * 3


def test_a_byte_order_mark_inside_the_file_is_told(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, b'{"text": "a"}\n\xef\xbb\xbf{"text": "b"}\n')
    assert [row["reason"] for row in rows] == [None, "invalid_json"]


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b" \r\n\n"])
def test_an_empty_file_has_no_rows(tmp_path: Path, data: bytes) -> None:
    assert rows_of(tmp_path, data) == []


def test_of_equal_keys_the_last_counts(tmp_path: Path) -> None:
    assert living(rows_of(tmp_path, b'{"text": "a", "id": "i", "text": "b"}')) == [("i", "b")]


def test_a_line_is_too_long_by_its_bytes(tmp_path: Path) -> None:
    line = '{"text": "嘅嘅"}'.encode()
    for data in (line, line + b"\n", b"\xef\xbb\xbf" + line, line + b"\n" + line):
        for block_size in (1, 7, 1000):
            (tmp_path / "a.jsonl").write_bytes(data)
            for longest, reason in ((len(line), None), (len(line) - 1, "line_too_long")):
                reader = JsonlReader(str(tmp_path), max_line_bytes=longest)
                rows = read_all(reader, block_size).to_pylist()
                assert {row["reason"] for row in rows} == {reason}


def test_a_very_long_line_takes_no_memory_and_is_told(tmp_path: Path) -> None:
    with open(tmp_path / "a.jsonl", "wb") as stream:
        stream.write(GOOD.encode() + b'\n{"text": "')
        for _ in range(100):
            stream.write(b"x" * (1 << 20))
        stream.write(b'"}\n' + GOOD.encode())
    reader = JsonlReader(str(tmp_path), max_line_bytes=1 << 20)
    plan = reader.plan(1 << 25)
    before = pa.total_allocated_bytes()
    longest = 0
    for block in plan.blocks:
        for piece in blocks.read_pieces(block, reader.max_line_bytes):
            longest = max(longest, len(piece.data))
    assert pa.total_allocated_bytes() == before
    assert longest <= (1 << 20) + 2 * blocks.CHUNK_BYTES
    rows = read_all(reader, 1 << 25).to_pylist()
    assert [(row["line"], row["reason"]) for row in rows] == [
        (1, None),
        (2, "line_too_long"),
        (3, None),
    ]
    assert rows[1]["text"] == '{"text": "' + "x" * 4086
    assert "max_line_bytes=1048576" in rows[1]["value"]


PACK = {
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}


def texts(count: int) -> list[str]:
    return [f"第{i}句：我哋今日去飲茶 señor ɓaa {i}" for i in range(count)]


def lines_of(values: list[str]) -> bytes:
    return "".join(json.dumps({"text": value}) + "\n" for value in values).encode()


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("unpacked_first", [False, True])
def test_packed_files_read_like_plain_ones(
    tmp_path: Path, suffix: str, unpacked_first: bool
) -> None:
    scratch = tmp_path / "scratch" if unpacked_first else None
    first, second = lines_of(texts(3000)), lines_of(texts(2))
    # two members, the border in the middle of a line, as `cat a.gz b.gz` makes them
    packed = PACK[suffix](first + second[:5]) + PACK[suffix](second[5:])
    (tmp_path / f"a.jsonl{suffix}").write_bytes(packed)
    reader = JsonlReader(str(tmp_path / f"a.jsonl{suffix}"))
    for block_size in (1000, 1 << 20):
        table = read_all(reader, block_size, scratch)
        assert table.column("text").to_pylist() == texts(3000) + texts(2)
        assert table.column("line").to_pylist() == list(range(1, 3003))
        assert set(table.column("file").to_pylist()) == {f"a.jsonl{suffix}"}


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("block_size", [500, 1 << 20])
def test_a_cut_off_file_gives_its_lines_and_one_row_that_says_where(
    tmp_path: Path, suffix: str, block_size: int
) -> None:
    values = [f"{i} {hash_like(i)}" for i in range(5000)]
    packed = PACK[suffix](lines_of(values[:2500])) + PACK[suffix](lines_of(values[2500:]))
    (tmp_path / f"a.jsonl{suffix}").write_bytes(packed[: len(packed) * 3 // 4])
    reader = JsonlReader(str(tmp_path / f"a.jsonl{suffix}"))
    direct = read_all(reader, block_size)
    *good, bad = direct.to_pylist()
    assert [row["text"] for row in good] == values[: len(good)]
    assert len(good) >= 2500
    assert (bad["dropped_by"], bad["reason"]) == ("reader", "truncated_file")
    assert bad["line"] == len(good) + 1
    assert json.dumps({"text": values[len(good)]}).startswith(bad["text"])
    assert bad["value"].startswith(f"column {len(bad['text']) + 1}: the compressed file is cut")
    assert read_all(reader, block_size, tmp_path / "scratch").equals(direct)
    with pytest.raises(DataError, match=rf"a\.jsonl\{suffix}:{bad['line']}:.*download it again"):
        read_all(JsonlReader(reader.input, strict=True), block_size)


def hash_like(i: int) -> str:
    return f"{i * 2654435761 % 2**32:x}-{i * 40503 % 65536:x}"


@pytest.mark.parametrize("suffix", PACK)
def test_a_corrupt_file_gives_the_lines_before_the_damage(tmp_path: Path, suffix: str) -> None:
    values = [f"{i} {hash_like(i)}" for i in range(20_000)]
    packed = PACK[suffix](lines_of(values[:10_000]))
    (tmp_path / f"a.jsonl{suffix}").write_bytes(packed + b"\x01garbage" * 10)
    *good, bad = read_all(JsonlReader(str(tmp_path))).to_pylist()
    assert [row["text"] for row in good] == values[:10_000]
    assert (bad["line"], bad["reason"], bad["text"]) == (10_001, "truncated_file", "")
    assert "corrupt here" in bad["value"]


def test_a_bomb_is_stopped_and_told(tmp_path: Path) -> None:
    data = lines_of(["嘅" * 100] * 1000)
    (tmp_path / "a.jsonl.zst").write_bytes(PACK[".zst"](data + b"\n" * 50_000_000))
    reader = JsonlReader(str(tmp_path), max_unpacked_bytes=len(data) + 3)
    direct = read_all(reader)
    *good, bad = direct.to_pylist()
    assert len(good) == 1000
    assert (bad["reason"], bad["line"]) == ("file_too_large", 1004)
    assert "raise max_unpacked_bytes" in bad["value"]
    assert read_all(reader, 10_000, tmp_path / "scratch").equals(direct)


def test_unpacked_pieces_are_used_again_until_the_file_changes(tmp_path: Path) -> None:
    path, scratch = tmp_path / "a.jsonl.gz", tmp_path / "scratch"
    path.write_bytes(PACK[".gz"](lines_of(texts(100))))
    reader = JsonlReader(str(path))
    plan = reader.plan(1000, scratch)
    assert len(plan.blocks) > 3
    times = {block.path: Path(block.path).stat().st_mtime_ns for block in plan.blocks}
    assert reader.plan(1000, scratch) == plan
    assert {path: Path(path).stat().st_mtime_ns for path in times} == times
    Path(plan.blocks[1].path).unlink()
    assert read_all(reader, 1000, scratch).column("text").to_pylist() == texts(100)
    path.write_bytes(PACK[".gz"](lines_of(texts(7))))
    assert read_all(reader, 1000, scratch).column("text").to_pylist() == texts(7)


def test_work_on_many_files_goes_through_the_given_runner(tmp_path: Path) -> None:
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        (tmp_path / name).write_bytes(PACK[".gz"](lines_of(texts(5))))
    (tmp_path / "c.jsonl").write_bytes(lines_of(texts(50)))
    calls = []

    def run(function: Any, items: Any) -> list[Any]:
        calls.append(len(items))
        return [function(item) for item in items]

    reader = JsonlReader(str(tmp_path))
    plan = reader.plan(200, tmp_path / "scratch", run)
    assert calls[0] == 2
    assert len(calls) == 2
    assert plan == reader.plan(200, tmp_path / "scratch")


def test_a_file_that_becomes_shorter_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines_of(texts(10)))
    reader = JsonlReader(str(path))
    plan = reader.plan(100)
    path.write_bytes(lines_of(texts(3)))
    with pytest.raises(DataError, match=r"a\.jsonl: became shorter while it was read; run again"):
        [reader.read(block, plan.columns) for block in plan.blocks]


# --- no way of reading differs -------------------------------------------------------------

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.sampled_from(["嘅", "ñ", "n\u0303", "\ufeff", "\u2028", "😀", ""]),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner)
)
names = st.sampled_from(["id", "text", "source", "year", "score", "checked", "file", "extra", "x"])
usual = st.fixed_dictionaries(
    {"text": st.text(max_size=8)},
    optional={
        "id": st.text(max_size=3) | st.integers(-(2**63), 2**63 - 1),
        "source": st.none() | st.text(max_size=3),
        "year": st.none() | st.integers(-(2**63), 2**63 - 1),
        "score": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9),
        "checked": st.none() | st.booleans(),
    },
)
objects = usual | usual | st.dictionaries(names, values, max_size=5)


@st.composite
def encoded(draw: st.DrawFn) -> bytes:
    row = json.dumps(draw(objects), ensure_ascii=draw(st.booleans()))
    return row.encode("utf-8", "surrogatepass")


ODD = [
    b"null",
    b"{}",
    b"[]",
    b'{"text": "a"}{"text": "b"}',
    b'{"text": "a"}null{"text": "b"}',
    b'{"text":',
    b'"a"}',
    b'{"text": "a", "x": {}',
    b'{"text": "a", "score": NaN}',
    b'{"text": "a", "score": -0}',
    b'{"text": "a", "score": -0.0}',
    b'{"text": "a", "score": 9007199254740993}',
    b'{"text": "a", "year": 1e2}',
    b'{"text": "a", "text": "b"}',
    b'{"text": "\\u0000"}',
    b'{"text": "\\\\u0000"}',
    b'{"text": "\xff"}',
    b'{"text": "\\ud800"}',
    b'\xef\xbb\xbf{"text": "a"}',
    b'{"text": "a"}\r',
    b'{"text": "a"} ',
    b'{"te\\u0078t": "a"}',
    b" ",
    b"\r",
    b"",
    b"\x0b",
]
many_lines = st.lists(encoded() | encoded() | st.sampled_from(ODD), max_size=8)
joined = st.builds(
    lambda lines, end: b"\n".join(lines) + end, many_lines, st.sampled_from([b"", b"\n"])
)


@settings(max_examples=600, deadline=None)
@given(data=joined, longest=st.sampled_from([30, 1 << 20]))
@example(data=b"null\n{}", longest=100)
@example(data=b'{}null{"text":"a"}\n', longest=100)
@example(data=b'{"text":"a","x":{}\n{"text":"b"}\n}', longest=100)
def test_the_bulk_way_gives_the_rows_of_the_line_way_or_nothing(data: bytes, longest: int) -> None:
    fields = JsonFields(max_line_bytes=longest)
    bulk = parse_bulk(data, 3, "f", COLUMNS, fields)
    line_by_line = parse_lines(data, 3, "f", COLUMNS, fields).table()
    line_by_line.validate(full=True)
    if bulk is not None:
        assert bulk.combine_chunks().equals(line_by_line.combine_chunks())


INTEGERS = pa.schema([("year", pa.int64()), ("source", pa.large_string())])
alike = st.fixed_dictionaries(
    {
        "id": st.text(max_size=2) | st.integers(0, 2**66),
        "text": st.text(max_size=4) | st.none(),
        "year": st.integers(-(2**65), 2**65) | st.sampled_from([2**63, 2**63 - 1, -(2**63), 1.0]),
        "source": st.text(max_size=2) | st.none(),
    },
    optional={"x": st.integers(2**63, 2**66) | st.floats(1e17, 1e30)},
)


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(alike, max_size=6))
def test_lines_of_one_shape_are_read_like_single_lines(rows: list[dict]) -> None:
    fields = JsonFields()
    lines = [json.dumps(row).encode() for row in rows]
    singly = [parse_lines(line, n, "f", INTEGERS, fields).table() for n, line in enumerate(lines)]
    empty = schema.table_schema(INTEGERS).empty_table()
    together = parse_lines(b"\n".join(lines), 0, "f", INTEGERS, fields).table()
    assert together.equals(pa.concat_tables([empty, *singly]).combine_chunks())
    for row, written in zip(together.to_pylist(), rows, strict=True):
        if row["dropped_by"] is None:
            extra = json.loads(row["extra"] or "{}")
            assert extra.get("x") == written.get("x")
            assert written["year"] in (row["year"], extra.get("year"))


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(usual, min_size=1, max_size=5))
def test_the_bulk_way_is_taken_for_plain_documents(rows: list[dict]) -> None:
    rows = [row for row in rows if "id" not in row or isinstance(row["id"], str)]
    rows = [{**row, "score": 0.5} for row in rows]
    data = b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in rows)
    assume(b"\\u0000" not in data)
    assert parse_bulk(data, 1, "f", COLUMNS, JsonFields()) is not None


@settings(max_examples=150, deadline=None)
@given(
    files=st.lists(joined, min_size=1, max_size=3),
    block_size=st.integers(1, 60),
    chunk=st.integers(1, 40),
)
def test_any_block_size_gives_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, files: list[bytes], block_size: int, chunk: int
) -> None:
    folder = tmp_path_factory.mktemp("blocks")
    for number, data in enumerate(files):
        (folder / f"{number}.jsonl").write_bytes(data)
        (folder / f"{number}.jsonl.gz").write_bytes(gzip.compress(data, mtime=0))
    reader = JsonlReader(str(folder))
    whole = read_all(reader, 1 << 20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "CHUNK_BYTES", chunk * 16)
        assert read_all(reader, block_size).equals(whole)
        assert read_all(reader, block_size, folder / "scratch").equals(whole)


def test_the_order_in_which_files_are_given_does_not_matter(tmp_path: Path) -> None:
    paths = []
    for name in ("b", "a", "c"):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"text": "{name}", "{name}": 1}}')
        paths.append(str(tmp_path / f"{name}.jsonl"))
    one, other = read_all(JsonlReader(paths)), read_all(JsonlReader(paths[::-1]))
    assert one.equals(other)
    assert one.column("text").to_pylist() == ["a", "b", "c"]


def test_real_corpora_are_read_in_bulk(corpora: Path) -> None:
    reader = JsonlReader([str(corpora / language / "*.jsonl*") for language in ("yue", "jav")])
    plan = reader.plan(1 << 20)
    taken = 0
    for block in plan.blocks[:3]:
        for piece in blocks.read_pieces(block):
            table = parse_bulk(piece.data, piece.first_line, "f", plan.columns, JsonFields())
            taken += table is not None
    assert taken >= 3
    assert jsonl.EXTENSIONS == (".jsonl", ".ndjson")


def test_ids_are_made_where_the_files_own_repeat(tmp_path: Path) -> None:
    data = b'{"id": "1", "text": "a", "n": 2}\n{"id": "1", "text": "b", "n": 3}\n'
    rows = rows_of(tmp_path, data, id_field=None)
    assert [(row["id"], row["text"], row["n"]) for row in rows] == [
        ("a.jsonl:1", "a", 2),
        ("a.jsonl:2", "b", 3),
    ]
    assert [json.loads(row["extra"]) for row in rows] == [{"id": "1"}, {"id": "1"}]
