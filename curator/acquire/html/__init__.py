"""HTML to the main text of a page: our own extractor, and three of other makers.

Their names load on first use, so that an extractor whose package is not installed harms no other.
"""

from __future__ import annotations

import importlib
from typing import Any, Protocol

from curator.acquire.html.page import Block, Page, PageExtractor
from curator.errors import RecipeError

_HOMES = {
    "JusTextExtractor": ("curator.acquire.html.justext_text", "html-peers"),
    "ResiliparseExtractor": ("curator.acquire.html.resiliparse_text", "html-peers"),
    "TrafilaturaExtractor": ("curator.acquire.html.trafilatura_text", "html-peers"),
}

__all__ = [
    "Block",
    "HtmlExtractor",
    "JusTextExtractor",
    "Page",
    "PageExtractor",
    "ResiliparseExtractor",
    "TrafilaturaExtractor",
]


class HtmlExtractor(Protocol):
    """What turns a page into its main text."""

    def extract(self, html: str, url: str | None = None) -> str:
        """Return the main text, "" when there is none; never raises for bad HTML."""
        ...


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'curator.acquire.html' has no attribute {name!r}")
    home, extra = _HOMES[name]
    try:
        return getattr(importlib.import_module(home), name)
    except ModuleNotFoundError as error:
        raise RecipeError(
            f"{name}: the package {error.name} is not installed; pip install 'curator[{extra}]'"
        ) from error
