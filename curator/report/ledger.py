"""A summary of the ledgers: what was dropped or cut, by which stage and reason, with examples."""

from __future__ import annotations

import contextlib
import gzip
import io
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
import zstandard

from curator.errors import DataError, ManifestError, shorten
from curator.manifest import CUTS, LEDGER, MANIFEST, read_manifest
from curator.report.figures import read_counts
from curator.report.numerals import count, share
from curator.report.terminal import columns, fit, pad, terminal_width

LONGEST_LINE = 64 * 2**20
"""Bytes of a ledger line that are parsed; a longer one is counted, its reason is not read."""
MOST_REASONS = 2_000
"""Pairs of stage and reason counted apart; more are counted together, so memory stays bounded."""
NOT_READ = f"line longer than {LONGEST_LINE // 2**20} MiB, not read"
OTHER = "other reasons"
KEPT_CHARACTERS = 400
"""Characters of a sample held in memory; a terminal line shows fewer."""
_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")


@dataclass
class _Pile:
    """Documents, or cuts, of one stage for one reason."""

    documents: int = 0
    samples: list[tuple[str, str, str]] = field(default_factory=list)
    """Id, value and text of the first ones."""


def ledger_summary(
    run: Path,
    samples: int = 3,
    width: int | None = None,
    stage: str | None = None,
    reason: str | None = None,
) -> str:
    """Return a summary of ``RUN/dropped`` and, where there is any, ``RUN/cuts``, ready to print.

    Counts by stage and reason, most frequent first, with the first ``samples`` documents of each
    in corpus order. ``stage`` and ``reason`` limit what is listed to these. Lines fill at most
    ``width`` columns (by default the terminal's) and hold no character that drives a terminal.
    The ledger is streamed (plain, .gz or .zst), so memory does not grow with it. The last line
    compares its documents with the manifest's. Raises ``ManifestError`` for a folder that is no
    run, ``DataError`` naming file and line for a damaged ledger.
    """
    run, width = Path(run), terminal_width(width)
    folder = run / LEDGER
    if not folder.is_dir():
        raise ManifestError(f"{folder}: no such folder; give the folder of a finished run")
    piles, total = _count(folder, "dropped_by", samples, stage, reason)
    lines = _pile_lines(piles, total, width)
    if not piles:
        lines.append("nothing dropped" + (" for that" if stage or reason else ""))
    n_cuts = 0
    if (run / CUTS).is_dir():
        piles, n_cuts = _count(run / CUTS, "stage", samples, stage, reason)
        if piles:
            lines += ["", "cut out of documents", ""]
            lines += _pile_lines(piles, n_cuts, width)
    lines += textwrap.wrap(_comparison(run, total, n_cuts), max(width, 20))
    return "\n".join(lines)


def _pile_lines(piles: dict[tuple[str, str], _Pile], total: int, width: int) -> list[str]:
    by_stage: dict[str, dict[str, _Pile]] = {}
    for (name, why), pile in piles.items():
        by_stage.setdefault(name, {})[why] = pile
    lines: list[str] = []
    for name in sorted(by_stage, key=lambda name: (-_documents(by_stage[name]), name)):
        lines += _stage_lines(name, by_stage[name], total, width)
    return lines


def _count(
    folder: Path, column: str, samples: int, stage: str | None, reason: str | None
) -> tuple[dict[tuple[str, str], _Pile], int]:
    piles: dict[tuple[str, str], _Pile] = {}
    total = 0
    for row in _rows(folder):
        total += 1
        name, why = _words(row.get(column)), _words(row.get("reason"))
        if (stage is not None and name != stage) or (reason is not None and why != reason):
            continue
        key = (name[:KEPT_CHARACTERS], why[:KEPT_CHARACTERS])
        if key not in piles and len(piles) >= MOST_REASONS:
            key = (OTHER, OTHER)
        pile = piles.setdefault(key, _Pile())
        pile.documents += 1
        if len(pile.samples) < samples:
            value = row.get("duplicate_of") or row.get("value")
            pile.samples.append((_start(row.get("id")), _start(value), _start(row.get("text"))))
    return piles, total


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.iterdir()):
        if not path.name.endswith(_SUFFIXES):
            continue
        for number, line in _lines(path):
            if line is None:
                yield {"reason": NOT_READ}
                continue
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise DataError(
                    f"{path}:{number}: not JSON ({error}); the ledger is damaged, "
                    "run the recipe again"
                ) from error
            if not isinstance(row, dict):
                raise DataError(f"{path}:{number}: {shorten(row)} is no row; run the recipe again")
            yield row


def _lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(_open(path))
        number = 0
        try:
            while line := stream.readline(LONGEST_LINE):
                number += 1
                if line.endswith(b"\n") or len(line) < LONGEST_LINE:
                    yield number, line
                    continue
                while line and not line.endswith(b"\n"):
                    line = stream.readline(LONGEST_LINE)
                yield number, None
        except (EOFError, gzip.BadGzipFile, zstandard.ZstdError) as error:
            raise DataError(
                f"{path}: cannot be unpacked after line {number} ({error}); run the recipe again"
            ) from error


def _open(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    if path.suffix == ".zst":
        reader = zstandard.ZstdDecompressor().stream_reader(
            path.open("rb"), read_across_frames=True, closefd=True
        )
        return cast(BinaryIO, io.BufferedReader(reader, 2**20))
    return path.open("rb")


def _stage_lines(stage: str, reasons: dict[str, _Pile], total: int, width: int) -> Iterator[str]:
    documents = _documents(reasons)
    figures = f"{count(documents)}  {share(documents, total)}"
    yield _between(stage, figures, width)
    for reason in sorted(reasons, key=lambda name: (-reasons[name].documents, name)):
        pile = reasons[reason]
        yield _between(f"  {reason}", count(pile.documents), width)
        for identity, value, text in pile.samples:
            yield fit(_sample(identity, value, text, width), width)
    yield ""


def _between(left: str, right: str, width: int) -> str:
    room = max(1, width - columns(right) - 2)
    return f"{pad(fit(left, room), room)}  {right}"


def _sample(identity: str, value: str, text: str, width: int) -> str:
    # Fixed shares of the line: a long id must not push the text out of sight.
    parts = [fit(identity, max(8, width // 4)), fit(value, max(8, width // 4)), text]
    return "    " + "  ".join(part for part in parts if part)


def _documents(reasons: dict[str, _Pile]) -> int:
    return sum(pile.documents for pile in reasons.values())


def _comparison(run: Path, total: int, n_cuts: int) -> str:
    found = f"{count(total)} in the ledger"
    if not (run / MANIFEST).is_file():
        return f"{found}; the run has no manifest yet"
    counts = read_counts(read_manifest(run))
    recorded = f"{count(counts.dropped)} dropped"
    if counts.cuts or n_cuts:
        found += f", {count(n_cuts)} cuts"
        recorded += f", {count(counts.cuts)} cuts"
    if (counts.dropped, counts.cuts) == (total, n_cuts):
        return f"{found} = {recorded} in the manifest ✓"
    return (
        f"✗ {found}, {recorded} in the manifest: "
        "the folder was changed after the run; run the recipe again"
    )


def _words(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _start(value: object) -> str:
    return _words(value)[:KEPT_CHARACTERS]
