"""Candidate pairs are looked at through the sketches of their documents, before a text is read."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from curator.dedup.copies.guessed_alignment import factors
from curator.dedup.copies.signing import Signing, signed_piece
from curator.dedup.pieces import read_arrays
from curator.kernels.sketches import Alongside, Least, alike, by_part

MET_ONCE = 0.05
"""So much more is asked of a pair that met in one bucket alone: most of these are strangers."""
OVERLAP = (0.18, 0.14)
"""Least guessed overlap of a pair worth aligning, unspaced and spaced scripts. Of the copies with
one character in five replaced .5 % and 5 % lie below, of the strangers that met in a bucket two
thirds."""
SAME_LENGTH = 0.9
OF_SAME_LENGTH = 0.7
"""Letters exchanged here and there leave a copy its length: where that of the shorter document is
such a share of the other's, this share of ``OVERLAP`` is enough, also for a pair that met once.
Of 400,000 documents it is a tenth more pairs, and of the Latin copies with one character in five
replaced 87 in 100 are found, not 81."""
LENGTH_RATIO = 0.5
"""A document with less than this share of the other's length must be contained in it."""
CONTAINED_OVERLAP = 0.5
"""Least guessed overlap of such a pair, less what the guess may err by: with one character in ten
replaced it is .59 and .48. Two fifths of all pairs that were aligned were a short page and a long
one with a paragraph in common; four of five of these are told so, and of 230,000 copies 41 are
lost."""
LEAST_ALONGSIDE = 0.6
"""Least share of a document that must seem to run alongside another of like length, see
``factors``: a tenth of the pairs that were aligned have less, and of the copies among them one in
1,300."""
PARTS_MAPPED = 8
"""Parts whose sketches are mapped at one time, beside the one that they are compared with: each is
a file held open."""


class Sketched(NamedTuple):
    """The signed documents of a part."""

    sketches: np.ndarray
    """uint8[n, places], mapped."""
    sizes: np.ndarray
    """uint32[n]: lengths of their keys."""
    unspaced: np.ndarray
    """bool[n]: whether their scripts are written without spaces."""


def resembling(
    pairs: np.ndarray, meetings: np.ndarray, signing: Signing, counts: np.ndarray, work: Path
) -> np.ndarray:
    """Return those of ``pairs`` that are worth aligning, as it seems, in another order.

    ``pairs`` is uint64[n], packed places among the signed documents of all parts, of which there
    are ``counts`` (int64[parts]), rising by their first; ``meetings`` is uint8[n], in how many
    buckets they met. ``work`` holds the ``signed_piece`` of each part.
    """
    bounds = np.concatenate([[0], np.cumsum(counts)])
    found = [np.zeros(0, np.uint64)]
    packed = bounds.astype(np.uint64) << np.uint64(32)
    cuts = np.searchsorted(pairs, packed)
    asked = np.flatnonzero(np.diff(cuts))
    for start in range(0, len(asked), PARTS_MAPPED):
        lefts = asked[start : start + PARTS_MAPPED]
        here = slice(cuts[lefts[0]], cuts[lefts[-1] + 1])
        found += _resembling(pairs[here], meetings[here], signing, lefts.tolist(), bounds, work)
    return np.concatenate(found)


def _resembling(
    pairs: np.ndarray,
    meetings: np.ndarray,
    signing: Signing,
    lefts: list[int],
    bounds: np.ndarray,
    work: Path,
) -> list[np.ndarray]:
    """Return some of ``pairs``, the first of each in one of the parts ``lefts``."""
    pairs, meetings, ends = by_part(pairs, meetings, bounds)
    known = [_read(left, work) for left in lefts]
    by_length = (SAME_LENGTH, OF_SAME_LENGTH, LENGTH_RATIO, CONTAINED_OVERLAP)
    rules = [Least(np.where(some.unspaced, *OVERLAP), MET_ONCE, *by_length) for some in known]
    shares = (*factors(signing), LEAST_ALONGSIDE)
    alongside = [Alongside(some.unspaced.astype(np.uint8), *shares) for some in known]
    packed = bounds.astype(np.uint64) << np.uint64(32)
    found = []
    for right in np.flatnonzero(np.diff(ends)).tolist():
        beside = _read(right, work)
        start, stop = ends[right], ends[right + 1]
        cuts = start + np.searchsorted(pairs[start:stop], packed[[*lefts, lefts[-1] + 1]])
        for i, left in enumerate(lefts):
            one, first, last = known[i], cuts[i], cuts[i + 1]
            if first < last:
                found.append(
                    alike(
                        (one.sketches, beside.sketches),
                        (one.sizes, beside.sizes),
                        (int(bounds[left]), int(bounds[right])),
                        pairs[first:last],
                        meetings[first:last],
                        rules[i],
                        alongside[i],
                    )
                )
    return found


def _read(index: int, work: Path) -> Sketched:
    found = read_arrays(signed_piece(work, index))
    return Sketched(found["sketches"], found["signed_lengths"], found["signed_unspaced"])
