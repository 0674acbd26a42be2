"""Compressed files as streams of bytes in bounded memory, with damage told apart from the end."""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import zstandard

from curator.io.file_names import COMPRESSIONS, unreadable
from curator.io.files import open_file

FEED_BYTES = 16 << 10
"""Compressed bytes given to zlib and bz2 at a time."""

ZSTD_FEED_BYTES = 1 << 10
"""Compressed bytes given to zstd at a time: it has no limit on what comes out, and four bytes can
unpack to a block of 128 KiB, so this bounds the memory at 32 MiB."""

OUTPUT_BYTES = 64 << 10
"""Bytes unpacked at a time; at most this many before a corrupt place are lost."""

ZSTD_WINDOW_BYTES = 1 << 31
"""Largest zstd window: some published dumps are written with ``--long=31``."""

MAX_UNPACKED_BYTES = 1 << 40
"""Default bound of what one compressed file may unpack to: 1 TiB."""


@dataclass(frozen=True)
class Damage:
    """Why a compressed stream ends before its end."""

    reason: str
    """Code for the ledger: ``truncated_file`` or ``file_too_large``."""
    what: str
    """What is wrong; the mend."""


class DamagedStream(Exception):
    """Raised by ``unpacked`` after the last good bytes."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(damage.what)
        self.damage = damage


class _Corrupt(Exception):
    pass


def compression(path: str) -> str | None:
    """Return the compression suffix of a path (``.gz``, ``.zst``, ``.bz2``) or ``None``."""
    return next((suffix for suffix in COMPRESSIONS if path.lower().endswith(suffix)), None)


def unpacked(path: str, kind: str, max_unpacked_bytes: int = MAX_UNPACKED_BYTES) -> Iterator[bytes]:
    """Yield the bytes of a compressed file in pieces of bounded size.

    Several gzip members, bz2 streams or zstd frames in one file are read to the last. An empty
    file gives nothing. Raises ``DamagedStream`` after the last good bytes when the file is cut
    off, corrupt, or unpacks to more than ``max_unpacked_bytes``, and ``DataError`` when it cannot
    be read at all.
    """
    left = max_unpacked_bytes
    with open_file(path) as stream:
        try:
            for data in UNPACKERS[kind](stream):
                if len(data) > left:
                    yield data[:left]
                    what = f"unpacks to more than {max_unpacked_bytes} bytes"
                    mend = "raise max_unpacked_bytes if the file is to be trusted"
                    raise DamagedStream(Damage("file_too_large", f"{what}; {mend}"))
                left -= len(data)
                if data:
                    yield data
        except EOFError as error:
            what = "the compressed file is cut off here; download it again"
            raise DamagedStream(Damage("truncated_file", what)) from error
        except _Corrupt as error:
            what = f"the compressed file is corrupt here ({error}); download it again"
            raise DamagedStream(Damage("truncated_file", what)) from error
        except OSError as error:
            raise unreadable(path, error) from error


def _gunzip(stream: BinaryIO) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=31)
    inside = False
    while feed := stream.read(FEED_BYTES):
        while feed:
            if not inside:
                feed = feed.lstrip(b"\0")  # padding that tar and tapes leave behind members
                if not feed:
                    break
                member, inside = zlib.decompressobj(wbits=31), True
            try:
                yield member.decompress(feed, OUTPUT_BYTES)
            except zlib.error as error:
                raise _Corrupt(error) from error
            inside = not member.eof
            feed = member.unconsumed_tail if inside else member.unused_data
    if inside:
        yield member.flush()
        raise EOFError


def _bunzip2(stream: BinaryIO) -> Iterator[bytes]:
    member = bz2.BZ2Decompressor()
    inside = False
    while feed := stream.read(FEED_BYTES):
        while feed or (inside and not member.needs_input):
            if not inside:
                member, inside = bz2.BZ2Decompressor(), True
            try:
                yield member.decompress(feed, OUTPUT_BYTES)
            except (OSError, ValueError) as error:
                raise _Corrupt(error) from error
            inside = not member.eof
            feed = b"" if inside else member.unused_data
    if inside:
        raise EOFError


def _unzstd(stream: BinaryIO) -> Iterator[bytes]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
    frame = unpacker.decompressobj()
    inside = False
    while feed := stream.read(ZSTD_FEED_BYTES):
        while feed:
            if not inside:
                frame, inside = unpacker.decompressobj(), True
            try:
                yield frame.decompress(feed)
            except zstandard.ZstdError as error:
                raise _Corrupt(error) from error
            inside = not frame.eof
            feed = b"" if inside else frame.unused_data
    if inside:
        raise EOFError


UNPACKERS = {".gz": _gunzip, ".bz2": _bunzip2, ".zst": _unzstd}
