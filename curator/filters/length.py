"""Filters by length: of the document, and of its words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curator.filters.base import Limit, StatisticsFilter, share
from curator.kernels.text_stats import TextStatistics


@dataclass(frozen=True)
class LengthFilter(StatisticsFilter):
    """Keeps documents of a number of characters (code points).

    「你好」 and "হ্যাঁ" (which has six code points) are counted alike: by code point, not by what
    is seen. The defaults drop nothing but empty documents; a length is a choice, not a finding.
    """

    min_characters: int = 1
    max_characters: int | None = None
    """None: no upper bound."""

    score_name = "characters"
    score_kind = "count"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n], code points; 0 for an empty text."""
        return stats.characters.astype(np.float64)

    def limits(self) -> tuple[Limit, ...]:
        """Return both bounds."""
        lower = Limit("min_characters", self.min_characters, "min")
        if self.max_characters is None:
            return (lower,)
        return (lower, Limit("max_characters", self.max_characters, "max"))


@dataclass(frozen=True)
class WordCountFilter(StatisticsFilter):
    """Keeps documents of a number of words.

    Words are runs of non-space; a character of an unspaced script is a word of its own, so
    「我哋食 dim sum」 has five and "বাংলা ভাষা" two. Source of the bounds: Gopher (Rae et al.
    2021) for English, whose words carry about 1.5 times as much as one Han character.
    """

    min_words: int = 50
    max_words: int = 100_000

    score_name = "words"
    score_kind = "count"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n], words; 0 for an empty text."""
        return stats.words.astype(np.float64)

    def limits(self) -> tuple[Limit, ...]:
        """Return both bounds."""
        return (
            Limit("min_words", self.min_words, "min"),
            Limit("max_words", self.max_words, "max"),
        )


@dataclass(frozen=True)
class LongWordFilter(StatisticsFilter):
    """Drops documents with a very long word: minified scripts, encoded data.

    Characters of unspaced scripts end a word, so a Cantonese page without spaces has no long
    word. Source: C4 (Raffel et al. 2020).
    """

    max_word_length: int = 1000
    """Code points in the longest word."""

    score_name = "longest word"
    score_kind = "count"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n], code points of the longest word; 0 where there is none."""
        return stats.longest_word.astype(np.float64)

    def limits(self) -> tuple[Limit, ...]:
        """Return the upper bound."""
        return (Limit("max_word_length", self.max_word_length, "max"),)


@dataclass(frozen=True)
class MeanWordLengthFilter(StatisticsFilter):
    """Keeps documents whose words are of ordinary length on average.

    Only text in spaced scripts is judged: where characters of unspaced scripts outnumber spaced
    words the score is NaN, "not judged", and the document stays. Source: Gopher (Rae
    et al. 2021), for English; the median of Javanese
    paragraphs (NusaParagraph) is 5.3.
    """

    min_mean_word_length: float = 3
    max_mean_word_length: float = 10

    score_name = "mean word length"
    score_kind = "number"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n], code points per spaced word; NaN where there are none to judge."""
        means = share(stats.spaced_word_characters, stats.spaced_words, np.nan)
        return np.where(stats.unspaced_words > stats.spaced_words, np.nan, means)

    def limits(self) -> tuple[Limit, ...]:
        """Return both bounds."""
        return (
            Limit("min_mean_word_length", self.min_mean_word_length, "min"),
            Limit("max_mean_word_length", self.max_mean_word_length, "max"),
        )
