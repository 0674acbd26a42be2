"""Files to rows and rows to files: readers, shards, atomic writes.

The readers' names load on first use, so that ``curator.io.indexed``, which the trainer reads with,
needs numpy alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curator.later import names_later

if TYPE_CHECKING:
    from curator.io.jsonl import JsonlReader
    from curator.io.parquet import ParquetReader
    from curator.io.plain_text import TextReader

_HOMES = {
    "JsonlReader": "curator.io.jsonl",
    "ParquetReader": "curator.io.parquet",
    "TextReader": "curator.io.plain_text",
}

__all__ = ["JsonlReader", "ParquetReader", "TextReader"]

__getattr__, __dir__ = names_later(__name__, _HOMES)
