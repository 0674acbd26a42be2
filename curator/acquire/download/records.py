"""Single pages out of Common Crawl's archive, gathered into small WARC files.

Every record of the archive is a gzip member of its own, so that its bytes can be fetched by
themselves and are a WARC file when put one after the other.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence

from curator.acquire.download.columnar_index import Record
from curator.acquire.download.engine import Fetching
from curator.acquire.download.entries import OK, Failure, Row
from curator.acquire.download.session import host_of
from curator.errors import DataError
from curator.io.atomic import atomic_write

PIECE_BYTES = 32 << 20
"""Bytes of a small WARC file: what is held in memory, and fetched again after a kill."""

GAP_BYTES = 8 << 10
"""Bytes between two records that are fetched along rather than asked for twice: the request and
metadata records that lie between the responses of neighbouring pages."""

RUN_BYTES = 8 << 20
"""Longest run of records that is fetched with one request."""

UNPACKED_BYTES = 1 << 28
"""Longest record, unpacked."""


class Run:
    """A job of the schedule: neighbouring records that one request fetches."""

    def __init__(self, records: Sequence[Record], url: str, fetching: Fetching) -> None:
        self.records = records
        self.url = url
        self.host = host_of(url)
        self.fetching = fetching
        self.found: list[bytes | Failure] = []

    def attempt(self) -> None:
        """Fetch the run and take its records apart."""
        start, last = self.records[0].start, self.records[-1]
        data = self.fetching.session.part(self.url, start, last.start + last.length)
        self.fetching.allowance.take(len(data))
        found: list[bytes | Failure] = []
        for record in self.records:
            piece = data[record.start - start : record.start - start + record.length]
            found.append(check_record(piece) or piece)
        self.found = found

    def progressed(self) -> bool:
        """Return False: a run is fetched whole or not."""
        return False

    def fail(self, failure: Failure) -> None:
        """Remember why none of the records came."""
        self.found = [failure] * len(self.records)


def check_record(data: bytes) -> Failure | None:
    """Return what is wrong with the bytes of one record; None when it is whole.

    It is one gzip member, whose own checksum is compared, and begins as a WARC record does.
    """
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    head, length, rest = b"", 0, data
    try:
        while rest and not unpacker.eof:
            part = unpacker.decompress(rest, 1 << 20)
            head = head or part[:5]
            length += len(part)
            if length > UNPACKED_BYTES:
                return Failure("too_long", f"more than {UNPACKED_BYTES} bytes when unpacked")
            rest = unpacker.unconsumed_tail
    except zlib.error as error:
        return Failure("bad_gzip", str(error))
    if not unpacker.eof or unpacker.unused_data:
        return Failure("bad_gzip", "the bytes are not one gzip member; is the index of this crawl?")
    return None if head == b"WARC/" else Failure("no_record", "it does not begin with WARC/")


def fetch_records(fetching: Fetching, records: Sequence[Record], stem: str) -> None:
    """Fetch records into ``<stem>-00000.warc.gz`` …, and account for each in the ledger.

    The files depend on the records alone. Those that are there are kept; a file that lacks
    records is made again of what it has and what can be fetched now.
    """
    for number, piece in enumerate(_pieces(records)):
        if fetching.schedule.stopped.is_set():
            return
        _fetch_piece(fetching, piece, f"{stem}-{number:05}.warc.gz")


def record_url(fetching: Fetching, record: Record) -> str:
    """Return the URL of the archive file that a record is cut out of."""
    return fetching.session.address(record.warc)


def _pieces(records: Sequence[Record]) -> Iterator[list[Record]]:
    piece: list[Record] = []
    size = 0
    for record in records:
        if piece and size + record.length > PIECE_BYTES:
            yield piece
            piece, size = [], 0
        piece.append(record)
        size += record.length
    if piece:
        yield piece


def _fetch_piece(fetching: Fetching, piece: Sequence[Record], file: str) -> None:
    have = _kept(fetching, piece, file)
    if len(have) == len(piece):
        fetching.settle((have[record][0] for record in piece), present=True)
        return
    runs: list[Run] = []
    rows: dict[Record, Row] = {}
    for records in _runs([record for record in piece if record not in have]):
        try:
            runs.append(Run(records, record_url(fetching, records[0]), fetching))
        except DataError as error:  # the index is no authority on what is a file name
            for record in records:
                failed = Failure("bad_index", str(error))
                rows[record] = _failed(record.warc, record, failed)
    fetching.schedule.run(runs)
    found = {record: data for record, (_, data) in have.items()}
    for run in runs:
        for record, result in zip(run.records, run.found, strict=True):
            if isinstance(result, Failure):
                rows[record] = _failed(run.url, record, result)
            else:
                found[record] = result
    rows.update(_written(fetching, [record for record in piece if record in found], found, file))
    fetching.settle([rows[record] for record in piece if record not in have])
    fetching.settle([rows[record] for record in piece if record in have], present=True)


def _kept(
    fetching: Fetching, piece: Sequence[Record], file: str
) -> dict[Record, tuple[Row, bytes]]:
    """Return the records of a piece that an earlier download has, with their bytes."""
    path = fetching.folder / file
    if fetching.options.force or not path.is_file():
        return {}
    have = {}
    with path.open("rb") as earlier:
        for record in piece:
            row = known_row(fetching, record)
            if row is None or row.file != file or row.position is None:
                continue
            earlier.seek(row.position)
            data = earlier.read(record.length)
            if hashlib.sha256(data).hexdigest() == row.sha256:
                have[record] = (row, data)
    return have


def known_row(fetching: Fetching, record: Record) -> Row | None:
    """Return the row of a record that an earlier download has; None when there is none."""
    try:
        row = fetching.known.get((record_url(fetching, record), record.start))
    except DataError:
        return None
    return row if row and row.status == OK and row.bytes == record.length else None


def _runs(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Put together the records that lie so near each other that one request is better."""
    run: list[Record] = []
    for record in records:
        near = bool(run) and run[-1].warc == record.warc
        if near:
            end = run[-1].start + run[-1].length
            longest = record.start + record.length - run[0].start
            near = end <= record.start <= end + GAP_BYTES and longest <= RUN_BYTES
        if run and not near:
            yield run
            run = []
        run.append(record)
    if run:
        yield run


def _written(
    fetching: Fetching, records: Sequence[Record], found: dict[Record, bytes], file: str
) -> dict[Record, Row]:
    if not records:
        return {}
    path = fetching.folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    rows, position = {}, 0
    with atomic_write(path) as out:
        for record in records:
            data = found[record]
            out.write(data)
            sha256 = hashlib.sha256(data).hexdigest()
            rows[record] = Row(
                record_url(fetching, record), OK, None, None, file, len(data), sha256,
                start=record.start, position=position,
            )  # fmt: skip
            position += len(data)
    return rows


def _failed(url: str, record: Record, failure: Failure) -> Row:
    value = f"{record.url}: {failure.value}"
    return Row(url, failure.status, failure.reason, value, start=record.start, bytes=record.length)
