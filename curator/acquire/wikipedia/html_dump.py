"""Wikimedia Enterprise dumps: articles as HTML, one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from curator import schema
from curator.acquire.html import HtmlExtractor, PageExtractor
from curator.acquire.wikipedia.reader import BETWEEN_CATEGORIES, COLUMNS
from curator.errors import DataError, RecipeError
from curator.io.blocks import Block, ReadPlan, Run, in_this_process, plan_blocks, read_pieces
from curator.io.files import InputFile, as_inputs, find_files
from curator.io.rows import READER, SHOWN_CHARACTERS, generated_id, load_object, shown
from curator.io.unpack import MAX_UNPACKED_BYTES, Damage

EXTENSIONS = (".ndjson", ".jsonl")
MAX_ARTICLE_BYTES = 64 << 20


@dataclass(frozen=True)
class WikipediaHtmlReader:
    """Reads the HTML dumps of Wikimedia Enterprise: NDJSON files, plain or packed.

    The text of a document is what ``extractor`` makes of ``article_body.html``; ids and metadata
    columns are those of ``WikipediaReader``, so that both readers' articles can be told to be the
    same. ``categories`` are without their namespace; ``stub`` is not known, ``bot`` is the
    editor's own flag. Lines that cannot be read are rows dropped by the reader (``invalid_json``,
    ``line_too_long``, ``truncated_file``), as are pages of other namespaces
    (``other_namespace``) and pages without text (``no_text``). Unpack ``.tar.gz`` first.

    Source: https://enterprise.wikimedia.com/docs/data-dictionary/.
    """

    input: str | Sequence[str]
    """A folder, a file, a glob, an fsspec URL, or a list of these; see ``files.find_files``."""
    extractor: HtmlExtractor = field(default_factory=PageExtractor)
    """What turns HTML into text."""
    namespaces: Sequence[int] = (0,)
    """Numbers of the namespaces whose pages are documents: 0 are the articles."""
    max_line_bytes: int = MAX_ARTICLE_BYTES
    """Longer lines become ledger rows; this bounds the memory."""
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES
    """Bytes that one compressed file may unpack to; what follows becomes one ledger row."""
    strict: bool = False
    """Raise ``DataError`` at the first line that cannot be read in place of a ledger row."""

    def __post_init__(self) -> None:
        if self.max_line_bytes < 1 or self.max_unpacked_bytes < 1:
            raise RecipeError(
                "WikipediaHtmlReader: max_line_bytes and max_unpacked_bytes begin at 1"
            )

    def files(self) -> tuple[InputFile, ...]:
        """Return the input files sorted by name; ``DataError`` when there are none."""
        return find_files(as_inputs(self.input), EXTENSIONS)

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Cut the input into blocks of lines; packed files are unpacked into ``scratch``."""
        files = self.files()
        blocks = plan_blocks(
            files, block_size, scratch, run, self.max_line_bytes, self.max_unpacked_bytes
        )
        return ReadPlan(blocks, COLUMNS, files)

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return all articles of a block, lines that cannot be read among them as dropped rows."""
        rows = list(self._rows(block))
        wanted = schema.table_schema(columns)
        arrays = [
            pa.array([row.get(column.name) for row in rows], column.type) for column in wanted
        ]
        return pa.Table.from_arrays(arrays, schema=wanted)

    def _rows(self, block: Block) -> Iterator[dict[str, Any]]:
        for piece in read_pieces(block, self.max_line_bytes, self.max_unpacked_bytes):
            lines = piece.data.split(b"\n")
            for number, line in enumerate(lines, piece.first_line):
                last = number == piece.first_line + len(lines) - 1
                damage = piece.damage if last else None
                if line.strip() or damage:
                    row = self._row(line, block.file, number, damage)
                    yield {schema.FILE: block.file, schema.LINE: number, **row}

    def _row(
        self,
        line: bytes,
        file: str,
        number: int,
        damage: Damage | None,
    ) -> dict[str, Any]:
        article = None
        if damage is not None:
            flaw = damage.reason, damage.what
        elif len(line) > self.max_line_bytes:
            flaw = "line_too_long", f"longer than max_line_bytes={self.max_line_bytes}; raise it"
        else:
            flaw = "invalid_json", "is no JSON object in UTF-8; download the file again"
            article = _object(line)
        if article is None:
            if self.strict:
                raise DataError(f"{file}:{number}: {flaw[1]}")
            return {
                schema.ID: generated_id(file, number),
                schema.TEXT: shown(line),
                **_dropped(*flaw),
            }
        row = _known(article, generated_id(file, number))
        html = _at(article, "article_body", "html", kind=str)
        namespace = _at(article, "namespace", "identifier", kind=int) or 0
        text = self.extractor.extract(html, _at(article, "url", kind=str)) if html else ""
        if namespace not in self.namespaces:
            row |= _dropped("other_namespace", f"namespace {namespace}")
        elif not text:
            row |= _dropped("no_text", "nothing of the page is text")
        kept = schema.DROPPED_BY not in row
        return {**row, schema.TEXT: text if kept else (text or html or "")[:SHOWN_CHARACTERS]}


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        return load_object(line.decode("utf-8"))
    except UnicodeDecodeError:
        return None


def _known(article: Mapping[str, Any], otherwise: str) -> dict[str, Any]:
    wiki = _at(article, "is_part_of", "identifier", kind=str)
    number = _at(article, "identifier", kind=int)
    given = article.get("categories")
    names = [_at(item, "name", kind=str) for item in given] if isinstance(given, list) else []
    categories = [name.partition(":")[2] or name for name in names if name]
    return {
        schema.ID: f"{wiki}:{number}" if wiki and number is not None else otherwise,
        "title": _at(article, "name", kind=str),
        "page_id": number,
        "revision": _at(article, "version", "identifier", kind=int),
        "timestamp": _at(article, "date_modified", kind=str),
        "categories": BETWEEN_CATEGORIES.join(categories),
        "bot": _at(article, "version", "editor", "is_bot", kind=bool) or False,
    }


def _at(value: Any, *names: str, kind: type) -> Any:
    """Return what lies under these names, ``None`` where it is absent or of another type."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return None
    return value if type(value) is kind else None


def _dropped(reason: str, value: str) -> dict[str, Any]:
    return {schema.DROPPED_BY: READER, schema.REASON: reason, schema.VALUE: value}
