"""What readers of folders share: whole files, small ones together in one block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from curator import schema
from curator.errors import RecipeError
from curator.io.blocks import Block, ReadPlan, Run, in_this_process
from curator.io.file_names import unreadable
from curator.io.files import InputFile, as_inputs, find_files, open_file
from curator.io.rows import Flaw, Rows, generated_id, shown
from curator.io.unpack import DamagedStream, compression, unpacked

MAX_FILE_BYTES = 64 << 20
"""Default length above which a file is a row of the ledger: 64 MiB."""

PACKED_RATIO = 4
"""Text packs to about a quarter: what a packed file counts when files are put into groups."""


@dataclass(frozen=True)
class FileGroup(Block):
    """Whole files that one task reads: a folder of many small files is not as many tasks."""

    files: tuple[InputFile, ...] = ()
    """In the order of the corpus; ``path`` and ``file`` are those of the first."""


def group_files(files: Sequence[InputFile], block_size: int) -> tuple[FileGroup, ...]:
    """Put neighbouring files together until they have ``block_size`` bytes.

    Raises ``RecipeError`` when ``block_size`` is below 1.
    """
    if block_size < 1:
        raise RecipeError(f"block_size is {block_size}; give a number of bytes above 0")
    groups: list[FileGroup] = []
    waiting: list[InputFile] = []
    size = 0
    for file in files:
        waiting.append(file)
        size += file.size * (PACKED_RATIO if compression(file.path) else 1)
        if size >= block_size or file is files[-1]:
            first = waiting[0]
            groups.append(FileGroup(first.path, first.file, 0, size, 1, None, tuple(waiting)))
            waiting, size = [], 0
    return tuple(groups)


def in_order(
    files: Sequence[InputFile], parts: Mapping[str, Sequence[FileGroup]], block_size: int
) -> Iterator[FileGroup]:
    """Yield blocks in the order of the files: the parts of those that are cut, groups of others.

    ``parts`` is by path.
    """
    waiting: list[InputFile] = []
    for file in files:
        if file.path in parts:
            yield from group_files(waiting, block_size)
            waiting = []
            yield from parts[file.path]
        else:
            waiting.append(file)
    yield from group_files(waiting, block_size)


def file_bytes(file: InputFile, longest: int) -> tuple[bytes, Flaw | None]:
    """Return the (unpacked) bytes of a file, and why they are not all of it.

    At most ``longest`` bytes are held. Raises ``DataError`` for a file that cannot be opened.
    """
    kind = compression(file.path)
    if kind:
        parts = bytearray()
        try:
            for part in unpacked(file.path, kind, longest):
                parts += part
        except DamagedStream as error:
            reason, what = error.damage.reason, error.damage.what
            if reason == "file_too_large":
                what = _too_large(longest)
            return bytes(parts), Flaw(reason, 1, what)
        return bytes(parts), None
    with open_file(file.path) as stream:
        try:
            data = stream.read(longest + 1)
        except OSError as error:
            raise unreadable(file.path, error) from error
    if len(data) > longest:
        return data[:longest], Flaw("file_too_large", 1, _too_large(longest))
    return data, None


def _too_large(longest: int) -> str:
    return f"the file has more than max_file_bytes={longest}; split it or raise it"


@dataclass(frozen=True)
class FileReader:
    """Base of readers that take a file as a whole; files may be packed with gzip, zstd or bzip2.

    A subclass says its ``extensions`` and ``metadata`` and turns the bytes of one file into rows
    in ``add_rows``. Small files share a block, and a file is never cut, so any block size gives
    the same rows.
    """

    input: str | Sequence[str]
    """A folder, a file, a glob, an fsspec URL, or a list of these; see ``files.find_files``."""
    max_file_bytes: int = MAX_FILE_BYTES
    """Larger (unpacked) files become one ledger row each; a task holds one file at a time."""
    strict: bool = False
    """Raise ``DataError`` at the first unreadable document in place of a ledger row."""

    extensions: ClassVar[tuple[str, ...]] = ()
    metadata: ClassVar[pa.Schema] = pa.schema([])

    def __post_init__(self) -> None:
        if self.max_file_bytes < 1:
            raise RecipeError(f"{type(self).__name__}: max_file_bytes begins at 1")

    def files(self) -> tuple[InputFile, ...]:
        """Return the input files sorted by name; ``DataError`` when there are none."""
        return find_files(as_inputs(self.input), self.extensions)

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Put whole files into blocks; nothing is opened or unpacked."""
        files = self.files()
        return ReadPlan(group_files(files, block_size), self.metadata, files)

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return all rows of the block's files, unreadable ones as rows of the ledger."""
        tables = [schema.table_schema(columns).empty_table()]
        for file in getattr(block, "files", ()):
            rows = Rows(file.file, columns, self.strict)
            data, flaw = file_bytes(file, self.max_file_bytes)
            if flaw:
                rows.refuse(flaw, shown(data), 1)
            else:
                self.add_rows(rows, data)
            tables.append(rows.table())
        return pa.concat_tables(tables).combine_chunks()

    def add_rows(self, rows: Rows, data: bytes) -> None:
        """Append the documents of one file, or why it has none."""
        raise NotImplementedError(f"{type(self).__name__} has no add_rows; define it")


def add_document(rows: Rows, text: str, line: int, values: Sequence[Any], blank: Flaw) -> None:
    """Append a document with its metadata; one with a NUL, or blank, is a row of the ledger.

    ``blank`` says why a text without characters is none.
    """
    if "\0" in text:
        column = text.index("\0") + 1
        rows.refuse(Flaw("nul_character", column, "the text has a NUL; remove it"), text, line)
    elif not text or text.isspace():
        rows.refuse(blank, text, line)
    else:
        rows.documents.append((generated_id(rows.file, line), text, *values, None, line))
