"""Text statistics on the device; the functions and their results are those of ``cpu``."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import cupy
import numpy as np

from curator.errors import ResourceError
from curator.kernels.cuda.gpu import launch, offsets_of, on_device, over, warps_over
from curator.kernels.text_stats.classes import tables
from curator.kernels.text_stats.columns import FOLLOWED
from curator.kernels.text_stats.ngrams import LONGEST as LONGEST_NGRAM
from curator.kernels.text_stats.ngrams import SHORTEST

__all__ = ["FOLLOWED", "count", "ngrams", "repetition"]

THREADS = 128
"""Threads of a block, 4 warps; as in gpu.cu."""
LONGEST = 2**31 - 1
"""Bytes of the longest document: the counts of one are kept in 32 bits while it is read."""
MOST_WORDS = 2**32 - 1
"""Words of one partition: a pair of them is one 64-bit number."""
NONE = np.uint64(2**64 - 1)


@functools.cache
def _meanings() -> Any:
    """Return the table of meanings on the device, 4 MB, copied once a process."""
    return on_device(tables().meanings, np.uint32)


def _on_device_once(meanings: np.ndarray) -> Any:
    return _meanings() if meanings is tables().meanings else on_device(meanings, np.uint32)


def count(
    offsets: Any, data: Any, meanings: np.ndarray, counts: np.ndarray, scripts: np.ndarray
) -> tuple[Any, Any, Any]:
    """Return the summed counts, the letters by script and the followed counts, a row a document."""
    offsets, data = on_device(offsets, np.int64), on_device(data, np.uint8)
    n_documents, n_counts = len(offsets) - 1, counts.shape[1]
    if n_documents and int((offsets[1:] - offsets[:-1]).max()) > LONGEST:
        raise ResourceError(
            f"curator.kernels.text_stats: a document has more than {LONGEST} bytes, too long for "
            "the GPU body; split it, or copy the texts to the host with .get()"
        )
    n_scripts = int(scripts.max()) + 1
    summed = cupy.zeros((n_documents, n_counts), np.int64)
    letters = cupy.zeros((n_documents, n_scripts), np.int64)
    followed = cupy.zeros((n_documents, len(FOLLOWED)), np.int64)
    texts = (offsets, data, _on_device_once(meanings))
    found = (on_device(counts, np.int64), np.int64(n_counts), on_device(scripts, np.int64))
    sizes = (np.int64(n_scripts), np.int64(len(counts)))
    arguments = (*texts, *found, *sizes, summed, letters, followed, np.int64(n_documents))
    launch("text_stats", "count", warps_over(n_documents, THREADS), THREADS, arguments)
    return summed, letters, followed


def repetition(offsets: Any, data: Any, meanings: np.ndarray) -> Any:
    """Return int64[n, 8]: the eight fields of ``Repetition``, in order."""
    offsets, data = on_device(offsets, np.int64), on_device(data, np.uint8)
    result = cupy.zeros((len(offsets) - 1, 8), np.int64)
    if len(result) == 0:
        return result
    _tally(offsets, data, _on_device_once(meanings), 1, result)
    _tally(offsets, data, _on_device_once(meanings), 2, result)
    return result


def _tally(offsets: Any, data: Any, meanings: Any, breaks: int, result: Any) -> None:
    """Tally the pieces between runs of ``breaks`` line feeds; 40 bytes a piece while it runs."""
    n_documents = len(offsets) - 1
    blocks, n = warps_over(n_documents, THREADS), np.int64(n_documents)
    n_pieces = cupy.zeros(n_documents, np.int64)
    cut = (offsets, data, np.int64(breaks))
    launch("text_stats", "count_pieces", blocks, THREADS, (*cut, n_pieces, n))
    places = offsets_of(n_pieces)
    pieces = int(places[-1])
    starts, ends = cupy.empty(pieces, np.int64), cupy.empty(pieces, np.int64)
    documents = cupy.empty(pieces, np.int64)
    launch(
        "text_stats", "write_pieces", blocks, THREADS, (*cut, places, starts, ends, documents, n)
    )
    hashes, characters = cupy.empty(pieces, np.uint64), cupy.empty(pieces, np.int64)
    found = (starts, ends, documents)
    blocks, n = warps_over(pieces, THREADS), np.int64(pieces)
    arguments = (data, meanings, np.int64(breaks == 2), *found, hashes, characters, n)
    launch("text_stats", "hash_pieces", blocks, THREADS, arguments)
    order = cupy.argsort(hashes).astype(np.int64)
    column = np.int64(0 if breaks == 1 else 4)
    tallied = (data, *found, characters, hashes[order], order, column, result, n)
    launch("text_stats", "tally_pieces", blocks, THREADS, tallied)


class _Words(NamedTuple):
    """Words of all documents in one line; each array int64[n]."""

    starts: Any
    """First byte."""
    ends: Any
    """Byte behind the last one."""
    firsts: Any
    """Code points of the document before the word."""
    lasts: Any
    """Code points of the document before the word's end."""
    documents: Any
    """Index of the document."""


def ngrams(offsets: Any, data: Any, meanings: np.ndarray) -> Any:
    """Return int64[n, 9, 2]: the fields of ``NGrams`` for every length from ``SHORTEST``.

    Takes some 150 bytes a word while it runs.
    """
    offsets, data = on_device(offsets, np.int64), on_device(data, np.uint8)
    n_documents, n_lengths = len(offsets) - 1, LONGEST_NGRAM - SHORTEST + 1
    result = cupy.zeros((n_documents, n_lengths, 2), np.int64)
    words = _find_words(offsets, data, _on_device_once(meanings))
    n = len(words.starts)
    if n >= MOST_WORDS:
        raise ResourceError(
            f"curator.kernels.text_stats: {n} words are more than the GPU body numbers at once; "
            "use smaller partitions"
        )
    if n == 0:
        return result
    numbers = _number_words(data, words)
    for length in range(SHORTEST, LONGEST_NGRAM + 1):
        numbers, frequencies = _number_pairs(numbers, words.documents)
        placed = (words.firsts, words.lasts, words.documents, np.int64(length))
        most, widest = cupy.zeros(n_documents, np.int64), cupy.zeros(n_documents, np.int64)
        top = cupy.zeros(n_documents, np.int64) + n
        for step in range(3):
            found = (np.int64(step), most, widest, top)
            _each_word("find_top", n, numbers, frequencies, *placed, *found)
        where = (np.int64(length - SHORTEST), np.int64(n_lengths), result)
        _each_word("measure_ngrams", n, numbers, *placed, most, top, *where)
    return result


def _each_word(function: str, n: int, *arguments: Any) -> None:
    """Run a device function with one thread for each of ``n`` words, its last argument."""
    launch("text_stats", function, over(n, THREADS), THREADS, (*arguments, np.int64(n)))


def _find_words(offsets: Any, data: Any, meanings: Any) -> _Words:
    n_documents = len(offsets) - 1
    blocks, n = warps_over(n_documents, THREADS), np.int64(n_documents)
    n_words = cupy.zeros(n_documents, np.int64)
    texts = (offsets, data, meanings)
    launch("text_stats", "count_words", blocks, THREADS, (*texts, n_words, n))
    places = offsets_of(n_words)
    words = _Words(*(cupy.empty(int(places[-1]), np.int64) for _ in _Words._fields))
    launch("text_stats", "write_words", blocks, THREADS, (*texts, places, *words, n))
    return words


def _number_words(data: Any, words: _Words) -> Any:
    """Return int64[n]: the place of the first word like each in its document, -1 for a single."""
    n = len(words.starts)
    hashes = cupy.empty(n, np.uint64)
    spans = (data, words.starts, words.ends, words.documents)
    _each_word("hash_words", n, *spans, hashes)
    order = cupy.argsort(hashes)  # stable: places rise within a hash
    numbers, frequencies = cupy.empty(n, np.int64), cupy.zeros(n, np.int64)
    _each_word("number_words", n, *spans, hashes[order], order, numbers, frequencies)
    _each_word("drop_single", n, numbers, frequencies)
    return numbers


def _number_pairs(numbers: Any, documents: Any) -> tuple[Any, Any]:
    """Return numbers and frequencies of the n-grams one word longer; -1 where one is single."""
    n = len(numbers)
    keys = cupy.empty(n, np.uint64)
    _each_word("pair_numbers", n, numbers, documents, keys)
    places = cupy.flatnonzero(keys != NONE)
    longer, frequencies = cupy.zeros(n, np.int64) - 1, cupy.zeros(n, np.int64)
    if len(places):
        keys = keys[places]
        order = cupy.argsort(keys)
        arguments = (keys[order], places[order], longer, frequencies)
        _each_word("number_pairs", len(places), *arguments)
    return longer, frequencies
