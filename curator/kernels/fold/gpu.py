"""Folding on the device: one table look-up a code point.

Documents whose marks interact are folded on the host, by the host's body.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import cupy
import numpy as np

from curator.kernels.cuda.gpu import launch, offsets_of, on_device, over, warps_over
from curator.kernels.fold import cpu, table
from curator.kernels.fold.table import FoldTables

THREADS = 128


class _Lookups(NamedTuple):
    """Arguments of the device functions, in their order."""

    folds: Any
    expansions: Any
    boundary: Any
    pairs: Any
    n_pairs: Any


@functools.cache
def _whole() -> _Lookups:
    """Return the tables on the device, 9 MB, copied once a process."""
    found = table.tables()
    folds, expansions = on_device(found.whole, np.uint32), on_device(found.expansions, np.uint32)
    boundary, pairs = on_device(found.boundary, np.uint32), on_device(found.pairs, np.uint64)
    return _Lookups(folds, expansions, boundary, pairs, np.int64(len(found.pairs)))


def fold_documents(offsets: Any, data: Any, tables: FoldTables) -> tuple[Any, Any, Any]:
    """Return key offsets, code points and counts int64[n, 2]."""
    offsets, data = on_device(offsets, np.int64), on_device(data, np.uint8)
    n_documents = len(offsets) - 1
    texts = (offsets, data, *_whole())
    lengths = cupy.zeros(n_documents, np.int64)
    counts = cupy.zeros((n_documents, 2), np.int64)
    interacting = cupy.zeros(n_documents, np.bool_)
    blocks, n = warps_over(n_documents, THREADS), np.int64(n_documents)
    launch("fold", "measure", blocks, THREADS, (*texts, lengths, counts, interacting, n))
    slow = cupy.flatnonzero(interacting)
    elsewhere = _fold_on_host(offsets, data, slow, tables) if len(slow) else None
    if elsewhere is not None:
        slow_offsets, slow_codepoints, slow_counts = elsewhere
        lengths[slow] = slow_offsets[1:] - slow_offsets[:-1]
        counts[slow] = slow_counts
    keys = offsets_of(lengths)
    codepoints = cupy.empty(int(keys[-1]), np.uint32)
    launch("fold", "write_keys", blocks, THREADS, (*texts, interacting, keys, codepoints, n))
    if elsewhere is not None:
        pieces = (slow_offsets, slow_codepoints, slow, keys, codepoints)
        launch("fold", "scatter", len(slow), THREADS, pieces)
    return keys, codepoints, counts


def _fold_on_host(offsets: Any, data: Any, slow: Any, tables: FoldTables) -> tuple[Any, Any, Any]:
    """Return key offsets, code points and counts of chosen documents, back on the device."""
    places = offsets_of(offsets[slow + 1] - offsets[slow])
    gathered = cupy.empty(int(places[-1]), np.uint8)
    launch("fold", "gather", len(slow), THREADS, (offsets, data, slow, places, gathered))
    found = cpu.fold_documents(places.get(), gathered.get(), tables)
    slow_offsets, slow_codepoints, slow_counts = found
    return (
        on_device(slow_offsets, np.int64),
        on_device(slow_codepoints, np.uint32),
        on_device(slow_counts, np.int64),
    )


def key_hashes(offsets: Any, codepoints: Any, text_offsets: Any, data: Any) -> Any:
    """Return uint64[n, 2]; see the contract."""
    n_documents = len(offsets) - 1
    result = cupy.empty((n_documents, 2), np.uint64)
    keys = (on_device(offsets, np.int64), on_device(codepoints, np.uint32))
    texts = (on_device(text_offsets, np.int64), on_device(data, np.uint8))
    arguments = (*keys, *texts, result, np.int64(n_documents))
    launch("fold", "key_hashes", over(n_documents, THREADS), THREADS, arguments)
    return result
