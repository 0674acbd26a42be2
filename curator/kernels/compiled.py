"""Kernels: functions that Numba compiles once, and that later processes run without Numba.

To import Numba and to make it ready takes .3 to .6 s, half of what a run over 20,000 documents
takes, and machine code that was compiled before needs nothing of it. So Numba is imported where
something has to be compiled, and there alone.
"""

from __future__ import annotations

import functools
import importlib
import logging
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from curator.kernels import loaded
from curator.later import Later

Kinds = tuple[Any, ...]
ROWS, COLUMNS, USABLE = 0x1, 0x2, 0x100 | 0x400
"""NumPy's flags of arrays: rows or columns side by side; aligned and writeable."""
NUMBERS: dict[type, type] = {
    **{kind: kind for kind in np.sctypeDict.values() if issubclass(kind, np.number)},
    **{bool: bool, np.bool_: bool, int: int, np.int64: int, float: float, np.float64: float},
}
"""Types of numbers, and which of them are one to Numba."""
LARGEST = 2**63
NOTICE = "compiling for this processor, which takes up to a minute; later runs start at once"
_lock = threading.RLock()


numba: Any = Later("numba")


@functools.cache  # once a process
def _say_that_it_compiles() -> None:
    logging.getLogger(__name__).info(NOTICE)


class Unknown(Exception):
    """An argument whose type Numba has to tell."""


def _kind(value: Any) -> Any:
    """Return what compiled code for ``value`` depends on; values of one kind are of one type.

    Raises ``Unknown`` for what is no number of 64 bits at most, no array, and no tuple, named or
    not, of these.
    """
    kind = type(value)
    if kind is np.ndarray:
        flags = value.flags.num
        return value.dtype, value.ndim, flags & ROWS or flags & COLUMNS, flags & USABLE
    if kind is int and not -LARGEST <= value < LARGEST:
        raise Unknown(kind)
    if kind in NUMBERS:
        return NUMBERS[kind]
    if kind is tuple:
        return tuple(map(_kind, value))
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return kind, *map(_kind, value)
    raise Unknown(kind)


class Kernel:
    """A function of numbers and arrays of them, compiled for each kind of arguments.

    It is called like the function, with arguments by position. Numba takes it for one of its own:
    a kernel can call another one, and becomes one with it.
    """

    __slots__ = ("_dispatcher", "_options", "_part", "_ready", "py_func")

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self.py_func = function
        self._options = options
        self._ready: dict[Kinds, Callable[..., Any]] = {}
        self._dispatcher: Any = None
        self._part: Any = None

    def __call__(self, *values: Any) -> Any:
        """Return what the function returns; its code is looked for, or compiled, on first use."""
        try:
            kinds = tuple(map(_kind, values))
        except Unknown:
            return self.dispatcher(*values)
        run = self._ready.get(kinds)
        if run is None:
            run = self._made_ready(kinds, values)
        return run(*values)

    def _made_ready(self, kinds: Kinds, values: tuple[Any, ...]) -> Callable[..., Any]:
        with _lock:
            run = self._ready.get(kinds) or loaded.load(self.py_func, kinds)
        if run is None:  # no lock is held: Numba has one, and under it asks for parts of kernels
            run = self._compiled(kinds, values)
        self._ready[kinds] = run
        return run

    def _compiled(self, kinds: Kinds, values: tuple[Any, ...]) -> Callable[..., Any]:
        _say_that_it_compiles()
        dispatcher = self.dispatcher
        signature = tuple(dispatcher.typeof_pyval(value) for value in values)
        dispatcher.compile(signature)
        loaded.keep(self.py_func, kinds, dispatcher.overloads[signature])
        run: Callable[..., Any] = dispatcher
        return run

    @property
    def dispatcher(self) -> Any:
        """The function as Numba has it, for what only Numba can tell."""
        with _lock:
            if self._dispatcher is None:
                self._dispatcher = self._given_to_numba(no_cfunc_wrapper=True)
            return self._dispatcher

    @property
    def _as_part(self) -> Any:
        """The same for other kernels: what Python or C would call is not compiled, a sixth less."""
        with _lock:
            if self._part is None:
                self._part = self._given_to_numba(no_cfunc_wrapper=True, no_cpython_wrapper=True)
            return self._part

    def _given_to_numba(self, **more: bool) -> Any:
        return numba.njit(**_known_options(self._options), **more)(self.py_func)

    @property
    def targetoptions(self) -> Any:
        """What Numba asks a function for that it meets in another one."""
        return self._as_part.targetoptions

    @property
    def _numba_type_(self) -> Any:
        return self._as_part._numba_type_

    def __repr__(self) -> str:
        return f"<kernel {self.py_func.__module__}.{self.py_func.__qualname__}>"

    def __deepcopy__(self, memo: Any) -> Kernel:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _named, (self.py_func.__module__, self.py_func.__qualname__)


class Intrinsic:
    """A function that is written in LLVM's language, for kernels alone; see Numba's own."""

    __slots__ = ("_type", "py_func")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.py_func = function
        self._type: Any = None

    @property
    def _numba_type_(self) -> Any:
        with _lock:
            if self._type is None:
                from numba.core.registry import cpu_target
                from numba.extending import intrinsic

                registered = intrinsic(self.py_func)
                cpu_target.typing_context.refresh()
                self._type = cpu_target.typing_context.resolve_value_type(registered)
            return self._type

    def __deepcopy__(self, memo: Any) -> Intrinsic:
        return self


def _named(module: str, name: str) -> Any:
    """Return what a module calls by a name."""
    return getattr(importlib.import_module(module), name)


def _known_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return options without those that this version of Numba does not have."""
    from numba.core.options import DefaultOptions

    return {
        name: value
        for name, value in options.items()
        if not name.startswith("_") or hasattr(DefaultOptions, name)
    }


def njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return what makes a function a kernel; the options are those of ``numba.njit``.

    What is compiled is kept where the option ``cache`` asks for it. With a version of Numba that
    was not tried, Numba itself does all this, and with ``NUMBA_DISABLE_JIT`` nothing is compiled.
    """

    def compiled(function: Callable[..., Any]) -> Any:
        if options.get("cache") and loaded.is_tried():
            return Kernel(function, {**options, "cache": False})
        return numba.njit(**_known_options(options))(function)

    return compiled


def intrinsic(function: Callable[..., Any]) -> Any:
    """Return a function for kernels, of which Numba's ``intrinsic`` is made when it is needed."""
    if loaded.is_tried():
        return Intrinsic(function)
    return importlib.import_module("numba.extending").intrinsic(function)
