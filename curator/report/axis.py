"""Axes of the charts: round ticks over a range of numbers."""

from __future__ import annotations

import math
from typing import NamedTuple


class Tick(NamedTuple):
    """One mark on an axis."""

    position: float
    """In the chart's own units."""
    label: str


def round_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Return about ``wanted`` round numbers within [low, high], steps of 1, 2 or 5 · 10^k.

    Equal ends give that one number. ``low <= high``, both finite.
    """
    span = high - low
    if span <= 0 or not math.isfinite(span):
        return [low]
    rough = span / max(1, wanted)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * factor for factor in (1, 2, 5) if power * factor >= rough), power * 10)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)] or [low]


def label(number: float) -> str:
    """Return a short label for a tick."""
    for divisor, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= divisor * (10 if letter == "k" else 1):
            return f"{number / divisor:.4g} {letter}"
    text = f"{number:,.0f}" if abs(number) >= 1_000 else f"{number:.4g}"
    return "0" if text == "-0" else text
