"""The corpus between global stages: Parquet parts, with marks and cuts laid over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from curator import schema
from curator.arrow_numpy import numpy_array
from curator.errors import DataError
from curator.io.atomic import atomic_write
from curator.io.cuts import END, ROW, START, CutLayer, apply_cuts

STAGE, COLUMN = "stage", "column"
CUT_COLUMNS = (
    schema.ID,
    schema.FILE,
    schema.LINE,
    STAGE,
    COLUMN,
    START,
    END,
    schema.TEXT,
    schema.REASON,
    schema.VALUE,
    schema.DUPLICATE_OF,
)
"""A row of the ledger of cuts."""
NAMED = [schema.ID, schema.FILE, schema.LINE]
"""Columns of it that name the document."""
MARKS_SCHEMA = pa.schema(
    [pa.field(ROW, pa.int64()), *(pa.field(name, schema.STRING) for name in schema.VERDICT)]
)
"""A mark: the ordinal of a row in the corpus and the verdict on it."""


def parquet() -> ModuleType:
    """Return ``pyarrow.parquet``, which takes 13 ms to load; lines that are read where they lie
    need none of it."""
    import pyarrow.parquet

    return pyarrow.parquet


class Part(NamedTuple):
    """One checkpointed partition."""

    path: Path
    rows: int
    first_row: int
    """Ordinal of its first row in the corpus: the sum of the rows before it."""


class Corpus(Protocol):
    """What a stage that only reads needs of parts, wherever they lie: ``Parts`` offers it."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts, in the order of the corpus."""

    @property
    def total_rows(self) -> int:
        """Rows in all parts, living and dropped."""

    def only(self, index: int) -> Corpus:
        """Return a handle on one part; ordinals stay those of all."""

    def read(self, index: int, columns: Sequence[str]) -> pa.Table:
        """Return ``columns`` of part ``index``, one row for each of its ordinals."""


@dataclass(frozen=True)
class Parts:
    """The whole corpus on disk; rows keep the order of the input files and lines."""

    parts: tuple[Part, ...]
    marks: tuple[Path, ...] = ()
    """Files written by global stages, oldest first; a later mark wins over an earlier one."""
    cuts: tuple[CutLayer, ...] = ()
    """What global stages cut out of these parts, oldest first."""
    settled: tuple[CutLayer, ...] = ()
    """What was cut before these parts were written, and so is in them no more."""

    @property
    def total_rows(self) -> int:
        """Rows in all parts, living and dropped."""
        return sum(part.rows for part in self.parts)

    def with_marks(self, path: Path) -> Parts:
        """Return the same parts with one more file of marks over them."""
        return replace(self, marks=(*self.marks, path))

    def with_cuts(self, layer: CutLayer) -> Parts:
        """Return the same parts with one more stage's cuts over them."""
        return replace(self, cuts=(*self.cuts, layer))

    @property
    def all_cuts(self) -> tuple[CutLayer, ...]:
        """What every stage cut so far, oldest first; rows are numbered alike in all of them."""
        return (*self.settled, *self.cuts)

    def only(self, index: int) -> Parts:
        """Return a handle on one part, cheap to send to a worker; ordinals stay those of all."""
        return replace(self, parts=(self.parts[index],))

    def take(self, index: int, rows: np.ndarray, columns: Sequence[str] | None) -> pa.Table:
        """Return ``rows`` (int64[n], rising ordinals) of part ``index``; see ``read``."""
        return self.read(index, columns).take(pa.array(rows - self.parts[index].first_row))

    def empty_table(self) -> pa.Table:
        """Return the columns all parts have, without rows."""
        return parquet().read_schema(self.parts[0].path).empty_table()

    def read(self, index: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Return part ``index`` as a table, with the marks in its verdict columns and without cuts.

        ``columns`` limits what is read; ``None`` means all.
        """
        part = self.parts[index]
        names = None if columns is None else list(columns)
        # partitioning off: a folder called `x=1` must not become a column
        table = parquet().read_table(part.path, columns=names, memory_map=True, partitioning=None)
        for path in self.marks:
            table = _apply_marks(table, read_marks(path), part.first_row)
        for layer in self.cuts:
            found = layer.read(part.path) if layer.column in table.column_names else None
            if found is not None:
                table = apply_cuts(table, found, part.first_row, layer.column)
        return table

    def read_cuts(self, index: int) -> pa.Table:
        """Return what was cut out of part ``index``, with the columns of ``CUT_COLUMNS``.

        Cuts rise by row; those of one row come by stage, in the order of the stages, then place.
        """
        part = self.parts[index]
        columns = [ROW, *(name for name in CUT_COLUMNS if name not in NAMED)]
        tables = []
        for layer in self.all_cuts:
            found = layer.read(part.path)
            if found is not None:
                found = found.append_column(STAGE, _repeated(layer.stage, found.num_rows))
                found = found.append_column(COLUMN, _repeated(layer.column, found.num_rows))
                tables.append(found.select(columns))
        if not tables:
            return cut_columns()
        cuts = pa.concat_tables(tables)
        cuts = cuts.take(pa.array(np.argsort(cuts.column(ROW).to_numpy(), kind="stable")))
        places = pa.array(cuts.column(ROW).to_numpy() - part.first_row)
        rows = parquet().read_table(part.path, columns=NAMED, memory_map=True, partitioning=None)
        for name in NAMED:
            cuts = cuts.append_column(name, rows.column(name).take(places))
        return cuts.select(CUT_COLUMNS)


def cut_columns() -> pa.Table:
    """Return the columns of the ledger of cuts, without rows."""
    numbers = (schema.LINE, START, END)
    fields = [(name, pa.int64() if name in numbers else schema.STRING) for name in CUT_COLUMNS]
    return pa.schema(fields).empty_table()


def _repeated(text: str, n: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, schema.STRING), n)


def write_part(path: Path, table: pa.Table) -> None:
    """Write one partition, atomically."""
    repeated = [
        name
        for name in table.column_names
        if name not in (schema.ID, schema.TEXT, schema.LINE, schema.EXTRA)
    ]
    with atomic_write(path) as file:
        parquet().write_table(
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
    rows = numpy_array(marks.column(ROW))
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
