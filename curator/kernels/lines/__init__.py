"""Lines and paragraphs of documents: where they are, and what to take out when some of them go."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curator.kernels import twin
from curator.kernels.buffers import Utf8


class Units(NamedTuple):
    """Lines or paragraphs, in the order of the text; all arrays are int64[n] but ``last``.

    Code points count from the beginning of the document, bytes from that of the buffer.
    """

    documents: np.ndarray
    """Position of the document."""
    ordinals: np.ndarray
    """Number of the unit in its document, with those too short to be here."""
    before: np.ndarray
    """Code point where the unit before it ends; 0 for the first."""
    starts: np.ndarray
    """Code point where the unit begins."""
    ends: np.ndarray
    """Code point where it ends, line break not counted."""
    stops: np.ndarray
    """Code point where the next unit begins, or the document ends."""
    last: np.ndarray
    """bool[n]: no line break and no unit follows."""
    first_byte: np.ndarray
    """Byte of its first character that is not white space."""
    last_byte: np.ndarray
    """Byte after its last such character."""


def find_units(texts: Utf8, min_characters: int, *, paragraphs: bool) -> Units:
    """Return the lines, or paragraphs, that have ``min_characters`` code points or more.

    A line ends at a line feed; white space at its ends does not count. A paragraph is a run of
    lines that are not blank. ``"網站地圖\\n\\nꦧꦱꦗꦮ"`` has a unit of 4 and one of 4 code points
    either way. Empty texts and blank lines have none.
    """
    body = twin.body(texts.data, "lines")
    return Units(*body.find_units(texts.offsets, texts.data, min_characters, paragraphs))


def spans_without(units: Units, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the code points int64[m], int64[m] to cut for the ``chosen`` (bool[n]) units.

    A unit goes with the line breaks after it; at the end of a text without a last line break,
    with those before it, so that none is left over. Spans do not overlap.
    """
    body = twin.body(chosen, "lines")
    return body.spans_without(
        units.documents,
        units.ordinals,
        units.before,
        units.starts,
        units.ends,
        units.stops,
        units.last,
        chosen,
    )


def count_newlines(data: bytes) -> int:
    """Return how many line feeds there are in ``data``, of any encoding."""
    text = np.frombuffer(data, np.uint8)
    return int(twin.body(text, "lines").count_newlines(text))
