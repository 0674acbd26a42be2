"""Where the rows of each part lie, written once for tasks that need no more of a corpus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from curator.dedup.pieces import piece, read_arrays
from curator.io.parts import Corpus, Part, Parts

LAYOUT = "layout"


def write_layout(parts: Corpus, work: Path) -> None:
    """Note the ordinals of every part: sent with each task, they would grow with parts squared."""
    first_rows = np.array([part.first_row for part in parts.parts], np.int64)
    n_rows = np.array([part.rows for part in parts.parts], np.int64)
    piece(work / LAYOUT, lambda: {"first_rows": first_rows, "n_rows": n_rows})


def read_layout(work: Path) -> Parts:
    """Return parts that know their rows and nothing else; they cannot be read."""
    found = read_arrays(work / LAYOUT)
    numbers = zip(found["n_rows"].tolist(), found["first_rows"].tolist(), strict=True)
    return Parts(tuple(Part(Path(), rows, first) for rows, first in numbers))


def runs_of(n_rows: np.ndarray, at_once: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of parts, of which there are ``n_rows`` (int64[parts]) in each.

    A range has at most ``at_once`` rows, or is one part; no parts give one empty range.
    """
    start = n = 0
    for stop, count in enumerate(n_rows.tolist()):
        if n and n + count > at_once:
            yield start, stop
            start, n = stop, 0
        n += count
    yield start, len(n_rows)
