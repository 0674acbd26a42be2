"""JSON lines: id and text of every line that is a plain document, straight from the bytes.

One pass checks the grammar of RFC 8259 (https://www.rfc-editor.org/rfc/rfc8259) and takes two
fields. What it cannot vouch for it leaves to ``curator.io.json_rows``, line by line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from curator.kernels import twin
from curator.kernels.buffers import Utf8

DOCUMENT, BLANK, OTHER, NOT_CHOSEN = 0, 1, 2, 3
"""What a line is: a document; white space; to be looked at the slow way; not looked at."""


class JsonLines(NamedTuple):
    """What ``read_lines`` found; n lines, m of them documents."""

    starts: np.ndarray
    """int64[n]: first byte of each line."""
    ends: np.ndarray
    """int64[n]: byte after its newline; the last line needs none."""
    kinds: np.ndarray
    """uint8[n]: ``DOCUMENT``, ``BLANK``, ``OTHER`` or ``NOT_CHOSEN``."""
    ids: Utf8
    """m ids as they are in a table: an integer in its digits; empty where there is none."""
    texts: Utf8
    """m texts without their escapes."""
    reserved: np.ndarray
    """bool[m]: whether the object has a field of one of the names asked about."""


def read_lines(
    data: bytes,
    text_field: str,
    id_field: str,
    max_line_bytes: int,
    reserved: Sequence[str] = (),
    chosen: np.ndarray | None = None,
) -> JsonLines:
    """Return the documents among the lines of ``data``, which is valid UTF-8.

    A ``DOCUMENT`` is one object of at most ``max_line_bytes`` bytes (its newline not counted) with
    one ``text_field``, a string without NUL, and at most one ``id_field``: a string without NUL, an
    integer of up to 18 digits, or null. Every other field is JSON of any shape. ``OTHER`` may be
    good, too: keys with escapes, numbers of many digits, and more than 60 levels of arrays and
    objects are not looked into. With ``chosen`` (bool[n], one a line) the other lines are passed
    over. Empty ``data`` has no line.
    """
    body = twin.body(np.frombuffer(data, np.uint8), "json_lines")
    names = [name.encode("utf-8", "surrogatepass") for name in (text_field, id_field, *reserved)]
    bounds = np.cumsum([0, *map(len, names)])
    keys = np.frombuffer(b"".join(names), np.uint8)
    found = body.read_lines(
        np.frombuffer(data, np.uint8),
        keys,
        bounds,
        max_line_bytes,
        np.zeros(0, np.bool_) if chosen is None else chosen,
        chosen is not None,
    )
    starts, ends, kinds, ids, texts, has_reserved = found
    return JsonLines(starts, ends, kinds, Utf8(*ids), Utf8(*texts), has_reserved)


def is_utf8(data: bytes) -> bool:
    """Return whether all of ``data`` is UTF-8, as ``bytes.decode`` sees it; nothing is."""
    body = twin.body(np.frombuffer(data, np.uint8), "json_lines")
    return bool(body.is_utf8(np.frombuffer(data, np.uint8)))


def count_characters(texts: Utf8) -> np.ndarray:
    """Return int64[n]: the code points of each text; ``ñ`` decomposed has two."""
    counts: np.ndarray = twin.body(texts.data, "json_lines").count_characters(*texts)
    return counts
