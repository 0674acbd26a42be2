"""Modules that are imported when something of them is first asked for."""

from __future__ import annotations

import importlib
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
