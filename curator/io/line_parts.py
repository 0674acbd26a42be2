"""A corpus of JSON lines read where it lies: parts for global stages without a copy of the text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from curator import schema
from curator.arrow_numpy import arrow_array, empty_table, numpy_array, strings
from curator.io import blocks
from curator.io.atomic import atomic_write
from curator.io.blocks import Block, Piece
from curator.io.chosen_lines import ChosenLines, chosen_lines
from curator.io.json_texts import NOTHING, TextLines, blanked, line_bounds, read_texts
from curator.io.jsonl import JsonlReader, piece_table
from curator.io.parts import Part


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
        return self._one_a_line(index, self.texts(index)).select(columns)

    def take(self, index: int, rows: np.ndarray, columns: Sequence[str] | None) -> pa.Table:
        """Return ``rows`` (int64[n], rising ordinals of lines that are rows) of part ``index``.

        ``columns`` limits what is parsed; ``None`` means every column there is.
        """
        if columns is not None and list(columns) == [schema.TEXT]:
            found = (
                read_texts(piece, "", self.reader.fields, self._chosen(index, piece, rows)).table
                for piece in self.pieces(index)
            )
            return pa.concat_tables([NOTHING, *found]).select([schema.TEXT]).combine_chunks()
        table = self.rows(index, rows)
        return table if columns is None else table.select(columns)

    def chosen(self, index: int, mask: np.ndarray, sizes: np.ndarray) -> Iterator[ChosenLines]:
        """Yield the lines of part ``index`` where ``mask`` is true as they are, some at a time.

        For ``sizes`` see ``chosen_lines``.
        """
        pieces, longest = self.pieces(index), self.reader.max_line_bytes
        return chosen_lines(self.blocks[index], pieces, sizes, mask, longest)

    def texts(self, index: int) -> pa.Table:
        """Return id, text and verdict of the lines of part ``index`` that are rows."""
        tables = (reading.table for reading in self.readings(index))
        return pa.concat_tables([NOTHING, *tables]).combine_chunks()

    def readings(self, index: int) -> Iterator[TextLines]:
        """Yield ids, texts and verdicts of all lines of part ``index``, a piece at a time."""
        for piece in self.pieces(index):
            yield read_texts(piece, self.blocks[index].file, self.reader.fields)

    def rows(self, index: int, chosen: np.ndarray) -> pa.Table:
        """Return those of the lines ``chosen`` of part ``index`` that are rows, with all fields.

        ``chosen`` is int64[n], rising ordinals; only these lines are parsed.
        """
        tables = [
            self._whole_rows(piece, self.blocks[index].file, self._chosen(index, piece, chosen))
            for piece in self.pieces(index)
        ]
        empty = empty_table(schema.table_schema(self.columns))
        return pa.concat_tables([empty, *tables]).combine_chunks()

    def pieces(self, index: int) -> Iterator[Piece]:
        """Yield the lines of part ``index``, about a megabyte at a time."""
        reader = self.reader
        return blocks.read_pieces(
            self.blocks[index], reader.max_line_bytes, reader.max_unpacked_bytes
        )

    def ordinals(self, index: int, table: pa.Table) -> np.ndarray:
        """Return int64[n]: the ordinals of the rows of a table of part ``index``."""
        lines = numpy_array(table.column(schema.LINE))
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
        given = {schema.DROPPED_BY: strings(["blank line"])}
        row = [given.get(column.name, pa.nulls(1, column.type)) for column in table.schema]
        nothing = pa.Table.from_arrays(row, schema=table.schema)
        whole = pa.concat_tables([table, nothing]).combine_chunks()
        return whole.take(arrow_array(take))

    def _chosen(self, index: int, piece: Piece, rows: np.ndarray) -> np.ndarray:
        """Return bool[lines of the piece]: which of them are among ``rows``."""
        if piece.damage:
            n_lines = blocks.count_lines(piece.data) + 1  # and what was cut short
        else:
            n_lines = len(line_bounds(piece.data)[1])
        chosen = np.zeros(n_lines, np.bool_)
        first = self.parts[index].first_row - self.blocks[index].first_line + piece.first_line
        places = rows - first
        chosen[places[(places >= 0) & (places < len(chosen))]] = True
        return chosen

    def _whole_rows(self, piece: Piece, file: str, chosen: np.ndarray) -> pa.Table:
        """Return the rows of the ``chosen`` lines (bool[lines]) of a piece."""
        fields = self.reader.fields
        if chosen.all() or piece.damage:
            table = piece_table(piece, file, self.columns, fields)
            inside = numpy_array(table.column(schema.LINE)) - piece.first_line
            return table.filter(arrow_array(chosen[inside]))
        data = blanked(piece.data, *line_bounds(piece.data), np.flatnonzero(chosen))
        return piece_table(Piece(data, piece.first_line, None), file, self.columns, fields)


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
