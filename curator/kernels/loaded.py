"""Compiled code as Numba keeps it, loaded without what compiles; for versions that were tried."""

from __future__ import annotations

import importlib
import io
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llvmlite import binding as llvm  # type: ignore[import-untyped]  # it has no stubs
from numba.core.caching import FunctionCache
from numba.core.compiler import CompileResult
from numba.core.environment import Environment, lookup_environment
from numba.core.runtime import nrtdynmod, rtsys

REBUILT = ("numba.core.environment", "_rebuild_env")
"""How pickled code names the function that makes its environments."""
_Result: Any = CompileResult  # a tuple of fields that type checkers do not see


class LoadedAlone(FunctionCache):
    """A cache that gives machine code back without making Numba ready to compile.

    Numba does that before it looks: it imports all it can translate, and SciPy's linear algebra
    (0.4 s), of which code that is compiled already needs nothing. Before it does compile, it makes
    itself ready once more, so nothing is missed when the cache has no such code.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __getattr__(self, name: str) -> Any:
        """Look for a folder that can be written to, as Numba does, now that the cache is used.

        Five of six kernels are part of others, and are never looked for: .2 ms each.
        """
        if "_function" not in self.__dict__:
            raise AttributeError(name)
        super().__init__(self.__dict__.pop("_function"))
        return getattr(self, name)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what the cache has for a signature, or ``None``; called under Numba's lock."""
        _make_runtime_ready(target_context)  # arrays that a kernel makes are its
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)

    def _load_overload(self, sig: Any, target_context: Any) -> Any:
        if not self._enabled:
            return None
        self._cache_file._load_data = self._load_data
        found = self._cache_file.load(self._index_key(sig, target_context.codegen()))
        return None if found is None else _rebuilt(target_context, *found)

    def _load_data(self, name: str) -> Any:
        return _Code(io.BytesIO(Path(self._cache_file._data_path(name)).read_bytes())).load()


def _make_runtime_ready(context: Any) -> None:
    """Do as ``rtsys.initialize`` does, but for compiling the same few functions in each process.

    That took 20 ms and more; loading them takes 2. Called under Numba's lock.
    """
    compiles = nrtdynmod.compile_nrt_functions
    nrtdynmod.compile_nrt_functions = _runtime
    try:
        rtsys.initialize(context)
    finally:
        nrtdynmod.compile_nrt_functions = compiles


def _runtime(context: Any) -> Any:
    """Return the library of Numba's runtime; the first process compiles and keeps it."""
    kept, codegen = LoadedAlone(_runtime), context.codegen()
    key = ("runtime", codegen.magic_tuple())
    found = None
    with kept._guard_against_spurious_io_errors():
        found = kept._cache_file.load(key)
    if found is not None:
        return codegen.unserialize_library(found)
    module, library = nrtdynmod.create_nrt_module(context)
    library.enable_object_caching()
    library.add_ir_module(module)
    library.finalize()
    with kept._guard_against_spurious_io_errors():
        kept._cache_file.save(key, library.serialize_using_object_code())
    return library


class _Code(pickle.Unpickler):
    """Reads pickled code, whose environments need not be those of modules that are loaded."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle names."""
        return _environment if (module, name) == REBUILT else super().find_class(module, name)


def _environment(module: str, constants: list[Any], name: str) -> Any:
    """Return the environment of a function that became part of a kernel.

    Its globals are for code that runs in the interpreter, and kernels have none. So modules of
    Numba's own are not imported for them: half of its translations, 20 ms.
    """
    found = lookup_environment(name)
    if found is None:
        is_idle = module.startswith("numba.") and module not in sys.modules
        names = {"__name__": module} if is_idle else vars(importlib.import_module(module))
        found = Environment(names)
        found.consts[:] = constants
        found.env_name = name
        Environment._memo[name] = found
    return found


def _rebuilt(
    context: Any,
    stored: tuple[str, str, Any],
    description: Any,
    environment: Any,
    signature: Any,
    is_object_mode: bool,
    lifted: Any,
    annotation: str,
    on_load: Any,
    environments: Any,
) -> Any:
    """Return stored code as ``CompileResult._rebuild`` does, but for the part that others inline.

    That is kept as bytes until a kernel that is compiled asks for it: parsing it, and looking
    through its names, took half of the time it takes to load a kernel.
    """
    name, kind, data = stored
    rest = (description, environment, signature, is_object_mode, lifted, annotation)
    if kind != "object" or on_load:
        return _Result._rebuild(context, stored, *rest, on_load, environments)
    machine_code, for_others = data
    codegen = context.codegen()
    library = codegen.create_library(name)
    library.enable_object_caching()
    library._set_compiled_object(machine_code)
    library._finalize_final_module()
    engine = codegen._engine
    engine._defined_symbols.add(description.llvm_cpython_wrapper_name)

    def module_for_linking() -> Any:
        if library._shared_module is None:
            library._shared_module = llvm.parse_bitcode(for_others)
            engine._load_defined_symbols(library._shared_module)
        return library._shared_module

    library._get_module_for_linking = module_for_linking
    for one in environments:
        codegen.set_env(one.env_name, one)
    return _Result(
        target_context=context,
        typing_context=context.typing_context,
        library=library,
        environment=environment,
        entry_point=context.get_executable(library, description, environment),
        fndesc=description,
        type_annotation=annotation,
        signature=signature,
        objectmode=is_object_mode,
        lifted=lifted,
        typing_error=None,
        call_helper=None,
        metadata=None,
        reload_init=on_load,
        referenced_envs=environments,
    )
