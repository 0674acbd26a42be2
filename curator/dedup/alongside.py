"""Third step, alignment: the documents that may be copies of one are laid alongside it in a row.

A pair has a whole, the better document, and a part. Pairs are ordered by their wholes: each of
these is read where it lies, and its seeds are indexed, once for all its pairs. Their parts may be
anywhere, so a task first gathers the keys of its own, going through the pieces of the corpus one
after the other. Two pieces at a time, as sketches are compared, wholes were read and indexed four
times as often, and a piece was mapped for every thousand pairs: 1.3 million pairs took 5.5 seconds
of CPU, now 3.
"""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.differences import say_the_same
from curator.dedup.pieces import piece, read_arrays, write_arrays
from curator.dedup.signing import signed_keys, signed_piece
from curator.io.parts import Corpus
from curator.kernels.alignment import Alignment, align
from curator.kernels.bands import sort_rising
from curator.kernels.narrow import NarrowKeys, gather

BYTES_AT_ONCE = 128 << 20
"""Bytes of keys that a task gathers at most, reckoned at two a character and as if each document
were in one pair; of 400,000 documents it was a third less. A longer key is gathered alone."""
PAIRS_AT_ONCE = 50_000
ENOUGH_TASKS = 12
"""So many tasks are made of ``PAIRS_AT_ONCE``, and no more but of ``BYTES_AT_ONCE``: to map all
pieces of a corpus takes a millisecond each, and every task does."""
HERE = 2_000
"""So many pairs are aligned without tasks: less than a tenth of a second."""


class Gathered(NamedTuple):
    """Documents from all over the corpus, each once."""

    keys: NarrowKeys
    unspaced: np.ndarray
    """bool[n]: whether each is of a script without spaces."""


def aligned_shares(
    corpus: Corpus,
    pairs: np.ndarray,
    lengths: np.ndarray,
    at_least: float,
    name: str,
    work: Path,
    client: Any | None,
) -> np.ndarray:
    """Return float64[n, 2]: shares of the lesser document aligned with, and equal to, the better.

    ``pairs`` is int64[n, 2], rows of the better document, the whole, and of the lesser, the part;
    ``lengths`` int64[n, 2] are those of their keys. A pair of texts that do not ``say_the_same``
    has 0 in both, and so has one of which less than ``at_least`` is aligned: the more is asked, the
    sooner strangers are given up. ``work`` holds
    the signed piece of each part of the corpus; ``name`` names the pieces of this step.
    """
    order = _by_whole(pairs, corpus.total_rows)
    asked = {
        "wholes": pairs[order, 0].astype(np.uint32),
        "parts": pairs[order, 1].astype(np.uint32),
        "first_rows": np.array([part.first_row for part in corpus.parts], np.int64),
    }
    result = np.empty((len(pairs), 2), np.float64)
    if len(pairs) <= HERE:
        result[order] = _shares(**asked, at_least=at_least, work=work)
        return result
    # Read from a file by every task: sent with each, the layout would grow with parts squared.
    path = work / f"{name}-alongside"
    piece(path, lambda: asked)
    asked.clear()
    run = partial(_task, path=path, at_least=at_least, work=work)
    items = _cut(2 * lengths[order, 1])
    for (start, stop), found in zip(items, run_tasks(run, items, client), strict=True):
        result[order[start:stop]] = read_arrays(found)["shares"]
    return result


def _by_whole(pairs: np.ndarray, n_rows: int) -> np.ndarray:
    """Return int64[n]: pairs by their wholes."""
    bits = len(pairs).bit_length()
    numbers = pairs[:, 0].astype(np.uint64) << np.uint64(bits)
    numbers |= np.arange(len(pairs), dtype=np.uint64)
    sort_rising(numbers, bits + n_rows.bit_length())
    return (numbers & np.uint64((1 << bits) - 1)).view(np.int64)


def _cut(sizes: np.ndarray) -> list[tuple[int, int]]:
    """Return ranges of pairs of about one size each; ``sizes`` (int64[n]) are in bytes."""
    total = np.cumsum(sizes)
    n_tasks = min(ENOUGH_TASKS, -(-len(sizes) // PAIRS_AT_ONCE))
    n_tasks = max(n_tasks, -(-int(total[-1]) // BYTES_AT_ONCE))
    wanted = np.arange(1, n_tasks) * (int(total[-1]) / n_tasks)
    bounds = np.unique([0, *np.searchsorted(total, wanted).tolist(), len(sizes)]).tolist()
    return list(itertools.pairwise(bounds))


def _task(item: tuple[int, int], path: Path, at_least: float, work: Path) -> Path:
    start, stop = item
    found = path.with_name(f"{path.name}-{start:010d}")
    if not found.exists():
        asked = read_arrays(path)
        wholes, parts = asked["wholes"][start:stop], asked["parts"][start:stop]
        shares = _shares(wholes, parts, asked["first_rows"], at_least, work)
        write_arrays(found, {"shares": shares})
    return found


def _shares(
    wholes: np.ndarray, parts: np.ndarray, first_rows: np.ndarray, at_least: float, work: Path
) -> np.ndarray:
    """Return the shares of pairs of rows (uint32[n]), the wholes rising."""
    rows, of_pair = np.unique(parts, return_inverse=True)
    gathered = _gathered(rows, first_rows, work)
    found = np.empty((len(wholes), len(Alignment._fields)), np.int64)
    for index, start, stop in _runs(wholes, first_rows):
        there = read_arrays(signed_piece(work, index))
        places = np.empty((stop - start, 2), np.int64)
        places[:, 0] = np.searchsorted(there["signed"], wholes[start:stop])
        places[:, 1] = of_pair[start:stop]
        aligned = align(signed_keys(there), gathered.keys, places, gathered.unspaced, at_least)
        found[start:stop] = np.stack(aligned, axis=1)
    lengths, unspaced = gathered.keys.lengths[of_pair], gathered.unspaced[of_pair]
    shares = found[:, :2] / np.maximum(1, lengths)[:, None]
    shares[~say_the_same(Alignment(*found.T), lengths, unspaced)] = 0
    return shares


def _gathered(rows: np.ndarray, first_rows: np.ndarray, work: Path) -> Gathered:
    """Return the keys and scripts of ``rows`` (rising); one piece at a time is mapped."""
    n = len(rows)
    lengths, forms, starts = np.empty(n, np.int64), np.empty(n, np.uint8), np.zeros(n + 1, np.int64)
    scripts, data = np.empty(n, np.bool_), np.empty(0, np.uint8)
    for index, start, stop in _runs(rows, first_rows):
        found = read_arrays(signed_piece(work, index))
        places = np.searchsorted(found["signed"], rows[start:stop])
        lengths[start:stop] = found["signed_lengths"][places]
        forms[start:stop] = found["key_forms"][places]
        scripts[start:stop] = found["signed_unspaced"][places]
        sizes = found["key_starts"][places + 1] - found["key_starts"][places]
        starts[start + 1 : stop + 1] = starts[start] + np.cumsum(sizes)
        if starts[stop] > len(data):  # as if the others had keys like these: seldom done twice
            larger = np.empty(int(starts[stop]) * n * 11 // (10 * stop) + 4 & ~3, np.uint8)
            larger[: starts[start]] = data[: starts[start]]
            data = larger
        gather(found["key_starts"], found["keys"], places, data[starts[start] : starts[stop]])
    return Gathered(NarrowKeys(lengths, forms, starts, data), scripts)


def _runs(rows: np.ndarray, first_rows: np.ndarray) -> list[tuple[int, int, int]]:
    """Return for each part of the corpus that has some of ``rows`` (rising) which of them."""
    bounds = [*np.searchsorted(rows, first_rows).tolist(), len(rows)]
    runs = enumerate(itertools.pairwise(bounds))
    return [(index, start, stop) for index, (start, stop) in runs if start < stop]
