"""A stand-in for CuPy on the host: arrays are NumPy's, kernels are built by g++ behind ``shim.h``.

It runs ``gpu.py`` and the logic of ``gpu.cu`` without a GPU. It is stricter than CuPy where that
finds mistakes: only functions that CuPy has, exact types of every kernel argument, no NumPy array
where a device array belongs.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import subprocess
import types
from pathlib import Path
from typing import Any

import numpy as np

SHIM = Path(__file__).with_name("shim.h")
FUNCTIONS = (
    *("empty", "zeros", "ones", "full", "arange", "empty_like", "zeros_like"),
    *("asarray", "ascontiguousarray", "concatenate", "cumsum", "maximum", "minimum", "where"),
    *("flatnonzero", "nonzero", "ravel", "argsort", "sort", "searchsorted", "diff"),
)
"""What the stand-in offers of CuPy; each behaves as NumPy's function of the same name."""
TYPES = {
    "u8": (np.uint8, np.bool_),
    "i32": (np.int32,),
    "u32": (np.uint32,),
    "i64": (np.int64,),
    "u64": (np.uint64,),
    "double": (np.float64,),
}
SIGNATURE = re.compile(r'extern "C" __global__ void (\w+)\(([^)]*)\)')


class DeviceArray(np.ndarray):
    """A NumPy array that says it is in device memory."""

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return dict(self.__array_interface__)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        assert func.__name__ in FUNCTIONS, f"is numpy.{func.__name__} in CuPy, with this result?"
        if func is np.argsort:
            kwargs = {**kwargs, "kind": "stable"}  # as CuPy's, whose only kind it is
        result = super().__array_function__(func, types, args, kwargs)
        return result.view(DeviceArray) if isinstance(result, np.ndarray) else result

    def get(self) -> np.ndarray:
        """Return a copy as a plain NumPy array."""
        return np.array(self)


def to_device(array: Any) -> DeviceArray:
    """Return a copy of the array that is "in device memory"."""
    return np.array(array).view(DeviceArray)


def _wrapped(name: str) -> Any:
    function = getattr(np, name)

    def call(*arguments: Any, **options: Any) -> Any:
        if name == "argsort":
            options["kind"] = "stable"  # as CuPy's, whose only kind it is
        result = function(*arguments, **options)
        return result.view(DeviceArray) if isinstance(result, np.ndarray) else result

    return call


def _parameters(text: str) -> list[tuple[str, bool]]:
    """Return the type of each parameter and whether it is a pointer."""
    found = []
    for parameter in filter(None, text.split(",")):
        words = parameter.replace("const", "").replace("*", " * ").split()
        found.append((words[0], "*" in words))
    return found


def _trampoline(name: str, parameters: list[tuple[str, bool]]) -> str:
    """Return C++ that runs a kernel with arguments given as an array of pointers to them."""
    values = ", ".join(
        f"*({kind}{'*' if pointer else ''}*)arguments[{i}]"
        for i, (kind, pointer) in enumerate(parameters)
    )
    return (
        f'extern "C" int run_{name}(unsigned blocks, unsigned threads, unsigned shared, '
        "int backwards, void** arguments) {\n"
        f"    return shim::run(blocks, threads, shared, backwards, [&] {{ {name}({values}); }});\n"
        "}\n"
    )


def build(code: str, folder: Path) -> ctypes.CDLL:
    """Compile device code behind the shim; ``AssertionError`` holds the compiler's message."""
    kernels = [(name, _parameters(text)) for name, text in SIGNATURE.findall(code)]
    text = f'#include "{SHIM}"\n{code}\n' + "".join(_trampoline(*kernel) for kernel in kernels)
    name = hashlib.sha256(text.encode() + SHIM.read_bytes()).hexdigest()[:16]
    library = folder / f"{name}.so"
    if not library.exists():
        source = folder / f"{name}.cpp"
        source.write_text(text, "utf-8")
        options = ("-std=c++17", "-O1", "-shared", "-fPIC", "-ffp-contract=off", "-w")
        command = ["g++", *options, "-o", str(library), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return ctypes.CDLL(str(library))


class _Function:
    def __init__(
        self, library: ctypes.CDLL, name: str, parameters: list[tuple[str, bool]], backwards: bool
    ) -> None:
        self.run = getattr(library, f"run_{name}")
        self.name, self.parameters, self.backwards = name, parameters, int(backwards)

    def __call__(
        self,
        grid: tuple[int],
        block: tuple[int],
        arguments: tuple[Any, ...],
        shared_mem: int = 0,
    ) -> None:
        assert block[0] % 32 == 0, "blocks are whole warps"
        assert block[0] <= 1024
        assert 0 < grid[0] < 2**31
        assert shared_mem <= 48 << 10
        assert len(arguments) == len(self.parameters), (self.name, len(arguments))
        pairs = zip(arguments, self.parameters, strict=True)
        values = [self._value(argument, *parameter) for argument, parameter in pairs]
        places = (ctypes.c_void_p * len(values))(*(value.ctypes.data for value in values))
        status = self.run(grid[0], block[0], shared_mem, self.backwards, places)
        assert status == 0, f"{self.name}: threads of a block wait for one another for ever"

    def _value(self, argument: Any, kind: str, pointer: bool) -> np.ndarray:
        """Return an array that holds the argument itself: a number, or the address of an array."""
        wanted = TYPES[kind]
        assert argument.dtype.type in wanted, (self.name, kind, argument.dtype)
        if not pointer:
            assert isinstance(argument, np.generic), (self.name, type(argument))
            return np.array([argument])
        assert isinstance(argument, DeviceArray), (self.name, type(argument))
        assert argument.flags.c_contiguous, self.name
        return np.array([argument.ctypes.data], np.uint64)


class _Module:
    def __init__(self, code: str, folder: Path, backwards: bool) -> None:
        self.backwards = backwards
        self.library = build(code, folder)
        self.parameters = {name: _parameters(text) for name, text in SIGNATURE.findall(code)}
        self.functions: dict[str, _Function] = {}

    def get_function(self, name: str) -> _Function:
        if name not in self.functions:
            parameters = self.parameters[name]
            self.functions[name] = _Function(self.library, name, parameters, self.backwards)
        return self.functions[name]


def cupy(folder: Path, backwards: bool) -> types.ModuleType:
    """Return a module to stand in for ``cupy``; built libraries go to ``folder``.

    ``backwards`` runs blocks and threads from the last to the first.
    """
    module: Any = types.ModuleType("cupy")
    for name in FUNCTIONS:
        setattr(module, name, _wrapped(name))
    module.ndarray = DeviceArray
    module.asnumpy = np.array
    module.RawModule = lambda code, options: _Module(code, folder, backwards)
    return module
