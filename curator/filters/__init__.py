"""Filters: a score of a text, and whether it is kept. Everything public is listed here."""

from curator.filters.base import DocumentFilter, StatisticsFilter
from curator.filters.language import LanguageFilter, ScriptFilter
from curator.filters.length import (
    LengthFilter,
    LongWordFilter,
    MeanWordLengthFilter,
    WordCountFilter,
)
from curator.filters.lines import BulletsFilter, EllipsisFilter, PunctuationFilter
from curator.filters.repetition import (
    RepeatedLinesByCharFilter,
    RepeatedLinesFilter,
    RepeatedParagraphsByCharFilter,
    RepeatedParagraphsFilter,
)
from curator.filters.symbols import (
    NonAlphaNumericFilter,
    NumbersFilter,
    ParenthesesFilter,
    ReplacementCharacterFilter,
    RunLengthFilter,
    SymbolsToWordsFilter,
    UrlsFilter,
    WhiteSpaceFilter,
    WordsWithoutAlphabetsFilter,
)

__all__ = [
    "BulletsFilter",
    "DocumentFilter",
    "EllipsisFilter",
    "LanguageFilter",
    "LengthFilter",
    "LongWordFilter",
    "MeanWordLengthFilter",
    "NonAlphaNumericFilter",
    "NumbersFilter",
    "ParenthesesFilter",
    "PunctuationFilter",
    "RepeatedLinesByCharFilter",
    "RepeatedLinesFilter",
    "RepeatedParagraphsByCharFilter",
    "RepeatedParagraphsFilter",
    "ReplacementCharacterFilter",
    "RunLengthFilter",
    "ScriptFilter",
    "StatisticsFilter",
    "SymbolsToWordsFilter",
    "UrlsFilter",
    "WhiteSpaceFilter",
    "WordCountFilter",
    "WordsWithoutAlphabetsFilter",
]
