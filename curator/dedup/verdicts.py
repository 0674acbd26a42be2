"""Turning clusters into marks on rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curator import schema
from curator.io.parts import MARKS_SCHEMA, ROW, Parts

FORMATTED_AT_ONCE = 1 << 16
"""Numbers that are Python strings at one time, at 55 bytes each."""


class Duplicates(NamedTuple):
    """Dropped rows, in any order; every dropped row names the kept row of its cluster."""

    rows: np.ndarray
    """int64[n]: ordinals of the rows to drop, each once."""
    kept: np.ndarray
    """int64[n]: ordinal of the row kept instead."""
    reasons: pa.DictionaryArray
    """string[n]: why, one word a row."""
    values: pa.DictionaryArray
    """string[n]: the detail for the ledger."""


def row_ids(parts: Parts, rows: np.ndarray) -> pa.LargeStringArray:
    """Return the ids of ``rows`` (int64[n], rising), reading only ids; a null id is empty."""
    found = [pa.array([], schema.STRING)]
    for index, part in enumerate(parts.parts):
        start, stop = np.searchsorted(rows, [part.first_row, part.first_row + part.rows])
        if start < stop:
            column = schema.string_array(parts.read(index, [schema.ID]).column(schema.ID))
            taken = column.take(pa.array(rows[start:stop] - part.first_row))
            found.append(taken.fill_null(""))
    return pa.concat_arrays(found)


def encoded(indices: np.ndarray, dictionary: pa.Array) -> pa.DictionaryArray:
    """Return ``dictionary[indices]`` as codes into it: 4 bytes an entry, however long the texts."""
    codes = indices.astype(np.int32 if len(dictionary) < 1 << 31 else np.int64, copy=False)
    return pa.DictionaryArray.from_arrays(codes, dictionary)


def repeated_text(text: str, n: int) -> pa.DictionaryArray:
    """Return ``text`` ``n`` times."""
    return encoded(np.zeros(n, np.int32), pa.array([text], schema.STRING))


def four_decimals(numbers: np.ndarray) -> pa.DictionaryArray:
    """Return each of ``numbers`` (float64[n]) as text with four decimals."""
    distinct, codes = np.unique(numbers, return_inverse=True)
    texts = [pa.array([], schema.STRING)]
    for start in range(0, len(distinct), FORMATTED_AT_ONCE):
        some = distinct[start : start + FORMATTED_AT_ONCE].tolist()
        texts.append(pa.array([f"{number:.4f}" for number in some], schema.STRING))
    return encoded(codes, pa.concat_arrays(texts))


def to_marks(parts: Parts, name: str, duplicates: Duplicates) -> pa.Table:
    """Return the marks of dropped rows and of the rows kept for them, sorted by row.

    The cluster id is the smallest id of a cluster, dropped or kept. No duplicates give no marks.
    Texts that repeat (names, reasons, the ids of kept rows) are dictionary columns.
    """
    n_dropped = len(duplicates.rows)
    kept_rows, cluster = np.unique(duplicates.kept, return_inverse=True)
    rows = np.concatenate([duplicates.rows, kept_rows])
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    clusters = np.concatenate([cluster, np.arange(len(kept_rows))])[order]
    is_kept = order >= n_dropped
    ids = row_ids(parts, rows)
    # Rows rise, so the kept ones come by cluster: their ids are the dictionary of duplicate_of.
    kept_ids = ids.filter(pa.array(is_kept))
    duplicate_of = pa.DictionaryArray.from_arrays(
        pa.array(clusters, mask=is_kept, type=encoded(cluster, kept_ids).type.index_type), kept_ids
    )
    smallest = encoded(clusters, _smallest(ids, clusters, len(kept_rows)))
    source = pa.array(order, mask=is_kept)  # a null takes a null: kept rows stay living
    columns = {
        ROW: pa.array(rows),
        schema.DROPPED_BY: repeated_text(name, n_dropped).take(source),
        schema.REASON: duplicates.reasons.take(source),
        schema.VALUE: duplicates.values.take(source),
        schema.DUPLICATE_OF: duplicate_of,
        schema.CLUSTER_ID: smallest,
    }
    return pa.table({column: columns[column] for column in MARKS_SCHEMA.names})


def _smallest(ids: pa.LargeStringArray, clusters: np.ndarray, n_clusters: int) -> pa.Array:
    """Return the smallest of ``ids`` in each of ``clusters`` (int64[n], 0..n_clusters-1)."""
    rising = pc.array_sort_indices(ids).to_numpy()
    rank = np.empty(len(rising), np.int64)
    rank[rising] = np.arange(len(rising))
    first = np.full(n_clusters, len(rising), np.int64)
    np.minimum.at(first, clusters, rank)
    return ids.take(pa.array(rising[first]))
