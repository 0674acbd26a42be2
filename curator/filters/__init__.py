"""Filters: a score of a text, and whether it is kept. Everything public is listed here."""

from curator.filters.base import DocumentFilter, StatisticsFilter
from curator.filters.histogram import HistogramFilter
from curator.filters.language import LanguageFilter, ScriptFilter
from curator.filters.length import (
    LengthFilter,
    LongWordFilter,
    MeanWordLengthFilter,
    WordCountFilter,
)
from curator.filters.lines import BulletsFilter, EllipsisFilter, PunctuationFilter
from curator.filters.phrases import (
    BoilerPlateStringFilter,
    CommonEnglishWordsFilter,
    CommonWordsFilter,
    PornographicUrlsFilter,
    SubstringFilter,
)
from curator.filters.repetition import (
    RepeatedLinesByCharFilter,
    RepeatedLinesFilter,
    RepeatedParagraphsByCharFilter,
    RepeatedParagraphsFilter,
    RepeatingDuplicateNGramsFilter,
    RepeatingTopNGramsFilter,
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
from curator.filters.tokens import TokenCountFilter

__all__ = [
    "BoilerPlateStringFilter",
    "BulletsFilter",
    "CommonEnglishWordsFilter",
    "CommonWordsFilter",
    "DocumentFilter",
    "EllipsisFilter",
    "HistogramFilter",
    "LanguageFilter",
    "LengthFilter",
    "LongWordFilter",
    "MeanWordLengthFilter",
    "NonAlphaNumericFilter",
    "NumbersFilter",
    "ParenthesesFilter",
    "PornographicUrlsFilter",
    "PunctuationFilter",
    "RepeatedLinesByCharFilter",
    "RepeatedLinesFilter",
    "RepeatedParagraphsByCharFilter",
    "RepeatedParagraphsFilter",
    "RepeatingDuplicateNGramsFilter",
    "RepeatingTopNGramsFilter",
    "ReplacementCharacterFilter",
    "RunLengthFilter",
    "ScriptFilter",
    "StatisticsFilter",
    "SubstringFilter",
    "SymbolsToWordsFilter",
    "TokenCountFilter",
    "UrlsFilter",
    "WhiteSpaceFilter",
    "WordCountFilter",
    "WordsWithoutAlphabetsFilter",
]
