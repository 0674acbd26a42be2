"""Last pass over the lines: those that stay are copied, the others go to the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curator import manifest
from curator.cluster import run_tasks
from curator.dedup.pieces import read_arrays
from curator.deduplicate.ledger import ledger_lines
from curator.deduplicate.reading import lines_piece
from curator.io.atomic import atomic_write
from curator.io.chosen_lines import ChosenLines
from curator.io.line_parts import LineParts
from curator.io.shards import ShardRecord, plan_shards

NAME = "documents"


def write_shards(
    output: Path,
    lines: LineParts,
    kept: np.ndarray,
    marks: Callable[[], pa.Table],
    target_bytes: int,
    work: Path,
    client: Any | None,
) -> tuple[list[ShardRecord], list[ShardRecord]]:
    """Write shards and ledger, cut after ``target_bytes`` of input lines; return their records.

    Lines where ``kept`` (bool[lines of all parts]) is true are copied to the shards; the other rows
    go to the ledger, whole and with the verdicts of ``marks()`` by ordinal. Where none is
    dropped there is no ledger.
    """
    starts = _starts(lines)
    kept_bytes, dropped_bytes = [], []
    for index, start in enumerate(starts):
        sizes = read_arrays(lines_piece(work, index))["bytes"]
        here = kept[start : start + len(sizes)]
        kept_bytes.append(np.where(here, sizes, 0))
        dropped_bytes.append(np.where(here, 0, sizes))
    items = []
    for folder, row_bytes in ((manifest.SHARDS, kept_bytes), (manifest.LEDGER, dropped_bytes)):
        (output / folder).mkdir(parents=True, exist_ok=True)
        if folder == manifest.LEDGER and not any(map(np.any, row_bytes)):
            continue
        for number, stretches in enumerate(plan_shards(row_bytes, target_bytes)):
            items.append((folder, f"{folder}/{NAME}-{number:05d}.jsonl", stretches))
    write = partial(_write_one, lines=lines, kept=kept, marks=marks, work=work, output=output)
    records = run_tasks(write, items, client)
    shards = [
        record for item, record in zip(items, records, strict=True) if item[0] == manifest.SHARDS
    ]
    return shards, records[len(shards) :]


def remove_others(output: Path, records: list[ShardRecord]) -> None:
    """Remove the shards and ledgers of an earlier run into this folder."""
    names = {record.path for record in records}
    for folder in (manifest.SHARDS, manifest.LEDGER):
        for path in sorted((output / folder).iterdir()):
            if path.relative_to(output).as_posix() not in names:
                path.unlink()


def _starts(lines: LineParts) -> list[int]:
    """Return where each part's lines begin among all lines."""
    first = lines.parts[0].first_row if lines.parts else 0
    return [part.first_row - first for part in lines.parts]


def _write_one(
    item: tuple[str, str, list[tuple[int, int, int]]],
    lines: LineParts,
    kept: np.ndarray,
    marks: Callable[[], pa.Table],
    work: Path,
    output: Path,
) -> ShardRecord:
    """Write the lines of some stretches of parts that belong into one shard or ledger."""
    folder, name, stretches = item
    starts = _starts(lines)
    digest, size, documents, characters = hashlib.sha256(), 0, 0, 0
    with atomic_write(output / name, buffered=False) as file:
        for index, start, stop in stretches:
            known = read_arrays(lines_piece(work, index))
            mask = np.zeros(lines.parts[index].rows, np.bool_)
            mask[start:stop] = kept[starts[index] + start : starts[index] + stop]
            if folder == manifest.LEDGER:
                mask[start:stop] = ~mask[start:stop] & (known["bytes"][start:stop] > 0)
                written = ledger_lines(lines, index, mask, known, marks())
            else:
                written = _kept_lines(lines.chosen(index, mask, known["bytes"]))
            documents += int(np.count_nonzero(mask))
            characters += int(known["characters"][mask].sum())
            for data in written:
                digest.update(data)
                size += len(data)
                file.write(data)
    return ShardRecord(name, documents, size, characters, digest.hexdigest())


def _kept_lines(found: Iterator[ChosenLines]) -> Iterator[bytes | memoryview]:
    """Yield lines without returns at their ends, some at a time."""
    for some in found:
        if some.no_returns:
            yield some.data.data
        else:
            lines = some.data.tobytes().split(b"\n")
            yield b"\n".join([line.rstrip(b"\r") for line in lines])
