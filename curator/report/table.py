"""The closing table of a run for the terminal: every document accounted for, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curator.report import numerals
from curator.report.figures import Counts, Stage, read_counts
from curator.report.ledger import ledger_summary
from curator.report.terminal import columns, fit, lay_out, terminal_width

__all__ = ["closing_table", "ledger_summary"]

HEADINGS = ("stage", "in", "kept", "dropped", "changed", "top reason")
_RIGHT = (False, True, True, True, True, False)
NARROWEST_STAGE, WIDEST_STAGE = 8, 32


def closing_table(manifest: Mapping[str, Any], width: int | None = None) -> str:
    """Return the table as plain text: in, kept, dropped, changed and top reason of every stage.

    ``width`` is in columns, by default the terminal's; long names are cut to it, numbers never.
    The last line proves that in = kept + dropped, or says where the documents do not add up.
    Raises ``ManifestError`` when counts are missing.
    """
    counts, width = read_counts(manifest), terminal_width(width)
    numbers = [_numbers(stage) for stage in counts.stages]
    room = width - 2 * (len(HEADINGS) - 1) - _widths(numbers)
    stage_room = min(WIDEST_STAGE, max(NARROWEST_STAGE, room // 2))
    names = [fit(stage.name, stage_room) for stage in counts.stages]
    widest = max((columns(name) for name in names), default=0)
    reason_room = max(NARROWEST_STAGE, room - max(widest, len(HEADINGS[0])))
    rows = [HEADINGS]
    for name, cells, stage in zip(names, numbers, counts.stages, strict=True):
        rows.append((name, *cells, fit(_top_reason(stage), reason_room)))
    lines = lay_out(rows, _RIGHT)
    rule = "─" * max(map(columns, lines))
    return "\n".join([lines[0], rule, *lines[1:], rule, *_proof(counts)])


def _numbers(stage: Stage) -> tuple[str, str, str, str]:
    return (
        numerals.count(stage.entered),
        numerals.count(stage.kept),
        numerals.count(stage.dropped),
        numerals.count(stage.changed),
    )


def _widths(numbers: list[tuple[str, str, str, str]]) -> int:
    rows = [HEADINGS[1:5], *numbers]
    return sum(max(len(row[column]) for row in rows) for column in range(4))


def _top_reason(stage: Stage) -> str:
    if not stage.reasons:
        return f"{numerals.count(stage.n_cuts)} cuts" if stage.cuts else ""
    reason, documents = stage.reasons[0]
    more = len(stage.reasons) - 1
    rest = f", {more} more" if more else ""
    # The count first: where the cell is cut, the number stays.
    return f"{numerals.count(documents)} {reason}{rest}"


def _proof(counts: Counts) -> list[str]:
    total = (
        f"{counts.entered:,} in = {counts.kept:,} kept + {counts.dropped:,} dropped"
        f" ({numerals.share(counts.kept, counts.entered)} kept)"
    )
    if counts.cuts:
        total = f"{total}; {counts.cuts:,} cuts of {counts.characters_cut:,} characters"
    faults = counts.faults()
    if not faults:
        return [f"{total} ✓"]
    return [*(fit(f"✗ {fault}", 200) for fault in faults), f"✗ does not add up: {total}"]
