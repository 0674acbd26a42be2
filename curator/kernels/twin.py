"""Chooses a kernel's body by where its data lives, never by a flag."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from types import ModuleType
from typing import Any

from curator.errors import ResourceError


def body(data: Any, kernel: str) -> ModuleType:
    """Return the module with the body of ``kernel`` for ``data``'s memory.

    NumPy arrays get ``curator.kernels.<kernel>.cpu``, CuPy arrays ``curator.kernels.<kernel>.gpu``.
    Raises ``ResourceError`` for device memory when the kernel has no GPU body.
    """
    home = f"curator.kernels.{kernel}"
    if not hasattr(data, "__cuda_array_interface__"):
        return _host(f"{home}.cpu")
    if importlib.util.find_spec(f"{home}.gpu") is None:
        raise ResourceError(
            f"{home}: no GPU body yet, but the data is in GPU memory; copy it over with .get()"
        )
    return importlib.import_module(f"{home}.gpu")


@functools.cache  # asked for at every call of a kernel; the first thread imports, others wait
def _host(name: str) -> ModuleType:
    return importlib.import_module(name)
