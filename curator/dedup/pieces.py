"""Finished pieces of a global stage's work: named arrays in one file, whole or absent.

A piece that exists is never made again, so a restart continues where it stopped; a note of the
parameters in the folder keeps pieces from being taken for those of another stage.
"""

from __future__ import annotations

import functools
import json
import math
import mmap
import os
import types
from collections.abc import Callable, Mapping, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curator.errors import ManifestError, shorten
from curator.io.atomic import atomic_write

PARAMETERS = "parameters.json"
FORMAT = 2
MAGIC = b"curator piece 2 "
"""First bytes of every piece. The rest of the line is JSON: name, type and shape of each array.
NumPy's own headers are parsed as Python, which took 315 µs a file of five arrays; this takes 88."""
LONGEST_HEADER = 1 << 16
HEADERS_KEPT = 1 << 10
"""Headers of pieces that stay parsed, at 3 KB each."""
ALIGNMENT = 64
"""Bytes that every array in a file begins at a multiple of: compiled loops want aligned numbers."""


Arrays = Mapping[str, np.ndarray | Sequence[np.ndarray]]
"""Named arrays to be written, whole or in runs of one type that follow one another."""


def open_work(work: Path, parameters: Mapping[str, Any]) -> None:
    """Make the work folder, or check that what is in it was made with the same ``parameters``.

    Raises ``ManifestError`` that names both values where they differ.
    """
    work.mkdir(parents=True, exist_ok=True)
    note = work / PARAMETERS
    wanted = {"format": FORMAT, **parameters}
    if not note.exists():
        with atomic_write(note) as file:
            file.write(json.dumps(wanted, ensure_ascii=False, indent=1, sort_keys=True).encode())
        return
    try:
        found = json.loads(note.read_bytes())
    except ValueError as error:
        raise ManifestError(f"{note}: is not JSON ({error}); delete the folder {work}") from error
    if not isinstance(found, dict):
        raise ManifestError(f"{note}: holds no JSON object; delete the folder {work}")
    for name in sorted({*wanted, *found}):
        if found.get(name) != wanted.get(name):
            raise ManifestError(
                f"{note}: the pieces were made with {name}={shorten(found.get(name))}, this run "
                f"has {name}={shorten(wanted.get(name))}; delete the folder {work} or name another"
            )


def piece(path: Path, make: Callable[[], Arrays]) -> dict[str, np.ndarray]:
    """Return the arrays of the piece at ``path``, memory-mapped; ``make`` is called if absent."""
    if not path.exists():
        write_arrays(path, make())
    return read_arrays(path)


def write_arrays(path: Path, arrays: Arrays, durable: bool = False) -> None:
    """Write named arrays of numbers one after the other, atomically.

    Without ``durable`` they are not synced: a piece cut short by a power cut is found out when it
    is read.
    """
    runs = {
        name: [np.ascontiguousarray(run) for run in _runs(array)] for name, array in arrays.items()
    }
    header = [
        [name, some[0].dtype.str, (sum(map(len, some)), *some[0].shape[1:])]
        for name, some in runs.items()
    ]
    line = MAGIC + json.dumps(header).encode()
    with atomic_write(path, durable=durable) as file:
        file.write(line + b" " * (-(len(line) + 1) % ALIGNMENT) + b"\n")
        for some in runs.values():
            for run in some:
                file.write(run.reshape(-1).view(np.uint8).data)
            file.write(bytes(-sum(run.nbytes for run in some) % ALIGNMENT))


def _runs(array: np.ndarray | Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    return [array] if isinstance(array, np.ndarray) else array


class Stored(NamedTuple):
    """Where an array lies in its file."""

    start: int
    """First byte of its numbers, which lie row after row."""
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def n_bytes(self) -> int:
        """Bytes of all its numbers."""
        return math.prod(self.shape) * self.dtype.itemsize


def stored_arrays(path: Path) -> Mapping[str, Stored]:
    """Return where the arrays of one file lie; the file is closed again.

    Raises ``ManifestError`` for a file that is no piece.
    """
    with path.open("rb") as file:
        return _stored_arrays(path, file)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of one file; they are mapped, so what is not looked at is not read.

    The map, and with it one file descriptor, is held as long as any of the arrays: for a few
    files at a time. Raises ``ManifestError`` for a file that is no piece.
    """
    with path.open("rb") as file:
        stored = _stored_arrays(path, file)
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return {
        name: np.ndarray(shape, dtype, mapped, start)
        for name, (start, shape, dtype) in stored.items()
    }


def joined(paths: Sequence[Path], like: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays named in ``like``, each joined over all files along its first axis.

    ``like`` gives their types and the shape of one entry, for when there are no files. One file
    is open at a time and nothing is held twice, whatever the number of files.
    """
    stored = [stored_arrays(path) for path in paths]
    arrays = {}
    for name, empty in like.items():
        n_entries = sum(found[name].shape[0] for found in stored)
        arrays[name] = np.empty((n_entries, *empty.shape[1:]), empty.dtype)
    place = dict.fromkeys(like, 0)
    for path, found in zip(paths, stored, strict=True):
        with path.open("rb") as file:
            for name, array in arrays.items():
                stop = place[name] + found[name].shape[0]
                read_into(path, file, found[name].start, array[place[name] : stop])
                place[name] = stop
    return arrays


def read_into(path: Path, file: BufferedReader, start: int, target: np.ndarray) -> None:
    """Fill ``target`` (contiguous) with the bytes of ``file`` from ``start``.

    Raises ``ManifestError`` naming ``path`` where the file ends before.
    """
    if not target.size:
        return
    file.seek(start)
    if file.readinto(target.reshape(-1).view(np.uint8).data) != target.nbytes:
        raise ManifestError(f"{path}: is not a piece of work, for it is cut short; delete it")


def _stored_arrays(path: Path, file: BufferedReader) -> Mapping[str, Stored]:
    line = file.readline(LONGEST_HEADER)
    if not line.startswith(MAGIC) or not line.endswith(b"\n"):
        raise ManifestError(f"{path}: is not a piece of work; delete it")
    stored, end = _header(line)
    if end > os.fstat(file.fileno()).st_size:
        raise ManifestError(f"{path}: is not a piece of work, for it is cut short; delete it")
    return stored


@functools.lru_cache(HEADERS_KEPT)
def _header(line: bytes) -> tuple[Mapping[str, Stored], int]:
    """Return what the first line of a piece says, and where the piece ends.

    The same pieces are read by task after task, and parsing took half of the time.
    """
    stored: dict[str, Stored] = {}
    start = len(line)
    for name, dtype, shape in json.loads(line[len(MAGIC) :]):
        stored[name] = Stored(start, tuple(shape), np.dtype(dtype))
        start += stored[name].n_bytes + -stored[name].n_bytes % ALIGNMENT
    return types.MappingProxyType(stored), start
