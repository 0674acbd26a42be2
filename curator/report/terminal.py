"""Text for a terminal: harmless, on one line, and cut to columns (a Han character fills two)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from curator.report.visible import one_line


def terminal_width(width: int | None) -> int:
    """Return ``width``, or the terminal's where it is ``None``; 100 where there is no terminal."""
    return width if width is not None else shutil.get_terminal_size((100, 24)).columns


def columns(text: str) -> int:
    """Return the columns the text fills in a terminal."""
    return cell_len(text)


def fit(text: str, width: int) -> str:
    """Return harmless text on one line, cut with ``…`` so that it fills at most ``width`` columns.

    Escape sequences, direction overrides and lone surrogates are spelled out, not obeyed.
    """
    # Only what can be seen is neutralised: a text of a megabyte costs no more than a line of it.
    safe = one_line(text[: max(width, 0) + 1])
    if len(text) <= width + 1 and cell_len(safe) <= width:
        return safe
    return set_cell_size(safe, width - 1).rstrip() + "…" if width > 0 else ""


def pad(text: str, width: int, right: bool = False) -> str:
    """Return the text filled with spaces to ``width`` columns; ``right`` aligns it to the right."""
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def lay_out(rows: Sequence[Sequence[str]], right: Sequence[bool], gap: str = "  ") -> list[str]:
    """Return the rows as lines whose columns are aligned; ``right`` says which to the right."""
    widths = [max(map(cell_len, cells)) for cells in zip(*rows, strict=True)]
    return [gap.join(map(pad, row, widths, right)).rstrip() for row in rows]
