"""Which templates of a dump have no handler, most frequent first: where a pack wants a line."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from curator import schema
from curator.acquire.wikipedia.reader import WikipediaReader
from curator.io.blocks import Block, Run, in_this_process

BLOCK_BYTES = 64 << 20


class Unhandled(NamedTuple):
    """A template without a handler."""

    name: str
    """Without case, as packs write it."""
    uses: int
    pages: int
    example: str
    """Title of the first page that uses it."""


def template_report(
    reader: WikipediaReader, most: int | None = 200, run: Run = in_this_process
) -> list[Unhandled]:
    """Return the unhandled templates of a reader's articles, by uses, then by name.

    Pages that are no articles are not counted. ``run`` reads the blocks, in parallel if it likes;
    see ``curator.cluster.run_tasks``. A dump without unhandled templates gives an empty list.
    """
    uses: Counter[str] = Counter()
    pages: Counter[str] = Counter()
    examples: dict[str, str] = {}
    plan = reader.plan(BLOCK_BYTES, None, run)
    count = functools.partial(_count, reader)
    for counted in run(count, plan.blocks):
        for name, (n_uses, n_pages, example) in counted.items():
            uses[name] += n_uses
            pages[name] += n_pages
            examples.setdefault(name, example)
    ranked = sorted(uses, key=lambda name: (-uses[name], name))[:most]
    return [Unhandled(name, uses[name], pages[name], examples[name]) for name in ranked]


def shown(report: Sequence[Unhandled]) -> str:
    """Return the report as tab-separated lines with a head."""
    lines = ["uses\tpages\ttemplate\texample"]
    lines += [f"{row.uses}\t{row.pages}\t{row.name}\t{row.example}" for row in report]
    return "\n".join(lines) + "\n"


def _count(reader: WikipediaReader, block: Block) -> dict[str, tuple[int, int, str]]:
    found: dict[str, tuple[int, int, str]] = {}
    for row, unhandled in reader.rows(block):
        if row.get(schema.DROPPED_BY) is None:
            for name, n in unhandled.items():
                uses, pages, example = found.get(name, (0, 0, str(row["title"])))
                found[name] = (uses + n, pages + 1, example)
    return found
