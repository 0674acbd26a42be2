"""Bad input: a ledger row that says where, what and the mend; the rest of the corpus goes on."""

from __future__ import annotations

import bz2
import functools
import gzip
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from tests.laws import small_runs
from tests.laws.small_runs import curator, good_file, good_line, rows, write_recipe

TEXT = "我哋今日去深水埗食雲吞麵，食完再去睇戲。"

BAD_LINES: dict[str, tuple[bytes, str, str]] = {
    "cut off": (b'{"id": "x", "text": "abc', "invalid_json", r"column 25: .*; write one JSON"),
    "no comma": (b'{"id": "x" "text": "abc"}', "invalid_json", r"column 12: .*; write one JSON"),
    "two objects": (b'{"text": "a"}{"text": "b"}', "invalid_json", r"column 14: .*; write one"),
    "a NaN": (b'{"id": "x", "text": "a", "n": NaN}', "invalid_json", r"column 31: .*; write null"),
    "an old comma": (b'{"id": "x", "text": "abc",}', "invalid_json", r"column 26: .*; write one"),
    "bytes": (b'{"id": "x", "text": "\xff\xfe"}', "invalid_utf8", r"column 22: byte 0xff .*; conv"),
    "Big5": (json.dumps({"text": TEXT}, ensure_ascii=False).encode("big5-hkscs"), "invalid_utf8",
             r"column 11: byte 0xa7 \(byte 11 of the line\) is not UTF-8; convert the file"),
    "UTF-16": (b'\xff\xfe{\x00"\x00', "invalid_utf8", r"column 1: byte 0xff .*; convert"),
    "CESU-8": (b'{"text": "\xed\xa0\xbd\xed\xb8\x80"}', "invalid_utf8", r"column 11: .*; convert"),
    "no text": (b'{"id": "x", "txt": ["abc"]}', "missing_text", r"did you mean 'txt'\?; choose an"),
    "null text": (b'{"id": "x", "text": null}', "null_text", r"'text' is null; give a text"),
    "a number": (b'{"id": "x", "text": 5}', "text_not_a_string", r"is a number; write a string"),
    "a list": (b'{"id": "x", "text": ["a"]}', "text_not_a_string", r"is an array; write a string"),
    "truth": (b'{"id": "x", "text": true}', "text_not_a_string", r"true or false; write a string"),
    "an array": (b'["id", "text"]', "not_an_object", r"column 1: the line is an array; write one"),
    "a word": (b'"text"', "not_an_object", r"the line is a string; write one JSON object"),
    "null": (b"null", "not_an_object", r"the line is null; write one JSON object"),
    "a surrogate": (b'{"id": "x", "text": "a\\ud83d"}', "lone_surrogate", r"column \d+: .*; rem"),
    "NUL": (b'{"id": "x", "text": "a\\u0000b"}', "nul_character", r"NUL character; remove it"),
    "a raw NUL": (b'{"id": "x", "text": "a\x00b"}', "invalid_json", r"column 23: .*; write one"),
    "only NULs": (b"\x00" * 200, "invalid_json", r"column 1: .*; write one"),
    "id a list": (b'{"id": ["x"], "text": "a"}', "id_not_a_string", r"is an array; write a string"),
    "id an object": (b'{"id": {"x": 1}, "text": "a"}', "id_not_a_string", r"is an object; write"),
    "id with NUL": (b'{"id": "x\\u0000", "text": "a"}', "nul_character", r"the id has a NUL"),
    "deep": (b'{"text": "a", "n": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", "invalid_json",
             r"column \d+: .*; write one"),
    "rather deep": (b'{"text": "a", "n": ' + b"[" * 300 + b"]" * 300 + b"}", "nested_too_deep",
                    r"nested more than 254 deep; write fewer levels"),
    "deep objects": (b'{"n":' * 90_000, "invalid_json", r"column \d+: .*; write one"),
    "many digits": (b'{"text": "a", "n": ' + b"9" * 5000 + b"}", "invalid_json",
                    r"the number is too large .*; write it as a string"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_a_ledger_row_and_the_rest_goes_on(tmp_path: Path, name: str) -> None:
    bad, reason, value = BAD_LINES[name]
    expected = good_file(tmp_path / "in" / "a.jsonl", 1, 3)
    middle = [good_line(4), bad, good_line(5)]
    (tmp_path / "in" / "bad.jsonl").write_bytes(b"\n".join(middle))
    expected += [good_line(4), good_line(5), *good_file(tmp_path / "in" / "z.jsonl", 6, 8)]
    before = small_runs.fingerprints(tmp_path / "in")
    recipe = write_recipe(tmp_path)
    done = curator(recipe)
    assert (done.code, done.errors) == (0, "")
    small_runs.assert_same(small_runs.lines(tmp_path / "out", "shards"), expected)
    small_runs.check_account(tmp_path / "out", 9)
    [row] = rows(tmp_path / "out", "ledger")
    assert (row["dropped_by"], row["reason"]) == ("reader", reason)
    assert (row["file"], row["line"]) == ("bad.jsonl", 2)
    assert re.match(r"column \d+: .+; .+", row["value"])
    assert re.search(value, row["value"])
    assert len(row["value"]) < 300
    strict = curator(recipe, "--strict", "--set", f"output={tmp_path / 'strict'}")
    assert strict.line.startswith("curator: bad.jsonl:2:")
    assert len(strict.line) < 300
    small_runs.check_nothing_half(tmp_path / "strict")
    assert small_runs.fingerprints(tmp_path / "in") == before


def cut(pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: pack(data)[: len(pack(data)) * 2 // 3]


PACKED = {
    "cut.jsonl.gz": cut(gzip.compress),
    "cut.jsonl.bz2": cut(functools.partial(bz2.compress, compresslevel=1)),
    "cut.jsonl.zst": cut(zstandard.ZstdCompressor(level=1).compress),
    "plain.jsonl.gz": lambda data: data,
    "plain.jsonl.bz2": lambda data: data,
    "plain.jsonl.zst": lambda data: data,
    "text.txt.gz": cut(gzip.compress),
    "one_byte.jsonl.gz": lambda data: gzip.compress(data)[:1],
}


@pytest.mark.parametrize("name", PACKED)
def test_a_damaged_packed_file_gives_its_whole_lines_and_one_row(tmp_path: Path, name: str) -> None:
    inside = [good_line(100 + i) for i in range(5000)]
    text = name.startswith("text")
    data = PACKED[name](b"\n".join(inside) + b"\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(data)
    other = "z.txt" if text else "z.jsonl"
    good_file(tmp_path / "in" / other, 6, 8)
    kind = "{TextReader: {input: %s, document: line}}" if text else "{JsonlReader: {input: %s}}"
    recipe = write_recipe(tmp_path)
    recipe.write_text(f"name: t\noutput: {tmp_path / 'out'}\ninput: {kind % (tmp_path / 'in')}\n")
    assert curator(recipe, "--block-size", "40K").code == 0
    [row] = rows(tmp_path / "out", "ledger")
    kept = len(rows(tmp_path / "out", "shards")) - 3
    assert row["reason"] == "truncated_file"
    assert (row["file"], row["line"]) == (name, kept + 1)
    assert re.match(r"column \d+: the compressed file is .*; download it again", row["value"])
    assert 500 < kept < 4900 if name.startswith(("cut", "text")) else kept == 0
    if not text:
        found = small_runs.lines(tmp_path / "out", "shards")
        small_runs.assert_same(found[:kept], inside[:kept])
        small_runs.assert_same(found[kept:], [good_line(i) for i in (6, 7, 8)])
    strict = curator(recipe, "--strict", "--set", f"output={tmp_path / 'strict'}")
    assert re.match(rf"curator: {re.escape(name)}:{kept + 1}:\d+: .*download", strict.line)
    small_runs.check_nothing_half(tmp_path / "strict")


def test_empty_files_have_no_documents(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, data in (("e.jsonl", b""), ("n.jsonl", b"\n\r\n \n"), ("b.jsonl", b"\xef\xbb\xbf"),
                       ("e.jsonl.gz", b""), ("e.jsonl.zst", b""),
                       ("z.jsonl.gz", gzip.compress(b""))):  # fmt: skip
        (tmp_path / "in" / name).write_bytes(data)
    expected = good_file(tmp_path / "in" / "a.jsonl", 1, 2)
    assert curator(write_recipe(tmp_path), "--strict").code == 0
    small_runs.assert_same(small_runs.lines(tmp_path / "out", "shards"), expected)
    small_runs.check_account(tmp_path / "out", 2)


def test_byte_order_marks_and_windows_line_ends_are_no_faults(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    data = b"\xef\xbb\xbf" + good_line(1) + b"\r\n" + good_line(2) + b"\r\n"
    (tmp_path / "in" / "a.jsonl").write_bytes(data)
    assert curator(write_recipe(tmp_path), "--strict").code == 0
    small_runs.assert_same(
        small_runs.lines(tmp_path / "out", "shards"), [good_line(1), good_line(2)]
    )


def test_a_text_file_in_big5_is_told_and_utf8_beside_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "big5.txt").write_bytes(("第一行\n" + TEXT).encode("big5-hkscs"))
    (tmp_path / "in" / "utf16.txt").write_bytes(TEXT.encode("utf-16"))
    (tmp_path / "in" / "utf8.txt").write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    recipe = write_recipe(tmp_path)
    assert curator(recipe).code == 0
    [kept] = rows(tmp_path / "out", "shards")
    assert kept == {"id": "utf8.txt:1", "text": TEXT}
    ledger = rows(tmp_path / "out", "ledger")
    assert [(row["file"], row["line"], row["reason"]) for row in ledger] == [
        ("big5.txt", 1, "invalid_utf8"),
        ("utf16.txt", 1, "invalid_utf8"),
    ]
    assert all("convert the file to UTF-8" in row["value"] for row in ledger)
    strict = curator(recipe, "--strict", "--set", f"output={tmp_path / 'strict'}")
    assert strict.line.startswith("curator: big5.txt:1:1: byte 0xb2")


def parquet(path: Path, first: int, size: int, **columns: pa.Array) -> None:
    given = columns or {
        "id": pa.array([f"p{first + i}" for i in range(size)]),
        "text": pa.array([f"{TEXT} {first + i}" for i in range(size)]),
    }
    pq.write_table(pa.table(given), path, row_group_size=10, compression="zstd")


def damage_footer(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-60:-20] = b"\xff" * 40
    path.write_bytes(data)


def damage_second_group(path: Path) -> None:
    column = pq.read_metadata(path).row_group(1).column(1)
    data = bytearray(path.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    data[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(data)


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


PARQUET_DAMAGE = {
    "footer": (damage_footer, 1, 0),
    "half": (cut_in_half, 1, 0),
    "no bytes": (lambda path: path.write_bytes(b""), 1, 0),
    "no Parquet": (lambda path: path.write_bytes(b"PAR1" + b"x" * 99 + b"PAR1"), 1, 0),
    "second group": (damage_second_group, 11, 20),
}


@pytest.mark.parametrize("name", PARQUET_DAMAGE)
def test_a_corrupt_parquet_file_is_a_ledger_row_and_the_rest_goes_on(
    tmp_path: Path, name: str
) -> None:
    damage, line, kept = PARQUET_DAMAGE[name]
    (tmp_path / "in").mkdir()
    for number, file in enumerate(("a", "bad", "z")):
        parquet(tmp_path / "in" / f"{file}.parquet", 100 * number, 30)
    damage(tmp_path / "in" / "bad.parquet")
    recipe = write_recipe(tmp_path)
    done = curator(recipe, "--block-size", "1")
    assert (done.code, done.errors) == (0, "")
    [row] = rows(tmp_path / "out", "ledger")
    assert (row["file"], row["line"], row["reason"]) == ("bad.parquet", line, "corrupt_file")
    assert re.match(r"column 1: .*; write or download the file again", row["value"])
    numbers = [int(row["id"][1:]) for row in rows(tmp_path / "out", "shards")]
    inside = [*range(100, 110), *range(120, 130)][:kept]
    assert numbers == [*range(30), *inside, *range(200, 230)]
    small_runs.check_account(tmp_path / "out", 61 + kept)
    first = small_runs.results(tmp_path / "out")
    assert curator(recipe, "--set", f"output={tmp_path / 'whole'}").code == 0
    assert small_runs.results(tmp_path / "whole") == first
    strict = curator(recipe, "--strict", "--set", f"output={tmp_path / 'strict'}")
    assert re.match(rf"curator: bad\.parquet:{line}:1: .*again", strict.line)
    small_runs.check_nothing_half(tmp_path / "strict")


def test_a_parquet_text_column_of_numbers_stops_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    parquet(tmp_path / "in" / "a.parquet", 0, 30)
    parquet(tmp_path / "in" / "n.parquet", 0, 0, id=pa.array(["x"]), text=pa.array([7]))
    said = curator(write_recipe(tmp_path))
    assert said.line == ("curator: n.parquet: column 'text' is int64, not text; choose text_field")
    small_runs.check_nothing_half(tmp_path / "out")


def test_parquet_rows_that_are_no_documents_are_ledger_rows(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    text = pa.array([b"good", None, b"\xff", b"a\0b"], pa.binary())
    parquet(tmp_path / "in" / "a.parquet", 0, 0, id=pa.array(list("abcd")), text=text)
    recipe = write_recipe(tmp_path)
    assert curator(recipe).code == 0
    ledger = [(row["line"], row["reason"]) for row in rows(tmp_path / "out", "ledger")]
    assert ledger == [(2, "null_text"), (3, "invalid_utf8"), (4, "nul_character")]
    strict = curator(recipe, "--strict", "--set", f"output={tmp_path / 'strict'}")
    assert strict.line.startswith("curator: a.parquet:2:1: 'text' is null")


NOTHING = {
    "empty": lambda folder: None,
    "other": lambda folder: (folder / "a.pdf").write_bytes(b"%PDF"),
    "hidden": lambda folder: good_file(folder / ".a.jsonl", 1, 2),
    "nested": lambda folder: (folder / "a" / "b.jsonl").mkdir(parents=True),
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_folder_with_nothing_to_read_is_said_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    NOTHING[name](tmp_path / "in")
    said = curator(write_recipe(tmp_path))
    assert re.search(r"/in: no file with extension .*; check the path", said.line)
    assert not (tmp_path / "out" / "shards").exists()


def test_files_that_cannot_be_opened_are_said_in_one_line(tmp_path: Path) -> None:
    good_file(tmp_path / "in" / "a.jsonl", 1, 2)
    (tmp_path / "in" / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    said = curator(write_recipe(tmp_path))
    assert re.search(r"gone\.jsonl: cannot be read: No such file .*; check the path", said.line)
    (tmp_path / "in" / "gone.jsonl").unlink()
    os.mkfifo(tmp_path / "in" / "pipe.jsonl")
    said = curator(write_recipe(tmp_path))
    assert re.search(r"pipe\.jsonl: is not a regular file; name files", said.line)
    assert not (tmp_path / "out" / "shards").exists()


def test_ids_repeated_across_files_keep_the_first(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a", "b", "c"):
        line = json.dumps({"id": "同一個", "text": f"{TEXT} {name}"}, ensure_ascii=False)
        (tmp_path / "in" / f"{name}.jsonl").write_text(line + "\n" + line + "\n")
    for block_size in ("60", "32M"):
        out = tmp_path / f"out{block_size}"
        recipe = write_recipe(tmp_path)
        options = ("--block-size", block_size, "--set", f"output={out}")
        assert curator(recipe, *options).code == 0
        [kept] = rows(out, "shards")
        assert kept["text"] == f"{TEXT} a"
        ledger = rows(out, "ledger")
        assert [(row["file"], row["line"]) for row in ledger] == [
            ("a.jsonl", 2), ("b.jsonl", 1), ("b.jsonl", 2), ("c.jsonl", 1), ("c.jsonl", 2),
        ]  # fmt: skip
        assert {row["reason"] for row in ledger} == {"repeated_id"}
        assert {row["value"] for row in ledger} == {"the first is at a.jsonl:1"}
        small_runs.check_account(out, 6)


def test_ids_that_look_like_paths_name_no_files(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    ids = ["../../etc/x", "/etc/passwd", "a/../../b", "..", "con", "x" * 5000, "新 行\n\r\t", "-rf"]
    texts = [json.dumps({"id": id, "text": f"{TEXT} {id[:20]}"}, ensure_ascii=False) for id in ids]
    (tmp_path / "in" / "a.jsonl").write_text("\n".join(texts))
    rest = "stages: [FuzzyDuplicates: {min_key_characters: 5}]\n"
    assert curator(write_recipe(tmp_path, rest), "--block-size", "100").code == 0
    kept = {row["id"] for row in rows(tmp_path / "out", "shards")}
    dropped = {row["id"] for row in rows(tmp_path / "out", "ledger")}
    assert kept | dropped == set(ids)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out", "r.yaml"]


def long_line_peak(recipe: Path, *options: str) -> int:
    """Peak memory of a run in a process of its own, in bytes."""
    process = subprocess.Popen(
        small_runs.command(recipe, *options), stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    assert (process.returncode, errors) == (0, b"")
    return usage.ru_maxrss * 1024


def test_a_line_of_100_megabytes_is_a_ledger_row_in_bounded_memory(tmp_path: Path) -> None:
    good_file(tmp_path / "in" / "a.jsonl", 1, 2)
    recipe = write_recipe(tmp_path)
    without = long_line_peak(recipe, "--set", f"output={tmp_path / 'without'}")
    with open(tmp_path / "in" / "long.jsonl", "wb") as file:
        file.write(good_line(3) + b'\n{"id": "long", "text": "')
        for _ in range(100):
            file.write("長".encode() * (2**20 // 3))
        file.write(b'"}\n' + good_line(4) + b"\n")
    peak = long_line_peak(recipe)
    small_runs.assert_same(
        small_runs.lines(tmp_path / "out", "shards"), [good_line(i) for i in range(1, 5)]
    )
    [row] = rows(tmp_path / "out", "ledger")
    assert (row["file"], row["line"], row["reason"]) == ("long.jsonl", 2, "line_too_long")
    assert "max_line_bytes=67108864; split the document or raise it" in row["value"]
    assert len(row["text"]) <= 4096
    # the longest line that is taken, 64 MiB: once as it is gathered, once joined, once parsed
    assert peak - without < 3.5 * 64 * 2**20
