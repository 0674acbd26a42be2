"""Full disks, folders that cannot be written, kills and signals: one line, and then the rest."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.laws import small_runs
from tests.laws.small_runs import command, curator, good_file, process, write_recipe

WHOLE = """
stages:
  - Modify: UnicodeReformatter
  - ExactDuplicates: {}
  - FuzzyDuplicates: {min_key_characters: 5}
vocabulary: {}
tokenizer: {vocab_size: 400}
tokens: {valid_fraction: 0.1}
"""

AFTER_THE_MANIFEST = ("timings.json", "report.html")
"""Without these a run is whole, and says what is missing; the next start writes them."""


@contextlib.contextmanager
def disk(folder: Path, kibibytes: int) -> Iterator[None]:
    """Mount a file system of a given size; skip aloud where that is not permitted."""
    folder.mkdir(parents=True)
    options = ["-o", f"size={kibibytes}k", "tmpfs", str(folder)]
    done = subprocess.run(["mount", "-t", "tmpfs", *options], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def resize(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def test_a_disk_that_is_full_anywhere_is_one_line_and_more_room_is_all_it_takes(
    tmp_path: Path,
) -> None:
    good_file(tmp_path / "in" / "a.jsonl", 1, 90)
    recipe = write_recipe(tmp_path, WHOLE)
    assert curator(recipe).code == 0
    expected = small_runs.results(tmp_path / "out")
    stopped_at = set()
    with disk(tmp_path / "disk", 16):
        for kibibytes in range(20, 2000, 4):
            said = curator(recipe, "--set", f"output={tmp_path / 'disk' / 'out'}")
            if said.code == 0:
                break
            found = re.match(r"curator: (.*)/disk/out/?(\S*): cannot be written: (.*)", said.line)
            assert found, said.errors
            assert found[3] == "No space left on device; free some space or choose another folder"
            stopped_at.add(found[2].split("/")[0])
            if found[2] not in AFTER_THE_MANIFEST:
                small_runs.check_nothing_half(tmp_path / "disk" / "out")
            resize(tmp_path / "disk", f"size={kibibytes}k")
        assert said.code == 0
        assert small_runs.results(tmp_path / "disk" / "out") == expected
        assert not list((tmp_path / "disk").rglob(".writing-*"))
    assert len(stopped_at) >= 4, "the disk should have been full in the middle of several steps"


def test_a_disk_too_small_for_the_shards_leaves_none_half(tmp_path: Path) -> None:
    lines = good_file(tmp_path / "in" / "a.jsonl", 1, 400)
    recipe = write_recipe(tmp_path, "shards: {target_bytes: 6000}\n")
    out = tmp_path / "disk" / "out"
    stopped_in_a_shard = 0
    with disk(tmp_path / "disk", 16):
        for kibibytes in range(20, 2000, 8):
            said = curator(recipe, "--set", f"output={out}")
            if said.code == 0:
                break
            shard = r"t-0000\d\.jsonl: cannot be written: No space left .*; free some space"
            stopped_in_a_shard += bool(re.search(shard, said.line))
            if not re.search("|".join(AFTER_THE_MANIFEST), said.line):
                small_runs.check_nothing_half(out)
            resize(tmp_path / "disk", f"size={kibibytes}k")
        assert stopped_in_a_shard > 1
        small_runs.assert_same(small_runs.lines(out, "shards"), lines)


def test_a_disk_without_room_for_one_more_file_is_one_line(tmp_path: Path) -> None:
    good_file(tmp_path / "in" / "a.jsonl", 1, 400)
    recipe = write_recipe(tmp_path, WHOLE)
    assert curator(recipe).code == 0
    with disk(tmp_path / "disk", 9000):
        for inodes in range(3, 200, 7):
            resize(tmp_path / "disk", f"nr_inodes={inodes}")
            said = curator(recipe, "--set", f"output={tmp_path / 'disk' / 'out'}")
            if said.code == 0:
                break
            assert "No space left on device" in said.line
            if not re.search("|".join(AFTER_THE_MANIFEST), said.line):
                small_runs.check_nothing_half(tmp_path / "disk" / "out")
        assert inodes > 20
        assert small_runs.results(tmp_path / "disk" / "out") == small_runs.results(tmp_path / "out")


def test_a_file_size_limit_is_one_line(tmp_path: Path) -> None:
    good_file(tmp_path / "in" / "a.jsonl", 1, 3000)
    said = process(
        write_recipe(tmp_path),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)),
    )
    assert re.search(r"cannot be written: File too large; raise the file size limit", said.line)
    small_runs.check_nothing_half(tmp_path / "out")
    assert curator(write_recipe(tmp_path)).code == 0


def test_an_output_that_cannot_be_a_folder_is_one_line(tmp_path: Path) -> None:
    good_file(tmp_path / "in" / "a.jsonl", 1, 3)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("mine")
    recipe = write_recipe(tmp_path)
    for output, message in (
        ("file", "is a file; choose another output folder"),
        ("file/below", "cannot be written: Not a directory; choose another output folder"),
        ("mine", "holds other files and is not a run folder; choose an empty output folder"),
        ("x" * 300, "cannot be written: File name too long; choose another output folder"),
    ):
        said = curator(recipe, "--set", f"output={tmp_path / output}")
        assert said.line.endswith(f"{output}: {message}")
    assert (tmp_path / "file").read_text() == "mine"
    said = curator(recipe, "--set", "output=/proc/curator")
    assert re.search(r"/proc/curator: cannot be written: .*; choose another output", said.line)


def test_a_file_system_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    good_file(tmp_path / "in" / "a.jsonl", 1, 3)
    recipe = write_recipe(tmp_path)
    with disk(tmp_path / "disk", 9000):
        resize(tmp_path / "disk", "ro")
        said = curator(recipe, "--set", f"output={tmp_path / 'disk' / 'out'}")
        assert re.search(r"cannot be written: Read-only file system; choose another", said.line)
        resize(tmp_path / "disk", "rw")
        assert curator(recipe, "--set", f"output={tmp_path / 'disk' / 'out'}").code == 0
        resize(tmp_path / "disk", "ro")
        said = curator(recipe, "--set", f"output={tmp_path / 'disk' / 'out'}")
        assert "Read-only file system" in said.line


def test_input_and_output_may_not_lie_inside_each_other(tmp_path: Path) -> None:
    expected = good_file(tmp_path / "in" / "a.jsonl", 1, 3)
    recipe = write_recipe(tmp_path)
    inside = curator(recipe, "--set", f"output={tmp_path / 'in' / 'out'}")
    assert re.search(r"in/out: lies inside the input .*/in; choose .*outside", inside.line)
    assert not (tmp_path / "in" / "out" / "shards").exists()
    assert curator(recipe).code == 0
    before = small_runs.fingerprints(tmp_path / "out" / "shards")
    own = curator(recipe, "--set", f"input={tmp_path / 'out' / 'shards'}")
    assert re.search(r"t-00000\.jsonl: lies inside the output folder .*/out; choose", own.line)
    assert small_runs.fingerprints(tmp_path / "out" / "shards") == before
    small_runs.assert_same(small_runs.lines(tmp_path / "out", "shards"), expected)


ONCE = """
    import os, signal
    from dataclasses import dataclass
    from pathlib import Path

    @dataclass(frozen=True)
    class Once:
        \"\"\"Does something terrible the first time, then nothing.\"\"\"
        folder: str
        what: str

        def modify_document(self, text):
            if "第 30 次" not in text:
                return text
            done = Path(self.folder) / "done"
            if self.what == "always":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.what == "wait":
                (Path(self.folder) / "gate").read_bytes()
            if not done.exists():
                done.touch()
                if self.what == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                if self.what == "interrupt":
                    os.kill(os.getpid(), signal.SIGINT)
                if self.what == "interrupt all":
                    os.killpg(0, signal.SIGINT)
            return text
"""


def once(tmp_path: Path, what: str, last: int = 60) -> tuple[Path, list[bytes]]:
    """A recipe in whose 30th document something happens once, and the good lines."""
    (tmp_path / "once.py").write_text(textwrap.dedent(ONCE))
    lines = good_file(tmp_path / "in" / "a.jsonl", 1, last)
    (tmp_path / "marks").mkdir()
    fields = json.dumps({"folder": str(tmp_path / "marks"), "what": what})
    return write_recipe(tmp_path, f"stages: [Modify: {{'once:Once': {fields}}}]\n"), lines


def clean(recipe: Path, lines: list[bytes]) -> None:
    """Check a finished run against one that nothing happened to."""
    out = recipe.parent / "out"
    small_runs.check_account(out, len(lines))
    small_runs.assert_same(small_runs.lines(out, "shards"), lines)
    assert not list(out.rglob(".writing-*"))
    fresh = curator(recipe, "--set", f"output={recipe.parent / 'fresh'}")
    assert fresh.code == 0
    assert small_runs.results(out) == small_runs.results(recipe.parent / "fresh")


def test_a_worker_that_is_killed_is_replaced(tmp_path: Path) -> None:
    recipe, lines = once(tmp_path, "kill")
    said = process(recipe, "--n-workers", "2", "--block-size", "500")
    assert (said.code, said.errors) == (0, "")
    assert (tmp_path / "marks" / "done").exists()
    clean(recipe, lines)


def test_a_task_that_kills_every_worker_is_one_line_and_the_run_resumes(tmp_path: Path) -> None:
    recipe, lines = once(tmp_path, "always")
    said = process(recipe, "--n-workers", "2", "--block-size", "500")
    assert re.search(r"a worker died again and again on one task .*; take a smaller", said.line)
    assert said.code == 1
    small_runs.check_nothing_half(tmp_path / "out")
    finished = {
        path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("part-*.parquet")
    }
    good_file(tmp_path / "in" / "a.jsonl", 1, 60)
    recipe, _ = mended(recipe)
    assert curator(recipe, "--block-size", "500").code == 0
    assert finished
    clean(recipe, lines)


def mended(recipe: Path) -> tuple[Path, None]:
    recipe.write_text(recipe.read_text().replace("always", "nothing"))
    return recipe, None


def test_a_killed_run_resumes_and_leaves_no_workers(tmp_path: Path) -> None:
    recipe, lines = once(tmp_path, "kill")
    (tmp_path / "out" / "shards").mkdir(parents=True)
    (tmp_path / "out" / "work").mkdir()
    (tmp_path / "out" / "shards" / ".writing-0123456789abcdef").write_bytes(b'{"half')
    assert process(recipe, "--block-size", "500").code == -9
    small_runs.check_nothing_half(tmp_path / "nowhere")
    parts = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("part-*.parquet")}
    assert 2 < len(parts) < 12
    assert curator(recipe, "--block-size", "500").code == 0
    assert {p: p.stat().st_mtime_ns for p in parts} == parts
    clean(recipe, lines)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_control_c_is_one_line_and_the_run_resumes(tmp_path: Path, workers: str) -> None:
    recipe, lines = once(tmp_path, "interrupt all")
    options = ("--n-workers", workers, "--block-size", "500")
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    said = process(recipe, *options, start_new_session=True)
    assert said.line == "curator: stopped; the same command continues from here"
    assert said.code == 130
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
    small_runs.check_nothing_half(tmp_path / "out")
    assert curator(recipe, "--block-size", "500").code == 0
    clean(recipe, lines)


def test_a_second_run_in_the_same_folder_is_one_line_and_disturbs_nothing(tmp_path: Path) -> None:
    recipe, lines = once(tmp_path, "wait")
    gate = tmp_path / "marks" / "gate"
    os.mkfifo(gate)
    first = subprocess.Popen(command(recipe), stderr=subprocess.PIPE)
    opened = open(gate, "wb")  # noqa: SIM115 - waits until the first run is in the middle
    second = curator(recipe)
    assert re.search(r"out: another run is writing here; wait for it or choose", second.line)
    opened.close()
    assert (first.wait(), first.stderr.read()) == (0, b"")
    first.stderr.close()
    gate.unlink()
    gate.touch()
    clean(recipe, lines)


def test_input_that_changed_after_a_kill_is_read_anew(tmp_path: Path) -> None:
    recipe, _ = once(tmp_path, "kill")
    assert process(recipe, "--block-size", "500").code == -9
    changed = (tmp_path / "in" / "a.jsonl").read_bytes().replace("行山".encode(), "行街".encode())
    (tmp_path / "in" / "a.jsonl").write_bytes(changed)
    assert curator(recipe, "--block-size", "500").code == 0
    assert b"\n".join(small_runs.lines(tmp_path / "out", "shards")) + b"\n" == changed
    clean(recipe, changed.splitlines())


CHANGING = """
    from pathlib import Path

    class Appender:
        def __init__(self, path):
            self.path = path

        def modify_document(self, text):
            if "第 30 次" in text:
                with open(self.path, "a") as file:
                    file.write('{"id": "new", "text": "new"}\\\\n')
            return text
"""


def test_input_that_changes_during_the_run_is_said(tmp_path: Path) -> None:
    (tmp_path / "changing.py").write_text(textwrap.dedent(CHANGING))
    good_file(tmp_path / "in" / "a.jsonl", 1, 60)
    fields = json.dumps({"path": str(tmp_path / "in" / "a.jsonl")})
    recipe = write_recipe(tmp_path, f"stages: [Modify: {{'changing:Appender': {fields}}}]\n")
    said = curator(recipe, "--block-size", "500")
    assert re.search(r"a\.jsonl: changed during the run; run again", said.line)
    small_runs.check_nothing_half(tmp_path / "out")


def test_memory_that_runs_out_is_one_line_and_drops_no_document(tmp_path: Path) -> None:
    (tmp_path / "hungry.py").write_text(
        textwrap.dedent(
            """
            class Hungry:
                def modify_document(self, text):
                    raise MemoryError
            """
        )
    )
    good_file(tmp_path / "in" / "a.jsonl", 1, 3)
    said = curator(write_recipe(tmp_path, "stages: [Modify: 'hungry:Hungry']\n"))
    assert said.line == ("curator: out of memory; take a smaller --block-size or fewer --n-workers")
    small_runs.check_nothing_half(tmp_path / "out")
