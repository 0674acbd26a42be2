"""First step of fuzzy deduplication: one pass over a part leaves hashes, bands and sketches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from curator import schema
from curator.dedup.documents import chunks, living, living_texts
from curator.dedup.pieces import Arrays, piece
from curator.dedup.representative import penalties_of, quality_of
from curator.errors import DataError
from curator.io.parts import Corpus
from curator.kernels.buffers import Utf8
from curator.kernels.fold import Keys, fold, key_hashes
from curator.kernels.minhash import short_bands, signatures
from curator.kernels.narrow import NarrowKeys, narrow
from curator.kernels.shingles import unspaced
from curator.kernels.signing import Asked, Signed, sign_all
from curator.kernels.spelling import modern_spelling

SPACED_FACTOR = 2
"""Scripts with spaces need this many times ``min_key_characters``: a letter says less than a
Han character."""
ONE_PASS = "one_permutation"
"""Scheme for which one kernel does everything."""
SKETCH_PLACES = 128
"""Bytes of a document's sketch, from which the overlap of a pair is guessed within some .05."""
SKETCH_CHARACTERS = (5, 7)
"""Shingles of the sketch, unspaced and spaced scripts: short, so that of a text with one
character in five replaced a third (a fifth) remains."""


class Signing(NamedTuple):
    """What decides the signatures; see the fields of ``FuzzyDuplicates``."""

    text_field: str
    characters: tuple[int, int]
    """Shingle length of the bands, in unspaced and in spaced scripts."""
    bands: int
    rows_per_band: int
    sketched: bool
    """Whether pairs are looked at through sketches before they are verified."""
    min_key_characters: int
    seed: int
    scheme: str
    prefer: str | None
    """Column that says which member of a cluster is kept."""

    @property
    def shortest(self) -> tuple[int, int]:
        """Return the fewest characters of a key to be signed, in unspaced and spaced scripts."""
        return self.min_key_characters, self.min_key_characters * SPACED_FACTOR


def lengths_of(
    keys: Keys, signing: Signing, without_spaces: np.ndarray | None = None
) -> np.ndarray:
    """Return int64[n]: the shingle length of each key; 0 where the key is too short to sign."""
    without_spaces = unspaced(keys) if without_spaces is None else without_spaces
    shortest = np.where(without_spaces, *signing.shortest)
    lengths = np.where(without_spaces, *signing.characters)
    return np.where(keys.lengths >= np.maximum(shortest, lengths), lengths, 0)


def signed_piece(work: Path, index: int) -> Path:
    """Return the path of the piece of part ``index``."""
    return work / f"signed-{index:05d}"


def sign_part(item: tuple[Corpus, Path], signing: Signing) -> None:
    """Write the piece of one part: see ``sign_texts`` for what is in it."""
    part, path = item
    piece(path, partial(_signed, part, signing))


def _signed(part: Corpus, signing: Signing) -> Arrays:
    if signing.prefer is None:
        return sign_texts(*living_texts(part, signing.text_field), signing)
    table = part.read(0, [signing.text_field, schema.DROPPED_BY, signing.prefer])
    first = part.parts[0].first_row
    rows, texts = living(table, np.arange(table.num_rows) + first, signing.text_field)
    try:
        penalties = penalties_of(table.column(signing.prefer))
    except pa.ArrowInvalid as error:
        raise DataError(
            f"column {signing.prefer!r}: {error}; FuzzyDuplicates.prefer needs a column of numbers"
        ) from error
    return sign_texts(rows, texts, signing, penalties[rows - first])


class Run(NamedTuple):
    """What signing leaves of some documents that follow one another."""

    rows: np.ndarray
    """int64[n]: their ordinals, rising."""
    found: Signed


def sign_texts(
    rows: np.ndarray, texts: Utf8, signing: Signing, penalties: np.ndarray | None = None
) -> Arrays:
    """Return the arrays of a piece: the ``texts`` of ``rows`` (int64[n], rising ordinals).

    See ``run_arrays``; ``penalties`` is uint32[n].
    """
    return run_arrays(list(signed_runs(rows, texts, signing)), signing, penalties)


def signed_runs(rows: np.ndarray, texts: Utf8, signing: Signing) -> Iterator[Run]:
    """Sign the ``texts`` of ``rows`` (int64[n], rising ordinals), some at a time."""
    if signing.scheme == ONE_PASS:
        yield Run(rows, sign_all(texts, _asked(signing)))
        return
    for place, chunk in chunks(texts):
        yield Run(rows[place], sign(chunk, signing))


def _asked(signing: Signing) -> Asked:
    return Asked(
        shortest=signing.shortest,
        characters=signing.characters,
        bands=signing.bands,
        rows_per_band=signing.rows_per_band,
        sketch_characters=SKETCH_CHARACTERS,
        sketch_places=SKETCH_PLACES if signing.sketched else 0,
        seed=signing.seed,
    )


def run_arrays(
    runs: Sequence[Run], signing: Signing, penalties: np.ndarray | None = None
) -> Arrays:
    """Return the arrays of the piece of all runs.

    They are rows int64[n], hashes uint64[n, 2] and quality uint32[n, 4] (the last column is
    ``penalties``, uint32[n], or 0) of all documents, and signed int64[s], the ordinals of those
    long enough, with their hashes, the lengths of their keys, their scripts, bands and sketches,
    and their keys, see ``NarrowKeys``.
    """
    rows = np.concatenate([np.zeros(0, np.int64), *(run.rows for run in runs)])
    found = [run.found for run in runs]
    quality = np.zeros((len(rows), 4), np.uint32)
    if runs:
        np.concatenate([some.quality for some in found], out=quality[:, :3])
    if penalties is not None:
        quality[:, 3] = penalties
    hashes = np.concatenate([np.zeros((0, 2), np.uint64), *(some.hashes for some in found)])
    firsts = np.cumsum([0, *(len(run.rows) for run in runs)])
    places = np.concatenate(
        [np.zeros(0, np.int64)]
        + [some.documents + first for some, first in zip(found, firsts, strict=False)]
    )
    no_bands = np.zeros((signing.bands, 0), np.uint32)
    no_sketches = np.zeros((0, SKETCH_PLACES if signing.sketched else 0), np.uint8)
    return {
        "rows": rows,
        "hashes": hashes,
        "quality": quality,
        "signed": rows[places],
        "signed_hashes": hashes[places],
        "signed_lengths": quality[places, 1],
        "signed_unspaced": np.concatenate([np.zeros(0, np.bool_), *(s.unspaced for s in found)]),
        "bands": np.concatenate([no_bands, *(some.bands for some in found)], axis=1),
        "sketches": [no_sketches, *(some.sketches for some in found)],
        **key_arrays([some.keys for some in found]),
    }


def key_arrays(runs: Sequence[NarrowKeys]) -> Arrays:
    """Return the arrays of a piece that hold the keys of its signed documents, in runs."""
    starts, size = [np.zeros(1, np.int64)], 0
    for keys in runs:
        starts.append(keys.starts[1:] + size)
        size += len(keys.data)
    return {
        "key_forms": np.concatenate([np.zeros(0, np.uint8), *(keys.forms for keys in runs)]),
        "key_starts": np.concatenate(starts),
        "keys": [np.zeros(0, np.uint8), *(keys.data for keys in runs)],
    }


def signed_keys(found: Mapping[str, np.ndarray]) -> NarrowKeys:
    """Return the keys of the signed documents of a piece."""
    lengths = found["signed_lengths"].astype(np.int64)
    return NarrowKeys(lengths, found["key_forms"], found["key_starts"], found["keys"])


def sign(texts: Utf8, signing: Signing) -> Signed:
    """Fold and sign ``texts`` by any scheme, step by step; no texts give arrays of no length."""
    keys = fold(modern_spelling(texts))
    without_spaces = unspaced(keys)
    lengths = lengths_of(keys, signing, without_spaces)
    signed = np.flatnonzero(lengths)
    shape = signing.bands, signing.rows_per_band
    rows = signatures(keys, lengths, math.prod(shape), signing.seed, signing.scheme)
    # 32 bits are enough: among a million documents 116 pairs meet in a bucket by chance.
    bands = short_bands(rows, signed, *shape, lengths)
    if signing.sketched:
        short = np.where(lengths > 0, np.where(without_spaces, *SKETCH_CHARACTERS), 0)
        looks = signatures(keys, short, SKETCH_PLACES, signing.seed).astype(np.uint8)  # low bytes
    else:
        looks = np.zeros((texts.n_documents, 0), np.uint8)
    return Signed(
        key_hashes(texts, keys),
        quality_of(keys),
        signed,
        without_spaces[signed],
        bands,
        looks[signed],
        narrow(keys, signed),
    )
