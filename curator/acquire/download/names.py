"""Names of files from URLs that nobody vouches for."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

LEDGER = "downloads.jsonl"
PART = ".part"
"""Suffix of a file that is not whole yet."""
MEMO = ".part.json"
"""Suffix of what is known about such a file."""

LONGEST = 180
"""Bytes of a name in UTF-8: file systems take 255, and suffixes are added."""

REFUSED = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]')
"""Characters that some file system refuses, and separators."""

PASSWORD = re.compile(r"^([0-9A-Za-z+.-]{1,20}://)[^/?#]*@")
"""Beginning of a URL with user name and password."""

RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{name}{i}" for name in ("com", "lpt") for i in range(10))]
)
"""Names of devices on Windows, with any extension."""


def safe_name(text: str) -> str:
    """Return one part of a path that every file system takes and that leaves no folder.

    >>> safe_name("粵語.xml.bz2"), safe_name("../../etc/passwd"), safe_name("nul.txt")
    ('粵語.xml.bz2', '_._.._etc_passwd', '_nul.txt')
    """
    name = unicodedata.normalize("NFC", text.encode("utf-8", "backslashreplace").decode("utf-8"))
    name = REFUSED.sub("_", name).rstrip(". ")
    if name.startswith("."):
        name = "_" + name[1:]
    if not name:
        name = "_"
    reserved = name.partition(".")[0].rstrip(" ").lower() in RESERVED
    if reserved or name.lower() == LEDGER or name.lower().endswith((PART, MEMO)):
        name = f"_{name}" if not name.lower().endswith((PART, MEMO)) else f"{name}_"
    return _cut(name, text) if len(name.encode()) > LONGEST else name


def safe_path(text: str) -> str:
    """Return a relative path of safe names; ``..`` and empty parts are no way out."""
    parts = [part for part in re.split(r"[/\\]", text) if part not in ("", ".", "..")]
    return "/".join(safe_name(part) for part in parts[-8:]) or "_"


def name_of(url: str) -> str:
    """Return the name that a URL suggests: the last part of its path, else its host."""
    if "://" not in url:
        return safe_name(url.replace("\\", "/").rstrip("/").rpartition("/")[2])
    try:
        split = urlsplit(url)
        last = split.path.rstrip("/").rpartition("/")[2]
        return safe_name(unquote(last, errors="backslashreplace") or split.hostname or "")
    except ValueError:  # refused by name when it is fetched
        return safe_name(url)


def redacted(url: str) -> str:
    """Return a URL without the user name and password that it may carry.

    >>> redacted("https://me:secret@example.org/a@b")
    'https://***@example.org/a@b'
    """
    return PASSWORD.sub(r"\1***@", url)


def tagged(path: str, url: str) -> str:
    """Return the path with eight digits of the URL's hash before its extensions.

    >>> tagged("a/page.warc.gz", "https://example.org/page.warc.gz")
    'a/page-ce075e5d.warc.gz'
    """
    folder, slash, name = path.rpartition("/")
    stem, dot, extensions = name.partition(".")
    return f"{folder}{slash}{stem}-{_digest(url)}{dot}{extensions}"


class Names:
    """Gives every URL a place of its own, the same in every run."""

    def __init__(self, taken: Iterable[tuple[str, str]] = ()) -> None:
        """``taken``: URL and file of what is in the folder already."""
        self.owner: dict[str, str] = {}
        self.folders: set[str] = set()
        self.earlier = {}
        for url, file in taken:
            self.earlier[url] = file
            self._take(file, url)

    def place(self, url: str, file: str = "") -> str:
        """Return the place of ``url`` under the folder; ``file`` is what it would like."""
        if url in self.earlier:
            return self.earlier[url]
        path = safe_path(file) if file else name_of(url)
        if not self._free(path, url):
            path = tagged(path, url)
        if not self._free(path, url):  # a folder has that name, or a file that of its folder
            path = f"{_digest(url)}-{path.replace('/', '_')[-LONGEST // 4 :]}"
        self._take(path, url)
        return path

    def _free(self, path: str, url: str) -> bool:
        key = path.casefold()  # file systems that ignore case hold one of the two
        parents = _parents(key)
        return (
            self.owner.get(key, url) == url
            and key not in self.folders
            and not any(parent in self.owner for parent in parents)
        )

    def _take(self, path: str, url: str) -> None:
        key = path.casefold()
        self.owner[key] = url
        self.folders.update(_parents(key))


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:i]) for i in range(1, len(parts))]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:8]


def _cut(name: str, text: str) -> str:
    """Shorten a name between its stem and its last extensions, and tell it from its like."""
    extensions = re.search(r"(\.[0-9A-Za-z]{1,8}){0,3}$", name)
    ending = extensions.group() if extensions else ""
    room = LONGEST - len(ending.encode()) - 9
    stem = name[: len(name) - len(ending)].encode()[:room].decode("utf-8", "ignore")
    return f"{stem}-{_digest(text)}{ending}"
