"""How often and how soon to try again: exponential back-off with jitter, Retry-After."""

from __future__ import annotations

import email.utils
import hashlib

from curator.acquire.download.clock import Clock
from curator.acquire.download.entries import Failure
from curator.acquire.download.options import FetchOptions

ROUNDS = 10
"""Times the allowed attempts, with progress or without, after which a file has failed anyway."""


class Attempts:
    """Counts the failed attempts at one URL and says how long to wait for the next."""

    def __init__(self, url: str, options: FetchOptions) -> None:
        self.url = url
        self.options = options
        self.fruitless = 0
        self.all = 0

    def after(self, failure: Failure, progress: bool = False) -> float:
        """Return the seconds to wait; raise ``failure`` when there is to be no other attempt.

        An attempt that got further than all before it starts the count anew, so that 100 GB on a
        weak line come through; an endless row of tiny steps does not.
        """
        self.all += 1
        self.fruitless = 0 if progress else self.fruitless + 1
        spent = self.fruitless >= self.options.attempts
        if not failure.again or spent or self.all >= ROUNDS * self.options.attempts:
            raise failure
        wait = backoff(self.url, max(self.fruitless, 1), self.options)
        if failure.wait is not None:
            if failure.wait > self.options.retry_after_limit_seconds:
                raise Failure(
                    failure.reason, f"{failure.value}; asks to wait {failure.wait:.0f} s"
                ) from failure
            return max(failure.wait, wait)
        return wait


def backoff(url: str, attempt: int, options: FetchOptions) -> float:
    """Return the wait after the ``attempt``-th fruitless attempt: half of it fixed, half jitter.

    The jitter comes from the URL, not from chance: many files that failed together do not come
    back together, and the same run waits the same.
    """
    longest = min(options.backoff_limit_seconds, options.backoff_seconds * 2.0 ** (attempt - 1))
    digest = hashlib.blake2b(f"{attempt}:{url}".encode("utf-8", "replace"), digest_size=4).digest()
    return longest * (0.5 + 0.5 * int.from_bytes(digest) / 2**32)


def retry_after(header: str | None, clock: Clock) -> float | None:
    """Return the seconds that a Retry-After header asks for; None without one that can be read.

    It is a number of seconds or a date (RFC 9110, 10.2.3); a date that has passed means 0.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, date.timestamp() - clock.date())
