"""An index of documents on disk: a later dump is deduplicated against it as if read together.

INDEX/index.json            parameters, segments, counts
INDEX/documents-00000.parquet   what is known of the documents of one run
INDEX/verdicts-00001.parquet    which documents of all runs are kept, after the last one
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from curator import schema
from curator.arrow_numpy import arrow_array, numpy_array, string, strings
from curator.dedup.copies.signing import (
    SKETCH_PLACES,
    Signing,
    key_arrays,
    signed_keys,
    signed_piece,
)
from curator.dedup.layout import runs_of
from curator.dedup.pieces import piece
from curator.dedup.repeated_ids import hashed_ids, ids_piece
from curator.deduplicate.reading import FUZZY, IDS
from curator.errors import ManifestError
from curator.io.atomic import atomic_write
from curator.io.parts import ROW, Part, parquet
from curator.kernels.fold import Keys
from curator.kernels.narrow import NarrowKeys, narrow, widen
from curator.later import pc

INDEX = "index.json"
FORMAT = "curator-dedup-index/3"
ROWS_PER_GROUP = 1 << 14
ROWS_AT_ONCE = 1 << 16
"""Documents of the index that are one part, at some 600 bytes and their key each."""
KEY, HASHES, QUALITY, BANDS, SKETCH, UNSPACED = (
    "key", "hashes", "quality", "bands", "sketch", "unspaced",
)  # fmt: skip
NAMES = (schema.ID, schema.FILE, schema.LINE)


class Segment(NamedTuple):
    """The documents that one run added."""

    file: str
    documents: int
    run: str
    """Identity of the run: the same run done again does not add its documents twice."""


@dataclass(frozen=True)
class Index:
    """An index folder as it is now."""

    folder: Path
    segments: tuple[Segment, ...]
    verdicts: str | None
    """File of the verdicts, one row a document in the order of the segments."""

    def before(self, run: str) -> Index:
        """Return the index without the documents that ``run``, if it was the last, added."""
        if self.segments and self.segments[-1].run == run:
            before = verdicts_name(len(self.segments) - 2) if len(self.segments) > 1 else None
            return replace(self, segments=self.segments[:-1], verdicts=before)
        return self


def verdicts_name(number: int) -> str:
    """Return the file of the verdicts after segment ``number``."""
    return f"verdicts-{number:05d}.parquet"


def open_index(folder: Path, parameters: dict[str, Any]) -> Index:
    """Return the index in ``folder``, an empty one where there is none.

    Raises ``ManifestError`` when it was built with other ``parameters``; both sets are named.
    """
    path = folder / INDEX
    if not path.exists():
        if folder.is_dir() and any(folder.iterdir()):
            raise ManifestError(
                f"{folder}: holds other files and no {INDEX}; name an empty folder or an index"
            )
        return Index(folder, (), None)
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise ManifestError(f"{path}: is not JSON ({error}); build the index again") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ManifestError(f"{path}: is not of format {FORMAT!r}; build the index again")
    if found["parameters"] != json.loads(json.dumps(parameters)):
        raise ManifestError(
            f"{folder}: the index was built with {_named(found['parameters'], parameters)}, this "
            f"run has {_named(parameters, found['parameters'])}; give it the same, or build another"
        )
    segments = tuple(Segment(*entry) for entry in found["segments"])
    return Index(folder, segments, found["verdicts"])


def _named(some: dict[str, Any], others: dict[str, Any]) -> str:
    """Return the parameters in which ``some`` differ from ``others``, then the rest."""
    names = sorted(some, key=lambda name: (some[name] == others.get(name), name))
    return ", ".join(f"{name}={json.dumps(some[name])}" for name in names)


@dataclass(frozen=True)
class IndexParts:
    """The documents of an index as parts; a row is a document. Offers what a stage reads."""

    index: Index
    parts: tuple[Part, ...]
    groups: tuple[tuple[int, ...], ...]
    """The row groups of its file that each part is."""

    def only(self, number: int) -> IndexParts:
        """Return a handle on one part; ordinals stay those of all."""
        return replace(self, parts=(self.parts[number],), groups=(self.groups[number],))

    def read(self, number: int, columns: Sequence[str]) -> pa.Table:
        """Return ``columns`` of one part."""
        with parquet().ParquetFile(self.parts[number].path) as file:
            return file.read_row_groups(list(self.groups[number]), list(columns))

    @property
    def total_rows(self) -> int:
        """Documents of all parts."""
        return sum(part.rows for part in self.parts)


def index_parts(index: Index) -> IndexParts:
    """Return the parts of an index: each some row groups of one segment."""
    parts, groups, first_row = [], [], 0
    for segment in index.segments:
        path = index.folder / segment.file
        if not path.is_file():
            raise ManifestError(f"{path}: the index lacks this file; build the index again")
        with parquet().ParquetFile(path) as file:
            rows = [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)]
        for start, stop in runs_of(np.array(rows, np.int64), ROWS_AT_ONCE):
            count = sum(rows[start:stop])
            parts.append(Part(path, count, first_row))
            groups.append(tuple(range(start, stop)))
            first_row += count
    return IndexParts(index, tuple(parts), tuple(groups))


def load_part(item: tuple[IndexParts, int], bands: int, work: Path) -> None:
    """Write the pieces of one part that reading and signing its texts would have written."""
    part, number = item
    signed = signed_piece(work / FUZZY, number)
    hashed = ids_piece(work / IDS, number)
    if signed.exists() and hashed.exists():
        return
    first = part.parts[0].first_row
    columns = [schema.ID, KEY, HASHES, QUALITY, BANDS, SKETCH, UNSPACED]
    table = part.read(0, columns).combine_chunks()
    rows = np.arange(table.num_rows) + first
    piece(hashed, lambda: hashed_ids(table.column(schema.ID), rows))
    is_signed = numpy_array(table.column(BANDS).is_valid())
    hashes = _numbers(table.column(HASHES), np.uint64, 2)
    quality = _numbers(table.column(QUALITY), np.uint32, 4)
    of_signed = table.filter(arrow_array(is_signed))
    sketches = of_signed.column(SKETCH)
    places = 0 if sketches.null_count == len(sketches) else SKETCH_PLACES
    arrays = {
        "rows": rows,
        "hashes": hashes,
        "quality": quality,
        "signed": rows[is_signed],
        "signed_hashes": hashes[is_signed],
        "signed_lengths": quality[is_signed, 1],
        "signed_unspaced": numpy_array(of_signed.column(UNSPACED)),
        "bands": _numbers(of_signed.column(BANDS), np.uint32, bands).T,
        "sketches": _numbers(sketches, np.uint8, places),
        **key_arrays([_keys(chunk) for chunk in of_signed.column(KEY).chunks]),
    }
    piece(signed, lambda: arrays)


def _keys(texts: pa.LargeStringArray) -> NarrowKeys:
    lengths = numpy_array(pc.utf8_length(texts))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
    joined = "".join(texts.to_pylist())
    codepoints = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
    nothing = np.zeros(0, np.int64)
    return narrow(Keys(offsets, codepoints, nothing, nothing), np.arange(len(texts)))


class SegmentPart(NamedTuple):
    """The documents of one part of an input, as they go into the index."""

    names: pa.Table
    """id, file and line of each document."""
    rows: np.ndarray
    """int64[n]: their ordinals, rising."""
    signed: dict[str, np.ndarray]
    """The piece of the part's signatures and keys; see ``sign_texts``."""


def write_segment(path: Path, parts: Iterable[SegmentPart]) -> int:
    """Write the documents of one run and return their number."""
    documents = 0
    with atomic_write(path) as file, contextlib.ExitStack() as open_files:
        writer = None
        for part in parts:
            table = part.names
            for name, column in _columns(part).items():
                table = table.append_column(name, column)
            documents += table.num_rows
            if writer is None:
                writer = parquet().ParquetWriter(file, table.schema, compression="zstd")
                open_files.enter_context(writer)
            writer.write_table(table, row_group_size=ROWS_PER_GROUP)
    return documents


def _columns(part: SegmentPart) -> dict[str, pa.Array]:
    found = part.signed
    here = np.searchsorted(found["rows"], part.rows)
    is_signed = np.isin(part.rows, found["signed"])
    places = np.searchsorted(found["signed"], part.rows[is_signed])
    take = np.zeros(len(part.rows), np.int64)
    take[is_signed] = np.arange(len(places))
    indices = arrow_array(take, ~is_signed)
    keys = widen(signed_keys(found), places)
    texts = keys.codepoints.tobytes().decode("utf-32-le")
    cut = [texts[start:end] for start, end in itertools.pairwise(keys.offsets.tolist())]
    sketches = found["sketches"][places]
    no_sketches = pa.nulls(len(places), pa.binary(SKETCH_PLACES))
    columns = {
        KEY: strings(cut),
        BANDS: _binary(found["bands"][:, places].T),
        SKETCH: _binary(sketches) if sketches.shape[1] else no_sketches,
        UNSPACED: arrow_array(found["signed_unspaced"][places].astype(np.bool_)),
    }
    return {
        HASHES: _binary(found["hashes"][here]),
        QUALITY: _binary(found["quality"][here]),
        **{name: column.take(indices) for name, column in columns.items()},
    }


def verdicts_of(rows: np.ndarray, marks: pa.Table) -> pa.Table:
    """Return the verdict columns of ``marks`` for each of ``rows`` (int64[n], rising), as texts."""
    marked = numpy_array(marks.column(ROW))
    places = np.searchsorted(marked, rows)
    inside = places < len(marked)
    inside[inside] = marked[places[inside]] == rows[inside]
    indices = arrow_array(np.where(inside, places, 0), ~inside)
    verdicts = pa.schema([(name, schema.STRING) for name in schema.VERDICT])
    return marks.select(schema.VERDICT).take(indices).cast(verdicts)


def changed(index: Index, parts: IndexParts, now: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield the documents of the index whose verdict is another than before, and what it is.

    ``replaced``: was kept and is dropped; ``restored``: the other way; ``moved``: is dropped for
    another document than before.
    """
    if index.verdicts is None:
        return
    before = parquet().read_table(index.folder / index.verdicts)
    dropped = [numpy_array(table.column(schema.DROPPED_BY).is_valid()) for table in (before, now)]
    n = len(dropped[0])
    kept_for = [
        table.column(schema.DUPLICATE_OF).slice(0, n).fill_null(string(""))
        for table in (before, now)
    ]
    other = numpy_array(pc.not_equal(*kept_for))
    was, gone = dropped[0], dropped[1][:n]
    kinds = np.select(
        [~was & gone, was & ~gone, was & gone & other], ["replaced", "restored", "moved"], ""
    )
    for number, part in enumerate(parts.parts):
        rows = part.first_row + np.flatnonzero(
            kinds[part.first_row : part.first_row + part.rows] != ""
        )
        if not len(rows):
            continue
        names = parts.read(number, NAMES).take(arrow_array(rows - part.first_row)).to_pylist()
        verdicts = now.take(arrow_array(rows)).to_pylist()
        for row, name, verdict in zip(rows.tolist(), names, verdicts, strict=True):
            yield {**name, "change": str(kinds[row]), **verdict}


def save_index(
    index: Index, parameters: dict[str, Any], segment: Segment, verdicts: pa.Table
) -> Index:
    """Record one more segment, already written, and the verdicts on the documents of all.

    ``index.json`` is replaced last, so a reader sees the index before or after, and a killed run
    leaves files that nobody names, which the next one removes. The verdicts before stay, too: a
    run that is killed here says at its next start what it changed.
    """
    name = verdicts_name(len(index.segments))
    with atomic_write(index.folder / name) as file:
        parquet().write_table(verdicts, file, compression="zstd")
    result = Index(index.folder, (*index.segments, segment), name)
    content = {
        "format": FORMAT,
        "parameters": parameters,
        "documents": sum(one.documents for one in result.segments),
        "kept": int(verdicts.column(schema.DROPPED_BY).null_count),
        "segments": [list(one) for one in result.segments],
        "verdicts": name,
    }
    with atomic_write(index.folder / INDEX) as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n")
    named = {INDEX, name, index.verdicts, *(one.file for one in result.segments)}
    for path in sorted(index.folder.glob("*-[0-9]*.parquet")):
        if path.name not in named:
            path.unlink()
    return result


def parameters_of(signing: Signing, rule: dict[str, Any]) -> dict[str, Any]:
    """Return what must be the same for documents to be comparable: signatures and rule."""
    return {**signing._asdict(), "characters": list(signing.characters), **rule}


def _binary(array: np.ndarray) -> pa.Array:
    """Return each row of numbers as its bytes."""
    rows = np.ascontiguousarray(array)
    width = rows.shape[1] * rows.itemsize
    return pa.Array.from_buffers(
        pa.binary(width), len(rows), [None, pa.py_buffer(rows.reshape(-1).view(np.uint8).data)]
    )


def _numbers(column: pa.ChunkedArray, dtype: Any, width: int) -> np.ndarray:
    """Return the rows of numbers that ``_binary`` made bytes of."""
    if not len(column) or not width:
        return np.zeros((len(column), width), dtype)
    array = column.combine_chunks()
    start = array.offset * array.type.byte_width
    data = np.frombuffer(array.buffers()[1], np.uint8)[
        start : start + len(array) * array.type.byte_width
    ]
    return data.view(dtype).reshape(len(array), width)
