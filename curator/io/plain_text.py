"""Plain text files: one document a file, a paragraph or a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from curator.errors import RecipeError, nearest
from curator.io import blocks
from curator.io.files import InputFile, as_inputs, find_files, open_file
from curator.io.json_rows import damaged_line
from curator.io.rows import Flaw, Rows, generated_id, shown
from curator.io.unpack import MAX_UNPACKED_BYTES, Damage, compression

EXTENSIONS = (".txt",)

DOCUMENTS = ("file", "paragraph", "line")

WHITESPACE = rb"(?:[ \t\r\f\v]|\xc2\xa0|\xe3\x80\x80)*"
"""Spaces of a line in UTF-8, with no-break and ideographic space."""

BLANK = re.compile(WHITESPACE)
AFTER_BLANK_LINE = re.compile(rb"\n" + WHITESPACE + rb"\n")


@dataclass(frozen=True)
class TextReader:
    """Reads UTF-8 text files, plain or packed with gzip, zstd or bzip2.

    The text of a document is its lines without the line endings ``\\n`` and ``\\r\\n``, joined by
    ``\\n``; its id is ``<file>:<line>`` of its first line. Blank lines are no documents and end
    paragraphs; a document of a whole file keeps its inner ones. A byte order mark at the start
    of a file is left out. A document that is not UTF-8, has a NUL or is too long is a row of the
    ledger. There are no metadata columns.
    """

    input: str | Sequence[str]
    """A folder, a file, a glob, an fsspec URL, or a list of these; see ``files.find_files``."""
    document: str = "file"
    """What one document is: ``file``, ``paragraph`` (blank lines between) or ``line``."""
    max_document_bytes: int = blocks.MAX_LINE_BYTES
    """Longer documents become rows of the ledger; this bounds the memory."""
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES
    """Bytes that one compressed file may unpack to; what follows becomes one ledger row."""
    strict: bool = False
    """Raise ``DataError`` at the first unreadable document in place of a ledger row."""

    def __post_init__(self) -> None:
        if self.document not in DOCUMENTS:
            known = nearest(self.document, DOCUMENTS)
            raise RecipeError(f"TextReader has no document {self.document!r}{known}")
        if self.max_document_bytes < 1 or self.max_unpacked_bytes < 1:
            raise RecipeError("TextReader: max_document_bytes and max_unpacked_bytes begin at 1")

    def files(self) -> tuple[InputFile, ...]:
        """Return the input files sorted by name; ``DataError`` when there are none."""
        return find_files(as_inputs(self.input), EXTENSIONS)

    def plan(
        self,
        block_size: int,
        scratch: Path | None = None,
        run: blocks.Run = blocks.in_this_process,
    ) -> blocks.ReadPlan:
        """Cut the input into blocks, between documents.

        Files of lines are cut like those of JSON lines. Plain files of paragraphs are cut after
        blank lines; packed ones, and files that are documents, are one block each.
        """
        if block_size < 1:
            raise RecipeError(f"block_size is {block_size}; give a number of bytes above 0")
        files = self.files()
        if self.document == "line":
            cut = blocks.plan_blocks(
                files, block_size, scratch, run, self.max_document_bytes, self.max_unpacked_bytes
            )
        elif self.document == "file":
            cut = blocks.plan_blocks(files, blocks.WHOLE_STREAM)
        else:
            cut = tuple(
                block for file in files for block in _cut_between_paragraphs(file, block_size)
            )
        return blocks.ReadPlan(cut, pa.schema([]), files)

    def read(self, block: blocks.Block, columns: pa.Schema) -> pa.Table:
        """Return all rows of a block, unreadable documents among them as rows of the ledger."""
        rows = Rows(block.file, columns, self.strict)
        for line, data, damage in self._documents(block):
            if damage is not None:
                rows.refuse(damaged_line(data, damage.reason, damage.what), shown(data), line)
                continue
            text = _text(data, self.max_document_bytes)
            if isinstance(text, Flaw):
                rows.refuse(text, shown(data), line)
            else:
                nulls = (None,) * (len(columns) + 1)
                rows.documents.append((generated_id(block.file, line), text, *nulls, line))
        return rows.table()

    def _documents(self, block: blocks.Block) -> Iterator[tuple[int, bytes, Damage | None]]:
        """Yield line number and bytes of every document, and of the place of damage."""
        waiting: list[bytes] = []
        first, length = block.first_line, 0
        for line, data, damage in _lines(block, self.max_document_bytes, self.max_unpacked_bytes):
            if damage:  # the document that it cuts off is no document
                yield first if waiting else line, b"\n".join([*waiting, data]), damage
                return
            blank = BLANK.fullmatch(data) is not None
            if self.document == "line":
                if not blank:
                    yield line, data, None
            elif blank and self.document == "paragraph":
                if waiting:
                    yield first, b"\n".join(waiting), None
                waiting, length = [], 0
            elif waiting or not blank:
                first = first if waiting else line
                # what is beyond the bound is not kept: the document is too long already
                if length <= self.max_document_bytes + 1:
                    waiting.append(data)
                length += len(data) + 1
        while waiting and BLANK.fullmatch(waiting[-1]):
            waiting.pop()
        if waiting:
            yield first, b"\n".join(waiting), None


def _lines(
    block: blocks.Block, max_line_bytes: int, max_unpacked_bytes: int
) -> Iterator[tuple[int, bytes, Damage | None]]:
    for piece in blocks.read_pieces(block, max_line_bytes, max_unpacked_bytes):
        *lines, rest = piece.data.split(b"\n")
        for number, line in enumerate(lines, piece.first_line):
            yield number, line.removesuffix(b"\r"), None
        if rest or piece.damage:
            yield piece.first_line + len(lines), rest.removesuffix(b"\r"), piece.damage


def _text(data: bytes, max_document_bytes: int) -> str | Flaw:
    if len(data) > max_document_bytes:
        what = f"the document is longer than max_document_bytes={max_document_bytes}"
        return Flaw("document_too_long", 1, f"{what}; split it or raise it")
    try:
        text = data.decode()
    except UnicodeDecodeError as bad:
        column = len(data[: bad.start].decode()) + 1
        what = f"byte 0x{data[bad.start]:02x} (byte {bad.start + 1} of the document) is not UTF-8"
        return Flaw("invalid_utf8", column, f"{what}; convert the file to UTF-8")
    if "\0" in text:
        what = "the document has a NUL character; remove it"
        return Flaw("nul_character", text.index("\0") + 1, what)
    return text


def _cut_between_paragraphs(file: InputFile, block_size: int) -> Iterator[blocks.Block]:
    """Yield blocks of at least ``block_size`` bytes that begin after a blank line."""
    if compression(file.path) or file.size <= block_size:
        yield from blocks.plan_blocks([file], blocks.WHOLE_STREAM)
        return
    start, first_line = 0, 1
    base, before, rest = 0, 0, b""  # `rest` lies at byte `base`, with `before` newlines before it
    with open_file(file.path) as stream:
        while chunk := stream.read(blocks.CHUNK_BYTES):
            data = rest + chunk
            match = AFTER_BLANK_LINE.search(data, max(0, start + block_size - base))
            while match and base + match.end() < file.size:
                begins = base + match.end()
                yield blocks.Block(file.path, file.file, start, begins, first_line)
                first_line = before + blocks.count_lines(data[: match.end()]) + 1
                start = begins
                match = AFTER_BLANK_LINE.search(data, match.end() + block_size)
            kept = data.rfind(b"\n")
            # a line that is blank so far may end in the next chunk; one of a MiB is not looked at
            if (
                kept < 0
                or len(data) - kept > blocks.CHUNK_BYTES
                or not BLANK.fullmatch(data, kept + 1)
            ):
                kept = len(data)
            before += blocks.count_lines(data[:kept])
            base += kept
            rest = data[kept:]
    yield blocks.Block(file.path, file.file, start, file.size, first_line)
