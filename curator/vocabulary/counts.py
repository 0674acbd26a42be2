"""One pass over the shards: characters of all scripts, and words of the spaced ones."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curator.cluster import run_tasks
from curator.io.atomic import atomic_write
from curator.io.shards import shard_batches
from curator.kernels import buffers, ngrams, pieces
from curator.kernels.pieces.classes import CODE_POINTS, character_classes
from curator.schema import STRING
from curator.vocabulary.work import arrays_once, load_arrays, piece, shard_key

WORD_SCHEMA = pa.schema([("word", STRING), ("count", pa.int64()), ("documents", pa.int64())])
"""A table of words; ``documents`` is the number of documents that have the word."""


class CharacterCounts(NamedTuple):
    """Characters of a corpus, sorted by code point."""

    points: np.ndarray
    """int64[n] code points that occur."""
    counts: np.ndarray
    """int64[n] how often each occurs."""
    documents: np.ndarray
    """int64[n] in how many documents."""


def texts_of(shard: Path, batch_bytes: int) -> Iterator[tuple[list[str], buffers.Utf8]]:
    """Yield ids and text buffers of a shard, about ``batch_bytes`` of text at a time."""
    for ids, texts in shard_batches(shard, batch_bytes):
        yield ids, buffers.of(texts)


def document_of(bounds: np.ndarray, first: int = 0) -> np.ndarray:
    """Return int64[n]: the document of each position, numbered from ``first``."""
    return np.repeat(np.arange(first, first + len(bounds) - 1), np.diff(bounds))


def count_characters(
    shards: Sequence[Path], batch_bytes: int, client: Any, work: Path
) -> CharacterCounts:
    """Count every character of the shards' texts, exactly."""
    task = functools.partial(_count_shard_characters, batch_bytes=batch_bytes, work=work)
    counts, documents = np.zeros(CODE_POINTS, np.int64), np.zeros(CODE_POINTS, np.int64)
    for path in run_tasks(task, list(shards), client):
        found = load_arrays(path)
        counts[found["points"]] += found["counts"]
        documents[found["points"]] += found["documents"]
    points = np.flatnonzero(counts)
    return CharacterCounts(points, counts[points], documents[points])


def _count_shard_characters(shard: Path, batch_bytes: int, work: Path) -> Path:
    def make() -> dict[str, np.ndarray]:
        counter, seen = ngrams.KeyCounter(), 0
        for _, texts in texts_of(shard, batch_bytes):
            points, bounds = ngrams.code_points(texts)
            counter.add(points.astype(np.uint64), document_of(bounds, seen))
            seen += texts.n_documents
        points, counts, documents = counter.result()
        return {"points": points.astype(np.int64), "counts": counts, "documents": documents}

    return arrays_once(piece(work, "characters", shard_key(shard)), make)


def count_words(
    shards: Sequence[Path], max_characters: int, batch_bytes: int, client: Any, work: Path
) -> pa.Table:
    """Count the words of spaced scripts; rows sorted by the word's UTF-8 bytes."""
    task = functools.partial(
        _count_shard_words, max_characters=max_characters, batch_bytes=batch_bytes, work=work
    )
    tables = [read_words(path) for path in run_tasks(task, list(shards), client)]
    return add_up_words(tables)


def _count_shard_words(shard: Path, max_characters: int, batch_bytes: int, work: Path) -> Path:
    path = piece(work, "words", shard_key(shard), max_characters)
    if not path.exists():
        batches = texts_of(shard, batch_bytes)
        write_words(path, add_up_words([_batch_words(t, max_characters) for _, t in batches]))
    return path


def _batch_words(texts: buffers.Utf8, max_characters: int) -> pa.Table:
    """Count the words of one batch; its documents are whole, so their counts add up later."""
    starts, stops, documents = pieces.words(texts, character_classes(), max_characters)
    # The text between two words is the odd entry of one gapless partition of the buffer.
    bounds = np.empty(2 * len(starts) + 1, np.int64)
    bounds[:-1:2], bounds[1::2], bounds[-1] = starts, stops, stops[-1] if len(stops) else 0
    every = pa.LargeStringArray.from_buffers(
        2 * len(starts), pa.py_buffer(bounds), pa.py_buffer(texts.data)
    )
    words = every.take(pa.array(np.arange(0, 2 * len(starts), 2))).dictionary_encode()
    counter = ngrams.KeyCounter()
    counter.add(words.indices.to_numpy().astype(np.uint64), documents)
    _, counts, in_documents = counter.result()
    columns = [words.dictionary, pa.array(counts), pa.array(in_documents)]
    return pa.Table.from_arrays(columns, schema=WORD_SCHEMA)


def add_up_words(tables: Sequence[pa.Table]) -> pa.Table:
    """Join tables of words, add the counts of equal words, and sort by the word."""
    joined = pa.concat_tables([WORD_SCHEMA.empty_table(), *tables])
    summed = joined.group_by("word").aggregate([("count", "sum"), ("documents", "sum")])
    columns = [summed["word"], summed["count_sum"], summed["documents_sum"]]
    table = pa.Table.from_arrays(columns, schema=WORD_SCHEMA)
    return table.take(pc.sort_indices(table["word"]))


def write_words(path: Path, table: pa.Table) -> None:
    """Write a table of words as an Arrow file, whole or not at all."""
    with atomic_write(path) as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def read_words(path: Path) -> pa.Table:
    """Read a table of words back, memory-mapped."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
