"""First steps of exact substrings: which spans of text stand in more than one document."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.documents import chosen_texts, chunks, living_texts
from curator.dedup.pieces import joined, piece, read_arrays, stored_arrays
from curator.io.parts import Parts
from curator.kernels.buffers import Utf8
from curator.kernels.substrings import Hashing, Spans, find_spans, hashing, window_hashes

HASHES_AT_ONCE = 1 << 22
"""Distinct hashes of parts that a task compares at one time, at about 150 bytes each."""
NO_HASHES: dict[str, np.ndarray] = {
    "keys": np.zeros(0, np.uint64),
    "hashes": np.zeros((0, 2), np.uint64),
    "rows": np.zeros(0, np.int64),
    "places": np.zeros(0, np.int64),
    "lasts": np.zeros(0, np.int64),
}
"""Distinct stretches, rising by key and hash: the key that decides the range (of a span its anchor,
of a window the first half of its hash), the hash, the first row that has it and the code point
where, and the last row that has it."""


def span_rows(texts: Utf8, rows: np.ndarray, how: Hashing) -> tuple[Spans, np.ndarray]:
    """Return the spans of texts, and int64[m], the ordinal of each one's row."""
    spans = find_spans(texts, how)
    return spans, rows[spans.documents]


def find_shared(
    parts: Parts, text_field: str, characters: int, seed: int, work: Path, client: Any | None
) -> None:
    """Write the piece ``shared``: every span whose anchor stands in more than one row.

    Beside hashes, rows and places as in ``NO_HASHES`` it has keys, the first halves of the hashes,
    which rise, and alone bool[n]: no other span has this anchor, so whoever has the anchor has the
    whole span.
    """
    how = partial(_part_spans, text_field=text_field, characters=characters, seed=seed)
    n_parts = len(parts.parts)
    items = [(parts.only(i), work / f"spans-{i:05d}") for i in range(n_parts)]
    sizes = run_tasks(how, items, client)
    collect(work, "spans", sum(sizes), n_parts, _shared_spans, client)


def find_common_windows(
    parts: Parts, text_field: str, characters: int, seed: int, work: Path, client: Any | None
) -> None:
    """Write the piece ``common``: windows of spans that are not alone, in more than one row."""
    n_parts = len(parts.parts)
    items = [(parts.only(i), work / f"windows-{i:05d}") for i in range(n_parts)]
    task = partial(
        _part_windows, text_field=text_field, characters=characters, seed=seed, work=work
    )
    sizes = run_tasks(task, items, client)
    collect(work, "windows", sum(sizes), n_parts, _common_windows, client)


def collect(
    work: Path, kind: str, n_hashes: int, n_parts: int, choose: Any, client: Any | None
) -> None:
    """Bring equal hashes of all parts together, range by range, and join what is chosen."""
    n_ranges = 1
    while n_hashes > n_ranges * HASHES_AT_ONCE:
        n_ranges *= 2
    name = choose.__name__.strip("_")
    tasks = [(number, work / f"{name}-{number:05d}") for number in range(n_ranges)]
    run = partial(
        _range_task, kind=kind, n_ranges=n_ranges, n_parts=n_parts, work=work, choose=choose
    )
    run_tasks(run, tasks, client)
    like = choose(NO_HASHES)
    piece(work / name, lambda: _by_hash(joined([path for _, path in tasks], like)))


def _by_hash(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays in the order of ``look_up``: one anchor may have very many spans."""
    order = np.argsort(found["hashes"][:, 0], kind="stable")
    arrays = {name: array[order] for name, array in found.items() if name not in ("keys", "lasts")}
    return {"keys": arrays["hashes"][:, 0].copy(), **arrays}


def _part_spans(item: tuple[Parts, Path], text_field: str, characters: int, seed: int) -> int:
    part, path = item
    if not path.exists():
        how = hashing(characters, seed)
        rows, texts = living_texts(part, text_field)
        found = [NO_HASHES]
        for place, chunk in chunks(texts):
            spans, span_row = span_rows(chunk, rows[place], how)
            found.append(distinct(spans.anchors, spans.hashes, span_row, spans.firsts, span_row))
        piece(path, lambda: _merged(found))
    return stored_arrays(path)["keys"].shape[0]


def distinct(
    keys: np.ndarray, hashes: np.ndarray, rows: np.ndarray, places: np.ndarray, lasts: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the arrays of ``NO_HASHES``: of equal hashes the first row and place, the last row."""
    order = np.lexsort((places, rows, hashes[:, 1], hashes[:, 0], keys))
    keys, hashes = keys[order], hashes[order]
    starts = np.flatnonzero(_begins(keys) | _begins(hashes[:, 0]) | _begins(hashes[:, 1]))
    last = np.maximum.reduceat(lasts[order], starts) if len(starts) else starts
    return {
        "keys": keys[starts],
        "hashes": hashes[starts],
        "rows": rows[order][starts],
        "places": places[order][starts],
        "lasts": last,
    }


def _merged(found: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    arrays = {name: np.concatenate([some[name] for some in found]) for name in NO_HASHES}
    return distinct(**arrays)


def _begins(values: np.ndarray) -> np.ndarray:
    begins = np.ones(len(values), np.bool_)
    begins[1:] = values[1:] != values[:-1]
    return begins


def _range_task(
    item: tuple[int, Path], kind: str, n_ranges: int, n_parts: int, work: Path, choose: Any
) -> None:
    number, path = item

    def make() -> dict[str, np.ndarray]:
        width = (1 << 64) // n_ranges
        lowest, highest = np.uint64(number * width), np.uint64((number + 1) * width - 1)
        found = [NO_HASHES]
        for index in range(n_parts):
            arrays = read_arrays(work / f"{kind}-{index:05d}")
            start = np.searchsorted(arrays["keys"], lowest)
            stop = np.searchsorted(arrays["keys"], highest, side="right")
            if start < stop:  # copied: a slice would hold its file open
                found.append({name: arrays[name][start:stop].copy() for name in NO_HASHES})
        chosen: dict[str, np.ndarray] = choose(_merged(found))
        return chosen

    piece(path, make)


def _shared_spans(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    starts = np.flatnonzero(_begins(found["keys"]))
    sizes = np.diff(starts, append=len(found["keys"]))
    if not len(starts):
        return {**found, "alone": np.zeros(0, np.bool_)}
    shared = np.minimum.reduceat(found["rows"], starts) != np.maximum.reduceat(
        found["lasts"], starts
    )
    chosen = np.repeat(shared, sizes)
    arrays = {name: array[chosen] for name, array in found.items()}
    return {**arrays, "alone": np.repeat(sizes == 1, sizes)[chosen]}


def _common_windows(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    chosen = found["rows"] != found["lasts"]
    return {name: array[chosen] for name, array in found.items()}


def _part_windows(
    item: tuple[Parts, Path], text_field: str, characters: int, seed: int, work: Path
) -> int:
    part, path = item
    piece(path, partial(_windows, part, text_field, characters, seed, work))
    return stored_arrays(path)["keys"].shape[0]


def _windows(
    part: Parts, text_field: str, characters: int, seed: int, work: Path
) -> dict[str, np.ndarray]:
    """Return the arrays of ``NO_HASHES`` for windows of spans first seen in this part.

    A later row that has such a span has all its windows, so the first row speaks for it.
    """
    shared = read_arrays(work / "shared_spans")
    first = part.parts[0].first_row
    told = ~shared["alone"] & (shared["rows"] >= first)
    told &= shared["rows"] < first + part.parts[0].rows
    speaking = np.unique(shared["rows"][told])
    if not len(speaking):
        return NO_HASHES
    how = hashing(characters, seed)
    found = [NO_HASHES]
    for place, chunk in chunks(chosen_texts(part, text_field, speaking)):
        spans, span_row = span_rows(chunk, speaking[place], how)
        at = look_up(shared, spans.hashes)
        # at is -1 where a span is not shared: what is read there then does not count
        tells = (at >= 0) & ~shared["alone"][at] & (shared["rows"][at] == span_row)
        chosen = Spans(*(array[tells] for array in spans))
        hashes = window_hashes(chunk, how, chosen)
        row = np.repeat(span_row[tells], chosen.windows)
        places = np.repeat(chosen.firsts, chosen.windows) + steps(chosen.windows)
        found.append(distinct(hashes[:, 0].copy(), hashes, row, places, row))
    return _merged(found)


def steps(counts: np.ndarray) -> np.ndarray:
    """Return 0, 1, … for each of ``counts`` (int64[n]), one after the other."""
    starts = np.cumsum(counts) - counts
    return np.arange(counts.sum()) - np.repeat(starts, counts)


def look_up(arrays: dict[str, np.ndarray], hashes: np.ndarray) -> np.ndarray:
    """Return int64[n]: where each of ``hashes`` (uint64[n, 2]) stands in ``arrays``, or -1."""
    known = arrays["keys"]
    places = np.searchsorted(known, hashes[:, 0])
    result = np.full(len(hashes), -1, np.int64)
    waiting = np.flatnonzero(places < len(known))
    while len(waiting):  # more than once only where two share half their hash
        waiting = waiting[known[places[waiting]] == hashes[waiting, 0]]
        same = arrays["hashes"][places[waiting], 1] == hashes[waiting, 1]
        result[waiting[same]] = places[waiting[same]]
        waiting = waiting[~same]
        places[waiting] += 1
        waiting = waiting[places[waiting] < len(known)]
    return result
