"""Data curation for low-resource languages: every document accounted for.

The names below load on first use, so ``import curator`` itself costs milliseconds.
"""

from __future__ import annotations

from curator.later import names_later

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

__getattr__ = names_later(__name__, _HOMES)[0]


def __dir__() -> list[str]:
    return sorted(__all__)
