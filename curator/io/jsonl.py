"""JSON Lines: one document a line."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from curator import schema
from curator.arrow_numpy import empty_table
from curator.errors import RecipeError
from curator.io import blocks
from curator.io.columns import head_lines, infer_columns, sampled
from curator.io.files import InputFile, as_inputs, find_files
from curator.io.json_bulk import parse_bulk
from curator.io.json_rows import JsonFields, damaged_line, parse_lines, row_kinds
from curator.io.rows import NO_ID_FIELD, shown
from curator.io.unpack import MAX_UNPACKED_BYTES

EXTENSIONS = (".jsonl", ".ndjson")


@dataclass(frozen=True)
class JsonlReader:
    """Reads files of one JSON object a line, plain or packed with gzip, zstd or bzip2.

    Rows conform to ``curator.schema``. What is a document, and what becomes of other lines, is
    said at ``curator.io.json_rows.parse_lines``. Blank lines are not documents; a byte order mark
    at the start of a file and ``\\r`` before a newline are left out; the last line needs no
    newline; an empty file has no rows.
    """

    input: str | Sequence[str]
    """A folder, a file, a glob, an fsspec URL, or a list of these; see ``files.find_files``."""
    text_field: str = "text"
    """Field that holds the text."""
    id_field: str | None = "id"
    """Field that holds the id; a row without one gets ``<file>:<line>``, and every row does where
    this is ``None``, for files whose own ids repeat."""
    max_line_bytes: int = blocks.MAX_LINE_BYTES
    """Longer lines become ledger rows; a task holds at most one such line beside its rows."""
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES
    """Bytes that one compressed file may unpack to; what follows becomes one ledger row."""
    strict: bool = False
    """Raise ``DataError`` at the first unreadable line in place of a ledger row."""

    def __post_init__(self) -> None:
        if self.text_field == self.id_field:
            raise RecipeError(
                f"JsonlReader: text_field and id_field are both {self.text_field!r}; "
                "name two fields"
            )
        if self.max_line_bytes < 1 or self.max_unpacked_bytes < 1:
            raise RecipeError("JsonlReader: max_line_bytes and max_unpacked_bytes begin at 1")

    @property
    def _id_key(self) -> str:
        return NO_ID_FIELD if self.id_field is None else self.id_field

    @property
    def fields(self) -> JsonFields:
        """How a line becomes a document."""
        return JsonFields(self.text_field, self._id_key, self.max_line_bytes, self.strict)

    def files(self) -> tuple[InputFile, ...]:
        """Return the input files sorted by name; ``DataError`` when there are none."""
        return find_files(as_inputs(self.input), EXTENSIONS)

    def plan(
        self,
        block_size: int,
        scratch: Path | None = None,
        run: blocks.Run = blocks.in_this_process,
    ) -> blocks.ReadPlan:
        """Cut the input into blocks and infer its metadata columns from the heads of the files.

        Compressed files are unpacked into ``scratch``, one call of ``run`` for all; without
        ``scratch`` each is one block.
        """
        files = self.files()
        kinds = (
            row_kinds(line)
            for file in sampled(files)
            for line in head_lines(file, self.max_line_bytes)
        )
        columns = infer_columns(kinds, reserved=(self.text_field, self._id_key))
        cut = blocks.plan_blocks(
            files, block_size, scratch, run, self.max_line_bytes, self.max_unpacked_bytes
        )
        return blocks.ReadPlan(cut, columns, files)

    def read(self, block: blocks.Block, columns: pa.Schema) -> pa.Table:
        """Return all rows of a block, unreadable lines among them as rows of the ledger."""
        tables = (
            piece_table(piece, block.file, columns, self.fields)
            for piece in blocks.read_pieces(block, self.max_line_bytes, self.max_unpacked_bytes)
        )
        empty = empty_table(schema.table_schema(columns))
        return pa.concat_tables(itertools.chain([empty], tables)).combine_chunks()


def piece_table(piece: blocks.Piece, file: str, columns: pa.Schema, fields: JsonFields) -> pa.Table:
    """Return the rows of a piece, unreadable lines among them as rows of the ledger."""
    data, cut = piece.data, b""
    if piece.damage:
        whole = data.rfind(b"\n") + 1
        data, cut = data[:whole], data[whole:]
    else:
        table = parse_bulk(data, piece.first_line, file, columns, fields)
        if table is not None:
            return table
    rows = parse_lines(data, piece.first_line, file, columns, fields)
    if piece.damage:
        flaw = damaged_line(cut, piece.damage.reason, piece.damage.what)
        rows.refuse(flaw, shown(cut), piece.first_line + blocks.count_lines(data))
    return rows.table()
