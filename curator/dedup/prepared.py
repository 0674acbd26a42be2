"""Before pairs are compared: what comparing needs of each document in a pair, read once more."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.documents import chosen_keys
from curator.dedup.pieces import piece, read_arrays
from curator.dedup.signing import Signing, lengths_of
from curator.io.parts import Corpus
from curator.kernels.shingles import shingle_sets, unspaced


def prepare(
    parts: Corpus,
    rows: np.ndarray,
    rank: np.ndarray | None,
    signing: Signing,
    work: Path,
    client: Any | None,
) -> None:
    """Write what comparing ``rows`` (int64[n], rising) needs, one piece a part.

    With ``rank`` (int64[n], 0 the best) that is their keys, for alignment; without, their sorted
    shingle sets, for Jaccard. Every document in a pair is folded once; verifying maps these files.
    """
    items = []
    for index, part in enumerate(parts.parts):
        start, stop = np.searchsorted(rows, [part.first_row, part.first_row + part.rows])
        if start < stop:
            ranked = None if rank is None else rank[start:stop]
            path = work / f"prepared-{index:05d}"
            items.append((parts.only(index), rows[start:stop], ranked, path))
    run_tasks(partial(_prepare_task, signing=signing), items, client)


def _prepare_task(
    item: tuple[Corpus, np.ndarray, np.ndarray | None, Path], signing: Signing
) -> None:
    part, rows, rank, path = item
    if rank is None:
        piece(path, partial(_sets, part, rows, signing))
    else:
        piece(path, partial(_folded, part, rows, rank, signing))


def _folded(part: Corpus, rows: np.ndarray, rank: np.ndarray, signing: Signing) -> dict[str, Any]:
    lengths, codepoints = [np.zeros(1, np.int64)], [np.zeros(0, np.uint32)]
    scripts = [np.zeros(0, np.bool_)]
    for keys in chosen_keys(part, signing.text_field, rows):
        lengths.append(keys.lengths)
        codepoints.append(keys.codepoints)
        scripts.append(unspaced(keys))
    offsets = np.cumsum(np.concatenate(lengths))
    return {
        "rows": rows,
        "rank": rank,
        "unspaced": np.concatenate(scripts),
        "offsets": offsets,
        "codepoints": np.concatenate(codepoints),
    }


def _sets(part: Corpus, rows: np.ndarray, signing: Signing) -> dict[str, np.ndarray]:
    sizes, hashes = [np.zeros(1, np.int64)], [np.zeros(0, np.uint64)]
    for keys in chosen_keys(part, signing.text_field, rows):
        sets = shingle_sets(keys, np.maximum(lengths_of(keys, signing), 1))
        sizes.append(np.diff(sets.offsets))
        hashes.append(sets.hashes)
    offsets = np.cumsum(np.concatenate(sizes))
    return {"rows": rows, "offsets": offsets, "hashes": np.concatenate(hashes)}


def load_prepared(work: Path, index: int) -> dict[str, np.ndarray]:
    """Return what ``prepare`` wrote of a part."""
    return read_arrays(work / f"prepared-{index:05d}")
