"""The end of the way: living rows become shards, dropped rows and cuts become ledgers."""

from __future__ import annotations

import dataclasses
import heapq
import json
import operator
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curator import manifest, schema
from curator.batch import sample_keys
from curator.cluster import run_tasks
from curator.errors import RecipeError
from curator.fingerprint import code_hash, fingerprint
from curator.io.atomic import atomic_write
from curator.io.parts import CUT_COLUMNS, Parts
from curator.io.shards import plan_shards, write_shard

SAMPLES_KEPT = 24
SAMPLES_PER_REASON = 6
SAMPLE_CHARACTERS = 4000


@dataclass(frozen=True)
class ShardOptions:
    """How the kept documents, and the ledger, are cut into files."""

    target_bytes: int = 128 * 2**20
    """A new shard begins when the text in the current one passes this many UTF-8 bytes."""
    compression: str | None = None
    """``null`` for plain jsonl, ``gz`` or ``zst``."""

    def __post_init__(self) -> None:
        if self.compression not in (None, "gz", "zst"):
            raise RecipeError(f"compression {self.compression!r} is not one of null, gz, zst")
        if self.target_bytes < 1:
            raise RecipeError(f"target_bytes must be positive, not {self.target_bytes}")


@dataclass(frozen=True, order=True)
class Sample:
    """A document shown in the report, chosen by a hash of its id."""

    key: int
    row: dict[str, Any] = dataclasses.field(compare=False)


Written = tuple[dict[str, Any], list[Sample]]
"""What is known of a finished file, and its samples."""


@dataclass(frozen=True)
class Outputs:
    """What was written."""

    shards: list[dict[str, Any]]
    ledger: list[dict[str, Any]]
    cuts: list[dict[str, Any]]
    samples: list[Sample]


def write_outputs(
    parts: Parts,
    run: Path,
    name: str,
    columns: Sequence[str],
    options: ShardOptions,
    work: Path,
    client: Any | None,
) -> Outputs:
    """Write shards and ledgers; finished files whose bytes are still the recorded ones are kept.

    Tasks write beside the run's results, in a folder of this recipe's own, and this process alone
    moves finished files to their place: a task that outlives its run cannot spoil a later one.
    The manifest of an earlier run goes just before, since it would name other bytes.
    """
    indices = range(len(parts.parts))
    sizes = run_tasks(_row_bytes, [parts.only(i) for i in indices], client)
    visible = schema.visible_columns(columns)
    ledger_columns = [*visible, *(name for name in schema.RESERVED if name != schema.EXTRA)]
    wanted = {
        manifest.SHARDS: visible,
        manifest.LEDGER: ledger_columns,
        manifest.CUTS: CUT_COLUMNS,
    }
    identity = fingerprint(str(parts), options, name, code_hash())
    stages = {folder: work / f"{folder}-{identity}" for folder in wanted}
    writes: list[tuple[str, Callable[[], Written]]] = []
    for position, (folder, stage) in enumerate(stages.items()):
        stage.mkdir(parents=True, exist_ok=True)
        write = partial(
            _write_one,
            run=run,
            folder=folder,
            name=name,
            columns=wanted[folder],
            compression=options.compression,
            stage=stage,
        )
        plan = plan_shards([all_[position] for all_ in sizes], options.target_bytes)
        for number, pieces in enumerate(plan):
            items = [(parts.only(part), start, stop) for part, start, stop in pieces]
            writes.append((folder, partial(write, number, items)))
    # All at once: while one worker writes the last shard the others write the ledger.
    results = run_tasks(operator.call, [write for _, write in writes], client)
    written: dict[str, list[dict[str, Any]]] = {folder: [] for folder in wanted}
    staged: dict[str, Path] = {}
    for (folder, _), (record, _) in zip(writes, results, strict=True):
        written[folder].append(record)
        staged[record["path"]] = stages[folder]
    _publish(run, staged)
    samples = _smallest([sample for _, found in results for sample in found])
    return Outputs(
        written[manifest.SHARDS], written[manifest.LEDGER], written[manifest.CUTS], samples
    )


def _row_bytes(part: Parts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the text bytes of the living rows, of the dropped ones and of the cuts, int64 each."""
    table = part.read(0, [schema.TEXT, schema.DROPPED_BY])
    alive = pc.is_null(table.column(schema.DROPPED_BY)).to_numpy()
    lengths = pc.fill_null(pc.binary_length(table.column(schema.TEXT)), 0).to_numpy()
    cut = pc.binary_length(part.read_cuts(0).column(schema.TEXT)).to_numpy()
    return tuple(sizes.astype(np.int64) for sizes in (lengths[alive], lengths[~alive], cut))


def _write_one(
    number: int,
    pieces: list[tuple[Parts, int, int]],
    *,
    run: Path,
    folder: str,
    name: str,
    columns: Sequence[str],
    compression: str | None,
    stage: Path,
) -> Written:
    suffix = "" if compression is None else f".{compression}"
    relative = f"{folder}/{name}-{number:05d}.jsonl{suffix}"
    path, done = stage / Path(relative).name, stage / f"{number:05d}.json"
    if done.exists():
        saved = json.loads(done.read_bytes())
        for found in (path, run / relative):
            if found.is_file() and manifest.file_sha256(found) == saved["record"]["sha256"]:
                return saved["record"], [Sample(key, row) for key, row in saved["samples"]]
    collector = _Samples("kept" if folder == manifest.SHARDS else "dropped")
    if folder == manifest.CUTS:  # samples of what was cut come with the tallies, before and after
        tables = _cut_tables(pieces)
    else:
        tables = collector.watch(_tables(pieces, living=folder == manifest.SHARDS))
    shard = write_shard(path, tables, columns, compression)
    record = {
        "path": relative,
        "cuts" if folder == manifest.CUTS else "documents": shard.documents,
        "bytes": shard.bytes,
        "characters": shard.characters,
        "sha256": shard.sha256,
    }
    samples = collector.chosen()
    with atomic_write(done) as file:
        saved = {"record": record, "samples": [[s.key, s.row] for s in samples]}
        file.write(json.dumps(saved).encode())
    return record, samples


def _tables(pieces: list[tuple[Parts, int, int]], *, living: bool) -> Iterator[pa.Table]:
    for part, start, stop in pieces:
        table = part.read(0)
        alive = pc.is_null(table.column(schema.DROPPED_BY))
        rows = table.filter(alive if living else pc.invert(alive))
        yield rows.slice(start, stop - start)


def _cut_tables(pieces: list[tuple[Parts, int, int]]) -> Iterator[pa.Table]:
    for part, start, stop in pieces:
        yield part.read_cuts(0).slice(start, stop - start)


class _Samples:
    """Picks the documents with the smallest hashes: the same ones however rows are divided."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.heaps: dict[tuple[str, str], list[tuple[int, int, dict[str, Any]]]] = {}
        self.count = 0

    def watch(self, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
        """Look at every row of the tables on their way."""
        for table in tables:
            self._look(table)
            yield table

    def chosen(self) -> list[Sample]:
        """Return the samples, smallest hash first within a stage and reason."""
        found = []
        for _, heap in sorted(self.heaps.items()):
            found += [Sample(-key, row) for key, _, row in sorted(heap, reverse=True)]
        return found

    def _look(self, table: pa.Table) -> None:
        keys = sample_keys(table.column(schema.ID).to_pylist(), self.kind)
        limit = SAMPLES_KEPT if self.kind == "kept" else SAMPLES_PER_REASON
        for (stage, reason), rows in _rows_by_reason(table).items():
            heap = self.heaps.setdefault((stage or "", reason or ""), [])
            if len(rows) > limit:  # what has so many smaller hashes beside it is never chosen
                highest = np.partition(keys[rows], limit - 1)[limit - 1]
                rows = rows[keys[rows] <= highest]
            for row in rows.tolist():
                key = -int(keys[row])
                if len(heap) == limit and key <= heap[0][0]:
                    continue
                self.count += 1  # breaks ties, so that rows themselves are never compared
                entry = (key, self.count, self._row(table, row, stage))
                if len(heap) < limit:
                    heapq.heappush(heap, entry)
                else:
                    heapq.heapreplace(heap, entry)

    def _row(self, table: pa.Table, row: int, stage: str | None) -> dict[str, Any]:
        values = {
            name: table.column(name)[row].as_py()
            for name in (schema.ID, schema.TEXT, schema.REASON, schema.VALUE, schema.DUPLICATE_OF)
        }
        values[schema.TEXT] = (values[schema.TEXT] or "")[:SAMPLE_CHARACTERS]
        return {"kind": self.kind, "stage": stage, **values}


def _rows_by_reason(table: pa.Table) -> dict[tuple[str | None, str | None], np.ndarray]:
    """Return the rows of each stage and reason, rising; kept rows have neither."""
    stages, reasons = table.column(schema.DROPPED_BY), table.column(schema.REASON)
    if stages.null_count == reasons.null_count == table.num_rows:
        return {(None, None): np.arange(table.num_rows)} if table.num_rows else {}
    found: dict[tuple[str | None, str | None], list[int]] = {}
    for row, group in enumerate(zip(stages.to_pylist(), reasons.to_pylist(), strict=True)):
        found.setdefault(group, []).append(row)
    return {group: np.array(rows) for group, rows in found.items()}


def _smallest(samples: list[Sample]) -> list[Sample]:
    groups: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        row = sample.row
        groups.setdefault((row["stage"] or "", row["reason"] or ""), []).append(sample)
    chosen = []
    for _, group in sorted(groups.items()):
        limit = SAMPLES_KEPT if group[0].row["kind"] == "kept" else SAMPLES_PER_REASON
        chosen += sorted(group)[:limit]
    return chosen


def _publish(run: Path, staged: dict[str, Path]) -> None:
    """Move finished files to their place and remove those of an earlier recipe."""
    for stale in (manifest.MANIFEST, manifest.REPORT, manifest.TIMINGS, manifest.SAMPLES):
        (run / stale).unlink(missing_ok=True)
    folders = [manifest.SHARDS, manifest.LEDGER]
    if any(relative.startswith(f"{manifest.CUTS}/") for relative in staged):
        folders.append(manifest.CUTS)
    else:
        shutil.rmtree(run / manifest.CUTS, ignore_errors=True)
    for folder in folders:
        (run / folder).mkdir(exist_ok=True)
        for path in sorted((run / folder).glob("*.jsonl*")):
            if path.relative_to(run).as_posix() not in staged:
                path.unlink()
    for relative, stage in staged.items():
        finished = stage / Path(relative).name
        if finished.exists():  # else it was moved before this start
            finished.replace(run / relative)
