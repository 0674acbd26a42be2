"""Finished pieces of work on a shard: found again by what they were made of, not by when."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xxhash

from curator.io.atomic import atomic_write

FORMAT = "1"
"""Changes when a piece's content changes for the same shard and settings."""


def shard_key(shard: Path) -> str:
    """Return a hash of the shard's bytes; its name and its place do not matter."""
    digest = xxhash.xxh3_128()
    with shard.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def piece(work: Path, purpose: str, key: str, *settings: object) -> Path:
    """Return the path of a piece: ``purpose`` and a hash of what it is made of.

    ``settings`` are plain values whose ``repr`` says all about them.
    """
    made_of = repr((FORMAT, purpose, key, settings)).encode()
    return work / f"{purpose}-{xxhash.xxh3_128_hexdigest(made_of)}"


def save_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write named arrays to ``path``, whole or not at all."""
    with atomic_write(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def arrays_once(path: Path, make: Callable[[], dict[str, np.ndarray]]) -> Path:
    """Make and save the arrays unless ``path`` is there already; return ``path``."""
    if not path.exists():
        save_arrays(path, **make())
    return path


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a piece."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def file_record(path: Path) -> dict[str, str | int]:
    """Return ``{path, bytes, sha256}`` of a file of a run; the path is relative to the run."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "path": f"{path.parent.name}/{path.name}",
        "bytes": path.stat().st_size,
        "sha256": digest,
    }
