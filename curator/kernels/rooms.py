"""Memory that task after task uses again, or gives back.

The system clears every page before a process may write to it: of 12.5 CPU seconds that 400,000
documents took, 1.1 went into this, most of it for arrays of one kind, made anew for each task.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import mmap
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

SPARE = 1 / 4
"""So much more is taken than was asked for: the next task may need a little more."""


class Room:
    """Named arrays, for one task at a time.

    Pages are small ones. Large ones, which NumPy asks for, are cleared four times as fast where
    they were in use a moment ago, and five times as slowly on a virtual machine that has given them
    back to its host: 2 ms a megabyte.
    """

    def __init__(self) -> None:
        self._held: dict[str, np.ndarray] = {}

    def array(self, name: str, shape: int | tuple[int, ...], dtype: npt.DTypeLike) -> np.ndarray:
        """Return an array with anything in it; the last one of this ``name`` is lost by that."""
        n_bytes = math.prod(np.atleast_1d(shape).tolist()) * np.dtype(dtype).itemsize
        if n_bytes > len(self._held.get(name, b"")):
            self._held.pop(name, None)
            self._held[name] = _small_pages(n_bytes + int(n_bytes * SPARE))
        return np.ndarray(shape, dtype, self._held.get(name))


class Rooms:
    """Rooms that the tasks of one process lend one another. Sent to another, there are none."""

    def __init__(self) -> None:
        self._free: list[Room] = []

    def __reduce__(self) -> tuple[Any, ...]:
        return Rooms, ()

    @contextlib.contextmanager
    def lent(self) -> Iterator[Room]:
        """Lend a room that is free, or a new one."""
        try:  # in one step: asked first, two threads could be after the last one
            room = self._free.pop()
        except IndexError:
            room = Room()
        yield room
        self._free.append(room)


def _small_pages(n_bytes: int) -> np.ndarray:
    """Return uint8[n_bytes], 1 or more, that takes no memory before it is written to."""
    private = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)
    try:
        pages = mmap.mmap(-1, n_bytes, **({"flags": private} if private else {}))
    except OSError as error:
        raise MemoryError(f"{n_bytes} bytes: {error}") from error
    return np.frombuffer(pages, np.uint8)


def give_memory_back() -> None:
    """Give what was freed back to the system, where the C library can.

    It keeps what threads free for allocations of about that size, and the next step may ask for
    larger ones: of 400,000 documents that were 105 MB after reading, given back in 8 ms. The system
    has them at hand for that step; what it must ask the host of a virtual machine for takes it 3 µs
    a page.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; musl keeps nothing
        if trim is not None:
            trim(0)
