"""Fetch a list of files into a folder: what came, what failed and why, and the rest goes on."""

from __future__ import annotations

import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from curator.acquire.download.entries import FAILED, OK, SKIPPED, Row, Wanted
from curator.acquire.download.ledger import Ledger
from curator.acquire.download.names import Names, redacted
from curator.acquire.download.options import FetchOptions
from curator.acquire.download.schedule import Job, Schedule
from curator.acquire.download.session import Session
from curator.acquire.download.transfer import Allowance, Context, FileTransfer
from curator.errors import DataError, ResourceError

SPARE_BYTES = 1 << 26
"""Space left free beside what is to be fetched: the ledger, and whatever else lives there."""

Settled = Callable[[Row, bool], None]
"""Called with every row as it is settled, and whether what it names was there before."""


@dataclass(frozen=True)
class Fetched:
    """What became of everything that was wanted."""

    rows: tuple[Row, ...]
    """One for every wanted file or record, in their order."""
    present: int = 0
    """How many of the ``ok`` were there before."""
    listed: int | None = None
    """How many the source lists, of which ``url_limit`` took some; None: not asked."""
    index_files: int = 0
    """How many of the rows are files of an index that was asked, and not what it led to."""

    def count(self, status: str) -> int:
        """Return the number of rows of a status."""
        return sum(row.status == status for row in self.rows)

    @property
    def bytes(self) -> int:
        """Bytes of all ``ok`` rows."""
        return sum(row.bytes or 0 for row in self.rows if row.status == OK)

    @property
    def reasons(self) -> Counter[str]:
        """Reasons of what failed and was skipped, with their numbers."""
        return Counter(row.reason or "" for row in self.rows if row.status != OK)

    def files(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Return the paths of all files that are there, each once, in the order of the rows."""
        files = {row.file: None for row in self.rows if row.status == OK and row.file}
        return [Path(folder) / file for file in files]

    def line(self) -> str:
        """Return the account: in = ok + failed + skipped."""
        ok, failed, skipped = (self.count(status) for status in (OK, FAILED, SKIPPED))
        return (
            f"in {len(self.rows)} = ok {ok} + failed {failed} + skipped {skipped}"
            + (f"; {self.index_files} of them files of the index" if self.index_files else "")
            + (f"; {self.present} of the ok were here already" if self.present else "")
            + (
                f"; the source lists {self.listed}"
                if self.listed not in (None, len(self.rows))
                else ""
            )
        )


class Fetching:
    """A folder held for one download: its ledger, its session, its rows so far."""

    def __init__(
        self,
        folder: str | os.PathLike[str],
        session: Session,
        settled: Settled | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.session = session
        self.options = session.options
        self.settled = settled
        self.ledger = Ledger(self.folder)
        self.schedule = Schedule(self.options, session.clock)
        self.allowance = Allowance(self.options.max_total_bytes)
        self.rows: dict[tuple[str, int], Row] = {}
        self.present = 0
        self._guard = threading.Lock()

    def __enter__(self) -> Fetching:
        self.ledger.__enter__()
        self.known = dict(self.ledger.rows)
        taken = {row.url: row.file for row in self.known.values() if row.file and row.start is None}
        self.names = Names(sorted(taken.items()))
        return self

    def __exit__(self, *error: object) -> None:
        self.ledger.__exit__(*error)  # type: ignore[arg-type]

    def settle(self, rows: Iterable[Row], present: bool = False) -> None:
        """Account for rows, in the ledger and in the result."""
        rows = list(rows)
        self.ledger.add(rows)
        with self._guard:
            for row in rows:
                self.rows[row.key] = row
                self.present += present
                if self.settled:
                    self.settled(row, present)

    def files(self, wanted: Sequence[Wanted]) -> None:
        """Fetch files; every one of them is a row afterwards."""
        check_space(self.folder, self._missing(wanted))
        context = Context(
            self.folder, self.session, self.allowance, self.schedule.stopped, self._settle_one
        )
        jobs: list[Job] = []
        for one in wanted:
            file = self.names.place(one.url, one.file)
            jobs.append(FileTransfer(one, file, self.known.get((one.url, -1)), context))
        self.schedule.run(jobs)

    def _settle_one(self, row: Row, present: bool) -> None:
        self.settle([row], present)

    def _missing(self, wanted: Iterable[Wanted]) -> int:
        """Return the published bytes of what is not here yet."""
        have = {url for (url, _), row in self.known.items() if row.status == OK}
        force = self.options.force
        return sum(one.bytes or 0 for one in wanted if force or one.url not in have)


def fetch(
    wanted: Iterable[Wanted | str],
    folder: str | os.PathLike[str],
    options: FetchOptions | None = None,
    *,
    session: Session | None = None,
    settled: Settled | None = None,
) -> Fetched:
    """Fetch files into a folder and return what became of each.

    Every wanted file is a row of ``FOLDER/downloads.jsonl`` afterwards: ``ok`` with size and
    SHA-256, ``failed`` or ``skipped`` with the reason; one that fails does not stop the rest.
    A download that was stopped or killed continues, and ends with the same bytes. A URL named
    twice counts once. Raises ``ResourceError`` when the folder cannot be written or the disk is
    too small; nothing is fetched for an empty list.
    """
    items = (Wanted(item) if isinstance(item, str) else item for item in wanted)
    # a password would be kept in the ledger; without it the URL is refused by name
    every = {redacted(one.url): replace(one, url=redacted(one.url)) for one in items}
    listed = list(every.values())
    own = session or Session(options or FetchOptions())
    taken = listed[: own.options.url_limit]
    try:
        with Fetching(folder, own, settled) as fetching:
            fetching.files(taken)
            rows = tuple(fetching.rows[one.url, -1] for one in taken)
            return Fetched(rows, fetching.present, len(listed))
    finally:
        if session is None:
            own.http.close()


@dataclass(frozen=True)
class Downloader:
    """Fetches one URL at a time: the ``downloader`` of a reader of one's own."""

    options: FetchOptions | None = None

    def download(self, url: str, folder: str | os.PathLike[str]) -> Path:
        """Return the path of the file, fetched now or earlier; ``DataError`` when it cannot be."""
        fetched = fetch([url], folder, self.options)
        row = fetched.rows[0]
        if row.status != OK:
            why = f"{row.reason}: {row.value}" if row.value else row.reason
            raise DataError(f"{row.url}: {row.status}: {why}; check the URL, or try again later")
        return fetched.files(folder)[0]


def check_space(folder: Path, needed: int) -> None:
    """Raise ``ResourceError`` when the disk is known to be too small for what is wanted."""
    free = free_space(folder)
    if needed and needed + SPARE_BYTES > free:
        raise ResourceError(
            f"{folder}: {needed:,} bytes are to be fetched and {free:,} are free; "
            "free some space, choose another folder or take less (--url-limit)"
        )


def free_space(folder: Path) -> int:
    """Return the free bytes of the disk that a folder, made or yet to be made, lies on."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free
