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

from curator.cluster import begun, run_tasks, threads_of
from curator.dedup.copies.differences import say_the_same
from curator.dedup.copies.gathered import Gathered, distinct, gathered, rising, runs_by_part
from curator.dedup.copies.letters import letter_classes
from curator.dedup.copies.signing import signed_keys, signed_piece
from curator.dedup.pieces import joined, piece, read_arrays, write_arrays
from curator.io.parts import Corpus
from curator.kernels.alignment import align
from curator.kernels.narrow import fitting
from curator.kernels.rooms import Room, Rooms

BYTES_AT_ONCE = 240 << 20
"""Bytes of keys that are gathered at one time, at most: the fewer, the more often a document is. A
longer key is gathered alone. 1.3 million pairs of 400,000 documents take four rounds."""
PAIRS_AT_ONCE = 25_000
"""Pairs that one thread aligns at a time."""
PAIRS_A_PROCESS = 100_000
"""Pairs of a round on a cluster, at most: its processes share nothing, and each has rounds of its
own."""
HERE = 2_000
"""So many pairs are aligned without tasks: less than a tenth of a second."""
BYTES_A_CHARACTER = 2
"""What a character of a key is reckoned at."""


class Found(NamedTuple):
    """Pairs that look like copies."""

    places: np.ndarray
    """int64[k]: which of the pairs that were asked for, in any order."""
    shares: np.ndarray
    """float64[k, 2]: shares of the lesser document aligned with, and equal to, the better."""


NOTHING = Found(np.zeros(0, np.int64), np.zeros((0, 2), np.float64))


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
) -> Found:
    """Return the pairs that are copies, as it looks, and how much of each is aligned.

    ``pairs`` is uint32[n, 2], rows of the better document, the whole, and of the lesser, the part;
    ``lengths`` uint32[n, 2] are those of their keys. No pair is returned of texts that do not
    ``say_the_same``, nor one of which less than ``at_least`` is aligned: the more is asked, the
    sooner strangers are given up. ``work`` holds the signed piece of each part of the corpus;
    ``name`` names the pieces of this step.
    """
    threads = threads_of(client)
    with begun(partial(distinct, n_rows=corpus.total_rows), [pairs[:, 1]], threads) as numbered:
        order = rising(pairs[:, 0], corpus.total_rows)
        rows, parts = numbered()[0]
    asked = {
        "wholes": pairs[:, 0][order],
        "parts": parts[order],
        "rows": rows,
        "first_rows": np.array([part.first_row for part in corpus.parts], np.int64),
    }
    if len(pairs) <= HERE:
        found = _found(Asked(**asked, at_least=at_least, work=work), None, Room())
        return found._replace(places=order[found.places])
    share_memory = client is None or threads is not None
    sizes = np.empty(len(rows), np.int64)
    sizes[parts] = lengths[:, 1]
    sizes *= BYTES_A_CHARACTER
    del rows, parts, numbered
    most = len(pairs) if share_memory else PAIRS_A_PROCESS
    rounds = fitting(asked["parts"], sizes, BYTES_AT_ONCE, most)
    # Read from a file by every round: sent with each, the layout would grow with parts squared.
    path = work / f"{name}-alongside"
    piece(path, lambda: asked)
    asked.clear()
    run = partial(_round, path=path, at_least=at_least, rooms=Rooms(), work=work)
    if share_memory:
        pieces = [run(item, threads=threads) for item in rounds]
    else:
        pieces = run_tasks(partial(run, threads=None), rounds, client)
    found = Found(**joined(pieces, NOTHING._asdict()))
    return found._replace(places=order[found.places])


def _round(
    item: tuple[int, int],
    path: Path,
    at_least: float,
    rooms: Rooms,
    work: Path,
    threads: Executor | None,
) -> Path:
    start, stop = item
    # Both ends: begun again on a cluster, or no longer on one, a run has other rounds.
    target = path.with_name(f"{path.name}-{start:010d}-{stop:010d}")
    if not target.exists():
        asked = read_arrays(path)
        asked |= {name: asked[name][start:stop] for name in ("wholes", "parts")}
        with rooms.lent() as room:
            found = _found(Asked(**asked, at_least=at_least, work=work), threads, room)
        write_arrays(target, found._replace(places=found.places + start)._asdict())
    return target


def _found(asked: Asked, threads: Executor | None, room: Room) -> Found:
    """Return what is found among the pairs of one round."""
    held = np.zeros(len(asked.rows), np.bool_)
    held[asked.parts] = True
    of_pair = (np.cumsum(held) - 1)[asked.parts]
    parts = gathered(asked.rows[held], asked.first_rows, asked.work, threads, room)
    runs = [
        (index, *cut)
        for index, start, stop in runs_by_part(asked.wholes, asked.first_rows)
        for cut in itertools.pairwise([*range(start, stop, PAIRS_AT_ONCE), stop])
    ]
    found = run_tasks(partial(_align, asked=asked, parts=parts, of_pair=of_pair), runs, threads)
    return Found(*map(np.concatenate, zip(NOTHING, *found, strict=True)))


def _align(run: tuple[int, int, int], asked: Asked, parts: Gathered, of_pair: np.ndarray) -> Found:
    """Return what is found among pairs whose wholes are in one part of the corpus."""
    index, start, stop = run
    there = read_arrays(signed_piece(asked.work, index))
    places = np.empty((stop - start, 2), np.int64)
    places[:, 0] = np.searchsorted(there["signed"], asked.wholes[start:stop])
    places[:, 1] = of_pair[start:stop]
    scripts, classes = parts.unspaced, letter_classes()
    found = align(signed_keys(there), parts.keys, places, scripts, asked.at_least, classes)
    # Four of five are strangers, of which there is nothing to say.
    aligned = np.flatnonzero(found.aligned)
    found, at = found.of(aligned), places[aligned, 1]
    lengths = parts.keys.lengths[at]
    copies = np.flatnonzero(say_the_same(found, lengths, parts.unspaced[at]))
    shares = np.stack([found.aligned[copies], found.equal[copies]], axis=1)
    return Found(start + aligned[copies], shares / lengths[copies, None])
