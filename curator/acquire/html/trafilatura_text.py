"""Main text by trafilatura."""

from __future__ import annotations

from dataclasses import dataclass

import trafilatura


@dataclass(frozen=True)
class TrafilaturaExtractor:
    """The main text of a page by trafilatura (extra ``curator[html-peers]``).

    Careful with articles in European languages, a quarter of ``PageExtractor``'s speed.
    """

    max_characters: int = 2_000_000
    """Length up to which a page is read."""
    comments: bool = False
    """Whether readers' comments are text."""
    tables: bool = True
    """Whether tables are text."""
    favor_recall: bool = False
    """Whether to take more where it is unsure."""

    def extract(self, html: str, url: str | None = None) -> str:
        """Return the main text, "" when there is none."""
        # NULs and lone surrogates cannot be handed to its parser
        html = html[: self.max_characters].replace("\0", "")
        html = html.encode("utf-8", "replace").decode("utf-8")
        if not html.strip():
            return ""
        text: str | None = trafilatura.extract(
            html,
            url=url,
            include_comments=self.comments,
            include_tables=self.tables,
            favor_recall=self.favor_recall,
        )
        return text or ""
