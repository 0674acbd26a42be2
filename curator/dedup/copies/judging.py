"""Whether one document is a copy of another: the two rules, over pairs of rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from curator.dedup.copies.alongside import aligned_shares
from curator.dedup.copies.candidates import pack
from curator.dedup.copies.clusters import Verdict
from curator.dedup.copies.in_common import shares_in_common
from curator.dedup.copies.rare_buckets import rare_shares
from curator.dedup.copies.sketches import LENGTH_RATIO
from curator.dedup.layout import read_layout
from curator.io.parts import Corpus

CONTAINED = 0.97
"""Share of a document that must be aligned with one more than twice as long: articles that share a
section are not copies, and 3 in 100 characters are what cutting and joining leave over."""
INDIRECT = 0.7
"""Share of a document that must be aligned with the kept one when it is a copy of a copy: two pages
that hold one article, each with a menu of its own."""
FEW_CHANGES = 0.97
"""Share of equal characters from which on it no longer matters how many others say the same."""
RARE_SHARE = 0.5
"""Least share of rare buckets among those a pair shares: else it has in common what many have."""


@dataclass(frozen=True)
class Judge:
    """Judges pairs of documents; see the fields of ``FuzzyDuplicates`` for the rules."""

    aligned: float
    jaccard: float | None
    """The classical rule, instead of ``aligned``."""
    work: Path
    """Holds the layout of the parts, the keys or shingle sets of the documents, and their bands."""
    client: Any | None

    def judge(
        self, pairs: np.ndarray, lengths: np.ndarray, name: str, direct_only: bool = False
    ) -> Verdict:
        """Return the verdict on each pair.

        ``pairs`` is uint32[n, 2], rows of the better and of the lesser document, and ``lengths``
        uint32[n, 2] the lengths of their keys; ``name`` names the pieces. With ``direct_only`` no
        pair is ``indirect`` alone: strangers are given up sooner, in two thirds of the time.
        """
        parts = read_layout(self.work)
        if self.jaccard is not None:
            similarity = self._jaccard(parts, pairs, self.jaccard, name)
            return Verdict(similarity, similarity > 0, np.zeros(len(pairs), np.bool_))
        indirect = self.aligned if direct_only else min(INDIRECT, self.aligned)
        asked = (parts, pairs, lengths, indirect)
        places, shares = aligned_shares(*asked, name, self.work, self.client)
        rare = ~self._commonplace(pairs[places], shares, name)
        places, aligned = places[rare], shares[rare, 0]
        better, lesser = lengths[places].T
        alike = lesser >= LENGTH_RATIO * better
        direct = aligned >= np.where(alike, self.aligned, max(CONTAINED, self.aligned))
        verdict = Verdict(*(np.zeros(len(pairs), dtype) for dtype in (float, bool, bool)))
        verdict.similarity[places] = aligned
        verdict.direct[places], verdict.indirect[places] = direct, aligned >= indirect
        return verdict

    def _jaccard(self, parts: Corpus, pairs: np.ndarray, at_least: float, name: str) -> np.ndarray:
        """Return float64[n]: the share of shingles in common, 0 below ``at_least``."""
        packed = pack(np.sort(pairs, axis=1))
        rising = np.argsort(packed)
        similarity = np.empty(len(pairs), np.float64)
        asked = (parts, packed[rising], at_least)
        similarity[rising] = shares_in_common(*asked, name, self.work, self.client)
        return similarity

    def _commonplace(self, pairs: np.ndarray, shares: np.ndarray, name: str) -> np.ndarray:
        """Return bool[n]: pairs that share only what many documents share."""
        asked = np.flatnonzero((shares[:, 0] >= INDIRECT) & (shares[:, 1] < FEW_CHANGES))
        packed = pack(np.sort(pairs[asked], axis=1))
        rare = rare_shares(packed, f"{name}-rare", self.work, self.client)
        result = np.zeros(len(pairs), np.bool_)
        result[asked[rare < RARE_SHARE]] = True
        return result
