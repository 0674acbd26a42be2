"""Metadata columns, told from the heads of the input files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import pyarrow as pa

from curator import schema
from curator.io.blocks import MAX_LINE_BYTES, Block, read_pieces
from curator.io.files import InputFile

HEAD_BYTES = 256 << 10
"""Bytes of a file that are looked at; more only where its first line is longer."""

HEAD_FILES = 64
"""Files that are looked at, evenly spaced in the order of their names."""

MAX_COLUMNS = 256
"""Columns a table gets at most, the first seen; fields beyond travel inside ``extra``."""

OTHER = object
"""Kind of a value that no column holds: a list, an object, an integer of more than 64 bits."""

Item = TypeVar("Item")


def sampled(files: Sequence[Item]) -> list[Item]:
    """Return at most ``HEAD_FILES`` of the files, evenly spaced, the first and last among them."""
    if len(files) <= HEAD_FILES:
        return list(files)
    return [files[i * (len(files) - 1) // (HEAD_FILES - 1)] for i in range(HEAD_FILES)]


def head_lines(file: InputFile, max_line_bytes: int = MAX_LINE_BYTES) -> list[bytes]:
    """Return the whole lines that begin in the first ``HEAD_BYTES`` (unpacked) bytes of a file.

    Damage later in the file does not matter here; what was read before it is used.
    """
    block = Block(file.path, file.file, 0, min(HEAD_BYTES, file.size), 1)
    if block.end == 0:
        return []
    lines: list[bytes] = []
    length = 0
    for piece in read_pieces(block, max_line_bytes):
        for line in piece.data.split(b"\n"):
            if length >= HEAD_BYTES:
                return lines
            if len(line) <= max_line_bytes:
                lines.append(line)
            length += len(line) + 1
    return lines


def infer_columns(rows: Iterable[Mapping[str, type]], reserved: Sequence[str]) -> pa.Schema:
    """Return the metadata columns for rows given as ``field -> kind of its value``.

    A field is a column when all its values that are not null are of one kind: ``str``
    (large_string), ``bool``, ``int`` (int64), ``float`` or floats and ints (float64). All other
    fields, the ``reserved`` ones, and those that are always null are not columns. The columns are
    in the order in which their fields are first seen; at most ``MAX_COLUMNS``.
    """
    kinds: dict[str, set[type]] = {}
    for row in rows:
        for name, kind in row.items():
            seen = kinds.setdefault(name, set())
            if kind is not type(None):
                seen.add(kind)
    taken = {schema.ID, schema.TEXT, *schema.RESERVED, *reserved}
    columns = [
        pa.field(name, column_type)
        for name, seen in kinds.items()
        if name not in taken and (column_type := _column_type(seen)) is not None
    ]
    return pa.schema(columns[:MAX_COLUMNS])


def _column_type(kinds: set[type]) -> pa.DataType | None:
    if kinds == {str}:
        return pa.large_string()
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    if kinds and kinds <= {int, float}:
        return pa.float64()
    return None
