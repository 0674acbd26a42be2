"""A filter by which characters a document is written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from curator.errors import RecipeError, nearest
from curator.filters.base import Limit, StatisticsFilter, share
from curator.kernels.text_stats import SCRIPTS, TextStatistics, count_listed_characters
from curator.kernels.text_stats.classes import tables
from curator.languages import known_languages, load_language

ISO_15924 = {
    "Latn": "Latin",
    "Hans": "Han",
    "Hant": "Han",
    "Hani": "Han",
    "Hira": "Kana",
    "Kana": "Kana",
    "Hang": "Hangul",
    "Bopo": "Bopomofo",
    "Cyrl": "Cyrillic",
    "Grek": "Greek",
    "Arab": "Arabic",
    "Hebr": "Hebrew",
    "Deva": "Devanagari",
    "Beng": "Bengali",
    "Taml": "Tamil",
    "Telu": "Telugu",
    "Thai": "Thai",
    "Laoo": "Lao",
    "Khmr": "Khmer",
    "Mymr": "Myanmar",
    "Tibt": "Tibetan",
    "Ethi": "Ethiopic",
    "Java": "Javanese",
    "Bali": "Balinese",
    "Sund": "Sundanese",
}
"""Codes of scripts in language packs, and their names in ``SCRIPTS``."""


@cache
def _of_language(code: str) -> np.ndarray:
    """Return bool[0x110000]: letters of the pack's scripts, ASCII, and all that is no letter."""
    table = tables()
    scripts = {SCRIPTS.index(ISO_15924[script]) for script in load_language(code).scripts}
    allowed = np.isin(table.scripts, [-1, *sorted(scripts)])[table.classes]
    allowed[:0x80] = True
    return allowed


@cache
def _of_characters(characters: str) -> np.ndarray:
    allowed = np.zeros(0x110000, bool)
    allowed[[ord(character) for character in characters]] = True
    return allowed


@dataclass(frozen=True)
class HistogramFilter(StatisticsFilter):
    """Keeps documents written in the characters of a language.

    The score is the share of characters that are known: those given, or by default all letters
    of the language pack's scripts, ASCII, and everything that is no letter. For ``lang="yue"``
    「好 chill 㗎」 scores 1 and "কি" .5, its mark being no letter. With characters learned from
    trusted text (``HistogramFilter.learned``) it is the filter of NLLB (NLLB team 2022), whose
    bound this is, for all languages alike. "yue" drops .28 % of Cantonese Wikipedia, "jav" no
    paragraph of NusaParagraph; neither tells a language from others of its script.
    """

    lang: str = "yue"
    """Code of a language pack; not looked at where characters are given."""
    threshold: float = 0.8
    """Least share of known characters."""
    characters: str | None = None
    """The known characters; None is the language pack's."""

    score_name = "share of known characters"
    score_kind = "fraction"

    def __post_init__(self) -> None:
        if self.characters is None and self.lang not in known_languages():
            raise RecipeError(
                f"HistogramFilter: no language pack {self.lang!r}"
                f"{nearest(self.lang, known_languages())}; or give the characters"
            )

    @classmethod
    def learned(
        cls, texts: Iterable[str], coverage: float = 0.9999, threshold: float = 0.8
    ) -> HistogramFilter:
        """Return a filter whose characters are the most frequent ones of trusted text.

        ``coverage``: share of the text they make up; what is left are strays. Equally frequent
        characters are taken by code point, so that the same text gives the same filter.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text)
        wanted, taken, characters = coverage * counts.total(), 0, []
        for character, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            if taken >= wanted:
                break
            characters.append(character)
            taken += count
        return cls(threshold=threshold, characters="".join(sorted(characters)))

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 1 for an empty text, in which nothing is foreign."""
        known = (
            _of_language(self.lang) if self.characters is None else _of_characters(self.characters)
        )
        return share(count_listed_characters(stats.texts, known), stats.characters, 1.0)

    def limits(self) -> tuple[Limit, ...]:
        """Return the bound."""
        return (Limit("threshold", self.threshold, "min"),)
