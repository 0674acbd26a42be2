"""Learning merges: held to a plain recount, and to the trainer of Hugging Face."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels import merges
from tokenizers import Tokenizer, models, trainers

Piece = tuple[tuple[int, ...], int]


def plainly(
    pieces: list[Piece], n_letters: int, longest: int, least: int, most: int
) -> list[tuple[int, int]]:
    """Recount every pair after every merge."""
    spelled = {(letter,): letter for letter in range(n_letters)}
    content = {letter: (letter,) for letter in range(n_letters)}
    words = [(list(piece), count) for piece, count in pieces]
    learned: list[tuple[int, int]] = []
    while True:
        counts: Counter[tuple[int, int]] = Counter()
        for word, count in words:
            for pair in places(word, longest, content):
                counts[pair] += count
        best = min(counts.items(), key=lambda item: (-item[1], item[0]), default=None)
        if best is None or best[1] < least or len(content) >= most:
            return learned
        pair = best[0]
        whole = content[pair[0]] + content[pair[1]]
        merged = spelled.setdefault(whole, len(content))
        content[merged] = whole
        if pair not in learned:
            learned.append(pair)
        words = [(join(word, pair, merged), count) for word, count in words]


def places(
    word: list[int], longest: int, content: dict[int, tuple[int, ...]]
) -> list[tuple[int, int]]:
    pairs = itertools.pairwise(word)
    return [(a, b) for a, b in pairs if len(content[a]) + len(content[b]) <= longest]


def join(word: list[int], pair: tuple[int, int], merged: int) -> list[int]:
    out: list[int] = []
    at = 0
    while at < len(word):
        if tuple(word[at : at + 2]) == pair:
            out.append(merged)
            at += 2
        else:
            out.append(word[at])
            at += 1
    return out


def quickly(
    pieces: list[Piece], n_letters: int, longest: int, least: int, most: int
) -> list[tuple[int, int]]:
    content = [(letter,) for letter in range(n_letters)]

    def accept(left: int, right: int) -> int:
        if len(content) >= most:
            return -1
        whole = content[left] + content[right]
        if whole not in content:
            content.append(whole)
        return content.index(whole)

    symbols = np.array([letter for piece, _ in pieces for letter in piece], np.int32)
    bounds = np.concatenate([[0], np.cumsum([len(piece) for piece, _ in pieces])]).astype(np.int64)
    counts = np.array([count for _, count in pieces], np.int64)
    lengths = np.ones(max(most, n_letters), np.int32)
    return merges.learn(symbols, bounds, counts, lengths, longest, least, accept)


PIECES = st.lists(
    st.tuples(st.lists(st.integers(0, 2), max_size=12).map(tuple), st.integers(1, 4)), max_size=12
)


@settings(max_examples=300, deadline=None)
@given(PIECES, st.integers(2, 8), st.integers(1, 3), st.integers(3, 14))
def test_merges_equal_a_plain_recount(
    pieces: list[Piece], longest: int, least: int, most: int
) -> None:
    assert quickly(pieces, 3, longest, least, most) == plainly(pieces, 3, longest, least, most)


def test_equal_letters_are_joined_from_the_left() -> None:
    assert quickly([((0,) * 5, 2)], 1, 9, 1, 9) == [(0, 0), (1, 0), (1, 2)]


def test_merges_equal_those_of_the_library() -> None:
    rng = random.Random(0)
    letters = "飲茶好佢哋abcd"
    words = ["".join(rng.choices(letters, k=rng.randint(1, 9))) for _ in range(400)]
    counts = [rng.randint(1, 30) for _ in words]
    library = Tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(vocab_size=150, min_frequency=2, show_progress=False)
    fed = (word for word, count in zip(words, counts, strict=True) for _ in range(count))
    library.train_from_iterator(fed, trainer)
    theirs = json.loads(library.to_str())["model"]["merges"]
    alphabet = sorted(letters)
    pieces = [(tuple(map(alphabet.index, word)), n) for word, n in zip(words, counts, strict=True)]
    names = list(alphabet)
    ours = []
    for left, right in quickly(pieces, len(alphabet), 99, 2, 150):
        ours.append([names[left], names[right]])
        names.append(names[left] + names[right])
        assert len(set(names)) == len(names)  # else numbers and names go apart here
    assert len(ours) == 150 - len(alphabet)
    assert ours == theirs
