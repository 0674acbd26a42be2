"""First pass over the lines: what every later step needs of them, parsed once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from curator import schema
from curator.arrow_numpy import numpy_array
from curator.dedup.copies.signing import Run, run_arrays, signed_piece, signed_runs
from curator.dedup.documents import living
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.dedup.pieces import piece
from curator.dedup.repeated_ids import hashed_ids, ids_piece
from curator.io.json_texts import NOTHING
from curator.io.line_parts import LineParts
from curator.kernels.json_lines import count_characters
from curator.later import pc

IDS, FUZZY = "ids", "fuzzy"
"""Folders of work: of ids that repeat, and of the stage."""
KEPT = [schema.ID, schema.LINE, schema.DROPPED_BY, schema.REASON]
"""Columns held until all lines of a part are read."""


def lines_piece(work: Path, index: int) -> Path:
    """Return the path of what is known of the lines of part ``index``: see ``read_part``."""
    return work / f"lines-{index:05d}"


def read_part(item: tuple[LineParts, int], stage: FuzzyDuplicates, work: Path) -> None:
    """Parse the lines of one part (of all lines the part ``index``), sign them, note their sizes.

    Its piece has for every line its bytes int64[lines], 0 for a blank one, the code points of
    its text int64[lines], and plain bool[lines], see ``TextLines``; and rows int64[1], how many
    lines are not blank.
    """
    part, index = item
    number = part.numbers[0]
    done = lines_piece(work, index)
    hashed, signed = ids_piece(work / IDS, number), signed_piece(work / FUZZY, number)
    if all(path.exists() for path in (done, hashed, signed, part.ids_path(0))):
        return
    first, count = part.parts[0].first_row, part.parts[0].rows
    sizes, characters = np.zeros(count, np.int64), np.zeros(count, np.int64)
    is_row, plain = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    tables, place = [NOTHING.select(KEPT)], 0
    runs: list[Run] = []
    # Signed piece by piece: their texts are still in the processor's cache, and are never joined.
    for found in part.readings(0):
        sizes[place : place + len(found.sizes)] = found.sizes
        place += len(found.sizes)
        plain[found.plain - part.blocks[0].first_line] = True
        ordinals = part.ordinals(0, found.table)
        is_row[ordinals - first] = True
        rows, texts = living(found.table, ordinals, stage.text_field)
        characters[rows - first] = count_characters(texts)
        runs.extend(signed_runs(rows, texts, stage.signing))
        tables.append(found.table.select(KEPT))
    table = pa.concat_tables(tables).combine_chunks()
    part.write_ids(0, table)
    ids, rows = table.column(schema.ID), part.ordinals(0, table)
    dropped_by, flaws = table.column(schema.DROPPED_BY), {}
    if dropped_by.null_count < len(dropped_by):
        alive = pc.is_null(dropped_by)
        ids, rows = ids.filter(alive), rows[numpy_array(alive)]
        counts = pc.value_counts(table.column(schema.REASON).filter(pc.invert(alive))).to_pylist()
        flaws = {count["values"]: count["counts"] for count in counts}
    piece(hashed, lambda: hashed_ids(ids, rows))
    piece(signed, lambda: run_arrays(runs, stage.signing))
    sizes = np.where(is_row, np.maximum(sizes, 1), 0)  # what damage left is a row of no bytes
    lines = {"bytes": sizes, "characters": characters, "plain": plain}
    as_json = json.dumps(flaws, sort_keys=True).encode()  # {"invalid_json": 2}
    counted = {"rows": np.array([table.num_rows]), "flaws": np.frombuffer(as_json, np.uint8)}
    piece(done, lambda: {**lines, **counted})
