"""Folders of saved web pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pyarrow as pa

from curator.acquire.charset import decode
from curator.acquire.documents import FileReader, add_document
from curator.acquire.html import HtmlExtractor, PageExtractor
from curator.io.rows import Flaw, Rows


@dataclass(frozen=True)
class HtmlReader(FileReader):
    """Reads HTML files: the main text of a page is one document.

    The bytes are decoded by byte order mark, ``charset``, the page's own ``<meta>``, strict UTF-8
    or a detector, in this order, and ``charset``, ``charset_source`` and ``replacements`` (how
    many bytes or sequences were no character) travel as metadata beside ``title`` and
    ``language``, which an extractor without the method ``page`` leaves null. A page in which the
    extractor finds no text is a ledger row with the reason ``no_main_text``.
    """

    extractor: HtmlExtractor = field(
        default_factory=PageExtractor, metadata={"shelf": "extractors"}
    )
    """What tells the text from the rest of the page."""
    charset: str | None = None
    """Label of the charset where it is known, as a server would send it; ``None`` to find out."""

    extensions: ClassVar[tuple[str, ...]] = (".html", ".htm", ".xhtml")
    metadata: ClassVar[pa.Schema] = pa.schema(
        [
            ("title", pa.large_string()),
            ("language", pa.large_string()),
            ("charset", pa.large_string()),
            ("charset_source", pa.large_string()),
            ("replacements", pa.int64()),
        ]
    )

    def add_rows(self, rows: Rows, data: bytes) -> None:
        """Append the page."""
        decoded = decode(data, self.charset)
        page: Callable[..., Any] | None = getattr(self.extractor, "page", None)
        if page is None:
            text, title, language = self.extractor.extract(decoded.text), None, None
        else:
            found = page(decoded.text, None)
            text, title, language = found.text, found.title, found.language
        blank = Flaw("no_main_text", 1, "the extractor found no text; try another extractor")
        values = (title, language, decoded.charset, decoded.source, decoded.replacements)
        add_document(rows, text, 1, values, blank)
