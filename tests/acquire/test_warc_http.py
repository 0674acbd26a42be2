"""Responses of servers: which are pages, and bodies out of their codings."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.acquire.warc_http import charset_of, media_type, parse_response
from tests.acquire.warc_builder import PAGE, page, reasons, record, response, rows_of

BODY = PAGE.encode()
BROTLI = bytes.fromhex("0b06803c703ee59281e598a23c2f703e03")
"""``<p>咁嘢</p>`` in Brotli."""


@pytest.mark.parametrize(
    ("status", "reason", "value"),
    [
        ("200 OK", None, None),
        ("203 Non-Authoritative", None, None),
        ("301 Moved", "redirect", "status 301 to http://b.example/"),
        ("304 Not Modified", "redirect", "status 304 to http://b.example/"),
        ("404 Not Found", "http_error", "status 404"),
        ("503", "http_error", "status 503"),
        ("999 Denied", "http_error", "status 999"),
    ],
)
def test_pages_are_answers_of_success(
    status: str, reason: str | None, value: str | None, tmp_path: Path
) -> None:
    [row] = rows_of(tmp_path, record(response(status=status, Location="http://b.example/")))
    assert (row["reason"], row["value"]) == (reason, value)
    assert row["status"] == int(status[:3])


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        ("text/html", BODY, None),
        ("TEXT/HTML;charset=UTF-8", BODY, None),
        ("application/xhtml+xml", BODY, None),
        (None, BODY, None),
        ("application/octet-stream", BODY, None),
        (None, b"plain words", "not_html"),
        ("text/plain", BODY, "not_html"),
        ("image/png", b"", "not_html"),
        ("application/json", b"{}", "not_html"),
        ("text/html", b"%PDF-1.7 ...", "not_html"),
        ("text/html", b"\x89PNG....", "not_html"),
        ("text/html", b"", "empty_page"),
        ("text/html", b"<html></html>", None),
    ],
)
def test_only_html_is_a_page(
    content_type: str | None, body: bytes, reason: str | None, tmp_path: Path
) -> None:
    [row] = rows_of(tmp_path, record(response(body, content_type)))
    assert row["reason"] == reason


def test_the_crawlers_own_finding_of_html_counts(tmp_path: Path) -> None:
    data = record(response(BODY, "text/x-unknown"), WARC_Identified_Payload_Type="text/html")
    assert reasons(rows_of(tmp_path, data)) == [None]


def test_other_records_are_rows_or_counted(tmp_path: Path) -> None:
    data = b"".join(
        [
            record(b"software: x\r\n", "warcinfo"),
            record(b"GET / HTTP/1.1\r\n\r\n", "request"),
            record(b"20240101 a.example 1.2.3.4", url="dns:a.example"),
            record(b"{}", "metadata"),
            record(b"", "revisit", WARC_Refers_To_Target_URI="http://a.example/earlier"),
            record(BODY, "resource", Content_Type="text/html"),
            record(b"logged", "resource", Content_Type="text/plain"),
            record("啲嘢\n".encode(), "conversion", Content_Type="text/plain"),
            record(b" \n", "conversion", Content_Type="text/plain"),
            record(b"GIF", "conversion", Content_Type="image/gif"),
            record(b"x", "continuation"),
        ]
    )
    rows = rows_of(tmp_path, data)
    assert reasons(rows) == ["revisit", None, "not_html", None, "no_text", "not_text"]
    assert rows[0]["value"] == "same as an earlier capture http://a.example/earlier"
    assert rows[3]["text"] == "啲嘢"
    assert rows[-1]["value"] == (
        '{"continuation": 1, "dns": 1, "metadata": 1, "request": 1, "warcinfo": 1}'
    )
    assert rows[-1]["line"] == 12


def test_a_page_without_main_text_is_a_row(tmp_path: Path) -> None:
    class Nothing:
        def extract(self, html: str, url: str | None = None) -> str:
            return " \n"

    [row] = rows_of(tmp_path, page(), extractor=Nothing())
    assert (row["reason"], row["text"], row["charset"]) == ("no_text", "", "utf-8")


def test_characters_of_old_fonts_written_as_references_are_read(tmp_path: Path) -> None:
    class Unescaped:
        def extract(self, html: str, url: str | None = None) -> str:
            return html.replace("&#xE3C0;", "\ue3c0").replace("&#xF015;", "\uf015")

    data = page("<p>佢哋&#xE3C0;地 &#xF015;", charset="big5hkscs")
    [row] = rows_of(tmp_path, data, extractor=Unescaped())
    assert row["text"] == "<p>佢哋嗬地 \uf015"
    assert row["private_use"] == 1


@pytest.mark.parametrize("charset", ["utf-8", "big5hkscs", "gb18030"])
def test_the_charset_of_the_header_is_used(charset: str, tmp_path: Path) -> None:
    [row] = rows_of(tmp_path, page(charset=charset))
    assert row["text"] == PAGE
    assert row["charset_source"] == "http"
    assert row["language"] == "yue"


def test_the_language_of_the_server_counts_where_the_page_says_none(tmp_path: Path) -> None:
    body = response(b"<html><p>x", Content_Language="zh-HK, en")
    [row] = rows_of(tmp_path, record(body))
    assert row["language"] == "zh-HK, en"


@pytest.mark.parametrize(
    ("coding", "body", "text"),
    [
        ("gzip", gzip.compress(BODY), BODY),
        ("x-gzip", gzip.compress(BODY), BODY),
        ("GZIP", gzip.compress(BODY), BODY),
        ("deflate", zlib.compress(BODY), BODY),
        ("deflate", zlib.compress(BODY)[2:-4], BODY),
        ("zstd", zstandard.compress(BODY), BODY),
        ("br", BROTLI, "<p>咁嘢</p>".encode()),
        ("gzip, gzip", gzip.compress(gzip.compress(BODY)), BODY),
        ("gzip", BODY, BODY),
        ("br", BODY, BODY),
        ("zstd", BODY, BODY),
        ("identity", BODY, BODY),
        ("utf-8", BODY, BODY),
        ("none,", BODY, BODY),
    ],
)
def test_codings_of_the_content_are_undone(coding: str, body: bytes, text: bytes) -> None:
    found = parse_response(response(body, Content_Encoding=coding), 1 << 20)
    assert (found.body, found.flaw) == (text, None)


def test_a_body_cut_off_in_its_coding_gives_what_came_before() -> None:
    long = ("<p>" + "啲嘢 %d " * 2000 % tuple(range(2000))).encode()
    for body in (gzip.compress(long)[:-900], zlib.compress(long)[:-900]):
        found = parse_response(response(body, Content_Encoding="gzip"), 1 << 20)
        assert long.startswith(found.body)
        assert len(found.body) > len(long) // 2


def test_a_body_that_is_in_no_coding_at_all_is_said_so(tmp_path: Path) -> None:
    data = record(response(b"\x00\x01\x02" * 99, Content_Encoding="br"))
    [row] = rows_of(tmp_path, data)
    assert (row["reason"], row["value"]) == ("empty_page", "the body is not br")


@pytest.mark.parametrize(
    ("body", "text", "flaw"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello", None),
        (b"5;x=y\r\nhello\r\n3 \r\nabc\r\n0\r\nTrailer: x\r\n\r\n", b"helloabc", None),
        (b"5\nhello\n0\n\n", b"hello", None),
        (b"5\r\nhello\r\n", b"hello", "cut off between chunks"),
        (b"9\r\nhello", b"hello", "cut off in a chunk"),
        (b"5\r\nhello\r\nzz\r\nmore", b"hello", "a chunk is broken"),
        (b"<html>not chunked", b"<html>not chunked", None),
        (b"ffffffff\r\nabc", b"abc", "cut off in a chunk"),
    ],
)
def test_chunks_are_joined_as_far_as_they_go(body: bytes, text: bytes, flaw: str | None) -> None:
    found = parse_response(response(body, Transfer_Encoding="chunked"), 1 << 20)
    assert (found.body, found.flaw) == (text, flaw)


def test_headers_may_end_their_lines_as_they_like() -> None:
    for end in (b"\r\n", b"\n", b"\r\r\n"):
        block = end.join([b"HTTP/1.0 200", b"content-TYPE: text/html", b"", b""]) + BODY
        found = parse_response(block, 1 << 20)
        assert (found.status, found.content_type, found.body) == (200, "text/html", BODY)


def test_what_has_no_status_line_is_a_body() -> None:
    assert parse_response(BODY, 1 << 20) == (None, {}, BODY, None)
    assert parse_response(b"", 5).body == b""


def test_a_body_is_bounded_by_one_byte_above_the_limit() -> None:
    for coding, body in (("gzip", gzip.compress(b"x" * 10_000)), ("identity", b"x" * 10_000)):
        assert len(parse_response(response(body, Content_Encoding=coding), 100).body) == 101


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "br", "zstd", "chunked"]))
@settings(max_examples=200, deadline=None)
def test_hostile_responses_never_raise(data: bytes, coding: str) -> None:
    header = "Transfer_Encoding" if coding == "chunked" else "Content_Encoding"
    found = parse_response(response(data, **{header: coding}), 1000)
    assert len(found.body) <= 1001
    parse_response(b"HTTP/1.1 200 OK\r\n" + data, 1000)


def test_header_values_are_taken_apart() -> None:
    assert media_type(" Text/HTML ; charset=big5") == "text/html"
    assert media_type("") is None
    assert charset_of('text/html; Charset = "Big5"') == "Big5"
    assert charset_of("text/html") is None
    assert charset_of(None) is None
