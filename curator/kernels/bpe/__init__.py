"""Byte-pair encoding with byte fallback, straight from text buffers to token ids.

The result equals Hugging Face ``tokenizers`` (a BPE model with ``byte_fallback`` behind a split
into the pieces of ``curator.kernels.pieces``) for every input; it is the fast path of that library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from curator.kernels.buffers import Utf8
from curator.kernels.pieces.classes import CODE_POINTS
from curator.kernels.twin import body

LOAD = 4
"""Slots of the merge table per merge: short probes for a few bytes more."""


class MergeTable(NamedTuple):
    """A tokenizer as arrays."""

    characters: np.ndarray
    """int32[0x110000]: token of a character, or -1 where it is spelled in bytes."""
    byte_tokens: np.ndarray
    """int32[256]: token of each byte."""
    pairs: np.ndarray
    """int64[slots]: left token << 32 | right token, or -1; open addressing, linear probing."""
    ranks: np.ndarray
    """int32[slots]: the pair's place among the merges; lower merges first."""
    merged: np.ndarray
    """int32[slots]: the token a pair becomes."""


def merge_table(
    vocabulary: Mapping[str, int], merges: Sequence[tuple[str, str]], byte_tokens: Sequence[int]
) -> MergeTable:
    """Build the arrays from a vocabulary, its merges in order of rank, and its 256 byte tokens."""
    characters = np.full(CODE_POINTS, -1, np.int32)
    for token, index in vocabulary.items():
        if len(token) == 1:
            characters[ord(token)] = index
    pairs = np.array(
        [vocabulary[left] << 32 | vocabulary[right] for left, right in merges], np.int64
    )
    merged = np.array([vocabulary[left + right] for left, right in merges], np.int32)
    slots = 1 << max(4, (LOAD * len(merges)).bit_length())
    filled = body(characters, "bpe").fill(pairs, merged, slots)
    return MergeTable(characters, np.asarray(byte_tokens, np.int32), *filled)


def encode(texts: Utf8, classes: np.ndarray, table: MergeTable) -> tuple[np.ndarray, np.ndarray]:
    """Encode every document; ``classes`` is uint8[0x110000].

    Returns the tokens of all documents end to end, int32, and int64[n_documents]: how many each
    document has. An empty document has none.
    """
    return body(texts.data, "bpe").encode(texts.offsets, texts.data, classes, *table)
