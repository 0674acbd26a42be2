"""metrics.jsonl: one JSON object a row, each step at most once, however often a run was killed."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from types import TracebackType
from typing import Any

METRICS = "metrics.jsonl"
SUMMARY = "summary.json"


def bits_per_byte(nats: float, utf8_bytes: int) -> float:
    """Return a summed cross-entropy in nats as bits for each byte of the text it is about."""
    return nats / math.log(2) / utf8_bytes


class MetricsFile:
    """Appends rows, each flushed as it is written.

    Opening it for a run that stands at ``step`` drops the rows of later steps, which will be made
    again, and a last row that a kill cut short.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self.path = folder / METRICS
        rows = [row for row in read_metrics(folder) if row["step"] <= step]
        write_atomically(self.path, "".join(_line(row) for row in rows))
        self._file = self.path.open("a", encoding="utf-8")

    def __enter__(self) -> MetricsFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, row: dict[str, Any]) -> None:
        """Append one row; it has ``kind`` (train or validation) and ``step``."""
        self._file.write(_line(row))
        self._file.flush()


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """Return the whole rows of a training folder's metrics; none when there is no file."""
    path = folder / METRICS
    if not path.is_file():
        return []
    # A kill can only cut the last row: rows are appended in one write each.
    whole, _, _ = path.read_text("utf-8").rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]


def write_atomically(path: Path, text: str) -> None:
    """Put a small text file in place whole or not at all."""
    temporary = path.with_name(f".unfinished-{path.name}")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row) + "\n"
