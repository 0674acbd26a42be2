"""Modules that are imported when something of them is first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


class Later:
    """Stands for a module that takes long to import and may not be needed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what looks at all objects of a module shall not import this one
            raise AttributeError(name)
        return getattr(importlib.import_module(self._name), name)


pc: Any = Later("pyarrow.compute")
"""As ``import pyarrow.compute as pc``, which takes .05 s: ``curator dedup`` reads its input before
it needs anything of it, and imports it beside that."""


def names_later(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package whose names load on first use (PEP 562).

    ``homes`` are the modules that define them.
    """

    def found(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(homes[name]), name)

    def names() -> list[str]:
        return sorted({*vars(importlib.import_module(package)), *homes})

    return found, names
