"""First pass over the lines: what every later step needs of them, parsed once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from curator import schema
from curator.dedup.documents import living
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.dedup.pieces import piece
from curator.dedup.repeated_ids import hashed_ids, ids_piece
from curator.dedup.signing import sign_texts, signed_piece
from curator.io.line_parts import LineParts, line_bounds

IDS, FUZZY = "ids", "fuzzy"
"""Folders of work: of ids that repeat, and of the stage."""


def lines_piece(work: Path, index: int) -> Path:
    """Return the path of what is known of the lines of part ``index``: see ``read_part``."""
    return work / f"lines-{index:05d}"


def read_part(item: tuple[LineParts, int], stage: FuzzyDuplicates, work: Path) -> None:
    """Parse the lines of one part (of all lines the part ``index``), sign them, note their sizes.

    Its piece has for every line its bytes int64[lines], 0 for a blank one, and the code points of
    its text int64[lines]; and rows int64[1], how many lines are not blank.
    """
    part, index = item
    done = lines_piece(work, index)
    if done.exists():
        return
    table = part.rows(0, None)
    ordinals = part.ordinals(0, table)
    part.write_ids(0, table)
    rows, texts = living(table, ordinals, stage.text_field)
    ids = table.column(schema.ID).filter(pc.is_null(table.column(schema.DROPPED_BY)))
    number = part.numbers[0]
    piece(ids_piece(work / IDS, number), lambda: hashed_ids(ids, rows))
    piece(signed_piece(work / FUZZY, number), lambda: sign_texts(rows, texts, stage.signing))
    first, count = part.parts[0].first_row, part.parts[0].rows
    sizes, characters = np.zeros(count, np.int64), np.zeros(count, np.int64)
    sizes[ordinals - first] = 1  # a line that is a row; its bytes come below
    lengths = pc.utf8_length(table.column(schema.TEXT).fill_null("")).to_numpy()
    characters[ordinals - first] = lengths
    place = 0
    for found in part.pieces(0):
        starts, ends = line_bounds(found.data)
        sizes[place : place + len(ends)] *= ends - starts
        place += len(ends)
    arrays = {"bytes": sizes, "characters": characters, "rows": np.array([table.num_rows])}
    piece(done, lambda: arrays)
