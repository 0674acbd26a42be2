"""Keys of documents from all over a corpus, side by side in memory."""

from __future__ import annotations

import itertools
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.copies.signing import signed_piece
from curator.dedup.pieces import read_arrays
from curator.kernels.bands import counted_order, sort_rising
from curator.kernels.narrow import NarrowKeys, gather
from curator.kernels.rooms import Room

ROWS_A_PAIR = 4
"""Rows of the corpus for each row asked for, up to which a table of all takes less time than
sorting; it takes no more memory than the pairs."""


class Gathered(NamedTuple):
    """Signed documents, each once."""

    keys: NarrowKeys
    unspaced: np.ndarray
    """bool[n]: whether each is of a script without spaces."""


class _Found(NamedTuple):
    """Documents of one part of the corpus."""

    places: np.ndarray
    """int64[n], in its piece."""
    lengths: np.ndarray
    """int64[n]: characters of their keys."""
    forms: np.ndarray
    """uint8[n]."""
    unspaced: np.ndarray
    """bool[n]."""
    sizes: np.ndarray
    """int64[n]: bytes of their keys."""


def rising(rows: np.ndarray, n_rows: int) -> np.ndarray:
    """Return int64[n]: the order in which ``rows`` (below ``n_rows``) rise; equal ones stay."""
    if n_rows <= ROWS_A_PAIR * len(rows):
        return counted_order(np.ascontiguousarray(rows, np.uint32), n_rows)
    bits = len(rows).bit_length()
    numbers = rows.astype(np.uint64) << np.uint64(bits)
    numbers |= np.arange(len(rows), dtype=np.uint64)
    sort_rising(numbers, bits + n_rows.bit_length())
    return (numbers & np.uint64((1 << bits) - 1)).view(np.int64)


def distinct(rows: np.ndarray, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return int64[m], what ``np.unique(rows, return_inverse=True)`` returns first, and uint32[n],
    what second; ``rows`` are below ``n_rows``, and that below 2**32."""
    if n_rows <= ROWS_A_PAIR * len(rows):
        is_there = np.zeros(n_rows, np.bool_)
        is_there[rows] = True
        number = np.cumsum(is_there, dtype=np.uint32)
        number -= np.uint32(1)
        return np.flatnonzero(is_there), number[rows]
    order = rising(rows, n_rows)
    in_order = rows[order]
    is_first = np.ones(len(rows), np.bool_)
    np.not_equal(in_order[1:], in_order[:-1], out=is_first[1:])
    places = np.empty(len(rows), np.uint32)
    places[order] = np.cumsum(is_first) - 1
    return in_order[is_first], places


def runs_by_part(rows: np.ndarray, first_rows: np.ndarray) -> list[tuple[int, int, int]]:
    """Return number, start and stop for each part of the corpus that has some of ``rows``.

    These rise; ``first_rows`` is int64[parts].
    """
    bounds = [*np.searchsorted(rows, first_rows).tolist(), len(rows)]
    runs = enumerate(itertools.pairwise(bounds))
    return [(index, start, stop) for index, (start, stop) in runs if start < stop]


def gathered(
    rows: np.ndarray,
    first_rows: np.ndarray,
    work: Path,
    threads: Executor | None,
    room: Room,
) -> Gathered:
    """Return the keys and scripts of ``rows``, rising, from the signed pieces in ``work``.

    Each thread maps one piece at a time. The keys lie in ``room`` until that is used again.
    """
    runs = runs_by_part(rows, first_rows)
    found = run_tasks(partial(_looked_up, rows=rows, work=work), runs, threads)
    nothing = np.zeros(0, np.int64)
    found = [_Found(nothing, nothing, nothing.astype(np.uint8), nothing > 0, nothing), *found]
    starts = np.concatenate([[0], np.cumsum(np.concatenate([one.sizes for one in found]))])
    data = room.array("keys", int(starts[-1]), np.uint8)
    copies = [
        (index, one.places, data[starts[start] : starts[stop]])
        for (index, start, stop), one in zip(runs, found[1:], strict=True)
    ]
    run_tasks(partial(_copied, work=work), copies, threads)
    lengths = np.concatenate([one.lengths for one in found])
    forms = np.concatenate([one.forms for one in found])
    unspaced = np.concatenate([one.unspaced for one in found])
    return Gathered(NarrowKeys(lengths, forms, starts, data), unspaced)


def _looked_up(run: tuple[int, int, int], rows: np.ndarray, work: Path) -> _Found:
    index, start, stop = run
    found = read_arrays(signed_piece(work, index))
    places = np.searchsorted(found["signed"], rows[start:stop])
    sizes = found["key_starts"][places + 1] - found["key_starts"][places]
    of_each = (found[name][places] for name in ("signed_lengths", "key_forms", "signed_unspaced"))
    lengths, forms, unspaced = of_each
    return _Found(places, lengths.astype(np.int64), forms, unspaced, sizes)


def _copied(item: tuple[int, np.ndarray, np.ndarray], work: Path) -> None:
    index, places, into = item
    found = read_arrays(signed_piece(work, index))
    gather(found["key_starts"], found["keys"], places, into)
