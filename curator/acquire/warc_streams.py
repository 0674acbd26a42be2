"""Stored web archives as runs of unpacked bytes that begin at a record and can be read alone."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from fastwarc.stream_io import Lz4Reader, ZstdReader

from curator.io.file_names import unreadable
from curator.io.files import open_file

CHUNK_BYTES = 64 << 10
"""Bytes read or unpacked at a time."""

WINDOW_BYTES = 1 << 20
"""Bytes of a stored file looked through at a time for the next record."""

GZIP = b"\x1f\x8b\x08"
FORMATS = ((GZIP, "gzip"), (b"\x04\x22\x4d\x18", "lz4"), (b"\x28\xb5\x2f\xfd", "zstd"))
"""First bytes of a file and what packs it. Zstandard may begin with a dictionary, below."""

ZSTD_DICTIONARY = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18", re.DOTALL)

ARC_LINE = (
    rb"(?P<url>[a-z][a-z0-9+.-]{1,20}:[^\r\n]{0,8000}) (?P<ip>[0-9a-fA-F.:]{2,45}) "
    rb"(?P<date>\d{8,20}) (?P<type>[^ \r\n]{0,200}) (?:[^\r\n]{0,400} )?"
    rb"(?P<length>[^ \r\n]{1,20})\r{0,4}\n"
)
"""First line of a record of an ARC file: version 1 has five fields, version 2 five more before the
length; the URL may hold spaces."""

WARC_LINE = rb"WARC/\d{1,3}\.\d{1,3}[ \t\r]{0,4}\n"

ARC_HERE, WARC_HERE = re.compile(ARC_LINE), re.compile(WARC_LINE)
RECORD_LATER = re.compile(rb"(?<=\n)" + ARC_LINE + rb"|" + WARC_LINE + rb"(?=[A-Za-z-]{3,40} ?:)")
"""The next record after a damaged one; that of a WARC may follow without a line break."""

LINE_BYTES = 9000
"""Bytes that the first line of a record may have."""


MAX_RATIO = 200
"""Unpacked bytes for each stored byte above which a large member is a bomb. HTML packs to a tenth,
generated tables to a hundredth; deflate goes to 1,032."""

LARGE_BYTES = 64 << 20
"""Unpacked bytes of a member from which on its ratio is looked at."""


class Corrupt(Exception):
    """The stored bytes cannot be unpacked any further."""


class Bomb(Corrupt):
    """What is unpacked is out of proportion."""


class Window:
    """A stored file read from any place in chunks that are kept while they are of use."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._stream: BinaryIO = open_file(path)
        self._start, self._data = 0, b""
        self.size = self._stream.seek(0, io.SEEK_END)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def at(self, position: int, n: int = CHUNK_BYTES) -> memoryview:
        """Return the bytes at ``position``: at most ``n``, less at the end of the file."""
        end = position + n
        if position < self._start or end > self._start + len(self._data):
            try:
                self._stream.seek(position)
                self._data = self._stream.read(max(n, WINDOW_BYTES))
            except OSError as error:
                raise unreadable(self.path, error) from error
            self._start = position
        begin = position - self._start
        return memoryview(self._data)[begin : begin + n]


class Unpacked:
    """Unpacked bytes of a unit, read once from front to back."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._data, self._ended = b"", False
        self.position = 0
        """Bytes taken or skipped so far."""

    def peek(self, n: int) -> bytes:
        """Return the next ``n`` bytes and leave them there; less where the unit ends."""
        if len(self._data) < n and not self._ended:
            pieces, length = [self._data], len(self._data)
            try:
                while length < n and not self._ended:
                    piece = self._more()
                    self._ended = not piece
                    pieces.append(piece)
                    length += len(piece)
            finally:
                self._data = b"".join(pieces)
        return self._data[:n]

    def go_on(self) -> None:
        """Ask for more bytes again: the unit became longer."""
        self._ended = False

    def take(self, n: int) -> bytes:
        """Return the next ``n`` bytes and go on behind them; less where the unit ends."""
        taken = self.peek(n)
        self._data = self._data[len(taken) :]
        self.position += len(taken)
        return taken

    def seek_record(self, start: int) -> bool:
        """Go on to the next record, ``start`` bytes on or more; False where there is none."""
        while head := self.peek(WINDOW_BYTES):
            found = RECORD_LATER.search(head, start)
            if found:
                self.skip(found.start())
                return True
            # the line may lie across the end of what was looked at
            self.skip(len(head) if len(head) < WINDOW_BYTES else WINDOW_BYTES - LINE_BYTES)
        return False

    def skip_line_ends(self) -> None:
        """Go on behind empty lines."""
        while (head := self.peek(CHUNK_BYTES)) and head[:1] in b"\r\n":
            self.take(len(head) - len(head.lstrip(b"\r\n")))

    def skip(self, n: int) -> int:
        """Go on behind the next ``n`` bytes; returns how many there were."""
        left = n
        while left and (taken := len(self.take(min(left, CHUNK_BYTES)))):
            left -= taken
        return n - left


class Unit(NamedTuple):
    """A piece of a stored file that can be read without what is before it."""

    offset: int
    """Its first byte in the stored file."""
    data: Unpacked
    end: Callable[[], int]
    """Where the next unit begins; known when all of this one was read."""
    one_record: bool = False
    """It ends behind its first record, wherever that is: bytes of a plain file."""
    stored: int | None = None
    """Bytes of a plain file from here on."""
    join: Callable[[], bool] | None = None
    """Adds the next gzip member to this one, unless a record begins in it."""


def storage(path: str) -> str:
    """Return how a file is packed, by its first bytes: gzip, lz4, zstd or plain."""
    window = Window(path)
    try:
        head = bytes(window.at(0, 8))
    finally:
        window.close()
    if ZSTD_DICTIONARY.match(head):
        return "zstd"
    return next((kind for magic, kind in FORMATS if head.startswith(magic)), "plain")


def units(path: str, kind: str, start: int, end: int) -> Iterator[Unit]:
    """Yield the units of a stored file that begin in [start, end).

    A unit of a gzip file is a member, one of a plain file a record; files packed otherwise are one
    unit. ``start`` is the start of a unit or 0. The reader takes a unit to its end before it asks
    for the next; where it could not, it says so to ``Unit.end`` by what it left.
    """
    if kind in ("lz4", "zstd"):
        if start == 0:
            yield _framed(path, kind)
        return
    window = Window(path)
    try:
        position = start
        while position < end:
            unit = _member(window, position) if kind == "gzip" else _stretch(window, position)
            if unit is None or unit.offset >= end:
                return
            yield unit
            position = unit.end()
    finally:
        window.close()


def next_record(path: str, kind: str, position: int) -> int | None:
    """Return where, after ``position``, the next record can be read, or ``None`` if nowhere.

    In a gzip file that is a member that unpacks to the first line of a record, in a plain file
    such a line.
    """
    if kind not in ("gzip", "plain"):
        return None
    window = Window(path)
    try:
        position -= kind == "plain"  # with the byte before: does a line begin here?
        while head := bytes(window.at(position, WINDOW_BYTES)):
            for place in _candidates(head, kind):
                if kind == "plain" or _begins_record(window, position + place):
                    return position + place
            if len(head) < WINDOW_BYTES:
                return None
            position += WINDOW_BYTES - LINE_BYTES
    finally:
        window.close()
    return None


def is_record_line(head: bytes) -> bool:
    """Return whether bytes begin like a record."""
    return bool(WARC_HERE.match(head) or ARC_HERE.match(head))


def _candidates(head: bytes, kind: str) -> Iterator[int]:
    if kind == "gzip":
        place = head.find(GZIP)
        while place >= 0:
            yield place
            place = head.find(GZIP, place + 1)
        return
    found = RECORD_LATER.search(head, 1)
    if found:
        yield found.start()


def _begins_record(window: Window, position: int) -> bool:
    member = zlib.decompressobj(wbits=31)
    try:
        head = member.decompress(window.at(position, CHUNK_BYTES), LINE_BYTES)
    except zlib.error:
        return False
    return is_record_line(head)


def _stretch(window: Window, position: int) -> Unit | None:
    """Return the plain bytes from ``position`` on; the unit ends where its reader stops."""
    if not len(window.at(position, 1)):
        return None
    place = position

    def more() -> bytes:
        nonlocal place
        piece = bytes(window.at(place))
        place += len(piece)
        return piece

    data = Unpacked(more)
    left = window.size - position
    return Unit(position, data, lambda: position + data.position, one_record=True, stored=left)


class _Member:
    """Unpacks gzip members from one place on; stops where one ends."""

    def __init__(self, window: Window, position: int) -> None:
        self._window = window
        self._member = zlib.decompressobj(wbits=31)
        self._feed = memoryview(b"")
        self._start, self._unpacked = position, 0
        self.place = position
        """Byte of the stored file behind what was unpacked."""

    def more(self) -> bytes:
        """Return unpacked bytes; none at the end of the member."""
        while not self._member.eof:
            if not len(self._feed):
                self._feed = self._window.at(self.place, CHUNK_BYTES >> 2)
                if not len(self._feed):
                    raise Corrupt("the file is cut off")
            try:
                piece = self._member.decompress(self._feed, CHUNK_BYTES)
            except zlib.error as error:
                raise Corrupt(f"the file is corrupt ({error})") from error
            kept = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            taken = len(self._feed) - len(kept)
            self.place += taken
            self._feed = self._feed[taken:]
            self._unpacked += len(piece)
            if self._unpacked > max(LARGE_BYTES, MAX_RATIO * (self.place - self._start)):
                raise Bomb(f"unpacks to more than {MAX_RATIO} times its size")
            if piece:
                return piece
        return b""

    def join(self) -> bool:
        """Go on with the next member; False when a record begins there, or this one goes on."""
        head = self._window.at(self.place, len(GZIP))
        if not self._member.eof or head != GZIP or _begins_record(self._window, self.place):
            return False
        self._member, self._feed = zlib.decompressobj(wbits=31), memoryview(b"")
        return True


def _member(window: Window, position: int) -> Unit | None:
    """Return one gzip member; NULs before it, which tapes leave, are left out."""
    while len(first := window.at(position, 1)) and first[0] == 0:
        head = bytes(window.at(position))
        position += len(head) - len(head.lstrip(b"\0"))
    if not len(first):
        return None
    member = _Member(window, position)
    data = Unpacked(member.more)

    def join() -> bool:
        joined = member.join()
        if joined:
            data.go_on()
        return joined

    return Unit(position, data, lambda: member.place, join=join)


def _framed(path: str, kind: str) -> Unit:
    """Return all of a file packed with lz4 or Zstandard as one unit."""
    stream = open_file(path)
    reader = Lz4Reader(stream) if kind == "lz4" else ZstdReader(stream)

    def more() -> bytes:
        if stream.closed:
            return b""
        try:
            piece: bytes = reader.read(CHUNK_BYTES)
        except OSError as error:
            raise Corrupt(f"the file is corrupt here ({error})") from error
        if not piece:
            stream.close()
        return piece

    return Unit(0, Unpacked(more), lambda: 1 << 62)
