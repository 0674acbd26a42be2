"""Wikimedia dumps by language: the article files of one wiki, with their published sums.

Source: dumps.wikimedia.org, ``<wiki>/<date>/dumpstatus.json`` and ``*-sha1sums.txt``.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from curator.acquire.download.entries import DIGITS, Wanted
from curator.acquire.download.session import Session, is_web
from curator.errors import DataError, RecipeError, shorten

BASE = "https://dumps.wikimedia.org"

ALIASES = {
    "be-tarask": "be_x_old", "cmn": "zh", "eng": "en", "gsw": "als", "ind": "id", "jav": "jv",
    "jw": "jv", "lzh": "zh_classical", "msa": "ms", "nan": "zh_min_nan", "rup": "roa_rup",
    "sgs": "bat_smg", "sun": "su", "vro": "fiu_vro", "yue": "zh_yue", "zho": "zh", "zsm": "ms",
}  # fmt: skip
"""Language codes whose wiki has another name in the database."""

PROJECTS = {
    "wikipedia": "wiki",
    **{
        name: name
        for name in (
            "wikibooks", "wikinews", "wikiquote", "wikisource", "wikiversity", "wikivoyage",
            "wiktionary",
        )
    },
}  # fmt: skip

DATABASE = re.compile(r"[a-z]{2,}(_[a-z]+)*(" + "|".join(sorted(set(PROJECTS.values()))) + ")")

JOBS = {
    True: ("articlesmultistreamdump", "articlesmultistreamdumprecombine"),
    False: ("articlesdump", "articlesdumprecombine"),
}
"""Jobs of dumpstatus.json by whether the file is multistream: many small bz2 streams in a row,
which can be unpacked in parallel."""

PIECE = re.compile(r"(articles|multistream|index)[0-9]+\.(xml|txt)")
"""Name of a piece of a dump, beside which the whole may stand."""

LATEST_TRIED = 4
"""Dumps looked at, from the newest, for one that is finished."""


def database_name(language: str, project: str = "wikipedia") -> str:
    """Return the database's name of a language's wiki: yue → zh_yuewiki, jav → jvwiki.

    A database's name is taken as it is. A code without a wiki is found out when its dumps are
    asked for.
    """
    if project not in PROJECTS:
        raise RecipeError(f"Wikimedia has no project {project!r}; known: {', '.join(PROJECTS)}")
    code = language.strip().lower()
    if DATABASE.fullmatch(code):
        return code
    if not re.fullmatch("[a-z]{2,}([-_][a-z]+)*", code):
        raise RecipeError(f"{shorten(language)} is no language code; write one such as yue or jv")
    return ALIASES.get(code, code.replace("-", "_")) + PROJECTS[project]


def dump_files(
    session: Session, wiki: str, date: str = "latest", multistream: bool = True
) -> list[Wanted]:
    """Return the article files of a dump, and the indexes of multistream ones, with their sums.

    ``wiki``: database name; ``date``: ``YYYYMMDD`` or ``latest``, the newest dump whose articles
    are finished. ``DataError`` when there is none, or it lists no articles.
    """
    if not session.options.contact and urlsplit(session.base).hostname == urlsplit(BASE).hostname:
        raise RecipeError(
            "dumps.wikimedia.org turns away programs that do not say whom to ask; "
            "give --contact with your e-mail address or web page"
        )
    if date != "latest":
        if not re.fullmatch("[0-9]{8}", date):
            raise RecipeError(f"{shorten(date)} is no date of a dump; write YYYYMMDD or latest")
        files = _of_date(session, wiki, date, multistream)
        if not files:
            raise DataError(
                f"{session.base}/{wiki}/{date}/: its articles are not finished; "
                "wait some days or choose an earlier date"
            )
        return files
    dates = _dates(session, wiki)
    for date in dates[:LATEST_TRIED]:
        if files := _of_date(session, wiki, date, multistream):
            return files
    raise DataError(
        f"{session.base}/{wiki}/: none of {', '.join(dates[:LATEST_TRIED])} has finished articles; "
        "give --date"
    )


def _dates(session: Session, wiki: str) -> list[str]:
    """Return the dates of a wiki's dumps, newest first."""
    if not is_web(session.base):
        listed = session.stores.list(f"{session.base}/{wiki}", "dumpstatus.json")
        found = {match[1] for url in listed if (match := re.search(r"/([0-9]{8})/[^/]*$", url))}
    else:
        url = f"{session.base}/{wiki}/"
        page = session.document(url).decode("utf-8", "replace")
        found = set(re.findall(r'href="[^"]{0,200}?\b([0-9]{8})/?"', page))
    if not found:
        raise DataError(f"{session.base}/{wiki}/: lists no dump; give --date")
    return sorted(found, reverse=True)


def _of_date(session: Session, wiki: str, date: str, multistream: bool) -> list[Wanted]:
    """Return the files of one dump; empty when the job is not finished."""
    url = f"{session.base}/{wiki}/{date}/dumpstatus.json"
    try:
        jobs = json.loads(session.document(url))["jobs"]
        found = [job for name in JOBS[multistream] if (job := jobs.get(name)) is not None]
        done = {
            name: about
            for job in found
            if job["status"] == "done"
            for name, about in job.get("files", {}).items()
            if _is_articles(name)
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{url}: is no status of a dump ({error!r}); choose another date"
        ) from error
    whole = {name: done[name] for name in done if not PIECE.search(name)}
    if any(".xml" in name for name in whole):  # of large wikis there are pieces as well
        done = whole
    sums = _sums(session, wiki, date) if done and not all(map(_checksum, done.values())) else {}
    names = sorted(done, key=lambda name: (".xml" not in name, name))  # indexes last
    return [_wanted(session, wiki, date, name, done[name], sums) for name in names]


def _is_articles(name: str) -> bool:
    kind = ".xml" in name or "-multistream-index" in name
    return "pages-articles" in name and kind and name.endswith((".bz2", ".gz", ".zst"))


def _wanted(
    session: Session, wiki: str, date: str, name: str, about: dict[str, Any], sums: dict[str, str]
) -> Wanted:
    # from the name and not from the given URL: a mirror may keep the tree under another root
    address = session.address(f"{wiki}/{date}/{name}")
    size = about.get("size")
    checksum = _checksum(about) or sums.get(name, "")
    return Wanted(
        address, f"{wiki}/{date}/{name}", size if isinstance(size, int) else None, checksum
    )


def _checksum(about: dict[str, Any]) -> str:
    for kind in ("sha1", "md5"):
        if re.fullmatch(f"[0-9a-f]{{{DIGITS[kind]}}}", str(about.get(kind, "")).lower()):
            return f"{kind}:{about[kind].lower()}"
    return ""


def _sums(session: Session, wiki: str, date: str) -> dict[str, str]:
    """Return ``name -> sum`` of a dump whose status lacks them, as some mirrors' do."""
    text = session.document(session.address(f"{wiki}/{date}/{wiki}-{date}-sha1sums.txt"))
    return parse_sums(text.decode("utf-8", "replace"), "sha1")


def parse_sums(text: str, kind: str) -> dict[str, str]:
    """Return ``name -> kind:digits`` out of lines as ``sha1sum`` and ``md5sum`` write them."""
    lines = re.findall(rf"^([0-9A-Fa-f]{{{DIGITS[kind]}}}) [ *](\S+)\s*$", text, re.MULTILINE)
    return {name: f"{kind}:{digits.lower()}" for digits, name in lines}
