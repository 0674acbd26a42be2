"""Tar archives as what lies where in them. Nothing is unpacked to the disk, links are not followed.

Python's ``tarfile`` reads headers of any size and has looped on crafted ones; this reads names,
places and sizes alone. Source: POSIX.1-2017, pax; the GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

RECORD = 512

MAX_NAME_BYTES = 64 << 10
"""Longest extended header that is read."""

FILES = (b"0", b"\0", b"7")
"""Types that are regular files; the others are folders, links and devices."""

FEED_BYTES = 64 << 10


class Damaged(Exception):
    """Raised where an archive cannot be read further."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(what)
        self.reason, self.what = reason, what


class Member(NamedTuple):
    """A regular file in an archive."""

    name: str
    begin: int
    """Place of its first header."""
    start: int
    """Place of its first byte."""
    size: int

    @property
    def end(self) -> int:
        """Place behind it, where the next header is."""
        return self.start + -(-self.size // RECORD) * RECORD


def members(
    stream: BinaryIO, size: int, place: int = 0, *, marked: bool = True
) -> Iterator[Member]:
    """Yield the regular files of an archive of ``size`` bytes from ``place`` on.

    Raises ``Damaged`` after the last whole one when the archive is cut off or is none. With
    ``marked`` one without an empty record at its end is cut off, be it between two files.
    """
    name, name_size, begin = "", None, place
    while place + RECORD <= size:
        stream.seek(place)
        header = stream.read(RECORD)
        if not header.strip(b"\0"):
            return  # an empty record ends the archive
        kind = header[156:157]
        length = _number(header[124:136])
        if len(header) < RECORD or length is None or not _is_header(header):
            raise Damaged("damaged_archive", f"no header of a file at byte {place}")
        start = place + RECORD
        if kind in b"xLKg" and kind:
            if length > MAX_NAME_BYTES or start + length > size:
                raise Damaged("damaged_archive", f"a header at byte {place} has {length} bytes")
            extended = stream.read(length)
            if kind == b"L":
                name = _text(extended.rstrip(b"\0"))
            elif kind == b"x":
                fields = _pax(extended)
                name = fields.get("path", name)
                name_size = int(fields["size"]) if fields.get("size", "").isdecimal() else None
            place = start + -(-length // RECORD) * RECORD
            continue
        length = length if name_size is None else name_size
        found = Member(name or _name(header), begin, start, length)
        if found.start + length > size:
            raise Damaged("truncated_file", f"the archive is cut off in {found.name!r}")
        if kind in FILES and not found.name.endswith("/"):
            yield found
        name, name_size = "", None
        place = begin = found.end if kind in FILES else start
    if place < size or marked:
        raise Damaged("truncated_file", "the archive is cut off")


def is_tar(data: bytes) -> bool:
    """Return whether bytes begin with the header of a tar archive."""
    return len(data) >= RECORD and data[:1] != b"\0" and _is_header(data[:RECORD])


def gunzipped(data: bytes, longest: int) -> bytes:
    """Return what gzip packed, ``longest`` bytes at most; raises ``Damaged``."""
    parts = bytearray()
    rest = data
    while rest[:2] == b"\x1f\x8b":
        unpacker = zlib.decompressobj(wbits=31)
        while not unpacker.eof:
            try:
                part = unpacker.decompress(rest, FEED_BYTES)
            except zlib.error as error:
                raise Damaged("damaged_archive", f"it cannot be unpacked: {error}") from error
            parts += part
            if len(parts) > longest:
                raise Damaged("paper_too_large", f"it unpacks to more than {longest} bytes")
            rest = unpacker.unconsumed_tail
            if not part and not rest and not unpacker.eof:
                raise Damaged("truncated_file", "it is cut off")
        rest = unpacker.unused_data.lstrip(b"\0")
    return bytes(parts)


def _is_header(header: bytes) -> bool:
    checksum = _number(header[148:156])
    return checksum == sum(header[:148]) + 256 + sum(header[156:])


def _number(field: bytes) -> int | None:
    """Return a number in octal digits, or in binary where its first bit is set."""
    if field[0] & 0x80:
        value = int.from_bytes(field[1:], "big")
        return value if field[0] == 0x80 and value < 1 << 62 else None
    digits = field.strip(b" \0")
    if not digits:
        return 0
    return int(digits, 8) if not digits.strip(b"01234567") else None


def _name(header: bytes) -> str:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return _text(prefix + b"/" + name if prefix else name)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace").replace("\0", "")


def _pax(data: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    place = 0
    while place < len(data):
        length, space, _ = data[place : place + 20].partition(b" ")
        if not space or not length.isdigit() or int(length) <= len(length) + 1:
            return fields
        record = data[place + len(length) + 1 : place + int(length)]
        name, _, value = record.removesuffix(b"\n").partition(b"=")
        fields[_text(name)] = _text(value)
        place += int(length)
    return fields
