"""Filters by what a document says twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curator.errors import RecipeError
from curator.filters.base import Limit, StatisticsFilter, share
from curator.kernels.text_stats import NGrams, TextStatistics


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


def _column_of(n: int, who: str) -> int:
    """Return the column of ``NGrams`` for n; ``RecipeError`` where it has none."""
    if n not in NGrams.LENGTHS:
        first, last = NGrams.LENGTHS[0], NGrams.LENGTHS[-1]
        raise RecipeError(f"{who}: n={n!r} is not counted; give a number from {first} to {last}")
    return NGrams.LENGTHS.index(n)


def _share_in_ngrams(stats: TextStatistics, characters: np.ndarray, n: int) -> np.ndarray:
    """Return float64[n], a share of all characters; 1 where a text has fewer words than n."""
    return np.where(stats.words < n, 1.0, share(characters, stats.characters, 1.0))


@dataclass(frozen=True)
class RepeatingTopNGramsFilter(StatisticsFilter):
    """Drops documents in which one n-gram of words takes up too much.

    The score is the share of characters inside the most frequent n-gram: .86 for 「係呀係呀，係呀」
    and n = 2, .71 for "কি না কি না কি". Words are those of ``WordCountFilter``, and each place is
    counted once (NeMo Curator also takes the n-gram out of longer words). As published, an n-gram
    need not be repeated to count, and a text of fewer than n words scores 1: short texts are
    dropped. Source: Gopher (Rae et al. 2021), which gives .20, .18 and .16 for n = 2, 3 and 4, for
    English. These drop no conversation of HKCanCor and at most .02 % of Javanese paragraphs
    (NusaParagraph), but 22, 39 and 54 % of Cantonese Wikipedia, half of which is stubs.
    """

    n: int = 2
    """Words of the n-gram, 2 to 10."""
    max_repeating_ngram_ratio: float = 0.2
    """Characters inside the most frequent n-gram, as a share of all."""

    needs_ngrams = True
    score_name = "top n-gram share"
    score_kind = "fraction"

    def __post_init__(self) -> None:
        _column_of(self.n, "RepeatingTopNGramsFilter")

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 where there are fewer words than n."""
        column = _column_of(self.n, "RepeatingTopNGramsFilter")
        return _share_in_ngrams(stats, stats.ngrams.top[:, column], self.n)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_repeating_ngram_ratio", self.max_repeating_ngram_ratio, "max"),)


@dataclass(frozen=True)
class RepeatingDuplicateNGramsFilter(StatisticsFilter):
    """Drops documents that say many n-grams of words again.

    The score is the share of characters inside n-grams that occurred before, each character
    counted once: .67 for 「好耐好耐好耐」 and n = 2, .57 for "কি না কি না কি". Words are those of
    ``WordCountFilter``; a text of fewer than n words scores 1, as in NeMo Curator, so long n-grams
    drop short texts. Source: Gopher (Rae et al. 2021), which gives .15, .14, .13, .12, .11 and .10
    for n = 5 to 10, for English. These drop .9 to 2.6 % of Cantonese Wikipedia (documents of ten
    characters and more), nothing of HKCanCor and at most .03 % of Javanese paragraphs. Two Han
    characters say less than two words: the default n = 2 drops all of HKCanCor.
    """

    n: int = 2
    """Words of the n-gram, 2 to 10."""
    max_repeating_duplicate_ngram_ratio: float = 0.2
    """Characters inside n-grams that occurred before, as a share of all."""

    needs_ngrams = True
    score_name = "duplicate n-gram share"
    score_kind = "fraction"

    def __post_init__(self) -> None:
        _column_of(self.n, "RepeatingDuplicateNGramsFilter")

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 where there are fewer words than n."""
        column = _column_of(self.n, "RepeatingDuplicateNGramsFilter")
        return _share_in_ngrams(stats, stats.ngrams.duplicate[:, column], self.n)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        name = "max_repeating_duplicate_ngram_ratio"
        return (Limit(name, self.max_repeating_duplicate_ngram_ratio, "max"),)
