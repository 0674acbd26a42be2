"""What becomes of the documents, kept for a restart: the pieces it was found with need not be."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from curator.arrow_numpy import arrow_array, numpy_array
from curator.dedup.pieces import read_arrays, write_arrays
from curator.dedup.verdicts import Duplicates
from curator.errors import ManifestError
from curator.io.atomic import atomic_write
from curator.io.parts import read_marks, write_marks

REPEATED, COPIES, LIVING = "repeated.arrow", "copies.arrow", "living"


class Verdict(NamedTuple):
    """What becomes of the documents, of the index and of the input."""

    repeated: pa.Table
    """``MARKS_SCHEMA``: documents dropped for their id, by row."""
    copies: Duplicates
    """Documents dropped for another one."""
    living: np.ndarray
    """int64[n]: rows that are documents, rising."""


def save_verdict(folder: Path, verdict: Verdict) -> None:
    """Write a verdict into a folder of its own; the last file makes it whole."""
    folder.mkdir(exist_ok=True)
    write_marks(folder / REPEATED, verdict.repeated)
    rows, kept, *words = verdict.copies
    columns = [arrow_array(rows), arrow_array(kept), *words]
    table = pa.table(columns, names=list(Duplicates._fields))
    with atomic_write(folder / COPIES) as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    write_arrays(folder / LIVING, {"rows": verdict.living}, durable=True)


def load_verdict(folder: Path) -> Verdict | None:
    """Return what ``save_verdict`` wrote; ``None`` where there is none, or not all of it.

    Raises ``ManifestError`` where it is damaged.
    """
    if not all((folder / name).exists() for name in (REPEATED, COPIES, LIVING)):
        return None
    living = read_arrays(folder / LIVING)["rows"]
    try:
        repeated = read_marks(folder / REPEATED)
        with pa.memory_map(str(folder / COPIES)) as source:
            table = pa.ipc.open_file(source).read_all()
    except (pa.ArrowException, OSError) as error:
        raise ManifestError(f"{folder}: is damaged ({error}); delete it") from error
    rows, kept, reasons, values = (column.combine_chunks() for column in table.columns)
    copies = Duplicates(numpy_array(rows), numpy_array(kept), reasons, values)
    return Verdict(repeated, copies, living)
