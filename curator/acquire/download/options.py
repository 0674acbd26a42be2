"""How to fetch: politeness, patience and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from curator import __version__
from curator.errors import RecipeError


@dataclass(frozen=True)
class FetchOptions:
    """Options of every download; the defaults are polite to public servers."""

    contact: str = ""
    """E-mail address or URL, sent in User-Agent: whom a server's keeper can ask. Wikimedia wants
    one; printable ASCII."""
    parallel: int = 4
    """Transfers at a time, all hosts together."""
    per_host: int = 2
    """Transfers at a time from one host; public servers ask for few."""
    delay_seconds: float = 0.0
    """Least time between the starts of two requests to one host."""
    attempts: int = 5
    """Attempts without any progress before a file counts as failed."""
    backoff_seconds: float = 1.0
    """Wait after the first failed attempt; doubled after each, with jitter."""
    backoff_limit_seconds: float = 120.0
    """Longest wait between attempts."""
    retry_after_limit_seconds: float = 900.0
    """Longest wait that a server may ask for; asked for more, the file fails."""
    host_failures: int = 20
    """Attempts in a row without any answer before the rest of a host's files fail at once."""
    connect_seconds: float = 20.0
    """Time-out of connecting."""
    read_seconds: float = 60.0
    """Time-out of waiting for the next bytes."""
    minimum_speed: float = 1024.0
    """Bytes a second, over ``speed_window_seconds``; below it the attempt ends. 0: no minimum."""
    speed_window_seconds: float = 60.0
    max_file_bytes: int | None = None
    """Skip larger files. None: no limit."""
    max_total_bytes: int | None = None
    """Skip what would make the run fetch more; which files that hits may depend on timing where
    the source publishes no sizes."""
    force: bool = False
    """Fetch again what is there."""
    recheck: bool = False
    """Hash the files that are there, and fetch those again that changed."""
    url_limit: int | None = None
    """Take only so many files of the list, from its start."""
    storage: Mapping[str, Any] = field(default_factory=dict)
    """Options for fsspec, such as ``{"anon": True}`` or ``{"requester_pays": True}`` for S3."""

    def __post_init__(self) -> None:
        for name in ("parallel", "per_host", "attempts", "host_failures"):
            if getattr(self, name) < 1:
                raise RecipeError(f"FetchOptions: {name} is {getattr(self, name)}; give 1 or more")
        for name in (given.name for given in fields(self)):
            value = getattr(self, name)
            if name.endswith("_seconds") and not value >= 0:
                raise RecipeError(f"FetchOptions: {name} is {value}; give seconds, 0 or more")
        for name in ("max_file_bytes", "max_total_bytes", "url_limit"):
            limit = getattr(self, name)
            if limit is not None and limit < 0:
                raise RecipeError(f"FetchOptions: {name} is {limit}; give 0 or more, or None")
        if not self.contact.isascii() or not self.contact.isprintable():
            raise RecipeError("FetchOptions: contact goes into a header; give printable ASCII")

    @property
    def user_agent(self) -> str:
        """Return what every request says about itself."""
        return f"curator/{__version__} (corpus download; {self.contact or 'no contact given'})"
