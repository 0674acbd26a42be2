"""Dumps cut into pages: what a block is, and the bytes from ``<page>`` to ``</page>``.

A page begins at every ``<page>`` and ends at the next ``</page>``; in the XML of dumps these
bytes are nothing else, for ``<`` in text is ``&lt;``. So a block can be read from anywhere in
the file, and what is wrong with one page is a matter of that page.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import zstandard

from curator.acquire.wikipedia.site import CANONICAL, Site
from curator.acquire.wikipedia.siteinfo import read_site
from curator.acquire.wikipedia.streams import (
    EXPECTED_RATIO,
    Chunk,
    chunks,
    newlines,
    stream_starts,
    unpacked_limit,
)
from curator.errors import RecipeError
from curator.io.atomic import atomic_write
from curator.io.blocks import (
    SCRATCH_SUFFIX,
    WHOLE_STREAM,
    Block,
    LineCount,
    Run,
    count_lines,
    newlines_between,
    unpacked_once,
)
from curator.io.files import InputFile
from curator.io.unpack import MAX_UNPACKED_BYTES, Damage, compression

PAGE = re.compile(rb"<page[\s>]")
EDGE = re.compile(rb"</page\s*>|<page[\s>]")
EDGE_BYTES = 64
"""Bytes kept behind, so that a tag that is cut in two is seen whole."""
KEPT_BYTES = 1 << 20
"""Bytes kept of a page that is too long."""


@dataclass(frozen=True)
class DumpBlock(Block):
    """A piece of a dump; ``first_line`` is the line of its first byte.

    ``start`` and ``end`` are bytes of the file; in multistream bz2, of the compressed one, and
    streams that begin in between belong to the block.
    """

    site: Site = Site("", CANONICAL)  # noqa: RUF009  # frozen
    limit: int = MAX_UNPACKED_BYTES
    """Bytes that a compressed file, read as one block, may unpack to."""


class Span(NamedTuple):
    """The XML of one page, or a place where there should have been one."""

    data: bytes
    line: int
    """1-based line, in the unpacked file, in which it begins."""
    damage: Damage | None = None
    """Why it is no page: cut off, too long, or bytes missing."""


def plan_dump(
    files: Sequence[InputFile],
    indexes: Sequence[InputFile | None],
    block_size: int,
    scratch: Path | None,
    run: Run,
    max_unpacked_bytes: int,
    handlers: str | None,
    wiki: str | None,
) -> tuple[DumpBlock, ...]:
    """Cut dumps into blocks of about ``block_size`` unpacked bytes, in the order of the files."""
    if block_size < 1:
        raise RecipeError(f"block_size is {block_size}; give a number of bytes above 0")
    cut: dict[str, list[Block]] = {}
    whole: list[InputFile] = []
    for file, index in zip(files, indexes, strict=True):
        kind = compression(file.path)
        starts = stream_starts(file, index) if kind == ".bz2" else []
        if kind is None:
            cut[file.path] = _cut_plain(file, block_size, run)
        elif len(starts) > 1 and starts[0] == 0:
            cut[file.path] = _cut_streams(file, starts, block_size, run)
        elif scratch is None:
            cut[file.path] = [Block(file.path, file.file, 0, WHOLE_STREAM, 1)]
        else:
            whole.append(file)
    if whole and scratch is not None:
        unpacker = functools.partial(
            unpack_dump, scratch=scratch, block_size=block_size, most=max_unpacked_bytes
        )
        pieces = run(unpacker, whole)
        cut |= {file.path: own for file, own in zip(whole, pieces, strict=True)}
    blocks: list[DumpBlock] = []
    for file in files:
        own = cut[file.path]
        if own:
            site = read_site(own[0], wiki, handlers, max_unpacked_bytes)
            limit = unpacked_limit(file, max_unpacked_bytes)
            blocks += [_with_site(block, site, limit) for block in own]
    return tuple(blocks)


def _with_site(block: Block, site: Site, limit: int) -> DumpBlock:
    values = {name: getattr(block, name) for name in Block.__dataclass_fields__}
    return DumpBlock(**values, site=site, limit=limit)


def _cut_plain(file: InputFile, block_size: int, run: Run) -> list[Block]:
    bounds = [*range(0, file.size, block_size), file.size] if file.size else []
    jobs = [LineCount(file.path, tuple(bounds[i : i + 17])) for i in range(0, len(bounds) - 2, 16)]
    counts = [
        count for counted in (run(newlines_between, jobs) if jobs else []) for count in counted
    ]
    blocks, line = [], 1
    for place, start in enumerate(bounds[:-1]):
        blocks.append(Block(file.path, file.file, start, bounds[place + 1], line))
        line += counts[place] if place < len(counts) else 0
    return blocks


def _cut_streams(file: InputFile, starts: Sequence[int], block_size: int, run: Run) -> list[Block]:
    wanted = max(1, block_size // EXPECTED_RATIO)
    bounds = [0]
    for start in starts:
        if start - bounds[-1] >= wanted:
            bounds.append(start)
    bounds.append(file.size)
    blocks = [
        Block(file.path, file.file, start, end, 1) for start, end in itertools.pairwise(bounds)
    ]
    if len(blocks) == 1:
        return blocks
    line, numbered = 1, []
    for block, count in zip(blocks, run(newlines, blocks), strict=True):
        numbered.append(replace(block, first_line=line))
        line += count
    return numbered


def spans(block: DumpBlock, max_page_bytes: int) -> Iterator[Span]:
    """Yield the pages that begin in a block, in their order, and the places of damage.

    At most ``max_page_bytes`` and a chunk are held; of a longer page only the beginning is kept.
    """
    reading = _Reading(block.first_line, max_page_bytes)
    for chunk in chunks(block, block.limit):
        yield from reading.take(chunk)
        if reading.done:
            return
    yield from reading.end()


class _Reading:
    """Bytes come in, pages go out."""

    def __init__(self, line: int, max_page_bytes: int) -> None:
        self.line = line
        """Line of the first byte of ``data``."""
        self.most = max_page_bytes
        self.data = bytearray()
        self.inside = False
        """Whether ``data`` begins with an open page."""
        self.seen = 0
        """Bytes of ``data`` in which no end of the page is."""
        self.skipped = 0
        """Bytes of the open page that were not kept."""
        self.skipped_lines = 0
        self.foreign: int | None = None
        """Bytes of ``data`` before those of the next block; ``None`` while all are our own."""
        self.done = False

    def take(self, chunk: Chunk) -> Iterator[Span]:
        if not chunk.own and self.foreign is None:
            self.foreign = len(self.data)
        if chunk.damage is not None:
            yield from self._damaged(chunk)
            return
        self.data += chunk.data
        while not self.done:
            if self.inside:
                span = self._finish_page()
                if span is None:
                    break
                yield span
            elif not self._begin_page():
                break

    def end(self) -> Iterator[Span]:
        if self.inside:
            what = "the file ends inside this page; download it again"
            yield self._span(len(self.data), Damage("unfinished_page", what))

    def _damaged(self, chunk: Chunk) -> Iterator[Span]:
        yield from self.end()
        self._drop(len(self.data))
        self.inside, self.seen = False, 0
        if chunk.own:
            yield Span(b"", self.line, chunk.damage)
        else:
            self.done = True

    def _begin_page(self) -> bool:
        match = PAGE.search(self.data)
        start = match.start() if match else max(0, len(self.data) - EDGE_BYTES)
        if self.foreign is not None and start >= self.foreign:
            self.done = True
            return False
        self._drop(start)
        self.inside, self.seen, self.skipped, self.skipped_lines = match is not None, 5, 0, 0
        return self.inside

    def _finish_page(self) -> Span | None:
        match = EDGE.search(self.data, self.seen)
        if match is None:
            self.seen = max(5, len(self.data) - EDGE_BYTES)
            if len(self.data) > self.most + EDGE_BYTES:
                self._skip()
            return None
        if match[0].startswith(b"</"):
            return self._span(match.end(), None)
        what = "the next page begins before this one ends; the dump is damaged here"
        return self._span(match.start(), Damage("unfinished_page", what))

    def _skip(self) -> None:
        """Forget the middle of a page that is too long: it will not be parsed."""
        kept = min(self.most, KEPT_BYTES)
        gone = self.data[kept:-EDGE_BYTES]
        self.skipped += len(gone)
        self.skipped_lines += count_lines(bytes(gone))
        del self.data[kept : len(self.data) - EDGE_BYTES]
        if self.foreign is not None:
            self.foreign = max(0, self.foreign - len(gone))
        self.seen = kept

    def _span(self, end: int, damage: Damage | None) -> Span:
        length = end + self.skipped
        if length > self.most:
            what = f"a page of {length} bytes is longer than max_page_bytes={self.most}"
            damage = Damage("page_too_large", f"{what}; raise it if the dump is to be trusted")
        span = Span(bytes(self.data[:end]), self.line, damage)
        self._drop(end)
        self.line += self.skipped_lines
        self.inside = False
        return span

    def _drop(self, end: int) -> None:
        self.line += self.data.count(b"\n", 0, end)
        del self.data[:end]
        if self.foreign is not None:
            self.foreign = max(0, self.foreign - end)


def unpack_dump(file: InputFile, scratch: Path, block_size: int, most: int) -> list[Block]:
    """Unpack a dump into pieces of whole pages under ``scratch``, streaming.

    A marker written last lets a restart use them again as long as file and arguments are the same.
    """
    limit = unpacked_limit(file, most)
    source = {"path": file.path, "size": file.size, "modified": file.modified,
              "block_size": block_size, "limit": limit, "pages": True}  # fmt: skip
    digest = hashlib.sha256(b"pages\0" + file.path.encode("utf-8", "surrogateescape"))
    folder = scratch / digest.hexdigest()[:32]
    write = functools.partial(_write_pieces, file, block_size=block_size, limit=limit)
    return list(unpacked_once(file, folder, source, write))


def _write_pieces(
    file: InputFile, folder: Path, block_size: int, limit: int
) -> list[dict[str, Any]]:
    pieces: list[dict[str, Any]] = []
    packer = zstandard.ZstdCompressor(level=1)
    line = 1
    parts = _cut_between_pages(Block(file.path, file.file, 0, WHOLE_STREAM, 1), block_size, limit)
    part = next(parts, None)
    while part is not None:
        name = f"{len(pieces):06}{SCRATCH_SUFFIX}"
        size, first_line, damage = 0, line, None
        with (
            atomic_write(folder / name) as stream,
            packer.stream_writer(stream, closefd=False) as out,
        ):
            begins = False
            while part is not None and not begins:
                data, damage, _ = part
                out.write(data)
                size += len(data)
                line += count_lines(data)
                part = next(parts, None)
                begins = part is not None and part[2]
        pieces.append(
            {
                "name": name,
                "bytes": size,
                "first_line": first_line,
                "damage": asdict(damage) if damage else None,
            }
        )
    return pieces


def _cut_between_pages(
    block: Block, block_size: int, limit: int
) -> Iterator[tuple[bytes, Damage | None, bool]]:
    """Yield bytes, damage, and whether a new piece begins with them: always at a ``<page>``."""
    rest, size, begins, damage = b"", 0, False, None
    for chunk in chunks(block, limit):
        damage = chunk.damage
        data = rest + chunk.data
        start = 0
        while True:
            match = PAGE.search(data, start + max(1, block_size - size))
            if match is None or damage:
                break
            yield data[start : match.start()], None, begins
            start, size, begins = match.start(), 0, True
        cut = max(start, len(data) - EDGE_BYTES)
        if cut > start:
            yield data[start:cut], None, begins
            size, begins = size + cut - start, False
        rest = data[cut:]
    if rest or damage:
        yield rest, damage, begins
