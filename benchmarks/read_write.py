"""How fast rows are read and written: MB a second of CPU time, one process, as JSON.

    python benchmarks/read_write.py FILE.jsonl [...]

``bulk`` and ``lines`` are the two ways in which JSON lines are parsed, ``read`` is a reader's
whole work with the file in the page cache, ``write`` and ``batches`` are those of shards. The loops
``orjson`` and ``json`` parse (or write) the same lines as Python dictionaries and do nothing else.
"""

from __future__ import annotations

import json
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa

from curator.io.blocks import read_pieces
from curator.io.json_bulk import parse_bulk
from curator.io.json_rows import JsonFields, parse_lines
from curator.io.jsonl import JsonlReader
from curator.io.shards import shard_batches, write_shard

FIELDS = JsonFields()
REPETITIONS = 3


def fastest(work: Callable[[], object], n_bytes: int) -> float:
    times = []
    for _ in range(REPETITIONS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return round(n_bytes / min(times) / 1e6, 1)


def measure(path: str, folder: Path) -> dict[str, object]:
    reader = JsonlReader(path)
    plan = reader.plan(32 << 20, folder / "scratch")
    columns = plan.columns
    pieces = [piece for block in plan.blocks for piece in read_pieces(block)]
    n_bytes = sum(len(piece.data) for piece in pieces)
    lines = [line for piece in pieces for line in piece.data.splitlines() if line]
    nested = [
        b"\n".join(b'{"nested":[1],' + line[1:] for line in piece.data.splitlines() if line)
        for piece in pieces
    ]
    tables = [reader.read(block, columns) for block in plan.blocks]
    rows = [orjson.loads(line) for line in lines]
    names = ["id", "text", *columns.names]
    shard = folder / "shard.jsonl"
    written = write_shard(shard, tables, names).bytes
    taken = sum(
        parse_bulk(piece.data, piece.first_line, "f", columns, FIELDS) is not None
        for piece in pieces
    )
    return {
        "file": Path(path).name,
        "megabytes": round(n_bytes / 1e6, 1),
        "bytes_per_line": round(n_bytes / max(1, len(lines))),
        "taken_in_bulk": f"{taken}/{len(pieces)} pieces",
        "read": fastest(lambda: [reader.read(block, columns) for block in plan.blocks], n_bytes),
        "bulk": fastest(
            lambda: [parse_bulk(p.data, p.first_line, "f", columns, FIELDS) for p in pieces],
            n_bytes,
        ),
        "lines": fastest(
            lambda: [
                parse_lines(p.data, p.first_line, "f", columns, FIELDS).table() for p in pieces
            ],
            n_bytes,
        ),
        "lines_with_a_nested_field": fastest(
            lambda: [parse_lines(data, 1, "f", columns, FIELDS).table() for data in nested],
            sum(map(len, nested)),
        ),
        "read_orjson": fastest(lambda: [orjson.loads(line) for line in lines], n_bytes),
        "read_json": fastest(lambda: [json.loads(line) for line in lines], n_bytes),
        "write": fastest(lambda: write_shard(shard, tables, names), written),
        "write_zst": fastest(lambda: write_shard(folder / "s", tables, names, "zst"), written),
        "write_orjson": fastest(lambda: [orjson.dumps(row) for row in rows], written),
        "write_json": fastest(
            lambda: [json.dumps(row, ensure_ascii=False).encode() for row in rows], written
        ),
        "batches": fastest(lambda: list(shard_batches(shard)), written),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        results = [measure(path, Path(folder)) for path in sys.argv[1:]]
    report = {
        "unit": "MB per CPU second",
        "python": platform.python_version(),
        "pyarrow": pa.__version__,
        "orjson": orjson.__version__,
        "machine": platform.machine(),
        "peak_memory_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "results": results,
    }
    print(json.dumps(report, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
