"""Union-find on the host; the smaller node is always the root, so the result has one form."""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit


@njit(cache=True, nogil=True)
def components(edges, n_nodes):  # type: ignore[no-untyped-def]  # Numba infers the types
    """Return int64[n_nodes]."""
    parent = np.arange(n_nodes)
    for e in range(len(edges)):
        a, b = edges[e, 0], edges[e, 1]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a < b:
            parent[b] = a
        else:
            parent[a] = b
    for node in range(n_nodes):  # a parent is never larger, so one pass in order is enough
        parent[node] = parent[parent[node]]
    return parent
