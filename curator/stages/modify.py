"""Modify: one text in, one text out, by a modifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from curator import schema
from curator.batch import SAMPLES_PER_STAGE, Batch, Tally, sample_key
from curator.errors import DataError
from curator.modifiers.base import DocumentModifier
from curator.stages.base import LocalStageBase, call_for_rows, require_columns

SAMPLE_CHARACTERS = 4000
"""A changed document's sample is cut to a window of this many code points round the change."""


@dataclass(frozen=True)
class Modify(LocalStageBase):
    """Applies a ``DocumentModifier`` to every living document.

    A modifier that fails on a document, or returns something that is not text, sends that
    document to the ledger with its text as it was (reason ``error`` or ``not_text``).
    """

    modifier: DocumentModifier = field(metadata={"shelf": "modifiers"})
    """What changes the text; any object with ``modify_document(text) -> str``."""
    text_field: str = schema.TEXT
    """Column that is changed."""
    name: str | None = None
    """Name in the ledger and the report; the modifier's class name by default."""

    @property
    def label(self) -> str:
        """The given name, or the modifier's."""
        return self.name or type(self.modifier).__name__

    def columns_after(self, columns: Sequence[str], name: str) -> tuple[str, ...]:
        """Check that the text column is there; columns stay the same."""
        require_columns([self.text_field], columns, name)
        return tuple(columns)

    def apply(self, batch: Batch, name: str) -> Tally:
        """Modify the living rows that the modifier's own scan cannot rule out."""
        rows = batch.living_rows
        tally = Tally(name, "Modify", "local", n_in=len(rows))
        characters = batch.statistics(self.text_field).characters if len(rows) else None
        before_total = int(characters[rows].sum()) if characters is not None else 0
        candidates = self._candidates(batch, rows)
        texts = batch.texts(self.text_field, candidates)
        identifiers = batch.frame[schema.ID].iloc[candidates].tolist()
        results, failures = call_for_rows(
            self.modifier.modify_document, texts, identifiers, name, strict=batch.strict
        )
        reasons = dict.fromkeys(failures, "error")
        for position, result in enumerate(results):
            problem = None if position in failures else _not_text(result)
            if problem:
                if batch.strict:
                    raise DataError(f"{name}: document {identifiers[position]!r}: {problem}")
                reasons[position], failures[position] = "not_text", problem
        changed = [
            position
            for position, result in enumerate(results)
            if position not in failures and result != texts[position]
        ]
        batch.replace_texts(self.text_field, candidates[changed], [results[i] for i in changed])
        bad = sorted(failures)
        tally.dropped = batch.drop(
            candidates[bad], name, [reasons[i] for i in bad], [failures[i] for i in bad]
        )
        tally.reasons.update(reasons.values())
        tally.changed = len(changed)
        tally.characters_in = before_total
        # the difference of the changed texts alone: no second pass over all of them
        tally.characters_out = before_total + sum(len(results[i]) - len(texts[i]) for i in changed)
        tally.samples = _samples(changed, identifiers, texts, results, name)
        return tally

    def _candidates(self, batch: Batch, rows: np.ndarray) -> np.ndarray:
        scan = getattr(self.modifier, "may_change", None)
        mask = scan(batch.buffers(self.text_field)) if scan is not None else None
        return rows if mask is None else rows[mask[rows]]


def _not_text(result: Any) -> str | None:
    if not isinstance(result, str):
        return f"modify_document returned {type(result).__name__}, not str"
    try:
        result.encode()
    except UnicodeEncodeError as error:
        return f"modify_document returned a lone surrogate at character {error.start}"
    return None


def _samples(
    changed: Sequence[int],
    identifiers: Sequence[str],
    before: Sequence[str],
    after: Sequence[str],
    salt: str,
) -> list[tuple[int, str, str, str]]:
    keyed = sorted((sample_key(identifiers[i] or "", salt), i) for i in changed)
    chosen = []
    for key, i in keyed[:SAMPLES_PER_STAGE]:
        start = max(0, _first_difference(before[i], after[i]) - SAMPLE_CHARACTERS // 4)
        window = slice(start, start + SAMPLE_CHARACTERS)
        chosen.append((key, identifiers[i], before[i][window], after[i][window]))
    return chosen


def _first_difference(left: str, right: str) -> int:
    for position, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return position
    return min(len(left), len(right))
