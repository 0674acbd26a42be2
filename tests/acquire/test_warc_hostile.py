"""Damaged and hostile archives: nothing is lost in silence, and memory and time stay bounded."""

from __future__ import annotations

import gzip
import pickle
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.acquire.warc import WarcReader
from curator.acquire.warc_records import parse_fields, read_records
from curator.errors import DataError, RecipeError
from tests.acquire.warc_builder import (
    PAGE,
    WholePage,
    members,
    page,
    read,
    reasons,
    record,
    response,
    rows_of,
)

PAGES = [page(PAGE, f"http://a.example/{number}") for number in range(4)]


@pytest.mark.parametrize("packed", [False, True])
def test_reading_goes_on_behind_a_record_that_is_clipped(packed: bool, tmp_path: Path) -> None:
    one, two, three, four = (members(one) for one in PAGES) if packed else PAGES
    rows = rows_of(tmp_path, one + two[:-70] + three + four)
    if packed:  # the clipped member runs into the next one
        assert reasons(rows) == [None, "corrupt_record", None, None]
        assert f"reading goes on at byte {len(one) + len(two) - 70}" in rows[1]["value"]
    else:  # its length reaches into the next page, which is lost with it
        assert reasons(rows) == [None, None, "invalid_record", None]
        assert "reading goes on at byte" in rows[2]["value"]
    assert rows[-1]["url"] == "http://a.example/3"


@pytest.mark.parametrize("packed", [False, True])
def test_an_archive_that_ends_in_a_record_says_where(packed: bool, tmp_path: Path) -> None:
    data = members(*PAGES) if packed else b"".join(PAGES)
    last = len(members(PAGES[3])) if packed else len(PAGES[3])
    rows = rows_of(tmp_path, data[:-40])
    assert reasons(rows) == [
        None,
        None,
        None,
        "corrupt_record" if packed else "truncated_record",
    ]
    assert rows[3]["id"] == f"a.warc:{len(data) - last}"
    assert rows[3]["value"].endswith("no record follows")


def test_a_record_whose_length_is_far_too_large_does_not_swallow_the_rest(tmp_path: Path) -> None:
    lying = PAGES[1].replace(b"Content-Length: ", b"Content-Length: 99999")
    rows = rows_of(tmp_path, PAGES[0] + lying + PAGES[2] + PAGES[3])
    assert reasons(rows) == [None, "truncated_record", None, None]
    assert rows[1]["id"] == f"a.warc:{len(PAGES[0])}"


def test_a_record_whose_length_is_too_small_is_a_page_and_a_row(tmp_path: Path) -> None:
    short = record(response(PAGE.encode())[:-30], url="http://a.example/s")
    short = short[:-4] + response(PAGE.encode())[-30:] + b"\r\n\r\n"
    for data in (short + PAGES[2], gzip.compress(short + PAGES[2])):
        rows = rows_of(tmp_path, data)
        assert reasons(rows) == [None, "invalid_record", None]


def test_records_that_share_a_gzip_member_have_ids_of_their_own(tmp_path: Path) -> None:
    data = gzip.compress(b"".join(PAGES[:3]), mtime=0)
    rows = rows_of(tmp_path, data + members(PAGES[3]))
    n = len(PAGES[0])
    assert [row["id"] for row in rows] == [
        "a.warc:0",
        f"a.warc:0+{n}",
        f"a.warc:0+{2 * n}",
        f"a.warc:{len(data)}",
    ]
    assert [row["line"] for row in rows] == [1, 2, 3, 4]


def test_a_record_spread_over_gzip_members_is_one_record(tmp_path: Path) -> None:
    one = PAGES[0]
    rows = rows_of(tmp_path, members(one[:300], one[300:], PAGES[1]))
    assert reasons(rows) == [None, None]
    assert rows[0]["text"] == PAGE


def test_an_archive_inside_an_archive_is_not_taken_for_pages(tmp_path: Path) -> None:
    inner = members(*PAGES) * 30  # stored as it is: packed bytes do not pack
    outer = record(response(inner, "application/gzip"))
    packed = gzip.compress(outer, compresslevel=0, mtime=0)
    path = tmp_path / "a.warc.gz"
    path.write_bytes(members(PAGES[0]) + packed + members(PAGES[1]))
    whole = read(path)
    assert reasons(whole) == [None, "not_html", None]
    for block_size in (1, 100, 1000, 10_000):
        assert read(path, block_size) == whole


def test_a_member_that_unpacks_out_of_all_proportion_is_a_row(tmp_path: Path) -> None:
    bomb = members(record(b"\0" * 90_000_000))
    tracemalloc.start()
    rows = rows_of(tmp_path, members(PAGES[0]) + bomb + members(PAGES[1]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reasons(rows) == [None, "decompression_bomb", None]
    assert "more than 200 times its size" in rows[1]["value"]
    assert peak < 30_000_000


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_that_unpacks_out_of_all_proportion_is_a_row(coding: str, tmp_path: Path) -> None:
    body = gzip.compress(b"<p>" + b" " * 60_000_000)
    bomb = record(response(body, "text/html", Content_Encoding=coding))
    tracemalloc.start()
    rows = rows_of(tmp_path, bomb + PAGES[0])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reasons(rows) == ["page_too_large", None]
    assert peak < 80_000_000


def test_a_page_above_the_limit_is_a_row_and_the_next_is_read(tmp_path: Path) -> None:
    large = page("<p>" + "啲嘢" * 5000)
    for data in (large + PAGES[0], members(large, PAGES[0])):
        rows = rows_of(tmp_path, data, max_page_bytes=20_000)
        assert reasons(rows) == ["page_too_large", None]
        assert "max_page_bytes=20000" in rows[0]["value"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        gzip.compress(b""),
        gzip.compress(b"\n" * 1_000_000),
        b"\0" * 500,
    ],
)
def test_an_archive_of_nothing_has_no_pages(data: bytes, tmp_path: Path) -> None:
    rows = rows_of(tmp_path, data)
    assert [row for row in rows if not row["reason"]] == []


def test_garbage_is_one_row(tmp_path: Path) -> None:
    for data in (b"garbage\n" * 9000, gzip.compress(b"garbage\n" * 9000)):
        rows = rows_of(tmp_path, data)
        assert reasons(rows) == ["invalid_record"]
        assert rows[0]["value"] == (
            "'garbage\\ngarbage\\ngarbage\\ngarbage\\ngarbage\\n' is no record; no record follows"
        )


def test_nuls_between_members_are_passed_over(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, members(PAGES[0]) + b"\0" * 70_000 + members(PAGES[1]))
    assert reasons(rows) == [None, None]


@pytest.mark.parametrize("length", ["", "-1", "abc", "1e3", "９", "9" * 30])
def test_a_length_that_is_no_number_is_a_row(length: str, tmp_path: Path) -> None:
    broken = PAGES[0].replace(b"Content-Length", f"Content-Length: {length}\r\nx".encode())
    rows = rows_of(tmp_path, broken + PAGES[1])
    assert reasons(rows) == ["invalid_record", None]


def test_headers_without_an_end_are_a_row(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, b"WARC/1.0\r\n" + b"X: y\r\n" * 30_000 + b"\r\n" + PAGES[0])
    assert reasons(rows) == ["invalid_record", None]


RUBBISH = [b"WARC/1.0\r\n", b"\x1f\x8b\x08", b"\0", b"\r\n", b"x\n", PAGES[0][:-9]]


@given(st.lists(st.sampled_from([*PAGES, *RUBBISH])))
@settings(max_examples=60, deadline=None)
def test_any_mixture_of_records_and_rubbish_is_cut_alike(pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for data in (b"".join(pieces), members(*pieces) + b"".join(pieces)):
            file = Path(folder) / "a.warc"
            file.write_bytes(data)
            whole = read(file)
            assert read(file, 1) == whole
            assert read(file, 700) == whole
            assert sum(row["reason"] is None for row in whole) <= 2 * len(pieces)


def test_hostile_bytes_in_a_page_are_text(tmp_path: Path) -> None:
    data = b"<p>\0\xff\xfe&#xD800; \xed\xa0\x80" + bytes(range(256))
    rows = rows_of(tmp_path, record(response(data)))
    assert reasons(rows) == [None]
    assert "\0" not in rows[0]["text"]
    assert rows[0]["replacements"] > 0


def test_urls_and_types_of_any_bytes_are_metadata(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, page(url="http://a.example/\xff\x00<>'\"; drop"))
    assert rows[0]["url"] == "http://a.example/ÿ\x00<>'\"; drop".strip("<>")


def test_fields_of_a_header_are_read_as_archives_write_them() -> None:
    header = b"WARC/1.0\r\nA: 1\r\n  more\nB : 2\r\nA: 3\r\nnothing\r\nURL: <http://a b>\r\nC:\xe9"
    assert parse_fields(header) == {"a": "1 more", "b": "2", "url": "<http://a b>", "c": "é"}


def test_only_wanted_records_have_a_body(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(record(b"GET / HTTP/1.1\r\n\r\n", "request") + PAGES[0])

    def wanted(headers: dict[str, str]) -> bool:
        return headers["warc-type"] == "response"

    found = list(read_records(str(path), "plain", 0, 1 << 40, wanted, 1 << 20))
    assert [bool(one.body) for one in found] == [False, True]


def test_the_reader_pickles_and_checks_its_fields(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(PAGES[0])
    reader = WarcReader(str(tmp_path), WholePage())
    again = pickle.loads(pickle.dumps(reader))
    assert again.files() == reader.files()
    with pytest.raises(RecipeError, match="max_page_bytes begins at 1"):
        WarcReader("x", max_page_bytes=0)
    with pytest.raises(RecipeError, match="block_size is 0"):
        reader.plan(0)
    with pytest.raises(DataError, match="no such file"):
        WarcReader(str(tmp_path / "missing.warc")).files()
