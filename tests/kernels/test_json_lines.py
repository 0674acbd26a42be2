"""JSON lines read from the bytes say what the line parser says, or leave the line to it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.io.json_rows import JsonFields, parse_lines
from curator.kernels import buffers
from curator.kernels.json_lines import (
    BLANK,
    DOCUMENT,
    NOT_CHOSEN,
    OTHER,
    JsonLines,
    count_characters,
    is_utf8,
    read_lines,
)

LONGEST = 1 << 20
NO_METADATA = pa.schema([])
TEXTS = [
    "嗰度𠻺好 Chill！\n第二行",
    "Ngubung iya ngagai aku.",
    "ꦧꦱ\u200bꦗꦮ",
    "Tiếng Việt",
    "",
    '"\\/\b\f\t',
]


def read(*lines: bytes, chosen: np.ndarray | None = None) -> JsonLines:
    return read_lines(b"\n".join(lines), "text", "id", LONGEST, ("file", "line"), chosen)


def slow(line: bytes) -> dict[str, Any] | None:
    """Return the row of the line parser, or None where the line is blank."""
    fields = JsonFields(max_line_bytes=LONGEST)
    rows = parse_lines(line, 1, "f", NO_METADATA, fields).table().to_pylist()
    return rows[0] if rows else None


def check_against_the_line_parser(line: bytes) -> None:
    found = read(line)
    row = slow(line)
    kind = int(found.kinds[0])
    if kind == BLANK:
        assert row is None
    if kind != DOCUMENT:
        assert kind in (BLANK, OTHER)
        return
    assert row is not None
    assert row["dropped_by"] is None
    assert found.texts.document(0) == row["text"]
    assert (found.ids.document(0) or "f:1") == row["id"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_document_comes_out_as_it_was_written(text: str, ascii_only: bool) -> None:
    row = {
        "url": "https://例.hk/?a=b",
        "text": text,
        "score": -1.5e-05,
        "id": "佢\n1",
        "n": [1, {}],
    }
    found = read(json.dumps(row, ensure_ascii=ascii_only).encode())
    assert found.kinds.tolist() == [DOCUMENT]
    assert found.texts.document(0) == text
    assert found.ids.document(0) == "佢\n1"
    assert found.reserved.tolist() == [False]


@pytest.mark.parametrize(
    "line",
    [
        b'{"text":"a"} {"text":"b"}',
        b'{"text":"a",}',
        b'{"text":"a" "id":"b"}',
        b'{"text":1}',
        b'{"text":null}',
        b'{"id":"a"}',
        b"{}",
        b"[]",
        b'"text"',
        b'{"text":"a","id":1.5}',
        b'{"text":"a","id":true}',
        b'{"text":"a","id":-0}',
        b'{"text":"a","id":1234567890123456789}',
        b'{"text":"a","text":"b"}',
        b'{"text":"a","id":"b","id":"c"}',
        b'{"\\u0074ext":"a"}',
        b'{"text":"a\\u0000"}',
        b'{"text":"\\ud83d"}',
        b'{"text":"\\ude00"}',
        b'{"text":"\\ud83d\\u0041"}',
        b'{"text":"\\x41"}',
        b'{"text":"\\u00g1"}',
        b'{"text":"a\tb"}',
        b'{"text":"a',
        b'{"text":"a\\',
        b'{"text":"a"',
        b'{"text":"a","n":NaN}',
        b'{"text":"a","n":01}',
        b'{"text":"a","n":1.}',
        b'{"text":"a","n":-}',
        b'{"text":"a","n":1e999}',
        b'{"text":"a","n":[1,]}',
        b'{"text":"a","n":[1}',
        b'{"text":"a","n":{"k" 1}}',
        b'{"text":"a","n":tru}',
        b'{"text":"a","n":"\\ud800"}',
        b'\xef\xbb\xbf{"text":"a"}',
        b'{"text":"a"}\x0b',
        b'{"text":"a","n":' + b"[" * 100 + b"]" * 100 + b"}",
    ],
)
def test_what_is_no_plain_document_is_left_to_the_line_parser(line: bytes) -> None:
    assert read(line).kinds.tolist() == [OTHER]


@pytest.mark.parametrize(
    ("line", "id"),
    [
        (b'{"text":"a"}', ""),
        (b'{"text":"a","id":null}', ""),
        (b'{"text":"a","id":""}', ""),
        (b'{"text":"a","id":-42}', "-42"),
        (b'{"text":"a","id":0}', "0"),
        (b' {\t"id" : "x\\/y" ,"text": "a" } \r', "x/y"),
        (b'{"text":"a","n":' + b'{"k":[' * 20 + b"null" + b"]}" * 20 + b',"id":"deep"}', "deep"),
    ],
)
def test_ids_are_strings_integers_or_absent(line: bytes, id: str) -> None:
    found = read(line)
    assert found.kinds.tolist() == [DOCUMENT]
    assert found.ids.document(0) == id
    check_against_the_line_parser(line)


def test_lines_have_their_places_and_blank_ones_are_told() -> None:
    data = b'{"text":"one"}\n\n \t\r\n{"text":"two","line":3}\nno\n{"text":"three"}'
    found = read_lines(data, "text", "id", LONGEST, ("file", "line"))
    assert found.kinds.tolist() == [DOCUMENT, BLANK, BLANK, DOCUMENT, OTHER, DOCUMENT]
    lines = [data[a:b] for a, b in zip(found.starts.tolist(), found.ends.tolist(), strict=True)]
    assert lines == data.splitlines(keepends=True)
    assert [found.texts.document(i) for i in range(3)] == ["one", "two", "three"]
    assert found.reserved.tolist() == [False, True, False]


def test_only_chosen_lines_are_read() -> None:
    lines = [b'{"text":"one"}', b"no", b'{"text":"two"}']
    found = read(*lines, chosen=np.array([False, False, True]))
    assert found.kinds.tolist() == [NOT_CHOSEN, NOT_CHOSEN, DOCUMENT]
    assert found.texts.document(0) == "two"


def test_nothing_has_no_lines() -> None:
    found = read_lines(b"", "text", "id", LONGEST)
    assert len(found.kinds) == found.texts.n_documents == found.ids.n_documents == 0


def test_a_line_that_is_too_long_is_left_to_the_line_parser() -> None:
    line = b'{"text":"12345"}'
    for longest, kind in ((len(line), DOCUMENT), (len(line) - 1, OTHER)):
        assert read_lines(line + b"\n", "text", "id", longest).kinds.tolist() == [kind]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=80),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(["text", "id", "file", "k", "標題"])


@settings(max_examples=400)
@given(
    st.lists(st.tuples(NAMES, VALUES | st.sampled_from(TEXTS)), max_size=5),
    st.booleans(),
    st.data(),
)
def test_any_line_is_read_as_the_line_parser_reads_it(
    fields: list[tuple[str, Any]], ascii_only: bool, data: st.DataObject
) -> None:
    members = [
        f"{json.dumps(name, ensure_ascii=ascii_only)}: {json.dumps(value, ensure_ascii=ascii_only)}"
        for name, value in fields
    ]
    line = ("{" + ", ".join(members) + "}").encode("utf-8", "replace")
    check_against_the_line_parser(line)
    # One byte changed, lost or doubled anywhere.
    place = data.draw(st.integers(0, len(line) - 1))
    byte = data.draw(st.sampled_from(b'"\\{}[]:,0e.-ntu d\x01\r'))
    for broken in (
        line[:place] + bytes([byte]) + line[place + 1 :],
        line[:place] + line[place + 1 :],
        line[: place + 1] + line[place:],
    ):
        try:
            broken.decode()
        except UnicodeDecodeError:
            continue
        check_against_the_line_parser(broken)


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(0, 70))
def test_strings_are_found_wherever_their_blocks_begin(text: str, indent: int) -> None:
    text = text.replace("\0", "")
    lines = [
        b" " * indent + orjson.dumps({"text": text, "k": text}),
        b" " * indent + json.dumps({"k": text, "text": text}).encode(),
    ]
    found = read(*lines)
    assert found.kinds.tolist() == [DOCUMENT, DOCUMENT]
    assert [found.texts.document(i) for i in range(2)] == [text, text]


def decodes(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


PARTS_OF_UTF8 = [
    *(bytes([byte]) for byte in (0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xFF)),
    *(bytes([byte]) for byte in (0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5)),
    *(text.encode() for text in ("佢", "𠻺", "ñ", "ꦧ", "\u0301", "\U0010ffff", "\ud7ff", "\ue000")),
]


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.sampled_from(PARTS_OF_UTF8), max_size=6),
    st.sampled_from([0, 1, 50, 58, 59, 60, 61, 62, 63, 64, 120, 124, 125, 126, 127, 128, 190]),
    st.integers(0, 140),
)
def test_bytes_are_utf8_where_python_can_decode_them(
    parts: list[bytes], before: int, behind: int
) -> None:
    data = b"a" * before + b"".join(parts) + b"b" * behind
    assert is_utf8(data) == decodes(data)


@pytest.mark.parametrize("before", [0, 62, 63, 64])
def test_every_pair_of_bytes_is_judged_as_python_judges_it(before: int) -> None:
    for one in range(0x80, 0x100):
        for other in range(0x100):
            data = b"a" * before + bytes([one, other]) + b"\x80\x80" + b"b" * 70
            assert is_utf8(data) == decodes(data), (one, other)


def test_no_bytes_are_utf8() -> None:
    assert is_utf8(b"")


@settings(deadline=None)
@given(st.lists(st.text(max_size=100)), st.integers(0, 3))
def test_characters_are_counted_as_python_counts_them(texts: list[str], first: int) -> None:
    texts = TEXTS + [text.encode("utf-8", "replace").decode() for text in texts]
    whole = buffers.of(texts)
    some = buffers.Utf8(whole.offsets[first:], whole.data)
    assert count_characters(some).tolist() == [len(text) for text in texts[first:]]
