"""Wikipedia dumps as documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from curator import schema
from curator.acquire.wikipedia.dump import DumpBlock, Span, plan_dump, spans
from curator.acquire.wikipedia.handlers import load_pack
from curator.acquire.wikipedia.pages import InvalidXml, Page, glimpse, parse_page
from curator.acquire.wikipedia.site import Site
from curator.acquire.wikipedia.wikitext import Converted, WikitextConverter
from curator.errors import DataError, RecipeError
from curator.io.blocks import Block, ReadPlan, Run, in_this_process
from curator.io.files import InputFile, as_inputs, find_files, open_file
from curator.io.rows import READER, SHOWN_CHARACTERS, generated_id
from curator.io.unpack import MAX_UNPACKED_BYTES

EXTENSIONS = (".xml",)

MAX_PAGE_BYTES = 16 << 20
"""Default bound of a page's XML. MediaWiki itself takes no article above 2 MiB."""

COLUMNS = pa.schema(
    [
        ("title", pa.large_string()),
        ("page_id", pa.int64()),
        ("revision", pa.int64()),
        ("timestamp", pa.large_string()),
        ("categories", pa.large_string()),
        ("stub", pa.bool_()),
        ("bot", pa.bool_()),
    ]
)
BOT = re.compile(r"bot\d*$|^bot[ _-]|Bot[ _(]|[a-z]Bot", re.I)
REDIRECT = re.compile(r"\s*(#[^\s:\[]{1,40})\s*:?\s*\[\[([^\]|\n]*)")
BETWEEN_CATEGORIES = "|"
"""No title has it."""


@dataclass(frozen=True)
class WikipediaReader:
    """Reads the XML dumps of MediaWiki wikis (``*-pages-articles*.xml``), plain or packed.

    One article is one document: its wikitext as text (see ``WikitextConverter``), id
    ``<wiki>:<page id>``; metadata columns ``title``, ``page_id``, ``revision``, ``timestamp``,
    ``categories`` (joined by ``|``), ``stub`` and ``bot`` (its templates say so, or the last
    change was made by a bot). Other pages are rows dropped by the reader: ``redirect``,
    ``disambiguation``, ``talk_page``, ``other_namespace``, ``not_wikitext``, ``deleted_text``,
    ``no_text``. So are pages that cannot be read: ``invalid_xml``, ``unfinished_page``,
    ``page_too_large``, and places where the file is damaged.

    Multistream bz2 is read side by side by its streams, whose places come from the index
    (``*-multistream-index.txt.bz2``) where it lies beside the dump, else from the dump itself.
    ``line`` is the line of the unpacked XML. Of a page's history the last revision counts.

    Source: https://www.mediawiki.org/wiki/Help:Export (export formats 0.3 to 0.11).
    """

    input: str | Sequence[str]
    """A folder, a file, a glob, an fsspec URL, or a list of these; see ``files.find_files``."""
    wiki: str | None = None
    """Database name, such as ``zh_yuewiki``, where the dump's own is wrong or missing."""
    namespaces: Sequence[int] = (0,)
    """Numbers of the namespaces whose pages are documents: 0 are the articles."""
    tables: bool = True
    """Keep tables, a line a row (``header: cell; header: cell``)."""
    captions: bool = False
    """Keep captions of pictures, a paragraph each."""
    formulas: bool = True
    """Keep formulas as TeX between dollar signs."""
    handlers: str | None = None
    """YAML file with handlers of your own for templates, in the form of the packs."""
    max_page_bytes: int = MAX_PAGE_BYTES
    """Longer pages become ledger rows; a task holds at most one such page beside its rows."""
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES
    """Bytes that one compressed file may unpack to; what follows becomes one ledger row."""
    strict: bool = False
    """Raise ``DataError`` at the first page that cannot be read in place of a ledger row."""

    def __post_init__(self) -> None:
        if self.max_page_bytes < 1 or self.max_unpacked_bytes < 1:
            raise RecipeError("WikipediaReader: max_page_bytes and max_unpacked_bytes begin at 1")
        if not self.namespaces:
            raise RecipeError("WikipediaReader: namespaces is empty; [0] are the articles")
        if self.handlers is not None:
            load_pack(self.wiki or "", self.handlers)  # what is wrong in it is said at once

    def files(self) -> tuple[InputFile, ...]:
        """Return the dumps sorted by name, and the file of handlers; ``DataError`` without any."""
        found = find_files(as_inputs(self.input), EXTENSIONS)
        own = () if self.handlers is None else find_files((self.handlers,), (".yaml", ".yml"))
        return (*found, *own)

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Cut the dumps into blocks; packed ones of one stream are unpacked into ``scratch``."""
        dumps = find_files(as_inputs(self.input), EXTENSIONS)
        blocks = plan_dump(
            dumps,
            [_index_of(file) for file in dumps],
            block_size,
            scratch,
            run,
            self.max_unpacked_bytes,
            self.handlers,
            self.wiki,
        )
        return ReadPlan(blocks, COLUMNS, self.files())

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return all pages that begin in a block, those that are no articles as dropped rows."""
        rows = [row for row, _ in self.rows(block)]
        wanted = schema.table_schema(columns)
        arrays = [
            pa.array([row.get(column.name) for row in rows], column.type) for column in wanted
        ]
        return pa.Table.from_arrays(arrays, schema=wanted)

    def rows(self, block: Block) -> Iterator[tuple[dict[str, Any], Counter[str]]]:
        """Yield the rows of a block, each with the templates on it that have no handler."""
        if not isinstance(block, DumpBlock):
            raise DataError(f"{block.file}: the block is of another reader; use those of plan()")
        site = block.site
        converter = WikitextConverter(site, self.tables, self.captions, self.formulas)
        for span in spans(block, self.max_page_bytes):
            row = {schema.FILE: block.file, schema.LINE: span.line}
            page, flaw = _parsed(span)
            if page is None:
                row |= _unreadable(site, block, span, flaw)
                if self.strict:
                    raise DataError(f"{block.file}:{span.line}: {flaw[1]}")
                yield row, Counter()
                continue
            row |= _known(site, block, span, page)
            reason = self._no_article(page, site)
            converted = Converted("", (), frozenset(), {})
            if reason is None:
                converted = converter(page.text or "", page.title)
                row |= _metadata(page, converted, site)
                if "disambiguation" in converted.flags:
                    reason = "disambiguation", "a list of what the title may mean"
                elif not converted.text:
                    reason = "no_text", "nothing of the page is text"
            if reason is None:
                row[schema.TEXT] = converted.text
            else:
                row[schema.TEXT] = (converted.text or page.text or "")[:SHOWN_CHARACTERS]
                row |= _dropped(*reason)
            yield row, Counter(converted.unhandled)

    def _no_article(self, page: Page, site: Site) -> tuple[str, str] | None:
        number = page.namespace
        if number is None:  # dumps before 2012 do not tell it
            prefix, colon, _ = page.title.partition(":")
            number = (site.namespace(prefix) if colon else None) or 0
        if number not in self.namespaces:
            name = site.namespaces.get(number, "")
            what = f"namespace {number} ({name})" if name else f"namespace {number}"
            return ("talk_page" if number % 2 and number > 0 else "other_namespace"), what
        if page.redirect is not None:
            return "redirect", f"to {page.redirect}"
        if page.text is None or page.deleted:
            hidden = "hidden by the wiki" if page.deleted else "the dump has no text of this page"
            return ("deleted_text" if page.deleted else "no_text"), hidden
        if page.model != "wikitext":
            return "not_wikitext", page.model[:80]
        match = REDIRECT.match(page.text)
        if match and match[1].casefold() in site.pack.redirects:
            return "redirect", f"to {match[2].strip()}"
        return None


def _index_of(file: InputFile) -> InputFile | None:
    """Return the index beside a multistream dump, ``None`` where there is none."""
    folder, slash, name = file.path.rpartition("/")
    if "multistream" not in name or "multistream-index" in name:
        return None
    name = name.replace("multistream", "multistream-index", 1).replace(".xml", ".txt", 1)
    path = folder + slash + name
    try:
        with open_file(path):
            return InputFile(path, name, 0, "")
    except DataError:
        return None


def _parsed(span: Span) -> tuple[Page | None, tuple[str, str]]:
    if span.damage is not None:
        return None, (span.damage.reason, span.damage.what)
    try:
        return parse_page(span.data), ("", "")
    except InvalidXml as error:
        return None, ("invalid_xml", f"{error}; download the dump again")


def _unreadable(site: Site, block: Block, span: Span, flaw: tuple[str, str]) -> dict[str, Any]:
    title, number = glimpse(span.data)
    head = span.data[: 4 * SHOWN_CHARACTERS].decode("utf-8", "backslashreplace")
    return {
        schema.ID: generated_id(block.file, span.line),
        schema.TEXT: head[:SHOWN_CHARACTERS],
        "title": title,
        "page_id": number,
        **_dropped(*flaw),
    }


def _known(site: Site, block: Block, span: Span, page: Page) -> dict[str, Any]:
    known = page.id is not None
    return {
        schema.ID: f"{site.wiki}:{page.id}" if known else generated_id(block.file, span.line),
        "title": page.title,
        "page_id": page.id,
        "revision": page.revision,
        "timestamp": page.timestamp,
    }


def _metadata(page: Page, converted: Converted, site: Site) -> dict[str, Any]:
    contributor = page.contributor or ""
    bots = site.pack.bots
    by_bot = bool(BOT.search(contributor) or (bots and re.search(bots, contributor)))
    return {
        "categories": BETWEEN_CATEGORIES.join(converted.categories),
        "stub": "stub" in converted.flags,
        "bot": by_bot or "bot" in converted.flags,
    }


def _dropped(reason: str, value: str) -> dict[str, Any]:
    return {schema.DROPPED_BY: READER, schema.REASON: reason, schema.VALUE: value}
