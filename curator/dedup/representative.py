"""Which member of a cluster is kept.

Kept is the member that a column of the corpus prefers, where one is named, then the one with the
fewest U+FFFD, then the longest text (punctuation and space not counted), then the most Traditional
characters, then the smallest id.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from curator.dedup.ordering import order_of, packed_columns, text_ranks
from curator.kernels.fold import Keys
from curator.later import pc


def best_first(
    n_replacements: np.ndarray,
    key_lengths: np.ndarray,
    n_traditional: np.ndarray,
    ids: pa.ChunkedArray | pa.LargeStringArray,
    penalties: np.ndarray | None = None,
) -> np.ndarray:
    """Return int64[n]: the documents from best to worst.

    All arguments have one entry a document: U+FFFD in the text, length of the folded key,
    characters that folding made Simplified, and the id. Ids compare by code point; documents with
    the same id keep the order they are given in. Of two texts with keys of one length the one
    with more Traditional characters is first because Cantonese is written in them: the other is
    most often a converted copy, and conversion loses characters that conversion back cannot
    restore. Texts without Han characters all count zero. ``penalties`` (uint32[n], see
    ``penalties_of``) come before all of these.
    """
    wide = [column.astype(np.uint64) for column in (n_replacements, key_lengths, n_traditional)]
    falling = [column.max(initial=0) - column for column in wide[1:]]
    first = [] if penalties is None else [penalties]
    columns = [*first, wide[0], *falling, text_ranks(ids).astype(np.uint64)]
    packed, bits, left = packed_columns(columns)
    return order_of(packed, lambda members: [column[members] for column in left], bits)


def quality_of(keys: Keys) -> np.ndarray:
    """Return uint32[n, 3]: U+FFFD, key length and Traditional characters of each document."""
    return np.stack([keys.n_replacements, keys.lengths, keys.n_traditional], axis=1).astype(
        np.uint32
    )


def penalties_of(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Return uint32[n], rising as the numbers of ``column`` fall; a null or NaN has the highest.

    Numbers are compared as 32-bit floats, which tells seven digits apart.
    """
    numbers = pc.fill_null(column.cast(pa.float64()), float("nan")).to_numpy()
    bits = numbers.astype(np.float32).view(np.uint32)
    rising = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))  # as the numbers rise
    return np.where(np.isnan(numbers), np.uint32(0xFFFFFFFF), ~rising).astype(np.uint32)
