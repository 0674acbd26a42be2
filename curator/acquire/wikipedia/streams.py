"""The bytes of a dump: plain, packed, and multistream bz2 that tasks read side by side."""

from __future__ import annotations

import bz2
import re
from collections.abc import Generator, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from curator.errors import DataError
from curator.io.blocks import CHUNK_BYTES, SCRATCH_SUFFIX, WHOLE_STREAM, Block, count_lines
from curator.io.file_names import unreadable
from curator.io.files import InputFile, open_file
from curator.io.unpack import FEED_BYTES, OUTPUT_BYTES, Damage, DamagedStream, compression, unpacked

STREAM = re.compile(rb"BZh[1-9]1AY&SY")
"""How a bz2 stream that holds something begins; ten bytes do not arise by chance."""
STREAM_BYTES = 10
MOST_RATIO, FREE_BYTES = 1000, 64 << 20
"""A stream may unpack to so many times its size and this on top. Dumps reach a hundred."""
EXPECTED_RATIO = 4
"""Compressed bytes of a block are its unpacked ones by this."""
MAX_INDEX_BYTES = 4 << 30
INDEX_LINE = re.compile(rb"^([0-9]{1,15}):", re.M)


class Chunk(NamedTuple):
    """Some bytes of a dump."""

    data: bytes
    own: bool
    """Whether pages that begin here belong to the block that is read."""
    damage: Damage | None = None
    """Set, with no data, where bytes are missing; what follows is behind the gap."""


def chunks(block: Block, max_unpacked_bytes: int) -> Iterator[Chunk]:
    """Yield the bytes of a block and those behind it, for the page that runs over its end."""
    kind = compression(block.path)
    if block.path.endswith(SCRATCH_SUFFIX):
        yield from _piece(block)
    elif kind == ".bz2" and block.end != WHOLE_STREAM:
        yield from _streams(block)
    elif kind is not None:
        try:
            for data in unpacked(block.path, kind, max_unpacked_bytes):
                yield Chunk(data, True)
        except DamagedStream as error:
            yield Chunk(b"", True, error.damage)
    else:
        yield from _plain(block)


def newlines(block: Block) -> int:
    """Return the newlines in the streams that belong to a block of multistream bz2."""
    found = 0
    for chunk in _streams(block):
        if not chunk.own:
            break
        found += count_lines(chunk.data)
    return found


def unpacked_limit(file: InputFile, max_unpacked_bytes: int) -> int:
    """Return how many bytes a packed file may hold before it counts as a bomb."""
    return min(max_unpacked_bytes, FREE_BYTES + MOST_RATIO * file.size)


def stream_starts(file: InputFile, index: InputFile | None) -> list[int]:
    """Return where the bz2 streams of a file begin, from its index or by looking at all of it.

    An index that names a place where no stream begins is not used at all. One that leaves
    streams out only makes larger blocks: a block is read stream by stream to its end.
    """
    if index is not None:
        named = _index_offsets(index, file.size)
        if named and _are_streams(file.path, named):
            return sorted({0, *named})
    return _scan(file.path)


def _scan(path: str) -> list[int]:
    starts: list[int] = []
    position, rest = 0, b""
    with open_file(path) as stream:
        try:
            while chunk := stream.read(CHUNK_BYTES):
                data = rest + chunk
                first = position - len(rest)
                starts += [first + match.start() for match in STREAM.finditer(data)]
                position += len(chunk)
                rest = data[-(STREAM_BYTES - 1) :]
        except OSError as error:
            raise unreadable(path, error) from error
    return starts


def _index_offsets(index: InputFile, size: int) -> list[int]:
    """Return the different offsets of an index; none where it is damaged or names a wrong place."""
    found: set[int] = set()
    rest = b""
    kind = compression(index.path)
    try:
        data_of = unpacked(index.path, kind, MAX_INDEX_BYTES) if kind else _whole(index.path)
        for data in data_of:
            data = rest + data
            cut = data.rfind(b"\n") + 1
            rest = data[cut:][:CHUNK_BYTES]
            found.update(map(int, INDEX_LINE.findall(data[:cut])))
            if len(found) > size // STREAM_BYTES + 1:
                return []
    except (DamagedStream, DataError):
        return []
    return sorted(found) if found and max(found) < size else []


def _whole(path: str) -> Iterator[bytes]:
    with open_file(path) as stream:
        while data := stream.read(CHUNK_BYTES):
            yield data


def _are_streams(path: str, offsets: Sequence[int]) -> bool:
    with open_file(path) as stream:
        try:
            for offset in offsets:
                stream.seek(offset)
                if not STREAM.match(stream.read(STREAM_BYTES)):
                    return False
        except OSError as error:
            raise unreadable(path, error) from error
    return True


def _plain(block: Block) -> Iterator[Chunk]:
    with open_file(block.path) as stream:
        try:
            stream.seek(block.start)
            position = block.start
            while position < block.end:
                data = stream.read(min(CHUNK_BYTES, block.end - position))
                if not data:
                    raise DataError(f"{block.path}: became shorter while it was read; run again")
                position += len(data)
                yield Chunk(data, True)
            while data := stream.read(FEED_BYTES):
                yield Chunk(data, False)
        except OSError as error:
            raise unreadable(block.path, error) from error


def _piece(block: Block) -> Iterator[Chunk]:
    try:
        for data in unpacked(block.path, ".zst"):
            yield Chunk(data, True)
    except DamagedStream as error:
        raise DataError(f"{block.path}: damaged; delete the folder and run again") from error
    if block.damage:
        yield Chunk(b"", True, block.damage)


def _streams(block: Block) -> Iterator[Chunk]:
    """Yield the streams from ``start`` on; those that begin before ``end`` are the block's own."""
    with open_file(block.path) as stream:
        position: int | None = block.start
        try:
            while position is not None:
                position = yield from _one_stream(stream, position, position < block.end)
        except OSError as error:
            raise unreadable(block.path, error) from error


def _one_stream(stream: BinaryIO, start: int, own: bool) -> Generator[Chunk, None, int | None]:
    """Yield one stream's bytes; returns where the next begins, ``None`` at the end of the file.

    It is fed from its own beginning, so what is read before damage is the same in every block.
    """
    stream.seek(start)
    member = bz2.BZ2Decompressor()
    position, out = start, 0
    damage = Damage("truncated_file", "the compressed file is cut off here; download it again")
    while feed := stream.read(FEED_BYTES):
        position += len(feed)
        try:
            while feed or not member.needs_input:
                data = member.decompress(feed, OUTPUT_BYTES)
                feed = b""
                out += len(data)
                if data:
                    yield Chunk(data, own)
                if member.eof:
                    following = position - len(member.unused_data)
                    stream.seek(following)
                    return following if stream.read(1) else None
                if out > FREE_BYTES + MOST_RATIO * (position - start):
                    what = f"a bz2 stream unpacks to more than {MOST_RATIO} times its size"
                    yield Chunk(b"", own, Damage("file_too_large", f"{what}; it is skipped"))
                    return _next_stream(stream, start + 1)
        except (OSError, ValueError) as error:
            what = f"the compressed file is corrupt here ({error}); download it again"
            yield Chunk(b"", own, Damage("truncated_file", what))
            return _next_stream(stream, start + 1)
    if position > start:
        yield Chunk(b"", own, damage)
        return _next_stream(stream, start + 1)
    return None


def _next_stream(stream: BinaryIO, position: int) -> int | None:
    """Return where the next stream begins at or behind ``position``, ``None`` where none does."""
    stream.seek(position)
    rest = b""
    while data := stream.read(CHUNK_BYTES):
        found = STREAM.search(rest + data)
        if found:
            return position - len(rest) + found.start()
        position += len(data)
        rest = (rest + data)[-(STREAM_BYTES - 1) :]
    return None
