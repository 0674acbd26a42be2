"""The document row: its columns, their types, and how any reader's table is made to conform.

pandas loads on first use, where a frame is made: what reads Arrow alone starts without it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from curator.arrow_numpy import string
from curator.errors import DataError
from curator.kernels.buffers import Utf8

if TYPE_CHECKING:
    import pandas as pd

ID = "id"
TEXT = "text"
EXTRA = "extra"
FILE = "file"
LINE = "line"
DROPPED_BY = "dropped_by"
REASON = "reason"
VALUE = "value"
DUPLICATE_OF = "duplicate_of"
CLUSTER_ID = "cluster_id"

VERDICT = (DROPPED_BY, REASON, VALUE, DUPLICATE_OF, CLUSTER_ID)
"""The verdict on a row; all null on a living row."""
RESERVED = (EXTRA, FILE, LINE, *VERDICT)
"""Names the library gives; an input field of such a name travels inside `extra`."""

STRING = pa.large_string()
if TYPE_CHECKING:
    STRING_DTYPE: pd.StringDtype
    """pandas' own `str`: Arrow large_string underneath, so text buffers are shared, not copied."""
    PANDAS_TYPES: dict[pa.DataType, Any]
    """pandas' nullable types: an integer beside a null stays the integer it was."""


def __getattr__(name: str) -> Any:
    if name == "STRING_DTYPE":
        return _pandas_types()[STRING]
    if name == "PANDAS_TYPES":
        return _pandas_types()
    raise AttributeError(f"module 'curator.schema' has no attribute {name!r}")


def table_schema(metadata: pa.Schema | None = None) -> pa.Schema:
    """Return the full schema of a table whose metadata columns are ``metadata`` (default none)."""
    fields = [pa.field(ID, STRING), pa.field(TEXT, STRING)]
    fields += [] if metadata is None else list(metadata)
    for name in RESERVED:
        fields.append(pa.field(name, pa.int64() if name == LINE else STRING))
    return pa.schema(fields)


def metadata_schema(schema: pa.Schema) -> pa.Schema:
    """Return the metadata columns of a full schema: all but id, text and the reserved ones."""
    own = {ID, TEXT, *RESERVED}
    return pa.schema([field for field in schema if field.name not in own])


def conform(table: pa.Table, metadata: pa.Schema | None = None) -> pa.Table:
    """Return ``table`` with exactly the columns of the row, in order; absent ones are null.

    Raises ``DataError`` when a column cannot be cast to its type.
    """
    arrays = []
    wanted = table_schema(metadata)
    for field in wanted:
        if field.name not in table.column_names:
            arrays.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table.column(field.name)
        try:
            arrays.append(column if column.type == field.type else column.cast(field.type))
        except pa.ArrowInvalid as error:
            raise DataError(
                f"column {field.name!r} is {column.type}, not {field.type}: {error}; "
                "convert it before reading"
            ) from error
    return pa.Table.from_arrays(arrays, schema=wanted)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return a pandas frame that shares the table's text buffers; its index is 0..n-1."""
    return table.to_pandas(types_mapper=_pandas_type)


def _pandas_type(kind: pa.DataType) -> Any:
    import pandas as pd

    return pd.ArrowDtype(kind) if pa.types.is_nested(kind) else _pandas_types().get(kind)


@functools.cache
def _pandas_types() -> dict[pa.DataType, Any]:
    import pandas as pd

    text = pd.StringDtype(storage="pyarrow", na_value=np.nan)
    return {
        pa.string(): text,
        pa.large_string(): text,
        pa.bool_(): pd.BooleanDtype(),
        pa.int8(): pd.Int8Dtype(),
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.uint8(): pd.UInt8Dtype(),
        pa.uint16(): pd.UInt16Dtype(),
        pa.uint32(): pd.UInt32Dtype(),
        pa.uint64(): pd.UInt64Dtype(),
        pa.float32(): pd.Float32Dtype(),
        pa.float64(): pd.Float64Dtype(),
    }


def to_table(frame: pd.DataFrame, schema: pa.Schema | None = None) -> pa.Table:
    """Return the frame as an Arrow table; ``schema`` fixes the types where it is given."""
    if schema is None:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    else:
        table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    return table.replace_schema_metadata(None)


def string_array(column: Any) -> pa.LargeStringArray:
    """Return a Series or Arrow column of strings as one contiguous ``large_string`` array."""
    array = column if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column)
    if isinstance(array, pa.ChunkedArray):
        if array.num_chunks == 0:  # pyarrow would import pandas, and may leave it in chunks
            array = pa.nulls(0, STRING)
        else:
            array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    return array if array.type == STRING else array.cast(STRING)


def text_buffers(column: Any) -> Utf8:
    """Return the buffers of a column of strings without copying them; null is empty text."""
    array = string_array(column)
    if array.null_count:
        array = array.fill_null(string(""))
    _, offsets, data = array.buffers()
    if offsets is None or len(array) == 0:
        return Utf8(np.zeros(len(array) + 1, np.int64), np.zeros(0, np.uint8))
    starts = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    values = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return Utf8(starts, values)


def text_array(texts: Utf8) -> pa.LargeStringArray:
    """Return texts as an Arrow array that shares their buffers; the way back of ``text_buffers``.

    Raises ``pyarrow.ArrowInvalid`` for bytes that are not UTF-8.
    """
    buffers = pa.py_buffer(np.ascontiguousarray(texts.offsets)), pa.py_buffer(texts.data)
    array = pa.LargeStringArray.from_buffers(texts.n_documents, *buffers)
    array.validate(full=True)
    return array


def living(frame: pd.DataFrame) -> np.ndarray:
    """Return bool[n]: which rows no stage has dropped."""
    return frame[DROPPED_BY].isna().to_numpy()


def visible_columns(columns: Sequence[str]) -> list[str]:
    """Return the columns people see on living rows: all but the reserved ones."""
    return [name for name in columns if name not in RESERVED]
