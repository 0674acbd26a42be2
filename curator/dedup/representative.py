"""Which member of a cluster is kept.

Kept is the member that a column of the corpus prefers, where one is named, then the one with the
fewest U+FFFD, then the longest text (punctuation and space not counted), then the most Traditional
characters, then the smallest id.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curator.kernels.fold import Keys


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
    by_id = np.empty(len(ids), np.int64)
    # Arrow compares the bytes of UTF-8, which is by code point, and its sort is stable.
    by_id[pc.sort_indices(ids).to_numpy()] = np.arange(len(ids))
    as_signed = [array.astype(np.int64) for array in (n_traditional, key_lengths)]
    keys = (by_id, -as_signed[0], -as_signed[1], n_replacements)
    return np.lexsort(keys if penalties is None else (*keys, penalties))


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
