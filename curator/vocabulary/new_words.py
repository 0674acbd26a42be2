"""Which n-grams are words: parts that belong together, in varied company on both sides.

An n-gram is scored by the weaker of its bonds times the poorer of its two neighbourhoods: minimum
pointwise mutual information over all ways to split it, times minimum branching entropy. On
conversations of HKCanCor (0.1 million characters) this finds more dictionary words at the top
than frequency or either factor alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from curator.vocabulary.grams import Level
from curator.vocabulary.options import VocabularyOptions


@dataclass(frozen=True, slots=True)
class NewWord:
    """A row of the table of new words."""

    word: str
    count: int
    documents: int
    pmi: float
    """Bits; the smallest over all splits in two."""
    left_entropy: float
    """Bits; of the character before, the edge of a run being a new event every time."""
    right_entropy: float
    """Bits; of the character after."""
    score: float
    """``pmi`` times the smaller entropy."""


def new_words(
    levels: Sequence[Level], n_characters: int, options: VocabularyOptions
) -> list[NewWord]:
    """Return the n-grams of two characters or more with a positive score, best first.

    ``n_characters`` is the number of characters in runs of unspaced scripts. Equal scores are
    ordered by count, then by the word. Empty levels give an empty list.
    """
    rows: list[NewWord] = []
    for length in range(2, len(levels) + 1):
        rows += _of_length(levels, length, n_characters, options)
    rows.sort(key=lambda row: (-row.score, -row.count, row.word))
    return rows[: options.max_new_words]


def _of_length(
    levels: Sequence[Level], length: int, n_characters: int, options: VocabularyOptions
) -> list[NewWord]:
    level = levels[length - 1]
    counts = level.counts.astype(np.float64)
    pmi = _min_pmi(levels, length, n_characters)
    # Entropy of n events with counts c: log n − Σ c·log c / n. Edges are events of count one and
    # add nothing to the sum.
    left = np.log2(counts) - level.left / counts
    right = np.log2(counts) - level.right / counts
    # Rounded before anything is compared: the last bits of a logarithm differ between machines.
    pmi, left, right = (np.round(column, 4) + 0.0 for column in (pmi, left, right))
    score = np.round(pmi * np.minimum(left, right), 4)
    wanted = (score > 0) & (pmi > 0) & (level.documents >= options.min_word_documents)
    wanted &= ~_bad_edge(level.points, options.function_characters)
    chosen = np.flatnonzero(wanted)
    words = level.words()
    columns = (level.counts, level.documents, pmi, left, right, score)
    values = zip(*(column[chosen].tolist() for column in columns), strict=True)
    return [NewWord(words[rank], *row) for rank, row in zip(chosen.tolist(), values, strict=True)]


def _min_pmi(levels: Sequence[Level], length: int, n_characters: int) -> np.ndarray:
    """Return float64[k] bits: log2 of count·n / (count of first part · of second), the smallest."""
    level = levels[length - 1]
    strongest = np.zeros(len(level.keys))
    heads = _parts(levels, length, Level.prefixes)
    tails = _parts(levels, length, Level.suffixes)
    for cut in range(1, length):
        first, second = heads[cut], tails[length - cut]
        chance = levels[cut - 1].counts[first].astype(np.float64)
        chance *= levels[length - cut - 1].counts[second]
        strongest = np.maximum(strongest, chance)
    if not len(level.keys):
        return strongest
    return np.log2(level.counts.astype(np.float64) * n_characters / strongest)


def _parts(
    levels: Sequence[Level], length: int, shorter: Callable[[Level], np.ndarray]
) -> dict[int, np.ndarray]:
    """Return, by length, the ranks of the first (or last) characters of every n-gram."""
    ranks = np.arange(len(levels[length - 1].keys))
    parts = {}
    for lower in range(length, 1, -1):
        ranks = shorter(levels[lower - 1])[ranks]
        parts[lower - 1] = ranks
    return parts


def _bad_edge(points: np.ndarray, function_characters: str) -> np.ndarray:
    """Return bool[k]: n-grams that begin or end with a function character, or begin with a mark."""
    functions = np.array(sorted(map(ord, function_characters)), np.uint32)
    edges = np.isin(points[:, 0], functions) | np.isin(points[:, -1], functions)
    distinct = np.unique(points[:, 0]).tolist()
    marks = [point for point in distinct if unicodedata.category(chr(point))[0] == "M"]
    return edges | np.isin(points[:, 0], np.array(marks, np.uint32))
