"""One place from which everything is fetched, whatever its kind."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TypeVar
from urllib.parse import urlsplit

from curator.acquire.download.attempts import Attempts
from curator.acquire.download.body import Body
from curator.acquire.download.clock import Clock
from curator.acquire.download.entries import Failure
from curator.acquire.download.http import Http
from curator.acquire.download.options import FetchOptions
from curator.acquire.download.stores import Stores
from curator.errors import DataError, shorten

T = TypeVar("T")

LISTING_BYTES = 1 << 28
"""Longest list of files that is read, unpacked: a million names of Common Crawl."""


class Session:
    """HTTP, buckets and local mirrors behind one ``open``."""

    def __init__(
        self, options: FetchOptions | None = None, clock: Clock | None = None, base: str = ""
    ) -> None:
        """``base``: where a source's files lie; relative names are looked up under it."""
        self.options = options or FetchOptions()
        self.clock = clock or Clock()
        self.base = base.rstrip("/")
        self.http = Http(self.options, self.clock)
        self.stores = Stores(self.options.storage)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def address(self, name: str) -> str:
        """Return the URL of a name under ``base``; ``DataError`` for one that leaves it.

        Names come out of lists that a server sent.
        """
        parts = name.lstrip("/").split("/")
        if "://" in name or "" in parts or {".", ".."} & set(parts) or not name.isprintable():
            raise DataError(f"{self.base}: the list names {shorten(name)}, which is no file there")
        if set(name) & set("?#\\%"):
            raise DataError(f"{self.base}: the list names {shorten(name)}, which is no plain name")
        return f"{self.base}/{name.lstrip('/')}"

    def open(
        self, url: str, start: int = 0, end: int | None = None, validator: str = ""
    ) -> AbstractContextManager[Body]:
        """Yield the bytes of ``url`` from ``start`` to before ``end``; see ``Http.open``."""
        source = self.http if is_web(url) else self.stores
        return source.open(url, start, end, validator)

    def size(self, url: str) -> int | None:
        """Return the size of a file as its server tells it, or None; raises ``Failure``."""
        return self.http.size(url) if is_web(url) else self.stores.size(url)

    def part(self, url: str, start: int, end: int) -> bytes:
        """Return the bytes ``[start, end)`` of a file, in one attempt; raises ``Failure``."""
        with self.open(url, start, end) as body:
            if body.start != start:
                raise Failure("no_parts", "the server sends whole files only")
            data = _bounded(body, end - start)
        if len(data) != end - start:
            raise Failure("broken_off", f"{len(data)} of {end - start} bytes", again=True)
        return data

    def document(self, url: str, limit: int = LISTING_BYTES) -> bytes:
        """Return a whole small file, unpacked where its name ends in ``.gz``.

        Tries again as the options say. Raises ``DataError`` naming the URL when it cannot be had
        or is longer than ``limit`` bytes.
        """
        try:
            data = self.patiently(url, lambda: self._whole(url, limit))
            return _unpacked(data, limit) if url.endswith(".gz") else data
        except Failure as failure:
            raise DataError(f"{url}: cannot be fetched: {failure}; {mend(failure)}") from failure

    def patiently(self, url: str, attempt: Callable[[], T]) -> T:
        """Return what ``attempt`` does, trying again as the options say."""
        attempts = Attempts(url, self.options)
        while True:
            try:
                return attempt()
            except Failure as failure:
                self.clock.sleep(attempts.after(failure))

    def _whole(self, url: str, limit: int) -> bytes:
        with self.open(url) as body:
            data = _bounded(body, limit)
            if body.total is not None and len(data) != body.total:
                raise Failure("broken_off", f"{len(data)} of {body.total} bytes", again=True)
        return data


def is_web(url: str) -> bool:
    """Return whether HTTP is spoken for this URL."""
    return url[:8].lower().startswith(("http://", "https://"))


def host_of(url: str) -> str:
    """Return what politeness is counted by: the host, or the kind of store."""
    if "://" not in url:
        return "file"
    try:
        return urlsplit(url).netloc.lower() if is_web(url) else url.partition("://")[0].lower()
    except ValueError:  # refused by name when it is fetched
        return "?"


def mend(failure: Failure) -> str:
    """Return what a person can do about a list that cannot be had."""
    if failure.reason in ("http_404", "http_410", "not_found"):
        return "check the name, the date and --base-url"
    if failure.reason in ("http_403", "http_401", "forbidden", "http_429"):
        return "the server refuses; wait an hour, give --contact, or name a mirror with --base-url"
    if failure.unreachable:
        return "check the network, or name a mirror with --base-url"
    return "try again later, or name a mirror with --base-url"


def _bounded(body: Body, limit: int) -> bytes:
    data = bytearray()
    for chunk in body.chunks:
        data += chunk
        if len(data) > limit:
            raise Failure("too_long", f"more than {limit} bytes")
    return bytes(data)


def _unpacked(data: bytes, limit: int) -> bytes:
    """Unpack gzip of any number of members; ``Failure`` when it is broken or too long."""
    found = bytearray()
    while data:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            found += unpacker.decompress(data, limit + 1 - len(found))
        except zlib.error as error:
            raise Failure("bad_gzip", str(error)) from error
        if len(found) > limit:
            raise Failure("too_long", f"more than {limit} bytes when unpacked")
        if not unpacker.eof:
            raise Failure("bad_gzip", "it ends in the middle")
        data = unpacker.unused_data
    return bytes(found)
