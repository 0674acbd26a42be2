"""The samples of a run, cut to a size people read and grouped by what befell them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curator.errors import ManifestError, shorten
from curator.manifest import SAMPLES
from curator.report.differences import Difference, differences
from curator.report.visible import cut

SHOWN_CHARACTERS = 400
SHOWN_LINES = 8
"""A text is shown up to whichever comes first."""
SHOWN_PER_REASON = {"kept": 12, "dropped": 3, "changed": 6}
"""Samples shown of one stage and reason, by kind; kept and changed documents have one reason."""
SHOWN_PER_STAGE = 24
VALUE_CHARACTERS = 240
TAKEN_CHARACTERS = {"kept": 4_000, "dropped": 4_000, "changed": 4_000}
"""A run takes samples of at most this many characters: a text so long may have gone on."""

KINDS = ("kept", "dropped", "changed")


@dataclass(frozen=True)
class Sample:
    """One document, cut for showing."""

    id: str
    reason: str
    value: str
    duplicate_of: str
    """Id of the document kept instead; empty where there is none."""
    text: str
    """Beginning of the text; empty for a changed document."""
    left_out: int
    """Characters of the text that are not shown."""
    goes_on: bool
    """The text may be longer than what the run took as a sample."""
    difference: Difference | None = None
    """What changed, for a changed document."""


@dataclass(frozen=True)
class SampleGroup:
    """Samples of one kind from one stage, in the file's order."""

    stage: str
    samples: tuple[Sample, ...]
    unshown: int
    """Samples of the group that stay in samples.jsonl."""


def read_samples(run: Path, stages: Sequence[str] = ()) -> dict[str, tuple[SampleGroup, ...]]:
    """Return the groups of every kind in the order of ``stages``, then of first appearance.

    A run without samples gives empty groups. Memory is bounded by what is shown and the longest
    line. Raises ``ManifestError`` naming the line that is no sample.
    """
    path = run / SAMPLES
    found: dict[str, dict[str, list[Sample]]] = {kind: {} for kind in KINDS}
    counted: dict[tuple[str, str], int] = {}
    of_reason: dict[tuple[str, str, str], int] = {}
    for number, row in _rows(path):
        kind, stage = row.get("kind"), _words(row.get("stage"))
        if kind not in KINDS:
            raise ManifestError(
                f"{path}:{number}: kind is {shorten(kind)}, not one of {', '.join(KINDS)}; "
                "run the recipe again"
            )
        if kind == "kept":
            stage = ""  # kept documents passed every stage
        group = found[kind].setdefault(stage, [])
        counted[kind, stage] = counted.get((kind, stage), 0) + 1
        key = (kind, stage, _short(row.get("reason")))
        of_reason[key] = of_reason.get(key, 0) + 1
        if of_reason[key] <= SHOWN_PER_REASON[kind] and len(group) < SHOWN_PER_STAGE:
            group.append(_sample(kind, row))
    order = {stage: position for position, stage in enumerate(stages)}
    return {
        kind: tuple(
            SampleGroup(stage, tuple(group), counted[kind, stage] - len(group))
            for stage, group in sorted(
                groups.items(), key=lambda item: order.get(item[0], len(order))
            )
        )
        for kind, groups in found.items()
    }


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if not path.is_file():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                # Standard JSON, not a faster one: a lone surrogate must reach the page as a mark.
                row = json.loads(line)
            except (UnicodeDecodeError, json.JSONDecodeError) as error:
                raise ManifestError(
                    f"{path}:{number}: not JSON ({error}); run the recipe again"
                ) from error
            if not isinstance(row, dict):
                raise ManifestError(f"{path}:{number}: no JSON object; run the recipe again")
            yield number, row


def _sample(kind: str, row: dict[str, Any]) -> Sample:
    difference = None
    text, left_out = "", 0
    if kind == "changed":
        before, after = _words(row.get("before")), _words(row.get("after"))
        taken = max(len(before), len(after))
        difference = differences(before, after, goes_on=taken >= TAKEN_CHARACTERS[kind])
    else:
        taken = len(_words(row.get("text")))
        text, left_out = cut(_words(row.get("text")), SHOWN_CHARACTERS, SHOWN_LINES)
    return Sample(
        id=_short(row.get("id")),
        reason=_short(row.get("reason")),
        value=_short(row.get("value")),
        duplicate_of=_short(row.get("duplicate_of")),
        text=text,
        left_out=left_out,
        goes_on=taken >= TAKEN_CHARACTERS[kind],
        difference=difference,
    )


def _words(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(value: object) -> str:
    text = _words(value)
    return text if len(text) <= VALUE_CHARACTERS else text[: VALUE_CHARACTERS - 1] + "…"
