"""Pieces of input files that tasks read on their own: how they are cut, and their lines."""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import zstandard

from curator.errors import DataError, RecipeError
from curator.io.atomic import atomic_write, refuse
from curator.io.file_names import unreadable
from curator.io.files import InputFile, open_file
from curator.io.unpack import MAX_UNPACKED_BYTES, Damage, DamagedStream, compression, unpacked

CHUNK_BYTES = 1 << 20
"""Bytes read and parsed at a time; at this size the parsed lines stay in the CPU's cache."""

MAX_LINE_BYTES = 64 << 20
"""Default length above which a line is a ledger row and not a document: 64 MiB."""

BOM = b"\xef\xbb\xbf"

OVERHANG_BYTES = 1 + len(BOM)
"""Bytes kept of a line beyond the longest, so that it stays longer also without a BOM."""

WHOLE_STREAM = 1 << 62
"""``Block.end`` of a compressed file read in one block: its length is not known."""

SCRATCH_SUFFIX = ".lines"
"""Suffix of unpacked pieces under the scratch folder: zstd at level 1 of whole lines."""

BLOCKS_PER_COUNT = 4
"""Blocks of a file whose lines one task counts."""

Run = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]
"""Applies a picklable function to every item, in order; see ``curator.cluster.run_tasks``."""


def in_this_process(function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Apply ``function`` to every item here, one after the other."""
    return [function(item) for item in items]


@dataclass(frozen=True)
class Block:
    """A piece of one input file, read by one task."""

    path: str
    """Local path or fsspec URL of what to open: the input file or a piece unpacked from it."""
    file: str
    """Name of the input file shown to people."""
    start: int
    """First byte of the (unpacked) stream; in Parquet the first row group."""
    end: int
    """Byte after the last; lines that begin in [start, end) belong to the block."""
    first_line: int
    """1-based number, in the input file, of the first line that begins in the block."""
    damage: Damage | None = None
    """Why the input ends with this block before its end; its last, unfinished line is not one."""


@dataclass(frozen=True)
class ReadPlan:
    """All that is known of an input before its rows are read."""

    blocks: tuple[Block, ...]
    """In the order of the corpus: files by name, then lines."""
    columns: pa.Schema
    """Metadata columns only."""
    files: tuple[InputFile, ...]


class Piece(NamedTuple):
    """Whole lines of a block."""

    data: bytes
    """Every line ends in a newline, but perhaps the last of the file."""
    first_line: int
    damage: Damage | None
    """Set on the last piece of a damaged stream: what follows the last newline is cut off."""


def read_pieces(
    block: Block,
    max_line_bytes: int = MAX_LINE_BYTES,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> Iterator[Piece]:
    """Yield the lines of a block in pieces of about ``CHUNK_BYTES``; a leading BOM is left out.

    A line of more than ``max_line_bytes`` (newline not counted) is cut, but stays longer than
    that, so that memory is bounded and the reader sees that it is too long. Raises ``DataError``
    when the file cannot be read or became shorter.
    """
    number = block.first_line
    for data, damage in whole_lines(
        _chunks(block, max_line_bytes, max_unpacked_bytes), max_line_bytes
    ):
        if number == 1:
            data = data.removeprefix(BOM)
        yield Piece(data, number, damage)
        number += count_lines(data)


def count_lines(data: bytes) -> int:
    """Return how many newlines there are."""
    from curator.kernels.lines import count_newlines  # compiled code: only where lines are read

    return count_newlines(data)


def whole_lines(
    chunks: Iterator[bytes], max_line_bytes: int
) -> Iterator[tuple[bytes, Damage | None]]:
    """Join chunks of any size to chunks of whole lines; the end of longer lines is cut off.

    The last one is what follows the last newline, and the damage where the stream is damaged.
    """
    rest: list[bytes | memoryview] = []
    length = 0
    damage = None
    try:
        for chunk in chunks:
            cut = chunk.rfind(b"\n") + 1
            if cut:
                rest.append(memoryview(chunk)[:cut])  # copied once, when joined
                yield b"".join(rest), None
                rest, length = [], 0
            kept = chunk[cut : cut + max_line_bytes + OVERHANG_BYTES - length]
            rest.append(kept)
            length += len(kept)
    except DamagedStream as error:
        damage = error.damage
    last = b"".join(rest)
    if last or damage:
        yield last, damage


def _chunks(block: Block, max_line_bytes: int, max_unpacked_bytes: int) -> Iterator[bytes]:
    if block.path.endswith(SCRATCH_SUFFIX):
        try:
            yield from _gathered(unpacked(block.path, ".zst"), CHUNK_BYTES)
        except DamagedStream as error:
            raise DataError(f"{block.path}: damaged; delete the folder and run again") from error
        if block.damage:
            raise DamagedStream(block.damage)
        return
    kind = compression(block.path)
    if kind:
        yield from _gathered(unpacked(block.path, kind, max_unpacked_bytes), CHUNK_BYTES)
        return
    try:
        yield from _plain_chunks(block, max_line_bytes)
    except OSError as error:
        raise unreadable(block.path, error) from error


def _plain_chunks(block: Block, max_line_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of the lines that begin in the block, and at most the longest line more."""
    with open_file(block.path) as stream:
        # one byte back: a line begins at `start` when the byte before is a newline
        position = max(block.start - 1, 0)
        stream.seek(position)
        begun, open_line = block.start == 0, True
        while position < block.end:
            chunk = stream.read(min(CHUNK_BYTES, block.end - position))
            if not chunk:
                raise DataError(f"{block.path}: became shorter while it was read; run again")
            position += len(chunk)
            open_line = not chunk.endswith(b"\n")
            if not begun:
                cut = chunk.find(b"\n") + 1
                if not cut:
                    continue
                begun, chunk = True, chunk[cut:]
            yield chunk
        left = max_line_bytes + OVERHANG_BYTES if begun and open_line else 0
        while left > 0 and (chunk := stream.read(min(CHUNK_BYTES >> 4, left))):
            cut = chunk.find(b"\n") + 1
            yield chunk[:cut] if cut else chunk
            left = 0 if cut else left - len(chunk)


def plan_blocks(
    files: Sequence[InputFile],
    block_size: int,
    scratch: Path | None = None,
    run: Run = in_this_process,
    max_line_bytes: int = MAX_LINE_BYTES,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> tuple[Block, ...]:
    """Cut files of lines into blocks of about ``block_size`` (unpacked) bytes, in their order.

    Compressed files are unpacked into ``scratch``, or are one block each where it is ``None``.
    The lines of files with more than one block are counted. Both kinds of work go through
    ``run``. An empty file has no block. Raises ``RecipeError`` when ``block_size`` is below 1.
    """
    if block_size < 1:
        raise RecipeError(f"block_size is {block_size}; give a number of bytes above 0")
    packed = [file for file in files if compression(file.path)]
    of_packed: list[tuple[Block, ...]] = []
    if scratch is None:
        of_packed = [(Block(file.path, file.file, 0, WHOLE_STREAM, 1),) for file in packed]
    else:
        unpacker = functools.partial(
            unpack,
            scratch=scratch,
            block_size=block_size,
            max_line_bytes=max_line_bytes,
            max_unpacked_bytes=max_unpacked_bytes,
        )
        of_packed = run(unpacker, packed) if packed else []
    cut = {file.path: blocks for file, blocks in zip(packed, of_packed, strict=True)}
    plain = [file for file in files if file.path not in cut]
    cut |= _cut_plain(plain, block_size, run)
    return tuple(block for file in files for block in cut[file.path])


class LineCount(NamedTuple):
    """A stretch of a file whose lines one task counts."""

    path: str
    bounds: tuple[int, ...]
    """Rising byte positions; newlines are counted between neighbours."""


def _cut_plain(
    files: Sequence[InputFile], block_size: int, run: Run
) -> dict[str, tuple[Block, ...]]:
    starts = {file.path: list(range(0, file.size, block_size)) for file in files}
    jobs = []
    for file in files:
        # a line begins after a newline: those before start - 1 end lines that began before it
        bounds = [max(start - 1, 0) for start in starts[file.path]]
        for first in range(0, len(bounds) - 1, BLOCKS_PER_COUNT):
            jobs.append(LineCount(file.path, tuple(bounds[first : first + BLOCKS_PER_COUNT + 1])))
    counts: dict[str, list[int]] = {file.path: [] for file in files}
    for job, newlines in zip(jobs, run(newlines_between, jobs) if jobs else [], strict=True):
        counts[job.path] += newlines
    cut = {}
    for file in files:
        before = np.cumsum([0, *counts[file.path]])
        cut[file.path] = tuple(
            Block(
                path=file.path,
                file=file.file,
                start=start,
                end=min(start + block_size, file.size),
                first_line=int(before[index]) + (2 if start else 1),
            )
            for index, start in enumerate(starts[file.path])
        )
    return cut


def newlines_between(job: LineCount) -> list[int]:
    """Return how many newlines are between each two neighbouring bounds of a plain file."""
    counts = []
    with open_file(job.path) as stream:
        try:
            stream.seek(job.bounds[0])
            for start, end in zip(job.bounds, job.bounds[1:], strict=False):
                left, found = end - start, 0
                while left and (chunk := stream.read(min(CHUNK_BYTES, left))):
                    found += count_lines(chunk)
                    left -= len(chunk)
                counts.append(found)
        except OSError as error:
            raise unreadable(job.path, error) from error
    return counts


def unpack(
    file: InputFile, scratch: Path, block_size: int, max_line_bytes: int, max_unpacked_bytes: int
) -> tuple[Block, ...]:
    """Unpack a compressed file of lines into line-aligned pieces under ``scratch``, streaming.

    Memory is a few MiB and the longest line. The pieces lie in a folder of their own, named by a
    hash of the file's path; a marker written last lets a restart use them again as long as the
    file's size and modification time and these arguments are the same. Lines of more than
    ``max_line_bytes`` are cut but stay longer than that. Damage is told by the last block.
    """
    source = {
        "path": file.path,
        "size": file.size,
        "modified": file.modified,
        "block_size": block_size,
        "max_line_bytes": max_line_bytes,
        "max_unpacked_bytes": max_unpacked_bytes,
    }
    folder = scratch / hashlib.sha256(file.path.encode("utf-8", "surrogateescape")).hexdigest()[:32]

    def write(folder: Path) -> list[dict[str, Any]]:
        kind = compression(file.path) or ""
        step = min(CHUNK_BYTES, block_size)
        chunks = _gathered(unpacked(file.path, kind, max_unpacked_bytes), step)
        return _write_pieces(whole_lines(chunks, max_line_bytes), folder, block_size)

    return unpacked_once(file, folder, source, write)


def unpacked_once(
    file: InputFile,
    folder: Path,
    source: dict[str, Any],
    write: Callable[[Path], list[dict[str, Any]]],
) -> tuple[Block, ...]:
    """Return the pieces of ``file`` in ``folder`` as blocks; ``write`` makes them if need be.

    ``write(folder)`` gives name, bytes, first_line and damage (or ``None``) of each piece. A marker
    with ``source``, written last, lets a restart use the pieces as long as ``source`` is the same.
    """
    marker = folder / "unpacked.json"
    known = _read_marker(marker)
    if known is None or known["source"] != source:
        try:
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(parents=True)
        except OSError as error:
            refuse(folder, error)
        known = {"source": source, "pieces": write(folder)}
        with atomic_write(marker) as stream:
            stream.write(json.dumps(known).encode())
    return tuple(
        Block(
            path=str(folder / piece["name"]),
            file=file.file,
            start=0,
            end=piece["bytes"],
            first_line=piece["first_line"],
            damage=Damage(**piece["damage"]) if piece["damage"] else None,
        )
        for piece in known["pieces"]
    )


def _read_marker(marker: Path) -> dict[str, Any] | None:
    try:
        known: dict[str, Any] = json.loads(marker.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    whole = all((marker.parent / piece["name"]).is_file() for piece in known["pieces"])
    return known if whole else None


def _gathered(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Join and cut chunks to ``size`` bytes each; the last, or the last before damage, is less."""
    rest = bytearray()
    try:
        for chunk in chunks:
            rest += chunk
            if len(rest) >= size:
                whole = len(rest) // size * size
                for start in range(0, whole, size):
                    yield bytes(rest[start : start + size])
                del rest[:whole]
    except DamagedStream:
        yield bytes(rest)
        raise
    if rest:
        yield bytes(rest)


def _write_pieces(
    lines: Iterator[tuple[bytes, Damage | None]], folder: Path, block_size: int
) -> list[dict[str, Any]]:
    pieces: list[dict[str, Any]] = []
    packer = zstandard.ZstdCompressor(level=1)
    number = 1
    current = next(lines, None)
    while current is not None:
        name = f"{len(pieces):06}{SCRATCH_SUFFIX}"
        size, first_line, damage = 0, number, None
        with (
            atomic_write(folder / name) as stream,
            packer.stream_writer(stream, closefd=False) as out,
        ):
            while current is not None and size < block_size:
                data, damage = current
                out.write(data)
                size += len(data)
                number += count_lines(data)
                current = next(lines, None)
        pieces.append(
            {
                "name": name,
                "bytes": size,
                "first_line": first_line,
                "damage": asdict(damage) if damage else None,
            }
        )
    return pieces
