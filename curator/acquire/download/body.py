"""What a source hands over: bytes of a file from some place on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Body:
    """Bytes of a remote file, as they come."""

    start: int
    """First byte's place in the file: 0 when the source does not serve parts."""
    total: int | None
    """Size of the whole file; None when the source does not tell."""
    validator: str
    """Entity tag or date that proves the file unchanged; empty where there is none."""
    chunks: Iterator[bytes]
    delimited: bool = False
    """Whether the end of the bytes is marked, so that a break is noticed without ``total``."""
    checksum: str = ""
    """Sum that the source itself vouches for, ``md5:…``; empty where there is none."""
