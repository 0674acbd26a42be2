"""Common Crawl's columnar index: where in the archive the pages of a language or a site lie.

The index of one crawl is about 300 Parquet files, sorted by reversed host name, together about
200 GB. A question for hosts, domains or a top-level domain reads a few row groups of a few files;
one for a language reads the language column of all of them. Source: Common Crawl,
``cc-index/table/cc-main/warc/`` and cc-index-schema-flat.json.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from curator.acquire.download.entries import Failure
from curator.acquire.download.session import Session
from curator.errors import DataError, RecipeError, shorten
from curator.io.atomic import atomic_write

PAGES = ("text/html", "application/xhtml+xml")

RECORD_COLUMNS = ("url", "warc_filename", "warc_record_offset", "warc_record_length")

LONGEST_RECORD = 1 << 28
"""Bytes; Common Crawl cuts pages at 5 MiB, so a longer record is a broken index."""


class Record(NamedTuple):
    """One page in the archive."""

    url: str
    """Of the page."""
    warc: str
    """File under the base."""
    start: int
    length: int


@dataclass(frozen=True)
class IndexQuery:
    """Which pages. Values of one field are alternatives; all fields that are given must hold."""

    languages: tuple[str, ...] = ()
    """ISO 639-3 codes as CLD2 names them: it knows jav, sun, msa, ind and zho, but not yue, lzh
    or iba; for Cantonese ask for zho together with hosts or a top-level domain. Crawls from
    2018-39 on."""
    first_language_only: bool = False
    """Take pages only where the language is the first of up to three that CLD2 found."""
    top_level_domains: tuple[str, ...] = ()
    """Such as ``hk`` (without the dot)."""
    domains: tuple[str, ...] = ()
    """Registered domains with all their hosts, such as ``example.com.hk``."""
    hosts: tuple[str, ...] = ()
    """Whole host names, such as ``zh-yue.wikipedia.org``."""
    mime_types: tuple[str, ...] = PAGES
    """As detected from the content; empty takes all."""
    statuses: tuple[int, ...] = (200,)

    def __post_init__(self) -> None:
        if not (self.languages or self.top_level_domains or self.domains or self.hosts):
            raise RecipeError(
                "the index is asked for everything; give a language, host, domain or TLD"
            )
        for code in self.languages:
            if not re.fullmatch("[a-z]{3}", code):
                raise RecipeError(f"{shorten(code)} is no ISO 639-3 code of three letters")

    @property
    def filter(self) -> pc.Expression:
        """Return the condition on rows; simple comparisons, so that statistics rule out groups."""
        column = pc.field
        parts = [
            _any(
                column("url_host_tld"),
                [name.lstrip(".").lower() for name in self.top_level_domains],
            ),
            _any(column("url_host_registered_domain"), [name.lower() for name in self.domains]),
            _any(column("url_host_name"), [name.lower() for name in self.hosts]),
            _any(column("fetch_status"), list(self.statuses)),
            _any(column("content_mime_detected"), list(self.mime_types)),
        ]
        if self.languages:
            before = "^" if self.first_language_only else "(^|,)"
            pattern = f"{before}({'|'.join(self.languages)})(,|$)"
            parts.append(pc.match_substring_regex(column("content_languages"), pattern))
        given = [part for part in parts if part is not None]
        condition = given[0]
        for part in given[1:]:
            condition = condition & part
        return condition

    @property
    def columns(self) -> list[str]:
        """Return the columns that the filter looks at."""
        used = {
            "url_host_tld": self.top_level_domains,
            "url_host_registered_domain": self.domains,
            "url_host_name": self.hosts,
            "fetch_status": self.statuses,
            "content_mime_detected": self.mime_types,
            "content_languages": self.languages,
        }
        return [name for name, values in used.items() if values]

    def digest(self, *more: object) -> str:
        """Return eight digits that tell this query, and whatever else counts, from others."""
        text = json.dumps([asdict(self), *more], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def index_files(session: Session, crawl: str) -> list[str]:
    """Return the URLs of the index of one crawl: its successful captures."""
    wanted = f"crawl={crawl}/subset=warc/"
    url = f"{session.base}/crawl-data/{crawl}/cc-index-table.paths.gz"
    text = session.document(url).decode("utf-8", "replace")
    names = [line.strip() for line in text.split("\n") if wanted in line]
    if not names:
        raise DataError(f"{url}: lists no index of {crawl}; choose another crawl")
    return [session.address(name) for name in names if name.endswith(".parquet")]


def find_records(
    session: Session,
    url: str,
    query: IndexQuery,
    kept: Path | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Record]:
    """Return the records that one file of the index has for ``query``, in its order.

    ``kept``: folder in which the answer is kept, so that a stopped download need not ask again.
    Raises ``Failure`` when the file cannot be read.
    """
    answer = kept / f"{query.digest(url)}.parquet" if kept else None
    if answer is not None and answer.exists():
        with contextlib.suppress(pa.ArrowInvalid, OSError):
            return _records(pq.read_table(answer))
    table = _query(session, url, query, cancelled)
    if answer is not None:
        answer.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(answer, durable=False) as out:
            pq.write_table(table, pa.PythonFile(out, mode="w"), compression="zstd")
    return _records(table)


def _query(
    session: Session, url: str, query: IndexQuery, cancelled: Callable[[], bool]
) -> pa.Table:
    """Read row group by row group: first the columns of the question, the rest where it fits."""
    found = []
    try:
        with RemoteFile(session, url) as file:
            fragment = ds.ParquetFileFormat().make_fragment(pa.PythonFile(file, mode="r"))
            schema = fragment.physical_schema
            missing = sorted({*RECORD_COLUMNS, *query.columns} - set(schema.names))
            if missing:
                raise Failure("no_column", f"the index has no {', '.join(missing)}")
            for group in fragment.split_by_row_group(query.filter, schema=schema):
                if cancelled():
                    raise Failure("stopped", "the run was stopped")
                if group.count_rows(filter=query.filter):
                    found.append(
                        group.to_table(
                            columns=list(RECORD_COLUMNS), filter=query.filter, use_threads=False
                        )
                    )
            empty = pa.schema([schema.field(name) for name in RECORD_COLUMNS]).empty_table()
    except (pa.ArrowException, OSError) as error:
        met = _failure_behind(error)
        raise met or Failure("bad_index", shorten(str(error))) from error
    return pa.concat_tables([empty, *found]) if found else empty


def _records(table: pa.Table) -> list[Record]:
    columns = [table.column(name).to_pylist() for name in RECORD_COLUMNS]
    records = []
    for url, warc, start, length in zip(*columns, strict=True):
        whole = isinstance(url, str) and isinstance(warc, str) and None not in (start, length)
        if not whole or start < 0 or not 0 < length <= LONGEST_RECORD:
            place = f"{shorten(warc)} at {start}, {length} bytes"
            raise Failure("bad_index", f"it names a record that cannot be: {place}")
        records.append(Record(url, warc, int(start), int(length)))
    return records


def _any(column: pc.Expression, values: list[str] | list[int]) -> pc.Expression | None:
    condition = None
    for value in values:
        one = column == value
        condition = one if condition is None else condition | one
    return condition


def _failure_behind(error: BaseException | None) -> Failure | None:
    while error is not None:
        if isinstance(error, Failure):
            return error
        error = error.__cause__ or error.__context__
    return None


class RemoteFile(io.RawIOBase):
    """A file of which only the parts that are asked for are fetched."""

    def __init__(self, session: Session, url: str) -> None:
        self.session = session
        self.url = url
        size = session.patiently(url, lambda: session.size(url))
        if size is None:
            raise Failure("no_size", "the server does not tell the size of the index")
        self.size = size
        self.place = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that any part of it can be read."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self.place

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        self.place = offset + (0, self.place, self.size)[whence]
        return self.place

    def read(self, number: int | None = -1) -> bytes:
        """Return so many bytes from here on; fewer at the end of the file."""
        end = self.size if number is None or number < 0 else min(self.size, self.place + number)
        if end <= self.place:
            return b""
        start = self.place
        data = self.session.patiently(self.url, lambda: self.session.part(self.url, start, end))
        self.place = end
        return data


def records_of(answers: Iterator[list[Record]], limit: int | None) -> list[Record]:
    """Return the records of all answers, each once, cut at ``limit``, in the archive's order."""
    found: dict[tuple[str, int], Record] = {}
    for records in answers:
        for record in records:
            found.setdefault((record.warc, record.start), record)
        if limit is not None and len(found) >= limit:
            break
    taken = list(found.values())[:limit]
    return sorted(taken, key=lambda record: (record.warc, record.start))
