"""Compiled code as Numba keeps it, loaded without what compiles; for versions that were tried."""

from __future__ import annotations

import importlib
import io
import pickle
import sys
from pathlib import Path
from typing import Any

from llvmlite import binding as llvm  # type: ignore[import-untyped]  # it has no stubs
from numba.core.caching import FunctionCache
from numba.core.compiler import CompileResult
from numba.core.environment import Environment, lookup_environment
from numba.core.runtime import rtsys

REBUILT = ("numba.core.environment", "_rebuild_env")
"""How pickled code names the function that makes its environments."""
_Result: Any = CompileResult  # a tuple of fields that type checkers do not see


class LoadedAlone(FunctionCache):
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

    def _load_overload(self, sig: Any, target_context: Any) -> Any:
        if not self._enabled:
            return None
        self._cache_file._load_data = self._load_data
        found = self._cache_file.load(self._index_key(sig, target_context.codegen()))
        return None if found is None else _rebuilt(target_context, *found)

    def _load_data(self, name: str) -> Any:
        return _Code(io.BytesIO(Path(self._cache_file._data_path(name)).read_bytes())).load()


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
