"""Jaccard on the host: a merge of two sorted sets."""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit


@njit(cache=True, nogil=True)
def jaccard(  # type: ignore[no-untyped-def]  # compiled: Numba infers the types
    left_offsets, left_hashes, right_offsets, right_hashes, pairs, at_least
):
    """Return float64[pairs]; see the contract."""
    result = np.zeros(len(pairs), np.float64)
    for p in range(len(pairs)):
        i, i_end = left_offsets[pairs[p, 0]], left_offsets[pairs[p, 0] + 1]
        j, j_end = right_offsets[pairs[p, 1]], right_offsets[pairs[p, 1] + 1]
        total = (i_end - i) + (j_end - j)
        # J >= t needs common >= t / (1 + t) * total: so many hashes may be without a partner.
        allowed = np.float64(total) * (1.0 - 2.0 * at_least / (1.0 + at_least)) + 1e-6
        if total == 0 or np.float64(abs((i_end - i) - (j_end - j))) > allowed:
            continue
        common, visited = np.int64(0), np.int64(0)
        while i < i_end and j < j_end:
            a, b = left_hashes[i], right_hashes[j]
            common += a == b
            i += a <= b
            j += b <= a
            visited += 1
            # Every step without a match leaves one hash alone.
            if np.float64(visited - common) > allowed:
                break
        if np.float64(visited - common) <= allowed:
            similarity = np.float64(common) / np.float64(total - common)
            result[p] = similarity if similarity >= at_least else 0.0
    return result
