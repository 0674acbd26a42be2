"""Finished pieces of a global stage's work: named arrays in one file, whole or absent.

A piece that exists is never made again, so a restart continues where it stopped; a note of the
parameters in the folder keeps pieces from being taken for those of another stage.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from curator.errors import ManifestError, shorten
from curator.io.atomic import atomic_write

PARAMETERS = "parameters.json"
FORMAT = 1


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


def piece(path: Path, make: Callable[[], Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the arrays of the piece at ``path``, memory-mapped; ``make`` is called if absent."""
    if not path.exists():
        write_arrays(path, make())
    return read_arrays(path)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays of numbers one after the other, atomically."""
    names = json.dumps(list(arrays)).encode()
    with atomic_write(path) as file:
        np.lib.format.write_array(file, np.frombuffer(names, np.uint8), allow_pickle=False)
        for array in arrays.values():
            np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of one file; they are mapped, so what is not looked at is not read.

    Raises ``ManifestError`` for a file that is no piece.
    """
    arrays: dict[str, np.ndarray] = {}
    try:
        with path.open("rb") as file:
            names = np.lib.format.read_array(file, allow_pickle=False)
            for name in json.loads(names.tobytes()):
                np.lib.format.read_magic(file)
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
                start = file.tell()
                size = int(np.prod(shape)) * dtype.itemsize
                arrays[name] = (
                    np.memmap(file, dtype, "r", start, shape) if size else np.zeros(shape, dtype)
                )
                file.seek(start + size)
    except ValueError as error:
        raise ManifestError(f"{path}: is not a piece of work ({error}); delete it") from error
    return arrays
