"""What a dump says of its wiki: name and namespaces, joined with what its pack knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from curator.acquire.wikipedia.handlers import Pack, load_pack

CANONICAL = {
    -2: "Media", -1: "Special", 1: "Talk", 2: "User", 3: "User talk", 4: "Project",
    5: "Project talk", 6: "File", 7: "File talk", 8: "MediaWiki", 9: "MediaWiki talk",
    10: "Template", 11: "Template talk", 12: "Help", 13: "Help talk", 14: "Category",
    15: "Category talk", 100: "Portal", 828: "Module", 829: "Module talk",
}  # fmt: skip
"""Names that every wiki understands, by number."""

FILE, MEDIA, CATEGORY, TEMPLATE = 6, -2, 14, 10
INTERLANGUAGE = re.compile(
    r"(?:[a-z]{2,3}|simple|nah|zh-min-nan|zh-yue|zh-classical|roa-rup|roa-tara|map-bms|bat-smg|"
    r"fiu-vro|be-x-old|be-tarask|cbk-zam|nds-nl)"
)
"""Prefixes of links to the same article in another language: shown beside the text."""
NOT_LANGUAGES = frozenset(
    ["wikt", "mw", "doi", "tools", "cia", "imdb", "jstor", "rfc", "oeis", "gfdl", "sha"]
)  # a word list
PICTURE = re.compile(
    r"[^|\n]{1,400}?\.(?:jpe?g|png|gif|svg|tiff?|webp|ogg|oga|ogv|webm|pdf|djvu|mp3|wav|mid|xcf|stl)"
    r"[ \t]*$",
    re.I,
)


@dataclass(frozen=True)
class Site:
    """A wiki as links and templates of its pages see it."""

    wiki: str
    """Database name, such as ``zh_yuewiki``."""
    namespaces: Mapping[int, str]
    """Number → name, as the dump says."""
    handlers: str | None = None
    """YAML file of the user's own handlers."""

    @cached_property
    def pack(self) -> Pack:
        """What is known of this wiki beyond its dump."""
        return load_pack(self.wiki, self.handlers)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Casefolded names of namespaces, with their aliases → number."""
        names = {name.casefold(): number for number, name in CANONICAL.items()}
        names |= self.pack.namespaces
        return names | {name.casefold(): n for n, name in self.namespaces.items() if name}

    def namespace(self, prefix: str) -> int | None:
        """Return the number of the namespace before the colon of a link, ``None`` for none."""
        return self.numbers.get(" ".join(prefix.replace("_", " ").split()).casefold())

    def is_interlanguage(self, prefix: str) -> bool:
        """Return whether ``[[prefix:…]]`` points to another language's article."""
        if prefix in NOT_LANGUAGES:
            return False
        return INTERLANGUAGE.fullmatch(prefix) is not None


def is_picture(target: str) -> bool:
    """Return whether a link with a prefix nobody told us of is to a file, by its extension."""
    return ":" in target and PICTURE.fullmatch(target) is not None
