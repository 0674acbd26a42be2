"""Last step: clusters in which every dropped document was compared with the one kept for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from curator.kernels.components import components

CHECKED_ROUNDS = 8
"""Rounds in which the best of a component is compared with all of it. What is left then, the
middles of very long chains, is settled by the verified pairs alone."""
STEPS = 64
"""Copies of copies followed from a kept document, at most."""


class Verdict(NamedTuple):
    """What comparing some pairs gave, for each."""

    similarity: np.ndarray
    """float64[n]: shown in the ledger."""
    direct: np.ndarray
    """bool[n]: the lesser is a copy of the better."""
    indirect: np.ndarray
    """bool[n]: it is one if it is a copy also of another copy of the better."""


class Stars(NamedTuple):
    """Dropped nodes and the kept node of each."""

    dropped: np.ndarray
    """int64[n]."""
    kept: np.ndarray
    """int64[n]."""
    similarity: np.ndarray
    """float64[n]: verified similarity of the two."""


def stars(
    edges: np.ndarray,
    similarity: np.ndarray,
    n_nodes: int,
    compare: Callable[[np.ndarray, int], Verdict],
) -> Stars:
    """Split a graph of verified copies into stars around the best nodes.

    Nodes are numbered from best (0) to worst. ``edges`` is int64[e, 2] of copies with
    ``similarity`` float64[e]; ``compare(pairs, round)`` judges more pairs (int64[p, 2], the
    better first). In each component the best node is kept and all members are compared with it;
    those that are copies of it are dropped for it, and so are those that are copies of one of
    these and ``indirect`` copies of the kept. The rest is settled again as components of its
    own. A chain a–b–c whose ends are strangers thus loses b alone.
    """
    edges = np.sort(edges, axis=1)
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for number in range(CHECKED_ROUNDS):
        if not len(edges):
            break
        best = components(edges, n_nodes)
        members = np.flatnonzero(best != np.arange(n_nodes))
        known = np.zeros(n_nodes, np.float64)
        gone, may_go = np.zeros(n_nodes, np.bool_), np.zeros(n_nodes, np.bool_)
        direct = best[edges[:, 1]] == edges[:, 0]
        known[edges[direct, 1]] = similarity[direct]
        gone[edges[direct, 1]] = True
        unknown = members[~gone[members]]
        if len(unknown):
            verdict = compare(np.stack([best[unknown], unknown], axis=1), number)
            known[unknown] = verdict.similarity
            gone[unknown] = verdict.direct
            may_go[unknown] = verdict.indirect
        _follow(edges, gone, may_go)
        dropped = np.flatnonzero(gone)
        found.append((dropped, best[dropped], known[dropped]))
        settled = gone.copy()
        settled[best[dropped]] = True
        remaining = ~settled[edges].any(axis=1)
        edges, similarity = edges[remaining], similarity[remaining]
    if len(edges):
        found.append(_greedy(edges, similarity, n_nodes))
    if not found:
        return Stars(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float64))
    return Stars(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _follow(edges: np.ndarray, gone: np.ndarray, may_go: np.ndarray) -> None:
    """Let ``gone`` (bool[n]) spread along the edges to nodes that ``may_go`` (bool[n])."""
    waiting = may_go & ~gone
    one, other = edges[waiting[edges].any(axis=1)].T
    for _ in range(STEPS):
        reached = np.zeros(len(gone), np.bool_)
        reached[other[gone[one]]] = True
        reached[one[gone[other]]] = True
        reached &= waiting
        if not reached.any():
            return
        gone |= reached
        waiting &= ~reached


def _greedy(
    edges: np.ndarray, similarity: np.ndarray, n_nodes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Go through the nodes from best to worst: each one not dropped drops its worse neighbours."""
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    kept = np.full(n_nodes, -1, np.int64)
    value = np.zeros(n_nodes, np.float64)
    for (better, worse), how in zip(edges[order].tolist(), similarity[order].tolist(), strict=True):
        if kept[better] < 0 and kept[worse] < 0:
            kept[worse], value[worse] = better, how
    dropped = np.flatnonzero(kept >= 0)
    return dropped, kept[dropped], value[dropped]
