"""Vectors as whole numbers, whose products and sums are exact in any order; k-means over them.

A vector is scaled to length 2²² and rounded. Products of two such sum to at most 2⁴⁴, far below the
2⁵³ up to which float64 holds every whole number, so neither the shape of a matrix product nor the
number of threads, nor how a corpus is cut into parts, can change a bit. Libraries' k-means was
left aside for that: its sums are rounded, by steps that depend on the machine.
"""

from __future__ import annotations

import numpy as np

SCALE = 1 << 22
"""Length of a vector: a cosine is off by 10⁻⁷ at most, as much as float32 itself."""
AT_ONCE = 1024
"""Vectors in one block of a matrix product."""
ROUNDS = 20
"""Rounds of k-means at most; it ends when no vector changes its cluster."""


def directions(vectors: np.ndarray) -> np.ndarray:
    """Return int32[n, d]: each of ``vectors`` (float[n, d], finite) at length ``SCALE``.

    A vector of zeros, which has no direction, stays zero.
    """
    exact = vectors.astype(np.float64)
    largest = np.abs(exact).max(axis=1, initial=0, keepdims=True)
    exact /= np.where(largest > 0, largest, 1)  # first: squares of large numbers run over
    lengths = np.sqrt((exact * exact).sum(axis=1, keepdims=True))
    return np.rint(exact / np.where(lengths > 0, lengths, 1) * SCALE).astype(np.int32)


def squares(found: np.ndarray) -> np.ndarray:
    """Return float64[n]: the squared lengths of directions, near 2⁴⁴ or 0, exact."""
    exact = found.astype(np.float64)
    return (exact * exact).sum(axis=1)


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return float64[n, m]: cosine of every two of ``left`` and ``right``, none zero.

    They are directions, int32[n, d] and int32[m, d] or the same numbers as float64. Of a vector
    with itself it is 1, exactly.
    """
    products = left.astype(np.float64, copy=False) @ right.astype(np.float64, copy=False).T
    return np.minimum(products / np.sqrt(np.outer(squares(left), squares(right))), 1.0)


def assign(found: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return int32[n]: the nearest of ``centres`` (int32[k, d]); of equals the first."""
    across, lengths = centres.astype(np.float64).T, np.sqrt(squares(centres))
    labels = np.empty(len(found), np.int32)
    for start in range(0, len(found), AT_ONCE):
        products = found[start : start + AT_ONCE].astype(np.float64) @ across
        labels[start : start + AT_ONCE] = (products / lengths).argmax(axis=1)
    return labels


def k_means(sample: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    """Return int32[n_clusters, d]: centres of clusters of ``sample`` (int32[n, d], none zero).

    Spherical k-means: nearness is the cosine, a centre the direction of its cluster's sum. It
    begins with different ones of the sample, drawn by ``seed``; a cluster that runs empty keeps its
    centre. ``n_clusters`` is at most ``n``.
    Source: Dhillon, Modha 2001.
    """
    drawn = np.random.default_rng(seed).permutation(len(sample))[:n_clusters]
    centres = sample[np.sort(drawn)]
    labels = np.full(len(sample), -1, np.int32)
    for _ in range(ROUNDS):
        following = assign(sample, centres)
        if np.array_equal(following, labels):
            break
        labels = following
        order = np.argsort(labels, kind="stable")
        present, starts = np.unique(labels[order], return_index=True)
        sums = np.add.reduceat(sample[order].astype(np.int64), starts, axis=0)
        moved = directions(sums.astype(np.float64))
        alive = moved.any(axis=1)  # opposite directions may cancel out
        centres[present[alive]] = moved[alive]
    return centres


def leaders(found: np.ndarray, cosine: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (dropped, kept, cosines): int64[m], int64[m], float64[m], by ``dropped``.

    ``found`` is int32[n, d], from best to worst. Going through them in that order, a vector whose
    cosine with a kept one is at least ``cosine`` is dropped for the best such; else it is kept.
    """
    chosen, value = np.full(len(found), -1, np.int64), np.zeros(len(found), np.float64)
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    for start in range(0, len(found), AT_ONCE):
        places = np.arange(start, min(start + AT_ONCE, len(found)))
        for known, vectors in kept:
            near = cosines(found[places], vectors)
            best = (near >= cosine).argmax(axis=1)
            is_near = near[np.arange(len(places)), best] >= cosine
            gone = places[is_near]
            chosen[gone], value[gone] = known[best[is_near]], near[is_near, best[is_near]]
            places = places[~is_near]
        inside = cosines(found[places], found[places])
        for i in range(len(places)):
            if chosen[places[i]] < 0:
                later = i + 1 + np.flatnonzero(inside[i, i + 1 :] >= cosine)
                later = later[chosen[places[later]] < 0]
                chosen[places[later]], value[places[later]] = places[i], inside[i, later]
        places = places[chosen[places] < 0]
        if len(places):
            kept.append((places, found[places].astype(np.float64)))
    dropped = np.flatnonzero(chosen >= 0)
    return dropped, chosen[dropped], value[dropped]
