"""A global stage that cuts text out of documents: what it proposes becomes cuts and verdicts."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from curator import schema
from curator.batch import SAMPLES_PER_STAGE, Tally, sample_keys
from curator.cluster import run_tasks
from curator.dedup.pieces import read_arrays
from curator.dedup.verdicts import row_ids
from curator.errors import CuratorError, RecipeError
from curator.io.atomic import atomic_write
from curator.io.cuts import CUTS_SCHEMA, END, START, CutLayer, cut_texts, write_cuts
from curator.io.parts import MARKS_SCHEMA, ROW, Parts, read_marks, write_marks
from curator.kernels import spans
from curator.stages.global_stage import GlobalStageBase
from curator.stages.judgement import CUTS, Judgement
from curator.stages.modify import SAMPLE_CHARACTERS

NOTHING_LEFT = "nothing_left"
"""Reason of a document of which only white space would be left: it is dropped as it was, whole."""
NOBODY = -1
"""In place of the ordinal of a kept row, where the stretch stays in no document."""
NO_CUTS: dict[str, np.ndarray] = {
    name: np.zeros(0, np.int64) for name in ("rows", "starts", "ends", "kept", "values")
}
"""A part's proposals: ordinal of the row, code points ``[starts, ends)`` to cut out of its text,
the row that keeps the stretch or ``NOBODY``, and a number for the ledger."""


class CuttingStageBase(GlobalStageBase):
    """A global stage that cuts stretches out of documents, and says which and why.

    What is cut goes to a ledger of its own, with the text that stood there. A document of which
    nothing but white space would be left is dropped instead, whole, with the reason
    ``nothing_left`` and the number of its characters that would have gone as value.
    """

    reason = "cut"
    """Reason of every cut in the ledger."""

    def propose(self, parts: Parts, work: Path, client: Any | None) -> list[Path]:
        """Write what to cut as pieces with the arrays of ``NO_CUTS``, one for every part.

        Only living rows, rising by row and place; the spans of a row do not overlap.
        """
        raise NotImplementedError(f"{type(self).__name__} has no propose; define propose(...)")

    def mark(self, parts: Parts, work: Path, client: Any | None) -> pa.Table:
        """Return no marks: what is dropped follows from the cuts."""
        return MARKS_SCHEMA.empty_table()

    def judge(self, parts: Parts, name: str, work: Path, client: Any | None) -> Judgement:
        """Return the cuts, their tally, and marks for the documents of which nothing is left."""
        column = getattr(self, "text_field", schema.TEXT)
        kind = parts.empty_table().schema.field(column).type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            raise RecipeError(f"{name}: column {column!r} is {kind}; only text can be cut")
        pieces = self.propose(parts, work / "pieces", client)
        layer = CutLayer(work / CUTS, name, column)
        layer.folder.mkdir(exist_ok=True)
        ids = work / "kept-ids.arrow"
        _write_kept_ids(ids, parts, pieces)
        task = partial(_cut_part, layer=layer, reason=self.reason, ids=ids)
        items = [(parts.only(index), path) for index, path in enumerate(pieces)]
        tally = Tally(name, type(self).__name__, "global")
        for values in run_tasks(task, items, client):
            tally.merge(Tally.from_json(values))
        paths = [_emptied_path(layer, part.path) for part in parts.parts]
        emptied = [read_marks(path) for path in paths if path.exists()]
        return Judgement(pa.concat_tables([MARKS_SCHEMA.empty_table(), *emptied]), layer, tally)


def _emptied_path(layer: CutLayer, part: Path) -> Path:
    return layer.folder / f"{part.stem}.emptied"


def _write_kept_ids(path: Path, parts: Parts, pieces: list[Path]) -> None:
    """Write the ids of all rows that keep something: 8 bytes and an id for each of them."""
    if path.exists():
        return
    rows = np.zeros(0, np.int64)
    for piece in pieces:
        rows = np.union1d(rows, read_arrays(piece)["kept"])
    rows = rows[rows != NOBODY]
    table = pa.table({ROW: pa.array(rows), schema.ID: row_ids(parts, rows)})
    with atomic_write(path) as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def _kept_ids(path: Path, kept: np.ndarray) -> pa.Array:
    """Return the id of each row of ``kept``, null for ``NOBODY``."""
    if (kept == NOBODY).all():
        return pa.nulls(len(kept), schema.STRING)
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    places = np.searchsorted(table.column(ROW).to_numpy(), kept)
    return schema.string_array(table.column(schema.ID)).take(pa.array(places, mask=kept == NOBODY))


class _Cuts(NamedTuple):
    """The cuts of one part, as far as they are arithmetic."""

    documents: np.ndarray
    """int64[n]: position of the row in the part."""
    first: np.ndarray
    last: np.ndarray
    left: pa.LargeStringArray
    """Texts of all rows without the cuts."""
    emptied: np.ndarray
    """Positions of the rows of which nothing is left, rising."""


def _cut_part(item: tuple[Parts, Path], layer: CutLayer, reason: str, ids: Path) -> dict[str, Any]:
    """Write the cuts of one part and the marks of its emptied rows; return its tally."""
    part, piece = item
    path = part.parts[0].path
    record = layer.folder / f"{path.stem}.json"
    if record.exists():
        done: dict[str, Any] = json.loads(record.read_bytes())
        return done
    proposed = read_arrays(piece)
    tally = Tally(layer.stage, "", "global")
    if len(proposed["rows"]):
        table = part.read(0, [schema.ID, layer.column, schema.DROPPED_BY])
        texts = schema.string_array(table.column(layer.column))
        cuts = _locate(part, proposed, texts, table.column(schema.DROPPED_BY), layer.stage)
        written = _table_of(proposed, cuts, texts, reason, _kept_ids(ids, proposed["kept"]))
        gone = np.isin(cuts.documents, cuts.emptied)
        if len(cuts.emptied):
            write_marks(_emptied_path(layer, path), _marks(written.filter(gone), layer.stage))
        written = written.filter(~gone)
        if written.num_rows:
            write_cuts(layer.path(path), written)
        _count(tally, written, cuts, texts, table.column(schema.ID))
    values = tally.to_json()
    with atomic_write(record) as file:
        file.write(json.dumps(values, ensure_ascii=False).encode())
    return values


def _locate(
    part: Parts,
    proposed: dict[str, np.ndarray],
    texts: pa.LargeStringArray,
    dropped_by: pa.ChunkedArray,
    name: str,
) -> _Cuts:
    documents = proposed["rows"] - part.parts[0].first_row
    if pc.any(dropped_by.take(pa.array(documents)).is_valid()).as_py():
        raise CuratorError(f"{name}: cut a row that an earlier stage had dropped")
    buffers = schema.text_buffers(texts)
    try:
        first, last = spans.byte_spans(buffers, documents, proposed["starts"], proposed["ends"])
    except ValueError as error:
        raise CuratorError(f"{name}: cannot cut {error}") from error
    left = cut_texts(texts, documents, first, last)
    changed = np.unique(documents)
    trimmed = pc.utf8_trim_whitespace(left.take(pa.array(changed)))
    return _Cuts(documents, first, last, left, changed[pc.equal(trimmed, "").to_numpy(False)])


def _table_of(
    proposed: dict[str, np.ndarray],
    cuts: _Cuts,
    texts: pa.LargeStringArray,
    reason: str,
    kept_ids: pa.Array,
) -> pa.Table:
    buffers = schema.text_buffers(texts)
    begin = buffers.offsets[cuts.documents]
    gone = spans.gather(buffers.data, begin + cuts.first, begin + cuts.last)
    size = len(cuts.documents)
    columns = (
        *(proposed[name] for name in ("rows", "starts", "ends")),
        cuts.first,
        cuts.last,
        schema.text_array(gone),
        pa.repeat(pa.scalar(reason, schema.STRING), size),
        pa.array(proposed["values"]).cast(schema.STRING),
        kept_ids,
    )
    return pa.table(dict(zip(CUTS_SCHEMA.names, map(pa.array, columns), strict=True)))


def _marks(cuts: pa.Table, name: str) -> pa.Table:
    """Return a mark for every row of ``cuts``: all that would have been left is white space."""
    rows, starts = np.unique(cuts.column(ROW).to_numpy(), return_index=True)
    characters = np.add.reduceat(_lengths(cuts), starts)
    columns = {
        ROW: pa.array(rows),
        schema.DROPPED_BY: pa.repeat(pa.scalar(name, schema.STRING), len(rows)),
        schema.REASON: pa.repeat(pa.scalar(NOTHING_LEFT, schema.STRING), len(rows)),
        schema.VALUE: pa.array(characters).cast(schema.STRING),
        schema.DUPLICATE_OF: cuts.column(schema.DUPLICATE_OF).take(pa.array(starts)),
        schema.CLUSTER_ID: pa.nulls(len(rows), schema.STRING),
    }
    return pa.table({column: columns[column] for column in MARKS_SCHEMA.names})


def _lengths(cuts: pa.Table) -> np.ndarray:
    return cuts.column(END).to_numpy() - cuts.column(START).to_numpy()


def _count(
    tally: Tally,
    written: pa.Table,
    cuts: _Cuts,
    texts: pa.LargeStringArray,
    ids: pa.ChunkedArray,
) -> None:
    """Count documents and characters, and take samples by a hash of the id."""
    reasons = pc.value_counts(written.column(schema.REASON)).to_pylist()
    tally.cuts = Counter({found["values"]: found["counts"] for found in reasons})
    tally.characters_cut = int(_lengths(written).sum())
    changed, firsts = np.unique(cuts.documents, return_index=True)
    stays = ~np.isin(changed, cuts.emptied)
    changed, firsts = changed[stays], firsts[stays]
    tally.changed = len(changed)
    names = ids.take(pa.array(changed)).to_pylist()
    keys = sample_keys(names, tally.name)
    last = np.sort(keys)[:SAMPLES_PER_STAGE][-1:]
    for i in np.flatnonzero(keys <= last).tolist() if len(last) else []:
        document = int(changed[i])
        before, after = texts[document].as_py(), cuts.left[document].as_py()
        at = len(before.encode()[: cuts.first[firsts[i]]].decode())
        window = slice(max(0, at - SAMPLE_CHARACTERS // 4), None)
        shown = (before[window][:SAMPLE_CHARACTERS], after[window][:SAMPLE_CHARACTERS])
        tally.samples.append((int(keys[i]), names[i] or "", *shown))
    tally.samples = sorted(tally.samples)[:SAMPLES_PER_STAGE]
