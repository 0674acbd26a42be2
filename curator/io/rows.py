"""Rows on their way from a reader to a table: documents, and lines that could not be read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa

from curator import schema
from curator.errors import DataError

READER = "reader"
"""``dropped_by`` of rows that are not documents because they could not be read."""

SHOWN_CHARACTERS = 4096
"""Characters of an unreadable line that its ledger row keeps as text."""

LONG_INTEGER = re.compile("[0-9]{19}")
"""May be an integer that orjson would round to a float."""

INT64 = (-(1 << 63), (1 << 63) - 1)

KINDS: Mapping[pa.DataType, type] = {
    pa.large_string(): str,
    pa.int64(): int,
    pa.float64(): float,
    pa.bool_(): bool,
}
"""Types a metadata column can have, and the Python type of its values."""

NO_ID_FIELD = "(no id field)"
"""Looked up in place of an ``id_field`` of ``None``; no file has it, so every id is made."""


@dataclass(frozen=True)
class Flaw:
    """Why a line is not a document."""

    reason: str
    """Short code for the ledger."""
    column: int
    """1-based position in the line, in code points."""
    what: str
    """What is wrong; the mend."""


@dataclass
class Rows:
    """Rows of one file, column by column; ``table()`` makes them conform to the schema."""

    file: str
    columns: pa.Schema
    strict: bool = False
    """Raise ``DataError`` at the first line that is not a document."""
    documents: list[tuple[Any, ...]] = field(default_factory=list)
    """Per row: id, text, the values of ``columns``, extra (JSON or null), line."""
    flaws: dict[int, Flaw] = field(default_factory=dict)
    """By index of the row."""

    def refuse(self, flaw: Flaw, text: str, line: int, id: str | None = None) -> None:
        """Append a line that is not a document; in strict reading raise it as ``DataError``."""
        if self.strict:
            raise DataError(f"{self.file}:{line}:{flaw.column}: {flaw.what}")
        self.flaws[len(self.documents)] = flaw
        nulls = (None,) * (len(self.columns) + 1)
        id = id or generated_id(self.file, line)
        self.documents.append((id, text[:SHOWN_CHARACTERS], *nulls, line))

    def table(self) -> pa.Table:
        """Return all rows as a table of the full schema."""
        n = len(self.documents)
        wanted = schema.table_schema(self.columns)
        if n == 0:
            return wanted.empty_table()
        names = (schema.ID, schema.TEXT, *self.columns.names, schema.EXTRA, schema.LINE)
        given: dict[str, Any] = dict(zip(names, zip(*self.documents, strict=True), strict=True))
        given |= self._verdicts()
        arrays = []
        for column in wanted:
            if column.name == schema.FILE:
                arrays.append(pa.repeat(pa.scalar(self.file, column.type), n))
            elif column.name in given:
                arrays.append(pa.array(given[column.name], column.type))
            else:
                arrays.append(pa.nulls(n, column.type))
        return pa.Table.from_arrays(arrays, schema=wanted)

    def _verdicts(self) -> dict[str, list[str | None]]:
        if not self.flaws:
            return {}
        columns: dict[str, list[str | None]] = {
            name: [None] * len(self.documents)
            for name in (schema.DROPPED_BY, schema.REASON, schema.VALUE)
        }
        for index, flaw in self.flaws.items():
            columns[schema.DROPPED_BY][index] = READER
            columns[schema.REASON][index] = flaw.reason
            columns[schema.VALUE][index] = f"column {flaw.column}: {flaw.what}"
        return columns


def generated_id(file: str, line: int) -> str:
    """Return the id of a row whose input has none."""
    return f"{file}:{line}"


def shown(line: bytes) -> str:
    """Return the start of a line for the ledger; bytes that are not UTF-8 as ``\\xNN``."""
    head = line[: 4 * SHOWN_CHARACTERS].decode("utf-8", "backslashreplace")
    return head[:SHOWN_CHARACTERS]


def fits(value: Any, kind: type) -> bool:
    """Return whether a JSON value can be in a column of ``kind`` without loss; null can."""
    if value is None:
        return True
    if kind is float:
        return type(value) is float or (type(value) is int and _exact_float(value))
    if kind is int:
        return type(value) is int and INT64[0] <= value <= INT64[1]
    return type(value) is kind


def _exact_float(value: int) -> bool:
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def dump_json(value: Any) -> str:
    """Return compact JSON of any size of integers, keys in their order."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer of more than 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def load_object(text: str) -> dict[str, Any] | None:
    """Return the fields of a JSON object, integers of any size kept, or ``None`` if it is none."""
    try:
        row = json.loads(text) if LONG_INTEGER.search(text) else orjson.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return None
    return row if type(row) is dict else None
