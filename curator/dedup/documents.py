"""Reading the living documents of one part, and folding them a few megabytes at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curator import schema
from curator.io.parts import Parts
from curator.kernels.buffers import Utf8

CHUNK_BYTES = 4 << 20
"""Text folded at a time: the code points stay near the processor and their memory is reused."""


def living_texts(part: Parts, text_field: str) -> tuple[np.ndarray, Utf8]:
    """Return the row ordinals and the texts of the living rows of a one-part ``Parts``."""
    table = part.read(0, [text_field, schema.DROPPED_BY])
    positions = np.flatnonzero(pc.is_null(table.column(schema.DROPPED_BY)).to_numpy())
    texts = schema.string_array(table.column(text_field))
    if len(positions) < table.num_rows:
        texts = texts.take(pa.array(positions))
    return positions + part.parts[0].first_row, schema.text_buffers(texts)


def chosen_texts(part: Parts, text_field: str, rows: np.ndarray) -> Utf8:
    """Return the texts of ``rows`` (int64[n], rising ordinals) of a one-part ``Parts``."""
    texts = schema.string_array(part.read(0, [text_field]).column(text_field))
    return schema.text_buffers(texts.take(pa.array(rows - part.parts[0].first_row)))


def chunks(texts: Utf8, n_bytes: int = CHUNK_BYTES) -> Iterator[tuple[slice, Utf8]]:
    """Yield runs of documents of about ``n_bytes``, at least one each, with their place."""
    start = 0
    while start < texts.n_documents:
        limit = texts.offsets[start] + n_bytes
        stop = int(np.searchsorted(texts.offsets, limit, side="right")) - 1
        stop = min(max(stop, start + 1), texts.n_documents)
        yield slice(start, stop), Utf8(texts.offsets[start : stop + 1], texts.data)
        start = stop
