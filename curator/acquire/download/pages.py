"""Pages of a language or a site out of Common Crawl, by way of its index."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from curator.acquire.download.columnar_index import (
    IndexQuery,
    Record,
    find_records,
    index_files,
    records_of,
)
from curator.acquire.download.engine import Fetched, Fetching, Settled, check_space
from curator.acquire.download.entries import OK, Failure, Row
from curator.acquire.download.records import PIECE_BYTES, fetch_records, known_row
from curator.acquire.download.session import Session

ANSWERS = ".index"
"""Folder of what the index answered, under the folder of the download."""


def fetch_pages(
    session: Session,
    folder: str | os.PathLike[str],
    crawls: Sequence[str],
    query: IndexQuery,
    *,
    record_limit: int | None = None,
    settled: Settled | None = None,
) -> Fetched:
    """Fetch the pages that the index of every crawl has for a query into small WARC files.

    They become ``FOLDER/<crawl>/records-<query>-00000.warc.gz`` …; every page, and every file of
    the index, is a row of ``FOLDER/downloads.jsonl``. ``record_limit``: pages of each crawl, from
    the start of its index; files of the index behind the last of them are not read. A stopped
    download continues where it was. Raises ``DataError`` when a crawl has no index.
    """
    with Fetching(folder, session, settled) as fetching:
        n_index = 0
        for crawl in crawls:
            before = len(fetching.rows)
            records = _ask(fetching, crawl, query, record_limit)
            n_index += len(fetching.rows) - before
            check_space(fetching.folder, _missing(fetching, records))
            name = query.digest(crawl, record_limit, PIECE_BYTES)
            fetch_records(fetching, records, f"{crawl}/records-{name}")
        rows = tuple(fetching.rows.values())
        return Fetched(rows, fetching.present, index_files=n_index)


def plan_pages(
    session: Session, crawls: Sequence[str], query: IndexQuery, record_limit: int | None = None
) -> tuple[list[Record], list[tuple[str, Failure]]]:
    """Return the records that ``fetch_pages`` would fetch, and the index files that failed."""
    records: list[Record] = []
    failures: list[tuple[str, Failure]] = []
    for crawl in crawls:
        urls = index_files(session, crawl)
        with contextlib.closing(_answers(session, urls, query, None, failures)) as answers:
            records += records_of((found for _, found in answers), record_limit)
    return records, failures


def _ask(fetching: Fetching, crawl: str, query: IndexQuery, limit: int | None) -> list[Record]:
    """Return the records of one crawl, and account for the files of its index."""
    session, failures = fetching.session, list[tuple[str, Failure]]()
    kept = fetching.folder / ANSWERS
    urls = index_files(session, crawl)

    def accounted(answers: Iterator[tuple[str, list[Record]]]) -> Iterator[list[Record]]:
        for url, found in answers:
            fetching.settle([Row(url, OK, None, f"{len(found)} records")])
            yield found

    with contextlib.closing(_answers(session, urls, query, kept, failures)) as answers:
        records = records_of(accounted(answers), limit)
    fetching.settle(
        Row(url, failure.status, failure.reason, failure.value or None) for url, failure in failures
    )
    return records


def _answers(
    session: Session,
    urls: Sequence[str],
    query: IndexQuery,
    kept: Path | None,
    failures: list[tuple[str, Failure]],
) -> Generator[tuple[str, list[Record]], None, None]:
    """Yield URL and records of every file of the index, in order, some files ahead."""
    stopped = False
    waiting: deque[tuple[str, Future[list[Record]]]] = deque()
    ahead = session.options.per_host
    pool = ThreadPoolExecutor(ahead)
    try:
        for number in range(len(urls) + ahead):
            if number < len(urls):
                url = urls[number]
                task = pool.submit(find_records, session, url, query, kept, lambda: stopped)
                waiting.append((url, task))
            if number >= ahead or number >= len(urls):
                if not waiting:
                    break
                url, task = waiting.popleft()
                try:
                    yield url, task.result()
                except Failure as failure:
                    failures.append((url, failure))
    finally:
        stopped = True
        pool.shutdown(wait=True, cancel_futures=True)


def _missing(fetching: Fetching, records: Sequence[Record]) -> int:
    """Return the bytes of records of which nothing is known yet."""
    force = fetching.options.force
    return sum(record.length for record in records if force or not known_row(fetching, record))
