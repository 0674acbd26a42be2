"""Tables: CSV and TSV files with one document a row."""

from __future__ import annotations

import contextlib
import functools
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from curator import schema
from curator.acquire.documents import FileGroup, FileReader, file_bytes, group_files, in_order
from curator.acquire.table_form import HEAD_BYTES, Form, Wanted, as_utf8, find_form, text_of
from curator.acquire.table_records import Data, Record, read_records
from curator.errors import RecipeError, nearest
from curator.io.blocks import MAX_LINE_BYTES, Block, ReadPlan, Run, in_this_process
from curator.io.columns import infer_columns, sampled
from curator.io.file_names import unreadable
from curator.io.files import InputFile, open_file
from curator.io.rows import SHOWN_CHARACTERS, Flaw, Rows, dump_json, generated_id, shown
from curator.io.unpack import compression

SHOWN_BYTES = 4 * SHOWN_CHARACTERS

NO_FORM = Flaw("bad_header", 1, "the file has no header that can be read; mend it")


@dataclass(frozen=True)
class TableReader(FileReader):
    """Reads CSV and TSV files with a header: a row is one document.

    Quotes, newlines inside of quotes and byte order marks are read as RFC 4180 and spreadsheet
    programs have them; charset, delimiter and kind of newline are told from the first MiB. Cells
    are strings: ``007`` stays. An empty cell is null. Columns beside text and id are metadata;
    ``line`` is where the row begins. Rows with more or fewer cells than the header
    (``ragged_row``), with a stray quote (``bad_quoting``), without text (``null_text``,
    ``missing_text``) or with bytes that are not of the charset (``invalid_utf8``,
    ``undecodable``) are rows of the ledger.

    Plain files on this machine are cut between rows, so their size is not bounded; packed and
    remote ones, and UTF-16, are held in memory, up to ``max_file_bytes``.
    """

    text_columns: Sequence[str] = ("text",)
    """Columns that make the text, in this order; empty cells are left out."""
    separator: str = "\n"
    """What stands between them."""
    id_column: str | None = "id"
    """Column of the id; rows without one, and all where it is ``None``, get ``<file>:<line>``."""
    columns: Sequence[str] = ()
    """Names of the columns, where the files have no header."""
    delimiter: str | None = None
    """One ASCII character; ``None`` to choose between comma, tab, semicolon and bar."""
    quote: str = '"'
    """What encloses cells; empty where quotes are characters like any other."""
    charset: str | None = None
    """Label of the charset where it is known; ``None`` to find out."""
    max_record_bytes: int = MAX_LINE_BYTES
    """Longer rows become rows of the ledger."""

    extensions: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".tab")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("text_columns", "columns"):
            if isinstance(getattr(self, name), str):
                raise RecipeError(f"TableReader: {name} is a list of names")
        if not self.text_columns or self.id_column in self.text_columns:
            raise RecipeError("TableReader: text_columns names columns other than id_column")
        if self.max_record_bytes < 1:
            raise RecipeError("TableReader: max_record_bytes begins at 1")
        for name, length in (("delimiter", (1,)), ("quote", (0, 1))):
            value = getattr(self, name)
            if value is not None and (len(value) not in length or not value.isascii()):
                raise RecipeError(f"TableReader: {name} {value!r} is not one ASCII character")
        if self.columns and len(set(self.columns)) < len(self.columns):
            raise RecipeError("TableReader: a name in columns is there twice")

    @property
    def _wanted(self) -> Wanted:
        return Wanted(
            tuple(self.text_columns),
            tuple(self.columns),
            self.delimiter,
            self.quote,
            self.charset,
            self.max_record_bytes,
        )

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Cut large plain files between rows, put small ones together, and read the headers."""
        files = self.files()
        whole = group_files(files, block_size)  # also says what is wrong with block_size
        large = [f for f in files if _can_be_cut(f) and f.size > block_size]
        if large:
            cutter = functools.partial(_cut, reader=self, block_size=block_size)
            cut = dict(zip([f.path for f in large], run(cutter, large), strict=True))
            whole = tuple(in_order(files, cut, block_size))
        kinds = []
        for file in sampled(files):
            form = self._form(file, _head(file))
            kinds.append(dict.fromkeys(form.header if isinstance(form, Form) else (), str))
        reserved = (*self.text_columns, *([self.id_column] if self.id_column else []))
        return ReadPlan(whole, infer_columns(kinds, reserved), files)

    def _form(self, file: InputFile, head: bytes) -> Form | Flaw:
        name = file.file.lower().removesuffix(compression(file.path) or "")
        return find_form(head, self._wanted, tab_first=name.endswith((".tsv", ".tab")))

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return all rows of a block, unreadable ones as rows of the ledger."""
        tables = [schema.table_schema(columns).empty_table()]
        for file in getattr(block, "files", ()):
            rows = Rows(file.file, columns, self.strict)
            self._read_file(file, block if _is_part(block) else None, rows)
            tables.append(rows.table())
        return pa.concat_tables(tables).combine_chunks()

    def _read_file(self, file: InputFile, part: Block | None, rows: Rows) -> None:
        with self._opened(file) as (data, form, damage):
            if form is None:
                rows.refuse(damage or NO_FORM, shown(data[:SHOWN_BYTES]), 1)
                return
            start, end, line = form.start, len(data), form.first_line
            if part is not None:
                start, end, line = part.start, part.end, part.first_line
            if damage is not None:  # the row that it cuts off is none
                end = max(data.rfind(form.dialect.newline) + 1, start)
            for record in read_records(
                data[:end] if damage else data, start, end, line, form.dialect
            ):
                flaw = record.flaw or self._add(rows, record, form)
                if flaw is not None:
                    shown_end = min(record.end, record.start + SHOWN_BYTES)
                    rows.refuse(flaw, shown(data[record.start : shown_end]), record.line)
            if damage is not None:
                line += data[start:end].count(form.dialect.newline)
                rows.refuse(damage, shown(data[end : end + SHOWN_BYTES]), line)

    @contextlib.contextmanager
    def _opened(self, file: InputFile) -> Iterator[tuple[Data, Form | None, Flaw | None]]:
        """Yield the bytes of a file, how they are to be read, and what is wrong with them."""
        data: Data
        flaw = None
        with contextlib.ExitStack() as stack:
            if _can_be_cut(file):
                data = stack.enter_context(_mapped(file)) if file.size else b""
            else:
                data, flaw = file_bytes(file, self.max_file_bytes)
            form = self._form(file, data[: HEAD_BYTES + 1])
            if isinstance(form, Flaw):
                yield data, None, flaw or form
            elif form.rewrite and len(data) > self.max_file_bytes:
                what = f"tables in {form.charset} are held in memory, max_file_bytes at most"
                yield data, None, Flaw("file_too_large", 1, f"{what}; convert it to UTF-8")
            else:
                yield as_utf8(data[:], form.charset) if form.rewrite else data, form, flaw

    def _add(self, rows: Rows, record: Record, form: Form) -> Flaw | None:
        """Append a document; returns why a record is none."""
        cells = record.fields
        while len(cells) > len(form.header) and not cells[-1]:
            cells.pop()  # spreadsheet programs write empty cells at the end
        if len(cells) != len(form.header):
            what = f"{len(cells)} cells where the header has {len(form.header)}"
            mend = "mend the row, or check delimiter and quote"
            return Flaw("ragged_row", 1, f"{what}; {mend}")
        charset = "utf-8" if form.rewrite else form.charset
        row: dict[str, str] = {}
        for name, cell in zip(form.header, cells, strict=True):
            text, place = text_of(cell, charset)
            if text is None or (form.rewrite and "\ufffd" in text):
                reason = "invalid_utf8" if form.charset == "utf-8" else "undecodable"
                what = f"byte {place + 1} of {name!r} is not {form.charset}"
                return Flaw(reason, 1, f"{what}; give the right charset, or convert the file")
            if "\0" in text:
                return Flaw("nul_character", 1, f"{name!r} has a NUL character; remove it")
            if text:
                row[name] = text
        missing = [name for name in self.text_columns if name not in form.header]
        if missing:
            known = nearest(missing[0], form.header)
            what = f"no column {missing[0]!r}{known}"
            return Flaw("missing_text", 1, f"{what}; choose other text_columns")
        texts = [row.pop(name) for name in self.text_columns if name in row]
        if not texts:
            return Flaw("null_text", 1, "the cells of the text are empty; leave the row out")
        id = row.pop(self.id_column, None) if self.id_column else None
        values = [row.pop(name, None) for name in rows.columns.names]
        rows.documents.append(
            (
                id or generated_id(rows.file, record.line),
                self.separator.join(texts),
                *values,
                dump_json(row) if row else None,
                record.line,
            )
        )
        return None


@dataclass(frozen=True)
class TablePart(FileGroup):
    """Rows of one large file that one task reads."""


def _is_part(block: Block) -> bool:
    return isinstance(block, TablePart)


def _can_be_cut(file: InputFile) -> bool:
    return "://" not in file.path and compression(file.path) is None


def _cut(file: InputFile, reader: TableReader, block_size: int) -> list[FileGroup]:
    """Return parts of about ``block_size`` bytes of a file, each of whole rows."""
    with reader._opened(file) as (data, form, _):
        if form is None or form.rewrite:
            return [*group_files([file], block_size)]
        bounds = [(form.start, form.first_line)]
        for record in read_records(data, form.start, len(data), form.first_line, form.dialect):
            if record.start - bounds[-1][0] >= block_size:
                bounds.append((record.start, record.line))
        ends = [start for start, _ in bounds[1:]] + [len(data)]
        return [
            TablePart(file.path, file.file, start, end, line, None, (file,))
            for (start, line), end in zip(bounds, ends, strict=True)
        ]


@contextlib.contextmanager
def _mapped(file: InputFile) -> Iterator[mmap.mmap]:
    try:
        with open_file(file.path) as stream:
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: the file became empty
        raise unreadable(file.path, error) from error
    with mapped:
        yield mapped


def _head(file: InputFile) -> bytes:
    return file_bytes(file, HEAD_BYTES)[0]
