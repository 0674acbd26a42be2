"""Lists of URLs that people write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curator.acquire.download.entries import Wanted
from curator.errors import DataError, RecipeError, shorten

LONGEST_LINE = 1 << 16


def read_url_list(urls: Sequence[str] = (), lists: Sequence[Path] = ()) -> list[Wanted]:
    """Return URLs and those of text files: one a line, behind it a sum; ``#`` begins a comment.

    ``https://example.org/a.jsonl.gz  sha256:6b86…``. Raises ``DataError`` naming file and line.
    """
    wanted = [Wanted(url) for url in urls]
    for path in lists:
        try:
            with path.open(encoding="utf-8") as lines:
                for number, line in enumerate(lines, 1):
                    if one := _wanted(f"{path}:{number}", line):
                        wanted.append(one)
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path}: cannot be read: {error}; give a UTF-8 text file") from error
    return wanted


def _wanted(place: str, line: str) -> Wanted | None:
    fields = [] if line.lstrip().startswith("#") else line.partition(" #")[0].split()
    if not fields:
        return None
    if len(fields) > 2 or len(line) > LONGEST_LINE:
        raise DataError(f"{place}: {shorten(line.strip())} is not a URL and a sum; mend the line")
    try:
        return Wanted(fields[0], checksum="".join(fields[1:]))
    except RecipeError as error:
        raise DataError(f"{place}: {error}") from error
