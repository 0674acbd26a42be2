"""One file from a source to its place: resumed, bounded, held to its sum, whole or absent."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from curator.acquire.download.body import Body
from curator.acquire.download.clock import Clock
from curator.acquire.download.entries import OK, SKIPPED, Failure, Row, Wanted
from curator.acquire.download.names import MEMO, PART
from curator.acquire.download.options import FetchOptions
from curator.acquire.download.session import Session, host_of
from curator.errors import shorten
from curator.io.atomic import atomic_write, refuse

OVERLAP = 4096
"""Bytes before the break that are fetched again and compared: a source that changed, or that
answers with another part than the one asked for, is found out without any validator."""


class Allowance:
    """Bytes that all transfers together may still fetch."""

    def __init__(self, total: int | None) -> None:
        self._left = total
        self._guard = threading.Lock()

    def take(self, number: int) -> None:
        """Take so many bytes; ``Failure`` (skipped) when they are not left. Negative: give back."""
        with self._guard:
            if self._left is None:
                return
            if number > self._left:
                raise Failure("over_max_total_bytes", f"{self._left} bytes left", status=SKIPPED)
            self._left -= number


@dataclass
class Context:
    """What all transfers of a run share."""

    folder: Path
    session: Session
    allowance: Allowance
    stopped: threading.Event
    settle: Callable[[Row, bool], None]
    """Called with every row, and whether the file was there before."""

    @property
    def options(self) -> FetchOptions:
        """Return the options of the run."""
        return self.session.options


class FileTransfer:
    """A job of the schedule: one wanted file."""

    def __init__(self, wanted: Wanted, file: str, known: Row | None, context: Context) -> None:
        self.wanted = wanted
        self.url = wanted.url
        self.host = host_of(wanted.url)
        self.file = file
        self.known = known
        self.context = context
        self.path = context.folder / file
        self.part = self.path.with_name(self.path.name + PART)
        self.memo = self.path.with_name(self.path.name + MEMO)
        self.furthest = self.before = self.at = 0
        self.looked = False

    def progressed(self) -> bool:
        """Return whether the last attempt got further into the file than all before it."""
        return self.furthest > self.before

    def fail(self, failure: Failure) -> None:
        """Settle it without a file. What there is of it stays for the next run."""
        if failure.status == SKIPPED and failure.reason.startswith("over_max"):
            self._forget()
        value = failure.value or None
        self.context.settle(Row(self.url, failure.status, failure.reason, value, self.file), False)

    def attempt(self) -> None:
        """Fetch the file, or what is missing of it."""
        if not self.looked:
            self._make_folder()
            if row := self._present():
                self.context.settle(row, True)
                return
            self.looked = True
        self.before = self.furthest
        have, memo = self._have()
        start = max(0, have - OVERLAP)
        validator = memo.get("validator", "") if start else ""
        try:
            with self.context.session.open(self.url, start, None, validator) as body:
                self._check_size(body, memo if body.start else {})
                checksum = self.wanted.checksum or body.checksum
                self._receive(body, have)
        except Failure as failure:
            if failure.reason in ("bad_range", "changed"):  # the next attempt begins at the start
                self._forget()
            raise
        self._settle_whole(body, checksum)

    # what is there

    def _make_folder(self) -> None:
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise Failure("name_taken", f"a part of {shorten(self.file)} is a file") from error
        except OSError as error:
            refuse(folder, error)
        if not folder.resolve().is_relative_to(self.context.folder.resolve()):
            raise Failure("outside_folder", f"{shorten(self.file)} leads out through a link")

    def _present(self) -> Row | None:
        """Return the row of a file that need not be fetched; ``Failure`` when it is not ours."""
        if self.context.options.force:
            self._forget()
            return None
        if not os.path.lexists(self.path):
            return None
        if not self.path.is_file():
            raise Failure("name_taken", "a folder or another thing has this name")
        known = self.known
        if known is None or known.status != OK:
            return self._adopted()
        same = known.bytes == self.path.stat().st_size and known.file == self.file
        if self.wanted.checksum and known.checksum != self.wanted.checksum:
            same = same and self._digests(self.wanted.checksum, self.path)[1]
            known = replace(known, checksum=self.wanted.checksum)
        if same and self.context.options.recheck:
            same = self._digests("", self.path)[0] == known.sha256
        return known if same else None

    def _adopted(self) -> Row:
        """Return a row for a file that somebody put here, if a published sum vouches for it."""
        sha256, right = self._digests(self.wanted.checksum, self.path)
        if not self.wanted.checksum or not right:
            what = "a file of this name is here and not from this URL; --force replaces it"
            raise Failure("file_exists", what, status=SKIPPED)
        size = self.path.stat().st_size
        return Row(self.url, OK, None, None, self.file, size, sha256, self.wanted.checksum)

    def _have(self) -> tuple[int, dict[str, Any]]:
        """Return the bytes of the file that are here, and what is known about them.

        Bytes of which nothing can prove that they are of the same file are not used.
        """
        try:
            memo = json.loads(self.memo.read_bytes())
            have = self.part.lstat().st_size
        except (OSError, ValueError):
            return 0, {}
        if not isinstance(memo, dict) or memo.get("url") != self.url or self.part.is_symlink():
            return 0, {}
        proof = memo.get("validator") or self.wanted.checksum
        if not isinstance(memo.get("validator"), str) or not proof or have <= OVERLAP:
            return 0, {}
        return have, memo

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self.memo.unlink(missing_ok=True)

    # what comes

    def _check_size(self, body: Body, memo: dict[str, Any]) -> None:
        if memo and None not in (memo.get("total"), body.total) and memo["total"] != body.total:
            raise Failure(
                "changed", f"{memo.get('total')} bytes before, now {body.total}", again=True
            )
        wanted, options = self.wanted, self.context.options
        if wanted.bytes is not None and body.total not in (None, wanted.bytes):
            what = f"published as {wanted.bytes} bytes, sent as {body.total}"
            raise Failure("size_differs", what, again=True)
        limit = options.max_file_bytes
        size = wanted.bytes if body.total is None else body.total
        if limit is not None and size is not None and size > limit:
            raise Failure("over_max_file_bytes", f"{size} bytes", status=SKIPPED)

    def _receive(self, body: Body, have: int) -> None:
        if body.start == 0:
            have = 0
            memo = {"url": self.url, "validator": body.validator, "total": body.total}
            with _opened(self.part, os.O_TRUNC), atomic_write(self.memo, durable=False) as out:
                out.write(json.dumps(memo).encode())
        else:
            have = self._compare(body, have)
        granted = max(0, body.total - have) if body.total is not None else 0
        self.context.allowance.take(granted)
        self.at = have
        try:
            self._write(body)
        except Failure:
            self.context.allowance.take(min(0, self.at - have - granted))
            raise

    def _compare(self, body: Body, have: int) -> int:
        """Read the overlap and compare it; return the bytes that are proved to be the file's."""
        with _opened(self.part, 0) as part:
            part.seek(body.start)
            tail = part.read(have - body.start)
        head = bytearray()
        while len(head) < len(tail):
            chunk = next(body.chunks, b"")
            if not chunk:
                raise Failure("broken_off", "closed before the first new byte", again=True)
            head += chunk
        if head[: len(tail)] != tail:
            raise Failure("changed", "other bytes than before at the break", again=True)
        body.chunks = _with_first(bytes(head[len(tail) :]), body.chunks)
        return have

    def _write(self, body: Body) -> None:
        limit = self.context.options.max_file_bytes
        speed = Speed(self.context.options, self.context.session.clock)
        with _opened(self.part, 0) as part:
            part.seek(self.at)
            for chunk in body.chunks:
                _write_all(part, chunk, self.path)
                self.at += len(chunk)
                self.furthest = max(self.furthest, self.at)
                if body.total is None:
                    self.context.allowance.take(len(chunk))
                if limit is not None and self.at > limit:
                    raise Failure("over_max_file_bytes", f"more than {limit}", status=SKIPPED)
                if self.context.stopped.is_set():
                    raise Failure("stopped", "the run was stopped")
                speed.tick(len(chunk))
        if body.total is not None and self.at < body.total:
            raise Failure("broken_off", f"{self.at} of {body.total} bytes", again=True)

    def _settle_whole(self, body: Body, checksum: str) -> None:
        """Hold the bytes on the disk to what is published and give the file its name."""
        size = self.part.stat().st_size
        sha256, right = self._digests(checksum, self.part)
        if self.wanted.bytes not in (None, size) or body.total not in (None, size) or not right:
            self._forget()
            self.before = self.furthest  # what came was of no use
            reason = "size_differs" if right else "wrong_checksum"
            raise Failure(reason, f"{size} bytes, sha256 {sha256}, not {checksum}", again=True)
        try:
            with open(self.part, "rb") as part:
                os.fsync(part.fileno())
            os.replace(self.part, self.path)
        except OSError as error:
            refuse(self.path, error)
        self.memo.unlink(missing_ok=True)
        row = Row(self.url, OK, None, None, self.file, size, sha256, checksum or None)
        told = body.delimited or checksum or self.wanted.bytes is not None
        if body.total is None and not told:
            value = "nothing told how long it should be"
            row = replace(row, reason="unknown_length", value=value)
        self.context.settle(row, False)

    def _digests(self, checksum: str, path: Path) -> tuple[str, bool]:
        """Return the SHA-256 of a file and whether it has the published sum, if there is one."""
        kind, _, wanted = checksum.partition(":")
        with open(path, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            if not wanted or kind == "sha256":
                return sha256, not wanted or sha256 == wanted
            file.seek(0)
            # the published sum may be MD5 or SHA-1: it finds broken transfers, not attackers
            digest = hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False))
        return sha256, digest.hexdigest() == wanted


class Speed:
    """Ends a transfer that only trickles."""

    def __init__(self, options: FetchOptions, clock: Clock) -> None:
        self.least = options.minimum_speed
        self.window = options.speed_window_seconds
        self.clock = clock
        self.since = clock.now()
        self.bytes = 0

    def tick(self, number: int) -> None:
        """Count bytes; ``Failure`` when a whole window was too slow."""
        self.bytes += number
        passed = self.clock.now() - self.since
        if passed < self.window:
            return
        if self.bytes < self.least * passed:
            raise Failure("too_slow", f"{self.bytes} bytes in {passed:.0f} s", again=True)
        self.since += passed
        self.bytes = 0


@contextlib.contextmanager
def _opened(path: Path, flags: int) -> Iterator[BinaryIO]:
    """Yield a file written without a buffer: after a kill it holds a prefix of what came."""
    try:
        flags |= os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o666)
    except OSError as error:
        refuse(path, error)
    with open(descriptor, "r+b", buffering=0) as file:
        yield cast(BinaryIO, file)


def _write_all(file: BinaryIO, data: bytes, path: Path) -> None:
    try:
        while data:
            data = data[file.write(data) :]
    except OSError as error:
        refuse(path, error)


def _with_first(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from chunks
