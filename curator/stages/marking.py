"""Lays the marks of a global stage over a dataset; a restart finds what was finished."""

from __future__ import annotations

import itertools
import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curator import schema
from curator.batch import Tally
from curator.cluster import run_tasks
from curator.dataset import DocumentDataset
from curator.errors import DataError, named
from curator.fingerprint import code_hash, fingerprint, versions
from curator.io.atomic import atomic_write
from curator.io.cuts import CutLayer
from curator.io.parts import ROW, Parts, read_marks, write_marks
from curator.stages.base import require_columns
from curator.stages.checkpoint import materialise
from curator.stages.judgement import CUTS, Judgement, JudgingStage
from curator.stages.workspace import Workspace, temporary_workspace

__all__ = ["mark_dataset", "temporary_workspace"]

CUTS_NOTE = "cuts.json"
"""In a stage's work folder: what is counted of its cuts."""


def mark_dataset(
    stage: JudgingStage, dataset: DocumentDataset, workspace: Workspace
) -> DocumentDataset:
    """Checkpoint a dataset, let a global stage mark it, and return it with the marks laid over."""
    name = dataset.free_name(stage.label)
    require_columns(
        stage.columns_needed(), dataset.columns_known, name, "; add the stage AddId before it"
    )
    step = f"{len(dataset.names):02d}"
    parts, tallies = materialise(dataset, workspace, step)
    if workspace.on_step is not None:
        workspace.on_step(tallies)
    origin = fingerprint(
        dataset.origin, dataset.pending, stage, name, code_hash(), versions(), workspace.strict
    )
    work = workspace.folder / f"{step}-{_file_name(name)}-{origin}"
    path = work / "marks.arrow"
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        with named(name):
            judgement = stage.judge(parts, name, work, workspace.client)
        _note_cuts(work, judgement)
        write_marks(path, _named(judgement.marks, name))
        shutil.rmtree(work / "pieces", ignore_errors=True)
    marked = parts.with_marks(path)
    cuts, noted = _noted_cuts(work, name)
    if cuts is not None:
        marked = marked.with_cuts(cuts)
    if workspace.on_step is not None:
        tally = _global_tally(stage, name, parts, path, workspace.client)
        if noted is not None:
            tally.merge(noted)
        workspace.on_step([tally])
    return DocumentDataset.from_parts(marked, f"marked:{origin}", (*dataset.names, name))


def _note_cuts(work: Path, judgement: Judgement) -> None:
    """Note beside the marks, and before them, what a restart needs to know of the cuts."""
    if judgement.cuts is None or judgement.tally is None:
        return
    with atomic_write(work / CUTS_NOTE) as file:
        note = {"column": judgement.cuts.column, "tally": judgement.tally.to_json()}
        file.write(json.dumps(note, ensure_ascii=False).encode())


def _noted_cuts(work: Path, name: str) -> tuple[CutLayer | None, Tally | None]:
    if not (work / CUTS_NOTE).exists():
        return None, None
    note = json.loads((work / CUTS_NOTE).read_bytes())
    return CutLayer(work / CUTS, name, note["column"]), Tally.from_json(note["tally"])


def _file_name(name: str) -> str:
    """Return a name a person gave as part of a file name: no separators, not too long."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)[:40]


def _named(marks: pa.Table, name: str) -> pa.Table:
    """Put the stage's unique name where the stage wrote its own."""
    valid = pc.is_valid(marks.column(schema.DROPPED_BY))
    nothing = pa.scalar(None, schema.STRING)
    names = pc.if_else(valid, pa.scalar(name, schema.STRING), nothing)
    index = marks.column_names.index(schema.DROPPED_BY)
    return marks.set_column(index, pa.field(schema.DROPPED_BY, schema.STRING), names)


def _global_tally(
    stage: JudgingStage, name: str, parts: Parts, path: Path, client: Any | None
) -> Tally:
    marks = read_marks(path)
    dropped = marks.filter(pc.is_valid(marks.column(schema.DROPPED_BY)))
    rows = dropped.column(ROW).to_numpy()
    starts = np.searchsorted(rows, [part.first_row for part in parts.parts] + [parts.total_rows])
    items = [
        (parts.only(i), rows[start:stop])
        for i, (start, stop) in enumerate(itertools.pairwise(starts.tolist()))
    ]
    living = run_tasks(partial(_count_living, name=name), items, client)
    tally = Tally(name, type(stage).__name__, "global", n_in=sum(living), dropped=dropped.num_rows)
    for count in pc.value_counts(dropped.column(schema.REASON)).to_pylist():
        tally.reasons[count["values"]] += count["counts"]
    return tally


def _count_living(item: tuple[Parts, np.ndarray], name: str) -> int:
    """Return how many rows of a part lived before the stage; it may have dropped only those."""
    part, rows = item
    alive = pc.is_null(part.read(0, [schema.DROPPED_BY]).column(schema.DROPPED_BY)).to_numpy()
    if not alive[rows - part.parts[0].first_row].all():
        raise DataError(f"{name}: marked a row that an earlier stage had dropped")
    return int(alive.sum())
