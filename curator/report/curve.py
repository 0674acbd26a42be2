"""Geometry of a training curve: figures over steps, with an optional level to beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from curator.report.axis import Tick, label, round_ticks
from curator.report.numerals import figure

WIDTH, HEIGHT = 480, 240
LEFT, RIGHT, TOP, BOTTOM = 46, 468, 14, 204
MOST_POINTS = 300
"""Points drawn; more steps than that are averaged in groups of equal length."""


class Curve(NamedTuple):
    """Everything the template draws."""

    title: str
    summary: str
    points: str
    """``x,y`` pairs for a polyline."""
    marks: tuple[tuple[float, float], ...]
    """Single points, where there are few enough to show each."""
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    level: float | None
    """Height of the level line."""
    level_label: str
    averaged: int
    """Steps behind each point; 1 when every step is drawn."""


def draw_curve(
    title: str,
    points: Sequence[tuple[float, float]],
    level: float | None = None,
    level_name: str = "",
) -> Curve | None:
    """Return the curve through (step, figure) points in their order; ``None`` without points."""
    if not points:
        return None
    drawn, averaged = _averaged(points)
    values = [value for _, value in drawn] + ([] if level is None else [level])
    low, high = min(values), max(values)
    margin = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    low, high = (max(0.0, low - margin) if low >= 0 else low - margin), high + margin
    first, last = drawn[0][0], max(drawn[-1][0], drawn[0][0] + 1)

    def x(step: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (step - first) / (last - first), 2)

    def y(value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low), 2)

    places = [(x(step), y(value)) for step, value in drawn]
    return Curve(
        title=title,
        summary=(
            f"from {figure(points[0][1])} at step {points[0][0]:,.0f} to "
            f"{figure(points[-1][1])} at step {points[-1][0]:,.0f}, "
            f"lowest {figure(min(value for _, value in points))}"
        ),
        points=" ".join(f"{place[0]},{place[1]}" for place in places),
        marks=tuple(places) if len(places) <= 40 else (),
        x_ticks=tuple(Tick(x(tick), label(tick)) for tick in round_ticks(first, last, 5)),
        y_ticks=tuple(Tick(y(tick), label(tick)) for tick in round_ticks(low, high, 4)),
        level=None if level is None else y(level),
        level_label="" if level is None else f"{level_name} {figure(level)}",
        averaged=averaged,
    )


def _averaged(points: Sequence[tuple[float, float]]) -> tuple[list[tuple[float, float]], int]:
    group = -(-len(points) // MOST_POINTS)
    if group == 1:
        return list(points), 1
    averages = []
    for start in range(0, len(points), group):
        members = points[start : start + group]
        averages.append(
            (
                sum(step for step, _ in members) / len(members),
                sum(value for _, value in members) / len(members),
            )
        )
    return averages, group
