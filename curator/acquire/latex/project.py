"""The source of one paper: which files it has, in which charset, and which is the main one."""

from __future__ import annotations

import io
import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from curator.acquire.archive import Damaged, gunzipped, is_tar, members
from curator.acquire.charset import decode

TEX = (".tex", ".ltx", ".latex", ".tex.txt", ".ltx.txt")

KEPT = (*TEX, ".bbl", ".txt", ".json", ".xxx", ".yaml", "")
"""Endings of files that are looked at; the last is none at all."""

MAX_MEMBERS = 20_000

MAX_GZIP_LEVELS = 3

DOCUMENT_CLASS = re.compile(r"^[^%\n]*\\document(?:class|style)", re.MULTILINE)
PART_CLASS = re.compile(r"\\documentclass(?:\[[^\]]{0,200}\])?\{(?:subfiles|standalone)\}")
BEGIN_DOCUMENT = re.compile(r"^[^%\n]*\\begin\s{0,9}\{document\}", re.MULTILINE)
PLAIN_TEX = re.compile(
    r"^[^%\n]*\\(?:bye|magnification|end\s*$|input\s{1,9}(?:amstex|harvmac|amsppt|phyzzx|jnl|lanlmac)|beginsection)",
    re.MULTILINE,
)
INPUTS = re.compile(r"\\(?:input|include|subfile)\s{0,9}\{?\s{0,9}([^\s{}\\%]{1,200})")
INPUT_ENCODING = re.compile(
    rb"\\usepackage\s{0,9}\[([^\]]{1,60})\]\s{0,9}\{(?:inputenc|inputenx)\}|\\inputencoding\{([^}]{1,40})\}"
)
CJK_ENCODING = re.compile(
    rb"\\begin\s{0,9}\{CJK\*?\}\s{0,9}(?:\[[^\]]{0,40}\])?\{([A-Za-z0-9]{1,12})\}"
)

LABELS = {
    "latin1": "windows-1252", "ansinew": "windows-1252", "cp1252": "windows-1252",
    "latin2": "iso-8859-2", "latin3": "iso-8859-3", "latin4": "iso-8859-4",
    "latin5": "windows-1254",
    "latin9": "iso-8859-15", "latin10": "iso-8859-16", "cp1250": "windows-1250",
    "cp1251": "windows-1251", "cp1257": "windows-1257", "koi8-r": "koi8-r", "koi8-u": "koi8-u",
    "cp866": "ibm866", "applemac": "macintosh", "utf8": "utf-8", "utf8x": "utf-8",
    "gbk": "gb18030", "gb": "gb18030", "bg5": "big5", "big5": "big5", "sjis": "shift_jis",
    "jis": "euc-jp", "ks": "euc-kr", "euc": "euc-jp",
}  # fmt: skip
"""What packages call charsets; CJK's ``JIS``, ``KS`` and ``GB`` are read in their EUC form."""

LIKELY_NAMES = ("main", "ms", "paper", "article", "manuscript", "root", "arxiv")

WITHDRAWN_CHARACTERS = 4000

WITHDRAWN = re.compile("withdrawn|withdrew", re.IGNORECASE)


class NoPaper(Exception):
    """Raised for a source that has no text, and why."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(what)
        self.reason, self.what = reason, what


class Decoded(NamedTuple):
    """A file as text."""

    text: str
    charset: str
    replacements: int


@dataclass
class Project:
    """The files of one paper."""

    data: Mapping[str, bytes]
    """By normal name: relative, without ``..``."""
    label: str | None = None
    """Charset that the paper names."""
    texts: dict[str, Decoded] = field(default_factory=dict)
    """Those decoded so far."""

    def text(self, name: str) -> str:
        """Return a file as text: UTF-8 where all of it is, else what the paper names."""
        if name not in self.texts:
            data = self.data[name]
            try:
                self.texts[name] = Decoded(data.decode().removeprefix("\ufeff"), "utf-8", 0)
            except UnicodeDecodeError:
                found = decode(data, self.label, meta=False)
                self.texts[name] = Decoded(found.text, found.charset, found.replacements)
            decoded = self.texts[name]
            text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
            self.texts[name] = decoded._replace(text=text)
        return self.texts[name].text

    def find(self, wanted: str, folder: str) -> tuple[str, str] | None:
        """Return name and text of a file that a paper in ``folder`` reads in."""
        wanted = wanted.strip().strip('"')
        for root in dict.fromkeys((folder, "")):
            for name in (wanted, f"{wanted}.tex"):
                normal = normal_name(posixpath.join(root, name))
                if normal in self.data:
                    return normal, self.text(normal)
        return None


def normal_name(name: str) -> str:
    """Return a name without ``.`` and ``..``; "" for one that leads out of its archive."""
    normal = posixpath.normpath(name)
    return "" if normal.startswith(("..", "/")) or "\0" in name else normal


def open_project(data: bytes, name: str, max_bytes: int) -> Project:
    """Return the files of a paper: TeX, or a tar archive of it, in gzip or not.

    At most ``max_bytes`` are unpacked. Raises ``NoPaper`` for PDF, PostScript and the like, and
    ``Damaged``.
    """
    for _ in range(MAX_GZIP_LEVELS):
        if data[:2] != b"\x1f\x8b":
            break
        data = gunzipped(data, max_bytes)
        name = name.removesuffix(".gz")
    if len(data) > max_bytes:
        raise Damaged("paper_too_large", f"it has more than {max_bytes} bytes")
    if is_tar(data):
        return _labelled(_archive(data))
    _check_kind(data)
    base = posixpath.basename(name) or "paper"
    return _labelled({base if base.lower().endswith(TEX) else f"{base}.tex": data})


def _check_kind(data: bytes) -> None:
    head = data[:1024].lstrip()
    lowered = head[:256].lower()
    if head.startswith(b"%PDF"):
        raise NoPaper("pdf_only", "there is a PDF and no source")
    if head.startswith((b"%!PS", b"%!ps", b"\x04%!PS")):
        raise NoPaper("postscript_only", "there is PostScript and no source")
    if lowered.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise NoPaper("html_only", "there is a web page and no source")
    if not head:
        raise NoPaper("empty_source", "the source is empty")
    if head.startswith((b"PK\3\4", b"\x1f\x9d", b"BZh", b"\xfd7zXZ")) or b"\0\0\0" in head:
        raise NoPaper("not_tex", "the source is no TeX")


def _archive(data: bytes) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    kinds: set[str] = set()
    for number, member in enumerate(members(io.BytesIO(data), len(data), marked=False)):
        if number >= MAX_MEMBERS:
            raise Damaged("paper_too_large", f"it has more than {MAX_MEMBERS} files")
        name = normal_name(member.name)
        lowered = name.lower()
        stem, ending = posixpath.splitext(posixpath.basename(lowered))
        kinds.add(ending)
        if name and (ending in KEPT or lowered.endswith(TEX) or stem == "00readme"):
            files[name] = data[member.start : member.start + member.size]
    if not any(_may_be_tex(name) for name in files):
        for ending, reason in (
            (".pdf", "pdf_only"),
            (".ps", "postscript_only"),
            (".html", "html_only"),
        ):
            if ending in kinds:
                raise NoPaper(reason, f"there are {ending[1:]} files and no source")
        raise NoPaper("not_tex", "there is no TeX file")
    return files


def _may_be_tex(name: str) -> bool:
    return name.lower().endswith((*TEX, ".txt")) or "." not in posixpath.basename(name)


def _labelled(data: dict[str, bytes]) -> Project:
    label = None
    for name in sorted(data):
        for pattern in (INPUT_ENCODING, CJK_ENCODING):
            match = pattern.search(data[name])
            if match:
                found = next(group for group in match.groups() if group).decode("ascii", "replace")
                names = (part.strip().lower() for part in found.split(","))
                label = label or next((LABELS[part] for part in names if part in LABELS), None)
    return Project(data, label)


def main_file(project: Project) -> str:
    """Return the name of the file that is the paper; raises ``NoPaper`` where there is none.

    Named by the archive's ``00README``, else the file with a document class and a body that no
    other file reads in; of several the one with a usual name or its own list of references, then
    the largest.
    """
    candidates = sorted(name for name in project.data if _may_be_tex(name))
    named = [name for name in _named_main(project) if name in project.data]
    if named:
        return named[0]
    texts = {name: project.text(name) for name in candidates}
    read_in = {
        found[0]
        for name, text in texts.items()
        for wanted in INPUTS.findall(text)
        if (found := project.find(wanted, posixpath.dirname(name))) and found[0] != name
    }
    scores = {name: _score(name, text, project, name in read_in) for name, text in texts.items()}
    best = max(candidates, key=lambda name: (scores[name], len(texts[name])), default="")
    if best and scores[best] > 0:
        return best
    longest = max(texts.values(), key=len, default="")
    if len(longest) <= WITHDRAWN_CHARACTERS and WITHDRAWN.search(longest):
        raise NoPaper("withdrawn", "the paper was withdrawn")
    raise NoPaper("no_main_file", "no file has a document class and a body, or is plain TeX")


def _score(name: str, text: str, project: Project, read_in: bool) -> int:
    stem, _ = posixpath.splitext(name)
    has_class, has_body = DOCUMENT_CLASS.search(text), BEGIN_DOCUMENT.search(text)
    score = 8 * bool(has_class) + 4 * bool(has_body) + 3 * bool(PLAIN_TEX.search(text))
    if score == 0:
        return 0
    score -= 6 * bool(PART_CLASS.search(text)) + 10 * read_in
    score -= 20 * text.lstrip().startswith("%auto-ignore")
    score += 2 * (posixpath.basename(stem).lower() in LIKELY_NAMES)
    score += 2 * (f"{stem}.bbl" in project.data) + ("/" not in name)
    return score


def _named_main(project: Project) -> list[str]:
    """Return what the author told arXiv: ``00README.json``, or ``00README.XXX`` in its old form."""
    found = []
    for name in sorted(project.data):
        base = posixpath.basename(name).lower()
        if not base.startswith("00readme"):
            continue
        text = project.text(name)
        if base.endswith(".json"):
            try:
                sources = json.loads(text).get("sources", [])
                found += [s["filename"] for s in sources if s.get("usage") == "toplevel"]
            except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
                continue
        else:
            for line in text.splitlines():
                words = line.split()
                if len(words) >= 2 and words[1] == "toplevelfile":
                    found.append(words[0])
    return [normal_name(name) for name in found if isinstance(name, str)]
