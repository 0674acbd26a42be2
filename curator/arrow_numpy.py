"""Arrow arrays from NumPy's and from texts, and back, without pandas.

Given an array of NumPy or a list, or asked for one, pyarrow imports pandas to see whether it is one
of pandas' own: .2 s of a command that has no frame. Here only buffers change hands.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

STRING = pa.large_string()
TEXTS_KEPT = 64
"""Scalars that stay made: the same few are asked for with every megabyte that is read."""

NULLS_KEPT = 1 << 15
"""Nulls of each type that stay made: as many as a megabyte has lines, or more."""


def arrow_array(numbers: np.ndarray, absent: np.ndarray | None = None) -> pa.Array:
    """Return numbers or truths (any[n]) as Arrow's, null where ``absent`` (bool[n]) is true.

    Numbers share their memory. As ``pyarrow.array(numbers, mask=absent)``.
    """
    kind = pa.from_numpy_dtype(numbers.dtype)
    data = _bits(numbers) if numbers.dtype == np.bool_ else np.ascontiguousarray(numbers)
    valid = None if absent is None else pa.py_buffer(_bits(~absent))
    return pa.Array.from_buffers(kind, len(numbers), [valid, pa.py_buffer(data)])


def numpy_array(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return a column of numbers or truths; those of one chunk, but truths, share its memory.

    Raises ``ValueError`` where one is null.
    """
    if column.null_count:
        raise ValueError(f"{column.null_count} of {len(column)} numbers are null")
    if isinstance(column, pa.Array):
        return _values(column)
    chunks = [_values(chunk) for chunk in column.chunks]
    if len(chunks) == 1:
        return chunks[0]
    return np.concatenate([np.zeros(0, column.type.to_pandas_dtype()), *chunks])


def strings(texts: Sequence[str]) -> pa.LargeStringArray:
    """Return texts as an array of ``large_string``."""
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(STRING, len(encoded), buffers)


@functools.lru_cache(TEXTS_KEPT)
def string(text: str) -> pa.LargeStringScalar:
    """Return one text, a name or a separator, as a scalar."""
    return strings([text])[0]


def null_string() -> pa.LargeStringScalar:
    """Return the null among texts."""
    return pa.nulls(1, STRING)[0]


def nulls(n: int, kind: pa.DataType) -> pa.Array:
    """Return ``n`` nulls: part of an array that stays made, unless there are very many."""
    return _many_nulls(kind).slice(0, n) if n <= NULLS_KEPT else pa.nulls(n, kind)


@functools.lru_cache(TEXTS_KEPT)
def _many_nulls(kind: pa.DataType) -> pa.Array:
    return pa.nulls(NULLS_KEPT, kind)


def repeated(text: str, n: int) -> pa.LargeStringArray:
    """Return ``text`` ``n`` times."""
    return pa.repeat(string(text), n)


def empty_table(schema: pa.Schema) -> pa.Table:
    """Return the columns of ``schema`` without rows."""
    return pa.Table.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def _bits(truths: np.ndarray) -> np.ndarray:
    return np.packbits(truths, bitorder="little")


def _values(array: Any) -> np.ndarray:
    _, data = array.buffers()
    dtype = np.dtype(array.type.to_pandas_dtype())
    start, stop = array.offset, array.offset + len(array)
    if not len(array):
        return np.zeros(0, dtype)
    if dtype != np.bool_:
        return np.frombuffer(data, dtype, len(array), start * dtype.itemsize)
    bits = np.unpackbits(np.frombuffer(data, np.uint8), count=stop, bitorder="little")
    return bits[start:].view(np.bool_)
