"""Files to rows and rows to files: readers, shards, atomic writes.

The readers' names load on first use, so that ``curator.io.indexed``, which the trainer reads with,
needs numpy alone.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "JsonlReader": "curator.io.jsonl",
    "ParquetReader": "curator.io.parquet",
    "TextReader": "curator.io.plain_text",
}

__all__ = ["JsonlReader", "ParquetReader", "TextReader"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'curator.io' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
