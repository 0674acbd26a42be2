"""Filters by how lines begin and end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curator.filters.base import Limit, StatisticsFilter, share
from curator.kernels.text_stats import TextStatistics


@dataclass(frozen=True)
class BulletsFilter(StatisticsFilter):
    """Drops documents in which nearly every line begins with a bullet.

    The published bullets count, and ・ · ■ □ ▪ ◆ ▶ of East Asian pages; hyphens do not. Source:
    Gopher (Rae et al. 2021).
    """

    max_bullet_lines_ratio: float = 0.9
    """Lines that begin with a bullet, as a share of lines that are not blank."""

    score_name = "bullet line share"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 0 where there is no line."""
        return share(stats.bullet_lines, stats.lines, 0.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_bullet_lines_ratio", self.max_bullet_lines_ratio, "max"),)


@dataclass(frozen=True)
class PunctuationFilter(StatisticsFilter):
    """Drops documents in which hardly any line ends a sentence: menus, lists of links.

    A line ends well with a final mark of any script (. ! ? 。！？… । ۔ ። ꧉), closing brackets of
    CJK after it skipped, or with a closing quotation mark. On ASCII this is the published count.
    Source: C4 (Raffel et al. 2020).
    """

    max_num_sentences_without_endmark_ratio: float = 0.85
    """Lines that do not end well, as a share of lines that are not blank."""

    score_name = "share of lines without a final mark"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 0 where there is no line."""
        return share(stats.lines - stats.terminal_lines, stats.lines, 0.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (
            Limit(
                "max_num_sentences_without_endmark_ratio",
                self.max_num_sentences_without_endmark_ratio,
                "max",
            ),
        )


@dataclass(frozen=True)
class EllipsisFilter(StatisticsFilter):
    """Drops documents in which many lines break off: teasers, search results.

    Lines that end in "...", "…", "[...]", "read more" count, 「……」 too. Source: Gopher (Rae et
    al. 2021).
    """

    max_num_lines_ending_with_ellipsis_ratio: float = 0.3
    """Lines that end in an ellipsis, as a share of lines that are not blank."""

    score_name = "ellipsis line share"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 0 where there is no line."""
        return share(stats.ellipsis_lines, stats.lines, 0.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (
            Limit(
                "max_num_lines_ending_with_ellipsis_ratio",
                self.max_num_lines_ending_with_ellipsis_ratio,
                "max",
            ),
        )
