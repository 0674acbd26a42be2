"""Small web archives for tests."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from curator.acquire.warc import WarcReader

PAGE = "<html lang=yue><head><title>x</title></head><body><p>佢哋喺度食咗飯。</p></body></html>"


class WholePage:
    """An extractor that takes all markup as text."""

    def extract(self, html: str, url: str | None = None) -> str:
        return html


def record(
    body: bytes, kind: str = "response", url: str = "http://a.example/", **fields: str
) -> bytes:
    lines = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Target-URI: {url}",
        "WARC-Date: 2024-05-18T01:58:10Z",
        *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items()),
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body + b"\r\n\r\n"


def response(
    body: bytes = PAGE.encode(),
    content_type: str | None = "text/html; charset=utf-8",
    status: str = "200 OK",
    **headers: str,
) -> bytes:
    lines = [f"HTTP/1.1 {status}"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def page(text: str = PAGE, url: str = "http://a.example/", charset: str = "utf-8") -> bytes:
    return record(response(text.encode(charset), f"text/html; charset={charset}"), url=url)


def members(*records: bytes) -> bytes:
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def read(path: Path, block_size: int = 1 << 40, **options: Any) -> list[dict[str, Any]]:
    """Return all rows; the extractor is ``WholePage`` unless another is given."""
    reader = WarcReader(str(path), **{"extractor": WholePage(), **options})
    plan = reader.plan(block_size)
    return [row for block in plan.blocks for row in reader.read(block, plan.columns).to_pylist()]


def rows_of(folder: Path, data: bytes, name: str = "a.warc", **options: Any) -> list[dict]:
    path = folder / name
    path.write_bytes(data)
    return read(path, **options)


def reasons(rows: list[dict]) -> list[str | None]:
    """Return what became of every record that is a row."""
    return [row["reason"] for row in rows if row["reason"] != "not_documents"]
