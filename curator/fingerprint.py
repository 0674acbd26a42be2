"""A short name for what will be computed, so that a restart finds exactly its own work."""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import os
import platform
import re
import sys
import sysconfig
import types
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import curator
from curator.errors import RecipeError
from curator.installed import version

PACKAGES = (
    "dask",
    "fastwarc",
    "ftfy",
    "markdown-it-py",
    "numba",
    "numpy",
    "opencc",
    "pandas",
    "pyarrow",
    "regex",
    "tokenizers",
    "webencodings",
)
"""Libraries whose version can change a byte of the result."""

HASHED = (".py", ".yaml", ".tsv", ".txt", ".cu", ".cuh")
"""Endings of the files that are the library's code and data."""

PLAIN = (str, int, float, bool, types.NoneType)
Seen = tuple[int, ...]


@functools.cache
def code_hash() -> str:
    """Return a hash of the library's own source and data files: other code, other work folder."""
    root = os.path.dirname(curator.__file__)
    found = []
    for folder, _, names in os.walk(root):  # with pathlib it takes 20 ms more of every start
        inside = folder[len(root) + 1 :].split(os.sep) if folder != root else []
        found += [(*inside, name) for name in names if name.endswith(HASHED)]
    digest = hashlib.sha256()
    for parts in sorted(found):
        with open(os.path.join(root, *parts), "rb", buffering=0) as file:
            digest.update("/".join(parts).encode() + b"\0" + file.read() + b"\0")
    return digest.hexdigest()[:12]


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of everything a result depends on beside the library's own code."""
    return {
        "python": platform.python_version(),
        "unicode": unicodedata.unidata_version,
        **{package: version(package) for package in PACKAGES},
    }


def fingerprint(*values: Any) -> str:
    """Return 16 hex digits that name ``values``; equal descriptions give equal names."""
    return hashlib.sha256(repr([describe(value) for value in values]).encode()).hexdigest()[:16]


def describe(value: Any, seen: Seen = ()) -> Any:
    """Return ``value`` as plain data that changes when its meaning changes.

    Objects and functions from outside the library are described by their code as it is loaded,
    with the constants, defaults, closures and module globals it uses, so an edited filter in a
    user's script is other work than the one before. Raises ``RecipeError`` for an object whose
    state cannot be seen.
    """
    if isinstance(value, PLAIN):
        return value
    if id(value) in seen:
        return "(itself)"
    seen = (*seen, id(value))
    for kinds, handler in _HANDLERS:
        if isinstance(value, kinds):
            return handler(value, seen)
    if callable(value) and not hasattr(value, "__dict__"):
        return {"function": _qualified(value)}
    return _describe_object(value, seen)


def _describe_mapping(value: Mapping[Any, Any], seen: Seen) -> Any:
    return {str(key): describe(item, seen) for key, item in value.items()}


def _describe_set(value: Any, seen: Seen) -> Any:
    return {"set": sorted(repr(describe(item, seen)) for item in value)}


def _describe_array(value: np.ndarray, seen: Seen) -> Any:
    if value.dtype.hasobject:
        return {"array": [describe(item, seen) for item in value.ravel().tolist()]}
    digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
    return {"array": [str(value.dtype), list(value.shape), digest]}


def _describe_method(value: types.MethodType, seen: Seen) -> Any:
    return {"method": describe(value.__func__, seen), "of": describe(value.__self__, seen)}


def _describe_partial(value: functools.partial[Any], seen: Seen) -> Any:
    return {"partial": [describe(part, seen) for part in (value.func, value.args, value.keywords)]}


def _describe_function(value: types.FunctionType, seen: Seen) -> Any:
    if _is_installed(value.__module__):
        return {"function": _qualified(value)}
    names = _names_used(value.__code__)
    used = {name: value.__globals__[name] for name in sorted(names) if name in value.__globals__}
    cells = [_cell(cell) for cell in value.__closure__ or ()]
    return {
        "function": _qualified(value),
        "code": _describe_code(value.__code__),
        "defaults": describe([value.__defaults__, value.__kwdefaults__], seen),
        "closure": describe(cells, seen),
        "globals": {name: describe(item, seen) for name, item in used.items()},
    }


def _describe_type(value: type, seen: Seen) -> Any:
    description: dict[str, Any] = {"class": _qualified(value)}
    if _is_installed(value.__module__):
        return description
    skipped = {"__dict__", "__weakref__", "__doc__", "__module__", "__annotations__"}
    members = {
        name: describe(getattr(item, "__func__", getattr(item, "fget", item)), seen)
        for name, item in sorted(vars(value).items())
        if name not in skipped and not isinstance(item, types.MemberDescriptorType)
    }
    return {**description, "members": members, "bases": describe(value.__bases__, seen)}


def _describe_object(value: Any, seen: Seen) -> Any:
    description = _describe_type(type(value), seen)
    if dataclasses.is_dataclass(value):
        state = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    else:
        state = dict(sorted(getattr(value, "__dict__", {}).items()))
    for kind in type(value).__mro__:
        for name in _slots(kind):
            if hasattr(value, name):
                state[name] = getattr(value, name)
    if not state and not hasattr(value, "__dict__") and not dataclasses.is_dataclass(value):
        state = {"reduced": _reduced(value)}
    return {**description, "fields": {name: describe(item, seen) for name, item in state.items()}}


def _reduced(value: Any) -> Any:
    """Return what pickling would keep of an object that shows no attributes."""
    try:
        function, *rest = value.__reduce_ex__(4)
    except TypeError as error:
        raise RecipeError(
            f"{type(value).__name__}: its state cannot be seen, so a restart could not tell it "
            "from another; keep such objects out of the constructor and make them on first use"
        ) from error
    return [_qualified(function), *rest[:2], [list(part) for part in rest[2:] if part is not None]]


def _describe_code(code: types.CodeType) -> Any:
    constants = [
        _describe_code(item) if isinstance(item, types.CodeType) else describe(item)
        for item in code.co_consts
    ]
    return [code.co_code.hex(), constants, list(code.co_names), list(code.co_varnames)]


def _names_used(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for item in code.co_consts:
        if isinstance(item, types.CodeType):
            names |= _names_used(item)
    return names


def _cell(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a cell that is not filled yet, as in a class body
        return "(empty)"


def _slots(kind: type) -> tuple[str, ...]:
    slots = kind.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


@functools.cache
def _is_installed(module: str | None) -> bool:
    """Return whether a module belongs to this library, Python, or an installed package.

    Their code cannot change under a run without a version or ``code_hash`` changing.
    """
    if module is None or module.partition(".")[0] in {"curator", *sys.stdlib_module_names}:
        return module is not None and module != "__main__"
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return module in sys.builtin_module_names
    paths = sysconfig.get_paths()
    return any(Path(file).is_relative_to(paths[name]) for name in ("purelib", "platlib"))


def _qualified(thing: Any) -> str:
    return f"{getattr(thing, '__module__', None)}:{getattr(thing, '__qualname__', repr(thing))}"


_HANDLERS: tuple[tuple[Any, Any], ...] = (
    (bytes, lambda value, seen: {"bytes": hashlib.sha256(value).hexdigest()}),
    (np.generic, lambda value, seen: value.item()),
    (np.ndarray, _describe_array),
    (enum.Enum, lambda value, seen: {"class": _qualified(type(value)), "name": value.name}),
    (Path, lambda value, seen: str(value)),
    (re.Pattern, lambda value, seen: {"pattern": value.pattern, "flags": value.flags}),
    (Mapping, _describe_mapping),
    (list | tuple, lambda value, seen: [describe(item, seen) for item in value]),
    (set | frozenset, _describe_set),
    ((complex, type(...)), lambda value, seen: repr(value)),
    (types.ModuleType, lambda value, seen: {"module": value.__name__}),
    (types.MethodType, _describe_method),
    (types.FunctionType, _describe_function),
    (functools.partial, _describe_partial),
    (type, _describe_type),
)
