"""A caller's own frame as partitions of a dataset: conformed, numbered, never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from curator import schema
from curator.errors import DataError

if TYPE_CHECKING:
    import dask.dataframe as dd

Piece = Callable[[], pd.DataFrame]
"""Loads one partition on whichever worker runs it."""

OWN_STRINGS = {"dataframe.convert-string": False}
"""Dask would turn pandas' `str` into another string type; one schema is enough."""


@dataclass(frozen=True)
class SlicePiece:
    """A partition of a pandas frame; holds its own rows alone, so a task carries no others."""

    table: pa.Table
    start: int

    def __call__(self) -> pd.DataFrame:
        """Return the rows, indexed by their place in the whole frame."""
        frame = schema.to_frame(self.table)
        return frame.set_axis(pd.RangeIndex(self.start, self.start + len(frame)))


@dataclass(frozen=True)
class FramePiece:
    """A partition of a Dask frame."""

    partition: dd.DataFrame

    def __call__(self) -> pd.DataFrame:
        """Compute the partition here; a piece may already run inside a worker."""
        return self.partition.compute(scheduler="synchronous")

    def on(self, client: Any) -> Any:
        """Return a future of the partition: what a cluster holds is used where it lies."""
        return client.compute(self.partition)


def pandas_pieces(
    frame: pd.DataFrame, npartitions: int
) -> tuple[pd.DataFrame, tuple[Piece, ...], str]:
    """Return the empty frame with the columns, the partitions, and a hash of the rows.

    Rows are numbered from 1 where they have no line; where there are no ids, these are the ids.
    """
    conformed = numbered(schema.to_frame(conform_table(frame)), 1)
    table = schema.to_table(conformed)
    bounds = np.linspace(0, table.num_rows, max(1, npartitions) + 1).astype(int)
    pieces: list[Piece] = []
    for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        # `take` copies: a slice would carry the buffers of all rows to every worker
        pieces.append(SlicePiece(table.take(pa.array(np.arange(start, stop))), start))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    origin = hashlib.sha256(sink.getvalue()).hexdigest()
    return conformed.iloc[:0], tuple(pieces), origin


def dask_pieces(frame: dd.DataFrame) -> tuple[dd.DataFrame, tuple[Piece, ...], str]:
    """Return the conformed Dask frame, its partitions, and Dask's own name for it.

    Where the frame has no ids its rows are counted, in one pass over it, and numbered.
    """
    import dask
    import dask.dataframe as dd

    with dask.config.set(OWN_STRINGS):
        conformed = frame.map_partitions(conform_frame, meta=conform_frame(frame._meta))
        if schema.ID not in frame.columns:
            lengths = frame.map_partitions(len).compute()
            starts = 1 + np.cumsum([0, *lengths])[:-1]
            meta = numbered(conformed._meta, 1)
            conformed = dd.concat(
                [
                    conformed.partitions[i].map_partitions(numbered, int(start), meta=meta)
                    for i, start in enumerate(starts)
                ]
            )
        pieces = tuple(FramePiece(conformed.partitions[i]) for i in range(conformed.npartitions))
    return conformed, pieces, conformed._name


def numbered(frame: pd.DataFrame, first: int) -> pd.DataFrame:
    """Return a partition with lines, and ids where it has none, counted from ``first``."""
    numbers = pd.Series(np.arange(first, first + len(frame)), frame.index)
    if frame[schema.LINE].isna().all():
        frame = frame.assign(**{schema.LINE: numbers.astype(pd.Int64Dtype())})
    if schema.ID not in frame:
        frame = frame.copy(deep=False)
        frame.insert(0, schema.ID, numbers.astype(str).astype(schema.STRING_DTYPE))
    return frame


def conform_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the library's columns added and text as `str`, index kept."""
    return schema.to_frame(conform_table(frame)).set_axis(frame.index)


def conform_table(frame: pd.DataFrame) -> pa.Table:
    """Return a caller's frame as a table with the library's columns.

    A frame that has all of the library's columns is one of its own; in any other, a column of
    such a name is the caller's and travels in ``extra``, as it does from files. Raises
    ``DataError`` naming the column when it cannot be used.
    """
    own = set(schema.RESERVED) <= set(frame.columns)
    names = [str(name) for name in frame.columns]
    taken = [] if own else [name for name in names if name in schema.RESERVED]
    arrays = {name: _array(frame, name) for name in names if name not in taken}
    for name in (schema.ID, schema.TEXT):
        if name in arrays:
            arrays[name] = _strings(arrays[name], name)
    size = len(frame)
    for name in schema.RESERVED:
        kind = pa.int64() if name == schema.LINE else schema.STRING
        arrays[name] = arrays[name].cast(kind) if name in arrays else pa.nulls(size, kind)
    if taken:
        arrays[schema.EXTRA] = _extra(frame[taken])
    return pa.table(arrays)


def _array(frame: pd.DataFrame, name: str) -> pa.Array:
    try:
        array = pa.array(frame[name], from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError) as error:
        raise DataError(
            f"column {name!r}: values of several kinds, or not text: {error}; "
            "give the column one type"
        ) from error
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array


def _strings(array: pa.Array, name: str) -> pa.Array:
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return array.cast(schema.STRING)
    if pa.types.is_string_view(kind) or pa.types.is_dictionary(kind):
        return array.cast(schema.STRING)
    if name == schema.ID and pa.types.is_integer(kind):
        return array.cast(schema.STRING)
    raise DataError(f"column {name!r} holds {kind}, not text; convert it with .astype(str)")


def _extra(columns: pd.DataFrame) -> pa.Array:
    rows = columns.astype(object).where(columns.notna(), None).to_dict("records")
    texts = [
        json.dumps({str(key): value for key, value in row.items()}, ensure_ascii=False, default=str)
        for row in rows
    ]
    return pa.array(texts, schema.STRING)
