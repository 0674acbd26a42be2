"""Main text by jusText, with the word lists of the language packs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from justext.core import (
    ParagraphMaker,
    classify_paragraphs,
    html_to_dom,
    preprocessor,
    revise_paragraph_classification,
)
from justext.paragraph import Paragraph
from lxml.etree import LxmlError

from curator.acquire.html.content import weight
from curator.errors import RecipeError, nearest
from curator.languages import known_languages, load_language

SPACED_DENSITY = (0.15, 0.2)
"""Share of a paragraph's words in the word list from which it is perhaps, or surely, text.
jusText's own .30 and .32 are meant for lists of some hundred function words."""

UNSPACED_DENSITY = (0.005, 0.015)
"""Share of a paragraph's characters, where words are not parted by spaces."""


class _Unspaced(Paragraph):
    """A paragraph in a script without spaces: its words are found, not split."""

    def __len__(self) -> int:
        return weight(self.text)

    def stopwords_density(self, stopwords: frozenset[str]) -> float:
        """Return the share of the characters that stand in words of the list."""
        text = self.text
        if not text or not stopwords:
            return 0.0
        return sum(map(len, _pattern(stopwords).findall(text))) / len(text)


@cache
def _pattern(words: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))))


@cache
def _stop_list(language: str) -> frozenset[str]:
    return frozenset(load_language(language).markers)


@dataclass(frozen=True)
class JusTextExtractor:
    """The main text of a page by jusText (extra ``curator[html-peers]``).

    It asks how many words of a paragraph are common ones. jusText itself has no list for Chinese or
    Javanese; here every language pack's words serve, found in unspaced text without splitting it.
    """

    language: str | None = None
    """Code of a language pack; ``None`` asks only for length and links, in any language."""
    max_characters: int = 2_000_000
    """Length up to which a page is read."""

    def __post_init__(self) -> None:
        if self.language is not None and self.language not in known_languages():
            raise RecipeError(
                f"JusTextExtractor: no language pack {self.language!r}"
                f"{nearest(self.language, known_languages())}"
            )

    def extract(self, html: str, url: str | None = None) -> str:
        """Return the main text, "" when there is none."""
        html = html[: self.max_characters].replace("\0", "")
        html = html.encode("utf-8", "replace").decode("utf-8")
        if not html.strip():
            return ""
        try:
            paragraphs = ParagraphMaker.make_paragraphs(preprocessor(html_to_dom(html)))
        except (LxmlError, ValueError):  # a page of nothing but comments has no document
            return ""
        return "\n".join(p.text for p in self._classified(paragraphs) if not p.is_boilerplate)

    def _classified(self, paragraphs: Iterable[Paragraph]) -> list[Paragraph]:
        words: frozenset[str] = frozenset()
        low = high = 0.0
        spaced = False
        if self.language is not None:
            words = _stop_list(self.language)
            spaced = load_language(self.language).spaced
            low, high = SPACED_DENSITY if spaced else UNSPACED_DENSITY
        found = list(paragraphs) if spaced else [_unspaced(p) for p in paragraphs]
        classify_paragraphs(found, words, stopwords_low=low, stopwords_high=high)
        revise_paragraph_classification(found)
        return found


def _unspaced(paragraph: Paragraph) -> _Unspaced:
    copy: _Unspaced = _Unspaced.__new__(_Unspaced)
    copy.__dict__.update(paragraph.__dict__)
    return copy
