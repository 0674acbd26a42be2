"""Writes a dataset's partitions to disk; a restart does not run finished partitions again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from curator import schema
from curator.batch import Chain, Tally
from curator.cluster import run_tasks
from curator.dataset import DocumentDataset, on_worker, run_piece
from curator.fingerprint import code_hash, fingerprint, versions
from curator.frames import Piece
from curator.io.atomic import atomic_write
from curator.io.parts import Part, Parts, write_part
from curator.stages.workspace import Workspace

READER = "reader"


def materialise(
    dataset: DocumentDataset, workspace: Workspace, step: str
) -> tuple[Parts, list[Tally]]:
    """Run the pending stages and write every partition; finished partitions are not run again.

    The folder is named by a fingerprint of the input, the stages and the code, so another recipe
    or another input can never pick up these parts.
    """
    if dataset.parts is not None and not dataset.pending:
        return dataset.parts, []
    origin = fingerprint(dataset.origin, dataset.pending, code_hash(), versions(), workspace.strict)
    folder = workspace.folder / f"{step}-{origin}"
    folder.mkdir(parents=True, exist_ok=True)
    write = partial(
        _write_piece,
        chain=dataset.pending,
        strict=workspace.strict,
        folder=folder,
        first=dataset.parts is None,
    )
    rows = [0] * dataset.npartitions
    tallies: dict[str, Tally] = {}
    waiting = []

    def take(index: int, record: dict[str, Any]) -> None:
        # merged as they come: what all partitions sampled is never held at once
        rows[index] = record["rows"]
        for values in record["tallies"]:
            tally = Tally.from_json(values)
            tallies.setdefault(tally.name, tally.empty()).merge(tally)
        if workspace.on_part is not None:
            workspace.on_part(step, record)

    for index, piece in enumerate(dataset.pieces):
        done = _record_path(folder, index)
        if done.exists():
            take(index, json.loads(done.read_bytes()))
        else:
            waiting.append((index, piece))
    run_tasks(
        write,
        waiting,
        workspace.client,
        lambda position, record: take(waiting[position][0], record),
        prepare=lambda item: (item[0], on_worker(item[1], workspace.client)),
        keep_results=False,
    )
    order = [READER, *(name for name, _ in dataset.pending)]
    parts = _parts(folder, rows)
    if dataset.parts is not None:  # their cuts are in the new parts' text
        parts = replace(parts, settled=dataset.parts.all_cuts)
    return parts, [tallies[name] for name in order if name in tallies]


def _write_piece(
    item: tuple[int, Piece | pd.DataFrame], chain: Chain, *, strict: bool, folder: Path, first: bool
) -> dict[str, Any]:
    index, piece = item
    frame, tallies = run_piece(piece, chain, strict=strict)
    table = schema.to_table(frame)
    path = _part_path(folder, index)
    write_part(path, table)
    alive = pc.is_null(table.column(schema.DROPPED_BY))
    if first:
        tallies.insert(0, _reader_tally(table))
    record = {
        "rows": table.num_rows,
        "living": int(pc.sum(alive).as_py() or 0),
        "text_bytes": int(pc.sum(pc.binary_length(table.column(schema.TEXT))).as_py() or 0),
        "tallies": [tally.to_json() for tally in tallies],
    }
    with atomic_write(_record_path(folder, index)) as file:
        file.write(json.dumps(record).encode())
    return record


def _part_path(folder: Path, index: int) -> Path:
    return folder / f"part-{index:05d}.parquet"


def _record_path(folder: Path, index: int) -> Path:
    return folder / f"part-{index:05d}.json"


def _parts(folder: Path, rows: Sequence[int]) -> Parts:
    parts, first = [], 0
    for index, count in enumerate(rows):
        parts.append(Part(_part_path(folder, index), count, first))
        first += count
    return Parts(tuple(parts))


def _reader_tally(table: pa.Table) -> Tally:
    dropped = pc.fill_null(pc.equal(table.column(schema.DROPPED_BY), READER), False)
    tally = Tally(
        READER, READER, READER, n_in=table.num_rows, dropped=int(pc.sum(dropped).as_py() or 0)
    )
    for count in pc.value_counts(table.column(schema.REASON).filter(dropped)).to_pylist():
        tally.reasons[count["values"]] += count["counts"]
    kept = table.column(schema.TEXT).filter(pc.invert(dropped))
    tally.characters_in = int(pc.sum(pc.utf8_length(kept)).as_py() or 0)
    return tally
