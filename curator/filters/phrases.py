"""Filters by words and phrases a document holds: small print, common words, addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from curator.errors import RecipeError, nearest, shorten
from curator.filters.base import Limit, StatisticsFilter
from curator.kernels import unicode
from curator.kernels.buffers import Utf8
from curator.kernels.markers import MarkerTree, count_markers, marker_tree
from curator.kernels.text_stats import TextStatistics, count_listed_words
from curator.languages import known_languages, load_language

POLICY_PHRASES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
    "privacy overview",
    "privacy & cookies policy",
    "privacy and cookies policy",
    "necessary cookies are absolutely essential",
    "私隱政策",
    "隱私政策",
    "隐私政策",
    "使用條款",
    "使用条款",
    "服務條款",
    "服务条款",
    "版權所有",
    "版权所有",
    "kebijakan privasi",
    "syarat dan ketentuan",
    "dasar privasi",
    "terma dan syarat",
)
"""The phrases of C4 and NeMo Curator for English, and their like in Chinese, Indonesian, Malay."""

FILLER = "lorem ipsum"
_POLICY = re.compile("|".join(map(re.escape, POLICY_PHRASES)), re.IGNORECASE | re.ASCII)
_FILLER = re.compile(FILLER, re.IGNORECASE | re.ASCII)
_URL = re.compile(r"https?://[!$-_a-z]+")

COMMON_ENGLISH_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")


@dataclass(frozen=True)
class BoilerPlateStringFilter(StatisticsFilter):
    """Drops documents made of small print: terms of use, privacy policies, filler text.

    The score is the share of paragraphs (between blank lines) that hold one of
    ``POLICY_PHRASES``, 「私隱政策」 as well as "Privacy Policy"; one "lorem ipsum" makes it 1. The
    case of ASCII letters does not matter. Source: C4 (Raffel et al. 2020) and NeMo Curator, for
    English. It drops .006 % of Cantonese Wikipedia and no paragraph of NusaParagraph (Javanese).
    """

    remove_if_at_top_or_bottom: bool = True
    """Taken so that scripts run, and without effect, as published: the modifier of the same name
    is what it matters to."""
    max_boilerplate_string_ratio: float = 0.4
    """Paragraphs with such a phrase, as a share of all."""

    score_name = "small print share"
    score_kind = "fraction"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 0 for an empty text."""
        scores = np.zeros(stats.texts.n_documents, np.float64)
        phrases = (*POLICY_PHRASES, FILLER)
        holds = unicode.contains_text(stats.texts, phrases, ignore_ascii_case=True)
        for row in np.flatnonzero(holds).tolist():
            scores[row] = _small_print(stats.texts.document(row))
        return scores

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("max_boilerplate_string_ratio", self.max_boilerplate_string_ratio, "max"),)


def _small_print(text: str) -> float:
    if _FILLER.search(text):
        return 1.0
    paragraphs = text.split("\n\n")
    return sum(_POLICY.search(piece) is not None for piece in paragraphs) / len(paragraphs)


@dataclass(frozen=True)
class CommonEnglishWordsFilter(StatisticsFilter):
    """Keeps documents that hold some of eight English words: the be to of and that have with.

    In small letters only and between spaces, as published, which also drops shouting. It drops
    all of 「我哋食飯」 and "আমরা খাই": for another language see ``CommonWordsFilter``. Source: Gopher
    (Rae et al. 2021), for English.
    """

    min_num_common_words: int = 2
    """Least number of such words, the same one twice counting twice, as NeMo Curator counts."""
    stop_at_false: bool = True
    """Whether the score stops at the bound instead of counting on."""

    score_name = "common English words"
    score_kind = "count"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 0 for an empty text."""
        counts = count_listed_words(stats.texts, COMMON_ENGLISH_WORDS)
        if self.stop_at_false:
            counts = np.minimum(counts, max(0, self.min_num_common_words))
        return counts.astype(np.float64)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("min_num_common_words", self.min_num_common_words, "min"),)


@cache
def _marker_tree(language: str) -> MarkerTree:
    pack = load_language(language)
    return marker_tree([pack.markers], pack.neutral, whole_words=pack.spaced)


@dataclass(frozen=True)
class CommonWordsFilter(StatisticsFilter):
    """Keeps documents that hold some of the words that tell a language from its neighbours.

    What ``CommonEnglishWordsFilter`` does for English, with the words of a language pack: 嘅 咗
    喺 for Cantonese, "ora" "marang" for Javanese. Short documents are dropped for being short;
    ``LanguageFilter`` weighs evidence instead. "yue" drops 15 % of Cantonese Wikipedia (documents
    of ten characters and more), nothing of HKCanCor and 99 % of standard Chinese articles (DRCD);
    "jav" no paragraph of NusaParagraph.
    """

    language: str = "yue"
    """Code of a language pack."""
    min_num_common_words: int = 2
    """Least number of such words, the same one twice counting twice."""

    score_name = "common words"
    score_kind = "count"

    def __post_init__(self) -> None:
        if self.language not in known_languages():
            raise RecipeError(
                f"CommonWordsFilter: no language pack {self.language!r}"
                f"{nearest(self.language, known_languages())}"
            )

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 0 for an empty text."""
        return count_markers(stats.texts, _marker_tree(self.language))[:, 0].astype(np.float64)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("min_num_common_words", self.min_num_common_words, "min"),)


@dataclass(frozen=True)
class PornographicUrlsFilter(StatisticsFilter):
    """Drops documents with a web address that holds "porn".

    Addresses are those of ``UrlsFilter``: the word in text, as in 「porn 係咩」 or "porn কি", is
    not looked at. Source: NeMo Curator; it knows no other language, nor other words.
    """

    score_name = "address of pornography"
    score_kind = "count"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n], 1 where there is such an address, else 0."""
        scores = np.zeros(stats.texts.n_documents, np.float64)
        holds = unicode.contains_text(stats.texts, ["porn"]) & (stats.url_characters > 0)
        for row in np.flatnonzero(holds).tolist():
            addresses = _URL.findall(stats.texts.document(row))
            scores[row] = any("porn" in address for address in addresses)
        return scores

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound, which is not the user's to set."""
        return (Limit("max_pornographic_urls", 0, "max"),)


@dataclass(frozen=True)
class SubstringFilter(StatisticsFilter):
    """Keeps documents that hold a string: 「嘅」, "বাংলা", or "Answer:" at the beginning.

    Compared character by character, without normalising. Source: NeMo Curator.
    """

    substring: str = ""
    """The string; "" is in every document."""
    position: str = "any"
    """Where it must stand: "prefix", "suffix" or "any"."""

    score_name = "holds the substring"
    score_kind = "count"

    def __post_init__(self) -> None:
        known = ("prefix", "suffix", "any")
        if self.position not in known:
            mend = nearest(str(self.position), known)
            raise RecipeError(f"SubstringFilter: no position {self.position!r}{mend}")

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n], 1 where the document holds the string in its place, else 0."""
        if self.position == "any":
            return unicode.contains_text(stats.texts, [self.substring]).astype(np.float64)
        return _at_edge(stats.texts, self.substring.encode(), self.position).astype(np.float64)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound: the string must be there."""
        return (Limit("substring", 1, "min"),)

    def reason(self, score: float) -> str:
        """Return the string that is missing."""
        kept = self.keep_document(score)
        return "kept" if kept else f"substring={shorten(self.substring)}"


def _at_edge(texts: Utf8, wanted: bytes, position: str) -> np.ndarray:
    """Return bool[n]: whether a document begins ("prefix") or ends with some bytes."""
    found = np.diff(texts.offsets) >= len(wanted)
    rows = np.flatnonzero(found)
    first = texts.offsets[:-1] if position == "prefix" else texts.offsets[1:] - len(wanted)
    places = first[rows, None] + np.arange(len(wanted))
    found[rows] = (texts.data[places] == np.frombuffer(wanted, np.uint8)).all(axis=1)
    return found
