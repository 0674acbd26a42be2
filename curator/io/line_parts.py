"""A corpus of JSON lines read where it lies: parts for global stages without a copy of the text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from curator import schema
from curator.io import blocks
from curator.io.atomic import atomic_write
from curator.io.blocks import Block, Piece
from curator.io.json_bulk import parse_bulk
from curator.io.json_rows import MAX_NESTING, JsonFields
from curator.io.jsonl import JsonlReader, piece_table
from curator.io.parts import Part

NEWLINE = 10
OPEN = ord("{")
NOT_NUMBERS = (re.compile(rb"NaN[ \t\r]*[,\]}]"), re.compile(rb"Inf(?:inity)?[ \t\r]*[,\]}]"))
"""May be numbers that JSON does not have. One pattern for both takes ten times as long."""


@dataclass(frozen=True)
class LineParts:
    """The lines of some blocks; a row is a line, so ordinals are known before anything is parsed.

    A blank line is a row without text that no stage sees. Offers what ``curator.io.parts.Parts``
    offers to a stage that only reads.
    """

    parts: tuple[Part, ...]
    blocks: tuple[Block, ...]
    reader: JsonlReader
    columns: pa.Schema
    """Metadata columns, for whole rows."""
    ids: Path
    """Folder of the ids, kept at the first reading."""
    numbers: tuple[int, ...]
    """Which part of all each of these is."""

    @property
    def total_rows(self) -> int:
        """Lines of all parts."""
        return sum(part.rows for part in self.parts)

    def only(self, index: int) -> LineParts:
        """Return a handle on one part; ordinals stay those of all."""
        return replace(
            self,
            parts=(self.parts[index],),
            blocks=(self.blocks[index],),
            numbers=(self.numbers[index],),
        )

    def read(self, index: int, columns: Sequence[str]) -> pa.Table:
        """Return ``columns`` of part ``index``, one row a line.

        Ids alone are taken from where ``write_ids`` put them.
        """
        if list(columns) == [schema.ID]:
            return _read_ids(self.ids_path(index))
        return self._one_a_line(index, self.rows(index, None)).select(columns)

    def take(self, index: int, rows: np.ndarray, columns: Sequence[str] | None) -> pa.Table:
        """Return ``rows`` (int64[n], rising ordinals of lines that are rows) of part ``index``.

        ``columns`` limits what is parsed; ``None`` means every column there is.
        """
        if columns is not None and list(columns) == [schema.TEXT]:
            texts = [
                self._texts(piece, rows - self._first(index, piece)) for piece in self.pieces(index)
            ]
            empty = schema.table_schema(pa.schema([])).empty_table().select([schema.TEXT])
            return pa.concat_tables([empty, *texts]).combine_chunks()
        table = self.rows(index, rows)
        return table if columns is None else table.select(columns)

    def raw(self, index: int, rows: np.ndarray) -> Iterator[bytes]:
        """Yield the lines of ``rows`` (int64[n], rising ordinals) of part ``index`` as they are."""
        for piece in self.pieces(index):
            starts, ends = line_bounds(piece.data)
            places = rows - self._first(index, piece)
            inside = places[(places >= 0) & (places < len(starts))]
            for start, end in zip(starts[inside].tolist(), ends[inside].tolist(), strict=True):
                yield piece.data[start:end]

    def _first(self, index: int, piece: Piece) -> int:
        """Return the ordinal of the first line of a piece."""
        start = self.parts[index].first_row - self.blocks[index].first_line
        return start + piece.first_line

    def _texts(self, piece: Piece, places: np.ndarray) -> pa.Table:
        """Return the texts of the lines at ``places`` of a piece; others may lie outside it."""
        starts, ends = line_bounds(piece.data)
        inside = places[(places >= 0) & (places < len(starts))]
        spans = zip(starts[inside].tolist(), ends[inside].tolist(), strict=True)
        data = b"".join([piece.data[start:end] for start, end in spans])
        nothing, fields = pa.schema([]), self.reader.fields
        table = parse_bulk(data, 1, "", nothing, fields, "ignore")  # of the texts alone
        if table is None:
            table = piece_table(Piece(data, 1, None), "", nothing, fields)
        return table.select([schema.TEXT])

    def rows(self, index: int, chosen: np.ndarray | None) -> pa.Table:
        """Return id, text and verdict of the lines of part ``index`` that are rows.

        With ``chosen`` (int64[n], rising ordinals) only these lines are parsed, and all their
        fields are in the table.
        """
        block, fields = self.blocks[index], self.reader.fields
        tables = []
        for piece in self.pieces(index):
            if chosen is None:
                light = None
                if not piece.damage and may_be_skipped(piece.data):
                    light = parse_bulk(
                        piece.data, piece.first_line, block.file, pa.schema([]), fields, "ignore"
                    )
                if light is None:
                    light = piece_table(piece, block.file, pa.schema([]), fields)
                tables.append(light)
                continue
            places = chosen - self._first(index, piece)
            tables.append(self._chosen(piece, block.file, places, fields))
        columns = pa.schema([]) if chosen is None else self.columns
        empty = schema.table_schema(columns).empty_table()
        return pa.concat_tables([empty, *tables]).combine_chunks()

    def pieces(self, index: int) -> Iterator[Piece]:
        """Yield the lines of part ``index``, about a megabyte at a time."""
        reader = self.reader
        return blocks.read_pieces(
            self.blocks[index], reader.max_line_bytes, reader.max_unpacked_bytes
        )

    def ordinals(self, index: int, table: pa.Table) -> np.ndarray:
        """Return int64[n]: the ordinals of the rows of a table of part ``index``."""
        lines = table.column(schema.LINE).to_numpy()
        return lines - self.blocks[index].first_line + self.parts[index].first_row

    def write_ids(self, index: int, table: pa.Table) -> None:
        """Keep the ids of part ``index``, whose rows are ``table``."""
        ids = self._one_a_line(index, table).select([schema.ID])
        with (
            atomic_write(self.ids_path(index), durable=False) as file,
            pa.ipc.new_file(file, ids.schema) as writer,
        ):
            writer.write_table(ids)

    def ids_path(self, index: int) -> Path:
        """Return where the ids of part ``index`` are kept."""
        return self.ids / f"ids-{self.numbers[index]:05d}.arrow"

    def _one_a_line(self, index: int, table: pa.Table) -> pa.Table:
        """Return the table with a row for every line; those of blank lines are empty."""
        n_lines = self.parts[index].rows
        if table.num_rows == n_lines:
            return table
        take = np.full(n_lines, table.num_rows)
        take[self.ordinals(index, table) - self.parts[index].first_row] = np.arange(table.num_rows)
        blank = schema.table_schema(pa.schema([])).empty_table()
        row: dict[str, list[str | None]] = {name: [None] for name in blank.column_names}
        row[schema.DROPPED_BY] = ["blank line"]
        nothing = pa.table(row, schema=blank.schema)
        whole = pa.concat_tables([table.select(blank.column_names), nothing]).combine_chunks()
        return whole.take(pa.array(take))

    def _chosen(self, piece: Piece, file: str, places: np.ndarray, fields: JsonFields) -> pa.Table:
        """Return the rows of the lines at ``places`` of a piece; others may lie outside it."""
        starts, ends = line_bounds(piece.data)
        inside = places[(places >= 0) & (places < len(starts))]
        if len(inside) == len(starts) or piece.damage:
            table = piece_table(piece, file, self.columns, fields)
            wanted = np.isin(table.column(schema.LINE).to_numpy() - piece.first_line, places)
            return table.filter(pa.array(wanted))
        # Blank lines in place of the others, so that the rest keep their numbers.
        blank = np.diff(inside, prepend=-1) - 1
        spans = zip(blank.tolist(), starts[inside].tolist(), ends[inside].tolist(), strict=True)
        data = b"".join(
            [b"\n" * n + piece.data[start:end].rstrip(b"\n") + b"\n" for n, start, end in spans]
        )
        return piece_table(Piece(data, piece.first_line, None), file, self.columns, fields)


def may_be_skipped(data: bytes) -> bool:
    """Return whether fields that are not read can hold nothing that makes a line no document.

    Arrow skips them without a look at bytes that are not UTF-8, at NaN, or at how deep they are
    nested. ``False`` may be said of good lines, too, and then they are read the longer way.
    """
    size = np.array([0, len(data)], np.int64)
    try:
        text = [None, pa.py_buffer(size), pa.py_buffer(data)]
        pa.Array.from_buffers(schema.STRING, 1, text).validate(full=True)
    except pa.ArrowInvalid:
        return False
    if any(pattern.search(data) for pattern in NOT_NUMBERS):
        return False
    opened = np.frombuffer(data, np.uint8) | 0x20 == OPEN  # both "[" and "{"
    if np.count_nonzero(opened) < MAX_NESTING:
        return True
    starts, _ = line_bounds(data)
    return bool(np.add.reduceat(opened, starts, dtype=np.int64).max() < MAX_NESTING)


def line_bounds(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return int64[n] starts and ends of the lines, newlines included."""
    text = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(text == NEWLINE) + 1
    if len(text) and text[-1] != NEWLINE:
        ends = np.append(ends, len(text))
    return np.concatenate([[0], ends[:-1]])[: len(ends)], ends


def line_parts(
    reader: JsonlReader,
    block_size: int,
    scratch: Path,
    run: blocks.Run,
    first: tuple[int, int] = (0, 0),
) -> LineParts:
    """Return the parts of a reader's input, cut into blocks of about ``block_size`` bytes.

    ``scratch`` is where packed files are unpacked and ids are kept; ``run`` applies a function to
    items in parallel. ``first`` is the number of the first part and the ordinal of its first row.
    No input lines give no parts.
    """
    plan = reader.plan(block_size, scratch, run)
    last = [
        number
        for number, block in enumerate(plan.blocks)
        if number + 1 == len(plan.blocks) or plan.blocks[number + 1].file != block.file
    ]
    reading = (reader.max_line_bytes, reader.max_unpacked_bytes)
    counted = run(_count, [(plan.blocks[number], *reading) for number in last])
    rows = dict(zip(last, counted, strict=True))
    first_part, first_row = first
    parts = []
    for number, (block, following) in enumerate(
        itertools.zip_longest(plan.blocks, plan.blocks[1:])
    ):
        count = rows[number] if number in rows else following.first_line - block.first_line
        parts.append(Part(Path(block.path), count, first_row))
        first_row += count
    numbers = tuple(range(first_part, first_part + len(parts)))
    return LineParts(tuple(parts), plan.blocks, reader, plan.columns, scratch, numbers)


def _count(item: tuple[blocks.Block, int, int]) -> int:
    """Return the lines of a block, and one for what damage may leave behind them."""
    return 1 + sum(len(line_bounds(piece.data)[1]) for piece in blocks.read_pieces(*item))


def _read_ids(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()
