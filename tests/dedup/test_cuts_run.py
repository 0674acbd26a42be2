"""A run that cuts: what is in the shards and what was cut are together what went in."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from curator.cli import main
from curator.errors import ManifestError
from curator.manifest import read_manifest, verify_file
from curator.recipe import Recipe, load_recipe
from curator.report.ledger import ledger_summary
from curator.report.report import render
from curator.report.table import closing_table
from curator.run import RunOptions, run_recipe
from tests import documents
from tests.laws.small_runs import results, rows

RECIPE = """
name: cutting
language: yue
input: {folder}/in
output: {folder}/{output}
stages:
  - ScoreFilter: {{LengthFilter: {{min_characters: 3}}}}
  - DuplicateLines: {{min_share: 0.01, name: lines}}
  - ScoreFilter: {{LengthFilter: {{min_characters: 3}}, name: again}}
  - ExactSubstrings: {{min_characters: 60, name: stretches}}
  - SkeletonDuplicates: {{min_documents: 3, keep: 2}}
  - ExactDuplicates: {{}}
shards: {{target_bytes: 3000}}
"""
MENU = ["主頁 | 關於我哋 | 聯絡方法", "Beranda · Tentang kami · Kontak", "मुखपृष्ठ | हमारे बारे में"]


def write_corpus(folder: Path, n_documents: int = 150) -> dict[str, str]:
    """Write documents of three sites with menus, in two files, and return texts by id."""
    chance = random.Random(5)
    sentences = [*documents.CANTONESE, *documents.JAVANESE, *documents.COMBINING]
    texts = {}
    lines = []
    for number in range(n_documents):
        body = "\n".join(chance.choices(sentences, k=chance.randint(1, 3)))
        site = number % 3
        text = f"{MENU[site]}\n第 {number} 篇\n{body}\n{MENU[site]}"
        if number % 40 == 7:
            text = MENU[site] + "\n"
        texts[f"d{number}"] = text
        row = {"id": f"d{number}", "text": text, "url": f"https://www.site{site}.example/{number}"}
        lines.append(json.dumps(row, ensure_ascii=False).encode())
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(b"\n".join(lines[:60]) + b"\n")
    (folder / "b.jsonl").write_bytes(b"\n".join(lines[60:]))
    return texts


def recipe(folder: Path, output: str) -> Recipe:
    path = folder / f"{output}.yaml"
    path.write_text(RECIPE.format(folder=folder, output=output), "utf-8")
    return load_recipe(path)


Finished = tuple[Path, dict[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The folder, the texts that went in by id, and the manifest of a run into ``one``."""
    folder = tmp_path_factory.mktemp("cutting")
    texts = write_corpus(folder / "in")
    return folder, texts, run_recipe(recipe(folder, "one"))


def put_back(text: str, cuts: list[dict[str, Any]]) -> str:
    """Return the text as it was before the cuts: later stages undone first, first places first."""
    stages = list(dict.fromkeys(cut["stage"] for cut in cuts))
    for stage in reversed(stages):
        for cut in (cut for cut in cuts if cut["stage"] == stage):
            text = text[: cut["start"]] + cut["text"] + text[cut["start"] :]
            assert cut["end"] - cut["start"] == len(cut["text"])
    return text


def test_shards_and_cuts_together_are_what_went_in(finished: Finished) -> None:
    folder, texts, manifest = finished
    cuts: dict[str, list[dict[str, Any]]] = {}
    for row in rows(folder / "one", "cuts"):
        cuts.setdefault(row["id"], []).append(row)
    kept, dropped = rows(folder / "one", "shards"), rows(folder / "one", "ledger")
    for row in (*kept, *dropped):
        assert put_back(row["text"], cuts.get(row["id"], [])) == texts[row["id"]]
    assert len(kept) + len(dropped) == len(texts) == manifest["counts"]["documents_in"]
    assert {row["reason"] for row in dropped} >= {"nothing_left", "same_skeleton"}
    assert {cut["stage"] for found in cuts.values() for cut in found} == {"lines", "stretches"}
    assert all(any(menu in row["text"] for menu in MENU) is False for row in kept)


def test_the_manifest_counts_the_cuts(finished: Finished) -> None:
    folder, _, manifest = finished
    every = rows(folder / "one", "cuts")
    found = [row for row in every if row["stage"] == "lines"]
    characters = sum(len(row["text"]) for row in found)
    stages = {stage["name"]: stage for stage in manifest["counts"]["stages"]}
    assert stages["lines"]["cuts"] == {
        "number": len(found),
        "characters": characters,
        "reasons": {"duplicate_line": len(found)},
    }
    assert stages["lines"]["changed"] == len({row["id"] for row in found})
    assert stages["again"]["cuts"] is None
    assert manifest["counts"]["cuts"] == sum(file["cuts"] for file in manifest["cuts"])
    assert manifest["counts"]["characters_cut"] == sum(len(row["text"]) for row in every)
    first = found[0]
    assert list(first) == [
        "id", "file", "line", "stage", "column", "start", "end", "text", "reason", "value",
        "duplicate_of",
    ]  # fmt: skip
    assert (first["id"], first["file"], first["line"], first["value"]) == ("d0", "a.jsonl", 1, "50")


@pytest.mark.parametrize("block_size", [600, 5_000])
def test_block_size_changes_nothing(finished: Finished, block_size: int) -> None:
    folder = finished[0]
    run_recipe(recipe(folder, f"b{block_size}"), RunOptions(block_size=block_size))
    assert results(folder / f"b{block_size}") == results(folder / "one")


def command(folder: Path, output: str, *options: str) -> list[str]:
    recipe(folder, output)
    path = str(folder / f"{output}.yaml")
    return [sys.executable, "-m", "curator.cli", "run", path, "--quiet", *options]


def test_two_workers_change_nothing(finished: Finished) -> None:
    folder = finished[0]
    options = ("--n-workers", "2", "--block-size", "4K")
    done = subprocess.run(command(folder, "two", *options), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert results(folder / "two") == results(folder / "one")


def test_a_run_killed_anywhere_and_restarted_gives_the_same_bytes(finished: Finished) -> None:
    folder = finished[0]
    line = command(folder, "killed", "--block-size", "2K")
    chance = random.Random(1)
    kills = 0
    for _ in range(5):
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wanted = sum(1 for _ in (folder / "killed").rglob("*")) + chance.randint(5, 50)
        while process.poll() is None and sum(1 for _ in (folder / "killed").rglob("*")) < wanted:
            time.sleep(0.005)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills >= 2
    done = subprocess.run(line, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert results(folder / "killed") == results(folder / "one")


def test_a_ledger_of_cuts_changed_by_hand_is_found_out(finished: Finished) -> None:
    folder = finished[0]
    run_recipe(recipe(folder, "spoilt"))
    done = CliRunner().invoke(main, ["verify", str(folder / "spoilt")])
    assert done.exit_code == 0, done.output
    assert f"{read_manifest(folder / 'spoilt')['counts']['cuts']} cuts" in done.output
    record = read_manifest(folder / "spoilt")["cuts"][0]
    path = folder / "spoilt" / record["path"]
    path.write_bytes(path.read_bytes() + b"{}\n")
    with pytest.raises(ManifestError, match="the file changed after the run"):
        verify_file(folder / "spoilt", record["path"], record["sha256"])
    assert CliRunner().invoke(main, ["verify", str(folder / "spoilt")]).exit_code == 1
    assert ledger_summary(folder / "spoilt", width=400).splitlines()[-1].startswith("✗")


def test_terminal_and_page_show_the_cuts(finished: Finished) -> None:
    folder, _, manifest = finished
    n_cuts = manifest["counts"]["cuts"]
    summary = ledger_summary(folder / "one", width=100)
    assert "cut out of documents" in summary
    assert "duplicate_line" in summary
    assert f"{n_cuts} cuts = " in summary.splitlines()[-1] + " "
    assert "✓" in summary
    only = ledger_summary(folder / "one", width=100, stage="lines")
    assert "nothing_left" in only
    assert f"{n_cuts:,} cuts of {manifest['counts']['characters_cut']:,}" in closing_table(manifest)
    page = render(folder / "one")
    assert f"{n_cuts} stretches" in page
    assert "cut: <bdi>duplicate_line</bdi>" in page
    lines = (folder / "one" / "samples.jsonl").read_bytes().splitlines()
    shown = [json.loads(line) for line in lines]
    changed = [row for row in shown if row["kind"] == "changed" and row["stage"] == "lines"]
    assert len(changed) == 12
    assert all(len(row["after"]) < len(row["before"]) for row in changed)


def test_a_recipe_that_cuts_no_more_leaves_no_ledger_of_cuts(finished: Finished) -> None:
    folder = finished[0]
    run_recipe(recipe(folder, "less"))
    assert (folder / "less" / "cuts").is_dir()
    path = folder / "less.yaml"
    path.write_text(
        "".join(
            line
            for line in path.read_text("utf-8").splitlines(True)
            if "Lines" not in line and "Substrings" not in line
        ),
        "utf-8",
    )
    manifest = run_recipe(load_recipe(path))
    assert manifest["cuts"] == []
    assert not (folder / "less" / "cuts").exists()
