"""RepeatedIds: two documents may not go by one name, or the ledger could not tell them apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curator import schema
from curator.arrow_numpy import arrow_array, numpy_array, string
from curator.cluster import run_tasks
from curator.dedup.equality import repeated
from curator.dedup.pieces import joined, open_work, piece, read_arrays
from curator.dedup.verdicts import encoded, repeated_text
from curator.io.parts import MARKS_SCHEMA, ROW, Corpus
from curator.kernels.fold import byte_hashes
from curator.later import pc
from curator.stages.global_stage import GlobalStageBase

ROWS_AT_ONCE = 1 << 22
"""Rows whose ids are compared at one time, at about 70 bytes each. A corpus of more is compared in
ranges of the hash: the smallest power of two that leaves a range at most so many on average."""
NO_IDS: dict[str, np.ndarray] = {
    "high": np.zeros(0, np.uint64),
    "low": np.zeros(0, np.uint64),
    "rows": np.zeros(0, np.int64),
}
"""The halves of an id's hash of 128 bits and the ordinal of its row: among 10^12 ids the chance of
one collision is about 10^-15."""
NO_REPEATS: dict[str, np.ndarray] = {"rows": np.zeros(0, np.int64), "firsts": np.zeros(0, np.int64)}
"""Rows whose id an earlier row has, and the ordinal of the first that has it."""


@dataclass(frozen=True)
class RepeatedIds(GlobalStageBase):
    """Drops a living document whose id an earlier living document has; the first keeps it.

    "Earlier" is the order of the sorted input files and their lines. The value in the ledger
    names the place of the first, so an id field that only counts within each file is seen at
    once: read such a corpus with ``id_field: null``, which makes ids from file and line.
    """

    name: str | None = None
    """Name in the ledger and the report."""

    def columns_needed(self) -> tuple[str, ...]:
        """Only the id is read."""
        return (schema.ID,)

    def mark(self, parts: Corpus, work: Path, client: Any | None) -> pa.Table:
        """Return a mark for every living row but the first of each id."""
        n_parts = len(parts.parts)
        n_ranges = _ranges(parts.total_rows)
        self.open(parts, work)
        run_tasks(_hash_part, [(parts.only(i), ids_piece(work, i)) for i in range(n_parts)], client)
        tasks = [(number, work / f"repeats-{number:05d}") for number in range(n_ranges)]
        run_tasks(
            partial(_range_task, n_ranges=n_ranges, n_parts=n_parts, work=work), tasks, client
        )
        found = joined([path for _, path in tasks], NO_REPEATS)
        order = np.argsort(found["rows"])
        return _marks(parts, self.label, found["rows"][order], found["firsts"][order])

    def open(self, parts: Corpus, work: Path) -> None:
        """Make the work folder, or check that it is of the same parts."""
        rows = [part.rows for part in parts.parts]
        ranges = _ranges(parts.total_rows)
        open_work(work, {"stage": "RepeatedIds", "rows": rows, "ranges": ranges})


def _ranges(n_rows: int) -> int:
    n_ranges = 1
    while n_rows > n_ranges * ROWS_AT_ONCE:
        n_ranges *= 2
    return n_ranges


def ids_piece(work: Path, index: int) -> Path:
    """Return the path of the hashed ids of part ``index``."""
    return work / f"ids-{index:05d}"


def _hash_part(item: tuple[Corpus, Path]) -> None:
    part, path = item
    piece(path, partial(_hash_ids, part))


def _hash_ids(part: Corpus) -> dict[str, np.ndarray]:
    """Return the arrays of ``NO_IDS`` for the living rows of a one-part corpus."""
    table = part.read(0, [schema.ID, schema.DROPPED_BY])
    alive = np.flatnonzero(numpy_array(pc.is_null(table.column(schema.DROPPED_BY))))
    return hashed_ids(
        table.column(schema.ID).take(arrow_array(alive)), part.parts[0].first_row + alive
    )


def hashed_ids(column: pa.ChunkedArray, ordinals: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays of ``NO_IDS`` for the ids of living rows, whose ordinals are given.

    They are sorted by the first half of the hash, so that a range of it lies together.
    """
    hashes = byte_hashes(schema.text_buffers(schema.string_array(column)))
    order = np.argsort(hashes[:, 0], kind="stable")
    return {"high": hashes[order, 0], "low": hashes[order, 1], "rows": ordinals[order]}


def _range_task(item: tuple[int, Path], n_ranges: int, n_parts: int, work: Path) -> None:
    number, path = item
    piece(path, partial(_repeats, number, n_ranges, n_parts, work))


def _repeats(number: int, n_ranges: int, n_parts: int, work: Path) -> dict[str, np.ndarray]:
    """Return the arrays of ``NO_REPEATS`` for one range of the first half of the hash."""
    width = (1 << 64) // n_ranges
    lowest, highest = np.uint64(number * width), np.uint64((number + 1) * width - 1)
    slices = [NO_IDS]
    for index in range(n_parts):
        arrays = read_arrays(ids_piece(work, index))
        start = np.searchsorted(arrays["high"], lowest)
        stop = np.searchsorted(arrays["high"], highest, side="right")
        if start < stop:  # copied: a slice would hold its file open
            slices.append({name: arrays[name][start:stop].copy() for name in NO_IDS})
    rows = np.concatenate([found["rows"] for found in slices])
    hashes = np.empty((len(rows), 2), np.uint64)
    for half, name in enumerate(("high", "low")):
        np.concatenate([found[name] for found in slices], out=hashes[:, half])
    del slices
    # Positions rise with rows where the hash is the same, so the first of a class is the earliest.
    members, group = repeated(hashes)
    is_first = np.ones(len(members), np.bool_)
    is_first[1:] = group[1:] != group[:-1]
    firsts = rows[members[is_first]][group]
    return {"rows": rows[members][~is_first], "firsts": firsts[~is_first]}


def _marks(parts: Corpus, name: str, rows: np.ndarray, firsts: np.ndarray) -> pa.Table:
    size = len(rows)
    distinct, codes = np.unique(firsts, return_inverse=True)
    columns = {
        ROW: arrow_array(rows),
        schema.DROPPED_BY: repeated_text(name, size),
        schema.REASON: repeated_text("repeated_id", size),
        schema.VALUE: encoded(codes, _places(parts, distinct)),
        schema.DUPLICATE_OF: pa.nulls(size, schema.STRING),
        schema.CLUSTER_ID: pa.nulls(size, schema.STRING),
    }
    return pa.table({column: columns[column] for column in MARKS_SCHEMA.names})


def _places(parts: Corpus, rows: np.ndarray) -> pa.LargeStringArray:
    """Return where each of ``rows`` (int64[n], rising) was read, in words."""
    found = [pa.nulls(0, schema.STRING)]
    for index, part in enumerate(parts.parts):
        start, stop = np.searchsorted(rows, [part.first_row, part.first_row + part.rows])
        if start == stop:
            continue
        inside = arrow_array(rows[start:stop] - part.first_row)
        table = parts.read(index, [schema.FILE, schema.LINE]).take(inside)
        line = table.column(schema.LINE)
        number = arrow_array(rows[start:stop])
        # A row made in memory has no file: joined with a null, its place is null.
        place = pc.coalesce(
            _joined(":", table.column(schema.FILE), line), _joined(" ", "row", number)
        )
        found.append(schema.string_array(_joined("", "the first is at ", place)))
    return pa.concat_arrays(found)


def _joined(separator: str, *columns: str | pa.Array | pa.ChunkedArray) -> Any:
    """Return ``columns`` joined row by row as ``large_string``, null where one of them is."""
    arrays = [string(c) if isinstance(c, str) else c for c in (*columns, separator)]
    return pc.binary_join_element_wise(*(array.cast(schema.STRING) for array in arrays))
