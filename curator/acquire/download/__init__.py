"""Downloads that can be stopped, account for every file, and leave servers standing.

``fetch`` takes a list of files; ``commoncrawl``, ``wikimedia`` and ``arxiv`` make such lists;
``fetch_pages`` takes single pages out of Common Crawl.
"""

from curator.acquire.download.columnar_index import IndexQuery
from curator.acquire.download.engine import Downloader, Fetched, fetch
from curator.acquire.download.entries import Row, Wanted
from curator.acquire.download.ledger import read_ledger
from curator.acquire.download.options import FetchOptions
from curator.acquire.download.pages import fetch_pages
from curator.acquire.download.session import Session

__all__ = [
    "Downloader",
    "FetchOptions",
    "Fetched",
    "IndexQuery",
    "Row",
    "Session",
    "Wanted",
    "fetch",
    "fetch_pages",
    "read_ledger",
]
