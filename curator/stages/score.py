"""Score, Filter and ScoreFilter: a number for a document, and whether it is kept for it."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from curator import schema
from curator.batch import COUNT_EDGES, FRACTION_EDGES, Batch, Tally
from curator.errors import RecipeError, nearest, shorten
from curator.filters.base import DocumentFilter, StatisticsFilter
from curator.stages.base import LocalStageBase, call_for_rows, require_columns, with_new_column

SCORE_TYPES: dict[Any, Any] = {
    None: pd.Float64Dtype(),
    "float": pd.Float64Dtype(),
    "int": pd.Int64Dtype(),
    "bool": pd.BooleanDtype(),
    "str": schema.STRING_DTYPE,
    float: pd.Float64Dtype(),
    int: pd.Int64Dtype(),
    bool: pd.BooleanDtype(),
    str: schema.STRING_DTYPE,
}
"""Types a score column may have; null on rows that were dropped before."""


def _score_dtype(score_type: Any, stage: str) -> Any:
    if score_type not in SCORE_TYPES:
        known = [name for name in SCORE_TYPES if isinstance(name, str)]
        raise RecipeError(f"{stage}: score_type {score_type!r}{nearest(str(score_type), known)}")
    return SCORE_TYPES[score_type]


@dataclass(frozen=True)
class Score(LocalStageBase):
    """Writes ``score_fn(text)`` into a column; drops nothing but documents it fails on."""

    score_fn: Callable[[str], Any]
    """Called once a document with its text."""
    score_field: str
    """Column to write; null on rows dropped earlier."""
    text_field: str = schema.TEXT
    """Column that is read."""
    score_type: Any = None
    """Type of the column: float (default), int, bool or str."""
    name: str | None = None
    """Name in the ledger and the report."""

    def columns_after(self, columns: Sequence[str], name: str) -> tuple[str, ...]:
        """Add the score column."""
        require_columns([self.text_field], columns, name)
        _score_dtype(self.score_type, name)
        return with_new_column(columns, self.score_field, "score_field", name)

    def apply(self, batch: Batch, name: str) -> Tally:
        """Score the living rows."""
        rows = batch.living_rows
        tally = Tally(name, "Score", "local", n_in=len(rows))
        texts = batch.texts(self.text_field, rows)
        score = partial(_typed, self.score_fn, self.score_type)
        scores = _call(score, texts, batch, rows, name, tally)
        _write_scores(batch, self.score_field, rows, scores, self.score_type, name)
        return tally


@dataclass(frozen=True)
class Filter(LocalStageBase):
    """Keeps the documents for which ``filter_fn(value of filter_field)`` is true."""

    filter_fn: Callable[[Any], bool]
    """Called once a document with the value of the column; null is passed as ``None``."""
    filter_field: str
    """Column that is read."""
    invert: bool = False
    """Keep what would be dropped, and drop what would be kept."""
    name: str | None = None
    """Name in the ledger and the report."""

    def columns_after(self, columns: Sequence[str], name: str) -> tuple[str, ...]:
        """Check that the column is there."""
        require_columns([self.filter_field], columns, name)
        return tuple(columns)

    def apply(self, batch: Batch, name: str) -> Tally:
        """Decide on the living rows."""
        rows = batch.living_rows
        tally = Tally(name, "Filter", "local", n_in=len(rows))
        column = batch.frame[self.filter_field].iloc[rows]
        values = column.astype(object).where(column.notna(), None).tolist()
        verdicts = _call(partial(_decided, self.filter_fn), values, batch, rows, name, tally)
        # None stands for a document that filter_fn failed on, which is dropped already
        bad = [i for i, v in enumerate(verdicts) if v is not None and v == self.invert]
        reason = "filter_fn=true" if self.invert else "filter_fn=false"
        tally.dropped += batch.drop(
            rows[bad], name, [reason] * len(bad), [str(values[i])[:200] for i in bad]
        )
        if bad:
            tally.reasons[reason] += len(bad)
        return tally


@dataclass(frozen=True)
class ScoreFilter(LocalStageBase):
    """Scores every living document with a filter and drops those the filter does not keep."""

    filter: DocumentFilter = field(metadata={"shelf": "filters"})
    """A ``DocumentFilter``: ``score_document(text)`` and ``keep_document(score)``."""
    text_field: str = schema.TEXT
    """Column that is read."""
    score_field: str | None = None
    """Column to write the score into; ``None`` writes none."""
    score_type: Any = None
    """Type of that column: float (default), int, bool or str."""
    invert: bool = False
    """Keep what the filter would drop, and drop what it would keep."""
    name: str | None = None
    """Name in the ledger and the report; the filter's class name by default."""

    @property
    def label(self) -> str:
        """The given name, or the filter's."""
        return self.name or type(self.filter).__name__

    def columns_after(self, columns: Sequence[str], name: str) -> tuple[str, ...]:
        """Check the text column and add the score column where one is asked for."""
        require_columns([self.text_field], columns, name)
        _score_dtype(self.score_type, name)
        if self.score_field is None:
            return tuple(columns)
        return with_new_column(columns, self.score_field, "score_field", name)

    def apply(self, batch: Batch, name: str) -> Tally:
        """Score the living rows, write the score, mark the rows that are not kept."""
        rows = batch.living_rows
        tally = Tally(name, "ScoreFilter", "local", n_in=len(rows))
        at_once = _at_once(self.filter)
        if at_once is not None:
            statistics = batch.statistics(self.text_field, at_once.needs_ngrams)
            every = at_once.score_statistics(statistics)
            scores: Sequence[Any] = every[rows]
            kept = at_once.keep_scores(every[rows])
        else:
            texts = batch.texts(self.text_field, rows)
            score = self.filter.score_document
            if self.score_field is not None:
                score = partial(_typed, score, self.score_type)
            scores = _call(score, texts, batch, rows, name, tally)
            kept = self._keep_each(scores, batch, rows, name, tally)
        if self.score_field is not None:
            _write_scores(batch, self.score_field, rows, scores, self.score_type, name)
        kept = kept ^ self.invert
        bad = np.flatnonzero(~kept & batch.living[rows]).tolist()
        reasons = [self._reason(scores[i]) for i in bad]
        tally.dropped += batch.drop(rows[bad], name, reasons, [_value(scores[i]) for i in bad])
        tally.reasons.update(reasons)
        self._histogram(tally, scores, kept)
        return tally

    def _keep_each(
        self, scores: Sequence[Any], batch: Batch, rows: np.ndarray, name: str, tally: Tally
    ) -> np.ndarray:
        scored = [i for i, score in enumerate(scores) if batch.living[rows[i]]]
        kept = np.ones(len(scores), bool) ^ self.invert
        keep = partial(_decided, self.filter.keep_document)
        values = [scores[i] for i in scored]
        verdicts = _call(keep, values, batch, rows[scored], name, tally)
        for i, verdict in zip(scored, verdicts, strict=True):
            if verdict is not None:
                kept[i] = verdict
        return kept

    def _reason(self, score: Any) -> str:
        if self.invert:
            return "invert=true"
        reason = getattr(self.filter, "reason", None)
        return reason(score) if reason is not None else "keep_document=false"

    def _histogram(self, tally: Tally, scores: Sequence[Any], kept: np.ndarray) -> None:
        try:
            values = np.asarray(scores, np.float64)
        except (
            TypeError,
            ValueError,
            OverflowError,
        ):  # scores that are not numbers have no histogram
            return
        fraction = getattr(self.filter, "score_kind", "number") == "fraction"
        edges = FRACTION_EDGES if fraction else COUNT_EDGES
        tally.score = getattr(self.filter, "score_name", "score")
        tally.edges = edges.tolist()
        values, kept = values[np.isfinite(values)], kept[np.isfinite(values)]
        clipped = np.clip(values, edges[0], edges[-1])
        tally.kept_histogram = np.histogram(clipped[kept], edges)[0].tolist()
        tally.dropped_histogram = np.histogram(clipped[~kept], edges)[0].tolist()


def _call(
    function: Callable[[Any], Any],
    values: Sequence[Any],
    batch: Batch,
    rows: np.ndarray,
    name: str,
    tally: Tally,
) -> list[Any]:
    """Call a user's function; documents it fails on go to the ledger with reason ``error``."""
    identifiers = batch.frame[schema.ID].iloc[rows].tolist()
    results, failures = call_for_rows(function, values, identifiers, name, strict=batch.strict)
    bad = sorted(failures)
    count = batch.drop(rows[bad], name, ["error"] * len(bad), [failures[i] for i in bad])
    tally.dropped += count
    if count:
        tally.reasons["error"] += count
    return results


def _decided(function: Callable[[Any], Any], value: Any) -> bool:
    """Return a user's verdict; whatever is no truth value has decided nothing."""
    verdict = function(value)
    truth = isinstance(verdict, numbers.Real | np.bool_) and verdict in (0, 1)
    if not truth:
        raise TypeError(f"returned {shorten(verdict)}, not True or False")
    return bool(verdict)


def _at_once(document_filter: Any) -> StatisticsFilter | None:
    """Return the filter if it may score all documents together, ``None`` if one by one.

    A subclass of a built-in filter that overrides ``score_document`` or ``keep_document`` is asked
    document by document: its parent's counts say nothing of its own.
    """
    if not isinstance(document_filter, StatisticsFilter):
        return None
    for method in ("score_document", "keep_document"):
        if getattr(type(document_filter), method) is not getattr(StatisticsFilter, method):
            return None
    return document_filter


def _typed(function: Callable[[Any], Any], kind: Any, text: str) -> Any:
    """Return a user's score when its column can hold it; ``TypeError`` otherwise."""
    score = function(text)
    wanted = kind if isinstance(kind, str) else getattr(kind, "__name__", "float")
    number = isinstance(score, numbers.Real | np.bool_)  # NumPy's other scalars are Real
    if wanted == "str" or not number:
        fits = wanted == "str" and score is not None
    elif wanted == "int":
        fits = -(2**63) <= score < 2**63 and int(score) == score
    else:
        fits = wanted == "float" or score in (0, 1)
        float(score)  # an integer may be too large
    if not fits:
        raise TypeError(f"returned {shorten(score)}, which is no {wanted}")
    return score


def _write_scores(
    batch: Batch, column: str, rows: np.ndarray, scores: Sequence[Any], kind: Any, name: str
) -> None:
    dtype = _score_dtype(kind, name)
    values = np.full(len(batch), None, object)
    for row, score in zip(rows.tolist(), scores, strict=True):
        values[row] = str(score) if dtype is schema.STRING_DTYPE and score is not None else score
    batch.set_column(column, pd.Series(pd.array(values, dtype=dtype), index=batch.frame.index))


def _value(score: Any) -> str:
    if isinstance(score, float | np.floating):
        return f"{float(score):.6g}"
    return str(score)[:200]
