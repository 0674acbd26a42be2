"""Parquet files: one document a row."""

from __future__ import annotations

import base64
import contextlib
import datetime
import decimal
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curator import schema
from curator.errors import DataError, RecipeError, nearest
from curator.io.blocks import Block, ReadPlan, Run, in_this_process
from curator.io.columns import OTHER, infer_columns, sampled
from curator.io.file_names import unreadable
from curator.io.files import InputFile, as_inputs, find_files, open_file
from curator.io.rows import (
    KINDS,
    NO_ID_FIELD,
    READER,
    Flaw,
    Rows,
    dump_json,
    fits,
    generated_id,
    shown,
)
from curator.io.unpack import Damage

EXTENSIONS = (".parquet",)

CORRUPT = "corrupt_file"
"""Reason of the ledger row that stands for a file or a row group nobody can read."""


@dataclass(frozen=True)
class ParquetReader:
    """Reads Parquet files; a block is one row group or several neighbours.

    Rows conform to ``curator.schema``; ``line`` is the row number, from 1. The text column holds
    strings or bytes that are UTF-8, also dictionary-encoded; a text that is null, not UTF-8, or
    has a NUL is a row of the ledger. The id column holds strings or integers; without one, or
    where it is null or empty, the id is ``<file>:<row>``. Numbers, truth values and strings are
    metadata columns, NaN as null; values that do not fit, and all other columns (lists, structs,
    times, decimals, bytes), go to ``extra`` as JSON, nulls left out.
    """

    input: str | Sequence[str]
    """A folder, a file, a glob, an fsspec URL, or a list of these; see ``files.find_files``."""
    text_field: str = "text"
    """Column that holds the text."""
    id_field: str | None = "id"
    """Column that holds the id, if there is one; ``None`` makes ids of file and row."""
    strict: bool = False
    """Raise ``DataError`` at the first unreadable row in place of a ledger row."""

    def __post_init__(self) -> None:
        if self.text_field == self.id_field:
            raise RecipeError(
                f"ParquetReader: text_field and id_field are both {self.text_field!r}; "
                "name two columns"
            )

    @property
    def _id_key(self) -> str:
        return NO_ID_FIELD if self.id_field is None else self.id_field

    def files(self) -> tuple[InputFile, ...]:
        """Return the input files sorted by name; ``DataError`` when there are none."""
        return find_files(as_inputs(self.input), EXTENSIONS)

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Group row groups to blocks of about ``block_size`` bytes unpacked; nothing is unpacked.

        A file that is no Parquet, or is cut off, becomes one block that reads as one row of the
        ledger. Raises ``DataError`` naming file and column when a file has no text column, or one
        of another type.
        """
        if block_size < 1:
            raise RecipeError(f"block_size is {block_size}; give a number of bytes above 0")
        files = self.files()
        kinds = []
        for file in sampled(files):
            with contextlib.suppress(_Corrupt), _opened(file.path) as parquet:
                self._check(parquet.schema_arrow, file.file)
                kinds.append({field.name: _kind(field.type) for field in parquet.schema_arrow})
        columns = infer_columns(kinds, reserved=(self.text_field, self._id_key))
        blocks = [block for file in files for block in _row_groups(file, block_size)]
        return ReadPlan(tuple(blocks), columns, files)

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return all rows of a block, unreadable ones among them as rows of the ledger.

        A row group that is damaged is one row, under the number of its first.
        """
        if block.damage:
            return self._refused(block.damage.what, block.first_line, block.file, columns)
        tables = [schema.table_schema(columns).empty_table()]
        row = block.first_line
        with _opened(block.path) as parquet:
            self._check(parquet.schema_arrow, block.file)
            for group in range(block.start, block.end):
                n = parquet.metadata.row_group(group).num_rows
                try:
                    with _corruption():
                        table = parquet.read_row_group(group)
                except _Corrupt as error:
                    what = f"rows {row} to {row + n - 1}: {error}"
                    tables.append(self._refused(what, row, block.file, columns))
                else:
                    tables.append(self._rows(table, row, block.file, columns))
                row += n
        return pa.concat_tables(tables).combine_chunks()

    def _refused(self, what: str, row: int, file: str, columns: pa.Schema) -> pa.Table:
        rows = Rows(file, columns, self.strict)
        rows.refuse(Flaw(CORRUPT, 1, what), "", row)
        return rows.table()

    def _check(self, found: pa.Schema, file: str) -> None:
        for name in found.names:
            if found.names.count(name) > 1:
                raise DataError(f"{file}: two columns are named {name!r}; rename one")
        if self.text_field not in found.names:
            near = nearest(self.text_field, found.names)
            raise DataError(f"{file}: no column {self.text_field!r}{near}; choose text_field")
        text_type = _plain(found.field(self.text_field).type)
        if not (_is_string(text_type) or _is_bytes(text_type)):
            raise DataError(
                f"{file}: column {self.text_field!r} is {text_type}, not text; choose text_field"
            )
        if self._id_key in found.names:
            id_type = _plain(found.field(self._id_key).type)
            if not (_is_string(id_type) or pa.types.is_integer(id_type)):
                raise DataError(
                    f"{file}: column {self._id_key!r} is {id_type}, not strings or integers; "
                    "choose another id_field"
                )

    def _rows(self, table: pa.Table, first_row: int, file: str, columns: pa.Schema) -> pa.Table:
        n = table.num_rows
        texts, flaws = _texts(_array(table, self.text_field), self.text_field)
        ids = self._ids(table, first_row, file, flaws)
        extras: list[dict[str, Any]] = [{} for _ in range(n)]
        metadata = [_metadata(table, field, extras, file) for field in columns]
        taken = {self.text_field, self._id_key, *columns.names}
        for name in table.column_names:
            if name not in taken:
                _put_aside(extras, name, _python_values(_array(table, name), f"{file}: {name}"))
        if flaws and self.strict:
            row, flaw = min(flaws.items())
            raise DataError(f"{file}:{first_row + row}:{flaw.column}: {flaw.what}")
        verdict: dict[str, list[str | None]] = {
            name: [None] * n for name in (schema.DROPPED_BY, schema.REASON, schema.VALUE)
        }
        for row, flaw in flaws.items():
            verdict[schema.DROPPED_BY][row] = READER
            verdict[schema.REASON][row] = flaw.reason
            verdict[schema.VALUE][row] = f"column {flaw.column}: {flaw.what}"
        given: dict[str, Any] = {
            schema.ID: ids,
            schema.TEXT: texts,
            **dict(zip(columns.names, metadata, strict=True)),
            schema.EXTRA: [dump_json(extra) if extra else None for extra in extras],
            schema.FILE: pa.repeat(pa.scalar(file, schema.STRING), n),
            schema.LINE: np.arange(first_row, first_row + n),
            **verdict,
        }
        arrays = [
            pa.array(given.get(field.name, [None] * n), field.type)
            for field in schema.table_schema(columns)
        ]
        return pa.Table.from_arrays(arrays, schema=schema.table_schema(columns))

    def _ids(self, table: pa.Table, first_row: int, file: str, flaws: dict[int, Flaw]) -> list[str]:
        given: list[Any] = [None] * table.num_rows
        if self._id_key in table.column_names:
            array = _array(table, self._id_key)
            if _is_string(array.type):
                array = _as_bytes(array)
            given = array.to_pylist()
        ids = []
        for row, value in enumerate(given):
            id, flaw = _id(value)
            if flaw is not None:
                flaws.setdefault(row, flaw)
            ids.append(id or generated_id(file, first_row + row))
        return ids


def _id(value: bytes | int | None) -> tuple[str, Flaw | None]:
    if type(value) is not bytes:
        return "" if value is None else str(value), None
    try:
        id = value.decode()
    except UnicodeDecodeError:
        return "", Flaw("invalid_utf8", 1, "the id is not UTF-8; write it again as UTF-8")
    if "\0" in id:
        return "", Flaw("nul_character", 1, "the id has a NUL character; remove it")
    return id, None


class _Corrupt(Exception):
    """The bytes of a file are not those of Parquet."""


@contextlib.contextmanager
def _corruption() -> Iterator[None]:
    """Tell damage in the bytes from bytes that could not be had."""
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        # Arrow raises a bare OSError for damage; the system's has a number, a store's a type
        if isinstance(error, OSError) and (type(error) is not OSError or error.errno):
            raise
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        mend = "write or download the file again"
        raise _Corrupt(f"cannot be read as Parquet: {what}; {mend}") from error


@contextlib.contextmanager
def _opened(path: str) -> Iterator[pq.ParquetFile]:
    with open_file(path) as stream:
        try:
            with _corruption():
                parquet = pq.ParquetFile(stream)
            yield parquet
        except OSError as error:
            raise unreadable(path, error) from error


def _row_groups(file: InputFile, block_size: int) -> Iterator[Block]:
    try:
        with _opened(file.path) as parquet:
            groups = [parquet.metadata.row_group(i) for i in range(parquet.metadata.num_row_groups)]
            sizes = [(group.num_rows, group.total_byte_size) for group in groups]
    except _Corrupt as error:
        yield Block(file.path, file.file, 0, 0, 1, Damage(CORRUPT, str(error)))
        return
    start, first_row, rows, size = 0, 1, 0, 0
    for index, (group_rows, group_bytes) in enumerate(sizes):
        rows, size = rows + group_rows, size + group_bytes
        if size >= block_size or index + 1 == len(sizes):
            yield Block(file.path, file.file, start, index + 1, first_row)
            start, first_row, rows, size = index + 1, first_row + rows, 0, 0


def _plain(type: pa.DataType) -> pa.DataType:
    return type.value_type if pa.types.is_dictionary(type) else type


def _is_string(type: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(type) or pa.types.is_large_string(type) or pa.types.is_string_view(type)
    )


def _is_bytes(type: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(type) or pa.types.is_large_binary(type) or pa.types.is_binary_view(type)
    )


def _kind(type: pa.DataType) -> type:
    type = _plain(type)
    if _is_string(type):
        return str
    if pa.types.is_boolean(type):
        return bool
    if pa.types.is_integer(type):
        return int
    if pa.types.is_floating(type):
        return float
    return NoneType if pa.types.is_null(type) else OTHER


NoneType = type(None)

INFINITE = (math.inf, -math.inf)
"""No JSON numbers: they travel in ``extra`` as strings."""


def _array(table: pa.Table, name: str) -> pa.Array:
    """Return a column as one array without dictionary."""
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if _is_string(column.type) and not pa.types.is_large_string(column.type):
        column = column.cast(schema.STRING)
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _as_bytes(array: pa.Array) -> pa.Array:
    return array.cast(pa.large_binary())


def _texts(array: pa.Array, name: str) -> tuple[pa.Array, dict[int, Flaw]]:
    """Return the texts as large_string and what is wrong with some, by row."""
    try:
        texts = array.cast(schema.STRING)
        texts.validate(full=True)  # Arrow does not look whether strings in a file are UTF-8
    except pa.ArrowInvalid:
        return _texts_one_by_one(array, name)
    if texts.null_count or pc.any(pc.match_substring(texts, "\0")).as_py():
        return _texts_one_by_one(array, name)
    return texts, {}


def _texts_one_by_one(array: pa.Array, name: str) -> tuple[pa.Array, dict[int, Flaw]]:
    texts, flaws = [], {}
    for row, value in enumerate(_as_bytes(array).to_pylist()):
        text = "" if value is None else shown(value)
        if value is None:
            flaws[row] = Flaw("null_text", 1, f"{name!r} is null; give a text or drop the row")
        else:
            try:
                text = value.decode()
                if "\0" in text:
                    what = f"{name!r} has a NUL character; remove it"
                    flaws[row] = Flaw("nul_character", text.index("\0") + 1, what)
                    text = shown(value)
            except UnicodeDecodeError as bad:
                column = len(value[: bad.start].decode()) + 1
                what = f"byte 0x{value[bad.start]:02x} (byte {bad.start + 1} of the text)"
                what = f"{what} is not UTF-8; write the file again as UTF-8"
                flaws[row] = Flaw("invalid_utf8", column, what)
        texts.append(text)
    return pa.array(texts, schema.STRING), flaws


def _metadata(table: pa.Table, field: pa.Field, extras: list[dict[str, Any]], file: str) -> Any:
    """Return the values of a metadata column; those that do not fit it go to ``extras``."""
    if field.name not in table.column_names:
        return pa.nulls(table.num_rows, field.type)
    array = _array(table, field.name)
    kind = KINDS[field.type]
    if _kind(array.type) is kind and kind is not float:
        try:
            cast = array.cast(field.type)
            cast.validate(full=True)
            return cast
        except pa.ArrowInvalid:  # an integer of 64 bits without sign, or bytes that are not UTF-8
            pass
    values = _python_values(array, f"{file}: {field.name}")
    kept = [value if fits(value, kind) and value not in INFINITE else None for value in values]
    pairs = zip(values, kept, strict=True)
    _put_aside(extras, field.name, [value if fit is None else None for value, fit in pairs])
    return [None if value is None else kind(value) for value in kept]


def _python_values(array: pa.Array, place: str) -> list[Any]:
    try:
        if _is_string(array.type):
            return [_jsonable(value) for value in _as_bytes(array).to_pylist()]
        return [None if value != value else value for value in array.to_pylist()]
    except (ValueError, OverflowError) as error:
        raise DataError(f"{place}: {error}; drop the column or write it as strings") from error


def _put_aside(extras: list[dict[str, Any]], name: str, values: Sequence[Any]) -> None:
    for extra, value in zip(extras, values, strict=True):
        if value is not None:
            extra[name] = _jsonable(value)


def _jsonable(value: Any) -> Any:
    """Return a value as JSON has it: times as ISO 8601, decimals as strings, bytes as text.

    Bytes that are not UTF-8 become an object with the field ``base64``.
    """
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {str(key): _jsonable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(inner) for inner in value]
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return str(value) if isinstance(value, decimal.Decimal) else value
