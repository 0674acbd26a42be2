"""How much of a document runs alongside another, guessed from shingles of two lengths.

Let a share a of a document run alongside the other, and a character there be unchanged with odds of
x. Of its shingles of s characters the other then has a share p = a·xˢ, and of those of l characters
q = a·xˡ. Sketches tell p of short ones, and meetings in buckets q of long ones, so
a = p·(p / q)ᵏ with k = s / (l - s).

Copies come out near what runs alongside, whether their changes are scattered or lie together, and
two documents that share a section near its share: these need not be aligned. Either overlap alone
does not tell: p is .33 for a copy with one character in five replaced, as for a page of which a
third is another's. Nothing follows from meetings that are too few: in buckets of what many
documents share, a template, most pairs do not meet.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from curator.dedup.copies.signing import SKETCH_CHARACTERS, SKETCH_PLACES, Signing
from curator.kernels.bands import MOST_MEETINGS

ERRS = 1.0
"""Standard deviations that either guess may err by: the share is the most that they leave room
for."""
FEWEST = 0.3
"""What stands for fewer meetings, or places that agree, than one: of a copy, too, there may be no
more."""


@lru_cache(maxsize=4)
def factors(signing: Signing) -> tuple[np.ndarray, np.ndarray]:
    """Return ``by_places`` and ``by_meetings`` of ``sketches.Alongside``; kind 1 is unspaced.

    Where the shingles of the bands are no longer than those of the sketches nothing can be guessed,
    and every share is infinite.
    """
    unspaced, spaced = (
        _factors(signing, short, long)
        for short, long in zip(SKETCH_CHARACTERS, signing.characters, strict=True)
    )
    by_places, by_meetings = map(np.stack, zip(spaced, unspaced, strict=True))
    return by_places, by_meetings


def _factors(signing: Signing, short: int, long: int) -> tuple[np.ndarray, np.ndarray]:
    """Return float64[places + 1] and float64[256] for shingles of such lengths."""
    places, meetings = np.arange(SKETCH_PLACES + 1.0), np.arange(MOST_MEETINGS + 1.0)
    if long <= short:
        return np.full(len(places), np.inf), np.ones(len(meetings))
    k = short / (long - short)
    by_chance = SKETCH_PLACES / 256
    err = np.sqrt(np.maximum(places, 1) * (1 - places / SKETCH_PLACES))
    agreeing = np.maximum(places + ERRS * err - by_chance, FEWEST)
    short_alike = np.minimum(agreeing / (SKETCH_PLACES - by_chance), 1)
    # The more they share of long shingles, the less of the short ones can be of scattered changes.
    met = np.clip(meetings - ERRS * np.sqrt(meetings), FEWEST, signing.bands)
    long_alike = (met / signing.bands) ** (1 / signing.rows_per_band)
    # Processors may differ in the last bits of a power, which rounding takes off.
    return _rounded(_common(short_alike) ** (1 + k)), _rounded(_common(long_alike) ** -k)


def _common(similarity: np.ndarray) -> np.ndarray:
    """Return how much two sets have in common, as a share of the members of both together."""
    return similarity / (1 + similarity)


def _rounded(factors: np.ndarray) -> np.ndarray:
    return factors.astype(np.float32).astype(np.float64)
