"""Second step: documents that share a bucket in some band; a few bands, or one, a task."""

from __future__ import annotations

import itertools
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.copies.signing import Signing, signed_piece
from curator.dedup.layout import runs_of
from curator.dedup.pieces import piece, read_arrays, read_into, stored_arrays, write_arrays
from curator.errors import ResourceError
from curator.kernels.bands import NO_ROW, Bounds, length_classes, partners
from curator.kernels.rooms import Room, Rooms

ROW_BITS = np.uint64(32)
MOST_ROWS = 1 << 32
HASHES_PER_TASK = 7_000_000
"""Band hashes of one task, about, at 8 bytes each, and 8 for each pair: below, writing and waking
cost more than sorting."""
ROWS_AT_ONCE = 1 << 23
"""Documents of a band that are sorted at one time, at 32 bytes each, and 8 for each pair of them. A
corpus of more is sorted in ranges of the hash."""
SAMPLED = 1024
"""One pair in so many is noted, so that all pairs can be cut into ranges of about one size."""
LEAST_RARE = 8
"""What more documents than these share is a commonplace, such as a menu, a licence or the text of
a template; in a larger corpus, what more than ``bucket_bounds`` says."""
GROWS_FROM = 100_000
"""Documents from which on the bounds grow, as their square root: of 400,000 documents with the
bounds of 100,000 a copy with one character in five replaced was found 74 times in 100 (Latin
script), with 16 for 8 it is 81 times, for a tenth more pairs."""
ALL_PAIRED = 4
"""In a bucket of so many all documents are paired with one another."""
MOST_SMALL = 24
"""In a larger one, up to so many, those of like length are, where sketches tell more of a pair than
a meeting does; else all, eleven for each. Letters exchanged leave a document its length, and copies
that differ in length meet in many buckets. Of a million documents it is two fifths of the pairs
that all would be, a quarter of the different ones, and of 349,000 copies 27 are missed for it."""
ANCHORS = 2
"""In a larger bucket each document is paired with so many first ones and with the one before."""
ELIGIBLE, BAND_TASKS = "taking-part", "band-tasks"


def bucket_bounds(n_documents: int, sketched: bool) -> Bounds:
    """Return which documents of a bucket are paired in a corpus of so many; a bucket of up to
    ``rare`` documents is no commonplace."""
    rare = max(LEAST_RARE, math.isqrt(LEAST_RARE**2 * n_documents // GROWS_FROM))
    most = min(rare, MOST_SMALL)
    return Bounds(ALL_PAIRED if sketched else most, most, rare, ANCHORS)


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


def partners_piece(work: Path, number: int, of_range: int) -> Path:
    """Return the path of the partners of task ``number`` from one range of the hash: the first
    arrays of ``bands.Partners``, and a sample of the pairs. Pairs are counted from it, and then it
    is deleted."""
    return work / f"partners-{number:03d}-{of_range:04d}"


def common_piece(work: Path, number: int, of_range: int) -> Path:
    """Return the path of the last arrays of ``bands.Partners``, which are needed to the end."""
    return work / f"common-{number:03d}-{of_range:04d}"


class BandTasks(NamedTuple):
    """How the bands are divided among tasks, and the hashes of a band among pieces."""

    groups: list[list[int]]
    n_ranges: int
    """Ranges of the hash, a power of two."""

    def pieces(
        self, work: Path, path: Callable[[Path, int, int], Path] = partners_piece
    ) -> list[Path]:
        """Return the pieces of all tasks, each for its ranges of the hash, as ``path`` says."""
        both = itertools.product(range(len(self.groups)), range(self.n_ranges))
        return [path(work, number, of_range) for number, of_range in both]


def band_tasks(work: Path) -> BandTasks:
    """Return how the bands are divided, as ``meet`` has noted."""
    found = read_arrays(work / BAND_TASKS)
    bounds = found["bounds"].tolist()
    groups = [list(range(*some)) for some in itertools.pairwise(bounds)]
    return BandTasks(groups, int(found["n_ranges"][0]))


def _divided(n_bands: int, work: Path) -> dict[str, np.ndarray]:
    """Return bounds int64[tasks + 1], the first band of each task, and n_ranges int64[1]."""
    n_signed = stored_arrays(work / ELIGIBLE)["rows"].shape[0]
    n_ranges = 1
    while n_signed > n_ranges * ROWS_AT_ONCE:
        n_ranges *= 2
    n_tasks = n_bands if n_ranges > 1 else min(n_bands, -(-n_bands * n_signed // HASHES_PER_TASK))
    groups = np.array_split(np.arange(n_bands), max(1, n_tasks))
    bounds = np.cumsum([0, *(len(group) for group in groups)])
    return {"bounds": bounds, "n_ranges": np.array([n_ranges], np.int64)}


def meet(signing: Signing, work: Path, client: Any | None) -> None:
    """Write the pairs of documents that share a bucket.

    ``work`` holds the ``signed_piece`` of each part and the piece ``ELIGIBLE``.
    Which pairs are found depends on the documents alone, not on their order: inside a bucket they
    stand by the hash of their key. Memory of a task: see ``ROWS_AT_ONCE``; the places by key, 4
    bytes a row of the corpus, are mapped.
    """
    piece(work / BAND_TASKS, partial(_divided, signing.bands, work))
    tasks = band_tasks(work)
    run = partial(
        _band_task,
        n_ranges=tasks.n_ranges,
        sketched=signing.sketched,
        rooms=Rooms(),
        work=work,
    )
    run_tasks(run, list(enumerate(tasks.groups)), client)


def write_eligible(n_parts: int, ordered: Sequence[Path], n_rows: int, work: Path) -> None:
    """Write the piece ``ELIGIBLE``, if it is not there.

    ``ordered`` are pieces with the array ``ordered``, the signed rows that take part by the hash
    of their key; the corpus has ``n_rows``. Written are order uint32[n_rows], the place of each row
    among them, or ``NO_ROW``; rows uint32[n], the ordinals of the signed documents of all parts, or
    ``NO_ROW``; lengths uint8[n], the classes of their lengths; starts int64[parts], the first byte
    of the bands of each part, and counts int64[parts], the number of its signed documents.
    """
    piece(work / ELIGIBLE, partial(_eligible, n_parts, ordered, n_rows, work))


def _eligible(
    n_parts: int, ordered: Sequence[Path], n_rows: int, work: Path
) -> dict[str, np.ndarray]:
    order = np.full(n_rows, NO_ROW, np.uint32)
    n_ordered = 0
    for path in ordered:
        rows = read_arrays(path)["ordered"]
        if len(rows) and int(rows.max()) >= MOST_ROWS - 1:
            raise ResourceError(
                f"fuzzy deduplication numbers at most {MOST_ROWS - 1} rows, the corpus has "
                f"{int(rows.max()) + 1} or more; deduplicate it in two runs"
            )
        order[rows] = np.arange(n_ordered, n_ordered + len(rows))
        n_ordered += len(rows)
    paths = [signed_piece(work, index) for index in range(n_parts)]
    stored = [stored_arrays(path) for path in paths]
    counts = np.array([found["signed"].shape[0] for found in stored], np.int64)
    rows = np.full(int(counts.sum()), NO_ROW, np.uint32)
    lengths = np.empty(len(rows), np.uint8)
    place = 0
    for path, count in zip(paths, counts.tolist(), strict=True):
        if not count:
            continue
        here, found = slice(place, place + count), read_arrays(path)
        takes_part = order[found["signed"]] != NO_ROW
        rows[here][takes_part] = found["signed"][takes_part]
        lengths[here] = length_classes(found["signed_lengths"])
        place += count
    starts = np.array([found["bands"].start for found in stored], np.int64)
    return {"rows": rows, "order": order, "lengths": lengths, "starts": starts, "counts": counts}


def _band_task(
    item: tuple[int, list[int]], n_ranges: int, sketched: bool, rooms: Rooms, work: Path
) -> None:
    number, bands = item
    paths = [
        (common_piece(work, number, of_range), partners_piece(work, number, of_range))
        for of_range in range(n_ranges)
    ]
    if all(map(_are_there, paths)):
        return
    found = read_arrays(work / ELIGIBLE)
    bounds = bucket_bounds(len(found["rows"]), sketched)
    with rooms.lent() as room:
        if n_ranges == 1:
            hashes = _read_bands(bands, found["starts"], found["counts"], 0, room, work)
            order = _order_of(found["rows"], found["order"])
            _write(paths[0], _partners(hashes, order, found["lengths"], bounds, room))
            return
        with tempfile.TemporaryFile(dir=work) as file:
            ranges = _in_ranges(bands[0], found, n_ranges, file, room, work)
            for both, (hashes, places) in zip(paths, ranges, strict=True):
                if not _are_there(both):
                    order = found["order"][found["rows"][places]]
                    lengths = found["lengths"][places]
                    _write(both, _partners(hashes, order, lengths, bounds, room, places))


def _are_there(paths: tuple[Path, Path]) -> bool:
    return all(path.exists() for path in paths)


def _write(paths: tuple[Path, Path], found: dict[str, np.ndarray]) -> None:
    """Write the arrays that are needed to the end to the first path, the others to the second."""
    common = {name: found.pop(name) for name in ("common", "common_starts")}
    for path, arrays in zip(paths, (common, found), strict=True):
        write_arrays(path, arrays)


def _order_of(rows: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return uint32[n]: the place of each row (uint32[n]) in ``order``, or ``NO_ROW``."""
    result = np.full(len(rows), NO_ROW, np.uint32)
    takes_part = rows != NO_ROW
    result[takes_part] = order[rows[takes_part]]
    return result


def _in_ranges(
    band: int, found: dict[str, np.ndarray], n_ranges: int, file: Any, room: Room, work: Path
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield hashes uint32[1, n] and places uint32[n] of the documents of each range of the hash.

    Places are those among the signed documents of all parts, and rise. Parts are read once, some at
    a time, and lie in ``file`` until their range comes.
    """
    by = np.uint32(32 - (n_ranges - 1).bit_length())
    runs = [0]
    bounds = []
    for start, stop in runs_of(found["counts"], ROWS_AT_ONCE):
        first = int(found["counts"][:start].sum())
        counts = found["counts"][start:stop]
        hashes = _read_bands([band], found["starts"][start:stop], counts, start, room, work)[0]
        taking_part = np.flatnonzero(found["rows"][first : first + len(hashes)] != NO_ROW)
        of_range = (hashes[taking_part] >> by).astype(np.uint16)
        by_range = taking_part[np.argsort(of_range, kind="stable")]
        packed = (hashes[by_range].astype(np.uint64) << ROW_BITS) | (by_range + first).astype(
            np.uint64
        )
        bounds.append([0, *np.cumsum(np.bincount(of_range, minlength=n_ranges)).tolist()])
        file.write(packed.data)
        runs.append(runs[-1] + len(packed))
    for number in range(n_ranges):
        sizes = [run[number + 1] - run[number] for run in bounds]
        packed = np.empty(sum(sizes), np.uint64)
        place = 0
        for first, run, size in zip(runs, bounds, sizes, strict=False):
            here = packed[place : place + size]
            read_into(Path("bands in ranges"), file, 8 * (first + run[number]), here)
            place += size
        yield (packed >> ROW_BITS).astype(np.uint32)[None], packed.astype(np.uint32)


def _partners(
    hashes: np.ndarray,
    order: np.ndarray,
    lengths: np.ndarray,
    bounds: Bounds,
    room: Room,
    places: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Return the arrays of ``bands.Partners`` for ``hashes`` (uint32[bands, n]), and a sample of
    the pairs, packed; documents are named by ``places`` (uint32[n], rising), if given."""
    found = partners(hashes, order, lengths, bounds, room)
    if places is not None:
        found = found._replace(firsts=places[found.firsts], partners=places[found.partners])
    sampled = np.arange(0, len(found.partners), SAMPLED)
    firsts = found.firsts[np.searchsorted(found.ends, sampled, side="right")]
    sample = (firsts.astype(np.uint64) << ROW_BITS) | found.partners[sampled]
    return {**found._asdict(), "sample": sample}


def _read_bands(
    bands: list[int],
    starts: np.ndarray,
    counts: np.ndarray,
    first_part: int,
    room: Room,
    work: Path,
) -> np.ndarray:
    """Return uint32[bands, n]: bands that follow one another, of some parts side by side."""
    hashes = room.array("hashes", (len(bands), int(counts.sum())), np.uint32)
    place = 0
    for index in np.flatnonzero(counts).tolist():
        count = int(counts[index])
        here = np.empty((len(bands), count), np.uint32)
        path = signed_piece(work, first_part + index)
        with path.open("rb") as file:
            read_into(path, file, int(starts[index]) + bands[0] * here[0].nbytes, here)
        hashes[:, place : place + count] = here
        place += count
    return hashes
