"""Turning clusters into marks on rows."""

from __future__ import annotations

from collections.abc import Sized
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from curator import schema
from curator.arrow_numpy import arrow_array, numpy_array, string, strings
from curator.dedup.ordering import text_ranks
from curator.io.parts import MARKS_SCHEMA, ROW, Corpus

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


def row_ids(parts: Corpus, rows: np.ndarray) -> pa.ChunkedArray:
    """Return the ids of ``rows`` (int64[n], rising), reading only ids; a null id is empty."""
    found = []
    for index, part in enumerate(parts.parts):
        start, stop = np.searchsorted(rows, [part.first_row, part.first_row + part.rows])
        if start < stop:
            column = schema.string_array(parts.read(index, [schema.ID]).column(schema.ID))
            taken = column.take(arrow_array(rows[start:stop] - part.first_row))
            found.append(taken.fill_null(string("")))
    return pa.chunked_array(found, schema.STRING)  # in chunks: joining would hold all ids twice


def encoded(codes: np.ndarray, dictionary: pa.Array) -> pa.DictionaryArray:
    """Return ``dictionary[codes]`` without writing it out: 4 bytes an entry, however long."""
    return pa.DictionaryArray.from_arrays(
        arrow_array(codes.astype(_code_type(dictionary), copy=False)), dictionary
    )


def repeated_text(text: str, n: int) -> pa.DictionaryArray:
    """Return ``text`` ``n`` times."""
    return encoded(np.zeros(n, np.int32), strings([text]))


def four_decimals(numbers: np.ndarray) -> pa.DictionaryArray:
    """Return each of ``numbers`` (float64[n]) as text with four decimals."""
    distinct, codes = np.unique(numbers, return_inverse=True)
    texts = []
    for start in range(0, len(distinct), FORMATTED_AT_ONCE):
        some = distinct[start : start + FORMATTED_AT_ONCE].tolist()
        texts.append(strings([f"{number:.4f}" for number in some]))
    short = schema.string_array(pa.chunked_array(texts, schema.STRING)).dictionary_encode()
    return encoded(numpy_array(short.indices)[codes], short.dictionary)


def to_marks(parts: Corpus, name: str, duplicates: Duplicates) -> pa.Table:
    """Return the marks of dropped rows and of the rows kept for them, sorted by row.

    The cluster id is the smallest id of a cluster, dropped or kept. No duplicates give no marks.
    What repeats (names, reasons, ids of kept rows) is in dictionary columns: 28 bytes a mark, and
    one or two ids a cluster.
    """
    n_dropped = len(duplicates.rows)
    kept_rows, clusters = np.unique(duplicates.kept, return_inverse=True)
    rows = np.concatenate([duplicates.rows, kept_rows])
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    codes = np.arange(len(kept_rows), dtype=_code_type(kept_rows))
    codes = np.concatenate([clusters.astype(codes.dtype), codes])[order]
    is_kept = order >= n_dropped
    texts, kept_of, smallest_of = _named_ids(row_ids(parts, rows), is_kept, codes, len(kept_rows))
    source = arrow_array(order, is_kept)  # a null takes a null: kept rows stay living
    del order
    columns = {
        ROW: arrow_array(rows),
        schema.DROPPED_BY: repeated_text(name, n_dropped).take(source),
        schema.REASON: duplicates.reasons.take(source),
        schema.VALUE: duplicates.values.take(source),
        schema.DUPLICATE_OF: pa.DictionaryArray.from_arrays(
            arrow_array(kept_of[codes], is_kept), texts
        ),
        schema.CLUSTER_ID: encoded(smallest_of[codes], texts),
    }
    return pa.table({column: columns[column] for column in MARKS_SCHEMA.names})


def _code_type(dictionary: Sized) -> type[np.int32] | type[np.int64]:
    return np.int32 if len(dictionary) < 1 << 31 else np.int64


def _named_ids(
    ids: pa.ChunkedArray, is_kept: np.ndarray, clusters: np.ndarray, n_clusters: int
) -> tuple[pa.LargeStringArray, np.ndarray, np.ndarray]:
    """Return the ids that marks name, and where each cluster's kept and smallest id is in them.

    ``ids``, ``is_kept`` and ``clusters`` (int[n], 0..n_clusters-1) tell of the marked rows, which
    rise, so that the kept ones come by cluster.
    """
    rank = text_ranks(ids)
    first = np.full(n_clusters, len(rank), np.int64)
    np.minimum.at(first, clusters, rank)
    smallest = np.empty(n_clusters, np.int64)
    is_first = rank == first[clusters]
    smallest[clusters[is_first]] = np.flatnonzero(is_first)
    del rank
    named = is_kept.copy()
    named[smallest] = True
    texts = schema.string_array(ids.filter(arrow_array(named)))
    place = np.cumsum(named, dtype=_code_type(named)) - 1
    return texts, place[is_kept], place[smallest]
