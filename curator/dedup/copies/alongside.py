"""Fourth step, alignment: the documents that may be copies of one are laid alongside it in a row.

A pair has a whole, the better document, and a part. Pairs are ordered by their wholes: each of
these is read where it lies, and its seeds are indexed, once for all its pairs. Their parts may be
anywhere, so the keys of as many as one may hold are first gathered, piece by piece, and threads
share them. Two pieces at a time, as sketches are compared, wholes were read and indexed four times
as often and a piece was mapped for every thousand pairs, which took 2.7 times the CPU time. Keys
read one by one, without mapping, took as long as those gathered by each of twelve tasks: a
microsecond each.
"""

from __future__ import annotations

import itertools
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curator.cluster import run_tasks
from curator.dedup.copies.differences import say_the_same
from curator.dedup.copies.gathered import Gathered, distinct, gathered, rising, runs_by_part
from curator.dedup.copies.signing import signed_keys, signed_piece
from curator.dedup.pieces import piece, read_arrays, write_arrays
from curator.io.parts import Corpus
from curator.kernels.alignment import align

BYTES_AT_ONCE = 240 << 20
"""Bytes of keys that are gathered at one time, at most, reckoned at two a character: the fewer, the
more often a document is. A longer key is gathered alone. 1.3 million pairs of 400,000 documents
take three rounds, of 200 MB each."""
PAIRS_AT_ONCE = 25_000
"""Pairs that one thread aligns at a time."""
PAIRS_A_PROCESS = 100_000
"""Pairs of a round on a cluster, at most: its processes share nothing, and each has rounds of its
own."""
HERE = 2_000
"""So many pairs are aligned without tasks: less than a tenth of a second."""


class Asked(NamedTuple):
    """Pairs of rows that are aligned in one round."""

    wholes: np.ndarray
    """uint32[n], rising."""
    parts: np.ndarray
    """uint32[n]: places in ``rows``."""
    rows: np.ndarray
    """int64[m], rising: the parts of all rounds."""
    first_rows: np.ndarray
    """int64[parts of the corpus]."""
    at_least: float
    work: Path


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
    sooner strangers are given up. ``work`` holds the signed piece of each part of the corpus;
    ``name`` names the pieces of this step.
    """
    order = rising(pairs[:, 0], corpus.total_rows)
    rows, parts = distinct(pairs[order, 1], corpus.total_rows)
    asked = {
        "wholes": pairs[order, 0].astype(np.uint32),
        "parts": parts.astype(np.uint32),
        "rows": rows,
        "first_rows": np.array([part.first_row for part in corpus.parts], np.int64),
    }
    if len(pairs) <= HERE:
        shares = _shares(Asked(**asked, at_least=at_least, work=work), None)
        return shares[np.argsort(order)]
    share_memory = client is None or isinstance(client, Executor)
    least = 1 if share_memory else -(-len(pairs) // PAIRS_A_PROCESS)
    rounds = _rounds(parts, 2 * lengths[order, 1], least)
    del rows, parts
    # Read from a file by every round: sent with each, the layout would grow with parts squared.
    path = work / f"{name}-alongside"
    piece(path, lambda: asked)
    asked.clear()
    run = partial(_round, path=path, at_least=at_least, work=work)
    if share_memory:
        found = [run(item, threads=client) for item in rounds]
    else:
        found = run_tasks(partial(run, threads=None), rounds, client)
    result = np.empty((len(pairs), 2), np.float64)
    for (start, stop), shares_of in zip(rounds, found, strict=True):
        result[order[start:stop]] = read_arrays(shares_of)["shares"]
    return result


def _rounds(parts: np.ndarray, sizes: np.ndarray, least: int) -> list[tuple[int, int]]:
    """Return ranges of pairs of about one size, whose parts together have few bytes.

    ``parts`` (int64[n]) are numbers from 0 on, ``sizes`` (int64[n]) the bytes of each; there are
    ``least`` ranges or more.
    """
    size_of = np.zeros(int(parts.max()) + 1, np.int64)
    size_of[parts] = sizes
    total = np.cumsum(sizes)
    n_rounds = max(least, -(-int(size_of.sum()) // BYTES_AT_ONCE))
    while True:
        wanted = np.arange(1, n_rounds) * (int(total[-1]) / n_rounds)
        bounds = np.unique([0, *np.searchsorted(total, wanted).tolist(), len(parts)]).tolist()
        found = list(itertools.pairwise(bounds))
        most = max(_size(parts[start:stop], size_of) for start, stop in found)
        if most <= BYTES_AT_ONCE or n_rounds >= len(parts):
            return found
        n_rounds += 1 + n_rounds // 4


def _size(parts: np.ndarray, size_of: np.ndarray) -> int:
    """Return the bytes of some documents, each counted once."""
    held = np.zeros(len(size_of), np.bool_)
    held[parts] = True
    return int(size_of[held].sum())


def _round(
    item: tuple[int, int], path: Path, at_least: float, work: Path, threads: Executor | None
) -> Path:
    start, stop = item
    # Both ends: begun again on a cluster, or no longer on one, a run has other rounds.
    found = path.with_name(f"{path.name}-{start:010d}-{stop:010d}")
    if not found.exists():
        asked = read_arrays(path)
        asked |= {name: asked[name][start:stop] for name in ("wholes", "parts")}
        shares = _shares(Asked(**asked, at_least=at_least, work=work), threads)
        write_arrays(found, {"shares": shares})
    return found


def _shares(asked: Asked, threads: Executor | None) -> np.ndarray:
    """Return the shares of the pairs of one round, float64[n, 2]."""
    held = np.zeros(len(asked.rows), np.bool_)
    held[asked.parts] = True
    of_pair = (np.cumsum(held) - 1)[asked.parts]
    parts = gathered(asked.rows[held], asked.first_rows, asked.work, threads)
    runs = [
        (index, *cut)
        for index, start, stop in runs_by_part(asked.wholes, asked.first_rows)
        for cut in itertools.pairwise([*range(start, stop, PAIRS_AT_ONCE), stop])
    ]
    shares = np.empty((len(of_pair), 2), np.float64)
    run_tasks(
        partial(_align, asked=asked, parts=parts, of_pair=of_pair, into=shares), runs, threads
    )
    return shares


def _align(
    run: tuple[int, int, int], asked: Asked, parts: Gathered, of_pair: np.ndarray, into: np.ndarray
) -> None:
    """Write the shares of pairs whose wholes are in one part of the corpus."""
    index, start, stop = run
    there = read_arrays(signed_piece(asked.work, index))
    places = np.empty((stop - start, 2), np.int64)
    places[:, 0] = np.searchsorted(there["signed"], asked.wholes[start:stop])
    places[:, 1] = of_pair[start:stop]
    found = align(signed_keys(there), parts.keys, places, parts.unspaced, asked.at_least)
    lengths, unspaced = parts.keys.lengths[places[:, 1]], parts.unspaced[places[:, 1]]
    shares = np.stack([found.aligned, found.equal], axis=1) / np.maximum(1, lengths)[:, None]
    shares[~say_the_same(found, lengths, unspaced)] = 0
    into[start:stop] = shares
