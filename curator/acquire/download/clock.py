"""Time, passed as an argument so that tests need not wait."""

from __future__ import annotations

import threading
import time


class Clock:
    """The machine's time."""

    def now(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic()

    def date(self) -> float:
        """Return seconds since 1970, for dates that servers send."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait, holding ``condition``, for a notice or for so many seconds (None: a notice)."""
        condition.wait(seconds)
