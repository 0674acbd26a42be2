"""Which files an input means, and what they are called."""

from __future__ import annotations

import os
from pathlib import Path

import fsspec
import pytest

from curator.errors import DataError, RecipeError
from curator.io.files import as_inputs, find_files, open_file

JSONL = (".jsonl", ".ndjson")


def tree(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def names(*inputs: object) -> list[str]:
    return [file.file for file in find_files(as_inputs([str(item) for item in inputs]), JSONL)]


def test_a_folder_means_its_files_of_known_extension_at_any_depth(tmp_path: Path) -> None:
    tree(tmp_path, "b/c/嘅.jsonl", "a.ndjson", "b.JSONL.gz", "x.jsonl.zst", "y.jsonl.bz2")
    tree(tmp_path, "README.md", "a.json", ".hidden.jsonl", ".git/d.jsonl", "z.gz", "jsonl")
    found = ["a.ndjson", "b.JSONL.gz", "b/c/嘅.jsonl", "x.jsonl.zst", "y.jsonl.bz2"]
    assert names(tmp_path) == found
    assert names(f"{tmp_path}/") == found


def test_globs_match_names_and_depths(tmp_path: Path) -> None:
    tree(tmp_path, "a/1.jsonl", "a/b/2.jsonl", "c/3.jsonl", "c/4.txt", "5.jsonl", "a/.6.jsonl")
    assert names(tmp_path / "*.jsonl") == ["5.jsonl"]
    assert names(tmp_path / "**" / "*.jsonl") == [
        "5.jsonl",
        "a/1.jsonl",
        "a/b/2.jsonl",
        "c/3.jsonl",
    ]
    assert names(tmp_path / "?" / "[13].jsonl") == ["a/1.jsonl", "c/3.jsonl"]
    assert names(tmp_path / "c" / "*") == ["3.jsonl"]
    assert names(tmp_path / "c" / "*.txt") == ["4.txt"]
    assert names(tmp_path / "**") == ["5.jsonl", "a/1.jsonl", "a/b/2.jsonl", "c/3.jsonl"]


def test_a_named_file_is_taken_as_it_is(tmp_path: Path) -> None:
    tree(tmp_path, "[a]*.data", ".hidden")
    assert names(tmp_path / "[a]*.data") == ["[a]*.data"]
    assert names(tmp_path / ".hidden") == [".hidden"]


def test_names_are_unique_by_as_many_parents_as_it_takes(tmp_path: Path) -> None:
    tree(tmp_path, "p/x/1/a.jsonl", "p/y/1/a.jsonl", "q/1/b.jsonl")
    inputs = [tmp_path / "p" / "x", tmp_path / "p" / "y", tmp_path / "q" / "1"]
    assert names(*inputs) == ["b.jsonl", "x/1/a.jsonl", "y/1/a.jsonl"]
    assert names(*inputs[::-1]) == names(*inputs)


def test_a_file_reached_twice_is_read_once_under_its_longest_name(tmp_path: Path) -> None:
    tree(tmp_path, "a/1.jsonl", "2.jsonl")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "2.jsonl")
    inputs = [tmp_path / "a", tmp_path, tmp_path / "a" / "*.jsonl", tmp_path / "2.jsonl"]
    assert names(*inputs) == names(*inputs[::-1]) == ["a/1.jsonl", "link.jsonl"]


def test_links_that_form_a_loop_do_not_hang(tmp_path: Path) -> None:
    tree(tmp_path, "a/b/1.jsonl", "elsewhere/2.jsonl")
    for name in ("a/up", "a/b/up", "a/b/up2"):
        (tmp_path / name).symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "a" / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
    assert names(tmp_path / "a") == ["b/1.jsonl", "linked/2.jsonl"]
    assert names(tmp_path / "a" / "**" / "*.jsonl") == ["b/1.jsonl", "linked/2.jsonl"]


def test_what_cannot_be_read_is_named_with_the_mend(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt")
    (tmp_path / "dangling.jsonl").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe")
    for given, message in [
        (tmp_path / "no.jsonl", "no.jsonl: no such file or folder; check the path"),
        (tmp_path / "no" / "*.jsonl", "the folder .*no does not exist"),
        (tmp_path / "*.jsonlines", "no file with extension .jsonl, .ndjson .* is here"),
        (tmp_path, "dangling.jsonl: cannot be read: No such file or directory"),
        (tmp_path / "pipe", "pipe: is not a regular file"),
    ]:
        with pytest.raises(DataError, match=message):
            names(given)
    with pytest.raises(DataError, match=r"gone: cannot be read: No such file.*check the path"):
        open_file(str(tmp_path / "gone"))


def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    tree(tmp_path, "closed/a.jsonl")
    (tmp_path / "closed").chmod(0)
    try:
        if os.access(tmp_path / "closed", os.R_OK):
            pytest.skip("this user may read every folder")
        with pytest.raises(DataError, match="closed: cannot be read: Permission denied"):
            names(tmp_path)
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_no_input_is_a_recipe_error() -> None:
    for nothing in ([], "", ["a", ""]):
        with pytest.raises(RecipeError, match="input names no file"):
            as_inputs(nothing)


def test_urls_are_read_like_paths(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    for name in ("/corpus/a.jsonl", "/corpus/b/c.jsonl.gz", "/corpus/d.txt", "/corpus/.e.jsonl"):
        memory.pipe(name, name.encode())
    try:
        assert names("memory://corpus") == ["a.jsonl", "b/c.jsonl.gz"]
        assert names("memory://corpus/**/*.jsonl*") == ["a.jsonl", "b/c.jsonl.gz"]
        assert names("memory://corpus/*.txt") == ["d.txt"]
        assert names("memory://corpus/d.txt") == ["d.txt"]
        [file] = find_files(["memory://corpus/d.txt"], JSONL)
        assert file.size == len("/corpus/d.txt")
        assert file.modified
        with open_file(file.path) as stream:
            assert stream.read() == b"/corpus/d.txt"
        with pytest.raises(DataError, match=r"memory://corpus/no\.jsonl: no such file"):
            names("memory://corpus/no.jsonl")
        with pytest.raises(DataError, match="no file with extension"):
            names("memory://corpus/*.ndjson")
    finally:
        memory.rm("/corpus", recursive=True)
    tree(tmp_path, "a.jsonl")
    assert names(f"file://{tmp_path}") == ["a.jsonl"]
    assert names(f"file://{tmp_path}", tmp_path / "a.jsonl") == ["a.jsonl"]


@pytest.mark.parametrize("url", ["nosuchprotocol://a/b.jsonl", "zip://a.jsonl::file:///tmp/a.zip"])
def test_urls_that_cannot_be_read_are_errors(url: str) -> None:
    with pytest.raises(DataError, match="://"):
        names(url)


def test_the_modification_time_is_part_of_the_file(tmp_path: Path) -> None:
    tree(tmp_path, "a.jsonl")
    os.utime(tmp_path / "a.jsonl", ns=(5, 1_700_000_000_000_000_001))
    [file] = find_files([str(tmp_path)], JSONL)
    assert (file.size, file.modified) == (7, "1700000000000000001")
    assert file.path == str(tmp_path / "a.jsonl")
