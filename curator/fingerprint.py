"""A short name for what will be computed, so that a restart finds exactly its own work."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import curator


@functools.cache
def code_hash() -> str:
    """Return a hash of the library's own source and data files: other code, other work folder."""
    root = Path(curator.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".yaml", ".tsv", ".txt", ".cu"} and path.is_file():
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def describe(value: Any) -> Any:
    """Return ``value`` as plain JSON-like data that changes when its meaning changes.

    Objects from outside the library carry their class's source text, so an edited filter in a
    user's script is other work than the one before.
    """
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): describe(value[key]) for key in value}
    if isinstance(value, list | tuple):
        return [describe(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if inspect.isroutine(value):
        return {"function": _qualified(value), "source": _source(value)}
    if isinstance(value, functools.partial):
        return {
            "partial": describe(value.func),
            "arguments": [describe(value.args), describe(value.keywords)],
        }
    kind = value if isinstance(value, type) else type(value)
    description: dict[str, Any] = {"class": _qualified(kind)}
    if not kind.__module__.startswith("curator."):
        description["source"] = _source(kind)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        description["fields"] = {name: describe(getattr(value, name)) for name in names}
    elif not isinstance(value, type):
        description["fields"] = {
            name: describe(item) for name, item in sorted(getattr(value, "__dict__", {}).items())
        }
    return description


def fingerprint(*values: Any) -> str:
    """Return 16 hex digits that name ``values``; equal descriptions give equal names."""
    return hashlib.sha256(repr([describe(value) for value in values]).encode()).hexdigest()[:16]


def _qualified(thing: Any) -> str:
    return f"{thing.__module__}:{getattr(thing, '__qualname__', thing)}"


def _source(thing: Any) -> str:
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError):  # typed at a prompt: the name has to do
        return ""
