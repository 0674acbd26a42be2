"""Counting words of several groups in text: the evidence for a language and its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from curator.kernels import twin
from curator.kernels.buffers import Utf8
from curator.kernels.text_stats.classes import tables


class MarkerTree(NamedTuple):
    """The words of all groups as one tree of bytes; node 0 is its root."""

    children: np.ndarray
    """int32[n_nodes, 256]: the node a byte leads to, 0 for none."""
    group: np.ndarray
    """int32[n_nodes]: group of the word that ends at the node, -1 for none, -2 for a word that is
    stepped over without being counted."""
    starts: np.ndarray
    """bool[0x110000]: code points a word begins with; most characters need no more than this."""
    n_groups: int
    whole_words: bool
    """Whether a word counts only where no letter, mark or digit stands beside it."""


def marker_tree(
    groups: Sequence[Sequence[str]], neutral: Sequence[str] = (), whole_words: bool = False
) -> MarkerTree:
    """Return the tree of some groups of words.

    ``neutral`` words hide the words inside them: with 關係 neutral, its 係 is not counted. A word
    in two groups counts for the first; a neutral one for none. Letters A–Z in the text are read
    as a–z, so words are given in small letters.
    """
    children: list[dict[int, int]] = [{}]
    group = [-1]
    for number, words in ((-2, neutral), *enumerate(groups)):
        for word in words:
            node = 0
            for byte in word.encode():
                if byte not in children[node]:
                    children.append({})
                    group.append(-1)
                    children[node][byte] = len(children) - 1
                node = children[node][byte]
            if node and group[node] == -1:
                group[node] = number
    table = np.zeros((len(children), 256), np.int32)
    for node, follow in enumerate(children):
        for byte, child in follow.items():
            table[node, byte] = child
    starts = np.zeros(0x110000, bool)
    for words in (neutral, *groups):
        for word in words:
            starts[[ord(word[0]), ord(word[0].upper()[0])]] = True
    return MarkerTree(table, np.array(group, np.int32), starts, len(groups), whole_words)


def count_markers(texts: Utf8, tree: MarkerTree) -> np.ndarray:
    """Return int64[n, n_groups]: how often words of each group stand in a document.

    Words are taken from left to right, the longest where several begin, and never overlap. An
    empty text has none. The text must be valid UTF-8.
    """
    body = twin.body(texts.data, "markers")
    classes, flags = tables().classes, tables().flags
    return body.count(texts.offsets, texts.data, *tree, classes, flags)
