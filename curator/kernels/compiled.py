"""Numba's ``njit`` for kernels, without its first second: compiled code is loaded as it lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

TRIED = ("0.68.",)
"""Numba's versions whose insides are as ``LoadedAlone`` needs them; others load as they do."""


def njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return ``numba.njit(**options)``, whose cached code is loaded alone.

    For numbers and arrays of them. A kernel that hashes text or runs ``parallel`` finds symbols of
    Numba's own missing; let it take Numba's decorator.
    """
    cached = options.pop("cache", False)

    def compiled(function: Callable[..., Any]) -> Any:
        kernel: Any = numba.njit(**options)(function)
        if not cached or not hasattr(kernel, "enable_caching"):  # a plain function, not compiled
            return kernel
        if numba.__version__.startswith(TRIED):
            from curator.kernels.loaded import LoadedAlone  # knows the insides of those alone

            kernel._cache = LoadedAlone(function)
        else:
            kernel.enable_caching()
        return kernel

    return compiled
