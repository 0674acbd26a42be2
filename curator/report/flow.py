"""Geometry of the flow: one row a stage, its bar as long as the documents that reached it."""

from __future__ import annotations

from typing import NamedTuple

from curator.report.figures import Counts, Stage

WIDTH = 1000
"""Units of the full bar: all documents that went in."""
MINIMUM_WIDTH = 3
"""Units a bar has at least when it holds a document."""
SHOWN_REASONS = 4


class FlowRow(NamedTuple):
    """One stage of the flow, in units of ``WIDTH``."""

    stage: Stage
    kept_width: float
    dropped_x: float
    dropped_width: float
    reasons: tuple[tuple[str, int], ...]
    """The most frequent reasons."""
    more_reasons: int
    """Reasons not named."""
    more_documents: int
    """Documents dropped for them."""
    summary: str


def draw_flow(counts: Counts) -> list[FlowRow]:
    """Return a row a stage; widths are linear in documents, none where nothing went in."""
    total = max([counts.entered, *(stage.entered for stage in counts.stages)])
    return [_row(stage, total) for stage in counts.stages]


def _row(stage: Stage, total: int) -> FlowRow:
    kept = _width(stage.kept, total)
    dropped = _width(stage.dropped, total)
    # A hair's breadth for few dropped documents must not reach beyond the full bar.
    kept = min(kept, WIDTH - dropped)
    named, rest = stage.reasons[:SHOWN_REASONS], stage.reasons[SHOWN_REASONS:]
    return FlowRow(
        stage=stage,
        kept_width=kept,
        dropped_x=kept,
        dropped_width=dropped,
        reasons=named,
        more_reasons=len(rest),
        more_documents=sum(documents for _, documents in rest),
        summary=(
            f"{stage.entered:,} in, {stage.kept:,} kept, {stage.dropped:,} dropped, "
            f"{stage.changed:,} changed"
        ),
    )


def _width(documents: int, total: int) -> float:
    if not documents or not total:
        return 0.0
    return round(max(WIDTH * documents / total, MINIMUM_WIDTH), 2)
