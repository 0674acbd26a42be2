"""Modify: one text in, one text out, by a modifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curator import schema
from curator.batch import SAMPLES_PER_STAGE, Batch, Tally, sample_keys
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
        """Modify the living rows, all at once where the modifier can, else one by one."""
        rows = batch.living_rows
        tally = Tally(name, "Modify", "local", n_in=len(rows))
        tally.characters_in = _characters(batch.text_array(self.text_field, rows))
        changes = self._at_once(batch, rows, name)
        if changes is None:
            changes = self._one_by_one(batch, rows, name, tally)
        batch.replace_texts(self.text_field, changes.rows, changes.after)
        tally.changed = len(changes.rows)
        # the difference of the changed texts alone: no second pass over all of them
        grown = _characters(changes.after) - _characters(changes.before)
        tally.characters_out = tally.characters_in + grown
        identifiers = batch.frame[schema.ID].iloc[changes.rows].tolist()
        tally.samples = _samples(changes, identifiers, name)
        return tally

    def _at_once(self, batch: Batch, rows: np.ndarray, name: str) -> _Changes | None:
        if not _written_with(self.modifier, "modify_documents"):
            return None
        before = batch.text_array(self.text_field, rows)
        modified = self.modifier.modify_documents(schema.text_buffers(before))
        if modified is None:
            return None
        if modified.n_documents != len(rows):
            raise DataError(
                f"{name}: modify_documents returned {modified.n_documents} documents for "
                f"{len(rows)}; return one text for each"
            )
        try:
            after = schema.text_array(modified)
        except pa.ArrowInvalid as error:
            raise DataError(f"{name}: modify_documents returned no text: {error}") from error
        differs = pc.not_equal(before, after)
        changed = rows[differs.to_numpy(zero_copy_only=False)]
        return _Changes(changed, before.filter(differs), after.filter(differs))

    def _one_by_one(self, batch: Batch, rows: np.ndarray, name: str, tally: Tally) -> _Changes:
        """Modify the rows that the modifier's own scan cannot rule out; drop the failures."""
        candidates = self._candidates(batch, rows)
        before = batch.text_array(self.text_field, candidates)
        texts = before.to_pylist()
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
        bad = sorted(failures)
        tally.dropped = batch.drop(
            candidates[bad], name, [reasons[i] for i in bad], [failures[i] for i in bad]
        )
        tally.reasons.update(reasons.values())
        after = pa.array([results[i] for i in changed], schema.STRING)
        return _Changes(candidates[changed], before.take(pa.array(changed, pa.int64())), after)

    def _candidates(self, batch: Batch, rows: np.ndarray) -> np.ndarray:
        if not _written_with(self.modifier, "may_change"):
            return rows  # a scan written for another modify_document proves nothing about this one
        mask = self.modifier.may_change(batch.buffers(self.text_field))
        return rows if mask is None else rows[mask[rows]]


class _Changes(NamedTuple):
    rows: np.ndarray
    before: pa.LargeStringArray
    after: pa.LargeStringArray


def _written_with(modifier: Any, method: str) -> bool:
    """Return whether a fast path belongs to the ``modify_document`` in force.

    A subclass that overrides ``modify_document`` alone must not be answered by its parent's scan.
    """
    for kind in type(modifier).__mro__:
        if method in vars(kind):
            return True
        if "modify_document" in vars(kind):
            return False
    return False


def _characters(texts: pa.LargeStringArray) -> int:
    return int(pc.sum(pc.utf8_length(texts)).as_py() or 0)


def _not_text(result: Any) -> str | None:
    if not isinstance(result, str):
        return f"modify_document returned {type(result).__name__}, not str"
    try:
        result.encode()
    except UnicodeEncodeError as error:
        return f"modify_document returned a lone surrogate at character {error.start}"
    return None


def _samples(
    changes: _Changes, identifiers: Sequence[str], salt: str
) -> list[tuple[int, str, str, str]]:
    keys = sample_keys(identifiers, salt)
    last = np.sort(keys)[:SAMPLES_PER_STAGE][-1:]
    chosen = []
    for i in np.flatnonzero(keys <= last).tolist() if len(last) else []:
        before, after = changes.before[i].as_py(), changes.after[i].as_py()
        start = max(0, _first_difference(before, after) - SAMPLE_CHARACTERS // 4)
        window = slice(start, start + SAMPLE_CHARACTERS)
        chosen.append((int(keys[i]), identifiers[i] or "", before[window], after[window]))
    # by text where ids repeat, never by position: that would depend on the partitions
    return sorted(chosen)[:SAMPLES_PER_STAGE]


def _first_difference(left: str, right: str) -> int:
    for position, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return position
    return min(len(left), len(right))
