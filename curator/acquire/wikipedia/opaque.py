"""Stretches of wikitext in which nothing is markup, taken out before the rest is read.

Comments, references, galleries and the like are dropped; ``<nowiki>``, ``<pre>``, source code and
formulas are kept as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from curator.acquire.wikipedia.marks import FENCE, LITERAL_BEGINS, LITERAL_ENDS, TEXT_LINE

DROPPED = (
    "ref references gallery timeline imagemap score mapframe maplink graph templatedata hiero "
    "inputbox categorytree templatestyles includeonly indicator charinsert rss section chart "
    "dynamicpagelist style script abschnitt phonos"
)
"""Names of tags, divided by spaces."""
FORMULAS = ("math", "chem", "ce")
CODE = ("pre", "syntaxhighlight", "source")

NAMES = "|".join(["nowiki", *DROPPED.split(), *FORMULAS, *CODE])
BEGIN = re.compile(
    rf"<!--|<({NAMES})(?=[\s/>])([^<>]{{0,4000}})>",
    re.I,
)
LITERAL = re.compile(f"{LITERAL_BEGINS}([0-9]+){LITERAL_ENDS}")
SPACE = re.compile(r"\s+")
JOINED = re.compile(r"\{(?=\{)|\[(?=\[)|-(?=\{)")
GALLERY_LINE = re.compile(r"^[^|\n]*\|(.*)$", re.M)


class Opaque:
    """Takes opaque stretches out of one page and puts the kept ones back at the end."""

    def __init__(self, *, formulas: bool = True, captions: bool = False) -> None:
        self.formulas = formulas
        self.captions = captions
        self.literals: list[str] = []

    def take(self, text: str) -> str:
        """Return the text with a fence or a numbered place for every opaque stretch.

        A tag that is never closed opens nothing, a comment that is never closed runs to the end.
        """
        match = BEGIN.search(text)
        if match is None:
            return text
        parts: list[str] = []
        position = 0
        unclosed: set[str] = set()
        while match is not None:
            parts.append(text[position : match.start()])
            if match[1] is None:
                end = text.find("-->", match.end())
                position = len(text) if end < 0 else end + 3
                position = self._comment_line(text, match.start(), position)
            else:
                position = self._tag(text, match, parts, unclosed)
            match = BEGIN.search(text, position)
        parts.append(text[position:])
        return "".join(parts)

    def put_back(self, text: str, decode: Callable[[str], str]) -> str:
        """Return the text with the kept stretches in their places, character references decoded."""
        if LITERAL_BEGINS not in text:
            return text
        return LITERAL.sub(lambda match: decode(self.literals[int(match[1])]), text)

    @staticmethod
    def _comment_line(text: str, start: int, end: int) -> int:
        """Return where text goes on: a comment that is all of its line takes the line with it."""
        if text[start - 1 : start] in ("", "\n") and text[end : end + 1] == "\n":
            return end + 1
        return end

    def _tag(self, text: str, match: re.Match[str], parts: list[str], unclosed: set[str]) -> int:
        name = match[1].lower()
        if match[2].endswith("/"):
            parts.append("" if name == "nowiki" else FENCE)
            return match.end()
        closing = None
        if name not in unclosed:
            closing = re.compile(rf"</{name}\s*>", re.I).search(text, match.end())
        if closing is None:
            unclosed.add(name)
            parts.append(FENCE)
            return match.end()
        inside = text[match.end() : closing.start()]
        if name in FORMULAS:
            parts.append(self._formula(inside))
        elif name == "nowiki" or name in CODE:
            self.literals.append(inside if name == "nowiki" else inside.strip("\n"))
            place = f"{LITERAL_BEGINS}{len(self.literals) - 1}{LITERAL_ENDS}"
            parts.append(place if name == "nowiki" else f"\n{TEXT_LINE}{place}\n")
        elif name == "gallery" and self.captions:
            parts.append("\n" + "\n\n".join(GALLERY_LINE.findall(inside)) + "\n")
        else:
            parts.append(FENCE)
        return closing.end()

    def _formula(self, inside: str) -> str:
        if not self.formulas or not inside.strip():
            return FENCE
        # spaces mean nothing in TeX, and {{ [[ -{ would look like markup that was left over
        inside = JOINED.sub(r"\g<0> ", SPACE.sub(" ", inside.strip()))
        self.literals.append(f"${inside}$")
        return f"{LITERAL_BEGINS}{len(self.literals) - 1}{LITERAL_ENDS}"
