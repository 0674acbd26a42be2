"""Letters that tell two languages apart, and those that writers put for one another, in keys.

They are in the language packs, whose YAML takes 20 ms to read, and so are kept between processes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from curator.kernels import buffers
from curator.kernels.alignment.exchanges import NEIGHBOUR, OWN
from curator.kernels.fold import fold
from curator.kernels.kept_tables import kept, key_of

BOUND = 1 << 16
"""Code points that are looked up: those behind are too rare to tell languages apart."""
LETTER_BITS = 32
LIBRARY = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "__pycache__"


def letter_classes() -> np.ndarray:
    """Return uint8[n]: the classes of all code points, see ``align``, as keys have them.

    A letter that folding makes another one (係 becomes 系, which both languages write) has none.
    """
    return _letters()[0]


def interchanged(letters: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return bool[n]: whether some language's writers put one of two code points for the other.

    Both are int64[n], as keys have them.
    """
    if not letters.any():
        return np.zeros(len(letters), np.bool_)
    return np.isin(letters << LETTER_BITS | others, _letters()[1])


@cache
def _letters() -> tuple[np.ndarray, np.ndarray]:
    """Return the classes, and int64[n]: two interchanged letters in one number, for all twos."""
    points, kinds, ones, others = kept(_build, key_of(_sources()), FOLDER)
    classes = np.zeros(BOUND, np.uint8)
    classes[points] = kinds
    return classes, ones.astype(np.int64) << LETTER_BITS | others


def _sources() -> Iterator[Path]:
    """Yield the files that decide: the packs, what reads them, what makes keys, and the bits."""
    yield Path(__file__)
    for folder in ("languages", "kernels/fold", "kernels/alignment"):
        yield from sorted((LIBRARY / folder).glob("*.py"))
    yield from sorted((LIBRARY / "languages").glob("*/*.yaml"))


def _build() -> list[np.ndarray]:
    from curator.languages import interchanged_letters, telling_letters  # with YAML: see above

    classes = np.zeros(BOUND, np.uint32)
    for own, neighbours in telling_letters():
        for letters, of_them in ((own, OWN), (neighbours, NEIGHBOUR)):
            keys = fold(buffers.of(list(letters)))
            for key in map(keys.document, range(len(letters))):
                if len(key) == 1 and key in letters and ord(key) < BOUND:
                    classes[ord(key)] |= of_them
    points = np.flatnonzero(classes)
    pairs: list[tuple[int, int]] = []
    for interchangeable in interchanged_letters():
        keys = fold(buffers.of(list(interchangeable)))
        pairs += itertools.permutations(keys.codepoints.tolist(), 2)
    twos = np.array(pairs, np.uint32).reshape(-1, 2)
    return [points.astype(np.uint32), classes[points], twos[:, 0], twos[:, 1]]
