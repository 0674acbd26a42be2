"""The skeleton of a text: its key with numbers, dates and the words it is about masked.

Pages that a program wrote from one template have one skeleton: 「香港仔站係…第12個站」 and
「筲箕灣站係…第25個站」, ``Taun 1971 iku taun umum`` and ``Taun 1982 iku taun umum``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curator.kernels import twin
from curator.kernels.fold import Keys
from curator.kernels.skeleton.table import NUMBER, SUBJECT, classes, months

__all__ = ["NUMBER", "SUBJECT", "Skeletons", "Subjects", "skeletons"]


class Subjects(NamedTuple):
    """What each document is about, as keys: its title and other names, longest first.

    Document ``i`` has the names ``of[i]`` to ``of[i + 1]``; name ``j`` is
    ``codepoints[offsets[j]:offsets[j + 1]]`` and is not empty.
    """

    of: np.ndarray
    """int64[n + 1]."""
    offsets: np.ndarray
    """int64[names + 1]."""
    codepoints: np.ndarray
    """uint32[...]."""


class Skeletons(NamedTuple):
    """Masked keys, and how much of each is not a mask."""

    keys: Keys
    literals: np.ndarray
    """int64[n]: code points left as they are."""


def skeletons(keys: Keys, subjects: Subjects) -> Skeletons:
    """Return the skeletons of ``keys``; an empty key has an empty one.

    A run of digits of any script (``1998``, ``১৯৭১``), Han numerals (二〇二二) or pairs of the
    sexagenary cycle (甲子), with a month's name that touches it (``12mei1998``), becomes one
    ``NUMBER``; a run of the document's own names becomes one ``SUBJECT``. Both are code points
    that no key has.
    """
    body = twin.body(keys.codepoints, "skeleton")
    offsets, codepoints, literals = body.skeletons(
        keys.offsets, keys.codepoints, *subjects, classes(), *months()
    )
    masked = Keys(offsets, codepoints, keys.n_traditional, keys.n_replacements)
    return Skeletons(masked, literals)
