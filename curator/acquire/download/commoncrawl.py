"""Common Crawl by snapshot: which WARC or WET files there are.

Sources: data.commoncrawl.org (``crawl-data/<crawl>/warc.paths.gz``, ``crawl-data/CC-NEWS/``) and
index.commoncrawl.org/collinfo.json (the list of crawls).
"""

from __future__ import annotations

import json
import re

from curator.acquire.download.entries import Wanted
from curator.acquire.download.session import Session
from curator.errors import DataError, RecipeError, shorten

BASE = "https://data.commoncrawl.org"
CRAWLS = "https://index.commoncrawl.org/collinfo.json"

CRAWL = re.compile(r"(?:CC-MAIN-)?([0-9]{4}-[0-9]{2})")
MONTH = re.compile(r"(?:CC-NEWS-)?([0-9]{4})-(0[1-9]|1[0-2])")
FIRST_NEWS = (2016, 8)
"""Year and month of the first news archive."""


def crawl_files(session: Session, crawls: list[str], kind: str = "warc") -> list[Wanted]:
    """Return the files of crawls, in the order in which Common Crawl lists them.

    ``kind``: ``warc`` (pages with headers, about 1 GB each), ``wet`` (text as Common Crawl cut it
    out; its decoding and cutting cannot be undone) or ``wat`` (metadata). ``DataError`` when a
    list cannot be had or names something that is no file under the base.
    """
    if kind not in ("warc", "wet", "wat"):
        raise RecipeError(f"Common Crawl has no {kind} files; known: warc, wat, wet")
    wanted = []
    for crawl in crawls:
        list_url = f"{session.base}/crawl-data/{crawl}/{kind}.paths.gz"
        for name in _names(session, list_url):
            last = name.rpartition("/")[2]
            # one folder a crawl: CC-NEWS/2024/03 is CC-NEWS-2024-03
            wanted.append(Wanted(session.address(name), f"{crawl.replace('/', '-')}/{last}"))
    return wanted


def crawls_between(session: Session, start: str, end: str, crawls_url: str = "") -> list[str]:
    """Return the names of all crawls from ``start`` to ``end`` (``2024-10`` or its full name).

    One crawl needs no look-up; a range asks for the list of crawls at ``crawls_url`` (default:
    Common Crawl's, or ``collinfo.json`` under the base of a mirror).
    """
    first, last = _crawl(start), _crawl(end or start)
    if first > last:
        raise RecipeError(f"snapshots {start} to {end} run backwards; exchange them")
    if first == last:
        return [f"CC-MAIN-{first}"]
    url = crawls_url or (CRAWLS if session.base == BASE else f"{session.base}/collinfo.json")
    try:
        listed = [str(entry["id"]) for entry in json.loads(session.document(url))]
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{url}: is no list of crawls ({error}); check --crawls-url") from error
    found = sorted(
        match[1]
        for name in listed
        if (match := CRAWL.fullmatch(name)) and first <= match[1] <= last
    )
    if not found:
        raise DataError(f"{url}: lists no crawl from {first} to {last}; choose other snapshots")
    return [f"CC-MAIN-{name}" for name in found]


def news_between(start: str, end: str) -> list[str]:
    """Return the names of the news archives of all months from ``start`` to ``end``."""
    first, last = _month(start), _month(end or start)
    if first > last:
        raise RecipeError(f"months {start} to {end} run backwards; exchange them")
    months = range(first[0] * 12 + first[1] - 1, last[0] * 12 + last[1])
    return [f"CC-NEWS/{month // 12}/{month % 12 + 1:02}" for month in months]


def _names(session: Session, url: str) -> list[str]:
    try:
        text = session.document(url).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{url}: is no list of files ({error}); check --base-url") from error
    names = [line.strip() for line in text.split("\n")]
    return [name for name in names if name]


def _crawl(text: str) -> str:
    match = CRAWL.fullmatch(text.strip())
    if not match:
        raise RecipeError(f"{shorten(text)} is no snapshot; write year and week, such as 2024-10")
    return match[1]


def _month(text: str) -> tuple[int, int]:
    match = MONTH.fullmatch(text.strip())
    if not match or (int(match[1]), int(match[2])) < FIRST_NEWS:
        raise RecipeError(
            f"{shorten(text)} is no month with news; write year and month, from 2016-08 on"
        )
    return int(match[1]), int(match[2])
