"""Records of CSV and TSV files as bytes: quoted newlines, broken quotes, any length.

Every delimiter, quote and newline is an ASCII byte that no character of UTF-8, Big5, GB18030 or
Shift JIS contains; so a file can be cut between records before anybody decodes it. Source:
RFC 4180.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from curator.io.rows import Flaw

Data = bytes | mmap.mmap


@dataclass(frozen=True)
class Dialect:
    """How a table is written."""

    delimiter: bytes = b","
    quote: bytes = b'"'
    """Empty where quotes are characters like any other."""
    newline: bytes = b"\n"
    """``\\r`` in old files that have no ``\\n``; a ``\\r`` before ``\\n`` belongs to it."""
    max_record_bytes: int = 64 << 20


class Record(NamedTuple):
    """One record, or a line that is none."""

    line: int
    """1-based line of the file where it begins."""
    start: int
    end: int
    """Byte after its newline."""
    fields: list[bytes]
    """Without quotes; nothing where there is a flaw."""
    flaw: Flaw | None = None


class _Stretch(NamedTuple):
    """Bytes that are inside of quotes to the end, if their first is; so each is read once."""

    begin: int = 0
    end: int = 0
    closed: bool = False
    """There is a quote at ``end``, with neither delimiter nor newline behind it."""


def read_records(
    data: Data, start: int, end: int, first_line: int, dialect: Dialect
) -> Iterator[Record]:
    """Yield the records that begin in ``data[start:end]``; blank lines are none.

    A quote that is not closed, or closed in the middle of a field, spoils its first line alone:
    that line is a record with the flaw ``bad_quoting``, and the next one begins anew. Time grows
    with the length alone.
    """
    reader = _Records(data, dialect)
    line, place, size = first_line, start, len(data)
    while place < min(end, size):
        record, lines = reader.record(place, line)
        if record is not None:
            yield record
        line += lines
        place = reader.next


class _Records:
    def __init__(self, data: Data, dialect: Dialect) -> None:
        self.data, self.dialect = data, dialect
        self.size = len(data)
        self.stretch = _Stretch()
        self.next = 0

    def record(self, place: int, line: int) -> tuple[Record | None, int]:
        """Read what begins at ``place``; returns it and its number of lines."""
        data, dialect = self.data, self.dialect
        end = data.find(dialect.newline, place)
        end = self.size if end < 0 else end
        self.next = end + 1
        longest = dialect.max_record_bytes
        if end - place > longest:
            what = f"the record is longer than max_record_bytes={longest}; split it or raise it"
            return Record(line, place, self.next, [], Flaw("record_too_long", 1, what)), 1
        if not dialect.quote or data.find(dialect.quote, place, end) < 0:
            written = self._without_return(data[place:end])
            if not written or (written.isspace() and dialect.delimiter not in written):
                return None, 1
            return Record(line, place, self.next, written.split(dialect.delimiter)), 1
        fields = self._fields(place, end)
        if isinstance(fields, Flaw):
            return Record(line, place, end + 1, [], fields), 1
        lines = data[place : self.next].count(dialect.newline)
        return Record(line, place, self.next, fields), max(lines, 1)

    def _without_return(self, written: bytes) -> bytes:
        return written.removesuffix(b"\r") if self.dialect.newline == b"\n" else written

    def _fields(self, begin: int, line_end: int) -> list[bytes] | Flaw:
        """Read fields until a newline outside of quotes; sets ``next`` behind it."""
        data, quote, delimiter = self.data, self.dialect.quote, self.dialect.delimiter
        fields: list[bytes] = []
        place = begin
        while True:
            if data[place : place + 1] == quote:
                close = self._close(place + 1, begin + self.dialect.max_record_bytes)
                if close < 0:
                    what = (
                        "a quote here is not closed, or not where a field ends; write it twice "
                        "inside of a field, or give quote: ''"
                    )
                    return Flaw("bad_quoting", place - begin + 1, what)
                fields.append(data[place + 1 : close].replace(quote * 2, quote))
                place = close + 1
                behind = data[place : place + 2]
                if behind[:1] == delimiter:
                    place += 1
                    continue
                self.next = place + (2 if behind == b"\r\n" else 1)
                return fields
            if place > line_end:  # behind a quoted newline
                line_end = data.find(self.dialect.newline, place)
                line_end = self.size if line_end < 0 else line_end
            end = data.find(delimiter, place, line_end)
            if end < 0:
                fields.append(self._without_return(data[place:line_end]))
                self.next = line_end + 1
                return fields
            fields.append(data[place:end])
            place = end + 1

    def _close(self, place: int, limit: int) -> int:
        """Return where the quote closes that opened before ``place``; -1 where none does well."""
        data, quote = self.data, self.dialect.quote
        limit = min(limit, self.size)
        begin = place
        while data[place : place + 2] == quote * 2:
            place += 2
        known = self.stretch
        if data[place : place + 1] != quote and known.begin <= place < known.end:
            if known.closed:
                return -1
            place = known.end
        while True:
            found = data.find(quote, place, limit)
            if found < 0:
                self.stretch = _Stretch(begin, max(limit, place))
                return -1
            if data[found + 1 : found + 2] == quote:
                place = found + 2
            elif self._ends_field(found + 1):
                return found
            else:
                self.stretch = _Stretch(begin, found, True)
                return -1

    def _ends_field(self, place: int) -> bool:
        behind = self.data[place : place + 2]
        newline, delimiter = self.dialect.newline, self.dialect.delimiter
        return (
            not behind
            or behind[:1] in (newline, delimiter)
            or (newline == b"\n" and behind in (b"\r\n", b"\r"))
        )
