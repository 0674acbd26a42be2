"""Global stages that find what is said twice: documents, of which the best stays, and lines."""

from curator.dedup.exact import ExactDuplicates
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.dedup.lines import DuplicateLines
from curator.dedup.repeated_ids import RepeatedIds
from curator.dedup.semantic import SemanticDuplicates
from curator.dedup.skeletons import SkeletonDuplicates
from curator.dedup.substrings import ExactSubstrings

__all__ = [
    "DuplicateLines",
    "ExactDuplicates",
    "ExactSubstrings",
    "FuzzyDuplicates",
    "RepeatedIds",
    "SemanticDuplicates",
    "SkeletonDuplicates",
]
