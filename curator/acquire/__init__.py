"""Sources of documents beyond plain files.

The names load on first use: a run reads one kind of source, and all took .1 s of its start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curator.later import names_later

if TYPE_CHECKING:
    from curator.acquire.arxiv import ArxivReader
    from curator.acquire.commoncrawl import CommonCrawlReader
    from curator.acquire.custom import CustomReader
    from curator.acquire.html_files import HtmlReader
    from curator.acquire.markdown import MarkdownReader
    from curator.acquire.pdf import PdfReader
    from curator.acquire.pycantonese import PyCantonese
    from curator.acquire.speech_manifest import SpeechManifestReader
    from curator.acquire.subtitles import SubtitleReader
    from curator.acquire.tables import TableReader
    from curator.acquire.warc import WarcReader
    from curator.acquire.wikipedia import WikipediaHtmlReader, WikipediaReader

_HOMES = {
    "ArxivReader": "curator.acquire.arxiv",
    "CommonCrawlReader": "curator.acquire.commoncrawl",
    "CustomReader": "curator.acquire.custom",
    "HtmlReader": "curator.acquire.html_files",
    "MarkdownReader": "curator.acquire.markdown",
    "PdfReader": "curator.acquire.pdf",
    "PyCantonese": "curator.acquire.pycantonese",
    "SpeechManifestReader": "curator.acquire.speech_manifest",
    "SubtitleReader": "curator.acquire.subtitles",
    "TableReader": "curator.acquire.tables",
    "WarcReader": "curator.acquire.warc",
    "WikipediaHtmlReader": "curator.acquire.wikipedia",
    "WikipediaReader": "curator.acquire.wikipedia",
}

__all__ = [
    "ArxivReader",
    "CommonCrawlReader",
    "CustomReader",
    "HtmlReader",
    "MarkdownReader",
    "PdfReader",
    "PyCantonese",
    "SpeechManifestReader",
    "SubtitleReader",
    "TableReader",
    "WarcReader",
    "WikipediaHtmlReader",
    "WikipediaReader",
]

__getattr__, __dir__ = names_later(__name__, _HOMES)
