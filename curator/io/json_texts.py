"""Ids and texts of JSON lines without their other fields, which are checked but not kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from curator import schema
from curator.arrow_numpy import arrow_array, empty_table, nulls, repeated
from curator.io.blocks import Piece
from curator.io.json_bulk import made_ids
from curator.io.json_rows import JsonFields
from curator.io.jsonl import piece_table
from curator.kernels.buffers import Utf8
from curator.kernels.json_lines import (
    DOCUMENT,
    NOT_CHOSEN,
    OTHER,
    is_utf8,
    read_lines,
)

NO_METADATA = pa.schema([])
NEWLINE = 10
NOTHING = empty_table(schema.table_schema(NO_METADATA))


class TextLines(NamedTuple):
    """Rows of some lines."""

    table: pa.Table
    """Rows without metadata, as ``json_rows.parse_lines`` gives them, by line."""
    sizes: np.ndarray
    """int64[lines]: bytes of each line with its newline, read or not."""
    plain: np.ndarray
    """int64[m]: numbers of the lines that are a document with an id of its own and no field of a
    reserved name."""


def read_texts(
    piece: Piece, file: str, fields: JsonFields, chosen: np.ndarray | None = None
) -> TextLines:
    """Return id, text and verdict of the lines of a piece that are rows; ``extra`` is left empty.

    ``chosen`` (bool[lines], and one for what damage cut short) limits which lines are read.
    """
    whole = piece.data.rfind(b"\n") + 1 if piece.damage else len(piece.data)
    data, cut = piece.data[:whole], piece.data[whole:]
    good = chosen
    if not is_utf8(data):
        good = _are_utf8(data, *line_bounds(data))
        good = good if chosen is None else good & chosen[: len(good)]
    names = (fields.text_field, fields.id_field, fields.max_line_bytes)
    lines = read_lines(data, *names, schema.RESERVED, good)
    of_documents = np.flatnonzero(lines.kinds == DOCUMENT) + piece.first_line
    own_id = np.diff(lines.ids.offsets) > 0
    ids = _strings(lines.ids)
    if not own_id.all():
        ids = made_ids(pa.chunked_array([ids]), arrow_array(of_documents), file)
    table = _documents(ids, _strings(lines.texts), of_documents, file)
    others = (lines.kinds == OTHER) | (lines.kinds == NOT_CHOSEN)  # passed over: not UTF-8
    if chosen is not None:
        others &= chosen[: len(others)]
    cut_asked = piece.damage is not None and (chosen is None or chosen[-1])
    if cut_asked or others.any():
        left = blanked(data, lines.starts, lines.ends, np.flatnonzero(others))
        flawed = Piece(left + cut, piece.first_line, piece.damage if cut_asked else None)
        slowly = piece_table(flawed, file, NO_METADATA, fields)
        table = pa.concat_tables([table, slowly]).sort_by(schema.LINE)
    sizes = lines.ends - lines.starts
    sizes = np.append(sizes, len(cut)) if cut else sizes
    return TextLines(table, sizes, of_documents[own_id & ~lines.reserved])


def line_bounds(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return int64[n] starts and ends of the lines, newlines included."""
    text = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(text == NEWLINE) + 1
    if len(text) and text[-1] != NEWLINE:
        ends = np.append(ends, len(text))
    return np.concatenate([[0], ends[:-1]])[: len(ends)], ends


def blanked(data: bytes, starts: np.ndarray, ends: np.ndarray, lines: np.ndarray) -> bytes:
    """Return ``lines`` (int64[n], rising) of ``data``, with blank ones in place of the others.

    So they keep their numbers. ``starts`` and ``ends`` are those of all lines.
    """
    blank = np.diff(lines, prepend=-1, append=len(starts)) - 1
    spans = zip(blank.tolist(), starts[lines].tolist(), ends[lines].tolist(), strict=False)
    chosen = [b"\n" * n + data[start:end].rstrip(b"\n") + b"\n" for n, start, end in spans]
    return b"".join(chosen) + b"\n" * int(blank[-1])


def _are_utf8(data: bytes, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    return np.array([is_utf8(data[start:end]) for start, end in spans], np.bool_)


def _documents(
    ids: pa.Array | pa.ChunkedArray, texts: pa.Array, numbers: np.ndarray, file: str
) -> pa.Table:
    n = len(numbers)
    given = {
        schema.ID: ids,
        schema.TEXT: texts,
        schema.FILE: repeated(file, n),
        schema.LINE: arrow_array(numbers),
    }
    arrays = [given.get(column.name, nulls(n, column.type)) for column in NOTHING.schema]
    return pa.Table.from_arrays(arrays, schema=NOTHING.schema)


def _strings(texts: Utf8) -> pa.Array:
    buffers = [None, pa.py_buffer(texts.offsets), pa.py_buffer(texts.data)]
    return pa.Array.from_buffers(schema.STRING, texts.n_documents, buffers)
