"""The records of WARC and ARC files, broken ones among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from curator.acquire.warc_streams import (
    ARC_HERE,
    LINE_BYTES,
    WARC_HERE,
    Bomb,
    Corrupt,
    Unit,
    Unpacked,
    next_record,
    units,
)

HEADER_BYTES = 64 << 10
"""Bytes that the header of a record, or of HTTP, may have."""

FIELD = re.compile(r"^([^:\n]*):(.*)", re.MULTILINE)

FOLDED = re.compile(r"\r?\n[ \t]{1,64}")

BLANK_LINE = re.compile(rb"\n\r{0,4}\n")


class Broken(NamedTuple):
    """Why a record is not whole."""

    reason: str
    """Code for the ledger."""
    what: str
    """What is wrong, where it ends and where reading goes on."""


class Record(NamedTuple):
    """One record, or a place where there should be one."""

    offset: int
    """Where it, or the gzip member that holds it, begins in the stored file."""
    inside: int
    """Unpacked bytes of that member before it: 0 in files of one record a member."""
    headers: dict[str, str]
    """Fields of its header; names in lower case, the first of each name. Empty where broken."""
    body: bytes
    """The block behind the header, where it is wanted."""
    length: int
    """Bytes of the block as its header says."""
    broken: Broken | None = None

    @property
    def place(self) -> str:
        """The end of its id."""
        return f"{self.offset}+{self.inside}" if self.inside else str(self.offset)


Wanted = Callable[[dict[str, str]], bool]


def read_records(
    path: str, kind: str, start: int, end: int, wanted: Wanted, max_bytes: int
) -> Iterator[Record]:
    """Yield the records whose units begin in [start, end) of a stored file, in their order.

    Only records that are ``wanted`` by their headers have a body. One of more than ``max_bytes``
    has none and is broken, and so is one that is cut off, corrupt, or none at all; reading goes
    on at the next place where a record begins. What comes does not depend on where ``start``
    and ``end`` are, as long as units begin there.
    """
    position = start
    while position < end:
        resume = None
        for unit in units(path, kind, position, end):
            last = None
            for record in _of_unit(unit, wanted, max_bytes):
                if record.broken and _ends_unit(unit, record.broken):
                    last = record
                    break
                yield record
            if last is not None:
                resume = next_record(path, kind, last.offset + 1)
                yield _with_end(last, resume)
                break
        else:
            return
        if resume is None:
            return
        position = resume


def _ends_unit(unit: Unit, broken: Broken) -> bool:
    """Return whether the place of the next record has to be searched in the stored file."""
    if broken.reason == "invalid_record":
        return unit.one_record  # in a member, it is searched in what is unpacked
    return broken.reason in ("truncated_record", "corrupt_record", "decompression_bomb")


def _with_end(record: Record, resume: int | str | None) -> Record:
    assert record.broken is not None
    goes_on = "no record follows" if resume is None else f"reading goes on at byte {resume}"
    broken = record.broken._replace(what=f"{record.broken.what}; {goes_on}")
    return record._replace(broken=broken)


def _of_unit(unit: Unit, wanted: Wanted, max_bytes: int) -> Iterator[Record]:
    """Yield the records of a unit; the last one may be broken so that the unit ends with it."""
    data = unit.data
    while True:
        begins = data.position
        try:
            data.skip_line_ends()
            begins = data.position
            head = data.peek(LINE_BYTES)
            if not head:
                return
            record = _record(unit, head, wanted, max_bytes)
            if record.broken and record.broken.reason == "invalid_record" and not unit.one_record:
                found = data.seek_record(int(data.position == begins))
                record = _with_end(record, f"{unit.offset}+{data.position}" if found else None)
        except Corrupt as error:
            reason = "decompression_bomb" if isinstance(error, Bomb) else "corrupt_record"
            what = f"{error}, in what begins at byte {unit.offset}"
            yield _broken(unit, begins, reason, what)
            return
        if unit.one_record:
            data.skip_line_ends()
        yield record
        if unit.one_record:
            return


def _record(unit: Unit, head: bytes, wanted: Wanted, max_bytes: int) -> Record:
    data, inside = unit.data, unit.data.position
    if WARC_HERE.match(head):
        header = _header(data)
        headers = parse_fields(header) if header is not None else {}
        length = headers.get("content-length", "")
    elif match := ARC_HERE.match(head):
        data.skip(match.end())
        headers = _arc_fields(match)
        length = headers["content-length"]
    else:
        shown = head[:40].decode("latin-1")
        return _broken(unit, inside, "invalid_record", f"{shown!r} is no record")
    if not (length.isascii() and length.isdigit() and len(length) < 19):
        what = f"the record's length is {length!r}" if headers else "its header has no end"
        return _broken(unit, inside, "invalid_record", what)
    n = int(length)
    record = _at(unit, inside)._replace(headers=headers, length=n)
    if unit.stored is not None and n > unit.stored - data.position:
        left = n - max(unit.stored - data.position, 0)
    elif wanted(headers) and n <= max_bytes:
        body = data.take(n)
        while len(body) < n and unit.join and unit.join():
            body += data.take(n - len(body))
        if len(body) == n:
            return record._replace(body=body)
        left = n - len(body)
    else:
        left = n - data.skip(n)
        while left and unit.join and unit.join():
            left -= data.skip(left)
    if left:
        what = f"ends {left} bytes before its length of {n}"
        return record._replace(broken=Broken("truncated_record", what))
    if wanted(headers):
        what = f"{n} bytes are more than max_page_bytes={max_bytes}"
        return record._replace(broken=Broken("page_too_large", what))
    return record


def _at(unit: Unit, inside: int) -> Record:
    """Return an empty record at a place of a unit."""
    if unit.one_record:
        return Record(unit.offset + inside, 0, {}, b"", 0)
    return Record(unit.offset, inside, {}, b"", 0)


def _broken(unit: Unit, inside: int, reason: str, what: str) -> Record:
    return _at(unit, inside)._replace(broken=Broken(reason, what))


def _header(data: Unpacked) -> bytes | None:
    """Take a header to its blank line; ``None`` where there is none in ``HEADER_BYTES``."""
    for n in (4096, HEADER_BYTES):
        head = data.peek(n)
        if end := BLANK_LINE.search(head):
            return data.take(end.end())[: end.start()]
    return None


def parse_fields(header: bytes) -> dict[str, str]:
    """Return the fields of a header by name in lower case; the first of a name counts.

    The first line is left out, lines that begin with space go on with the one before, lines
    without a colon are passed over. Values are UTF-8, else Latin-1.
    """
    try:
        text = header.decode()
    except UnicodeDecodeError:
        text = header.decode("latin-1")
    if "\n " in text or "\n\t" in text:
        text = FOLDED.sub(" ", text)
    lines = FIELD.findall(text, text.find("\n") + 1)
    return {name.strip().lower(): value.strip() for name, value in reversed(lines)}


def _arc_fields(match: re.Match[bytes]) -> dict[str, str]:
    """Return the line of an ARC record as the fields that a WARC record would have."""
    line = {name: value.decode("utf-8", "replace") for name, value in match.groupdict().items()}
    url, date = line["url"], line["date"][:14]
    kind = "warcinfo" if url.startswith("filedesc:") else "response"
    fields = {
        "warc-type": kind,
        "warc-target-uri": url,
        "content-type": "application/http" if kind == "response" else line["type"],
        "content-length": line["length"],
        "arc-type": line["type"],
    }
    if len(date) == 14:
        fields["warc-date"] = (
            f"{date[:4]}-{date[4:6]}-{date[6:8]}T{date[8:10]}:{date[10:12]}:{date[12:]}Z"
        )
    return fields
