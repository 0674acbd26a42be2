"""One page of a dump: its XML read by expat, without document types and so without entities."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

TITLE = re.compile(rb"<title>([^<]{0,4000})</title>")
PAGE_ID = re.compile(rb"<id>\s*([0-9]{1,18})\s*</id>")
NUMBER = re.compile(r"\s*-?[0-9]{1,18}\s*")
FIELDS = frozenset({"title", "ns", "id", "timestamp", "model", "username", "ip", "text"})


@dataclass
class Page:
    """What a dump says of one page; of several revisions the last."""

    title: str = ""
    id: int | None = None
    namespace: int | None = None
    redirect: str | None = None
    """Title of the page that this one leads to."""
    revision: int | None = None
    timestamp: str | None = None
    contributor: str | None = None
    model: str = "wikitext"
    text: str | None = None
    """Wikitext; ``None`` where the dump has none."""
    deleted: bool = False
    """The text was hidden by the wiki's administrators."""
    seen: set[str] = field(default_factory=set)


class InvalidXml(Exception):
    """Raised by ``parse_page``; the message says where and what."""


def parse_page(data: bytes) -> Page:
    """Return the page of ``<page>…</page>``; ``InvalidXml`` where it is none.

    An entity that XML does not know (``&lol;``) is an error: nothing defines one here. Memory is
    that of the page.
    """
    reading = _PageReading()
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.buffer_size = 1 << 20
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.data
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        place = f"line {error.lineno} of the page, column {error.offset + 1}"
        raise InvalidXml(f"{place}: {expat.ErrorString(error.code)}") from error
    return reading.page


class _PageReading:
    def __init__(self) -> None:
        self.page = Page()
        self.path: list[str] = []
        self.text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.path.append(tag)
        self.text = [] if tag in FIELDS and len(self.path) <= 4 else None
        if tag == "redirect" and len(self.path) == 2:
            self.page.redirect = attributes.get("title", "")
        elif tag == "revision" and len(self.path) == 2:
            self.page.revision = self.page.timestamp = self.page.contributor = None
            self.page.text, self.page.model, self.page.deleted = None, "wikitext", False
        elif tag == "text" and len(self.path) == 3:
            self.page.deleted = "deleted" in attributes

    def data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)

    def end(self, tag: str) -> None:
        if self.text is not None:
            self._keep(tag, "".join(self.text))
        self.text = None
        self.path.pop()

    def _keep(self, tag: str, text: str) -> None:
        page, path = self.page, self.path
        if len(path) == 2:
            if tag == "title":
                page.title = text
            elif tag == "ns":
                page.namespace = _number(text)
            elif tag == "id":
                page.id = _number(text)
        elif path[1] == "revision" and len(path) == 3:
            if tag == "id":
                page.revision = _number(text)
            elif tag == "timestamp":
                page.timestamp = text
            elif tag == "model":
                page.model = text
            elif tag == "text":
                page.text = text
        elif path[1:3] == ["revision", "contributor"] and tag in ("username", "ip"):
            page.contributor = text


def _number(text: str) -> int | None:
    return int(text) if NUMBER.fullmatch(text) else None


def glimpse(data: bytes) -> tuple[str | None, int | None]:
    """Return title and id of a page that cannot be parsed, as far as its head tells them."""
    head: Any = data[:8192]
    title, number = TITLE.search(head), PAGE_ID.search(head)
    text = title[1].decode("utf-8", "replace").replace("\0", "") if title else None
    return text, int(number[1]) if number else None
