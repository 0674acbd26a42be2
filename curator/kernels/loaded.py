"""Machine code that Numba compiled in an earlier process, run without Numba.

It needs three things of Numba's: the modules in C that turn Python's arguments into its own and
hold the memory of its arrays, tables of constants, and the name by which Python calls it. LLVM
links it like any other code.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import ctypes
import functools
import hashlib
import importlib.machinery
import importlib.util
import io
import itertools
import json
import os
import pickle
import platform
import sys
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from curator.installed import version
from curator.kernels.kept import read_whole, write_whole

TRIED = tuple(f"0.{minor}." for minor in range(61, 69))
"""Numba's versions of which this was tried, on Linux and x86-64; elsewhere Numba keeps its code."""
MODULES = {
    "numba._helperlib": "numba_",
    "numba._dynfunc": "numba_",
    "numba.core.runtime._nrt_python": "NRT_",
}
"""Numba's modules in C, and what compiled code puts before the names of what is theirs."""
NO_CODE = ("NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS")
"""Numba's settings that change no code."""
SETTINGS = ".numba_config.yaml"
"""A file in the working folder that Numba takes settings from as well; there it keeps its code."""
BEGAN = time.time_ns()
"""When this process had imported no kernel yet."""
FORMAT = 1
"""To be counted up when ``Kept`` changes: files of an earlier one are not looked for."""
KEY_DIGITS = 16
Stamp = tuple[str, int, int]
_parsing = threading.Lock()
"""CPython 3.11 counts for all threads together how deep in a tree they are, and raises
``SystemError`` where two that build trees took turns."""
_numbers = itertools.count()
_linked_code: list[Any] = []
"""All that was linked stays: what its addresses stand for is remembered, see ``_unpickled``."""


class Kept(NamedTuple):
    """A compiled function as it lies in a file: this as a line of JSON, and an object file."""

    sources: list[Stamp]
    """Path, time and size of the files it was made of."""
    name: str
    """What Python calls, by its name in the object file."""
    helpers: list[str]
    """What it uses of Numba's modules."""
    tables: list[tuple[str, list[str]]]
    """NumPy's types of numbers that it names, by tables; the first one is its own."""
    code: bytes

    @classmethod
    def of(cls, content: bytes) -> Kept:
        """Read what ``content`` wrote."""
        head, _, code = content.partition(b"\n")
        return cls._make([*json.loads(head), code])

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return json.dumps(self[:-1]).encode() + b"\n" + self.code


@functools.cache
def is_tried() -> bool:
    """Return whether code of the Numba that is installed runs alone, and is to be compiled."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return False
    if (sys.platform, platform.machine()) != ("linux", "x86_64") or os.path.exists(SETTINGS):
        return False
    return version("numba").startswith(TRIED)


def load(function: Callable[..., Any], kinds: Any) -> Callable[..., Any] | None:
    """Return what was compiled of a function for such arguments; ``None`` where nothing was.

    So it is, too, where a file that it was made of is another one by now.
    """
    for path in _paths(function, kinds):
        content = read_whole(path)
        if content is None:
            continue
        kept = Kept.of(content)
        if all(_stamp(source) == (source, *rest) for source, *rest in kept.sources):
            with contextlib.suppress(RuntimeError):  # what it needs is not in this process
                return _linked(function, kept)
    return None


def keep(function: Callable[..., Any], kinds: Any, compiled: Any) -> None:
    """Write down what Numba compiled: beside the function, or else among the user's caches.

    Where neither can be written to, the next process compiles it again.
    """
    (_, _, (code, _)), description, own, *_, others = compiled._reduce()
    tables = [own, *(table for table in others if table is not own)]
    constants = [one for table in tables for one in table.consts]
    if not all(isinstance(one, np.dtype) and np.dtype(one.str) == one for one in constants):
        return  # more than kernels are made for
    stamps = [_stamp(path) or (path, sys.maxsize, 0) for path in _sources(function.__module__)]
    if not stamps or any(changed > BEGAN for _, changed, _ in stamps):
        return  # typed in, or edited or deleted since it was imported: what was compiled is older
    kept = Kept(
        sources=stamps,
        name=description.llvm_cpython_wrapper_name,
        helpers=[name for name in _helpers() if name.encode() in code],
        tables=[(table.env_name, [one.str for one in table.consts]) for table in tables],
        code=code,
    )
    any(write_whole(path, kept.content) for path in _paths(function, kinds))  # the first it can


def _paths(function: Callable[..., Any], kinds: Any) -> list[str]:
    """Return where the code of a function may lie, the best place first."""
    home, file = os.path.split(function.__code__.co_filename)
    key = hashlib.sha256(repr((FORMAT, kinds, _machine())).encode()).hexdigest()[:KEY_DIGITS]
    name = f"{file.removesuffix('.py')}.{function.__qualname__.strip('<>')}-{key}.code"
    apart = hashlib.sha256(home.encode()).hexdigest()[:KEY_DIGITS]
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return [os.path.join(chosen, apart, name)]
    user = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return [
        os.path.join(home, "__pycache__", name),
        os.path.join(user, "curator", "kernels", apart, name),
    ]


@functools.cache
def _machine() -> tuple[Any, ...]:
    """Return what compiled code depends on beside the sources and its arguments."""
    from llvmlite import binding as llvm  # type: ignore[import-untyped]  # it has no stubs

    settings = [
        (name, value)
        for name, value in sorted(os.environ.items())
        if name.startswith("NUMBA_") and name not in NO_CODE
    ]
    return (
        sys.version,
        version("numba"),
        llvm.llvm_version_info,
        llvm.get_process_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
        settings,
    )


@functools.cache  # most kernels are made of the same files
def _stamp(path: str) -> Stamp | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return path, status.st_mtime_ns, status.st_size


def _sources(name: str) -> list[str]:
    """Return the files of a module and of those it imports: the library's, and those beside it.

    What a kernel calls becomes part of it, and so do their constants.
    """
    home = os.path.dirname(getattr(sys.modules.get(name), "__file__", None) or "")
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        name = waiting.pop()
        path = getattr(sys.modules.get(name), "__file__", None) or ""
        is_near = name.startswith("curator.") or (home and path.startswith(home + os.sep))
        if name in found or not path.endswith(".py") or not is_near:
            continue
        found[name] = path
        waiting += _imported_by(path)
    return sorted(found.values())


@functools.cache  # a file edited later is known by its stamp
def _imported_by(path: str) -> list[str]:
    """Return the names of modules, and of what may be modules, that a file imports."""
    with open(path, "rb") as file:
        source = file.read()
    with _parsing:
        tree = ast.parse(source)
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
    return names


def _linked(function: Callable[..., Any], kept: Kept) -> Callable[..., Any]:
    """Return what Python calls. Raises ``RuntimeError`` where a name is not found."""
    from llvmlite import binding as llvm

    helpers = _helpers()
    library = llvm.JITLibraryBuilder().add_object_img(kept.code).add_current_process()
    for name in kept.helpers:
        library.import_symbol(name, helpers[name])
    for name in (kept.name, *(name for name, _ in kept.tables)):
        library.export_symbol(name)
    code = library.link(_linker(), f"{function.__qualname__}-{next(_numbers)}")
    _linked_code.append(code)
    makes = _module("numba._dynfunc")
    tables = []
    for name, constants in kept.tables:
        table = makes.Environment({"__name__": function.__module__})
        table.consts[:] = map(np.dtype, constants)
        ctypes.c_void_p.from_address(code[name]).value = id(table)
        tables.append(table)
    made: Callable[..., Any] = makes.make_function(
        sys.modules[function.__module__],
        function.__name__,
        function.__doc__ or "",
        code[kept.name],
        tables[0],
        tables,  # they live as long as it does
    )
    return made


@functools.cache
def _linker() -> Any:
    from llvmlite import binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    return llvm.create_lljit_compiler(target.create_target_machine(jit=True))


@functools.cache
def _helpers() -> dict[str, int]:
    """Return the addresses of what compiled code may use of Numba's modules."""
    found = {}
    for module, prefix in MODULES.items():
        for name, address in _module(module).c_helpers.items():
            is_whole = prefix == "NRT_" and name.startswith("_")
            found[name if is_whole else prefix + name] = address
    found["numba_unpickle"] = ctypes.cast(_unpickled, ctypes.c_void_p).value or 0
    return found


def _module(name: str) -> ModuleType:
    """Import one of Numba's modules in C without the packages it is in."""
    if "numba" in sys.modules:
        return importlib.import_module(name)
    if name not in sys.modules:
        package: Any = importlib.util.find_spec("numba")
        folder = os.path.join(package.submodule_search_locations[0], *name.split(".")[1:-1])
        spec: Any = importlib.machinery.PathFinder.find_spec(name, [folder])
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module  # where Numba finds it, should it be imported later
    return sys.modules[name]


class _Constants(pickle.Unpickler):
    """Reads what compiled code holds pickled: the class of arrays, and errors with their texts."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle names. Raises ``UnpicklingError`` for anything else."""
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        found = getattr(builtins, name, None) if module == "builtins" else None
        if isinstance(found, type) and issubclass(found, Exception):
            return found
        raise pickle.UnpicklingError(f"{module}.{name}: no constant of a kernel")


_constants: dict[int, Any] = {}


@ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
def _unpickled(address: int, size: int, _: int) -> Any:
    """Return what compiled code holds at an address: as Numba's own function, which imports it."""
    if address not in _constants:
        _constants[address] = _Constants(io.BytesIO(ctypes.string_at(address, size))).load()
    return _constants[address]
