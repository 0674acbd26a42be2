"""A web server on this machine that behaves well, or badly in the ways that servers do."""

from __future__ import annotations

import contextlib
import http.server
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from curator.acquire.download.clock import Clock


@dataclass
class Page:
    """One file of the server, and how it is served."""

    data: bytes = b""
    etag: str = '"first"'
    modified: str = ""
    ranges: bool = True
    """Whether parts are served; else the whole file comes, with status 200."""
    answers: list[tuple[int, dict[str, str]] | None] = field(default_factory=list)
    """Status and headers of the first answers, instead of the file; None for the file."""
    cut: list[int | None] = field(default_factory=list)
    """Bytes after which the connection is closed, by answer; None: not."""
    stall: list[int | None] = field(default_factory=list)
    """Bytes after which nothing more comes, by answer; None: not."""
    length: int | None = None
    """What Content-Length says instead of the truth; -1: there is none."""
    chunked: bool = False
    """Whether the body comes in chunks, without a length, its end marked."""
    shift: int = 0
    """Bytes by which a part begins at another place than the one that was asked for."""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]

    @property
    def range(self) -> str | None:
        return self.headers.get("range")


class Site:
    """The pages of a server and the requests that came."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.requests: list[Request] = []
        self.stalled = threading.Event()
        """Set when a page has stopped in its middle."""
        self.closing = threading.Event()
        self.guard = threading.Lock()
        self.active = self.most_active = 0
        self.gate: threading.Barrier | None = None
        """Where all requests meet, to prove that they are under way at the same time."""
        self.url = ""

    def add(self, path: str, data: bytes = b"", **how: object) -> str:
        """Serve a page and return its URL."""
        self.pages[path] = Page(data, **how)  # type: ignore[arg-type]
        return self.url + path

    def asked(self, path: str) -> list[Request]:
        """Return the requests for a path."""
        return [request for request in self.requests if request.path == path]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    site: Site

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        site = self.site
        headers = {name.lower(): value for name, value in self.headers.items()}
        with site.guard:
            site.requests.append(Request(self.command, self.path, headers))
            page = site.pages.get(self.path)
            answer = page.answers.pop(0) if page and page.answers else None
            site.active += 1
            site.most_active = max(site.active, site.most_active)
        try:
            if site.gate is not None:
                with contextlib.suppress(threading.BrokenBarrierError):
                    site.gate.wait(timeout=5)
            if page is None:
                self.plain(404, {})
            elif answer is not None:
                self.plain(*answer)
            else:
                self.serve(page, headers)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with site.guard:
                site.active -= 1

    def plain(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def serve(self, page: Page, headers: dict[str, str]) -> None:
        data, start = page.data, 0
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("range", ""))
        same = headers.get("if-range", page.etag) in (page.etag, page.modified)
        status = 200
        if asked and page.ranges and same:
            start = int(asked[1]) + page.shift
            end = min(int(asked[2]) + 1 if asked[2] else len(data), len(data))
            if start >= len(data):
                self.plain(416, {"Content-Range": f"bytes */{len(data)}"})
                return
            status, data = 206, data[start:end]
        self.send_response(status)
        if status == 206:
            place = f"bytes {start}-{start + len(data) - 1}/{len(page.data)}"
            self.send_header("Content-Range", place)
        length = len(data) if page.length is None else page.length
        length = -1 if page.chunked else length
        for name, value in {
            "ETag": page.etag,
            "Last-Modified": page.modified,
            "Content-Length": str(length) if length >= 0 else "",
            "Transfer-Encoding": "chunked" if page.chunked else "",
            **page.headers,
        }.items():
            if value:
                self.send_header(name, value)
        if length != len(data):
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.body(page, data)

    def body(self, page: Page, data: bytes) -> None:
        cut = page.cut.pop(0) if page.cut else None
        stall = page.stall.pop(0) if page.stall else None
        stop = min(len(data) if end is None else end for end in (cut, stall))
        if page.chunked:
            for at in range(0, stop, 10_000):
                part = data[at : min(at + 10_000, stop)]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n" if stop == len(data) else b"")
        else:
            self.wfile.write(data[:stop])
        self.wfile.flush()
        if cut is not None:
            self.close_connection = True
        if stall is not None:
            self.site.stalled.set()
            self.site.closing.wait(timeout=20)
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no news."""


@contextlib.contextmanager
def serving() -> Iterator[Site]:
    """Yield a running server without pages."""
    site = Site()
    handler = type("SiteHandler", (Handler,), {"site": site})
    server = Server(("127.0.0.1", 0), handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class FastClock(Clock):
    """Time that passes when somebody wants to wait."""

    def __init__(self) -> None:
        self.time = 0.0
        self.waits: list[float] = []
        self.step = 0.0
        """Seconds that pass with every look at the clock."""
        self.guard = threading.Lock()

    def now(self) -> float:
        with self.guard:
            self.time += self.step
            return self.time

    def date(self) -> float:
        return 1_700_000_000.0 + self.time

    def sleep(self, seconds: float) -> None:
        with self.guard:
            self.waits.append(seconds)
            self.time += seconds

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        if seconds is None:
            condition.wait()
        else:
            self.sleep(seconds)
