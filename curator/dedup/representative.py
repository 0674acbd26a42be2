"""Which member of a cluster is kept.

Kept is the member with the fewest U+FFFD, then the longest text (punctuation and space not
counted), then the most Traditional characters, then the smallest id.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def best_first(
    n_replacements: np.ndarray,
    key_lengths: np.ndarray,
    n_traditional: np.ndarray,
    ids: pa.ChunkedArray | pa.LargeStringArray,
) -> np.ndarray:
    """Return int64[n]: the documents from best to worst.

    All arguments have one entry a document: U+FFFD in the text, length of the folded key,
    characters that folding made Simplified, and the id. Ids compare by code point; documents with
    the same id keep the order they are given in. Of two texts with keys of one length the one
    with more Traditional characters is first because Cantonese is written in them: the other is
    most often a converted copy, and conversion loses characters that conversion back cannot
    restore. Texts without Han characters all count zero.
    """
    by_id = np.empty(len(ids), np.int64)
    # Arrow compares the bytes of UTF-8, which is by code point, and its sort is stable.
    by_id[pc.sort_indices(ids).to_numpy()] = np.arange(len(ids))
    as_signed = [array.astype(np.int64) for array in (n_traditional, key_lengths)]
    return np.lexsort((by_id, -as_signed[0], -as_signed[1], n_replacements))
