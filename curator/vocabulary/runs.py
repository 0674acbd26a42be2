"""Sorted runs of counted keys on disk, and their merge in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from curator.io.atomic import atomic_write
from curator.kernels.ngrams import KeyCounter

RUN = np.dtype([("key", "<u8"), ("count", "<i8"), ("documents", "<i8")])
KEYS_IN_MEMORY = 1 << 22
"""Distinct keys after which a counter is written out, and about the size of a merged block."""


def run_path(base: Path, name: str, index: int) -> Path:
    """Return the path of run ``index`` of the kind ``name`` of a piece."""
    return base.with_name(f"{base.name}-{name}-{index}.npy")


class RunWriter:
    """A counter that writes a sorted run whenever it holds too many keys.

    ``add`` must be given whole documents, so that the document counts of two runs add up.
    """

    def __init__(self, base: Path, name: str, limit: int = KEYS_IN_MEMORY) -> None:
        self._base, self._name = base, name
        self._limit = limit
        self._counter = KeyCounter()
        self.paths: list[Path] = []

    def add(self, keys: np.ndarray, documents: np.ndarray) -> None:
        """Count keys of whole documents; see ``KeyCounter.add``."""
        self._counter.add(keys, documents)
        if len(self._counter) >= self._limit:
            self.flush()

    def flush(self) -> None:
        """Write what is held as one more run; nothing held writes nothing."""
        if not len(self._counter):
            return
        keys, counts, documents = self._counter.result()
        run = np.empty(len(keys), RUN)
        run["key"], run["count"], run["documents"] = keys, counts, documents
        path = run_path(self._base, self._name, len(self.paths))
        with atomic_write(path) as file:
            np.save(file, run)
        self.paths.append(path)
        self._counter = KeyCounter()


def merged_blocks(
    paths: Sequence[Path], align_bits: int = 0, block: int = KEYS_IN_MEMORY
) -> Iterator[np.ndarray]:
    """Merge runs by ranges of keys: yield sorted blocks of type ``RUN`` with counts added up.

    The keys rise from block to block, and keys that differ in their lowest ``align_bits`` bits
    alone are never apart. Where the runs were cut changes nothing but the sizes of the blocks.
    """
    runs = [np.load(path, mmap_mode="r", allow_pickle=False) for path in paths]
    stride = max(1, block // 64)
    samples = np.sort(np.concatenate([np.zeros(0, np.uint64), *(r["key"][::stride] for r in runs)]))
    bits = np.uint64(align_bits)
    pivots = np.unique(samples[:: max(1, block // stride)] >> bits << bits)
    edges = pivots[1:]
    places = [np.concatenate([[0], np.searchsorted(r["key"], edges), [len(r)]]) for r in runs]
    for index in range(len(edges) + 1):
        parts = [
            np.asarray(run[place[index] : place[index + 1]])
            for run, place in zip(runs, places, strict=True)
        ]
        joined = _add_up(np.concatenate([np.zeros(0, RUN), *parts]))
        if len(joined):
            yield joined


def _add_up(rows: np.ndarray) -> np.ndarray:
    """Sort rows by key and add the counts of equal keys."""
    if not len(rows):
        return rows
    rows = rows[np.argsort(rows["key"], kind="stable")]
    first = np.flatnonzero(np.concatenate([[True], rows["key"][1:] != rows["key"][:-1]]))
    joined = rows[first]
    for field in ("count", "documents"):
        joined[field] = np.add.reduceat(rows[field], first)
    return joined
