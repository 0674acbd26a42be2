"""What global stages cut out of documents: a file of cuts a part, laid over it when it is read."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from curator import schema
from curator.io.atomic import atomic_write
from curator.kernels import spans
from curator.later import pc

ROW, START, END = "row", "start", "end"
FIRST_BYTE, LAST_BYTE = "first_byte", "last_byte"
CUTS_SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.int64()) for name in (ROW, START, END, FIRST_BYTE, LAST_BYTE)),
        *(
            pa.field(name, schema.STRING)
            for name in (schema.TEXT, schema.REASON, schema.VALUE, schema.DUPLICATE_OF)
        ),
    ]
)
"""A cut: the ordinal of a row in the corpus; the code points ``[start, end)`` of its text as the
stage saw it, and the bytes of the same; what stood there, why it went, and the id of the document
in which it stays. Cuts rise by row and place, do not overlap, and none is empty."""


class CutLayer(NamedTuple):
    """What one stage cut."""

    folder: Path
    """Holds a file for every part of which something was cut."""
    stage: str
    """Name in the ledger."""
    column: str
    """Column of text it was cut from."""

    def path(self, part: Path) -> Path:
        """Return the file of a part's cuts; it is there only where there are any."""
        return self.folder / f"{part.stem}.cuts"

    def read(self, part: Path) -> pa.Table | None:
        """Return the cuts of a part, memory-mapped, or ``None`` where it has none."""
        path = self.path(part)
        if not path.exists():
            return None
        with pa.memory_map(str(path)) as source:
            return pa.ipc.open_file(source).read_all()


def write_cuts(path: Path, cuts: pa.Table) -> None:
    """Write the cuts of one part, atomically."""
    cuts = cuts.select(CUTS_SCHEMA.names).cast(CUTS_SCHEMA)
    with atomic_write(path) as file, pa.ipc.new_file(file, CUTS_SCHEMA) as writer:
        writer.write_table(cuts.combine_chunks())


def apply_cuts(table: pa.Table, cuts: pa.Table, first_row: int, column: str) -> pa.Table:
    """Return a part's table with the cuts left out of ``column``; a null text stays null."""
    index = table.column_names.index(column)
    field = table.schema.field(index)
    documents = cuts.column(ROW).to_numpy() - first_row
    first, last = (cuts.column(name).to_numpy() for name in (FIRST_BYTE, LAST_BYTE))
    old = schema.string_array(table.column(index))
    new = cut_texts(old, documents, first, last)
    return table.set_column(index, field, new if new.type == field.type else new.cast(field.type))


def cut_texts(
    texts: pa.LargeStringArray, documents: np.ndarray, first: np.ndarray, last: np.ndarray
) -> pa.LargeStringArray:
    """Return ``texts`` without the bytes ``[first[i], last[i])`` of text ``documents[i]``."""
    left = spans.without(schema.text_buffers(texts), documents, first, last)
    buffers = pa.py_buffer(left.offsets), pa.py_buffer(left.data)
    array = pa.LargeStringArray.from_buffers(len(texts), *buffers)
    if not texts.null_count:
        return array
    return pc.if_else(texts.is_valid(), array, pa.scalar(None, schema.STRING))
