"""Says how far a run is: documents and megabytes a second, and the seconds of every step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

LINE_EVERY_SECONDS = 10.0
"""Where output is not a terminal, one line this often."""


class Progress:
    """Counts finished work and writes it to a stream; keeps the seconds of every step."""

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream
        self.seconds: dict[str, float] = {}
        self.began = time.perf_counter()
        self.step = ""
        self.documents = 0
        self.bytes = 0
        self._step_began = self.began
        self._last_line = self.began

    @contextmanager
    def running(self, step: str) -> Iterator[None]:
        """Time one step."""
        self.step, self.documents, self.bytes = step, 0, 0
        self._step_began = self._last_line = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - self._step_began
            self.seconds[step] = round(self.seconds.get(step, 0.0) + took, 3)
            self._write(f"{step}: {self._rates(took)}{took:.1f} s", last=True)

    def part(self, record: dict[str, Any]) -> None:
        """Count one finished partition."""
        self.documents += int(record.get("rows", 0))
        self.bytes += int(record.get("text_bytes", 0))
        now = time.perf_counter()
        every = 0.2 if self._on_terminal() else LINE_EVERY_SECONDS
        if now - self._last_line >= every:
            self._last_line = now
            self._write(f"{self.step}: {self._rates(now - self._step_began)}…", last=False)

    def _rates(self, seconds: float) -> str:
        if not self.documents:
            return ""
        seconds = max(seconds, 1e-9)
        return (
            f"{self.documents:,} documents, {self.documents / seconds:,.0f} documents/s, "
            f"{self.bytes / 1e6 / seconds:,.1f} MB/s, "
        )

    def _on_terminal(self) -> bool:
        return self.stream is not None and self.stream.isatty()

    def _write(self, line: str, *, last: bool) -> None:
        if self.stream is None:
            return
        if self._on_terminal():
            self.stream.write("\r\x1b[K" + line + ("\n" if last else ""))
        else:
            self.stream.write(line + "\n")
        self.stream.flush()
