"""A look at many pairs through sketches of one byte a place, before any pair is read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curator.kernels import twin


def overlap(
    left: np.ndarray,
    right: np.ndarray,
    pairs: np.ndarray,
    left_sizes: np.ndarray,
    right_sizes: np.ndarray,
) -> np.ndarray:
    """Return float64[pairs]: the guessed share of the smaller set that the larger one holds.

    ``left`` and ``right`` are uint8[n, places], the low bytes of MinHash signatures of sets with
    ``left_sizes`` and ``right_sizes`` (int64[n]) members; ``pairs`` is int64[pairs, 2]. One place
    in 256 agrees by chance and is taken off. The guess may pass 1; its standard deviation at
    128 places is .05 for sets of equal size that share a third. Source: b-bit minwise hashing
    (Li, König 2010).
    """
    return twin.body(left, "sketches").overlap(left, right, pairs, left_sizes, right_sizes)


class Least(NamedTuple):
    """How much overlap is enough."""

    of_left: np.ndarray
    """float64[n_left], by the left document."""
    met_once: float
    """So much more where a pair met in one bucket."""
    long: float
    """Of sets of which the smaller has this share of the other's members, or a larger one, ..."""
    of_long: float
    """... this share of ``of_left`` is enough, and it is enough to have met once."""
    short: float
    """Sets of which the smaller has less than this share of the other's members ..."""
    of_short: float
    """... must overlap so much, too, less what the guess may err by, see ``ERRS``."""


class Alongside(NamedTuple):
    """How much of a document may run alongside another, from what they have in common.

    The share of a pair is a product of three factors: its sizes' sum divided by the smaller size,
    one by the places in which the sketches agree, and one by the buckets in which the two met. It
    is not asked for of ``Least.short`` sets, which agree in too few places to tell.
    """

    kinds: np.ndarray
    """uint8[n_left], by the left document: which factors are its own."""
    by_places: np.ndarray
    """float64[kinds, places + 1]."""
    by_meetings: np.ndarray
    """float64[kinds, 256]."""
    least: float
    """Such a share is enough."""


ERRS = 1.5
"""Standard deviations of a guess that are allowed for."""


def alike(
    sketches: tuple[np.ndarray, np.ndarray],
    sizes: tuple[np.ndarray, np.ndarray],
    firsts: tuple[int, int],
    pairs: np.ndarray,
    meetings: np.ndarray,
    least: Least,
    alongside: Alongside,
) -> np.ndarray:
    """Return those of ``pairs`` whose ``overlap`` is enough, and may run alongside so far.

    ``sketches`` and ``sizes`` are those of two runs of documents, of which ``firsts`` are the
    numbers of the first ones; ``pairs`` (uint64[n]) are ``left << 32 | right``; ``meetings`` is
    uint8[n], see ``bands.met``. A set of a share r of the other, held whole by it, has a similarity
    of r; guessed from p places, its overlap has a standard deviation of
    ``sqrt((1 - r) / (r * p)) / (1 + r)``.
    """
    body = twin.body(sketches[0], "sketches")
    asked = (*least, ERRS)
    found: np.ndarray = body.alike(sketches, sizes, firsts, pairs, meetings, asked, alongside)
    return found


def by_part(
    pairs: np.ndarray, meetings: np.ndarray, bounds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ``pairs`` and ``meetings`` by the part of the right document, and where parts end.

    They are as in ``alike``, and stand in each part as they stood. Part p has the numbers from
    ``bounds[p]`` to before ``bounds[p + 1]`` (int64[parts + 1], 0 the first); its pairs lie from
    place p to place p + 1 of what is returned last (int64[parts + 1]).
    """
    found, met, ends = twin.body(pairs, "sketches").by_part(pairs, meetings, bounds)
    return found, met, ends
