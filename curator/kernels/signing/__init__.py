"""Everything that fuzzy deduplication keeps of a text, in one pass over the text.

Texts are folded, told apart by script, hashed, signed and narrowed, as they are by the kernels for
each of these, without a return to Python between them. That takes one thread as long, but threads
no longer wait for one another's Python: two of them deduplicated 400,000 documents in a twentieth
less time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curator.kernels import twin
from curator.kernels.buffers import Utf8
from curator.kernels.narrow import NarrowKeys

__all__ = ["Asked", "Signed", "sign_all"]


class Asked(NamedTuple):
    """What is wanted of each text. Pairs are for unspaced scripts and for spaced ones."""

    shortest: tuple[int, int]
    """A key of fewer characters is not signed."""
    characters: tuple[int, int]
    """Characters of a shingle of the bands, 1 or more; a shorter key is not signed."""
    bands: int
    """1 or more."""
    rows_per_band: int
    """Hashes of a band, 1 or more."""
    sketch_characters: tuple[int, int]
    """Characters of a shingle of the sketch, 1 or more; a shorter key has zeros in its sketch."""
    sketch_places: int
    """Bytes of the sketch; 0 for none."""
    seed: int


class Signed(NamedTuple):
    """What is kept of n texts, of which s are signed."""

    hashes: np.ndarray
    """uint64[n, 2]: see ``fold.key_hashes``."""
    quality: np.ndarray
    """uint32[n, 3]: U+FFFD in the text, characters of the key, and those that were Traditional."""
    documents: np.ndarray
    """int64[s], rising: the positions of those that are signed."""
    unspaced: np.ndarray
    """bool[s]: see ``shingles.unspaced``."""
    bands: np.ndarray
    """uint32[bands, s]: see ``minhash.short_bands``."""
    sketches: np.ndarray
    """uint8[s, sketch_places]: the low bytes of a signature."""
    keys: NarrowKeys
    """The s keys."""


def sign_all(texts: Utf8, asked: Asked) -> Signed:
    """Return what is kept of ``texts``; no texts give arrays of no length.

    The same as ``modern_spelling``, ``fold``, ``key_hashes``, ``unspaced``, ``signatures`` by
    one permutation, ``short_bands`` and ``narrow`` return one after the other.
    """
    found: Signed = twin.body(texts.data, "signing").sign_all(texts.offsets, texts.data, asked)
    return found
