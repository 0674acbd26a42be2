"""Numbers as people read them in reports: grouped, scaled, in per cent."""

from __future__ import annotations

import math


def count(number: int) -> str:
    """Return a whole number with its thousands grouped: ``12,345``."""
    return f"{number:,}"


def scaled(number: float) -> str:
    """Return a number in three digits with its scale: ``12.3 M``; below 10,000 it is exact."""
    if abs(number) < 10_000:
        return f"{number:,.0f}"
    for divisor, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= divisor:
            return f"{_three_digits(number / divisor)} {letter}"
    return f"{number:,.0f}"


def _three_digits(number: float) -> str:
    return f"{number:#.3g}".rstrip(".") if abs(number) < 999.5 else f"{number:,.0f}"


def size(n_bytes: float) -> str:
    """Return a number of bytes in decimal units: ``12.3 MB``."""
    return f"{scaled(n_bytes)}B" if n_bytes >= 10_000 else f"{n_bytes:,.0f} B"


def share(part: float, total: float) -> str:
    """Return a part in per cent; never 0 % or 100 % unless it is exactly that, ``–`` of nothing."""
    if total <= 0:
        return "–"
    percent = 100 * part / total
    if 0 < percent < 0.1:
        return "<0.1 %"
    if 99.9 < percent < 100:
        return ">99.9 %"
    return f"{percent:.1f} %" if percent < 99.95 and percent else f"{percent:.0f} %"


def figure(number: float) -> str:
    """Return a measured figure in four significant digits: ``1.234``, ``12,340``."""
    if not math.isfinite(number):
        return "–"
    if number == int(number) and abs(number) < 1e15:
        return f"{int(number):,}"
    return f"{number:,.0f}" if abs(number) >= 10_000 else f"{number:.4g}"


def seconds(number: float) -> str:
    """Return a duration: ``0.12 s``, ``48 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if number < 60:
        return f"{number:.2f} s" if number < 10 else f"{number:.0f} s"
    minutes, rest = divmod(round(number), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
