"""What every reader does, and which reader an input needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from curator.errors import DataError, RecipeError, nearest
from curator.io import jsonl, parquet, plain_text
from curator.io.blocks import Block, ReadPlan, Run, in_this_process
from curator.io.file_names import has_extension
from curator.io.files import InputFile, as_inputs, find_files
from curator.io.jsonl import JsonlReader
from curator.io.parquet import ParquetReader
from curator.io.plain_text import TextReader


class Reader(Protocol):
    """Turns input files into rows; frozen dataclasses that can be pickled.

    Laws: any ``block_size`` gives the same rows in the same order; the order in which files are
    given does not matter; every line or row of the input is a row, a document or one dropped by
    the reader.
    """

    def files(self) -> tuple[InputFile, ...]:
        """Return the input files sorted by name; ``DataError`` with the mend when none is found."""

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Cut the input into blocks of about ``block_size`` bytes and tell its metadata columns.

        ``scratch`` is a folder for unpacked pieces of compressed files; ``run`` applies a function
        to many items, in parallel if it likes, and returns the results in order.
        """

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return all rows of a block, conforming to ``curator.schema.table_schema(columns)``."""


READERS: dict[tuple[str, ...], type[JsonlReader] | type[ParquetReader] | type[TextReader]] = {
    (*jsonl.EXTENSIONS, ".json"): JsonlReader,
    parquet.EXTENSIONS: ParquetReader,
    plain_text.EXTENSIONS: TextReader,
}
"""By extension, before that of a compression. Folders are not searched for ``.json``."""

FOUND_IN_FOLDERS = (*jsonl.EXTENSIONS, *parquet.EXTENSIONS, *plain_text.EXTENSIONS)


def reader_for(input: str | Sequence[str], **options: Any) -> Reader:
    """Return the reader of the input's files, told by their extensions; options go to it.

    Raises ``DataError`` when the input means no file or files of several kinds, and
    ``RecipeError`` for an option that the reader does not have.
    """
    inputs = as_inputs(input)
    kinds: Counter[str] = Counter()
    for file in find_files(inputs, FOUND_IN_FOLDERS):
        kind = next((r for known, r in READERS.items() if has_extension(file.path, known)), None)
        if kind is None:
            raise DataError(
                f"{file.path}: its extension tells no format; use JsonlReader, ParquetReader or "
                "TextReader, or rename it"
            )
        kinds[kind.__name__] += 1
    if len(kinds) > 1:
        found = ", ".join(f"{count} for {name}" for name, count in sorted(kinds.items()))
        raise DataError(
            f"{', '.join(inputs)}: files of several kinds ({found}); use one of these readers, or "
            "a glob such as '**/*.jsonl'"
        )
    [name] = kinds
    reader = next(reader for reader in READERS.values() if reader.__name__ == name)
    known_options = [field.name for field in fields(reader)]
    for option in options:
        if option not in known_options:
            raise RecipeError(f"{name} has no field {option!r}{nearest(option, known_options)}")
    return reader(inputs[0] if len(inputs) == 1 else inputs, **options)
