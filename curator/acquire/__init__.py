"""Sources of documents beyond plain files."""

from curator.acquire.arxiv import ArxivReader
from curator.acquire.custom import CustomReader
from curator.acquire.html_files import HtmlReader
from curator.acquire.markdown import MarkdownReader
from curator.acquire.pdf import PdfReader
from curator.acquire.pycantonese import PyCantonese
from curator.acquire.speech_manifest import SpeechManifestReader
from curator.acquire.subtitles import SubtitleReader
from curator.acquire.tables import TableReader

__all__ = [
    "ArxivReader",
    "CustomReader",
    "HtmlReader",
    "MarkdownReader",
    "PdfReader",
    "PyCantonese",
    "SpeechManifestReader",
    "SubtitleReader",
    "TableReader",
]
