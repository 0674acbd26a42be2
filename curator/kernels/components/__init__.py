"""Connected components of a graph given as edges."""

from __future__ import annotations

import numpy as np

from curator.kernels import twin


def components(edges: np.ndarray, n_nodes: int) -> np.ndarray:
    """Return int64[n_nodes]: the smallest node of the component each node belongs to.

    ``edges`` is int64[edges, 2] with nodes in 0..n_nodes-1, in any order, repeats and loops
    allowed. A node without edges is its own component. Source: union-find, Tarjan 1975.
    """
    return twin.body(edges, "components").components(edges, n_nodes)
