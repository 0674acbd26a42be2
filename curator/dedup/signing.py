"""First step of fuzzy deduplication: one pass over a part leaves key hashes and band hashes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from curator.dedup.documents import chunks, living_texts
from curator.dedup.pieces import piece
from curator.io.parts import Parts
from curator.kernels.bands import band_hashes
from curator.kernels.buffers import Utf8
from curator.kernels.fold import Keys, fold, key_hashes
from curator.kernels.minhash import signatures
from curator.kernels.shingles import SPACED_CHARACTERS, UNSPACED_CHARACTERS, unspaced

SPACED_FACTOR = 2
"""Scripts with spaces need this many times ``min_key_characters``: a letter says less than a
Han character, and their shingle is twice as long."""


class Signing(NamedTuple):
    """What decides the signatures; see the fields of ``FuzzyDuplicates``."""

    text_field: str
    shingle_characters: int | None
    bands: int
    rows_per_band: int
    min_key_characters: int
    seed: int
    scheme: str


def lengths_of(keys: Keys, signing: Signing) -> np.ndarray:
    """Return int64[n]: the shingle length of each key; 0 where the key is too short to sign."""
    without_spaces = unspaced(keys)
    shortest = np.where(
        without_spaces, signing.min_key_characters, signing.min_key_characters * SPACED_FACTOR
    )
    if signing.shingle_characters is None:
        lengths = np.where(without_spaces, UNSPACED_CHARACTERS, SPACED_CHARACTERS)
    else:
        lengths = np.full(len(shortest), signing.shingle_characters, np.int64)
    return np.where(keys.lengths >= np.maximum(shortest, lengths), lengths, 0)


def signed_piece(work: Path, index: int) -> Path:
    """Return the path of the piece of part ``index``."""
    return work / f"signed-{index:05d}"


def sign_part(item: tuple[Parts, Path], signing: Signing) -> None:
    """Write the piece of one part: see ``_signed`` for what is in it."""
    part, path = item
    piece(path, partial(_signed, part, signing))


def _signed(part: Parts, signing: Signing) -> dict[str, np.ndarray]:
    """Return rows int64[n], hashes uint64[n, 2] and quality uint32[n, 3] of the living rows, and
    signed int64[s], the ordinals of the rows long enough, with bands uint64[bands, s]."""
    rows, texts = living_texts(part, signing.text_field)
    hashes = np.empty((len(rows), 2), np.uint64)
    quality = np.empty((len(rows), 3), np.uint32)
    signed = [np.zeros(0, np.int64)]
    bands = [np.zeros((signing.bands, 0), np.uint64)]
    for place, chunk in chunks(texts):
        keys, lengths, banded = sign(chunk, signing)
        hashes[place] = key_hashes(chunk, keys)
        quality[place, 0] = keys.n_replacements
        quality[place, 1] = keys.lengths
        quality[place, 2] = keys.n_traditional
        signed.append(rows[place][lengths > 0])
        bands.append(banded[:, lengths > 0])
    return {
        "rows": rows,
        "hashes": hashes,
        "quality": quality,
        "signed": np.concatenate(signed),
        "bands": np.concatenate(bands, axis=1),
    }


def sign(texts: Utf8, signing: Signing) -> tuple[Keys, np.ndarray, np.ndarray]:
    """Return keys, shingle lengths int64[n] (0 = too short) and band hashes uint64[bands, n]."""
    keys = fold(texts)
    lengths = lengths_of(keys, signing)
    n_hashes = signing.bands * signing.rows_per_band
    signed = signatures(keys, lengths, n_hashes, signing.seed, signing.scheme)
    return keys, lengths, band_hashes(signed, signing.bands, signing.rows_per_band, lengths)
