"""JSON lines to rows, one line at a time: the definition of what a line means.

The faster way in ``json_bulk`` gives the same rows or leaves the lines to this one.
"""

from __future__ import annotations

import functools
import itertools
import json
import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from curator.errors import nearest
from curator.io.blocks import MAX_LINE_BYTES
from curator.io.columns import OTHER
from curator.io.rows import KINDS, Flaw, Rows, dump_json, fits, generated_id, shown

MISSING = object()

MAX_NESTING = 254
"""Levels of arrays and objects that ``extra`` holds; orjson writes no more."""

LONG_INTEGER = re.compile(rb"[0-9]{19}")
"""May be an integer of more than 64 bits, which orjson rounds to a float."""

ROUNDED = re.compile(rb"e\+?[0-9]")
"""May be a float so large that it was such an integer, as orjson writes it."""

MAX_SHAPES = 64
"""Orders of keys that are remembered as plain; files that have more are read the longer way."""

MOST_NAMED, LONGEST_NAMED = 64, 80
"""Fields of a line without text that its row in the ledger names at most, characters of each."""

SCALARS = (str, int, float, bool, type(None))

MEND_JSON = "write one JSON object a line"


@dataclass(frozen=True)
class JsonFields:
    """How the fields of a JSON object become a document."""

    text_field: str = "text"
    id_field: str = "id"
    max_line_bytes: int = MAX_LINE_BYTES
    strict: bool = False


def parse_lines(
    data: bytes, first_line: int, file: str, columns: pa.Schema, fields: JsonFields
) -> Rows:
    """Return the rows of newline-separated JSON objects; blank lines are none.

    A line is a document when it is UTF-8 and one JSON object (RFC 8259: no NaN, no Infinity, no
    lone surrogates; of equal keys the last counts) whose text is a
    string without NUL. Its id is a string, or an integer made decimal; where it is absent, null
    or empty it is ``<file>:<line>``. A metadata value that does not fit its column, and every
    field without a column, goes to ``extra``. Other lines become rows with a flaw.
    """
    rows = Rows(file, columns, fields.strict)
    kinds = tuple(KINDS[column_type] for column_type in columns.types)
    wanted = (fields.id_field, fields.text_field, *columns.names)
    take = operator.itemgetter(*wanted)
    # lines of good files have the same keys in the same order: known good, their values are
    # taken at once; floats may be rounded integers and are always looked at
    plain: set[tuple[str, ...]] = set()
    may_be_plain = float not in kinds
    all_kinds = (str, str, *kinds)
    integers = [index for index, kind in enumerate(all_kinds) if kind is int]
    loads, add, longest = orjson.loads, rows.documents.append, fields.max_line_bytes
    for number, line in enumerate(data.split(b"\n"), first_line):
        if not line or line.isspace():
            continue
        try:
            row = loads(line) if len(line) <= longest else None
        except orjson.JSONDecodeError:  # told below
            row = None
        if type(row) is dict:
            keys = tuple(row)
            if keys in plain:
                values = take(row)
                if tuple(map(type, values)) == all_kinds and _is_plain(values, integers):
                    add((*values, None, number))
                    continue
            elif may_be_plain and len(plain) < MAX_SHAPES and set(keys) == set(wanted):
                plain.add(keys)
        _add_line(rows, line, row, number, kinds, fields)
    return rows


def _is_plain(values: Sequence[Any], integers: Sequence[int]) -> bool:
    """Return whether id, text and metadata of the right types are a document as they are."""
    if not values[0] or "\0" in values[0] or "\0" in values[1]:
        return False
    return not integers or all(fits(values[index], int) for index in integers)


def _add_line(
    rows: Rows, line: bytes, row: Any, number: int, kinds: Sequence[type], fields: JsonFields
) -> None:
    """Add one line that is not blank, as a document or as a row with its flaw.

    ``row`` is what the line says, or ``None`` where that is to be found out.
    """
    id: str | None = None
    try:
        if len(line) > fields.max_line_bytes:
            raise _Unreadable(_too_long(fields.max_line_bytes))
        row = _object(line) if row is None else row
        if type(row) is not dict:
            raise _Unreadable(_not_an_object(row))
        text, given = row.pop(fields.text_field, MISSING), row.pop(fields.id_field, None)
        id = _readable_id(given, line, fields.id_field)
        if type(text) is not str or "\0" in text:
            raise _Unreadable(_text_flaw(text, fields.text_field, row))
        values, extra = _sort_out(line, row, rows.columns.names, kinds, fields)
    except _Unreadable as error:
        rows.refuse(error.flaw, shown(line), number, id)
        return
    rows.documents.append((id or generated_id(rows.file, number), text, *values, extra, number))


def _object(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _Unreadable(syntax_flaw(line, error)) from error


def row_kinds(line: bytes) -> Mapping[str, type]:
    """Return ``field -> kind`` for ``infer_columns``; nothing for a line that is no object."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:  # reading will make a ledger row of it
        return {}
    if type(row) is not dict:
        return {}
    return {name: type(value) if type(value) in SCALARS else OTHER for name, value in row.items()}


def damaged_line(line: bytes, reason: str, what: str) -> Flaw:
    """Return the flaw of the line in which the input ends before its end."""
    return Flaw(reason, len(line.decode("utf-8", "replace")) + 1, what)


def syntax_flaw(line: bytes, error: orjson.JSONDecodeError) -> Flaw:
    """Return what is wrong with a line that is not JSON."""
    try:
        text = line.decode()
    except UnicodeDecodeError as bad:
        column = len(line[: bad.start].decode()) + 1
        what = f"byte 0x{line[bad.start]:02x} (byte {bad.start + 1} of the line) is not UTF-8"
        return Flaw("invalid_utf8", column, f"{what}; convert the file to UTF-8")
    column = error.pos + 1
    if "surrogate" in error.msg:
        what = "half of a surrogate pair is not a character"
        return Flaw("lone_surrogate", column, f"{what}; remove the escape \\ud800 … \\udfff")
    if re.match(r"-?(NaN|Infinity)", text[max(error.pos - 1, 0) :].lstrip(" :,[-")):
        return Flaw("invalid_json", column, "NaN and Infinity are not JSON; write null")
    if "infinity" in error.msg:
        what = "the number is too large for a 64-bit float; write it as a string"
        return Flaw("invalid_json", column, what)
    message = error.msg.split(": line ")[0]
    return Flaw("invalid_json", column, f"{message}; {MEND_JSON}")


def _too_long(longest: int) -> Flaw:
    what = f"the line is longer than max_line_bytes={longest}; split the document or raise it"
    return Flaw("line_too_long", longest + 1, what)


def _not_an_object(value: Any) -> Flaw:
    return Flaw("not_an_object", 1, f"the line is {_kind_name(value)}; {MEND_JSON}")


def _kind_name(value: Any) -> str:
    names = {list: "an array", str: "a string", bool: "true or false", dict: "an object"}
    return "null" if value is None else names.get(type(value), "a number")


def _text_flaw(text: Any, text_field: str, row: Mapping[str, Any]) -> Flaw:
    if text is MISSING:
        some = itertools.islice(row, MOST_NAMED)
        return _missing_text(text_field, tuple(name[:LONGEST_NAMED] for name in some))
    if text is None:
        return Flaw("null_text", 1, f"{text_field!r} is null; give a text or leave the line out")
    if type(text) is str:
        return Flaw("nul_character", 1, f"{text_field!r} has a NUL character; remove it")
    what = f"{text_field!r} is {_kind_name(text)}; write a string or choose another text_field"
    return Flaw("text_not_a_string", 1, what)


@functools.lru_cache(MAX_SHAPES)
def _missing_text(text_field: str, names: tuple[str, ...]) -> Flaw:
    """Return what a line with fields of these ``names`` lacks.

    Most often all lines of a file lack it, and to look for the nearest name takes 7 µs.
    """
    what = f"no field {text_field!r}{nearest(text_field, names)}; choose another text_field"
    return Flaw("missing_text", 1, what)


def _readable_id(given: Any, line: bytes, id_field: str) -> str | None:
    """Return the id as a string, ``None`` where a generated one is due."""
    if type(given) is float and LONG_INTEGER.search(line):
        given = _exact(line)[id_field]
    if given is None or type(given) is int:
        return None if given is None else str(given)
    if type(given) is not str:
        what = f"the id is {_kind_name(given)}; write a string or choose another id_field"
        raise _Unreadable(Flaw("id_not_a_string", 1, what))
    if "\0" in given:
        raise _Unreadable(Flaw("nul_character", 1, "the id has a NUL character; remove it"))
    return given


def _sort_out(
    line: bytes,
    row: dict[str, Any],
    names: Sequence[str],
    kinds: Sequence[type],
    fields: JsonFields,
) -> tuple[Sequence[Any], str | None]:
    """Return the values that fit their columns, and the rest as JSON."""
    values = [row.pop(name, None) for name in names]
    rest = _dump(row) if row else b""
    types = tuple(map(type, values))
    large = float in types and any(type(v) is float and abs(v) >= 1 << 63 for v in values)
    if (large or ROUNDED.search(rest)) and LONG_INTEGER.search(line):
        row = _exact(line)
        del row[fields.text_field]
        row.pop(fields.id_field, None)
        values = [row.pop(name, None) for name in names]
        rest = _dump(row) if row else b""
        types = tuple(map(type, values))
    if types == kinds and int not in kinds:
        return values, rest.decode() or None
    misfits = {}
    for index, (value, kind) in enumerate(zip(values, kinds, strict=True)):
        if value is None or (type(value) is kind and kind is not int):
            continue
        if not fits(value, kind):
            misfits[names[index]], values[index] = value, None
        elif kind is float:
            values[index] = float(value)
    if misfits:
        rest = _dump(row | misfits)
    return values, rest.decode() or None


def _dump(row: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(row)
    except orjson.JSONEncodeError:  # an integer of more than 64 bits, or too deep
        _refuse_deep(row)
    return dump_json(row).encode()


class _Unreadable(Exception):
    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.what)
        self.flaw = flaw


def _exact(line: bytes) -> dict[str, Any]:
    """Parse an object with integers of any size; the slow way, for the few lines that need it."""
    # the standard parser ends in the middle of Python's stack where the nesting is deep
    _refuse_deep(orjson.loads(line))
    try:
        row: dict[str, Any] = json.loads(line)
    except ValueError as error:  # Python refuses integers of more than 4300 digits
        what = "an integer has more digits than can be read; write it as a string"
        raise _Unreadable(Flaw("invalid_json", 1, what)) from error
    return row


def _refuse_deep(row: dict[str, Any]) -> None:
    level: list[Any] = [row]
    for _ in range(MAX_NESTING):
        inner = [list(value.values()) if type(value) is dict else value for value in level]
        level = [value for values in inner for value in values if type(value) in (dict, list)]
        if not level:
            return
    what = f"arrays and objects are nested more than {MAX_NESTING} deep; write fewer levels"
    raise _Unreadable(Flaw("nested_too_deep", 1, what))
