"""Buckets, local mirrors and whatever else fsspec opens."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import fsspec

from curator.acquire.download.body import Body
from curator.acquire.download.entries import Failure
from curator.acquire.download.names import PASSWORD
from curator.errors import DataError, shorten, told

CHUNK_BYTES = 1 << 20


class Stores:
    """File systems of fsspec by protocol, made once each."""

    def __init__(self, storage: Mapping[str, Any]) -> None:
        self.storage = dict(storage)

    @contextlib.contextmanager
    def open(
        self, url: str, start: int = 0, end: int | None = None, validator: str = ""
    ) -> Iterator[Body]:
        """Yield the bytes of ``url`` from ``start`` to before ``end``, as ``Http.open`` does."""
        system, path = self._system(url)
        with contextlib.ExitStack() as stack:
            with _translated():
                about = system.info(path)
                if about.get("type") == "directory":
                    raise Failure("is_folder", "the URL means a folder; name a file")
                found = _validator(about)
                if validator and validator != found:
                    start = 0
                file = stack.enter_context(system.open(path, "rb", **_plain(system)))
                file.seek(start)
            chunks = _chunks(file, None if end is None else end - start)
            yield Body(start, about.get("size"), found, chunks, checksum=_checksum(url, about))

    def size(self, url: str) -> int | None:
        """Return the size of a file; None where the store does not tell."""
        system, path = self._system(url)
        with _translated():
            size = system.info(path).get("size")
            return None if size is None else int(size)

    def list(self, url: str, ending: str) -> list[str]:
        """Return the URLs of all files under a folder whose names end so, sorted."""
        system, path = self._system(url)
        with _translated():
            found = sorted(name for name in system.find(path) if name.endswith(ending))
        return [str(system.unstrip_protocol(name)) for name in found]

    def _system(self, url: str) -> tuple[Any, str]:
        if "::" in url:
            raise Failure("bad_url", "chained URLs are not fetched")
        if PASSWORD.match(url):
            raise Failure("password_in_url", "it would be written into the ledger; take it out")
        protocol = url.partition("://")[0] if "://" in url else "file"
        try:
            options = {} if protocol in ("file", "local", "memory") else self.storage
            system, path = fsspec.core.url_to_fs(url, **options)
        except ImportError as error:
            package = "curator[s3]" if protocol in ("s3", "s3a") else f"the driver of {protocol}"
            raise DataError(f"{shorten(url)}: {error}; pip install '{package}'") from error
        except (ValueError, OSError) as error:
            raise Failure("bad_url", shorten(str(error))) from error
        return system, path


def _plain(system: Any) -> dict[str, Any]:
    """Return what makes a remote file hand on what it reads without keeping it."""
    local = "file" in system.protocol or "memory" in system.protocol
    return {} if local else {"cache_type": "readahead", "block_size": 8 * CHUNK_BYTES}


def _validator(about: Mapping[str, Any]) -> str:
    keys = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "created")
    return next((str(about[key]) for key in keys if about.get(key) is not None), "")


def _checksum(url: str, about: Mapping[str, Any]) -> str:
    """Return the MD5 that S3 gives as entity tag of what was stored in one part."""
    tag = str(about.get("ETag", "")).strip('"')
    encrypted = "kms" in str(about.get("ServerSideEncryption", "")).lower()
    whole = url.startswith(("s3://", "s3a://")) and re.fullmatch("[0-9a-f]{32}", tag)
    return f"md5:{tag}" if whole and not encrypted else ""


def _chunks(file: Any, left: int | None) -> Iterator[bytes]:
    with _translated():
        while left is None or left > 0:
            data = file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
            if not data:
                return
            left = None if left is None else left - len(data)
            yield data


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn whatever a driver raises into ``Failure``; it may be anything."""
    try:
        yield
    except FileNotFoundError as error:
        raise Failure("not_found", "no such file") from error
    except PermissionError as error:
        raise Failure("forbidden", shorten(str(error))) from error
    except TimeoutError as error:
        raise Failure("read_timeout", "no answer in time", again=True) from error
    except OSError as error:
        raise Failure("broken_off", shorten(str(error)), again=True) from error
    except (Failure, MemoryError):
        raise
    except Exception as error:  # a driver's own: missing credentials, an unknown region
        raise Failure("store_error", told(error)) from error
