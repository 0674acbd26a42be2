"""Pieces of work: whole or absent, made once, refused when they are something else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from curator.dedup.pieces import (
    ALIGNMENT,
    joined,
    open_work,
    piece,
    read_arrays,
    stored_arrays,
    write_arrays,
)
from curator.errors import ManifestError


def test_arrays_come_back_with_their_names_shapes_and_types(tmp_path: Path) -> None:
    arrays: dict[str, np.ndarray] = {
        "rows": np.arange(5),
        "bands": np.arange(6, dtype=np.uint64).reshape(2, 3),
        "none": np.zeros((3, 0), np.uint32),
        "kept": np.array([True, False]),
    }
    write_arrays(tmp_path / "piece", arrays)
    found = read_arrays(tmp_path / "piece")
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].tolist() == array.tolist()
        assert found[name].shape == array.shape
    starts = [stored.start for stored in stored_arrays(tmp_path / "piece").values()]
    assert [start % ALIGNMENT for start in starts] == [0, 0, 0, 0]


def test_joined_arrays_are_those_of_all_files_one_after_the_other(tmp_path: Path) -> None:
    like = {"hashes": np.zeros((0, 2), np.uint64), "rows": np.zeros(0, np.int64)}
    paths = [tmp_path / f"piece-{number}" for number in range(4)]
    for number, path in enumerate(paths):
        hashes = np.arange(2 * number, dtype=np.uint64).reshape(number, 2)
        write_arrays(path, {"rows": np.full(number, number), "other": np.ones(9), "hashes": hashes})
    found = joined(paths, like)
    assert found["rows"].tolist() == [1, 2, 2, 3, 3, 3]
    assert found["hashes"].tolist() == [[0, 1], [0, 1], [2, 3], [0, 1], [2, 3], [4, 5]]
    nothing = joined([], like)
    assert {name: (a.shape, a.dtype) for name, a in nothing.items()} == {
        name: (a.shape, a.dtype) for name, a in like.items()
    }


def test_a_piece_cut_short_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "piece"
    write_arrays(path, {"rows": np.arange(5)})
    path.write_bytes(path.read_bytes()[:-30])
    for read in (read_arrays, stored_arrays, lambda path: joined([path], {"rows": np.arange(0)})):
        with pytest.raises(ManifestError, match="piece: is not a piece of work, for it is cut"):
            read(path)


def test_a_finished_piece_is_not_made_again(tmp_path: Path) -> None:
    made = []

    def make() -> dict[str, np.ndarray]:
        made.append(1)
        return {"rows": np.arange(3)}

    for _ in range(2):
        assert piece(tmp_path / "piece", make)["rows"].tolist() == [0, 1, 2]
    assert made == [1]


@pytest.mark.parametrize("content", [b"", b"hello", b"\x93NUMPY\x01\x00", b"curator piece 2 []"])
def test_a_file_that_is_no_piece_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "piece").write_bytes(content)
    with pytest.raises(ManifestError, match="piece: is not a piece of work"):
        read_arrays(tmp_path / "piece")


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "piece.npy", np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(ManifestError, match="is not a piece of work"):
        read_arrays(tmp_path / "piece.npy")


@pytest.mark.parametrize("content", ["no json", "[]"])
def test_a_damaged_note_of_parameters_is_refused(tmp_path: Path, content: str) -> None:
    open_work(tmp_path / "work", {"a": 1})
    (tmp_path / "work" / "parameters.json").write_text(content)
    with pytest.raises(ManifestError, match="delete the folder"):
        open_work(tmp_path / "work", {"a": 1})
