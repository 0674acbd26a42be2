"""Tables kept between processes are the tables that would be built."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from curator.kernels import kept_tables as keeping
from curator.kernels.fold import table
from curator.kernels.kept_tables import kept, key_of

ARRAYS = [np.array([7, 0x10FFFF], np.uint32), np.zeros(0, np.uint32), np.arange(5, dtype=np.uint32)]


class Built:
    """Builds ``ARRAYS`` and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> list[np.ndarray]:
        self.times += 1
        return ARRAYS


def equal(found: list[np.ndarray]) -> bool:
    return len(found) == len(ARRAYS) and all(map(np.array_equal, found, ARRAYS))


def test_what_was_built_once_is_read(tmp_path: Path) -> None:
    build = Built()
    assert equal(kept(build, "a", tmp_path / "new"))
    assert equal(kept(build, "a", tmp_path / "new"))
    assert build.times == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["tables-a.bin"]


def test_what_is_made_of_something_else_is_built(tmp_path: Path) -> None:
    build = Built()
    kept(build, "a", tmp_path)
    assert equal(kept(build, "b", tmp_path))
    assert build.times == 2


@pytest.mark.parametrize("place", [0, 31, 32, 40, -1])
def test_a_damaged_file_is_built_again(tmp_path: Path, place: int) -> None:
    build = Built()
    kept(build, "a", tmp_path)
    content = bytearray((tmp_path / "tables-a.bin").read_bytes())
    content[place] ^= 1
    (tmp_path / "tables-a.bin").write_bytes(content)
    assert equal(kept(build, "a", tmp_path))
    assert equal(kept(build, "a", tmp_path))
    assert build.times == 2


@pytest.mark.parametrize("size", [0, 10, 32, 36])
def test_a_file_cut_short_is_built_again(tmp_path: Path, size: int) -> None:
    build = Built()
    kept(build, "a", tmp_path)
    content = (tmp_path / "tables-a.bin").read_bytes()
    (tmp_path / "tables-a.bin").write_bytes(content[:size])
    assert equal(kept(build, "a", tmp_path))
    assert build.times == 2


def test_where_nothing_can_be_written_they_are_built(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    build = Built()
    for _ in range(2):
        assert equal(kept(build, "a", tmp_path / "file"))
    assert build.times == 2


def test_without_a_key_nothing_is_kept(tmp_path: Path) -> None:
    assert equal(kept(Built(), None, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_key_changes_with_unicode_opencc_and_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [tmp_path / "one.py", tmp_path / "other.yaml"]
    for source in sources:
        source.write_text("source", "utf-8")
    keys = [key_of(sources), key_of(sources[:1])]
    monkeypatch.setattr(keeping.unicodedata, "unidata_version", "1.0")
    keys.append(key_of(sources))
    monkeypatch.setattr(keeping, "version", lambda name: f"{name} 0")
    keys.append(key_of(sources))
    monkeypatch.setattr(sys, "byteorder", "other")
    keys.append(key_of(sources))
    for source in sources:
        source.write_text("other source", "utf-8")
        keys.append(key_of(sources))
    assert None not in keys
    assert len(set(keys)) == len(keys)
    assert key_of(sources) == keys[-1]


def test_a_stand_in_for_opencc_has_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(keeping, "version", absent)
    assert key_of([]) is None


def test_a_source_that_is_no_file_leaves_no_key(tmp_path: Path) -> None:
    assert key_of([tmp_path / "absent"]) is None


def test_the_fold_tables_of_this_process_are_those_that_are_built() -> None:
    for found, built in zip(table.tables(), table.build_tables(), strict=True):
        assert found.dtype == built.dtype
        assert np.array_equal(found, built)
        assert not found.flags.writeable
