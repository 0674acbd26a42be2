"""What is wanted, and what became of it: the rows of the ledger ``downloads.jsonl``."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from curator.errors import RecipeError, shorten

OK = "ok"
FAILED = "failed"
SKIPPED = "skipped"

DIGITS = {"md5": 32, "sha1": 40, "sha256": 64}
"""Hexadecimal digits of every kind of sum that sources publish."""


@dataclass(frozen=True)
class Wanted:
    """One file to fetch, with what its source says about it."""

    url: str
    """``http``, ``https``, any fsspec URL such as ``s3://…``, or a local path."""
    file: str = ""
    """Place under the folder, ``/`` between parts; made safe before use. Empty: from the URL."""
    bytes: int | None = None
    """Published size; None where the source does not tell."""
    checksum: str = ""
    """Published sum: ``md5:…``, ``sha1:…`` or ``sha256:…``; empty where there is none."""

    def __post_init__(self) -> None:
        if self.checksum:
            kind, _, digits = self.checksum.partition(":")
            if not re.fullmatch(f"[0-9a-f]{{{DIGITS.get(kind, 0)}}}", digits) or not digits:
                raise RecipeError(
                    f"{shorten(self.url)}: {shorten(self.checksum)} is no sum; "
                    "write md5:, sha1: or sha256: and lower-case hexadecimal digits"
                )


@dataclass(frozen=True)
class Row:
    """One line of the ledger: a file, or a record cut out of one."""

    url: str
    status: str
    """``ok`` (it is in the folder, fetched now or earlier), ``failed`` or ``skipped``."""
    reason: str | None = None
    """Short code; of an ``ok`` row ``unknown_length`` where nothing told whether it is whole."""
    value: str | None = None
    """Details for people."""
    file: str | None = None
    """Place under the folder, ``/`` between parts."""
    bytes: int | None = None
    sha256: str | None = None
    checksum: str | None = None
    """The published sum it was held to."""
    start: int | None = None
    """Of a record: its first byte in the file at ``url``; its last is ``start + bytes - 1``."""
    position: int | None = None
    """Of a record: its first byte in ``file``."""

    @property
    def key(self) -> tuple[str, int]:
        """What there is one row for: a URL, or a record in it."""
        return self.url, -1 if self.start is None else self.start

    def as_json(self) -> dict[str, Any]:
        """Return the fields of the line; those of records only where it is one."""
        fields = asdict(self)
        if self.start is None:
            del fields["start"], fields["position"]
        return fields


class Failure(Exception):
    """One attempt came to nothing; says why, and whether another can help."""

    def __init__(
        self,
        reason: str,
        value: str = "",
        *,
        again: bool = False,
        wait: float | None = None,
        unreachable: bool = False,
        status: str = FAILED,
    ) -> None:
        super().__init__(f"{reason}: {value}" if value else reason)
        self.reason = reason
        self.value = value
        self.again = again
        """Whether another attempt may end better."""
        self.wait = wait
        """Seconds the server asked us to stay away; None where it did not."""
        self.unreachable = unreachable
        """Whether the host itself did not answer."""
        self.status = status
