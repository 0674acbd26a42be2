"""Geometry of a histogram: dropped documents at the foot of each bar, kept ones above."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from curator.report.axis import Tick, label, round_ticks
from curator.report.figures import Histogram
from curator.report.numerals import figure

WIDTH, HEIGHT = 320, 168
LEFT, RIGHT, TOP, BOTTOM = 44, 310, 10, 140
MINIMUM_HEIGHT = 1.5
"""Units a bar has at least when it holds a document: one dropped among a million is seen."""
UNEVEN = 1.02
"""Widest bin over narrowest above which bins are drawn equally wide and labelled by their edges."""


class Bar(NamedTuple):
    """One bin, in the chart's units; heights are 0 where it is empty."""

    x: float
    width: float
    kept_y: float
    kept_height: float
    dropped_y: float
    dropped_height: float
    name: str
    """The bin and its counts in words."""


class HistogramChart(NamedTuple):
    """Everything the template draws."""

    score: str
    summary: str
    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    even: bool
    """False: bins differ in width, and are drawn equally wide."""
    rows: tuple[tuple[str, int, int], ...]
    """The same numbers as a table: bin, kept, dropped; empty bins left out."""


def draw_histogram(histogram: Histogram) -> HistogramChart:
    """Return the geometry of a histogram; one without documents has no bars.

    Empty bins at both ends are not drawn.
    """
    histogram = _trimmed(histogram)
    edges = histogram.edges
    widths = [high - low for low, high in itertools.pairwise(edges)]
    even = min(widths) > 0 and max(widths) / min(widths) <= UNEVEN
    totals = [kept + gone for kept, gone in zip(histogram.kept, histogram.dropped, strict=True)]
    highest = max(totals)
    spans = [
        (f"{figure(low)} – {figure(high)}", kept, gone)
        for low, high, kept, gone in zip(
            edges, edges[1:], histogram.kept, histogram.dropped, strict=False
        )
    ]
    bars = [
        _bar(index, len(totals), highest, *span)
        for index, span in enumerate(spans)
        if totals[index]
    ]
    return HistogramChart(
        score=histogram.score,
        summary=(
            f"{len(totals)} bins from {figure(edges[0])} to {figure(edges[-1])}; "
            f"{sum(histogram.kept):,} documents kept, {sum(histogram.dropped):,} dropped"
        ),
        bars=tuple(bars),
        x_ticks=_x_ticks(edges, even),
        y_ticks=_y_ticks(highest),
        even=even,
        rows=tuple(span for span in spans if span[1] or span[2]),
    )


def _trimmed(histogram: Histogram) -> Histogram:
    filled = [
        index
        for index, both in enumerate(zip(histogram.kept, histogram.dropped, strict=True))
        if any(both)
    ]
    if not filled:
        return histogram
    first, last = filled[0], filled[-1] + 1
    return Histogram(
        score=histogram.score,
        edges=histogram.edges[first : last + 1],
        kept=histogram.kept[first:last],
        dropped=histogram.dropped[first:last],
    )


def _bar(index: int, bins: int, highest: int, span: str, kept: int, dropped: int) -> Bar:
    slot = (RIGHT - LEFT) / bins
    scale = (BOTTOM - TOP) / highest
    dropped_height = max(dropped * scale, MINIMUM_HEIGHT) if dropped else 0.0
    kept_height = max(kept * scale, MINIMUM_HEIGHT) if kept else 0.0
    kept_height = min(kept_height, BOTTOM - TOP - dropped_height)
    gap = min(1.0, slot * 0.15)
    return Bar(
        x=round(LEFT + index * slot, 2),
        width=round(slot - gap, 2),
        kept_y=round(BOTTOM - dropped_height - kept_height, 2),
        kept_height=round(kept_height, 2),
        dropped_y=round(BOTTOM - dropped_height, 2),
        dropped_height=round(dropped_height, 2),
        name=f"{span}: {kept:,} kept, {dropped:,} dropped",
    )


def _x_ticks(edges: tuple[float, ...], even: bool) -> tuple[Tick, ...]:
    if even:
        span = edges[-1] - edges[0]
        return tuple(
            Tick(round(LEFT + (RIGHT - LEFT) * (tick - edges[0]) / span, 2), label(tick))
            for tick in round_ticks(edges[0], edges[-1], 5)
        )
    bins = len(edges) - 1
    every = max(1, -(-bins // 5))
    if bins > every > 1 and every % 2:
        every += 1  # edges that grow by √2 are whole at every second place
    first = max(range(every), key=lambda start: (_whole_edges(edges[start::every]), -start))
    return tuple(
        Tick(round(LEFT + (RIGHT - LEFT) * index / bins, 2), label(edges[index]))
        for index in range(first, bins + 1, every)
    )


def _whole_edges(edges: tuple[float, ...]) -> int:
    return sum(1 for edge in edges if abs(edge - round(edge)) < 1e-6 * max(1.0, abs(edge)))


def _y_ticks(highest: int) -> tuple[Tick, ...]:
    if not highest:
        return ()
    ticks = [tick for tick in round_ticks(0, highest, 4) if tick == int(tick)]
    return tuple(
        Tick(round(BOTTOM - (BOTTOM - TOP) * tick / highest, 2), label(tick)) for tick in ticks
    )
