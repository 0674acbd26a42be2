"""Writes a dataset's partitions to disk; a restart does not run finished partitions again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curator import schema
from curator.batch import Chain, Tally
from curator.cluster import run_tasks
from curator.dataset import DocumentDataset, Piece, run_piece
from curator.fingerprint import code_hash, fingerprint
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
    origin = fingerprint(dataset.origin, dataset.pending, code_hash(), workspace.strict)
    folder = workspace.folder / f"{step}-{origin}"
    folder.mkdir(parents=True, exist_ok=True)
    write = partial(
        _write_piece,
        chain=dataset.pending,
        strict=workspace.strict,
        folder=folder,
        first=dataset.parts is None,
    )
    records: list[dict[str, Any]] = [{}] * dataset.npartitions
    waiting = []
    for index, piece in enumerate(dataset.pieces):
        done = _record_path(folder, index)
        if done.exists():
            records[index] = json.loads(done.read_bytes())
            _report_part(workspace, step, records[index])
        else:
            waiting.append((index, piece))

    def on_done(position: int, record: dict[str, Any]) -> None:
        records[waiting[position][0]] = record
        _report_part(workspace, step, record)

    run_tasks(write, waiting, workspace.client, on_done)
    return _parts(folder, records), _merge_tallies(records)


def _write_piece(
    item: tuple[int, Piece], chain: Chain, *, strict: bool, folder: Path, first: bool
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


def _parts(folder: Path, records: Sequence[dict[str, Any]]) -> Parts:
    parts, row = [], 0
    for index, record in enumerate(records):
        parts.append(Part(_part_path(folder, index), record["rows"], row))
        row += record["rows"]
    return Parts(tuple(parts))


def _report_part(workspace: Workspace, step: str, record: dict[str, Any]) -> None:
    if workspace.on_part is not None:
        workspace.on_part(step, record)


def _reader_tally(table: pa.Table) -> Tally:
    dropped = pc.fill_null(pc.equal(table.column(schema.DROPPED_BY), READER), False)
    tally = Tally(
        READER, READER, READER, n_in=table.num_rows, dropped=int(pc.sum(dropped).as_py() or 0)
    )
    tally.reasons.update(table.column(schema.REASON).filter(dropped).to_pylist())
    kept = table.column(schema.TEXT).filter(pc.invert(dropped))
    tally.characters_in = int(pc.sum(pc.utf8_length(kept)).as_py() or 0)
    return tally


def _merge_tallies(records: Sequence[dict[str, Any]]) -> list[Tally]:
    merged: dict[str, Tally] = {}
    for record in records:
        for values in record["tallies"]:
            tally = Tally.from_json(values)
            if tally.name in merged:
                merged[tally.name].merge(tally)
            else:
                merged[tally.name] = tally
    return list(merged.values())
