"""Character n-grams on the device; the functions and their results are those of ``cpu``.

A table holds its keys in an order of its own, which is not the host's and differs from run to run;
what the contract gives out is sorted, so it is the same.
"""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from curator.kernels.cuda.gpu import launch, offsets_of, on_device, over, warps_over

THREADS = 256
RUN = 16
"""Bytes of text a thread looks at; as in gpu.cu."""
NONE = np.uint64(2**64 - 1)


def _each(function: str, n: int, *arguments: Any) -> None:
    """Run a device function with one thread for each of ``n`` items, its last argument."""
    launch("ngrams", function, over(n, THREADS), THREADS, (*arguments, np.int64(n)))


def code_points(offsets: Any, data: Any) -> tuple[Any, Any]:
    """Return int32 code points and int64[n_documents + 1] bounds."""
    offsets, data = on_device(offsets, np.int64), on_device(data, np.uint8)
    start, end = np.int64(int(offsets[0])), np.int64(int(offsets[-1]))
    blocks = over(int(end - start), THREADS * RUN)
    counts = cupy.zeros(blocks, np.int64)
    launch("ngrams", "count_characters", blocks, THREADS, (data, start, end, counts))
    tiles = offsets_of(counts)
    points = cupy.empty(int(tiles[-1]), np.int32)
    launch("ngrams", "write_characters", blocks, THREADS, (data, start, end, tiles, points))
    n_offsets = len(offsets)
    bounds = cupy.zeros(n_offsets, np.int64)
    arguments = (data, offsets, tiles, np.int64(THREADS * RUN), bounds, np.int64(n_offsets))
    launch("ngrams", "document_bounds", warps_over(n_offsets, THREADS), THREADS, arguments)
    return points, bounds


def pair_keys(ranks: Any) -> Any:
    """Return uint64[n - 1]."""
    keys = cupy.empty(max(0, len(ranks) - 1), np.uint64)
    _each("pair_keys", len(keys), on_device(ranks, np.int32), keys)
    return keys


def neighbour_keys(ranks: Any, points: Any, inside: Any, step: int) -> Any:
    """Return uint64[n]."""
    keys = cupy.empty(len(ranks), np.uint64)
    arrays = (on_device(ranks, np.int32), on_device(points, np.int32), on_device(inside, np.bool_))
    _each("neighbour_keys", len(keys), *arrays, np.int64(step), np.int64(len(points)), keys)
    return keys


def count_keys(
    keys: Any,
    documents: Any,
    at: int,
    table: Any,
    counts: Any,
    in_documents: Any,
    last: Any,
    used: int,
) -> tuple[int, int]:
    """Count all keys from ``at`` on, or none where the table could become more than half full.

    Return where to go on and how many slots are used, as the host's body does.
    """
    end = len(keys)
    keys, documents = on_device(keys, np.uint64)[at:], on_device(documents, np.int64)[at:]
    wanted = cupy.flatnonzero(keys != NONE)
    if len(wanted) == 0:
        return end, used
    keys, documents = keys[wanted], documents[wanted]
    order = cupy.argsort(keys)  # stable: documents keep rising within a key
    keys, documents = keys[order], documents[order]
    n = len(keys)
    key_begins, document_begins = cupy.zeros(n, np.uint8), cupy.zeros(n, np.uint8)
    _each("mark_runs", n, keys, documents, key_begins, document_begins)
    firsts = cupy.flatnonzero(key_begins)
    starts = cupy.concatenate((firsts, cupy.full(1, n, np.int64)))
    mask, runs = np.int64(len(table) - 1), len(firsts)
    slots = cupy.empty(runs, np.int64)
    _each("find_keys", runs, keys[firsts], table, counts, mask, slots)
    new = int((slots < 0).sum())
    if used + new > len(table) // 2:
        return at, used
    distinct = offsets_of(document_begins.astype(np.int64))
    places = (keys, documents, starts, distinct, slots)
    _each("add_runs", runs, *places, table, counts, in_documents, last, mask)
    return end, used + new


def move_keys(
    table: Any,
    counts: Any,
    in_documents: Any,
    last: Any,
    new_table: Any,
    new_counts: Any,
    new_in_documents: Any,
    new_last: Any,
) -> None:
    """Move all keys of a table to a larger empty one."""
    old = (table, counts, in_documents, last)
    new = (new_table, new_counts, new_in_documents, new_last)
    _each("move_keys", len(table), *old, *new, np.int64(len(new_table) - 1))


def rank_table(known: Any) -> tuple[Any, Any]:
    """Hash sorted keys; the second array holds rank + 1, and zero where a slot is free."""
    slots = 16
    while slots < 2 * len(known):
        slots *= 2
    table, ranks = cupy.zeros(slots, np.uint64), cupy.zeros(slots, np.int64)
    known = on_device(known, np.uint64)
    _each("insert_ranks", len(known), known, table, ranks, np.int64(slots - 1))
    return table, ranks


def ranks_of(keys: Any, table: Any, ranks: Any) -> Any:
    """Return int32[n]: the place of each key among the known, or -1."""
    found = cupy.empty(len(keys), np.int32)
    mask = np.int64(len(table) - 1)
    _each("ranks_of", len(keys), on_device(keys, np.uint64), table, ranks, mask, found)
    return found
