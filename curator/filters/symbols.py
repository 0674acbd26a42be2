"""Filters by what the characters are: letters, digits, space, brackets, addresses, damage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curator.filters.base import Limit, StatisticsFilter, share
from curator.kernels.text_stats import TextStatistics


@dataclass(frozen=True)
class NonAlphaNumericFilter(StatisticsFilter):
    """Drops documents with too little text in their characters.

    Letters (with their marks), digits, line feeds and the marks ? ! , . count as text, in every
    script: 「好！」 and "কি?" have none else. On ASCII this is the published count. Source: NeMo
    Curator, after Gopher (Rae et al. 2021), for English.
    """

    max_non_alpha_numeric_to_text_ratio: float = 0.25
    """Characters that are not text, as a share of all; a space is one."""

    score_name = "non-alphanumeric share"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 for an empty text, as published."""
        return share(stats.characters - stats.alphanumeric, stats.characters, 1.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (
            Limit(
                "max_non_alpha_numeric_to_text_ratio",
                self.max_non_alpha_numeric_to_text_ratio,
                "max",
            ),
        )


@dataclass(frozen=True)
class SymbolsToWordsFilter(StatisticsFilter):
    """Drops documents in which too many words are "#" or an ellipsis.

    Words as in ``WordCountFilter``; 「……」 between Han counts as well as "..." between spaces.
    Source: Gopher (Rae et al. 2021).
    """

    max_symbol_to_word_ratio: float = 0.1
    """Such words, as a share of all words."""

    score_name = "symbols per word"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 0 where there is no word."""
        return share(stats.symbol_words, np.maximum(stats.words, stats.symbol_words), 0.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_symbol_to_word_ratio", self.max_symbol_to_word_ratio, "max"),)


@dataclass(frozen=True)
class NumbersFilter(StatisticsFilter):
    """Drops documents made of numbers: tables, scores, price lists.

    Decimal digits of every script count (３ and ৩ too), Han numerals do not. Source: NeMo
    Curator, for English. On Cantonese Wikipedia it drops 11 % of the documents: stubs on years.
    """

    max_number_to_text_ratio: float = 0.15
    """Digits, as a share of all characters."""

    score_name = "digit share"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 for an empty text, as published."""
        return share(stats.digits, stats.characters, 1.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_number_to_text_ratio", self.max_number_to_text_ratio, "max"),)


@dataclass(frozen=True)
class UrlsFilter(StatisticsFilter):
    """Drops documents made of web addresses.

    Addresses of http and https count, to the end of their ASCII. Source: NeMo Curator.
    """

    max_url_to_text_ratio: float = 0.2
    """Characters in addresses, as a share of all."""

    score_name = "URL share"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 for an empty text, as published."""
        return share(stats.url_characters, stats.characters, 1.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_url_to_text_ratio", self.max_url_to_text_ratio, "max"),)


@dataclass(frozen=True)
class WhiteSpaceFilter(StatisticsFilter):
    """Drops documents made of space.

    Tab, line feed, carriage return, backspace and space count, as published, and the spaces of
    other scripts (U+3000). Source: NeMo Curator, for English: unspaced text has far less.
    """

    max_white_space_ratio: float = 0.25
    """White space, as a share of all characters."""

    score_name = "white space share"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 for an empty text, as published."""
        return share(stats.white_space_published, stats.characters, 1.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_white_space_ratio", self.max_white_space_ratio, "max"),)


@dataclass(frozen=True)
class ParenthesesFilter(StatisticsFilter):
    """Drops documents full of brackets.

    The brackets () [] {} ⟨⟩ count and their CJK forms （）【】; 「」 quotes and 《》 titles do not.
    Source: NeMo Curator.
    """

    max_parentheses_ratio: float = 0.1
    """Brackets, as a share of all characters."""

    score_name = "bracket share"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 for an empty text, as published."""
        return share(stats.parentheses, stats.characters, 1.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_parentheses_ratio", self.max_parentheses_ratio, "max"),)


@dataclass(frozen=True)
class WordsWithoutAlphabetsFilter(StatisticsFilter):
    """Drops documents in which too few words hold a letter of any script.

    A Han character is a word with a letter. Source: Gopher (Rae et al. 2021).
    """

    min_words_with_alphabets: float = 0.8
    """Words with a letter, as a share of all words."""

    score_name = "share of words with letters"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 where there is no word."""
        return share(stats.words_with_letters, stats.words, 1.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("min_words_with_alphabets", self.min_words_with_alphabets, "min"),)


@dataclass(frozen=True)
class RunLengthFilter(StatisticsFilter):
    """Drops documents in which one character is repeated without end: 哈哈哈哈…, =====.

    Space is not counted. The bound is this
    library's: the longest runs in Cantonese Wikipedia, HKCanCor and Javanese tweets are 21, 13
    and 59, so ordinary laughter and rulers stay.
    """

    max_run_length: int = 100
    """Longest run of one character, in code points."""

    score_name = "longest run"
    score_kind = "count"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 0 for an empty text."""
        return stats.longest_run.astype(np.float64)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_run_length", self.max_run_length, "max"),)


@dataclass(frozen=True)
class ReplacementCharacterFilter(StatisticsFilter):
    """Drops documents damaged by a wrong encoding beyond repair.

    Each U+FFFD is a character lost. The bound is this library's: one document in a
    hundred thousand of Cantonese Wikipedia passes it.
    """

    max_replacement_ratio: float = 0.01
    """U+FFFD, as a share of all characters."""

    score_name = "replacement share"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 0 for an empty text."""
        return share(stats.replacements, stats.characters, 0.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_replacement_ratio", self.max_replacement_ratio, "max"),)
