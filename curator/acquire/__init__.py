"""Sources of documents beyond plain files."""

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
