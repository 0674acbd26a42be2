"""Global stages that find what is said twice: documents, of which the best stays, and lines.

The names load on first use: one stage alone needs neither the kernels nor the packages of others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curator.later import names_later

if TYPE_CHECKING:
    from curator.dedup.exact import ExactDuplicates
    from curator.dedup.fuzzy import FuzzyDuplicates
    from curator.dedup.lines import DuplicateLines
    from curator.dedup.repeated_ids import RepeatedIds
    from curator.dedup.semantic import SemanticDuplicates
    from curator.dedup.skeletons import SkeletonDuplicates
    from curator.dedup.substrings import ExactSubstrings

_HOMES = {
    "DuplicateLines": "curator.dedup.lines",
    "ExactDuplicates": "curator.dedup.exact",
    "ExactSubstrings": "curator.dedup.substrings",
    "FuzzyDuplicates": "curator.dedup.fuzzy",
    "RepeatedIds": "curator.dedup.repeated_ids",
    "SemanticDuplicates": "curator.dedup.semantic",
    "SkeletonDuplicates": "curator.dedup.skeletons",
}

__all__ = [
    "DuplicateLines",
    "ExactDuplicates",
    "ExactSubstrings",
    "FuzzyDuplicates",
    "RepeatedIds",
    "SemanticDuplicates",
    "SkeletonDuplicates",
]

__getattr__, __dir__ = names_later(__name__, _HOMES)
