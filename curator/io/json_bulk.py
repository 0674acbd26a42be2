"""JSON lines to rows, many at a time: the rows of ``json_rows`` or nothing.

Arrow's JSON reader is lenient where ours is not: it accepts an object on several lines and
several on one, a byte order mark, NaN and NUL, rounds integers into floats, and crashes when the
first value is ``null``. So what it is given, and what it gives, is checked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.json

from curator import schema
from curator.arrow_numpy import arrow_array, empty_table, numpy_array, repeated, string
from curator.io.json_rows import JsonFields
from curator.later import pc

OPEN, CLOSE, NEWLINE, RETURN = b"{}\n\r"

LARGEST_EXACT = float(1 << 53)
"""A float below this that came from an integer has its value."""


def parse_bulk(
    data: bytes,
    first_line: int,
    file: str,
    columns: pa.Schema,
    fields: JsonFields,
) -> pa.Table | None:
    """Return the table of all lines, or ``None`` when a line may not be a plain document.

    A table means: every line that is not blank is one JSON object with a text without NUL, and
    each of its fields is the id, the text, or fits its metadata column.
    """
    lines = _object_lines(data, fields.max_line_bytes)
    # a NUL can only come from its escape: the raw byte is refused in JSON strings
    if lines is None or b"\\u0000" in data:
        return None
    if len(lines.numbers) == 0:
        return empty_table(schema.table_schema(columns))
    id_type = _id_type(lines.first, fields)
    table = _read(data, columns, fields, id_type)
    if table is None or table.num_rows != len(lines.numbers):
        return None
    if table.column(fields.text_field).null_count or not _exact_floats(table, columns):
        return None
    numbers = arrow_array(lines.numbers + first_line)
    ids = made_ids(table.column(fields.id_field), numbers, file)
    n = table.num_rows
    arrays = [ids, table.column(fields.text_field), *map(table.column, columns.names)]
    given = {
        schema.FILE: repeated(file, n),
        schema.LINE: numbers,
    }
    wanted = schema.table_schema(columns)
    for column in list(wanted)[len(arrays) :]:
        arrays.append(given[column.name] if column.name in given else pa.nulls(n, column.type))
    return pa.Table.from_arrays(arrays, schema=wanted)


def made_ids(given: pa.ChunkedArray, numbers: pa.Array, file: str) -> pa.ChunkedArray:
    """Return the ids as strings, ``<file>:<line>`` where one is null or empty."""
    ids = given.cast(schema.STRING)
    absent = pc.equal(pc.fill_null(ids, string("")), string(""))
    if not pc.any(absent).as_py():
        return ids
    made = pc.binary_join_element_wise(string(file), numbers.cast(schema.STRING), string(":"))
    return pc.if_else(absent, made, ids)


class _Lines(NamedTuple):
    """The lines that are not blank."""

    numbers: np.ndarray
    """int64[n], from 0, rising."""
    first: bytes


def _object_lines(data: bytes, max_line_bytes: int) -> _Lines | None:
    """Return the lines when each begins with ``{``, ends with ``}`` and is not too long.

    Between such lines there is never a place inside an object: after ``}`` inside one comes a
    comma or a bracket, and a string has no raw newline. So each line holds one object or more,
    and as many rows as lines means one each.
    """
    text = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(text == NEWLINE)
    if len(text) and text[-1] != NEWLINE:
        ends = np.append(ends, len(text))
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    lengths = ends - starts
    if len(lengths) and lengths.max() > max_line_bytes:
        return None
    # where a line is empty these look at a neighbour; the mask below leaves it out
    last = text[np.maximum(ends - 1, 0)]
    returned = (lengths > 0) & (last == RETURN)
    lengths = lengths - returned
    filled = np.flatnonzero(lengths)
    starts, stops = starts[filled], starts[filled] + lengths[filled]
    if not (np.all(text[starts] == OPEN) and np.all(text[stops - 1] == CLOSE)):
        return None
    first = data[starts[0] : stops[0]] if len(filled) else b""
    return _Lines(filled, first)


def _id_type(line: bytes, fields: JsonFields) -> pa.DataType:
    """Return int64 when the first line has an integer as id: then all of them must."""
    try:
        return pa.int64() if type(orjson.loads(line).get(fields.id_field)) is int else schema.STRING
    except orjson.JSONDecodeError:  # the caller meets it again
        return schema.STRING


def _read(
    data: bytes, columns: pa.Schema, fields: JsonFields, id_type: pa.DataType
) -> pa.Table | None:
    wanted = [pa.field(fields.id_field, id_type), pa.field(fields.text_field, schema.STRING)]
    try:
        table = pyarrow.json.read_json(
            pa.BufferReader(data),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(data) + 1),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=pa.schema([*wanted, *columns]), unexpected_field_behavior="error"
            ),
        )
        table.validate(full=True)  # finds bytes that are not UTF-8
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return table


def _exact_floats(table: pa.Table, columns: pa.Schema) -> bool:
    """Return whether no float can differ from what the line said: no NaN, no rounded integer."""
    for column in columns:
        if column.type != pa.float64():
            continue
        values = numpy_array(table.column(column.name).drop_null())
        negative_zero = (values == 0) & np.signbit(values)
        if not np.all(np.abs(values) < LARGEST_EXACT) or negative_zero.any():
            return False
    return True
