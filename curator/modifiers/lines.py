"""Line breaks and whole lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from curator.errors import RecipeError
from curator.kernels import unicode
from curator.kernels.buffers import Utf8
from curator.modifiers.base import DocumentModifier

_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_MANY_BREAKS = re.compile("\n{3,}")


@dataclass(frozen=True)
class NewlineNormalizer(DocumentModifier):
    """Makes every line break a line feed, and three or more of them two.

    CRLF, CR, NEL, U+2028 and U+2029 count as breaks: 「一\\r\\n二」 becomes 「一\\n二」. On text
    with line feeds alone the result is NeMo Curator's.
    """

    idempotent = True

    def modify_document(self, text: str) -> str:
        """Return the text with its line breaks made uniform; empty text stays empty."""
        return _MANY_BREAKS.sub("\n\n", _BREAKS.sub("\n", text))

    def may_change(self, texts: Utf8) -> np.ndarray:
        """Return bool[n], exact."""
        return unicode.contains_any(texts, "\r\x85\u2028\u2029") | unicode.contains_text(
            texts, ["\n\n\n"]
        )


@dataclass(frozen=True)
class LineRemover(DocumentModifier):
    """Removes lines that are exactly one of some patterns, as in NeMo Curator.

    A line is a piece between line feeds; space at its ends counts. ``LineRemover(["分享"])``
    takes the line 「分享」 out and leaves 「分享會」.
    """

    patterns: tuple[str, ...]
    """The lines to remove; a list is taken too. "" removes empty lines."""

    idempotent = True

    def __post_init__(self) -> None:
        if isinstance(self.patterns, str):
            raise RecipeError(
                f"LineRemover: patterns is one string ({self.patterns!r}); give a list of lines"
            )
        object.__setattr__(self, "patterns", tuple(self.patterns))

    def modify_document(self, text: str) -> str:
        """Return the text without those lines."""
        return "\n".join(line for line in text.split("\n") if line not in self.patterns)

    def may_change(self, texts: Utf8) -> np.ndarray:
        """Return bool[n], exact but for an empty text and the pattern ""."""
        return unicode.contains_line(texts, self.patterns)
