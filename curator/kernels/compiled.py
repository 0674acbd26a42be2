"""Numba's ``njit`` for kernels, without its first second: compiled code is loaded as it lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys

TRIED = ("0.68.",)
"""Numba's versions whose insides are as ``_LoadedAlone`` needs them; others load as they do."""


class _LoadedAlone(FunctionCache):
    """A cache that gives machine code back without making Numba ready to compile.

    Numba does that before it looks: it imports all it can translate, and SciPy's linear algebra
    (0.4 s), of which code that is compiled already needs nothing. Before it does compile, it makes
    itself ready once more, so nothing is missed when the cache has no such code.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what the cache has for a signature, or ``None``; called under Numba's lock."""
        rtsys.initialize(target_context)  # arrays that a kernel makes are its
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


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
            kernel._cache = _LoadedAlone(function)
        else:
            kernel.enable_caching()
        return kernel

    return compiled
