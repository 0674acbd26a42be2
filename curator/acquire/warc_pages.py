"""A record of a web archive as a page: its text and what is known of it, or why it is none."""

from __future__ import annotations

import hashlib
import re
from typing import Any, NamedTuple

import pyarrow as pa

from curator.acquire.charset import Decoded, decode
from curator.acquire.warc_http import Response, charset_of, media_type, parse_response
from curator.acquire.warc_records import Record

COLUMNS = pa.schema(
    [
        ("url", pa.large_string()),
        ("date", pa.large_string()),
        ("charset", pa.large_string()),
        ("charset_source", pa.large_string()),
        ("replacements", pa.int64()),
        ("private_use", pa.int64()),
        ("content_type", pa.large_string()),
        ("status", pa.int64()),
        ("language", pa.large_string()),
        ("digest", pa.large_string()),
    ]
)
"""Metadata columns of a page; ``date`` is that of the capture, ``language`` what the page, its
server or the crawler says of itself, unchecked, and ``digest`` that of the payload."""

DOCUMENT_TYPES = ("response", "resource", "conversion", "revisit")
"""Types of records that are rows; the others are about crawling and are counted."""

HTML_TYPES = ("text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml")

VAGUE_TYPES = (None, "application/octet-stream", "application/x-unknown-content-type", "unknown")
"""Media types that say nothing: the bytes are asked."""

NOT_HTML = (b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"RIFF")
"""First bytes of what servers sent as HTML and is none."""

LOOKS_LIKE_HTML = re.compile(rb"<(?:!doctype\s{1,8}html|html|head|body|title)[\s>]", re.IGNORECASE)

HTML_LANGUAGE = re.compile(
    r"""<html\s[^<>]{0,2000}?(?<![\w-])(?:xml:)?lang\s{0,4}=\s{0,4}["']?\s{0,4}([\w-]{2,40})""",
    re.IGNORECASE,
)

HEAD_CHARACTERS = 20_000
"""Characters of a page in which its ``html`` tag is searched."""

LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Page(NamedTuple):
    """A record that is a row."""

    metadata: dict[str, Any]
    """Values of ``COLUMNS`` by name; absent ones are null."""
    html: str = ""
    """Markup that is still to be extracted."""
    text: str = ""
    """Text, where the record holds text."""
    reason: str | None = None
    """Why it is no document."""
    what: str = ""
    """More on the reason, for people."""


def is_document(headers: dict[str, str]) -> bool:
    """Return whether a record of these headers is a row of the corpus."""
    kind = headers.get("warc-type", "").lower()
    url = headers.get("warc-target-uri", "").strip("<>")
    return kind in DOCUMENT_TYPES and not url.startswith(("dns:", "filedesc:", "whois:"))


def kind_of(headers: dict[str, str]) -> str:
    """Return what a record that is no document is counted as: ``request``, ``dns`` …"""
    kind = headers.get("warc-type", "").lower()
    if kind in DOCUMENT_TYPES:
        return headers["warc-target-uri"].strip("<>").partition(":")[0]
    return kind[:40] or "no type"


def page_of(record: Record, max_bytes: int) -> Page:
    """Return the page in a record of which ``is_document`` holds."""
    headers = record.headers
    metadata: dict[str, Any] = {
        "url": headers.get("warc-target-uri", "").strip("<>") or None,
        "date": headers.get("warc-date"),
        "digest": headers.get("warc-payload-digest"),
    }
    if record.broken:
        return Page(metadata, reason=record.broken.reason, what=record.broken.what)
    kind = headers["warc-type"].lower()
    if kind == "revisit":
        known = headers.get("warc-refers-to-target-uri") or headers.get("warc-refers-to") or ""
        return Page(metadata, reason="revisit", what=f"same as an earlier capture {known}".strip())
    if kind == "conversion":
        return _converted(record, metadata)
    response = _response(record, max_bytes)
    metadata["status"] = response.status
    metadata["content_type"] = response.content_type
    refused = _refused(response, headers, max_bytes)
    if refused:
        return Page(metadata, reason=refused[0], what=refused[1])
    if metadata["digest"] is None:
        metadata["digest"] = f"sha256:{hashlib.sha256(response.body).hexdigest()}"
    decoded = decode(response.body, charset_of(response.headers.get("content-type")))
    metadata |= _of_decoding(decoded)
    language = _language(decoded.text) or response.headers.get("content-language", "")
    metadata["language"] = language.strip()[:100] or None
    return Page(metadata, html=decoded.text)


def _language(html: str) -> str | None:
    """Return what the page says its language is."""
    start = html.find("<html", 0, HEAD_CHARACTERS)
    if start < 0:
        start = html.find("<HTML", 0, HEAD_CHARACTERS)
    found = HTML_LANGUAGE.match(html, start) if start >= 0 else None
    return found[1] if found else None


def clean_text(text: str) -> str:
    """Return text without NULs and with U+FFFD for lone surrogates, which are no characters."""
    text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return LONE_SURROGATE.sub("\ufffd", text)
    return text


def _of_decoding(decoded: Decoded) -> dict[str, Any]:
    return {
        "charset": decoded.charset,
        "charset_source": decoded.source,
        "replacements": decoded.replacements,
        "private_use": decoded.private_use,
    }


def _converted(record: Record, metadata: dict[str, Any]) -> Page:
    """Return the page of a conversion record, which holds text: as it is."""
    kind = media_type(record.headers.get("content-type"))
    metadata["content_type"] = kind
    if kind not in ("text/plain", None):
        return Page(metadata, reason="not_text", what=f"converted to {kind}")
    decoded = decode(record.body, "utf-8", meta=False)
    language = record.headers.get("warc-identified-content-language")
    metadata |= {**_of_decoding(decoded), "language": language}
    text = clean_text(decoded.text).strip()
    if not text:
        return Page(metadata, reason="no_text", what="the record holds no text")
    return Page(metadata, text=text)


def _response(record: Record, max_bytes: int) -> Response:
    """Return the HTTP response in a record, or its block as one where it is the body alone."""
    headers = record.headers
    if headers["warc-type"].lower() == "response":
        response = parse_response(record.body, max_bytes)
        if response.status is not None:
            return response
        kind = headers.get("arc-type") or "unknown"
    else:
        kind = headers.get("content-type") or "unknown"
    return Response(None, {"content-type": kind}, record.body)


def _refused(response: Response, headers: dict[str, str], max_bytes: int) -> tuple[str, str] | None:
    """Return reason and explanation where a response is not a page that can be read."""
    status, body = response.status, response.body
    if status is not None and 300 <= status < 400:
        return "redirect", f"status {status} to {response.headers.get('location', 'nowhere')}"[:400]
    if status is not None and not 200 <= status < 300:
        return "http_error", f"status {status}"
    kind = response.content_type
    found = media_type(headers.get("warc-identified-payload-type"))
    if kind not in HTML_TYPES and found in HTML_TYPES:
        kind = found
    if kind in VAGUE_TYPES and LOOKS_LIKE_HTML.search(body, 0, 2048):
        kind = "text/html"
    if kind not in HTML_TYPES:
        return "not_html", kind or "no media type"
    if not body:
        return "empty_page", response.flaw or "the response has no body"
    magic = next((first for first in NOT_HTML if body.startswith(first)), None)
    if magic:
        return "not_html", f"{kind} that begins with {magic!r}"
    if len(body) > max_bytes:
        what = f"the body is more than max_page_bytes={max_bytes} bytes out of its coding"
        return "page_too_large", what
    return None
