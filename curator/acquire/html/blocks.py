"""Tags and texts to leaf blocks: the paragraphs, items, cells and headings of a page, in order.

There is no tree: a stack of open elements is enough to know what a piece of text is in. Broken
nesting is mended by the few rules below; source: WHATWG HTML, section "Tree construction".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape

from curator.acquire.html.hints import CAPTION, CONTENT, HIDDEN, NOTHING, STRONG, WEAK, hint
from curator.acquire.html.scan import Token

MOST_DEPTH = 400
"""Open elements remembered; deeper ones are read as part of the last remembered one."""

MOST_INLINE = 8
"""Open elements searched for the start of an inline element that ends."""

INLINE, BLOCK, SKIP, BREAK, VOID, LINK, IMAGE, RULE, READING = range(9)

_NAMES = {
    BLOCK: (
        "address article aside blockquote body center dd details dialog dir div dl dt fieldset "
        "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup html legend li "
        "main menu nav ol p pre section summary table tbody td tfoot th thead tr ul caption "
        "noindex content item description entry rss channel"
    ),
    SKIP: (
        "svg select button template object audio video canvas map datalist applet annotation "
        "annotation-xml progress meter"
    ),
    VOID: (
        "area base basefont bgsound col embed frame input keygen link meta param source track wbr"
    ),
    READING: "rt rp rtc",
    BREAK: "br",
    RULE: "hr",
    IMAGE: "img",
    LINK: "a",
}
KINDS = {name: kind for kind, names in _NAMES.items() for name in names.split()}
"""What to do at a start tag; an unknown name is inline."""

MEANINGS = {
    **dict.fromkeys(("nav", "aside", "footer", "menu", "dialog"), STRONG),
    **dict.fromkeys(("article", "main"), CONTENT),
    "figcaption": CAPTION,
}
"""What an element's own name says of it, where its attributes say nothing."""

CLOSES = {
    "li": (("li",), ("ul", "ol", "menu", "dir")),
    "dt": (("dt", "dd"), ("dl",)),
    "dd": (("dt", "dd"), ("dl",)),
    "tr": (("tr",), ("table",)),
    "td": (("td", "th"), ("tr", "table")),
    "th": (("td", "th"), ("tr", "table")),
    **dict.fromkeys(("tbody", "tfoot", "thead"), (("tbody", "thead", "tfoot", "tr"), ("table",))),
}
"""Start tag → open elements it ends, searched up to one of these."""

TABLE_SCOPE = frozenset(("td", "th", "table", "caption"))
"""An end tag of an element outside does not reach over one of these, unless it is one itself."""

LINK_HOLDS = frozenset(
    ("div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "figure", "figcaption", "section", "article",
     "header", "li", "ul")
)  # fmt: skip
"""Blocks that may stand in a link; any other ends one that was left open."""

UNSPACED = "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"
"""Thai, Lao, Tibetan, Burmese and Khmer: words are not parted by spaces."""
WIDE = (
    "\u1100-\u115f\u2e80-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6"
    "\U0001f000-\U0003ffff"
)
"""Wide characters of East Asia: neither their words nor their lines are parted by spaces."""

_SPACES = re.compile("[ \t\n\r\f\xa0]+")
_WIDE_BREAK = re.compile(rf"(?<=[{WIDE}])[ \t]*[\n\r\f][ \t\n\r\f]*(?=[{WIDE}])")
_SPACED_END = re.compile(rf"[^\W_{WIDE}{UNSPACED}]\Z")
_TAG_LIKE = re.compile("[A-Za-z/!?]")
_UNSEEN = str.maketrans("", "", "\u00ad\u200b\ufeff")
_ALT = re.compile(r"\salt\s*=\s*[\"']?([^\"'<>&\x00-\x7f]{1,8})[\"'\s>]", re.IGNORECASE)
_LANG = re.compile(r"(?:^|\s)(?:xml:)?lang\s*=\s*[\"']?([\w-]{2,35})", re.IGNORECASE)


@dataclass(slots=True)
class Leaf:
    """A run of text without a block boundary in it."""

    text: str
    """White space collapsed; lines parted by "\\n" where the page has ``<br>``."""
    box: int
    """Number of the block element it stands in."""
    links: int
    """Characters of it that are in links."""


@dataclass(slots=True)
class Boxes:
    """The block elements of a page, in order of their start tags; the first stands for the page."""

    tags: list[str] = field(default_factory=lambda: [""])
    parents: list[int] = field(default_factory=lambda: [0])
    hints: list[int] = field(default_factory=lambda: [NOTHING])
    languages: list[str] = field(default_factory=lambda: [""])
    """The nearest ``lang``, "" where there is none."""
    attributes: list[str] = field(default_factory=lambda: [""])


def clean(text: str, keep_lines: bool = False) -> str:
    """Return a piece of page text as shown: entities read, white space collapsed.

    A line break in the source between two wide characters is no space: 廣東\\n話 is 廣東話.
    Ideographic spaces stay, except at the ends; soft hyphens and zero width spaces go.
    """
    if "&" in text:
        text = unescape(text)
    if not text.isascii():
        text = text.translate(_UNSEEN)
        if not keep_lines:
            text = _WIDE_BREAK.sub("", text)
    if keep_lines:
        return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
    return _SPACES.sub(" ", text).strip(" \u3000")


class BlockReader:
    """Reads the tokens of one page into leaves and boxes."""

    def __init__(self, *, everything: bool = False, readings: bool = False) -> None:
        """Start with an empty page.

        ``everything`` reads what would be skipped: buttons, objects, hidden phrases. ``readings``
        keeps ruby annotations, in parentheses behind their base.
        """
        self.boxes = Boxes()
        self.leaves: list[Leaf] = []
        self.lost = 0
        """Characters of text that were skipped."""
        self._everything = everything
        self._readings = readings
        self._tags = [""]
        self._at = [0]
        self._skipped = [False]
        self._open: dict[str, int] = {}
        self._parts: list[str] = []
        self._links = 0
        self._link = False
        self._breaks = 0

    def read(self, tokens: Iterable[Token]) -> None:
        """Read a whole page."""
        parts, skipped, opened = self._parts, self._skipped, self._open
        for _, name, attributes, bare, text in tokens:
            if name:
                if name[0] == "/":
                    name = name[1:].lower()
                    kind = KINDS.get(name, INLINE)
                    if kind == LINK:
                        self._link = False
                    elif kind == BLOCK or name in opened:
                        self._end(name, kind)
                    elif kind == BREAK:
                        self._break()
                else:
                    name = name.lower()
                    kind = KINDS.get(name, INLINE)
                    if kind == INLINE:
                        if attributes or opened:
                            self._start_inline(name, attributes)
                    elif kind == BLOCK:
                        self._start_block(name, attributes)
                    elif kind != VOID:
                        self._start_other(name, kind, attributes)
            elif bare:
                # the rest of a tag that never ends is no text
                text = "" if _TAG_LIKE.match(text) else f"<{text}"
            if text:
                if skipped[-1]:
                    self.lost += len(text)
                elif parts or not text.isspace():
                    if self._link:
                        self._links += len(text)
                    if self._breaks and not text.isspace():
                        self._breaks = 0
                    parts.append(text)
        self._flush()

    def _start_inline(self, name: str, attributes: str) -> None:
        """An inline element: remembered only where it, or what is around it, is not read."""
        if self._skipped[-1]:
            if name in self._open:
                self._push(name, self._at[-1], True)
        elif attributes and not self._everything:
            said = hint(attributes)
            if said == HIDDEN or (said == WEAK and name == "sup"):
                self._push(name, self._at[-1], True)
            elif name in self._open:
                self._push(name, self._at[-1], False)

    def _start_other(self, name: str, kind: int, attributes: str) -> None:
        if kind == BREAK:
            self._break()
        elif kind == RULE:
            self._flush()
        elif kind == LINK:
            self._start_link(attributes)
        elif kind == IMAGE:
            self._image(attributes)
        elif kind == SKIP:
            self._push(name, self._at[-1], self._skipped[-1] or not self._everything)
        elif self._readings and name == "rt":
            self._parts.append("(")
            self._push(name, self._at[-1], self._skipped[-1])
        else:
            self._push(name, self._at[-1], True)

    def _start_link(self, attributes: str) -> None:
        parts = self._parts
        if self._skipped[-1] or ("href" not in attributes and "HREF" not in attributes):
            return
        # two links side by side are two words where words are parted by spaces
        if self._links and parts and not self._link and _SPACED_END.search(parts[-1]):
            parts.append(" ")
        self._link = True

    def _image(self, attributes: str) -> None:
        """Images of emoji are text; other images are not."""
        if attributes.isascii() or self._skipped[-1]:
            return
        found = _ALT.search(attributes)
        if found and not any(map(str.isalnum, found[1])):
            self._parts.append(found[1])

    def _break(self) -> None:
        """``<br>``: a line; two of them part paragraphs."""
        if self._skipped[-1]:
            return
        self._breaks += 1
        if self._breaks > 1:
            self._flush()
        else:
            self._parts.append("\0")

    def _flush(self) -> None:
        """End the leaf that is being read."""
        self._breaks = 0
        if not self._parts:
            return
        text = "".join(self._parts)
        self._parts.clear()
        if not text.isspace():
            box = self._at[-1]
            lines = self.boxes.tags[box] == "pre"
            if "\0" in text:
                pieces = (clean(piece, lines) for piece in text.split("\0"))
                text = "\n".join(filter(None, pieces))
            else:
                text = clean(text, lines)
            if text:
                self.leaves.append(Leaf(text, box, min(self._links, len(text))))
        self._links = 0

    def _push(self, name: str, box: int, skipped: bool) -> None:
        if len(self._tags) < MOST_DEPTH:
            self._tags.append(name)
            self._at.append(box)
            self._skipped.append(skipped)
            self._open[name] = self._open.get(name, 0) + 1

    def _pop_to(self, depth: int) -> None:
        """Close the open elements above a depth."""
        tags, opened = self._tags, self._open
        for name in tags[depth:]:
            opened[name] -= 1
            if not opened[name]:
                del opened[name]
        del tags[depth:], self._at[depth:], self._skipped[depth:]

    def _start_block(self, name: str, attributes: str) -> None:
        if self._parts:
            self._flush()
        self._breaks = 0
        if self._link and name not in LINK_HOLDS:
            self._link = False
        if "p" in self._open:
            self._imply(("p",), KINDS)
        if name in CLOSES:
            self._imply(*CLOSES[name])
        if len(self._tags) >= MOST_DEPTH or (name in ("html", "body") and name in self._open):
            return
        boxes, parent = self.boxes, self._at[-1]
        said, language = NOTHING, boxes.languages[parent]
        if attributes:
            said = hint(attributes)
            found = (
                _LANG.search(attributes) if "lang" in attributes or "LANG" in attributes else None
            )
            if found:
                language = found[1]
        if name in ("html", "body"):
            said = NOTHING
        boxes.hints.append(said or MEANINGS.get(name, NOTHING))
        boxes.tags.append(name)
        boxes.parents.append(parent)
        boxes.languages.append(language)
        boxes.attributes.append(attributes)
        self._push(name, len(boxes.tags) - 1, self._skipped[-1])

    def _imply(self, ends: Iterable[str], stops: Iterable[str]) -> None:
        """End an open element that the next one cannot stand in."""
        tags = self._tags
        for depth in range(len(tags) - 1, max(0, len(tags) - 40), -1):
            if tags[depth] in ends:
                self._pop_to(depth)
                return
            if tags[depth] in stops and (stops is not KINDS or KINDS[tags[depth]] == BLOCK):
                return

    def _end(self, name: str, kind: int) -> None:
        if kind == BLOCK:
            if self._parts:
                self._flush()
            self._breaks = 0
        if name not in self._open or name in ("body", "html"):
            return
        tags = self._tags
        inline = kind not in (BLOCK, SKIP)
        lowest = max(0, len(tags) - 1 - MOST_INLINE) if inline else 0
        for depth in range(len(tags) - 1, lowest, -1):
            if tags[depth] == name:
                if kind == READING and self._readings and not self._skipped[-1]:
                    self._parts.append(")")
                if inline and any(KINDS.get(tag) == BLOCK for tag in tags[depth + 1 :]):
                    self._forget(depth)
                else:
                    self._pop_to(depth)
                return
            if tags[depth] in TABLE_SCOPE and name not in TABLE_SCOPE:
                return

    def _forget(self, depth: int) -> None:
        """End an inline element around blocks that stay open."""
        name = self._tags[depth]
        self._tags[depth] = ""
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]
        self._open[""] = self._open.get("", 0) + 1
        for above in range(depth, len(self._tags)):
            self._skipped[above] = self._skipped[depth - 1]
