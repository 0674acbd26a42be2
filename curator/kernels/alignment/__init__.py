"""How much of one text runs alongside another, small changes allowed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curator.kernels import twin
from curator.kernels.alignment.exchanges import COUNTS
from curator.kernels.narrow import NarrowKeys

UNSPACED_SEED = 5
SPACED_SEED = 7
"""Characters that must agree in a row for a stretch to begin. A letter says less than a Han
character; after 20 % of its letters were replaced a text still has a fifth of its 7-grams."""

UNSPACED_LONG = 2
SPACED_LONG = 3
"""Characters in a row that differ, from which on a word was exchanged and not a letter. Where one
letter in five was replaced at random, one such run in five is of two letters or more, and one in 25
of three."""


NO_CLASSES = np.zeros(0, np.uint8)


class Exchange(NamedTuple):
    """The first change of each pair, and how many of the others, of ``MOST``, are like it.

    A change is trimmed of what both sides begin and end with. The constants are in ``exchanges``.
    """

    kind: np.ndarray
    """int64[pairs]: ``NONE`` where nothing stands on one side, or there is no change so ``NEAR`` to
    the beginning; ``NUMBERS`` where both sides are numerals; ``WORDS`` of ``UNSPACED_LONG`` or
    ``SPACED_LONG`` characters or more on both, or of ideographs; else ``LETTERS``. The other fields
    are 0 with ``NONE``."""
    before: np.ndarray
    """int64[pairs]: characters before it, in the text in which there are more."""
    size: np.ndarray
    """int64[pairs]: characters of the longer side."""
    letter: np.ndarray
    """int64[pairs]: the first code point of it in the part."""
    other_letter: np.ndarray
    """int64[pairs]: the first code point of it in the whole."""
    repeated: np.ndarray
    """int64[pairs]: further changes that exchange the same, or of words what it begins with. This
    and what follows is 0 with ``LETTERS``."""
    kept: np.ndarray
    """int64[pairs]: how often the part has what was exchanged for something else, if repeatedly."""
    turned: np.ndarray
    """int64[pairs]: twos of changes, of words or numbers, that exchange the same both ways; 0 where
    there are more changes than ``FEW``."""
    numbers: np.ndarray
    """int64[pairs]: further changes of a number for another number; 0 in the same case."""


class Alignment(NamedTuple):
    """What two keys have in common, for each pair."""

    aligned: np.ndarray
    """int64[pairs]: characters of the part from the first to the last of every stretch."""
    equal: np.ndarray
    """int64[pairs]: those of them that are the same in the whole."""
    digits: np.ndarray
    """int64[pairs]: decimal digits, of any script, among the aligned characters."""
    equal_digits: np.ndarray
    """int64[pairs]: those of them that are the same in the whole."""
    changes: np.ndarray
    """int64[pairs]: runs of characters of the part that differ, inside a stretch, or between two of
    which the second goes on where the first ended in the whole, but for 64 characters at most."""
    long_changes: np.ndarray
    """int64[pairs]: those of ``UNSPACED_LONG`` or ``SPACED_LONG`` characters or more."""
    translations: np.ndarray
    """int64[pairs]: of the first ``MOST`` changes those that put a letter of one class for one of
    the other; of the two directions the one with more."""
    exchange: Exchange
    """The first of them."""

    def of(self, places: np.ndarray) -> Alignment:
        """Return what there is of some pairs, int64[k]."""
        chosen = [field[places] for field in self[:COUNTS]]
        return Alignment._make([*chosen, Exchange(*(field[places] for field in self.exchange))])


def align(
    whole: NarrowKeys,
    part: NarrowKeys,
    pairs: np.ndarray,
    is_unspaced: np.ndarray,
    at_least: float = 0.0,
    classes: np.ndarray = NO_CLASSES,
) -> Alignment:
    """Lay key ``pairs[:, 1]`` of ``part`` alongside key ``pairs[:, 0]`` of ``whole``.

    ``pairs`` is int64[pairs, 2]; those with the same whole should follow one another, since its
    seeds are looked up in a table that is then made once. A stretch begins where
    ``UNSPACED_SEED`` or ``SPACED_SEED`` characters agree, by the script of the part, and goes on in
    both texts, over single characters replaced, added or left out, as long as about two of three
    agree; stretches with fewer than two seeds' characters in common do not count. Every
    character of the part is in one stretch at most; the stretches may stand in any order in the
    whole, so moved sentences count. An empty key, or one shorter than a seed, has none.

    ``is_unspaced`` is bool[n], the scripts of the parts. ``classes`` is uint8[code points], with
    the bits ``OWN`` and ``NEIGHBOUR`` (``exchanges``) for letters that tell two languages apart.

    Of a seed that repeats in the whole its first place is taken. A pair of which less than the
    share ``at_least`` of the part is aligned is given up early, with zeros. Time grows with the
    lengths of both keys, not with their product.
    """
    body = twin.body(part.data, "alignment")
    seeds = np.where(is_unspaced[pairs[:, 1]], UNSPACED_SEED, SPACED_SEED)
    long = np.where(is_unspaced[pairs[:, 1]], UNSPACED_LONG, SPACED_LONG)
    asked = seeds, 2 * seeds, long, classes
    found = body.align(tuple(whole), tuple(part), pairs, *asked, at_least)
    counts = found.T
    return Alignment._make([*counts[:COUNTS], Exchange(*counts[COUNTS:])])
