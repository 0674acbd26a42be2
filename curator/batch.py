"""One partition on its way through fused local stages; no method of it can lose a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
import xxhash

from curator import schema
from curator.errors import CuratorError, named, shorten
from curator.kernels.buffers import Utf8
from curator.kernels.text_stats import TextStatistics, text_stats

if TYPE_CHECKING:
    import pandas as pd

SAMPLES_PER_STAGE = 12
"""Changed documents kept a stage for the report; chosen by a hash of the id, not by position."""

COUNT_EDGES = np.concatenate([[0.0], np.geomspace(1, 2**20, 41)])
FRACTION_EDGES = np.linspace(0.0, 1.0, 41)


@dataclass
class Tally:
    """What one stage did to one partition, or, after ``merge``, to the corpus."""

    name: str
    operation: str
    kind: str
    n_in: int = 0
    dropped: int = 0
    changed: int = 0
    characters_in: int = 0
    characters_out: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    cuts: Counter[str] = field(default_factory=Counter)
    """Stretches of text cut out of documents, by reason."""
    characters_cut: int = 0
    score: str | None = None
    edges: list[float] = field(default_factory=list)
    kept_histogram: list[int] = field(default_factory=list)
    dropped_histogram: list[int] = field(default_factory=list)
    samples: list[tuple[int, str, str, str]] = field(default_factory=list)
    """(hash of id, id, before, after), the smallest hashes first."""

    def merge(self, other: Tally) -> None:
        """Add another partition's tally of the same stage."""
        self.n_in += other.n_in
        self.dropped += other.dropped
        self.changed += other.changed
        self.characters_in += other.characters_in
        self.characters_out += other.characters_out
        self.reasons.update(other.reasons)
        self.cuts.update(other.cuts)
        self.characters_cut += other.characters_cut
        if other.score is not None:
            self.score, self.edges = other.score, other.edges
            self.kept_histogram = _add(self.kept_histogram, other.kept_histogram)
            self.dropped_histogram = _add(self.dropped_histogram, other.dropped_histogram)
        self.samples = sorted([*self.samples, *other.samples])[:SAMPLES_PER_STAGE]

    def empty(self) -> Tally:
        """Return a tally of the same stage with nothing counted."""
        return Tally(self.name, self.operation, self.kind)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        sorted_counts = {
            name: dict(sorted(getattr(self, name).items())) for name in ("reasons", "cuts")
        }
        return {**self.__dict__, **sorted_counts}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Tally:
        """Rebuild a tally written by ``to_json``."""
        return cls(
            **{
                **values,
                "reasons": Counter(values["reasons"]),
                "cuts": Counter(values["cuts"]),
                "samples": [tuple(sample) for sample in values["samples"]],
            }
        )


def _add(left: list[int], right: list[int]) -> list[int]:
    return [a + b for a, b in zip(left, right, strict=True)] if left else list(right)


class Batch:
    """The rows of one partition, which of them live, and what was already computed on them."""

    def __init__(self, frame: pd.DataFrame, *, strict: bool = False) -> None:
        self.frame = frame.copy(deep=False)  # copy-on-write: the caller's frame never changes
        self.strict = strict
        self.living = schema.living(frame).copy()  # pandas may lend a read-only view
        self._verdicts: dict[int, tuple[str, str, str]] = {}
        self._buffers: dict[str, Utf8] = {}
        self._statistics: dict[str, TextStatistics] = {}

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def living_rows(self) -> np.ndarray:
        """Positions of the rows no stage has dropped yet, int64[n]."""
        return np.flatnonzero(self.living)

    def buffers(self, column: str) -> Utf8:
        """Return the UTF-8 buffers of a column of text, shared with the frame."""
        if column not in self._buffers:
            self._buffers[column] = schema.text_buffers(self.frame[column])
        return self._buffers[column]

    def statistics(self, column: str, ngrams: bool = False) -> TextStatistics:
        """Return the counts of every row's text, computed once for this version of the text.

        Repeated n-grams are among them at once with ``ngrams``, else when they are asked for.
        """
        if column not in self._statistics:
            self._statistics[column] = text_stats(self.buffers(column), ngrams=ngrams)
        return self._statistics[column]

    def text_array(self, column: str, rows: np.ndarray) -> pa.LargeStringArray:
        """Return the text of some rows, without a copy where they are all; null is empty text."""
        array = schema.string_array(self.frame[column])
        if len(rows) < len(array):
            array = array.take(pa.array(rows))
        return array.fill_null("") if array.null_count else array

    def texts(self, column: str, rows: np.ndarray) -> list[str]:
        """Return the text of some rows as Python strings; null is empty text."""
        return self.text_array(column, rows).to_pylist()

    def replace_texts(
        self, column: str, rows: np.ndarray, texts: Sequence[str] | pa.LargeStringArray
    ) -> None:
        """Put new text into some rows; everything computed on the old text is forgotten."""
        if not len(rows):
            return
        take = np.arange(len(self.frame))
        take[rows] = len(self.frame) + np.arange(len(rows))
        old = schema.string_array(self.frame[column])
        new = texts if isinstance(texts, pa.Array) else pa.array(texts, schema.STRING)
        both = pa.concat_arrays([old, new])
        self.set_column(column, _series(both.take(pa.array(take)), self.frame.index))

    def set_column(self, name: str, values: Any) -> None:
        """Add or replace one column for all rows."""
        self.frame[name] = values
        self._buffers.pop(name, None)
        self._statistics.pop(name, None)

    def drop(
        self, rows: np.ndarray, stage: str, reasons: Sequence[str], values: Sequence[str]
    ) -> int:
        """Mark living rows as dropped by ``stage``; returns how many were living."""
        count = 0
        for row, reason, value in zip(rows.tolist(), reasons, values, strict=True):
            if self.living[row]:
                self.living[row] = False
                self._verdicts[row] = (stage, _clean(reason), _clean(value))
                count += 1
        return count

    def finish(self) -> pd.DataFrame:
        """Return the frame with the verdicts written into it: same rows, same order."""
        if not self._verdicts:
            return self.frame
        rows = np.fromiter(self._verdicts, np.int64, len(self._verdicts))
        verdicts = list(self._verdicts.values())
        for position, name in enumerate((schema.DROPPED_BY, schema.REASON, schema.VALUE)):
            self.replace_texts(name, rows, [verdict[position] for verdict in verdicts])
        self._verdicts = {}
        return self.frame


def _clean(text: Any) -> str:
    """Return text that can be written: a user's message may hold half a surrogate pair."""
    return str(text).encode("utf-8", "replace").decode()


def _series(array: pa.Array, index: pd.Index) -> pd.Series:
    return array.to_pandas(types_mapper={schema.STRING: schema.STRING_DTYPE}.get).set_axis(index)


def sample_key(identifier: str, salt: str) -> int:
    """Return a 63-bit hash of an id, so that samples do not depend on partitions."""
    return xxhash.xxh3_64_intdigest(f"{salt}\0{identifier}".encode("utf-8", "replace")) >> 1


def sample_keys(identifiers: Sequence[str | None], salt: str) -> np.ndarray:
    """Return int64[n], the ``sample_key`` of each id; null counts as empty."""
    return np.array([sample_key(name or "", salt) for name in identifiers], np.int64)


class LocalStage(Protocol):
    """A stage that looks at one partition alone, so neighbours of its kind run in one task."""

    def apply(self, batch: Batch, name: str) -> Tally:
        """Change or mark rows of ``batch`` under the name ``name`` and say what was done."""

    def columns_after(self, columns: Sequence[str], name: str) -> tuple[str, ...]:
        """Return the columns there will be; raises ``RecipeError`` if one it needs is absent."""


Chain = tuple[tuple[str, LocalStage], ...]
"""Local stages to run in one task, each with the name the ledger will know it by."""


def run_chain(
    frame: pd.DataFrame, chain: Chain, *, strict: bool = False
) -> tuple[pd.DataFrame, list[Tally]]:
    """Run local stages over one partition; the same rows come out in the same order.

    Raises ``CuratorError`` naming the stage for whatever one raises, and when rows were lost.
    """
    batch = Batch(frame, strict=strict)
    tallies = []
    for name, stage in chain:
        with named(name):
            tallies.append(stage.apply(batch, name))
        if not isinstance(tallies[-1], Tally):
            raise CuratorError(f"{name}: apply returned {shorten(tallies[-1])}; return a Tally")
    out = batch.finish()
    ids_may_change = any(getattr(stage, "writes_ids", False) for _, stage in chain)
    same_ids = ids_may_change or schema.ID not in frame or out[schema.ID].equals(frame[schema.ID])
    if len(out) != len(frame) or not same_ids:
        names = ", ".join(name for name, _ in chain)
        raise CuratorError(
            f"{names}: rows or ids changed; a stage marks rows with batch.drop and removes none"
        )
    return out, tallies
