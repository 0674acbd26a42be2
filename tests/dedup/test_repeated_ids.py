"""RepeatedIds: the first living document of an id keeps it, and the ledger says where it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from curator import schema
from curator.dedup import repeated_ids
from curator.dedup.repeated_ids import RepeatedIds
from curator.io.parts import Part, Parts, write_part
from tests.dedup.corpus import write_parts


def mark(parts: Parts, work: Path) -> list[tuple[int, str, str]]:
    marks = RepeatedIds().mark(parts, work, None).to_pylist()
    assert {row["reason"] for row in marks} <= {"repeated_id"}
    assert all(row["duplicate_of"] is None and row["cluster_id"] is None for row in marks)
    return [(row["row"], row["dropped_by"], row["value"]) for row in marks]


def plain(ids: list[str], dropped: list[int]) -> list[tuple[int, str, str]]:
    first: dict[str, int] = {}
    found = []
    for row, identifier in enumerate(ids):
        if row in dropped:
            continue
        if identifier in first:
            found.append((row, "RepeatedIds", f"the first is at row {first[identifier]}"))
        first.setdefault(identifier, row)
    return found


def test_every_range_of_the_hash_gives_what_a_plain_loop_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    ids = [f"文-{number}" for number in rng.integers(0, 150, 300).tolist()]
    dropped = [0, 7, 150]
    parts = write_parts(tmp_path, ids, ids, sizes=[100, 0, 120, 80], dropped=dropped)
    expected = plain(ids, dropped)
    assert len(expected) > 100
    assert mark(parts, tmp_path / "one") == expected
    monkeypatch.setattr(repeated_ids, "ROWS_AT_ONCE", 50)
    assert mark(parts, tmp_path / "ranges") == expected
    assert len(list((tmp_path / "ranges").glob("repeats-*"))) == 8
    for name in ("ids-00002", "repeats-00003", "parameters.json"):  # a restart goes on from there
        interrupted = tmp_path / f"after-{name}"
        shutil.copytree(tmp_path / "ranges", interrupted)
        (interrupted / name).unlink()
        assert mark(parts, interrupted) == expected


def test_the_place_of_the_first_is_its_file_and_line(tmp_path: Path) -> None:
    columns = {
        schema.ID: pa.array(["a", "b", "a", "b", "a"], schema.STRING),
        schema.TEXT: pa.array(["x"] * 5, schema.STRING),
        schema.FILE: pa.array(["wong/一.jsonl", None, "e.jsonl", "e.jsonl", None], schema.STRING),
        schema.LINE: pa.array([12, 2, 3, 4, 5]),
    }
    write_part(tmp_path / "part", schema.conform(pa.table(columns)))
    parts = Parts((Part(tmp_path / "part", 5, 0),))
    assert mark(parts, tmp_path / "work") == [
        (2, "RepeatedIds", "the first is at wong/一.jsonl:12"),
        (3, "RepeatedIds", "the first is at row 1"),
        (4, "RepeatedIds", "the first is at wong/一.jsonl:12"),
    ]


@pytest.mark.parametrize("sizes", [[], [0, 0], [2]])
def test_no_repeated_id_gives_no_marks(tmp_path: Path, sizes: list[int]) -> None:
    parts = write_parts(tmp_path, ["同", "同"][: sum(sizes)], sizes=sizes)
    assert mark(parts, tmp_path / "work") == []
