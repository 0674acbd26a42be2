"""Compiling and launching device code through CuPy, and the few array steps every body needs."""

from __future__ import annotations

import functools
from typing import Any

import cupy
import numpy as np

from curator.kernels.cuda.source import OPTIONS, source

WARP = 32


@functools.cache
def module(kernel: str) -> Any:
    """Return the compiled ``gpu.cu`` of a kernel; compiled at the first call of a process."""
    return cupy.RawModule(code=source(kernel), options=OPTIONS)


def launch(
    kernel: str,
    function: str,
    blocks: int,
    threads: int,
    arguments: tuple[Any, ...],
    shared: int = 0,
) -> None:
    """Run a device function on ``blocks`` × ``threads``; no blocks, no launch.

    Arrays are passed as pointers and must be contiguous; a number must be a NumPy scalar of the
    width that the function declares. ``shared`` is in bytes.
    """
    if blocks:
        found = module(kernel).get_function(function)
        found((blocks,), (threads,), arguments, shared_mem=shared)


def over(n_items: int, threads: int) -> int:
    """Return how many blocks of ``threads`` cover ``n_items``, one thread an item."""
    return -(-n_items // threads)


def warps_over(n_items: int, threads: int) -> int:
    """Return how many blocks of ``threads`` cover ``n_items``, one warp an item."""
    return over(n_items, threads // WARP)


def on_device(array: Any, dtype: Any) -> Any:
    """Return the array on the device, contiguous and of this type; itself where it is so."""
    return cupy.ascontiguousarray(cupy.asarray(array, dtype))


def offsets_of(lengths: Any) -> Any:
    """Return int64[n + 1] offsets, from 0, of pieces of these lengths; device to device."""
    offsets = cupy.zeros(len(lengths) + 1, np.int64)
    offsets[1:] = cupy.cumsum(lengths)
    return offsets
