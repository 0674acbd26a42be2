"""RepeatedIds: two documents may not go by one name, or the ledger could not tell them apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from curator import schema
from curator.cluster import run_tasks
from curator.io.parts import MARKS_SCHEMA, Parts
from curator.stages.global_stage import GlobalStageBase

HASH = np.dtype([("high", "<u8"), ("low", "<u8")])
"""128 bits of xxh3: among 10^12 ids the chance of one collision is about 10^-15."""


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

    def mark(self, parts: Parts, work: Path, client: Any | None) -> pa.Table:
        """Return a mark for every living row but the first of each id."""
        indices = range(len(parts.parts))
        hashes = run_tasks(_hash_ids, [parts.only(i) for i in indices], client)
        rows = np.concatenate(
            [np.empty(0, np.int64)]
            + [part.first_row + alive for part, (alive, _) in zip(parts.parts, hashes, strict=True)]
        )
        ids = np.concatenate([np.empty(0, HASH), *(values for _, values in hashes)])
        order = np.lexsort((rows, ids["low"], ids["high"]))
        same = np.zeros(len(order), bool)
        same[1:] = ids[order][1:] == ids[order][:-1]
        if not same.any():
            return MARKS_SCHEMA.empty_table()
        group = np.cumsum(~same) - 1
        first = rows[order][~same][group]
        repeated, firsts = rows[order][same], first[same]
        places = _places(parts, np.unique(firsts))
        by_row = np.argsort(repeated)
        values = [f"the first is at {places[row]}" for row in firsts[by_row].tolist()]
        return _marks(repeated[by_row], values)


def _hash_ids(part: Parts) -> tuple[np.ndarray, np.ndarray]:
    table = part.read(0, [schema.ID, schema.DROPPED_BY])
    alive = np.flatnonzero(pc.is_null(table.column(schema.DROPPED_BY)).to_numpy())
    ids = table.column(schema.ID).take(pa.array(alive)).to_pylist()
    digests = b"".join(xxhash.xxh3_128_digest(identifier.encode()) for identifier in ids)
    return alive, np.frombuffer(digests, HASH)


def _places(parts: Parts, rows: np.ndarray) -> dict[int, str]:
    places: dict[int, str] = {}
    for index, part in enumerate(parts.parts):
        start, stop = np.searchsorted(rows, [part.first_row, part.first_row + part.rows])
        if start == stop:
            continue
        inside = pa.array(rows[start:stop] - part.first_row)
        table = parts.read(index, [schema.FILE, schema.LINE]).take(inside)
        for row, file, line in zip(
            rows[start:stop].tolist(),
            table.column(schema.FILE).to_pylist(),
            table.column(schema.LINE).to_pylist(),
            strict=True,
        ):
            places[row] = f"row {row}" if file is None else f"{file}:{line}"
    return places


def _marks(rows: np.ndarray, values: list[str]) -> pa.Table:
    size = len(rows)
    nothing = pa.nulls(size, schema.STRING)
    columns = {
        "row": pa.array(rows, pa.int64()),
        schema.DROPPED_BY: pa.array(["RepeatedIds"] * size, schema.STRING),
        schema.REASON: pa.array(["repeated_id"] * size, schema.STRING),
        schema.VALUE: pa.array(values, schema.STRING),
        schema.DUPLICATE_OF: nothing,
        schema.CLUSTER_ID: nothing,
    }
    return pa.Table.from_pydict(columns, schema=MARKS_SCHEMA)
