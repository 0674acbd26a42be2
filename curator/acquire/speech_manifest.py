"""Manifests of speech corpora as NVIDIA NeMo reads them: one utterance a line, with its audio."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from curator import manifest, schema
from curator.dataset import DocumentDataset
from curator.errors import DataError, RecipeError
from curator.io import blocks
from curator.io.atomic import atomic_write
from curator.io.blocks import Block, Piece, ReadPlan, Run, in_this_process
from curator.io.files import InputFile, as_inputs, find_files
from curator.io.json_rows import JsonFields
from curator.io.jsonl import JsonlReader, piece_table
from curator.io.rows import NO_ID_FIELD, READER, SHOWN_CHARACTERS, dump_json, load_object
from curator.io.shards import encoded
from curator.io.unpack import MAX_UNPACKED_BYTES

FIELDS = "manifest_fields"
"""Metadata column: the names of a line's fields in their order, as a JSON array."""

AUDIO_FIELDS = ("audio_filepath", "audio_filename")

EXTENSIONS = (".json", ".jsonl", ".ndjson", ".manifest")
"""Manifests are called ``train_manifest.json`` as a rule, though they are JSON lines."""


@dataclass(frozen=True)
class SpeechManifestReader:
    """Reads NeMo manifests: JSON lines with ``audio_filepath``, ``duration`` and ``text``.

    A line is a document with the id ``<file>:<line>``; its fields are metadata, ``duration`` a
    float, and ``manifest_fields`` tells their order, so that ``write_speech_manifest`` can write
    the kept lines back. Beside what ``JsonlReader`` refuses, a line without the name of an audio
    file (``missing_audio``) or without a duration above 0 (``bad_duration``) is a row of the
    ledger. The audio is not opened.
    """

    input: str | Sequence[str]
    """A folder, a file, a glob, an fsspec URL, or a list of these; see ``files.find_files``."""
    text_field: str = "text"
    """Field that holds the words."""
    max_line_bytes: int = blocks.MAX_LINE_BYTES
    """Longer lines become ledger rows."""
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES
    """Bytes that one compressed file may unpack to; what follows becomes one ledger row."""
    strict: bool = False
    """Raise ``DataError`` at the first unreadable line in place of a ledger row."""

    def __post_init__(self) -> None:
        if self.text_field in (*AUDIO_FIELDS, "duration", "offset"):
            raise RecipeError(f"SpeechManifestReader: text_field is {self.text_field!r}")
        self._lines  # noqa: B018 - checks the numbers

    @property
    def _lines(self) -> JsonlReader:
        return JsonlReader(
            self.input,
            self.text_field,
            None,
            self.max_line_bytes,
            self.max_unpacked_bytes,
            self.strict,
        )

    def files(self) -> tuple[InputFile, ...]:
        """Return the input files sorted by name; ``DataError`` when there are none."""
        return find_files(as_inputs(self.input), EXTENSIONS)

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Cut the input as ``JsonlReader`` does, and add the column ``manifest_fields``."""
        files = self.files()
        named = JsonlReader([file.path for file in files], self.text_field, None)
        columns = [
            pa.field(field.name, pa.float64()) if field.name == "duration" else field
            for field in named.plan(blocks.WHOLE_STREAM).columns
            if field.name != FIELDS
        ]
        cut = blocks.plan_blocks(
            files, block_size, scratch, run, self.max_line_bytes, self.max_unpacked_bytes
        )
        schema_ = pa.schema([*columns, pa.field(FIELDS, pa.large_string())])
        return ReadPlan(cut, schema_, files)

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return all rows of a block, unreadable lines among them as rows of the ledger."""
        tables = (
            self._piece(piece, block.file, columns)
            for piece in blocks.read_pieces(block, self.max_line_bytes, self.max_unpacked_bytes)
        )
        empty = schema.table_schema(columns).empty_table()
        return pa.concat_tables(itertools.chain([empty], tables)).combine_chunks()

    def _piece(self, piece: Piece, file: str, columns: pa.Schema) -> pa.Table:
        # a field of this name in the input would be taken for the column: it goes to `extra`
        own = pa.schema([field for field in columns if field.name != FIELDS])
        fields = JsonFields(self.text_field, NO_ID_FIELD, self.max_line_bytes)
        table = piece_table(piece, file, own, fields)
        lines = piece.data.split(b"\n")
        order: list[str | None] = []
        verdicts: dict[str, list[str | None]] = {
            name: table.column(name).to_pylist()
            for name in (schema.DROPPED_BY, schema.REASON, schema.VALUE, schema.TEXT)
        }
        for index, number in enumerate(table.column(schema.LINE).to_pylist()):
            order.append(None)
            refused = verdicts[schema.VALUE][index]
            if refused is not None:
                if self.strict:
                    column, _, what = refused.removeprefix("column ").partition(": ")
                    raise DataError(f"{file}:{number}:{column}: {what}")
                continue
            line = lines[number - piece.first_line]
            row = orjson.loads(line)
            flaw = _flaw(row)
            if flaw is None:
                order[index] = dump_json(list(row))
                continue
            reason, what = flaw
            if self.strict:
                raise DataError(f"{file}:{number}:1: {what}")
            verdicts[schema.DROPPED_BY][index] = READER
            verdicts[schema.REASON][index] = reason
            verdicts[schema.VALUE][index] = f"column 1: {what}"
            verdicts[schema.TEXT][index] = line.decode()[:SHOWN_CHARACTERS]
        return _with_columns(table, {**verdicts, FIELDS: order}, columns)


def _with_columns(table: pa.Table, new: dict[str, list[Any]], columns: pa.Schema) -> pa.Table:
    wanted = schema.table_schema(columns)
    arrays = [
        pa.array(new[field.name], field.type) if field.name in new else table.column(field.name)
        for field in wanted
    ]
    return pa.Table.from_arrays(arrays, schema=wanted)


def _flaw(row: dict[str, Any]) -> tuple[str, str] | None:
    audio = next((row[name] for name in AUDIO_FIELDS if name in row), None)
    if not isinstance(audio, str) or not audio:
        return "missing_audio", "no audio_filepath; give the name of the utterance's audio file"
    duration = row.get("duration")
    if not isinstance(duration, (int, float)) or isinstance(duration, bool) or not duration > 0:
        return "bad_duration", f"duration is {dump_json(duration)[:40]}; give seconds above 0"
    return None


def write_speech_manifest(
    source: DocumentDataset | str | os.PathLike[str] | Iterable[pa.Table],
    path: str | os.PathLike[str],
    *,
    text_field: str = "text",
    added: Sequence[str] = (),
) -> int:
    """Write the kept rows as a NeMo manifest and return their number.

    ``source`` is a dataset, the folder of a finished run, or tables of rows. Every line has the
    fields its input line had, in that order, with the text as it is now; ``added`` names columns
    that stages made, such as a score, to be written behind them. Ids and the library's own
    columns are left out. The file is whole or absent.

    Raises ``DataError`` for rows that no ``SpeechManifestReader`` read, and ``ResourceError`` when
    the disk refuses.
    """
    n_rows = 0
    with atomic_write(path) as out:
        for row in _rows(source):
            out.write(dump_json(_line(row, text_field, added)).encode() + b"\n")
            n_rows += 1
    return n_rows


def _rows(
    source: DocumentDataset | str | os.PathLike[str] | Iterable[pa.Table],
) -> Iterator[dict[str, Any]]:
    if isinstance(source, (str, os.PathLike)):
        run = Path(source)
        shards = manifest.read_manifest(run)["shards"]
        for shard in shards:
            path = manifest.verify_file(run, shard["path"], shard["sha256"])
            yield from _shard_rows(path)
        return
    tables: Iterable[Any]
    if isinstance(source, DocumentDataset):
        frame = source.rows
        parts = (frame.partitions[index] for index in range(frame.npartitions))
        tables = (schema.to_table(part.compute()) for part in parts)
    else:
        tables = source
    table: Any
    for table in tables:
        if schema.DROPPED_BY in table.column_names:
            table = table.filter(pc.is_null(table.column(schema.DROPPED_BY)))
        for lines in encoded(table, schema.visible_columns(table.column_names)):
            yield from (_object(line) for line in lines.splitlines())


def _shard_rows(path: Path) -> Iterator[dict[str, Any]]:
    block = Block(str(path), path.name, 0, path.stat().st_size, 1)
    for piece in blocks.read_pieces(block):
        yield from (_object(line) for line in piece.data.split(b"\n") if line)


def _object(line: bytes) -> dict[str, Any]:
    row = load_object(line.decode())
    if row is None:
        raise DataError(f"not a row: {line[:80]!r}; give a run folder, a dataset or tables")
    return row


def _line(row: dict[str, Any], text_field: str, added: Sequence[str]) -> dict[str, Any]:
    names = row.get(FIELDS)
    if not isinstance(names, str):
        raise DataError(
            f"row {row.get(schema.ID)!r} has no {FIELDS}; read the manifest by SpeechManifestReader"
        )
    beside = row.get(schema.EXTRA)
    aside: dict[str, Any] = beside if isinstance(beside, dict) else {}
    line: dict[str, Any] = {}
    for name in orjson.loads(names):
        own = name in aside
        line[name] = row[schema.TEXT] if name == text_field else (aside if own else row).get(name)
    for name in added:
        line[name] = row.get(name)
    return line
