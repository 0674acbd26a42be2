"""Wikipedia dumps: XML and wikitext, or HTML, to documents."""

from curator.acquire.wikipedia.html_dump import WikipediaHtmlReader
from curator.acquire.wikipedia.reader import WikipediaReader
from curator.acquire.wikipedia.site import Site
from curator.acquire.wikipedia.template_report import template_report
from curator.acquire.wikipedia.wikitext import WikitextConverter

__all__ = [
    "Site",
    "WikipediaHtmlReader",
    "WikipediaReader",
    "WikitextConverter",
    "template_report",
]
