"""``curator dedup`` from the command line, and ``curator verify`` over what it wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from curator.cli import main
from curator.manifest import read_manifest
from tests.dedup.test_deduplicate import dedup, documents, results, write_input


def test_the_command_writes_the_same_and_verify_finds_it_intact(
    tmp_path: Path,
) -> None:
    source = write_input(tmp_path / "in", documents())
    dedup(source, tmp_path / "one")
    command = ["dedup", str(source), "--output", str(tmp_path / "out"), "--quiet"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    left, right = results(tmp_path / "out"), results(tmp_path / "one")
    del left["manifest.json"], right["manifest.json"]  # the command gives a list of inputs
    assert left == right
    counts = read_manifest(tmp_path / "out")["counts"]
    verified = CliRunner().invoke(main, ["verify", str(tmp_path / "out")])
    assert verified.exit_code == 0, verified.output
    assert f"in {counts['documents_in']} = kept {counts['kept']}" in verified.output
    shard = tmp_path / "out" / read_manifest(tmp_path / "out")["shards"][0]["path"]
    shard.write_bytes(shard.read_bytes().replace("佢".encode(), "我".encode(), 1))
    assert CliRunner().invoke(main, ["verify", str(tmp_path / "out")]).exit_code != 0


def test_documents_are_deduplicated_without_loading_pandas(tmp_path: Path) -> None:
    texts = ["佢哋食咗飯未呀？" * 20, "Dina iki aku lunga menyang pasar. " * 8, "आज मौसम " * 30]
    rows = [{"id": text[:4] + "!" * n, "text": text + "!" * n} for text in texts for n in range(2)]
    rows.append({"id": "Dina", "text": "an id that was there"})
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (tmp_path / "in.jsonl").write_text("\n\n".join(lines), "utf-8")
    code = """
import sys
from curator.cli import main
try:
    main(["dedup", "in.jsonl", "-o", "out", "--n-workers", "2"])
finally:
    print(sorted({"pandas", "fsspec", "dask"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "in 7 = kept 3 + dropped 4" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
