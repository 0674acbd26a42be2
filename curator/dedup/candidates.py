"""Second step: pairs of documents that share a bucket in some band, a few bands a task."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.pieces import joined, piece, read_arrays, read_into, stored_arrays
from curator.dedup.signing import signed_piece
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
    n_parts: int, excluded: np.ndarray, bands: int, work: Path, client: Any | None
) -> np.ndarray:
    """Return uint64[n]: packed candidate pairs of row ordinals, rising, each once.

    ``work`` holds the ``signed_piece`` of each of ``n_parts`` parts; the rows in ``excluded``
    (int64[m], rising) repeat the key of another row and take no part. Memory: 40 bytes a signed
    document in each task, 8 of them read from the pieces and 16 for sorting.
    """
    eligible = piece(work / "eligible", partial(_eligible, n_parts, excluded, work))
    rows = eligible["rows"]
    if len(rows) and int(rows[-1]) >= MOST_ROWS:
        raise ResourceError(
            f"fuzzy deduplication numbers at most {MOST_ROWS} rows, the corpus has "
            f"{int(rows[-1]) + 1} or more; deduplicate it in two runs"
        )
    n_tasks = min(bands, -(-bands * int(eligible["counts"].sum()) // HASHES_PER_TASK))
    tasks = [
        (group.tolist(), work / f"pairs-{number:03d}")
        for number, group in enumerate(np.array_split(np.arange(bands), max(1, n_tasks)))
    ]
    run_tasks(partial(_band_task, work=work), tasks, client)
    found = np.zeros(0, np.uint64)
    for _, path in tasks:  # one after the other: never more than the distinct pairs and one task's
        found = np.union1d(found, read_arrays(path)["pairs"])
    return found


def _eligible(n_parts: int, excluded: np.ndarray, work: Path) -> dict[str, np.ndarray]:
    """Return which signed documents take part, and where each part's bands lie in its piece.

    positions int64[n] counts signed documents, rows int64[n] are their ordinals; starts
    int64[parts] is the first byte of the bands and counts int64[parts] the number of signed
    documents of each part.
    """
    paths = [signed_piece(work, index) for index in range(n_parts)]
    rows = joined(paths, {"signed": np.zeros(0, np.int64)})["signed"]
    positions = np.flatnonzero(~np.isin(rows, excluded))
    bands = [stored_arrays(path)["bands"] for path in paths]
    return {
        "positions": positions,
        "rows": rows[positions],
        "starts": np.array([stored.start for stored in bands], np.int64),
        "counts": np.array([stored.shape[1] for stored in bands], np.int64),
    }


def _band_task(item: tuple[list[int], Path], work: Path) -> None:
    bands, path = item
    piece(path, partial(_band_pairs, bands, work))


def _band_pairs(bands: list[int], work: Path) -> dict[str, np.ndarray]:
    eligible = read_arrays(work / "eligible")
    found = [np.zeros(0, np.uint64)]
    for hashes in _read_bands(bands, eligible["starts"], eligible["counts"], work):
        # Rows rise with positions, so the first of a pair is the earlier document.
        pairs = eligible["rows"][bucket_pairs(hashes[eligible["positions"]])]
        found.append(pack(pairs))
    return {"pairs": np.unique(np.concatenate(found))}


def _read_bands(bands: list[int], starts: np.ndarray, counts: np.ndarray, work: Path) -> np.ndarray:
    """Return uint64[bands, n]: rows of bands that follow one another, of all parts side by side."""
    hashes = np.empty((len(bands), int(counts.sum())), np.uint64)
    place = 0
    for index in np.flatnonzero(counts).tolist():
        count = int(counts[index])
        here = np.empty((len(bands), count), np.uint64)
        path = signed_piece(work, index)
        with path.open("rb") as file:
            read_into(path, file, int(starts[index]) + bands[0] * here[0].nbytes, here)
        hashes[:, place : place + count] = here
        place += count
    return hashes
