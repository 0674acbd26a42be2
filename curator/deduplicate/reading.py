"""First pass over the lines: what every later step needs of them, parsed once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curator import schema
from curator.dedup.documents import living
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.dedup.pieces import piece
from curator.dedup.repeated_ids import hashed_ids, ids_piece
from curator.dedup.signing import sign_texts, signed_piece
from curator.io.json_texts import NOTHING
from curator.io.line_parts import LineParts

IDS, FUZZY = "ids", "fuzzy"
"""Folders of work: of ids that repeat, and of the stage."""


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
    sizes, plain = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    tables, place = [NOTHING], 0
    for found in part.readings(0):
        tables.append(found.table)
        sizes[place : place + len(found.sizes)] = found.sizes
        plain[found.plain - part.blocks[0].first_line] = True
        place += len(found.sizes)
    table = pa.concat_tables(tables).combine_chunks()
    ordinals = part.ordinals(0, table)
    part.write_ids(0, table)
    rows, texts = living(table, ordinals, stage.text_field)
    ids = table.column(schema.ID).filter(pc.is_null(table.column(schema.DROPPED_BY)))
    piece(hashed, lambda: hashed_ids(ids, rows))
    piece(signed, lambda: sign_texts(rows, texts, stage.signing))
    is_row, characters = np.zeros(count, np.bool_), np.zeros(count, np.int64)
    is_row[ordinals - first] = True
    lengths = pc.utf8_length(table.column(schema.TEXT)).fill_null(0).to_numpy()
    alive = pc.is_null(table.column(schema.DROPPED_BY)).to_numpy()
    characters[ordinals - first] = np.where(alive, lengths, 0)
    sizes = np.where(is_row, np.maximum(sizes, 1), 0)  # what damage left is a row of no bytes
    lines = {"bytes": sizes, "characters": characters, "plain": plain}
    counted = {"rows": np.array([table.num_rows]), "flaws": _flaws(table)}
    piece(done, lambda: {**lines, **counted})


def _flaws(table: pa.Table) -> np.ndarray:
    """Return the reasons of the rows that are no documents, as JSON: ``{"invalid_json": 2}``."""
    refused = table.filter(pc.is_valid(table.column(schema.DROPPED_BY)))
    counts = pc.value_counts(refused.column(schema.REASON)).to_pylist()
    found = {count["values"]: count["counts"] for count in counts}
    return np.frombuffer(json.dumps(found, sort_keys=True).encode(), np.uint8)
