"""What a filter is: a score of a document, and whether a document of that score is kept."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import numpy as np

from curator.kernels import buffers
from curator.kernels.text_stats import TextStatistics, text_stats

ScoreKind = Literal["count", "fraction", "number"]


class DocumentFilter:
    """Scores a document and decides by the score; write one by overriding two methods.

    The same text must give the same score every time, on any worker.
    """

    score_name: str = "score"
    """What the score counts, for reports: "characters", "digit share" …"""
    score_kind: ScoreKind = "number"
    """"count": whole numbers from 0; "fraction": usually 0 to 1; "number": anything."""

    @property
    def name(self) -> str:
        """Name shown in reports and recipes: the class name."""
        return type(self).__name__

    @property
    def backend(self) -> str:
        """Which frames the filter reads: always "pandas" (text on the host)."""
        return "pandas"

    def score_document(self, text: str) -> float:
        """Return the score of one text; empty text must have one too."""
        raise NotImplementedError(
            f"{type(self).__name__} has no score_document; define score_document(self, text)"
        )

    def keep_document(self, score: float) -> bool:
        """Return whether a document of this score is kept."""
        raise NotImplementedError(
            f"{type(self).__name__} has no keep_document; define keep_document(self, score)"
        )

    def reason(self, score: float) -> str:
        """Return why a document of this score was dropped, short enough for a ledger column."""
        return "keep_document=false"


class Limit(NamedTuple):
    """One bound that a score must respect, and the parameter that sets it."""

    parameter: str
    """Name of the constructor's field, shown in the ledger: "min_words"."""
    bound: float
    side: Literal["min", "max"]
    """"min": score >= bound is kept; "max": score <= bound."""

    def holds(self, scores: np.ndarray) -> np.ndarray:
        """Return bool[n]: which scores respect the bound; NaN, "not judged", respects all."""
        unjudged = np.isnan(scores)
        if self.side == "min":
            return unjudged | (scores >= self.bound)
        return unjudged | (scores <= self.bound)


def share(part: np.ndarray, whole: np.ndarray, of_nothing: float) -> np.ndarray:
    """Return float64[n], part / whole; ``of_nothing`` where the whole is zero."""
    result = np.full(len(whole), of_nothing, np.float64)
    return np.divide(part, whole, out=result, where=whole != 0)


class StatisticsFilter(DocumentFilter):
    """A filter over text statistics: no Python per document, all documents at once.

    A subclass gives ``score_statistics`` and ``limits``. Scoring one document is derived from
    scoring many, so the two can never differ. A score of NaN says that the measure does not
    apply to the document (mean word length of unspaced text); such a document is kept.
    """

    needs_ngrams: ClassVar[bool] = False
    """Whether ``score_statistics`` looks at repeated n-grams: counted with the rest, they cost less
    than counted later."""

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n], the score of every document; zero documents give zero scores."""
        raise NotImplementedError(
            f"{type(self).__name__} has no score_statistics; define score_statistics(self, stats)"
        )

    def limits(self) -> tuple[Limit, ...]:
        """Return the bounds a kept score respects, all of them."""
        raise NotImplementedError(f"{type(self).__name__} has no limits; define limits(self)")

    def keep_scores(self, scores: np.ndarray) -> np.ndarray:
        """Return bool[n]: which documents are kept."""
        kept = np.ones(len(scores), bool)
        for limit in self.limits():
            kept &= limit.holds(scores)
        return kept

    def score_document(self, text: str) -> float:
        """Return the score of one text."""
        return float(self.score_statistics(text_stats(buffers.of([text])))[0])

    def keep_document(self, score: float) -> bool:
        """Return whether a document of this score is kept."""
        return bool(self.keep_scores(np.array([score], np.float64))[0])

    def reason(self, score: float) -> str:
        """Return the first violated limit as ``parameter=bound``, for instance ``min_words=50``."""
        scores = np.array([score], np.float64)
        for limit in self.limits():
            if not limit.holds(scores)[0]:
                return f"{limit.parameter}={limit.bound:g}"
        return "kept"
