"""A small corpus around one fault, the run over it, and what every run has to keep."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from curator.cli import main
from curator.manifest import read_manifest

NOT_RESULTS = ("work", "timings.json", "report.html")
"""What a run folder holds that may differ between two runs of the same bytes."""


def good_line(number: int) -> bytes:
    """One line of input, written as shards are written, so that it comes out byte for byte."""
    text = f"今日天氣好好，我哋第 {number} 次去行山囉。"
    return json.dumps(
        {"id": f"good-{number}", "text": text}, ensure_ascii=False, separators=(",", ":")
    ).encode()


def good_file(path: Path, first: int, last: int) -> list[bytes]:
    """Write good lines ``first`` to ``last`` and return them."""
    lines = [good_line(number) for number in range(first, last + 1)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(lines) + b"\n")
    return lines


def write_recipe(folder: Path, rest: str = "", source: Any = None, name: str = "r.yaml") -> Path:
    """Write a recipe over ``folder/in`` into ``folder/out``; ``rest`` is more of it, in YAML."""
    recipe = folder / name
    source = str(folder / "in") if source is None else source
    head = {"name": "t", "input": source, "output": str(folder / "out")}
    keys = "".join(f"{key}: {json.dumps(value)}\n" for key, value in head.items())
    recipe.write_text(keys + rest, encoding="utf-8")
    return recipe


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    errors: str

    @property
    def line(self) -> str:
        """The one line of the error, after checking that it is one and no traceback."""
        assert self.code not in (0, None), "the run should have stopped"
        lines = self.errors.splitlines()
        assert len(lines) == 1, self.errors
        assert lines[0].startswith("curator: "), self.errors
        assert self.errors.isprintable() or self.errors[:-1].isprintable()
        return lines[0]


def curator(recipe: Path, *options: str) -> Said:
    """Run ``curator run RECIPE --quiet`` in this process."""
    done = CliRunner().invoke(main, ["run", str(recipe), "--quiet", *options])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stderr)


def command(recipe: Path, *options: str) -> list[str]:
    """The same as a command line for a process of its own."""
    return [sys.executable, "-m", "curator.cli", "run", str(recipe), "--quiet", *options]


def process(recipe: Path, *options: str, **more: Any) -> Said:
    """Run the command as a process of its own."""
    done = subprocess.run(command(recipe, *options), capture_output=True, check=False, **more)
    return Said(done.returncode, done.stderr.decode("utf-8", "replace"))


def rows(run: Path, key: str) -> list[dict[str, Any]]:
    """The documents of all shards (``"shards"``) or of the ledger (``"ledger"``), in order."""
    return [json.loads(line) for line in lines(run, key)]


def lines(run: Path, key: str) -> list[bytes]:
    """The same as the lines of the files."""
    found: list[bytes] = []
    for record in read_manifest(run)[key]:
        data = (run / record["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == record["sha256"]
        found += data.splitlines()
    return found


def check_account(run: Path, documents_in: int) -> None:
    """Check that in = kept + dropped, in the manifest and in the files."""
    counts = read_manifest(run)["counts"]
    assert counts["documents_in"] == documents_in
    assert counts["kept"] == len(rows(run, "shards"))
    assert counts["dropped"] == len(rows(run, "ledger"))
    assert counts["kept"] + counts["dropped"] == documents_in


def check_nothing_half(run: Path) -> None:
    """Check that a stopped run left no manifest and no shard that is not whole."""
    assert not (run / "manifest.json").exists()
    for folder in ("shards", "dropped"):
        for path in (run / folder).glob("*") if (run / folder).is_dir() else ():
            data = path.read_bytes()
            assert path.suffix == ".jsonl", path
            assert data.endswith(b"\n"), path
            for line in data.splitlines():
                json.loads(line)


def results(run: Path) -> dict[str, str]:
    """Hashes of all files that are results; of the manifest, without the version of the code."""
    found = {}
    for path in sorted(run.rglob("*")):
        name = path.relative_to(run)
        if not path.is_file() or name.parts[0] in NOT_RESULTS:
            continue
        data = path.read_bytes()
        if name.as_posix() == "manifest.json":
            data = re.sub(rb'"code_version": "[^"]*"', b"", data, count=1)
        found[name.as_posix()] = hashlib.sha256(data).hexdigest()
    return found


def fingerprints(folder: Path) -> dict[str, tuple[int, str]]:
    """Time of change and hash of every file of the caller's data."""
    return {
        os.fsdecode(os.fsencode(path)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def assert_same(found: Sequence[bytes], expected: Sequence[bytes]) -> None:
    """Compare without printing megabytes."""
    assert len(found) == len(expected)
    for left, right in zip(found, expected, strict=True):
        assert left == right
