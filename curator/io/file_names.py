"""What the name of a file says, and the error for a file that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

from curator.errors import DataError

COMPRESSIONS = (".gz", ".zst", ".bz2")
"""Suffixes of compressed files that readers unpack while reading."""

MAGIC = frozenset("*?[")
"""Characters that make a path a glob."""

Match = tuple[str, str, int, str]
"""Path or URL, name relative to the root of the input, size, and when it was modified."""


def unreadable(path: str, error: BaseException) -> DataError:
    """Return the ``DataError`` for a file that the system or the store refuses to read."""
    what = getattr(error, "strerror", None) or str(error) or type(error).__name__
    mend = "check the path and its permissions"
    if isinstance(error, ImportError):
        mend = "install the fsspec driver of this kind of URL"
    return DataError(f"{path}: cannot be read: {what}; {mend}")


def has_extension(name: str, extensions: Sequence[str]) -> bool:
    """Return whether a file name ends in an extension, or in one and a compression suffix."""
    lowered = name.lower()
    for suffix in COMPRESSIONS:
        lowered = lowered.removesuffix(suffix)
        if len(lowered) < len(name):
            break
    return lowered.endswith(tuple(extensions))
