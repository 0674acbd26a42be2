"""The lines of a paper on their way from commands to blocks of text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from curator.acquire.unspaced import BROKEN_LINE

SPACES = re.compile("[ \t\n]+")

SPACE_BEFORE_MARK = re.compile(r" +(?=[,.;:!?)\]，。；：！？）、])")

NEW_LINE = "\v"
"""A new line inside of a paragraph; ``\\n`` is a space there."""


class Writer:
    """Collects text in paragraphs; what belongs to another place is put aside."""

    def __init__(self) -> None:
        self.blocks: list[tuple[str, bool]] = []  # text, and whether it is an item of a list
        self.parts: list[str] = []
        self.aside: list[tuple[str, list[str]]] = []  # what is put aside, and the text around it
        self.captured: dict[str, str] = {}
        self.footnotes: list[str] = []
        self.lists: list[int | None] = []  # the next number of each list that is open
        self.marker = ""
        self.in_body = True
        self.begun = False

    def text(self) -> str:
        """Return title, abstract and all blocks."""
        while self.aside:
            self.release()
        self.block()
        front = [(self.captured.get(name, ""), False) for name in ("title", "abstract")]
        parts: list[str] = []
        item_before = False
        for text, item in [*(pair for pair in front if pair[0]), *self.blocks]:
            parts += ["\n" if item and item_before else "\n\n", text]
            item_before = item
        return "".join(parts[1:])

    def write(self, text: str) -> None:
        """Add to the paragraph."""
        if self.in_body or self.aside:
            self.parts.append(text)

    def put_aside(self, name: str) -> None:
        """Have what follows belong to ``title``, ``abstract`` or a ``footnote``."""
        self.aside.append((name, self.parts))
        self.parts = []

    def release(self) -> None:
        """End what was put aside."""
        if not self.aside:
            return
        text = _plain(self.parts)
        name, self.parts = self.aside.pop()
        if name == "footnote":
            self.footnotes.append(text)
        elif text:
            self.captured.setdefault(name, text)

    def block(self) -> None:
        """End a paragraph."""
        if self.aside:
            self.parts.append(" ")
            return
        text = _plain(self.parts)
        self.parts = []
        if text and self.in_body:
            self.blocks.append((self.marker + text, bool(self.lists)))
            self.marker = ""
        self.blocks += [(note, False) for note in self.footnotes if note]
        self.footnotes = []

    def start_body(self) -> None:
        """Forget the words before the first body; a part that has one of its own goes on."""
        if not self.begun:
            self.parts, self.footnotes, self.blocks = [], [], []
        self.in_body = self.begun = True


def _plain(parts: Sequence[str]) -> str:
    text = SPACES.sub(" ", BROKEN_LINE.sub("", "".join(parts)))
    lines = (SPACE_BEFORE_MARK.sub("", line).strip(" ") for line in text.split("\v"))
    return "\n".join(line for line in lines if line).replace("\u00a0", " ")
