"""Keeps tables between processes, beside the code that Python and Numba keep compiled.

What is kept is named by all that it is made of and begins with its hash: another Unicode, OpenCC or
source, or a damaged file, means building. Where nothing can be written, every process builds its
own.
"""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from curator.installed import version
from curator.kernels.kept import read_whole, write_whole


def key_of(sources: Iterable[Path]) -> str | None:
    """Return 16 hex digits that name tables made of Unicode, OpenCC and the files ``sources``.

    ``None`` if it cannot be told.
    """
    try:
        made_of = (unicodedata.unidata_version, version("opencc"), sys.byteorder)
        digest = hashlib.sha256(repr(made_of).encode())
        for source in (Path(__file__), *sources):
            digest.update(hashlib.sha256(source.read_bytes()).digest())
    except (ModuleNotFoundError, OSError):  # a stand-in; code in an archive
        return None
    return digest.hexdigest()[:16]


def kept(
    build: Callable[[], Sequence[np.ndarray]], key: str | None, folder: Path
) -> list[np.ndarray]:
    """Return the arrays (uint32, one axis) kept under ``key`` in ``folder``.

    Where there are none they are built and kept; without a key they are built.
    """
    path = folder / f"tables-{key}.bin"
    found = None if key is None else _read(path)
    if found is None:
        found = list(build())
        if key is not None:
            _write(path, found)
    return found


def _read(path: Path) -> list[np.ndarray] | None:
    body = read_whole(str(path))
    if body is None:
        return None
    values = np.frombuffer(body, np.uint32)
    ends = np.cumsum(values[: 1 + values[0]], dtype=np.int64)
    return np.split(values[1 + values[0] :], ends[1:-1] - ends[0])


def _write(path: Path, arrays: Sequence[np.ndarray]) -> None:
    """Keep arrays; with no room or no right to write, the next process builds them again."""
    lengths = np.array([len(arrays), *map(len, arrays)], np.uint32)
    write_whole(str(path), b"".join([lengths.tobytes(), *(array.tobytes() for array in arrays)]))
