"""Which blocks of a page are written in a wanted language."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from curator.kernels import buffers
from curator.kernels.markers import MarkerTree, count_markers, marker_tree
from curator.languages import load_language

LEAST_MARKERS = 2
"""One marker may be a name or a quotation."""


@cache
def _tree(language: str) -> MarkerTree:
    pack = load_language(language)
    against = [word for contrast in pack.contrasts for word in contrast.markers]
    return marker_tree([pack.markers, against], pack.neutral, whole_words=pack.spaced)


def speaks_for(language: str, texts: Sequence[str]) -> list[bool]:
    """Return for every text whether its words speak for the language rather than its neighbours."""
    if not texts:
        return []
    found = count_markers(buffers.of(texts), _tree(language))
    least = load_language(language).min_share
    own, whole = found[:, 0], found.sum(axis=1)
    return [bool(yes) for yes in (own >= LEAST_MARKERS) & (own >= least * whole)]
