"""Turning clusters into marks on rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from curator import schema
from curator.io.parts import MARKS_SCHEMA, Parts


class Duplicates(NamedTuple):
    """Dropped rows, in any order; every dropped row names the kept row of its cluster."""

    rows: np.ndarray
    """int64[n]: ordinals of the rows to drop, each once."""
    kept: np.ndarray
    """int64[n]: ordinal of the row kept instead."""
    reasons: np.ndarray
    """object[n]: why, one word a row."""
    values: np.ndarray
    """object[n]: the detail for the ledger."""


def row_ids(parts: Parts, rows: np.ndarray) -> list[str]:
    """Return the ids of ``rows`` (int64[n], any order, repeats allowed), reading only ids."""
    wanted, back = np.unique(rows, return_inverse=True)
    found: list[str] = []
    for index, part in enumerate(parts.parts):
        start, stop = np.searchsorted(wanted, [part.first_row, part.first_row + part.rows])
        if start < stop:
            column = schema.string_array(parts.read(index, [schema.ID]).column(schema.ID))
            taken = column.take(pa.array(wanted[start:stop] - part.first_row))
            found += taken.fill_null("").to_pylist()
    return [found[i] for i in back.tolist()]


def to_marks(parts: Parts, name: str, duplicates: Duplicates) -> pa.Table:
    """Return the marks of dropped rows and of the rows kept for them, sorted by row.

    The cluster id is the smallest id of a cluster, dropped or kept. No duplicates give no marks.
    """
    kept_rows, cluster = np.unique(duplicates.kept, return_inverse=True)
    rows = np.concatenate([duplicates.rows, kept_rows])
    clusters = np.concatenate([cluster, np.arange(len(kept_rows))]).astype(np.int64)
    ids = row_ids(parts, rows)
    kept_ids = ids[len(duplicates.rows) :]
    smallest = list(kept_ids)
    for identifier, number in zip(ids, clusters.tolist(), strict=True):
        smallest[number] = min(smallest[number], identifier)
    nothing = [None] * len(kept_rows)
    columns = {
        "row": rows,
        schema.DROPPED_BY: [name] * len(duplicates.rows) + nothing,
        schema.REASON: duplicates.reasons.tolist() + nothing,
        schema.VALUE: duplicates.values.tolist() + nothing,
        schema.DUPLICATE_OF: [kept_ids[number] for number in cluster.tolist()] + nothing,
        schema.CLUSTER_ID: [smallest[number] for number in clusters.tolist()],
    }
    order = np.argsort(rows, kind="stable")
    return pa.Table.from_pydict(columns, schema=MARKS_SCHEMA).take(pa.array(order))
