"""What a web server sent: status, headers, and the body out of its transfer and content codings."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from typing import NamedTuple

import zstandard
from fastwarc.stream_io import BrotliReader

from curator.acquire.warc_records import BLANK_LINE, HEADER_BYTES, parse_fields

STATUS_LINE = re.compile(rb"(?:HTTP|ICY)(?:/[\d.]{1,8})?[ \t]{1,8}(\d{3})(?!\d)[^\n]{0,1000}\n")

CHUNK_LINE = re.compile(rb"[ \t]{0,8}([0-9a-fA-F]{1,8})[ \t]{0,8}(?:;[^\r\n]{0,200})?\r?\n")

CHARSET = re.compile(r"""charset\s{0,8}=\s{0,8}["']?\s{0,8}([^\s"';,]{1,40})""", re.IGNORECASE)

STEP_BYTES = 64 << 10

MAX_CODINGS = 3
"""Content codings laid over one another that are undone."""


class Response(NamedTuple):
    """An HTTP response."""

    status: int | None
    """``None`` where there is no status line: the body is all there is, as in HTTP 0.9."""
    headers: dict[str, str]
    """By name in lower case."""
    body: bytes
    """Out of its codings; at most one byte more than the limit."""
    flaw: str | None = None
    """Why the body is not all of it, or not out of its coding."""

    @property
    def content_type(self) -> str | None:
        """The media type alone, in lower case."""
        return media_type(self.headers.get("content-type"))


def media_type(value: str | None) -> str | None:
    """Return the media type of a header: ``"Text/HTML; charset=big5"`` → ``"text/html"``."""
    kind = (value or "").partition(";")[0].partition(",")[0].strip().lower()
    return kind[:100] or None


def charset_of(value: str | None) -> str | None:
    """Return the label that a Content-Type header names."""
    found = CHARSET.search(value or "")
    return found[1] if found else None


def parse_response(block: bytes, max_bytes: int) -> Response:
    """Return the response in a block; its body is bounded by ``max_bytes`` and one byte more.

    Codings are undone as far as the bytes allow: a body that is cut off gives what came before,
    one that is not in the coding its header names is taken as it is. Headers may end their
    lines with ``\\n`` alone.
    """
    status = STATUS_LINE.match(block)
    if not status:
        return Response(None, {}, block[: max_bytes + 1])
    end = BLANK_LINE.search(block, status.end() - 1, HEADER_BYTES)
    if not end:
        return Response(int(status[1]), parse_fields(block[:HEADER_BYTES]), b"")
    headers = parse_fields(block[: end.start() + 1])
    body, flaw = block[end.end() :], None
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body, flaw = _unchunked(body)
    codings = [name.strip().lower() for name in headers.get("content-encoding", "").split(",")]
    for name in reversed(codings[:MAX_CODINGS]):
        decoder = DECODERS.get(name)
        if decoder and body:
            body, flaw = _undone(decoder, name, body, max_bytes + 1)
    return Response(int(status[1]), headers, body[: max_bytes + 1], flaw)


def _unchunked(body: bytes) -> tuple[bytes, str | None]:
    """Join the chunks of a body; one that does not begin with a chunk is not chunked."""
    pieces: list[bytes] = []
    place = 0
    while line := CHUNK_LINE.match(body, place):
        size = int(line[1], 16)
        if size == 0:
            return b"".join(pieces), None
        place = line.end() + size
        pieces.append(body[line.end() : place])
        if place >= len(body):
            return b"".join(pieces), "cut off in a chunk"
        place += body.startswith(b"\r", place)
        place += body.startswith(b"\n", place)
    if not pieces:
        return body, None
    return b"".join(pieces), "cut off between chunks" if place >= len(body) else "a chunk is broken"


def _undone(
    decoder: Callable[[bytes, int], bytes], name: str, body: bytes, limit: int
) -> tuple[bytes, str | None]:
    """Return the body out of a coding, or as it is where it is in no coding."""
    out = decoder(body, limit)
    if out:
        return out, None
    if body.lstrip()[:1] == b"<" or not body.translate(None, TEXT_BYTES):
        return body, None  # archives often keep the header of a coding they undid
    return b"", f"the body is not {name}"


TEXT_BYTES = bytes([9, 10, 13, *range(32, 127)])


def _inflated(body: bytes, limit: int) -> bytes:
    """Undo gzip and zlib, and the bare deflate that some servers sent as ``deflate``."""
    for wbits in (47, -15):
        inflate = zlib.decompressobj(wbits=wbits)
        try:
            out = inflate.decompress(body, limit)
        except zlib.error:
            out = _until_broken(body, wbits, limit)
        if out:
            return out
    return b""


def _until_broken(body: bytes, wbits: int, limit: int) -> bytes:
    """Return what comes before the place where a body is broken, but for a few bytes."""
    inflate = zlib.decompressobj(wbits=wbits)
    pieces, length = [], 0
    try:
        for start in range(0, len(body), 512):
            piece = inflate.decompress(body[start : start + 512], limit - length)
            pieces.append(piece)
            length += len(piece)
            if inflate.eof or length >= limit:
                break
    except zlib.error:
        pass
    return b"".join(pieces)


def _read_all(read: Callable[[int], bytes], limit: int) -> bytes:
    pieces, left = [], limit
    try:
        while left and (piece := read(min(STEP_BYTES, left))):
            pieces.append(piece)
            left -= len(piece)
    except (OSError, zstandard.ZstdError):  # what came before is kept
        pass
    return b"".join(pieces)


def _unbrotlied(body: bytes, limit: int) -> bytes:
    return _read_all(BrotliReader(io.BytesIO(body)).read, limit)


def _unzstd(body: bytes, limit: int) -> bytes:
    unpacker = zstandard.ZstdDecompressor(max_window_size=8 << 20)
    return _read_all(unpacker.stream_reader(body, read_across_frames=True).read, limit)


DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _inflated,
    "x-gzip": _inflated,
    "deflate": _inflated,
    "br": _unbrotlied,
    "zstd": _unzstd,
}
