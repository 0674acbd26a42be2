"""Second step: pairs of documents that share a bucket in some band, a few bands a task."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.pieces import piece, read_arrays
from curator.errors import ResourceError
from curator.kernels.bands import bucket_pairs

ROW_BITS = np.uint64(32)
MOST_ROWS = 1 << 32
HASHES_PER_TASK = 1_000_000
"""Band hashes sorted by one task: below, writing and waking cost more than sorting."""


def pack(pairs: np.ndarray) -> np.ndarray:
    """Return uint64[n] for pairs int64[n, 2] of row ordinals: sorts by first row, then second."""
    packed = pairs.astype(np.uint64)
    return (packed[:, 0] << ROW_BITS) | packed[:, 1]


def unpack(packed: np.ndarray) -> np.ndarray:
    """Return int64[n, 2]: the pairs that ``pack`` made one number of."""
    halves = np.empty((len(packed), 2), np.int64)
    halves[:, 0] = packed >> ROW_BITS
    halves[:, 1] = packed & np.uint64(MOST_ROWS - 1)
    return halves


def candidate_pairs(
    signed: Sequence[Path], excluded: np.ndarray, bands: int, work: Path, client: Any | None
) -> np.ndarray:
    """Return uint64[n]: packed candidate pairs of row ordinals, rising, each once.

    ``signed`` are the pieces of ``sign_part``; the rows in ``excluded`` (int64[m], rising) repeat
    the key of another row and take no part. Memory: 16 bytes a signed document in each task.
    """
    eligible = piece(work / "eligible", partial(_eligible, signed, excluded))
    rows = eligible["rows"]
    if len(rows) and int(rows[-1]) >= MOST_ROWS:
        raise ResourceError(
            f"fuzzy deduplication numbers at most {MOST_ROWS} rows, the corpus has "
            f"{int(rows[-1]) + 1} or more; deduplicate it in two runs"
        )
    n_tasks = min(bands, -(-bands * len(rows) // HASHES_PER_TASK))
    tasks = [
        (group.tolist(), work / f"pairs-{number:03d}")
        for number, group in enumerate(np.array_split(np.arange(bands), max(1, n_tasks)))
    ]
    run_tasks(partial(_band_task, signed=tuple(signed), work=work), tasks, client)
    found = np.zeros(0, np.uint64)
    for _, path in tasks:  # one after the other: never more than the distinct pairs and one task's
        found = np.union1d(found, read_arrays(path)["pairs"])
    return found


def _eligible(signed: Sequence[Path], excluded: np.ndarray) -> dict[str, np.ndarray]:
    rows = np.concatenate([np.zeros(0, np.int64)] + [read_arrays(p)["signed"] for p in signed])
    positions = np.flatnonzero(~np.isin(rows, excluded))
    return {"positions": positions, "rows": rows[positions]}


def _band_task(item: tuple[list[int], Path], signed: Sequence[Path], work: Path) -> None:
    bands, path = item
    piece(path, partial(_band_pairs, bands, signed, work))


def _band_pairs(bands: list[int], signed: Sequence[Path], work: Path) -> dict[str, np.ndarray]:
    eligible = read_arrays(work / "eligible")
    pieces = [read_arrays(path)["bands"] for path in signed]
    found = [np.zeros(0, np.uint64)]
    for band in bands:
        hashes = np.concatenate([np.zeros(0, np.uint64), *(hashed[band] for hashed in pieces)])
        # Rows rise with positions, so the first of a pair is the earlier document.
        pairs = eligible["rows"][bucket_pairs(hashes[eligible["positions"]])]
        found.append(pack(pairs))
    return {"pairs": np.unique(np.concatenate(found))}
