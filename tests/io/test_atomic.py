"""A file written by `atomic_write` is whole or absent."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from curator.errors import ResourceError
from curator.io import atomic
from curator.io.atomic import TEMPORARY_PREFIX, atomic_write


def test_the_file_appears_whole_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "嘅.jsonl"
    with atomic_write(path) as stream:
        stream.write("佢哋\n".encode())
        assert not path.exists()
    assert path.read_text("utf-8") == "佢哋\n"
    assert os.listdir(tmp_path) == ["嘅.jsonl"]


def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail_half_way() -> None:
        with atomic_write(path) as stream:
            stream.write(b"x" * 5_000_000)
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fail_half_way()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_an_error_about_another_file_is_not_blamed_on_this_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "a"):
        (tmp_path / "no such input").read_bytes()
    assert os.listdir(tmp_path) == []


def test_a_missing_folder_is_named_with_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "a"
    message = r"nowhere/a: cannot be written.*make its folder"
    with pytest.raises(ResourceError, match=message), atomic_write(path):
        raise AssertionError("the block must not run")


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(ResourceError, match="a folder has this name"), atomic_write(tmp_path / "a"):
        pass
    assert os.listdir(tmp_path) == ["a"]


def test_the_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    with atomic_write(tmp_path / "atomic"):
        pass
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("n_bytes", [200_000, 20_000_000])
def test_nothing_half_written_stays_when_the_size_limit_is_hit(
    tmp_path: Path, n_bytes: int
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        message = r"big: cannot be written: File too large"
        with (
            pytest.raises(ResourceError, match=message),
            atomic_write(tmp_path / "big") as stream,
        ):
            stream.write(b"x" * n_bytes)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path) == []


def test_nothing_half_written_stays_on_a_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(mount, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no mount command to make a small disk with")
    if mounted.returncode:
        pytest.skip(f"this user may not mount a small disk: {mounted.stderr.strip()}")
    try:
        (disk / "a").write_bytes(b"old")
        message = r"a: cannot be written: No space left.*free some"
        with pytest.raises(ResourceError, match=message), atomic_write(disk / "a") as stream:
            stream.write(b"x" * 1_000_000)
        assert (disk / "a").read_bytes() == b"old"
        assert os.listdir(disk) == ["a"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    program = """
        import os, signal, sys
        from curator.io.atomic import atomic_write
        with atomic_write(sys.argv[1]) as stream:
            stream.write(b"new" * 1_000_000)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program), str(path)], check=False)
    assert path.read_bytes() == b"old"
    rest = [name for name in os.listdir(tmp_path) if name != "a"]
    assert all(name.startswith(TEMPORARY_PREFIX) for name in rest)


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("n_bytes", [0, 1, 100])
def test_what_is_written_in_pieces_is_whole(
    tmp_path: Path, buffered: bool, n_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "EARLY_BYTES", 10)
    pieces = [bytes([place]) * n_bytes for place in range(7)]
    with atomic_write(tmp_path / "a", buffered=buffered) as stream:
        assert [stream.write(piece) for piece in pieces] == [n_bytes] * 7
    assert (tmp_path / "a").read_bytes() == b"".join(pieces)


def test_a_system_that_takes_a_part_at_a_time_is_given_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = io.FileIO.write

    class Slow(io.FileIO):
        def write(self, data: Any) -> int:
            return whole(self, bytes(data)[:3])

    class File(atomic._TemporaryFile, Slow):
        pass

    monkeypatch.setattr(atomic, "_TemporaryFile", File)
    with atomic_write(tmp_path / "a", buffered=False) as stream:
        assert stream.write("佢哋食咗飯".encode()) == 15
    assert (tmp_path / "a").read_text("utf-8") == "佢哋食咗飯"


def test_a_system_without_the_hint_writes_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "EARLY_BYTES", 1)
    monkeypatch.setattr(atomic, "_sync_file_range", lambda: None)
    with atomic_write(tmp_path / "a", buffered=False) as stream:
        stream.write(b"abc")
    assert (tmp_path / "a").read_bytes() == b"abc"
