"""Data curation for low-resource languages: every document accounted for.

The names below load on first use, so ``import curator`` itself costs milliseconds.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "AddId": "curator.stages",
    "DocumentDataset": "curator.dataset",
    "DocumentFilter": "curator.filters",
    "DocumentModifier": "curator.modifiers",
    "ExactDuplicates": "curator.dedup",
    "Filter": "curator.stages",
    "FuzzyDuplicates": "curator.dedup",
    "Modify": "curator.stages",
    "RepeatedIds": "curator.dedup",
    "Score": "curator.stages",
    "ScoreFilter": "curator.stages",
    "Sequential": "curator.stages",
    "get_client": "curator.cluster",
    "read_manifest": "curator.manifest",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'curator' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
