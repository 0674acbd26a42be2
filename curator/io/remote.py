"""Files behind URLs, by fsspec. Imported when an input is a URL: fsspec takes 30 ms to load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, cast

import fsspec

from curator.errors import DataError
from curator.io.file_names import MAGIC, Match, has_extension, unreadable


def open_url(url: str) -> BinaryIO:
    """Open a URL for reading; errors are those of fsspec and its driver."""
    return cast(BinaryIO, fsspec.open(url, "rb").open())


def local_path(url: str) -> str | None:
    """Return where a URL of a file of this machine leads, or ``None`` for one of another."""
    system, path = fsspec.core.url_to_fs(url)
    kinds = system.protocol if isinstance(system.protocol, tuple) else (system.protocol,)
    return path if "file" in kinds else None


def expand_url(url: str, extensions: Sequence[str]) -> Iterator[Match]:
    """Yield the files that a URL means: itself, those of a folder, or those a glob matches."""
    if "::" in url:
        raise DataError(f"{url}: chained URLs are not read; unpack the archive first")
    try:
        system, path = fsspec.core.url_to_fs(url)
        if MAGIC & set(path) and not system.exists(path):
            listing = system.glob(path, detail=True)
            root = path[: min(path.index(char) for char in MAGIC & set(path))].rpartition("/")[0]
            known_only = path.endswith("*")
        elif system.isdir(path):
            listing, root, known_only = system.find(path, detail=True), path, True
        else:
            listing = {path: system.info(path)}
            root, known_only = path.rpartition("/")[0], False
    except FileNotFoundError as error:
        raise DataError(f"{url}: no such file or folder; check the URL") from error
    except (OSError, ImportError, ValueError) as error:
        raise unreadable(url, error) from error
    for found, details in sorted(listing.items()):
        name = found.removeprefix(root).lstrip("/")
        hidden = any(part.startswith(".") for part in name.split("/"))
        if details.get("type") == "directory" or (known_only and hidden):
            continue
        if not known_only or has_extension(found, extensions):
            yield _remote(system.unstrip_protocol(found), name, details)


def _remote(url: str, name: str, details: Mapping[str, Any]) -> Match:
    if details.get("size") is None:
        raise DataError(f"{url}: the server does not tell the size; download the file first")
    times = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "created")
    modified = next((str(details[key]) for key in times if details.get(key) is not None), "")
    return url, name, int(details["size"]), modified
