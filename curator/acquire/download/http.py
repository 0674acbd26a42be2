"""HTTP and HTTPS, through httpx2: it comes with the installed tokenizers library already.

Redirects are followed here and not by the library: each step must be http or https again, and a
range and its validator must travel along.
"""

from __future__ import annotations

import contextlib
import email.utils
import functools
import re
import ssl
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urljoin, urlsplit

import httpx2

from curator.acquire.download.attempts import retry_after
from curator.acquire.download.body import Body
from curator.acquire.download.clock import Clock
from curator.acquire.download.entries import Failure
from curator.acquire.download.options import FetchOptions
from curator.errors import shorten

REDIRECTS = frozenset([301, 302, 303, 307, 308])
MOST_REDIRECTS = 10

TRY_AGAIN = frozenset([408, 425, 429, 500, 502, 503, 504, 509, 520, 521, 522, 523, 524])
"""Answers that another time may be better: RFC 9110 and 6585, and what front ends send."""

PACKED = re.compile(r"\.(gz|tgz|bz2|xz|zst|br)$", re.IGNORECASE)
"""Endings of files that some servers label with the encoding they are stored in."""

CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")


class Http:
    """One client for all hosts: connections are kept and shared between threads."""

    def __init__(self, options: FetchOptions, clock: Clock) -> None:
        self.clock = clock
        self.client = httpx2.Client(
            headers={"User-Agent": options.user_agent, "Accept-Encoding": "identity"},
            timeout=httpx2.Timeout(options.read_seconds, connect=options.connect_seconds),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=options.parallel),
            follow_redirects=False,
            verify=_trusted(),
        )
        # every request stands for itself: a cookie of one file has no business with the next
        self.client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def close(self) -> None:
        """Close all connections."""
        self.client.close()

    @contextlib.contextmanager
    def open(
        self, url: str, start: int = 0, end: int | None = None, validator: str = ""
    ) -> Iterator[Body]:
        """Yield the bytes of ``url`` from ``start`` to before ``end`` (None: to its end).

        With ``validator``, a file that has changed comes from its start instead. Raises
        ``Failure`` for every answer but the file, and while reading.
        """
        headers = {}
        if start or end is not None:
            headers["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
            if validator:
                headers["If-Range"] = validator
        with _translated(), self._follow("GET", url, headers) as response:
            yield self._body(response, start, ranged="Range" in headers)

    def size(self, url: str) -> int | None:
        """Return the size that the server tells without sending the file; None if it does not."""
        with _translated(), self._follow("HEAD", url, {}) as response:
            if response.status_code not in (405, 501):
                self._check_status(response, ranged=False)
                return _length(response)
        with self.open(url, 0, 1) as body:  # a server that does not know HEAD
            return body.total

    @contextlib.contextmanager
    def _follow(self, method: str, url: str, headers: dict[str, str]) -> Iterator[httpx2.Response]:
        for _ in range(MOST_REDIRECTS):
            check_address(url)
            with self.client.stream(method, url, headers=headers) as response:
                if response.status_code not in REDIRECTS:
                    yield response
                    return
                url = _target(url, response.headers.get("Location", ""))
        raise Failure("bad_redirect", f"more than {MOST_REDIRECTS} redirects")

    def _check_status(self, response: httpx2.Response, ranged: bool) -> None:
        status = response.status_code
        if status == 416:
            raise Failure("bad_range", "the server has no such part of the file", again=True)
        if status not in (200, 206) or (status == 206 and not ranged):
            wait = retry_after(response.headers.get("Retry-After"), self.clock)
            again = status in TRY_AGAIN
            raise Failure(f"http_{status}", response.reason_phrase, again=again, wait=wait)

    def _body(self, response: httpx2.Response, start: int, ranged: bool) -> Body:
        self._check_status(response, ranged)
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("", "identity") and not PACKED.search(response.url.path):
            raise Failure("packed_answer", f"sent as {shorten(encoding)} though asked not to")
        total = _length(response)
        if response.status_code == 206:
            first, total = _range(response)
            if first != start:
                raise Failure("bad_range", f"asked from byte {start}, got {first}", again=True)
        else:
            start = 0
        delimited = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
        return Body(start, total, _validator(response), _chunks(response), delimited)


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates that the machine trusts; reading them takes a tenth of a second."""
    return httpx2.create_ssl_context()


def check_address(url: str) -> None:
    """Raise ``Failure`` for a URL that cannot be asked for, or that carries a password."""
    try:
        split = urlsplit(url)
        host, _ = split.hostname, split.port
    except ValueError as error:
        raise Failure("bad_url", f"{error}") from error
    if split.scheme not in ("http", "https") or not host:
        raise Failure("bad_url", "it has no host, or is not http or https")
    if split.username is not None or split.password is not None:
        raise Failure("password_in_url", "it would be written into the ledger; take it out")


def _target(url: str, location: str) -> str:
    try:
        url = urljoin(url, location)
        scheme = urlsplit(url).scheme
    except ValueError as error:
        raise Failure("bad_redirect", f"to {shorten(location)}: {error}") from error
    if scheme not in ("http", "https"):
        raise Failure("bad_redirect", f"to {shorten(url)}, which is not http or https")
    return url


def _validator(response: httpx2.Response) -> str:
    """Return the strong entity tag, else the date: what If-Range takes (RFC 9110, 13.1.5)."""
    tag = response.headers.get("ETag", "")
    if tag.startswith('"') and tag.isascii():
        return tag
    date = response.headers.get("Last-Modified", "")
    try:
        email.utils.parsedate_to_datetime(date)
    except ValueError:
        return ""
    return date if date.isascii() else ""


def _length(response: httpx2.Response) -> int | None:
    text = response.headers.get("Content-Length", "").strip()
    return int(text) if re.fullmatch(r"\d{1,18}", text) else None


def _range(response: httpx2.Response) -> tuple[int, int | None]:
    match = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if not match:
        raise Failure("bad_range", "part of a file without saying which", again=True)
    return int(match[1]), None if match[3] == "*" else int(match[3])


def _chunks(response: httpx2.Response) -> Iterator[bytes]:
    with _translated():
        yield from response.iter_raw()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn what the library raises about the net and about answers into ``Failure``."""
    try:
        yield
    except httpx2.TimeoutException as error:
        reason = "connect_timeout" if isinstance(error, httpx2.ConnectTimeout) else "read_timeout"
        raise Failure(
            reason, "no answer in time", again=True, unreachable=reason == "connect_timeout"
        ) from error
    except (httpx2.ConnectError, httpx2.ProxyError) as error:
        again = not isinstance(_root(error), ssl.SSLCertVerificationError)
        reason = "unreachable" if again else "bad_certificate"
        raise Failure(reason, shorten(str(error)), again=again, unreachable=True) from error
    except httpx2.RemoteProtocolError as error:
        # the peer closed before the length it had promised, or does not speak HTTP
        raise Failure("broken_off", shorten(str(error)), again=True) from error
    except httpx2.TransportError as error:
        raise Failure("broken_off", shorten(str(error)), again=True) from error
    except (httpx2.InvalidURL, httpx2.RequestError) as error:
        raise Failure("bad_url", shorten(str(error))) from error


def _root(error: BaseException) -> BaseException:
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return error
