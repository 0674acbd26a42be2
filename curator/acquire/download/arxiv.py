"""ArXiv sources: the tar files that its manifest lists.

Source: ``s3://arxiv/src/arXiv_src_manifest.xml`` (info.arxiv.org, bulk data). The bucket is
"requester pays": Amazon bills whoever downloads.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from curator.acquire.download.entries import DIGITS, Wanted
from curator.acquire.download.session import Session
from curator.errors import DataError, RecipeError, shorten

BASE = "s3://arxiv"
MANIFEST = "src/arXiv_src_manifest.xml"

MONTH = re.compile("[0-9]{2}(0[1-9]|1[0-2])")
FIRST_YEAR = 91
"""Two digits of ArXiv's first year: 9108 is August 1991 and 2403 March 2024."""


def source_files(session: Session, start: str = "", end: str = "") -> list[Wanted]:
    """Return the source tars of the months ``start`` to ``end`` (``yymm``, both optional).

    In the order of the manifest, with sizes and MD5 sums. ``DataError`` when the manifest cannot
    be had or is not one.
    """
    bounds = [_month(month) if month else None for month in (start, end)]
    if bounds[0] and bounds[1] and bounds[0] > bounds[1]:
        raise RecipeError(f"months {start} to {end} run backwards; exchange them")
    if session.base == BASE and not session.options.storage.get("requester_pays"):
        raise RecipeError(
            "Amazon bills whoever downloads from s3://arxiv; agree with --s3 requester-pays, "
            "or name a mirror with --base-url"
        )
    url = f"{session.base}/{MANIFEST}"
    wanted = []
    for entry in parse_manifest(session.document(url), url):
        month = _month(entry.get("yymm", ""))
        if (bounds[0] and month < bounds[0]) or (bounds[1] and month > bounds[1]):
            continue
        name, size = entry.get("filename", ""), entry.get("size", "")
        sum_ = entry.get("md5sum", "").lower()
        wanted.append(
            Wanted(
                session.address(name),
                name,
                int(size) if re.fullmatch("[0-9]{1,15}", size) else None,
                f"md5:{sum_}" if re.fullmatch(f"[0-9a-f]{{{DIGITS['md5']}}}", sum_) else "",
            )
        )
    return wanted


def parse_manifest(data: bytes, url: str) -> list[dict[str, str]]:
    """Return the fields of every ``<file>`` of a manifest; ``DataError`` for anything else.

    Declarations of entities are refused: a manifest has none, and bombs are made of them.
    """
    entries: list[dict[str, str]] = []
    path: list[str] = []
    text: list[str] = []

    def start(name: str, _: dict[str, str]) -> None:
        path.append(name)
        text.clear()
        if path == ["arXivSRC", "file"]:
            entries.append({})
        if len(path) > 8:
            raise ValueError("it is nested too deep")

    def end(name: str) -> None:
        if path[:-1] == ["arXivSRC", "file"]:
            entries[-1][name] = "".join(text).strip()
        path.pop()

    def entity(name: str, *_: object) -> None:
        raise ValueError(f"it declares the entity {shorten(name)}")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(data, True)
        if not entries:
            raise ValueError("it lists no file")
    except (expat.ExpatError, ValueError) as error:
        raise DataError(f"{url}: is no manifest of ArXiv: {error}; check --base-url") from error
    return entries


def _month(text: str) -> tuple[int, int]:
    if not MONTH.fullmatch(text):
        raise RecipeError(f"{shorten(text)} is no month; write yymm, such as 2403 for March 2024")
    year = int(text[:2])
    return (year + (1900 if year >= FIRST_YEAR else 2000)), int(text[2:])
