"""Second step: pairs of documents that share a bucket in some band, a few bands a task."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.pieces import joined, piece, read_arrays, read_into, stored_arrays
from curator.dedup.signing import signed_piece
from curator.errors import ResourceError
from curator.kernels.bands import meetings

ROW_BITS = np.uint64(32)
MOST_ROWS = 1 << 32
HASHES_PER_TASK = 4_000_000
"""Band hashes sorted by one task: below, writing and waking cost more than sorting."""
SMALL = 5
"""All documents of a bucket of so many at most are paired with one another."""
RARE = 8
"""What more documents than these share is a commonplace, such as a menu, a licence or the text of
a template."""
ANCHORS = 2
"""In a larger bucket each document is paired with so many first ones and with the one before."""
COMMON_PLACES = 4
"""A pair that meets in larger buckets alone must meet in so many of them to be looked at."""


class Meeting(NamedTuple):
    """What decides which documents that meet in a bucket become a pair."""

    bands: int
    picky: bool
    """Whether a pair must meet in a small bucket, or in ``COMMON_PLACES``; else any is enough."""


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
    n_parts: int, excluded: np.ndarray, meeting: Meeting, work: Path, client: Any | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return uint64[n], packed candidate pairs of row ordinals, rising, each once, and bool[n].

    The second tells which of them met in more than one bucket.

    ``work`` holds the ``signed_piece`` of each of ``n_parts`` parts; the rows in ``excluded``
    (int64[m], rising) repeat the key of another row and take no part. Which pairs are found
    depends on the documents alone, not on their order: inside a bucket they stand by the hash of
    their key. Memory: 50 bytes a signed document in each task.
    """
    eligible = piece(work / "eligible", partial(_eligible, n_parts, excluded, work))
    rows = eligible["rows"]
    if len(rows) and int(rows.max()) >= MOST_ROWS:
        raise ResourceError(
            f"fuzzy deduplication numbers at most {MOST_ROWS} rows, the corpus has "
            f"{int(rows.max()) + 1} or more; deduplicate it in two runs"
        )
    tasks = _tasks(meeting.bands, len(rows), work, "pairs")
    run_tasks(partial(_pairs_task, work=work), tasks, client)
    few = many = np.zeros(0, np.uint64)
    few_times = many_times = np.zeros(0, np.int64)
    for _, path in tasks:  # one after the other: never more than the distinct pairs and one task's
        arrays = read_arrays(path)
        few, few_times = _merged(few, few_times, arrays["few"], arrays["few_times"])
        many, many_times = _merged(many, many_times, arrays["many"], arrays["many_times"])
    enough = many_times >= (COMMON_PLACES if meeting.picky else 1)
    pairs, times = _merged(few, few_times, many[enough], many_times[enough])
    return pairs, times > 1


def rare_shares(
    packed: np.ndarray, bands: int, name: str, work: Path, client: Any | None
) -> np.ndarray:
    """Return float64[n]: of the buckets each pair shares, the share that is rare; 0 without any.

    ``packed`` is uint64[n], pairs of rows; ``name`` names the pieces.
    """
    if not len(packed):
        return np.zeros(0, np.float64)
    eligible = read_arrays(work / "eligible")
    by_row = np.argsort(eligible["rows"])
    places = np.searchsorted(eligible["rows"][by_row], unpack(packed))
    piece(work / f"{name}-asked", lambda: {"places": by_row[places]})
    tasks = [
        (group, met, work / f"{name}-{met.name}")
        for group, met in _tasks(bands, len(eligible["rows"]), work, "pairs")
    ]
    run_tasks(partial(_shares_task, work=work, asked=work / f"{name}-asked"), tasks, client)
    shared, rare = np.zeros(len(packed)), np.zeros(len(packed))
    for *_, path in tasks:
        arrays = read_arrays(path)
        shared += arrays["shared"]
        rare += arrays["rare"]
    return np.divide(rare, shared, out=np.zeros(len(packed)), where=shared > 0)


def _tasks(bands: int, n_signed: int, work: Path, name: str) -> list[tuple[list[int], Path]]:
    n_tasks = min(bands, -(-bands * n_signed // HASHES_PER_TASK))
    groups = np.array_split(np.arange(bands), max(1, n_tasks))
    return [(group.tolist(), work / f"{name}-{i:03d}") for i, group in enumerate(groups)]


def _eligible(n_parts: int, excluded: np.ndarray, work: Path) -> dict[str, np.ndarray]:
    """Return which signed documents take part, and where each part's bands lie in its piece.

    positions int64[n] counts signed documents, rows int64[n] are their ordinals, both by the hash
    of the key; starts int64[parts] is the first byte of the bands and counts int64[parts] the
    number of signed documents of each part.
    """
    paths = [signed_piece(work, index) for index in range(n_parts)]
    like = {"signed": np.zeros(0, np.int64), "signed_hashes": np.zeros((0, 2), np.uint64)}
    found = joined(paths, like)
    positions = np.flatnonzero(~np.isin(found["signed"], excluded))
    hashes = found["signed_hashes"][positions]
    positions = positions[np.lexsort((positions, hashes[:, 1], hashes[:, 0]))]
    bands = [stored_arrays(path)["bands"] for path in paths]
    return {
        "positions": positions,
        "rows": found["signed"][positions],
        "starts": np.array([stored.start for stored in bands], np.int64),
        "counts": np.array([stored.shape[1] for stored in bands], np.int64),
    }


def _pairs_task(item: tuple[list[int], Path], work: Path) -> None:
    bands, path = item
    piece(path, partial(_band_pairs, bands, work))


def _band_pairs(bands: list[int], work: Path) -> dict[str, np.ndarray]:
    """Return few uint64[n], pairs of rows that meet in small buckets, and few_times int64[n], in
    how many; many and many_times, those that meet in others; and is_rare bool[bands, documents],
    whether a document's bucket is rare."""
    eligible = read_arrays(work / "eligible")
    few, many = [np.zeros(0, np.uint64)], [np.zeros(0, np.uint64)]
    is_rare = np.empty((len(bands), len(eligible["positions"])), np.bool_)
    for number, hashes in enumerate(
        _read_bands(bands, eligible["starts"], eligible["counts"], work)
    ):
        met = meetings(hashes[eligible["positions"]], eligible["rows"], SMALL, RARE, ANCHORS)
        few.append(met.few)
        many.append(met.many)
        is_rare[number] = met.is_rare
    few_pairs, few_times = _counted(np.concatenate(few))
    many_pairs, many_times = _counted(np.concatenate(many))
    return {
        "few": few_pairs,
        "few_times": few_times,
        "many": many_pairs,
        "many_times": many_times,
        "is_rare": is_rare,
    }


def _counted(pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct ``pairs``, rising, and how often each was there; ``pairs`` is sorted."""
    pairs.sort()  # ``np.unique`` goes through a hash table, which takes twice as long
    starts = np.flatnonzero(np.concatenate([[True], pairs[1:] != pairs[:-1]])[: len(pairs)])
    return pairs[starts], np.diff(np.append(starts, len(pairs)))


def _merged(
    pairs: np.ndarray, times: np.ndarray, more_pairs: np.ndarray, more_times: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct pairs of both lists, rising, with their times added up."""
    if not len(pairs):
        return more_pairs, more_times
    if not len(more_pairs):
        return pairs, times
    joint = np.concatenate([pairs, more_pairs])
    rising = np.argsort(joint, kind="stable")
    joint = joint[rising]
    starts = np.flatnonzero(np.concatenate([[True], joint[1:] != joint[:-1]]))
    return joint[starts], np.add.reduceat(np.concatenate([times, more_times])[rising], starts)


def _shares_task(item: tuple[list[int], Path, Path], work: Path, asked: Path) -> None:
    bands, met, path = item
    piece(path, partial(_shares, bands, met, work, asked))


def _shares(bands: list[int], met: Path, work: Path, asked: Path) -> dict[str, np.ndarray]:
    """Return how many buckets each asked pair shares, and how many rare ones (int64[n] each)."""
    eligible = read_arrays(work / "eligible")
    first, second = read_arrays(asked)["places"].T
    one, other = eligible["positions"][first], eligible["positions"][second]
    shared, rare = np.zeros(len(first), np.int64), np.zeros(len(first), np.int64)
    all_hashes = _read_bands(bands, eligible["starts"], eligible["counts"], work)
    for hashes, is_rare in zip(all_hashes, read_arrays(met)["is_rare"], strict=True):
        same = hashes[one] == hashes[other]
        shared += same
        rare += same & is_rare[first]
    return {"shared": shared, "rare": rare}


def _read_bands(bands: list[int], starts: np.ndarray, counts: np.ndarray, work: Path) -> np.ndarray:
    """Return uint32[bands, n]: rows of bands that follow one another, of all parts side by side."""
    hashes = np.empty((len(bands), int(counts.sum())), np.uint32)
    place = 0
    for index in np.flatnonzero(counts).tolist():
        count = int(counts[index])
        here = np.empty((len(bands), count), np.uint32)
        path = signed_piece(work, index)
        with path.open("rb") as file:
            read_into(path, file, int(starts[index]) + bands[0] * here[0].nbytes, here)
        hashes[:, place : place + count] = here
        place += count
    return hashes
