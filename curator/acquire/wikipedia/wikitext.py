"""Wikitext to text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from curator.acquire.wikipedia import lines, tables
from curator.acquire.wikipedia.brackets import Brackets, Names
from curator.acquire.wikipedia.conversion import preferred
from curator.acquire.wikipedia.marks import clean
from curator.acquire.wikipedia.opaque import Opaque
from curator.acquire.wikipedia.site import CANONICAL, Site

PLAIN = re.compile(
    r"[\[\]{}<>&'_=|*#:;\x00-\x08\x0b-\x1f\x7f\u00a0]|^[ \t-]|[ \t]$|  |\t|\n\n\n", re.M
)
"""What wikitext may mean; text without any of it is its own conversion."""
MOST_RULES = 500
"""Conversion rules of one page that are used."""


@dataclass(frozen=True)
class Converted:
    """What one page's wikitext says."""

    text: str
    categories: tuple[str, ...]
    """In the order of the page, without the namespace."""
    flags: frozenset[str]
    """Which of ``stub``, ``disambiguation`` and ``bot`` its templates say."""
    unhandled: Mapping[str, int]
    """Templates without a handler → uses."""


@dataclass(frozen=True)
class WikitextConverter:
    """Turns the wikitext of one wiki's pages into text.

    Links show their labels, templates what their handlers say (folder ``packs``),
    lists ``- item``, tables a line a row, headings a line. References, pictures, comments and the
    boxes beside the text are dropped; where something was dropped inside a sentence, the
    punctuation around it, and only there, is repaired. Empty wikitext gives an empty text; no
    wikitext raises. Time and memory grow with the length of the page.

    >>> convert = WikitextConverter(Site("zh_yuewiki", {}))
    >>> convert("'''香港'''（{{lang-en|Hong Kong}}，{{jpingauto|hoeng1 gong2}}）係[[城市]]。").text
    '香港（英文：Hong Kong，粵拼：hoeng1 gong2）係城市。'
    """

    site: Site = Site("", CANONICAL)  # noqa: RUF009  # frozen
    """The wiki: its namespaces and handlers."""
    tables: bool = True
    """Keep tables, a line a row (``header: cell; header: cell``)."""
    captions: bool = False
    """Keep the captions of pictures and galleries, a paragraph each."""
    formulas: bool = True
    """Keep formulas as TeX between dollar signs."""

    @cached_property
    def _names(self) -> Names:
        return Names(self.site)

    def __call__(self, wikitext: str, title: str = "") -> Converted:
        """Return text, categories and flags of a page."""
        if not PLAIN.search(wikitext):
            return Converted(wikitext.strip(), (), frozenset(), {})
        opaque = Opaque(formulas=self.formulas, captions=self.captions)
        text = opaque.take(clean(wikitext))
        brackets = Brackets(self.site, self._names, title, self.captions)
        text = brackets.read(text)
        page = brackets.page
        # references first: the semicolon of `&nbsp;` is no punctuation
        text = lines.decode(lines.plain(tables.flatten(text, self.tables)))
        text = lines.finish(text)
        if page.rules and self.site.pack.apply_rules:
            text = apply_rules(text, page.rules[:MOST_RULES], self.site.pack.variants)
        text = opaque.put_back(text, lines.decode).strip()
        if "__DISAMBIG__" in wikitext:
            page.flags.add("disambiguation")
        return Converted(
            text,
            tuple(page.categories),
            frozenset(page.flags),
            Counter(page.unhandled),
        )


def apply_rules(text: str, rules: Sequence[Mapping[str, str]], variants: Sequence[str]) -> str:
    """Return text with every form of the page's conversion rules in the preferred variant.

    >>> apply_rules("坐出租车", [{"zh-cn": "出租车", "zh-hk": "的士"}], ["zh-hk"])
    '坐的士'
    """
    wanted: dict[str, str] = {}
    for forms in rules:
        shown = preferred(dict(forms), variants)
        if any(variant in forms for variant in variants):
            wanted |= {form: shown for form in forms.values() if form and form != shown}
    if not wanted:
        return text
    # the longest first: 計程車站 before 計程車
    longest = sorted(wanted, key=lambda form: (-len(form), form))
    pattern = re.compile("|".join(map(re.escape, longest)))
    return pattern.sub(lambda match: wanted[match[0]], text)
