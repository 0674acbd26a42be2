"""The exception family: every message names the place, what is wrong, and the mend."""

from __future__ import annotations

import contextlib
import difflib
import os
import traceback
from collections.abc import Iterable, Iterator


class CuratorError(Exception):
    """Base of every error this library raises on purpose; its text is one readable line."""


class RecipeError(CuratorError):
    """A recipe or a stage's arguments cannot work; raised before the first byte is read."""


class DataError(CuratorError):
    """Input data cannot be used; the message names file, line or row id, and column."""


class ManifestError(CuratorError):
    """A run folder or its manifest is missing, incomplete, or of another format."""


class ResourceError(CuratorError):
    """The machine refused: no space on the disk, no permission, no such device."""


@contextlib.contextmanager
def named(place: str) -> Iterator[None]:
    """Turn an error nobody foresaw into a ``CuratorError`` that begins with ``place``.

    For calls of code that users write, whatever it may raise. Errors of this family and a want of
    memory pass through: they are not about that code.
    """
    try:
        yield
    except (CuratorError, MemoryError):
        raise
    except Exception as error:
        raise CuratorError(f"{place}: {told(error)}") from error


def told(error: BaseException) -> str:
    """Return type, text and place in the code of an error, on one line.

    >>> told(KeyError("x"))
    "KeyError: 'x'"
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {' '.join(str(error).splitlines())}{where}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest known name, else the list of known names.

    The text is meant to be appended to an error message; it is empty when nothing is known.
    """
    candidates = sorted(set(known))
    close = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(candidates)}" if candidates else ""


def shorten(value: object, limit: int = 80) -> str:
    """Return ``repr(value)`` cut to ``limit`` characters, for error messages and ledger values."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
