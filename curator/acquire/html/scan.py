"""Splits HTML into tags and texts in linear time, whatever is thrown at it.

A parser that builds the whole tree of the HTML standard is quadratic on some pages and cannot be
stopped from outside: resiliparse 2.0.1, which is as fast as this scanner on ordinary pages, needs
99 s for 2 MB of one tag with 380,000 attributes, and parsing and walking its tree from Python
takes five times as long as the tokens below. This scanner reads every character a bounded
number of times, and what comes after it needs no tree. It imitates the states of WHATWG HTML,
section "Tokenization", where they matter for text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

MOST_ATTRIBUTES = 100
"""Attributes read in one tag. A tag that has more is no tag; the limit keeps the scan linear."""

WHOLE_PAGE = 1_000_000
"""Characters up to which the tokens of a page are made at once; longer pages are streamed."""

Token = tuple[str, str, str, str, str]
"""Name of a raw element that was skipped with its content, or ""; name of a tag as written ("/DIV",
"" where there is none); its attributes as written; "<" where one begins no tag; the text up to the
next ``<``."""

# Possessive quantifiers and classes without "<" keep every alternative from reading far in vain.
# A raw element swallows everything up to its end tag; without one, everything to the end of page.
_TOKEN = re.compile(
    r"<(?:"
    r"!--(?:-?>|(?:[^-]++|-(?!->|-!>))*+(?:--!?>|\Z))"
    r"|(?=[sStTxXiInN])"
    r"(?i:(script|style|title|textarea|xmp|iframe|noembed|noframes|noscript))(?=[\s/>])[^<>]*+>"
    r"(?:[^<]++|<(?!/(?i:\1)))*+(?:</[^>]*+>?|\Z)"
    r"|(/?[a-zA-Z][^\s/<>]*+)"
    rf"([^<>=]*+(?:=\s*+(?:\"[^\"]*+\"|'[^']*+')?+[^<>=]*+){{0,{MOST_ATTRIBUTES}}}+)>"
    r"|[!?][^<>]*+>"
    r"|(?<=(<)))([^<]*+)"
)


def tokens(html: str) -> Iterable[Token]:
    """Yield tags and texts in order; text before the first tag comes with empty names.

    >>> list(tokens("a<B class=x>b<!-- c -->d"))
    [('', '', '', '', 'a'), ('', 'B', ' class=x', '', 'b'), ('', '', '', '', 'd')]
    """
    start = html.find("<")
    if start < 0:
        return [("", "", "", "", html)]
    if len(html) > WHOLE_PAGE:
        return _streamed(html, start)
    found: list[Token] = _TOKEN.findall(html, start)
    if start:
        found.insert(0, ("", "", "", "", html[:start]))
    return found


def _streamed(html: str, start: int) -> Iterator[Token]:
    if start:
        yield "", "", "", "", html[:start]
    for match in _TOKEN.finditer(html, start):
        raw, name, attributes, bare, text = match.groups("")
        yield raw, name, attributes, bare, text
