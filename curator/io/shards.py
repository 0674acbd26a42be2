"""Shards: the jsonl files a run leaves behind, written byte for byte the same every time."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
import pyarrow as pa
import zstandard

from curator import schema
from curator.errors import DataError, RecipeError, nearest, shorten
from curator.io.atomic import atomic_write
from curator.io.blocks import WHOLE_STREAM, Block, read_pieces
from curator.io.rows import dump_json, load_object
from curator.io.unpack import compression
from curator.later import pc

GZIP_LEVEL = 6
ZSTD_LEVEL = 3

BATCH_BYTES = 8 << 20
"""Bytes of a shard that are Python objects at a time while it is read."""

STEP_ROWS, STEP_BYTES = 512, 1 << 20
"""Rows encoded at a time at most, and their bytes. Small, so that memory is used again while it is
in the cache: with 8,192 rows the same work takes three times as long."""


@dataclass(frozen=True)
class ShardRecord:
    """What the manifest says of one shard."""

    path: str
    """As given to ``write_shard``."""
    documents: int
    bytes: int
    """Size of the file."""
    characters: int
    """Code points of all texts."""
    sha256: str
    """Of the file."""


def write_shard(
    path: str | os.PathLike[str],
    tables: Iterable[pa.Table],
    columns: Sequence[str],
    compression: str | None = None,
) -> ShardRecord:
    """Write the rows of ``tables`` as one JSON object a line, and return what was written.

    Every object has the fields ``columns`` in their order, null where the row has none, and then
    the fields of ``extra``: one whose name is a null metadata field takes its place (its value
    did not fit the column); one that would overwrite a field is put into an object ``extra``.
    ``compression`` is ``None``, ``"gz"`` or ``"zst"``. Tables are taken one at a time, so memory
    is one of them; no tables give an empty file. The file is whole or absent.

    Raises ``DataError`` when a table lacks a column, ``RecipeError`` for an unknown compression
    and ``ResourceError`` when the disk refuses.
    """
    if compression not in PACKERS:
        known = (name for name in PACKERS if name)
        raise RecipeError(f"no shard compression {compression!r}{nearest(str(compression), known)}")
    documents = characters = 0
    with atomic_write(path) as stream:
        hashed = _HashedStream(stream)
        with PACKERS[compression](hashed) as out:
            for table in tables:
                for lines in encoded(table, columns):
                    out.write(lines)
                documents += table.num_rows
                characters += pc.sum(pc.utf8_length(table.column(schema.TEXT))).as_py() or 0
    return ShardRecord(
        os.fspath(path), documents, hashed.bytes, characters, hashed.sha256.hexdigest()
    )


def plan_shards(
    row_bytes: Sequence[np.ndarray], target_bytes: int
) -> list[list[tuple[int, int, int]]]:
    """Cut rows into shards of about ``target_bytes`` of text, without looking at parts.

    ``row_bytes`` holds for every part the bytes of text of its rows (integers[n]). A row belongs
    to the shard in whose span of ``target_bytes`` its first byte lies, so the same rows in other
    parts are cut at the same places, and a shard is larger than the target by less than a row.
    Returns for every shard its stretches ``(part, start_row, stop_row)``; no rows give no shards.
    """
    if target_bytes < 1:
        raise RecipeError(f"target_bytes is {target_bytes}; give a number of bytes above 0")
    shards: list[list[tuple[int, int, int]]] = []
    before, current = 0, -1
    for part, sizes in enumerate(row_bytes):
        if len(sizes) == 0:
            continue
        ends = np.cumsum(sizes, dtype=np.int64) + before
        spans = (ends - sizes) // target_bytes
        cuts = [0, *(np.flatnonzero(np.diff(spans)) + 1).tolist(), len(spans)]
        for start, stop in itertools.pairwise(cuts):
            if spans[start] != current:
                shards.append([])
                current = int(spans[start])
            shards[-1].append((part, start, stop))
        before = int(ends[-1])
    return shards


def shard_batches(
    path: str | os.PathLike[str], batch_bytes: int = BATCH_BYTES
) -> Iterator[tuple[list[str], list[str]]]:
    """Yield ids and texts of a shard, plain or packed, about ``batch_bytes`` of the file at a time.

    An empty shard yields nothing. Raises ``DataError`` naming file and line for anything that
    ``write_shard`` does not write.
    """
    name = os.fspath(path)
    size = WHOLE_STREAM if compression(name) else Path(name).stat().st_size
    ids: list[str] = []
    texts: list[str] = []
    taken = 0
    for piece in read_pieces(Block(name, name, 0, size, 1)) if size else ():
        if piece.damage:
            raise DataError(f"{name}: {piece.damage.what}")
        for number, line in enumerate(piece.data.split(b"\n"), piece.first_line):
            if line:
                _take(line, f"{name}:{number}", ids, texts)
        taken += len(piece.data)
        if taken >= batch_bytes:
            yield ids, texts
            ids, texts, taken = [], [], 0
    if ids:
        yield ids, texts


def _take(line: bytes, place: str, ids: list[str], texts: list[str]) -> None:
    try:
        row = orjson.loads(line)
        id, text = row[schema.ID], row[schema.TEXT]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise DataError(f"{place}: not a row of a shard ({error!r}); write it again") from error
    if type(id) is not str or type(text) is not str:
        raise DataError(f"{place}: id or text is not a string; write the shard again")
    ids.append(id)
    texts.append(text)


class _HashedStream:
    """Counts and hashes what goes through; all that the packers need of a file."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.sha256 = hashlib.sha256()
        self.bytes = 0

    def write(self, data: Any) -> int:
        self.sha256.update(data)
        self.bytes += memoryview(data).nbytes
        return self.stream.write(data)

    def flush(self) -> None:
        """Do nothing: the file is flushed when it is whole."""


def _gzip(stream: Any) -> Any:
    # no name and no time in the header: the same rows are the same bytes
    return gzip.GzipFile("", "wb", GZIP_LEVEL, stream, mtime=0)


def _zstd(stream: Any) -> Any:
    packer = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True)
    return packer.stream_writer(stream, closefd=False)


PACKERS: dict[str | None, Any] = {None: contextlib.nullcontext, "gz": _gzip, "zst": _zstd}


def encoded(table: pa.Table, columns: Sequence[str]) -> Iterator[bytes]:
    """Yield the lines of a table, some rows at a time; see ``write_shard``."""
    for name in columns:
        if name not in table.column_names:
            raise DataError(f"the table has no column {name!r}{nearest(name, table.column_names)}")
    # `extra` is merged wherever it is; as a column of its own it would be written twice
    written = [name for name in columns if name != schema.EXTRA]
    has_extra = schema.EXTRA in table.column_names
    per_row = max(1, table.nbytes // max(1, table.num_rows))
    step = max(1, min(STEP_ROWS, STEP_BYTES // per_row))
    option = orjson.OPT_APPEND_NEWLINE
    for start in range(0, table.num_rows, step):
        part = table.slice(start, step)
        values = [part.column(name).to_pylist() for name in written]
        rows = [dict(zip(written, row, strict=True)) for row in zip(*values, strict=True)]
        extras = part.column(schema.EXTRA) if has_extra else None
        if extras is None or extras.null_count == len(extras):
            yield b"".join([orjson.dumps(row, option=option) for row in rows])
        else:
            yield b"".join(map(_merged, rows, extras.to_pylist()))


def _merged(row: dict[str, Any], extra: str | None) -> bytes:
    aside = {}
    for name, value in _fields(row, extra).items():
        own = name in (schema.ID, schema.TEXT, *schema.RESERVED)
        if name not in row or (row[name] is None and not own):
            row[name] = value
        else:
            aside[name] = value
    if aside:
        if schema.EXTRA in row:
            aside[schema.EXTRA] = row.pop(schema.EXTRA)
        row[schema.EXTRA] = aside
    return dump_json(row).encode() + b"\n"


def _fields(row: dict[str, Any], extra: str | None) -> dict[str, Any]:
    if extra is None:
        return {}
    fields = load_object(extra)
    if fields is None:
        raise DataError(
            f"row {row.get(schema.ID)!r}: column 'extra' is {shorten(extra)}; "
            "it must be a JSON object or null"
        )
    return fields
