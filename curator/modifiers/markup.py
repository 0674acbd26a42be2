"""Markup, quotation marks around a text, and cutting a piece out of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import regex

from curator.kernels import unicode
from curator.kernels.buffers import Utf8
from curator.modifiers.base import DocumentModifier

_BOLD = regex.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*")
_ITALIC = regex.compile(r"(?<!\*)\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?!\*)")
# Not inside a word: snake_case keeps its underscores, 「我_好_開心」 loses them.
_UNDERLINE = regex.compile(r"(?<![0-9A-Za-z_])_(?=[^\s_])([^_\n]+?)(?<=[^\s_])_(?![0-9A-Za-z_])")
_LINK = regex.compile(r"!?\[([^\[\]\n]*)\]\(([^()\n]*)\)")


@dataclass(frozen=True)
class MarkdownRemover(DocumentModifier):
    """Removes Markdown's bold, italic and underline marks, and takes links apart.

    「**好** [正](https://a.hk)」 becomes 「好 正」, "*কথা*" becomes "কথা". Marks count only where
    Markdown itself would see them: "2 * 3 * 4" and "snake_case_name" stay.
    """

    links: Literal["text", "url"] = "text"
    """What stays of a link. NeMo Curator kept the address: "url"."""

    idempotent = True

    def modify_document(self, text: str) -> str:
        """Return the text without these marks; empty text stays empty."""
        kept = r"\1" if self.links == "text" else r"\2"
        while True:
            changed = _LINK.sub(kept, text)
            for expression in (_BOLD, _ITALIC, _UNDERLINE):
                changed = expression.sub(r"\1", changed)
            if changed == text:
                return text
            text = changed

    def may_change(self, texts: Utf8) -> np.ndarray:
        """Return bool[n]: whether one of * _ [ stands in the text."""
        return unicode.contains_any(texts, "*_[")


_QUOTES = {'"': '"', "“": "”", "「": "」", "『": "』", "«": "»", "„": "“", "＂": "＂"}


@dataclass(frozen=True)
class QuotationRemover(DocumentModifier):
    """Removes the quotation marks around a whole document.

    With the straight mark the rule is NeMo Curator's: the text is longer than two characters,
    begins and ends with it, and has one line, or a first line that does not end with it. Marks
    that come in pairs must belong together: 「好」 becomes 好, while 「甲」同「乙」 stays.
    """

    def modify_document(self, text: str) -> str:
        """Return the text without the marks around it; empty text stays empty."""
        if len(text.strip()) <= 2 or _QUOTES.get(text[0]) != text[-1]:
            return text
        opener, closer = text[0], text[-1]
        if opener == closer:
            first_line = text.split("\n", 1)[0]
            split = "\n" in text.strip() and first_line[-1] == closer
            return text if split else text[1:-1]
        depth = 0
        for character in text[:-1]:
            depth += (character == opener) - (character == closer)
            if depth == 0:
                return text
        return text[1:-1]

    def may_change(self, texts: Utf8) -> np.ndarray:
        """Return bool[n]: whether a closing mark's last byte ends the text."""
        found = np.zeros(texts.n_documents, bool)
        filled = np.flatnonzero(np.diff(texts.offsets) > 2)
        last = texts.data[texts.offsets[filled + 1] - 1]
        first = texts.data[texts.offsets[filled]]
        starts = [mark.encode()[0] for mark in _QUOTES]
        ends = [mark.encode()[-1] for mark in _QUOTES.values()]
        found[filled] = np.isin(first, starts) & np.isin(last, ends)
        return found


@dataclass(frozen=True)
class Slicer(DocumentModifier):
    """Cuts a piece out of a document, by index or by a string, as in NeMo Curator.

    ``Slicer(left="正文：", include_left=False)`` keeps what follows 「正文：」. It has no scan:
    almost every text changes, and cutting is as cheap as looking.
    """

    left: int | str | None = 0
    """First character kept, or the string whose first occurrence begins the piece."""
    right: int | str | None = None
    """Character the piece ends before, or the string whose last occurrence ends it."""
    include_left: bool = True
    """Whether a string on the left is part of the piece."""
    include_right: bool = True
    """Whether a string on the right is part of the piece."""
    strip: bool = True
    """Whether space around the piece is taken off."""

    def modify_document(self, text: str) -> str:
        """Return the piece; "" where a string is not found or the bounds cross."""
        start, end = self.left or 0, len(text) if self.right is None else self.right
        if isinstance(start, str):
            found = text.find(start)
            if found < 0:
                return ""
            start = found if self.include_left else found + len(start)
        if isinstance(end, str):
            found = text.rfind(end)
            if found < 0:
                return ""
            end = found + len(end) if self.include_right else found
        piece = text[start:end]
        return piece.strip() if self.strip else piece
