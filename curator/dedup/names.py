"""The ids of a large corpus, kept once for tasks that need those of a few rows of every part."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curator import schema
from curator.arrow_numpy import arrow_array, string
from curator.cluster import run_tasks
from curator.dedup.layout import read_layout
from curator.dedup.pieces import piece, read_arrays
from curator.io.parts import Corpus


def write_names(parts: Corpus, work: Path, client: Any | None) -> None:
    """Write the ids of every part, 8 bytes each and the id; a null id is empty.

    Tasks cannot be given a whole corpus to read ids from: the handle grows with it.
    """
    items = [(parts.only(i), _names_piece(work, i)) for i in range(len(parts.parts))]
    run_tasks(_names_task, items, client)


def _names_piece(work: Path, index: int) -> Path:
    return work / f"names-{index:05d}"


def _names_task(item: tuple[Corpus, Path]) -> None:
    part, path = item
    piece(path, partial(_names, part))


def _names(part: Corpus) -> dict[str, np.ndarray]:
    return stored(
        schema.string_array(part.read(0, [schema.ID]).column(schema.ID)).fill_null(string(""))
    )


def read_names(rows: np.ndarray, work: Path) -> pa.ChunkedArray:
    """Return the ids of ``rows`` (int64[n], rising), as ``verdicts.row_ids`` does.

    ``work`` holds the layout of the parts and what ``write_names`` wrote.
    """
    found = []
    for index, part in enumerate(read_layout(work).parts):
        start, stop = np.searchsorted(rows, [part.first_row, part.first_row + part.rows])
        if start < stop:
            arrays = read_arrays(_names_piece(work, index))
            whole = strings(arrays["offsets"], arrays["text"])
            found.append(whole.take(arrow_array(rows[start:stop] - part.first_row)))
    return pa.chunked_array(found, schema.STRING)


def stored(texts: pa.LargeStringArray) -> dict[str, np.ndarray]:
    """Return offsets int64[n + 1] and text uint8: texts without nulls as arrays of a piece."""
    if not len(texts):
        return {"offsets": np.zeros(1, np.int64), "text": np.zeros(0, np.uint8)}
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    text = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return {"offsets": ends - ends[0], "text": text[ends[0] : ends[-1]]}


def strings(offsets: np.ndarray, text: np.ndarray) -> pa.LargeStringArray:
    """Return the texts that lie between ``offsets`` (int64[n + 1], any first) in ``text``."""
    inside = text[offsets[0] : offsets[-1]]
    buffers = [None, pa.py_buffer(offsets - offsets[0]), pa.py_buffer(inside)]
    return pa.Array.from_buffers(schema.STRING, len(offsets) - 1, buffers)
