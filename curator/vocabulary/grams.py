"""Exact n-gram counts of unspaced scripts, one length after another.

An n-gram cannot be more frequent than the shorter ones it contains, so each pass counts only those
whose first and last n − 1 characters were frequent in the pass before. Nothing that reaches the
minimum is lost, whatever the shards, and memory follows the frequent n-grams, not the text.
Source: Agrawal and Srikant 1994 (the Apriori property).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xxhash

from curator.cluster import run_tasks
from curator.kernels import ngrams
from curator.kernels.pieces.classes import UNSPACED, UNSPACED_MARK, character_classes
from curator.vocabulary.counts import CharacterCounts, document_of, texts_of
from curator.vocabulary.options import VocabularyOptions
from curator.vocabulary.runs import RUN, RunWriter, merged_blocks, run_path
from curator.vocabulary.work import arrays_once, load_arrays, piece, save_arrays, shard_key

LOW = np.uint64(2**32 - 1)
HALF = np.uint64(32)
NEIGHBOUR_BITS = 21
"""A code point fits in so many bits."""


class Level(NamedTuple):
    """The frequent n-grams of one length; entry i is the n-gram of rank i."""

    keys: np.ndarray
    """uint64[k], rising: rank of the first n − 1 characters << 32 | rank of the last n − 1; of
    single characters the code point."""
    points: np.ndarray
    """uint32[k, n]: the code points of each n-gram."""
    counts: np.ndarray
    """int64[k]."""
    documents: np.ndarray
    """int64[k]: documents the n-gram occurs in."""
    left: np.ndarray
    """float64[k]: sum of c·log2 c over the characters seen to the left, c their counts."""
    right: np.ndarray
    """float64[k]: the same to the right."""

    def prefixes(self) -> np.ndarray:
        """Return int64[k]: rank, one length down, of all characters but the last."""
        return (self.keys >> HALF).astype(np.int64)

    def suffixes(self) -> np.ndarray:
        """Return int64[k]: rank, one length down, of all characters but the first."""
        return (self.keys & LOW).astype(np.int64)

    def words(self) -> list[str]:
        """Return the n-grams as strings."""
        length = self.points.shape[1]
        text = self.points.astype("<u4").tobytes().decode("utf-32-le")
        return [text[start : start + length] for start in range(0, len(text), length)]


def unspaced(points: np.ndarray) -> np.ndarray:
    """Return bool[n]: which code points belong to runs of an unspaced script."""
    classes = character_classes()[points]
    return (classes == UNSPACED) | (classes == UNSPACED_MARK)


def count_grams(
    shards: Sequence[Path],
    characters: CharacterCounts,
    options: VocabularyOptions,
    client: Any,
    work: Path,
) -> list[Level]:
    """Count n-grams of 1 to ``max_word_characters`` characters; entry n − 1 holds length n."""
    frequent = unspaced(characters.points) & (characters.counts >= options.min_count)
    points = characters.points[frequent]
    none = np.zeros(len(points))
    counts, documents = characters.counts[frequent], characters.documents[frequent]
    levels = [
        Level(
            points.astype(np.uint64),
            points[:, None].astype(np.uint32),
            counts,
            documents,
            none,
            none,
        )
    ]
    keys = [levels[0].keys]
    runs = _pass(shards, keys, options, client, work)
    for _ in range(2, options.max_word_characters + 1):
        rows = _frequent(runs["pairs"], options.min_count)
        keys.append(rows["key"].copy())
        runs = _pass(shards, keys, options, client, work)
        levels.append(_level(levels[-1], rows, runs))
    return levels


def _frequent(paths: Sequence[Path], min_count: int) -> np.ndarray:
    found = [block[block["count"] >= min_count] for block in merged_blocks(paths)]
    return np.concatenate([np.zeros(0, RUN), *found])


def _level(below: Level, rows: np.ndarray, runs: dict[str, list[Path]]) -> Level:
    keys = rows["key"].copy()
    first = below.points[(keys >> HALF).astype(np.int64)]
    last = below.points[(keys & LOW).astype(np.int64), -1:]
    return Level(
        keys,
        np.concatenate([first, last], axis=1),
        rows["count"].copy(),
        rows["documents"].copy(),
        _log_sums(runs["left"], len(keys)),
        _log_sums(runs["right"], len(keys)),
    )


def _log_sums(paths: Sequence[Path], n_grams: int) -> np.ndarray:
    """Return float64[n_grams]: sum of c·log2 c over the neighbours of each n-gram."""
    sums = np.zeros(n_grams)
    for block in merged_blocks(paths, NEIGHBOUR_BITS):
        ranks = (block["key"] >> np.uint64(NEIGHBOUR_BITS)).astype(np.int64)
        first = np.flatnonzero(np.concatenate([[True], ranks[1:] != ranks[:-1]]))
        counts = block["count"].astype(np.float64)
        # A block never ends between two neighbours of one n-gram, so this is its whole sum.
        sums[ranks[first]] = np.add.reduceat(counts * np.log2(counts), first)
    return sums


def _pass(
    shards: Sequence[Path],
    keys: Sequence[np.ndarray],
    options: VocabularyOptions,
    client: Any,
    work: Path,
) -> dict[str, list[Path]]:
    """Count what needs the n-grams known so far: the next length, and neighbours of the last.

    Returns the sorted runs of ``pairs``, ``left`` and ``right``.
    """
    named = {f"length_{index:02d}": known for index, known in enumerate(keys, 1)}
    content = xxhash.xxh3_128_hexdigest(b"".join(known.tobytes() for known in keys))
    known_path = piece(work, "known", content, [len(known) for known in keys])
    arrays_once(known_path, lambda: named)
    final = len(keys) == options.max_word_characters
    task = functools.partial(
        _count_shard, known_path=known_path, final=final, options=options, work=work
    )
    runs: dict[str, list[Path]] = {"pairs": [], "left": [], "right": []}
    for base, numbers in run_tasks(task, list(shards), client):
        for name, number in numbers.items():
            runs[name] += [run_path(base, name, index) for index in range(number)]
    return runs


def _count_shard(
    shard: Path, known_path: Path, final: bool, options: VocabularyOptions, work: Path
) -> tuple[Path, dict[str, int]]:
    """Count one shard; return where its runs are and how many there are of each kind."""
    base = piece(work, "grams", shard_key(shard), known_path.name, final)
    names = ("pairs", "left", "right")
    if not base.exists():
        writers = {name: RunWriter(base, name) for name in names}
        known = list(load_arrays(known_path).values())
        tables = [ngrams.RankTable(keys) for keys in known]
        seen = 0
        for _, texts in texts_of(shard, options.batch_bytes):
            _count_batch(ngrams.code_points(texts), seen, tables, final, writers)
            seen += texts.n_documents
        for writer in writers.values():
            writer.flush()
        # Last, so that the piece is there only when all its runs are.
        numbers = {name: np.array(len(writer.paths)) for name, writer in writers.items()}
        save_arrays(base, **numbers)
    return base, {name: int(number) for name, number in load_arrays(base).items()}


def _count_batch(
    text: tuple[np.ndarray, np.ndarray],
    seen: int,
    tables: Sequence[ngrams.RankTable],
    final: bool,
    writers: dict[str, RunWriter],
) -> None:
    points, documents = _apart(*text, seen)
    inside = unspaced(points)
    ranks = tables[0].ranks(np.where(inside, points, -1).astype(np.int64).view(np.uint64))
    for table in tables[1:]:
        ranks = table.ranks(ngrams.pair_keys(ranks))
    length = len(tables)
    if length > 1:
        left = ngrams.neighbour_keys(ranks, points, inside, -1)
        writers["left"].add(left, documents[: len(left)])
        right = ngrams.neighbour_keys(ranks, points, inside, length)
        writers["right"].add(right, documents[: len(right)])
    if not final:
        pairs = ngrams.pair_keys(ranks)
        writers["pairs"].add(pairs, documents[: len(pairs)])


def _apart(points: np.ndarray, bounds: np.ndarray, seen: int) -> tuple[np.ndarray, np.ndarray]:
    """Put a character that is in no word after every document; return points and documents."""
    documents = document_of(bounds, seen)
    ends = np.arange(seen, seen + len(bounds) - 1)
    return np.insert(points, bounds[1:], 0x0A), np.insert(documents, bounds[1:], ends)
