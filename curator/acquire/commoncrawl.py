"""Common Crawl by its own lists of files: part of a crawl, and nothing missing in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from curator.acquire.html import HtmlExtractor, PageExtractor
from curator.acquire.warc import MAX_PAGE_BYTES, WarcReader
from curator.errors import DataError, RecipeError, shorten
from curator.io.blocks import Block, ReadPlan, Run, in_this_process
from curator.io.files import InputFile, find_files, open_file
from curator.io.unpack import DamagedStream, compression, unpacked

LISTED = re.compile(r"(?:[A-Za-z0-9._=+-]+/)*[A-Za-z0-9._=+-]+\.(?:warc|arc)(?:\.(?:wet|wat))?\.gz")
"""A line of a list of files: a path below the crawl's root, without a way out of it."""

MAX_LIST_BYTES = 256 << 20
"""Bytes that a list may unpack to; a crawl's has 90,000 lines and 15 MB."""


@dataclass(frozen=True)
class CommonCrawlReader:
    """Reads the files that a list of Common Crawl names (``warc.paths.gz``, ``wet.paths.gz``).

    Beyond ``WarcReader``, which does the reading and says what becomes of a record: which files
    belong to the input is told by the list and not by what a folder happens to hold. A file that
    is not there is an error before anything is read, not a smaller corpus.
    """

    paths: str
    """The list, plain or gzip; local path or fsspec URL."""
    root: str = "."
    """Folder or URL below which the files lie, each under its listed path, under
    ``<crawl>/<name>`` (where ``curator download`` puts it), or under its name alone. Files behind
    a URL are looked for under their listed path, and read over the network."""
    first: int = 0
    """How many files of the list to leave out at its start."""
    count: int | None = None
    """How many files to read from there; ``None`` is all."""
    extractor: HtmlExtractor = field(default_factory=PageExtractor)
    """Takes the main text out of HTML."""
    max_page_bytes: int = MAX_PAGE_BYTES
    """Larger pages become rows of the ledger."""

    def __post_init__(self) -> None:
        if self.first < 0 or (self.count is not None and self.count < 1):
            raise RecipeError("CommonCrawlReader: first begins at 0 and count at 1")

    def files(self) -> tuple[InputFile, ...]:
        """Return the files of the list, sorted by name; ``DataError`` when one is missing."""
        return find_files(self._places(), ())

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Cut the files as ``WarcReader`` does."""
        return self._reader().plan(block_size, scratch, run)

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return all rows of a block."""
        return WarcReader(block.path, self.extractor, self.max_page_bytes).read(block, columns)

    def _reader(self) -> WarcReader:
        return WarcReader(self._places(), self.extractor, self.max_page_bytes)

    def _places(self) -> list[str]:
        last = None if self.count is None else self.first + self.count
        listed = list(_lines(self.paths))[self.first : last]
        if not listed:
            raise DataError(f"{self.paths}: names no file from number {self.first} on")
        if "://" in self.root:
            return [f"{self.root.rstrip('/')}/{path}" for path in listed]
        places = {path: _place(Path(self.root), path) for path in listed}
        missing = [path for path, place in places.items() if place is None]
        if missing:
            raise DataError(
                f"{self.root}: {len(missing)} of the {len(listed)} files that {self.paths} names "
                f"are not here, first {missing[0]}; download them, or narrow first and count"
            )
        return [str(place) for place in places.values()]


def _place(root: Path, path: str) -> Path | None:
    parts = path.split("/")
    crawl = parts[1] if len(parts) > 2 and parts[0] == "crawl-data" else ""
    if crawl == "CC-NEWS" and len(parts) > 4:
        crawl = "-".join(parts[1:4])
    for place in (root / path, root / crawl / parts[-1], root / parts[-1]):
        if place.is_file():
            return place
    return None


def _lines(paths: str) -> Iterator[str]:
    """Yield the lines of a list; ``DataError`` for one that is no path of an archive."""
    kind = compression(paths)
    try:
        if kind:
            data = b"".join(unpacked(paths, kind, MAX_LIST_BYTES))
        else:
            with open_file(paths) as stream:
                data = stream.read(MAX_LIST_BYTES)
    except DamagedStream as error:
        raise DataError(f"{paths}: {error}") from error
    for number, line in enumerate(data.split(b"\n"), 1):
        path = line.strip().decode("utf-8", "replace")
        if not path:
            continue
        if not LISTED.fullmatch(path) or ".." in path.split("/"):
            raise DataError(f"{paths}:{number}: {shorten(path)} is no path of a web archive")
        yield path
