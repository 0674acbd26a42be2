"""The counts of a run, read out of its manifest with their types checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curator.errors import ManifestError, shorten

PLACE = "manifest.json"
NAME_CHARACTERS = 200
"""Longest name of a stage, a score or a reason that is shown whole."""


@dataclass(frozen=True)
class Histogram:
    """Scores of the documents a stage saw: kept and dropped, by bin."""

    score: str
    """Name of the score."""
    edges: tuple[float, ...]
    """Bin edges, ascending, one more than bins."""
    kept: tuple[int, ...]
    dropped: tuple[int, ...]


@dataclass(frozen=True)
class Stage:
    """What one stage did to the documents that reached it."""

    name: str
    operation: str
    """Class that did the work."""
    kind: str
    """reader, local or global."""
    entered: int
    kept: int
    dropped: int
    changed: int
    """Documents whose text the stage altered."""
    reasons: tuple[tuple[str, int], ...]
    """Reason and documents, most frequent first."""
    histogram: Histogram | None = None
    cuts: tuple[tuple[str, int], ...] = ()
    """Reason and stretches of text cut out of documents, most frequent first."""
    characters_cut: int = 0

    @property
    def n_cuts(self) -> int:
        """Stretches of text cut."""
        return sum(number for _, number in self.cuts)


@dataclass(frozen=True)
class Counts:
    """The documents of a whole run."""

    entered: int
    kept: int
    dropped: int
    characters_in: int
    characters_kept: int
    stages: tuple[Stage, ...]
    cuts: int = 0
    """Stretches of text in the ledger of cuts."""
    characters_cut: int = 0

    def faults(self) -> list[str]:
        """Return, in words, every place where documents do not add up; an honest run has none."""
        found = []
        if self.entered != self.kept + self.dropped:
            found.append(f"the run: {self.entered:,} in ≠ {self.kept:,} kept + {self.dropped:,}")
        before = self.entered
        for stage in self.stages:
            if stage.entered != before:
                found.append(f"{stage.name}: {stage.entered:,} in, but {before:,} came to it")
            if stage.entered != stage.kept + stage.dropped:
                sum_ = f"{stage.kept:,} kept + {stage.dropped:,} dropped"
                found.append(f"{stage.name}: {stage.entered:,} in ≠ {sum_}")
            reasons = sum(documents for _, documents in stage.reasons)
            if reasons != stage.dropped:
                found.append(f"{stage.name}: {stage.dropped:,} dropped, {reasons:,} with a reason")
            before = stage.kept
        if self.stages and before != self.kept:
            found.append(f"the last stage kept {before:,}, the run {self.kept:,}")
        for what, of_stages, of_run in (
            ("cuts", sum(stage.n_cuts for stage in self.stages), self.cuts),
            (
                "characters cut",
                sum(stage.characters_cut for stage in self.stages),
                self.characters_cut,
            ),
        ):
            if of_stages != of_run:
                found.append(f"{what}: {of_stages:,} by stage, {of_run:,} in the ledger of cuts")
        return found


def read_counts(manifest: Mapping[str, Any]) -> Counts:
    """Return the counts of a manifest.

    Raises ``ManifestError`` naming the field when one is missing or not of its type.
    """
    counts = _mapping(manifest.get("counts"), "counts")
    stages = counts.get("stages")
    if not isinstance(stages, list):
        raise _wrong("counts.stages", stages, "a list")
    return Counts(
        entered=whole(counts.get("documents_in"), "counts.documents_in"),
        kept=whole(counts.get("kept"), "counts.kept"),
        dropped=whole(counts.get("dropped"), "counts.dropped"),
        characters_in=whole(counts.get("characters_in", 0), "counts.characters_in"),
        characters_kept=whole(counts.get("characters_kept", 0), "counts.characters_kept"),
        stages=tuple(_stage(stage, f"counts.stages[{at}]") for at, stage in enumerate(stages)),
        cuts=whole(counts.get("cuts", 0), "counts.cuts"),
        characters_cut=whole(counts.get("characters_cut", 0), "counts.characters_cut"),
    )


def _stage(value: object, place: str) -> Stage:
    stage = _mapping(value, place)
    cuts = {} if stage.get("cuts") is None else _mapping(stage["cuts"], f"{place}.cuts")
    histogram = stage.get("histogram")
    return Stage(
        name=_name(stage.get("name", "")),
        operation=_name(stage.get("operation", "")),
        kind=_name(stage.get("kind", "")),
        entered=whole(stage.get("in"), f"{place}.in"),
        kept=whole(stage.get("kept"), f"{place}.kept"),
        dropped=whole(stage.get("dropped"), f"{place}.dropped"),
        changed=whole(stage.get("changed", 0), f"{place}.changed"),
        reasons=_reasons(stage.get("reasons", {}), f"{place}.reasons"),
        histogram=None if histogram is None else _histogram(histogram, f"{place}.histogram"),
        cuts=_reasons(cuts.get("reasons", {}), f"{place}.cuts.reasons"),
        characters_cut=whole(cuts.get("characters", 0), f"{place}.cuts.characters"),
    )


def _reasons(value: object, place: str) -> tuple[tuple[str, int], ...]:
    """Return each reason with its count, most frequent first."""
    counts = {
        str(reason): whole(number, place) for reason, number in _mapping(value, place).items()
    }
    rising = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple((_name(reason), number) for reason, number in rising)


def _histogram(value: object, place: str) -> Histogram | None:
    histogram = _mapping(value, place)
    kept, dropped = histogram.get("kept"), histogram.get("dropped")
    edges = histogram.get("edges")
    if not (isinstance(edges, list) and isinstance(kept, list) and isinstance(dropped, list)):
        raise _wrong(place, value, "edges, kept and dropped as lists")
    if not kept:
        return None
    numbers = tuple(real(edge, f"{place}.edges") for edge in edges)
    if not len(kept) == len(dropped) == len(numbers) - 1:
        raise _wrong(place, value, "n counts of kept and of dropped between n + 1 edges")
    return Histogram(
        score=_name(histogram.get("score", "")),
        edges=numbers,
        kept=tuple(whole(count, f"{place}.kept") for count in kept),
        dropped=tuple(whole(count, f"{place}.dropped") for count in dropped),
    )


def _name(value: object) -> str:
    name = str(value)
    return name if len(name) <= NAME_CHARACTERS else name[: NAME_CHARACTERS - 1] + "…"


def whole(value: object, place: str) -> int:
    """Return a count; raises ``ManifestError`` when it is not a whole number from 0 up."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _wrong(place, value, "a whole number from 0 up")
    return value


def real(value: object, place: str) -> float:
    """Return a finite number; raises ``ManifestError`` otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(place, value, "a number")
    try:
        number = float(value)
    except OverflowError as error:
        raise _wrong(place, value, "a number of ordinary size") from error
    if not math.isfinite(number):
        raise _wrong(place, value, "a finite number")
    return number


def finite(value: object) -> float | None:
    """Return the number, or ``None`` where the value is no finite number (optional figures)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(place, value, "an object")
    return value


def _wrong(place: str, value: object, wanted: str) -> ManifestError:
    return ManifestError(
        f"{PLACE}: {place} is {shorten(value)}, not {wanted}; run the recipe again"
    )
