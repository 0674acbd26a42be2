"""Web archives: every page a document, every other response a row of the ledger."""

from __future__ import annotations

import functools
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from curator import schema
from curator.acquire.charset_codecs import map_private_use
from curator.acquire.html import HtmlExtractor, PageExtractor
from curator.acquire.warc_pages import COLUMNS, Page, clean_text, is_document, kind_of, page_of
from curator.acquire.warc_records import read_records
from curator.acquire.warc_streams import storage
from curator.errors import RecipeError
from curator.io.atomic import atomic_write
from curator.io.blocks import WHOLE_STREAM, Block, ReadPlan, Run, in_this_process
from curator.io.files import InputFile, as_inputs, find_files
from curator.io.rows import READER

EXTENSIONS = (".warc", ".arc", ".warc.lz4", ".warc.zst", ".wet", ".wat")
"""Of files in folders; the compressions of other readers may follow."""

MAX_PAGE_BYTES = 16 << 20
"""Default size above which a page is a row of the ledger; Common Crawl keeps the first MiB."""

NOT_DOCUMENTS = "not_documents"
"""Reason of the row that says how many records of a file are no pages."""

ENTITY_CHARSETS = ("utf-8", "utf-16le", "utf-16be", "big5")
"""Pages in which a private use character, be it written ``&#xE3C0;``, may be Hong Kong's."""

VERDICT = (schema.DROPPED_BY, schema.REASON, schema.VALUE)

Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class WarcBlock(Block):
    """A stretch of a web archive; ``first_line`` is the number of its first record."""

    before: Counts = ()
    """How many records before it are no documents, by kind."""
    last: bool = True
    """Nothing of the file follows."""


@dataclass(frozen=True)
class WarcReader:
    """Reads WARC (1.0, 1.1, older drafts) and ARC files: raw pages, WET and WAT.

    Plain, gzip (a member a record, or not), lz4 and Zstandard, told by their first bytes. A
    document is a page in HTML that was answered with success and has text; its text is that of
    ``extractor``. Text of WET files is taken as it is. Redirects, errors, other media, revisits,
    empty and textless pages, and broken records are rows dropped with a reason; requests and
    metadata are no rows, and one row at the end of a file says how many there were. Ids are
    ``<file>:<byte offset of the record>``, with ``+<unpacked bytes>`` where several records share
    a gzip member; ``line`` is the record's number in its file. Metadata columns are those of
    ``warc_pages.COLUMNS``. Sources: ISO 28500:2017, the ARC file format of the Internet Archive.
    """

    input: str | Sequence[str]
    """A folder, a file, a glob, an fsspec URL, or a list of these; see ``files.find_files``."""
    extractor: HtmlExtractor = field(default_factory=PageExtractor)
    """Takes the main text out of HTML."""
    max_page_bytes: int = MAX_PAGE_BYTES
    """Larger pages become rows of the ledger, as stored or out of their coding; a task holds one
    such page beside its rows."""

    def __post_init__(self) -> None:
        if self.max_page_bytes < 1:
            raise RecipeError(f"{type(self).__name__}: max_page_bytes begins at 1")

    def files(self) -> tuple[InputFile, ...]:
        """Return the input files sorted by name; ``DataError`` when there are none."""
        return find_files(as_inputs(self.input), EXTENSIONS)

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Cut files of more than ``block_size`` stored bytes where a record begins.

        For that they are read once, in parallel through ``run``: where a gzip member begins is
        not known before the one before it was unpacked, and bytes that look like a beginning may
        be an archive in an archive. With ``scratch`` what was found is kept for a restart. Files
        in lz4 and Zstandard are one block each.
        """
        if block_size < 1:
            raise RecipeError(f"block_size is {block_size}; give a number of bytes above 0")
        files = self.files()
        large = [file for file in files if file.size > block_size]
        cutter = functools.partial(
            cut, block_size=block_size, max_bytes=self.max_page_bytes, scratch=scratch
        )
        cuts = dict(
            zip((file.path for file in large), run(cutter, large) if large else [], strict=True)
        )
        blocks: list[Block] = []
        for file in files:
            if file.path in cuts:
                blocks += cuts[file.path]
            elif file.size:
                blocks.append(WarcBlock(file.path, file.file, 0, WHOLE_STREAM, 1))
        return ReadPlan(tuple(blocks), COLUMNS, files)

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return all rows of a block, what is no page among them as rows of the ledger."""
        assert isinstance(block, WarcBlock)
        rows = _PageRows(block.file)
        others = Counter(dict(block.before))
        number = block.first_line
        kind = storage(block.path)
        for record in read_records(
            block.path, kind, block.start, block.end, is_document, self.max_page_bytes
        ):
            if record.broken or is_document(record.headers):
                rows.add(
                    record.place, self._extracted(page_of(record, self.max_page_bytes)), number
                )
            else:
                others[kind_of(record.headers)] += 1
            number += 1
        if block.last and others:
            what = json.dumps(dict(sorted(others.items())))
            rows.add("records", Page({}, reason=NOT_DOCUMENTS, what=what), number)
        return rows.table(columns)

    def _extracted(self, page: Page) -> Page:
        if page.reason or page.text:
            return page
        text = clean_text(self.extractor.extract(page.html, page.metadata["url"]))
        if not text.strip():
            return page._replace(html="", reason="no_text", what="the page has no main text")
        metadata = page.metadata
        if metadata["charset"] in ENTITY_CHARSETS:
            text, private_use = map_private_use(text)
            metadata = {**metadata, "private_use": private_use}
        return page._replace(html="", text=text, metadata=metadata)


def cut(
    file: InputFile, block_size: int, max_bytes: int, scratch: Path | None
) -> tuple[WarcBlock, ...]:
    """Return the blocks of a file: each begins with a record and has ``block_size`` bytes or more.

    What is found is kept under ``scratch`` and used again for the same file and arguments.
    """
    source = [file.path, file.size, file.modified, block_size, max_bytes]
    marker = None
    if scratch is not None:
        name = hashlib.sha256(json.dumps(source).encode()).hexdigest()[:32]
        marker = scratch / f"{name}.records.json"
        if marker.exists():
            return _blocks(file, json.loads(marker.read_bytes()))
    starts = _starts(file, block_size, max_bytes)
    if marker is not None:
        marker.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(marker) as stream:
            stream.write(json.dumps(starts).encode())
    return _blocks(file, starts)


Start = tuple[int, int, Any]  # byte, number of the record, counts before it


def _starts(file: InputFile, block_size: int, max_bytes: int) -> list[Start]:
    kind = storage(file.path)
    starts: list[Start] = [(0, 1, [])]
    if kind in ("lz4", "zstd"):
        return starts
    others: Counter[str] = Counter()
    unit = 0
    for number, record in enumerate(
        read_records(file.path, kind, 0, file.size, _nothing, max_bytes), 1
    ):
        new_unit = number > 1 and record.offset != unit
        if new_unit and record.offset >= starts[-1][0] + block_size:
            starts.append((record.offset, number, sorted(others.items())))
        unit = record.offset
        if not (record.broken or is_document(record.headers)):
            others[kind_of(record.headers)] += 1
    return starts


def _nothing(headers: dict[str, str]) -> bool:
    return False


def _blocks(file: InputFile, starts: Sequence[Start]) -> tuple[WarcBlock, ...]:
    ends = [start[0] for start in starts[1:]] + [WHOLE_STREAM]
    return tuple(
        WarcBlock(
            path=file.path,
            file=file.file,
            start=start,
            end=end,
            first_line=number,
            before=tuple((kind, count) for kind, count in before),
            last=end == WHOLE_STREAM,
        )
        for (start, number, before), end in zip(starts, ends, strict=True)
    )


class _PageRows:
    """Rows of one block, column by column."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._columns: dict[str, list[Any]] = {}
        self._names = (schema.ID, schema.TEXT, *COLUMNS.names, *VERDICT, schema.LINE)
        for name in self._names:
            self._columns[name] = []

    def add(self, place: str, page: Page, line: int) -> None:
        """Append a page."""
        dropped = READER if page.reason else None
        values = {
            schema.ID: f"{self._file}:{place}",
            schema.TEXT: page.text,
            schema.DROPPED_BY: dropped,
            schema.REASON: page.reason,
            schema.VALUE: page.what or None,
            schema.LINE: line,
            **page.metadata,
        }
        for name in self._names:
            self._columns[name].append(values.get(name))

    def table(self, columns: pa.Schema) -> pa.Table:
        """Return the rows as a table of the full schema."""
        n = len(self._columns[schema.ID])
        arrays = []
        wanted = schema.table_schema(columns)
        for column in wanted:
            if column.name == schema.FILE:
                arrays.append(pa.repeat(pa.scalar(self._file, column.type), n))
            elif column.name in self._columns:
                arrays.append(pa.array(self._columns[column.name], column.type))
            else:
                arrays.append(pa.nulls(n, column.type))
        return pa.Table.from_arrays(arrays, schema=wanted)
