"""The corpus between global stages: Parquet parts in corpus order, with marks laid over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from curator import schema
from curator.errors import DataError
from curator.io.atomic import atomic_write

ROW = "row"
MARKS_SCHEMA = pa.schema(
    [pa.field(ROW, pa.int64()), *(pa.field(name, schema.STRING) for name in schema.VERDICT)]
)
"""A mark: the ordinal of a row in the corpus and the verdict on it."""


class Part(NamedTuple):
    """One checkpointed partition."""

    path: Path
    rows: int
    first_row: int
    """Ordinal of its first row in the corpus: the sum of the rows before it."""


@dataclass(frozen=True)
class Parts:
    """The whole corpus on disk; rows keep the order of the input files and lines."""

    parts: tuple[Part, ...]
    marks: tuple[Path, ...] = ()
    """Files written by global stages, oldest first; a later mark wins over an earlier one."""

    @property
    def total_rows(self) -> int:
        """Rows in all parts, living and dropped."""
        return sum(part.rows for part in self.parts)

    def with_marks(self, path: Path) -> Parts:
        """Return the same parts with one more file of marks over them."""
        return replace(self, marks=(*self.marks, path))

    def only(self, index: int) -> Parts:
        """Return a handle on one part, cheap to send to a worker; ordinals stay those of all."""
        return replace(self, parts=(self.parts[index],))

    def empty_table(self) -> pa.Table:
        """Return the columns all parts have, without rows."""
        return pq.read_schema(self.parts[0].path).empty_table()

    def read(self, index: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Return part ``index`` as a table, verdict columns as the marks leave them.

        ``columns`` limits what is read; ``None`` means all.
        """
        part = self.parts[index]
        names = None if columns is None else list(columns)
        # partitioning off: a folder called `x=1` must not become a column
        table = pq.read_table(part.path, columns=names, memory_map=True, partitioning=None)
        for path in self.marks:
            table = _apply_marks(table, read_marks(path), part.first_row)
        return table


def write_part(path: Path, table: pa.Table) -> None:
    """Write one partition, atomically."""
    repeated = [
        name
        for name in table.column_names
        if name not in (schema.ID, schema.TEXT, schema.LINE, schema.EXTRA)
    ]
    with atomic_write(path) as file:
        pq.write_table(
            table,
            file,
            compression="lz4",
            use_dictionary=repeated,
            write_statistics=False,
            row_group_size=max(1, table.num_rows),
        )


def write_marks(path: Path, marks: pa.Table) -> None:
    """Write marks sorted by row, each row once; raises ``DataError`` otherwise."""
    marks = marks.select(MARKS_SCHEMA.names).cast(MARKS_SCHEMA)
    rows = marks.column(ROW).to_numpy()
    if len(rows) and not np.all(np.diff(rows) > 0):
        raise DataError(f"{path}: marks must be sorted by row and name each row once")
    with atomic_write(path) as file, pa.ipc.new_file(file, MARKS_SCHEMA) as writer:
        writer.write_table(marks.combine_chunks())


def read_marks(path: Path) -> pa.Table:
    """Return the marks of one file, memory-mapped."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def _apply_marks(table: pa.Table, marks: pa.Table, first_row: int) -> pa.Table:
    rows = marks.column(ROW).to_numpy()
    start, stop = np.searchsorted(rows, [first_row, first_row + table.num_rows])
    if start == stop:
        return table
    marks = marks.slice(start, stop - start)
    positions = rows[start:stop] - first_row
    drops = marks.column(schema.DROPPED_BY).is_valid().to_numpy()
    for name in schema.VERDICT:
        if name not in table.column_names:
            continue
        # A mark without dropped_by leaves the row living and only names its cluster.
        chosen = np.ones(len(positions), bool) if name == schema.CLUSTER_ID else drops
        take = np.arange(table.num_rows)
        take[positions[chosen]] = table.num_rows + np.flatnonzero(chosen)
        both = pa.concat_arrays(
            [schema.string_array(table.column(name)), schema.string_array(marks.column(name))]
        )
        index = table.column_names.index(name)
        table = table.set_column(index, pa.field(name, schema.STRING), both.take(pa.array(take)))
    return table
