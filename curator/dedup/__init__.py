"""Global stages that find documents said twice, and keep the best of each."""

from curator.dedup.exact import ExactDuplicates
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.dedup.repeated_ids import RepeatedIds

__all__ = ["ExactDuplicates", "FuzzyDuplicates", "RepeatedIds"]
