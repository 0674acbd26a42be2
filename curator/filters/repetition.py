"""Filters by what a document says twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curator.filters.base import Limit, StatisticsFilter, share
from curator.kernels.text_stats import TextStatistics


@dataclass(frozen=True)
class RepeatedLinesFilter(StatisticsFilter):
    """Drops documents that repeat whole lines.

    The score is the share that is left when repeated lines are taken out; 「好」 and
    "কি" repeat alike. Source: Gopher (Rae et al. 2021). Of the 58
    conversations of HKCanCor it drops two: 「係啊」 is a whole line in speech.
    """

    max_repeated_line_fraction: float = 0.7
    """Least share left. The name is NeMo Curator's; it is a lower bound."""

    score_name = "unique line share"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 where there are no lines."""
        return share(stats.repetition.unique_lines, stats.repetition.lines, 1.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_repeated_line_fraction", self.max_repeated_line_fraction, "min"),)


@dataclass(frozen=True)
class RepeatedParagraphsFilter(StatisticsFilter):
    """Drops documents that repeat whole paragraphs.

    The score is the share that is left when repeated paragraphs are taken out; 「好」 and
    "কি" repeat alike. Source: Gopher (Rae et al. 2021).
    """

    max_repeated_paragraphs_ratio: float = 0.7
    """Least share left. The name is NeMo Curator's; it is a lower bound."""

    score_name = "unique paragraph share"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 where there are no paragraphs."""
        return share(stats.repetition.unique_paragraphs, stats.repetition.paragraphs, 1.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_repeated_paragraphs_ratio", self.max_repeated_paragraphs_ratio, "min"),)


@dataclass(frozen=True)
class RepeatedLinesByCharFilter(StatisticsFilter):
    """Drops documents that repeat the characters of lines.

    The score is the share of characters left when repeated lines are taken out; 「好」 and "কি"
    repeat alike. Source: Gopher (Rae et al. 2021).
    """

    max_repeated_lines_char_ratio: float = 0.8
    """Least share left. The name is NeMo Curator's; it is a lower bound."""

    score_name = "unique line share by characters"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 where there are no lines."""
        return share(stats.repetition.unique_line_characters, stats.repetition.line_characters, 1.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_repeated_lines_char_ratio", self.max_repeated_lines_char_ratio, "min"),)


@dataclass(frozen=True)
class RepeatedParagraphsByCharFilter(StatisticsFilter):
    """Drops documents that repeat the characters of paragraphs.

    The score is the share of characters left when repeated paragraphs are taken out; 「好」 and
    "কি" repeat alike. Source: Gopher (Rae et al. 2021).
    """

    max_repeated_paragraphs_char_ratio: float = 0.8
    """Least share left. The name is NeMo Curator's; it is a lower bound."""

    score_name = "unique paragraph share by characters"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 where there are no paragraphs."""
        return share(
            stats.repetition.unique_paragraph_characters, stats.repetition.paragraph_characters, 1.0
        )

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (
            Limit(
                "max_repeated_paragraphs_char_ratio", self.max_repeated_paragraphs_char_ratio, "min"
            ),
        )
