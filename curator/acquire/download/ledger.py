"""The ledger of a folder of downloads: one row for every file and record, whatever became of it."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from types import TracebackType

import orjson

from curator.acquire.download.entries import FAILED, OK, SKIPPED, Row
from curator.acquire.download.names import LEDGER
from curator.errors import DataError, ResourceError, shorten
from curator.io.atomic import atomic_write, refuse

JOURNAL = ".downloads-journal.jsonl"
"""Rows since the ledger was written last, in the order in which they came."""

LOCK = ".downloads-lock"

FIELDS = frozenset(field.name for field in fields(Row))


class Ledger:
    """``downloads.jsonl`` of one folder, held by one process at a time.

    Rows go to a journal at once, so that a killed download knows what it has; at the end the
    ledger is written whole, sorted by URL, the same for a killed and an unbroken download.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[tuple[str, int], Row] = {}
        self._guard = threading.Lock()
        self._lock_file = self._journal = -1

    def __enter__(self) -> Ledger:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._lock_file = os.open(self.folder / LOCK, flags, 0o666)
        except OSError as error:
            refuse(self.folder, error)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock_file)
            raise ResourceError(
                f"{self.folder}: another download writes here; wait for it or choose another folder"
            ) from error
        self.rows = read_ledger(self.folder)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            self._journal = os.open(self.folder / JOURNAL, flags, 0o666)
        except OSError as error:
            os.close(self._lock_file)
            refuse(self.folder / JOURNAL, error)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._guard:
            os.close(self._journal)
            self._journal = -1
        try:
            if kind is None or not issubclass(kind, ResourceError):
                self._publish()
        finally:
            os.close(self._lock_file)

    def add(self, rows: Iterable[Row]) -> None:
        """Keep rows; each replaces an earlier one of the same URL and record."""
        with self._guard:
            new = [row for row in rows if self.rows.get(row.key) != row]
            if not new or self._journal < 0:  # closed: a thread that outlived a stopped run
                return
            # a torn line of a killed process must not swallow the next
            data = b"".join(b"\n" + orjson.dumps(row.as_json()) for row in new) + b"\n"
            try:
                written = os.write(self._journal, data)
                if written < len(data):
                    os.write(self._journal, data[written:])
            except OSError as error:
                refuse(self.folder / JOURNAL, error)
            self.rows.update((row.key, row) for row in new)

    def _publish(self) -> None:
        with atomic_write(self.folder / LEDGER) as out:
            for key in sorted(self.rows):
                out.write(orjson.dumps(self.rows[key].as_json()) + b"\n")
        (self.folder / JOURNAL).unlink(missing_ok=True)


def read_ledger(folder: str | os.PathLike[str]) -> dict[tuple[str, int], Row]:
    """Return the rows of a folder of downloads, journal included; empty where there is none.

    Raises ``DataError`` naming file and line for a line that is no row.
    """
    rows: dict[tuple[str, int], Row] = {}
    for name in (LEDGER, JOURNAL):
        path = Path(folder) / name
        if not path.is_file():
            continue
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip() and (row := _row(path, number, line, torn=name == JOURNAL)):
                    rows[row.key] = row
    return rows


def _row(path: Path, number: int, line: bytes, torn: bool) -> Row | None:
    try:
        found = json.loads(line)
        row = Row(**{name: value for name, value in found.items() if name in FIELDS})
        right = isinstance(row.url, str) and row.status in (OK, FAILED, SKIPPED)
        right = right and isinstance(row.file, str | None) and isinstance(row.bytes, int | None)
        right = right and isinstance(row.start, int | None)
    except (ValueError, AttributeError, TypeError):
        right = False
    if right:
        return row
    if torn:  # the last write of a killed process; its file is fetched or checked again
        return None
    raise DataError(
        f"{path}:{number}: {shorten(line[:80])} is no row of a ledger of downloads; "
        "move the file away to start a new ledger"
    )
