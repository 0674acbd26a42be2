"""Deduplicates JSON lines as they are: kept lines are copied byte for byte, the others accounted.

What a recipe with ``FuzzyDuplicates`` alone would do, without reading every field of every line:
the text is parsed once, signed, and never written; of the pairs found the texts are read again.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import operator
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curator import __version__, manifest, schema
from curator.arrow_numpy import arrow_array, numpy_array, string
from curator.batch import Tally
from curator.cluster import begun, get_threads, run_tasks
from curator.dedup.copies.signing import signed_piece
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.dedup.pieces import joined, read_arrays
from curator.dedup.repeated_ids import RepeatedIds
from curator.dedup.verdicts import to_marks
from curator.deduplicate.index import (
    NAMES,
    Index,
    Segment,
    SegmentPart,
    changed,
    index_parts,
    load_part,
    open_index,
    parameters_of,
    save_index,
    verdicts_of,
    write_segment,
)
from curator.deduplicate.reading import FUZZY, IDS, lines_piece, read_part
from curator.deduplicate.union import IndexAndLines
from curator.deduplicate.verdict import Verdict, load_verdict, save_verdict
from curator.deduplicate.writing import NAME, remove_others, write_shards
from curator.errors import RecipeError
from curator.fingerprint import code_hash, fingerprint, versions
from curator.io.atomic import atomic_write
from curator.io.jsonl import JsonlReader
from curator.io.line_parts import line_parts
from curator.io.parts import MARKS_SCHEMA, ROW
from curator.io.shards import ShardRecord
from curator.kernels.rooms import give_memory_back
from curator.later import pc
from curator.run_entries import check_conservation, stage_entry
from curator.run_folder import check_apart, check_unchanged, describe_input, exclusive

__all__ = ["CHANGES", "DedupOptions", "deduplicate"]

BLOCK_SIZE = 16 << 20
TARGET_BYTES = 128 << 20
IDS_STAGE = "RepeatedIds"
VERDICT = "verdict"
"""Folder of work: see ``save_verdict``."""
CHANGES = "index_changes.jsonl"
"""Documents of the index whose verdict the new ones changed."""


@dataclass(frozen=True)
class DedupOptions:
    """How JSON lines are deduplicated; workers and blocks leave the result as it is."""

    n_workers: int = 1
    """Threads."""
    block_size: int = BLOCK_SIZE
    """Bytes of input a task holds."""
    target_bytes: int = TARGET_BYTES
    """A new shard begins when the lines in the current one pass this many bytes."""
    against: Path | None = None
    """Folder of an index to deduplicate against, made where there is none; the documents of this
    input are added to it."""
    frozen: bool = False
    """Leave the index as it is."""


def deduplicate(
    reader: JsonlReader,
    output: Path,
    stage: FuzzyDuplicates,
    options: DedupOptions | None = None,
) -> dict[str, Any]:
    """Deduplicate the files of ``reader`` into the run folder ``output``; return its manifest.

    Lines that stay are copied to ``shards/`` byte for byte (without ``\\r`` and byte order mark);
    the others are in ``dropped/`` with stage, reason and value. With an index the result is that of
    one run over its documents and these; ``index_changes.jsonl`` names the documents of the index
    that are now dropped, kept again, or dropped for another one. A killed run continues where
    it was. Memory: a block for each worker, and what ``docs/scaling.md`` says of each step. Raises
    ``CuratorError``.
    """
    options = options or DedupOptions()
    if stage.prefer is not None:
        raise RecipeError(
            f"prefer={stage.prefer!r}: only a recipe reads other columns; leave it out"
        )
    files = reader.files()
    check_apart(reader, files, output)
    with (
        exclusive(output),
        get_threads(options.n_workers) as threads,
        begun(describe_input, files, threads) as inputs,
    ):
        # An index knows runs by what they read; without one, files are hashed while they are read.
        known = inputs() if options.against is not None else [asdict(file) for file in files]
        identity = fingerprint(known, reader, stage, options.block_size, code_hash(), versions())
        run = _Run(reader, stage, output, options, identity, threads)
        verdict = run.verdict()
        described = inputs()
        check_unchanged(files, reader)
        return run.write(verdict, described)


def _make_ready(stage: FuzzyDuplicates) -> None:
    """Load what ``stage`` needs after the last line is read, beside the reading."""
    from curator.dedup.copies.finding import make_ready

    if stage.jaccard is None:
        make_ready()


class _Run:
    """One deduplication, step by step."""

    def __init__(
        self,
        reader: JsonlReader,
        stage: FuzzyDuplicates,
        output: Path,
        options: DedupOptions,
        identity: str,
        threads: Any | None,
    ) -> None:
        self.reader, self.stage, self.output, self.options = reader, stage, output, options
        self.identity, self.threads = identity, threads
        self.ids = RepeatedIds(name=IDS_STAGE)
        rule = {"aligned": stage.aligned, "jaccard": stage.jaccard}
        self.parameters = parameters_of(stage.signing, rule)
        index = Index(Path(), (), None)
        if options.against is not None:
            index = open_index(options.against, self.parameters)
        self.index = index.before(identity)
        known = index_parts(self.index)
        origin = fingerprint(identity, [list(segment) for segment in self.index.segments])
        self.work = output / manifest.WORK / f"dedup-{origin}"
        self.work.mkdir(parents=True, exist_ok=True)
        first_row = sum(part.rows for part in known.parts)
        run = partial(run_tasks, client=threads)
        first = (len(known.parts), first_row)
        lines = line_parts(reader, options.block_size, self.work, run, first)
        self.parts = IndexAndLines(known, lines)
        self.first_row, self.lines = first_row, lines

    def verdict(self) -> Verdict:
        """Read all lines and find what repeats among them.

        What was found is kept for a restart, and not what it was found with, which is as large as
        the input and more. What an index takes over from the pieces is needed to the end.
        """
        saved, needed = self.work / VERDICT, self._lines_pieces()
        needed += [self.lines.ids_path(i) for i in range(len(needed))]
        known = load_verdict(saved) if all(path.exists() for path in needed) else None
        if known is None:
            self._read()
            known = self._find()
            if self.options.against is None:
                save_verdict(saved, known)
        return known

    def _lines_pieces(self) -> list[Path]:
        return [lines_piece(self.work, index) for index in range(len(self.lines.parts))]

    def _forget(self) -> None:
        """Delete the pieces of which nothing is needed any more.

        The system then writes the shards where these were: 400,000 documents took a tenth less.
        """
        for name in (IDS, FUZZY):
            shutil.rmtree(self.work / name, ignore_errors=True)

    def _read(self) -> None:
        """Read and sign every line once."""
        parts, stage = self.parts, self.stage
        for folder, step in ((IDS, self.ids), (FUZZY, stage)):
            step.open(parts, self.work / folder)
        known = [(parts.index.only(i), i) for i in range(len(parts.index.parts))]
        load = partial(load_part, bands=stage.signing.bands, work=self.work)
        run_tasks(load, known, self.threads)
        items = [(self.lines.only(index), index) for index in range(len(self.lines.parts))]
        with begun(_make_ready, [stage], self.threads):
            run_tasks(partial(read_part, stage=stage, work=self.work), items, self.threads)
        give_memory_back()

    def _find(self) -> Verdict:
        """Find what repeats among the lines that were read."""
        parts, stage, ids = self.parts, self.stage, self.ids
        repeated = ids.mark(parts, self.work / IDS, self.threads)
        absent = numpy_array(repeated.column(ROW))
        found = stage.duplicates(parts, self.work / FUZZY, self.threads, absent)
        like = {"rows": np.zeros(0, np.int64)}
        paths = [signed_piece(self.work / FUZZY, i) for i in range(len(parts.parts))]
        return Verdict(repeated, found, joined(paths, like)["rows"])

    def _marks(self, verdict: Verdict) -> pa.Table:
        """Return ``MARKS_SCHEMA``, what repeats in dictionaries: dropped documents and those kept
        for them, by row."""
        marks = to_marks(self.parts, self.stage.label, verdict.copies)
        if not verdict.repeated.num_rows:
            return marks
        both = [table.cast(MARKS_SCHEMA) for table in (verdict.repeated, marks)]
        return pa.concat_tables(both).sort_by(ROW)

    def write(self, verdict: Verdict, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        """Write shards, ledger, changes and manifest, then extend the index."""
        # The ledger names the marks; shards are written meanwhile, which need nothing of them.
        tasks: list[Callable[[], Any]] = [partial(self._marks, verdict)]
        if self.options.against is None:
            tasks.append(self._forget)
        with begun(operator.call, tasks, self.threads) as made:
            result = self._write(verdict, lambda: made()[0], inputs)
        if self.options.against is not None:
            self._forget()
        return result

    def _write(
        self, verdict: Verdict, marks: Callable[[], pa.Table], inputs: list[dict[str, Any]]
    ) -> dict[str, Any]:
        kept = np.zeros(self.lines.total_rows, np.bool_)
        kept[verdict.living[verdict.living >= self.first_row] - self.first_row] = True
        for dropped in (numpy_array(verdict.repeated.column(ROW)), verdict.copies.rows):
            kept[dropped[dropped >= self.first_row] - self.first_row] = False
        shards, ledger = write_shards(
            self.output,
            self.lines,
            kept,
            marks,
            self.options.target_bytes,
            self.work,
            self.threads,
        )
        remove_others(self.output, [*shards, *ledger])
        result = {
            **_manifest(self.reader, self.stage, inputs),
            "counts": self._counts(verdict.living, marks(), int(kept.sum()), shards),
            "shards": [asdict(record) for record in shards],
            "ledger": [asdict(record) for record in ledger],
        }
        check_conservation(result)
        if self.options.against is not None:
            self._extend(verdict.living, marks())
        with atomic_write(self.output / manifest.MANIFEST) as file:
            file.write(json.dumps(result, ensure_ascii=False, indent=1).encode() + b"\n")
        return result

    def _counts(
        self, living: np.ndarray, marks: pa.Table, kept: int, shards: Sequence[ShardRecord]
    ) -> dict[str, Any]:
        lines = [read_arrays(path) for path in self._lines_pieces()]
        n_in = sum(int(found["rows"][0]) for found in lines)
        documents = int((living >= self.first_row).sum())
        tallies = [
            Tally("reader", "JsonlReader", "reader", n_in=n_in, dropped=n_in - documents),
            Tally(IDS_STAGE, "RepeatedIds", "global"),
            Tally(self.stage.label, "FuzzyDuplicates", "global"),
        ]
        for found in lines:
            tallies[0].reasons.update(json.loads(found["flaws"].tobytes()))
        here = numpy_array(marks.column(ROW)) >= self.first_row
        marks = marks.select([schema.DROPPED_BY, schema.REASON]).filter(arrow_array(here))
        marks = marks.cast(pa.schema([(name, schema.STRING) for name in marks.column_names]))
        for before, tally in itertools.pairwise(tallies):
            tally.n_in = before.n_in - before.dropped
            mine = marks.filter(pc.equal(marks.column(schema.DROPPED_BY), string(tally.name)))
            tally.dropped = mine.num_rows
            for count in pc.value_counts(mine.column(schema.REASON)).to_pylist():
                tally.reasons[count["values"]] += count["counts"]
        return {
            "documents_in": n_in,
            "kept": kept,
            "dropped": n_in - kept,
            "characters_in": sum(int(found["characters"].sum()) for found in lines),
            "characters_kept": sum(record.characters for record in shards),
            "cuts": 0,
            "characters_cut": 0,
            "stages": [stage_entry(tally) for tally in tallies],
        }

    def _extend(self, living: np.ndarray, marks: pa.Table) -> None:
        """Say what changed for the documents of the index, and add these documents to it."""
        dropped_by = marks.column(schema.DROPPED_BY).cast(schema.STRING)
        absent = marks.filter(pc.equal(dropped_by, string(IDS_STAGE)))
        living = np.setdiff1d(living, numpy_array(absent.column(ROW)))
        now = verdicts_of(living, marks)
        changes = changed(self.index, self.parts.index, now)
        with atomic_write(self.output / CHANGES) as file:
            for row in changes:
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        if self.options.frozen or not len(living) or living[-1] < self.first_row:
            return  # nothing to add
        self.index.folder.mkdir(parents=True, exist_ok=True)
        name = f"documents-{len(self.index.segments):05d}.parquet"
        documents = write_segment(self.index.folder / name, self._documents(living))
        save_index(self.index, self.parameters, Segment(name, documents, self.identity), now)

    def _documents(self, living: np.ndarray) -> Iterator[SegmentPart]:
        """Yield what the index holds of the living documents of the input, part by part."""
        for index, number in enumerate(self.lines.numbers):
            table = self.lines.texts(index)
            ordinals = self.lines.ordinals(index, table)
            present = np.isin(ordinals, living)
            table, ordinals = table.filter(arrow_array(present)), ordinals[present]
            found = read_arrays(signed_piece(self.work / FUZZY, number))
            yield SegmentPart(table.select(NAMES), ordinals, found)


def _manifest(
    reader: JsonlReader, stage: FuzzyDuplicates, inputs: list[dict[str, Any]]
) -> dict[str, Any]:
    given = reader.input if isinstance(reader.input, str) else list(reader.input)
    recipe = {
        "input": {"JsonlReader": {**asdict(reader), "input": given}},
        "stages": [{"FuzzyDuplicates": asdict(stage)}],
    }
    return {
        "format": manifest.FORMAT,
        "name": NAME,
        "language": None,
        "seed": stage.seed,
        "code_version": f"{__version__}+{code_hash()}",
        "versions": versions(),
        "recipe": recipe,
        "recipe_sha256": hashlib.sha256(json.dumps(recipe).encode()).hexdigest(),
        "inputs": inputs,
        "cuts": [],
        **dict.fromkeys(("vocabulary", "tokenizer", "tokens")),
    }
