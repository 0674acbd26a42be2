"""Pieces of work: whole or absent, made once, refused when they are something else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from curator.dedup.pieces import open_work, piece, read_arrays, write_arrays
from curator.errors import ManifestError


def test_arrays_come_back_with_their_names_shapes_and_types(tmp_path: Path) -> None:
    arrays = {
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


def test_a_finished_piece_is_not_made_again(tmp_path: Path) -> None:
    made = []

    def make() -> dict[str, np.ndarray]:
        made.append(1)
        return {"rows": np.arange(3)}

    for _ in range(2):
        assert piece(tmp_path / "piece", make)["rows"].tolist() == [0, 1, 2]
    assert made == [1]


@pytest.mark.parametrize("content", [b"", b"hello", b"\x93NUMPY\x01\x00"])
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
