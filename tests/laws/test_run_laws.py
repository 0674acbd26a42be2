"""The laws for a whole run: bytes do not depend on workers, blocks, order or interruptions."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from curator.errors import DataError, RecipeError, ResourceError
from curator.manifest import read_manifest
from curator.recipe import Recipe, load_recipe
from curator.run import RunOptions, run_recipe
from tests import documents

RECIPE = """
name: small
language: yue
input: {input}
output: {output}
stages:
  - Modify: UnicodeReformatter
  - Modify: NewlineNormalizer
  - Modify: UrlRemover
  - ScoreFilter: {{LengthFilter: {{min_characters: 5}}, score_field: n}}
  - ExactDuplicates: {{}}
  - FuzzyDuplicates: {{min_key_characters: 20}}
  - ScoreFilter: {{RunLengthFilter: {{}}}}
shards: {{target_bytes: 4000}}
vocabulary: {{}}
tokenizer: {{vocab_size: 600}}
tokens: {{valid_fraction: 0.1}}
"""

UNORDERED = ("work", "timings.json")
"""What a run folder holds that is not a result."""


def write_corpus(folder: Path, n_documents: int = 400) -> None:
    """Write jsonl files of made-up documents with copies, damage and fields of several types."""
    chance = random.Random(7)
    sentences = [*documents.CANTONESE, *documents.JAVANESE, *documents.COMBINING]
    lines: list[bytes] = []
    for number in range(n_documents):
        text = "\n".join(chance.choices(sentences, k=chance.randint(1, 6)))
        text += f" {chance.randint(0, 10**9)}" if chance.random() < 0.8 else ""
        row = {"id": f"doc-{number}", "text": text, "title": f"題 {number}", "n_views": number}
        if number % 50 == 0:
            row["tags"] = ["a", {"b": None}]
        if number % 70 == 3:
            row["n_views"] = "many"
        lines.append(json.dumps(row, ensure_ascii=False).encode())
    lines[10] = b'{"id": "broken", "text": "abc'
    lines[20] = b'{"id": "bytes", "text": "\xff\xfe"}'
    lines[30] = b'{"id": "none", "text": null}'
    lines[40] = b'{"id": "doc-41", "text": "repeated id, other text, long enough to be kept"}'
    folder.mkdir()
    third = len(lines) // 3
    (folder / "a.jsonl").write_bytes(b"\n".join(lines[:third]) + b"\n")
    (folder / "b.jsonl").write_bytes(b"\r\n".join(lines[third : 2 * third]))
    with gzip.open(folder / "c.jsonl.gz", "wb") as file:
        file.write(b"\n".join(lines[2 * third :]) + b"\n\n")
    (folder / "empty.jsonl").touch()


def recipe(tmp_path: Path, output: str, source: str | None = None) -> Recipe:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.format(input=source or (tmp_path / "in"), output=tmp_path / output))
    return load_recipe(path)


def results(run: Path) -> dict[str, str]:
    """Hashes of every result file of a run."""
    return {
        path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.relative_to(run).parts[0] not in UNORDERED
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A corpus in ``in`` and a finished run with one worker in ``one``."""
    folder = tmp_path_factory.mktemp("runs")
    write_corpus(folder / "in")
    run_recipe(recipe(folder, "one"))
    return folder, results(folder / "one")


def without_report(files: dict[str, str]) -> dict[str, str]:
    """All but the report, which shows how long the run took."""
    return {name: value for name, value in files.items() if name != "report.html"}


def test_every_document_is_kept_or_in_the_ledger(
    finished: tuple[Path, dict[str, str]],
) -> None:
    folder, _ = finished
    manifest = read_manifest(folder / "one")
    counts = manifest["counts"]
    assert counts["documents_in"] == 400
    assert counts["kept"] + counts["dropped"] == 400
    kept, ledger = [], []
    for target, key in ((kept, "shards"), (ledger, "ledger")):
        for record in manifest[key]:
            lines = (folder / "one" / record["path"]).read_text("utf-8").splitlines()
            target.extend(json.loads(line) for line in lines)
    assert len(kept) == counts["kept"]
    assert len(ledger) == counts["dropped"]
    names = [row["id"] for row in (*kept, *ledger)]
    assert len(set(names)) == 399  # one id is given twice
    reasons = {row["reason"] for row in ledger}
    assert {"invalid_json", "invalid_utf8", "null_text", "repeated_id"} <= reasons
    assert all(row["dropped_by"] and row["file"] and row["line"] for row in ledger)
    broken = next(row for row in ledger if row["reason"] == "invalid_json")
    assert (broken["file"], broken["line"]) == ("a.jsonl", 11)


def test_fields_of_every_type_come_out_as_they_went_in(
    finished: tuple[Path, dict[str, str]],
) -> None:
    folder, _ = finished
    manifest = read_manifest(folder / "one")
    rows = {}
    for record in (*manifest["shards"], *manifest["ledger"]):
        for line in (folder / "one" / record["path"]).read_text("utf-8").splitlines():
            row = json.loads(line)
            rows[row["id"]] = row
    assert rows["doc-50"]["tags"] == ["a", {"b": None}]
    assert rows["doc-3"]["n_views"] == "many"
    assert rows["doc-5"]["n_views"] == 5
    assert rows["doc-5"]["title"] == "題 5"


@pytest.mark.parametrize("block_size", [700, 5_000, 10**9])
def test_block_size_changes_nothing(finished: tuple[Path, dict[str, str]], block_size: int) -> None:
    folder, expected = finished
    run_recipe(recipe(folder, f"blocks{block_size}"), RunOptions(block_size=block_size))
    assert without_report(results(folder / f"blocks{block_size}")) == without_report(expected)


def test_four_workers_change_nothing(finished: tuple[Path, dict[str, str]]) -> None:
    folder, expected = finished
    command = [
        sys.executable, "-m", "curator.cli", "run", str(folder / "recipe.yaml"),
        "--set", f"output={folder / 'four'}", "--n-workers", "4", "--block-size", "12K",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert without_report(results(folder / "four")) == without_report(expected)


def test_the_order_in_which_files_are_named_changes_nothing(
    finished: tuple[Path, dict[str, str]],
) -> None:
    folder, expected = finished
    names = [
        str(folder / "in" / name) for name in ("c.jsonl.gz", "empty.jsonl", "b.jsonl", "a.jsonl")
    ]
    run_recipe(recipe(folder, "order", json.dumps(names)))
    shards = {k: v for k, v in results(folder / "order").items() if k.startswith("shards/")}
    assert shards == {k: v for k, v in expected.items() if k.startswith("shards/")}


def test_a_second_start_does_nothing_again_and_gives_the_same(
    finished: tuple[Path, dict[str, str]],
) -> None:
    folder, expected = finished
    parts = sorted((folder / "one" / "work").rglob("*.parquet"))
    times = [path.stat().st_mtime_ns for path in parts]
    assert parts
    run_recipe(recipe(folder, "one"))
    assert [path.stat().st_mtime_ns for path in parts] == times
    assert without_report(results(folder / "one")) == without_report(expected)


def test_a_run_killed_anywhere_and_restarted_gives_the_same_bytes(
    finished: tuple[Path, dict[str, str]],
) -> None:
    folder, expected = finished
    command = [
        sys.executable, "-m", "curator.cli", "run", str(folder / "recipe.yaml"),
        "--set", f"output={folder / 'killed'}", "--block-size", "2K",
    ]  # fmt: skip
    chance = random.Random(3)
    kills = 0
    for _ in range(8):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        # Wait for one more file than last time, then kill: every try dies at another place.
        seen = sum(1 for _ in (folder / "killed").rglob("*"))
        wanted = seen + chance.randint(3, 40)
        while process.poll() is None and sum(1 for _ in (folder / "killed").rglob("*")) < wanted:
            time.sleep(0.01)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills >= 2
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert without_report(results(folder / "killed")) == without_report(expected)
    leftovers = [p for p in (folder / "killed").rglob("*") if ".tmp" in p.name]
    assert not [p for p in leftovers if p.parent.name in ("shards", "dropped")]


def test_strict_stops_at_the_first_bad_line(finished: tuple[Path, dict[str, str]]) -> None:
    folder, _ = finished
    strict = recipe(folder, "strict")
    with pytest.raises(DataError, match=r"a\.jsonl:11"):
        run_recipe(strict, RunOptions(strict=True))
    assert not (folder / "strict" / "manifest.json").exists()


def test_a_changed_recipe_runs_again_only_from_the_change(
    finished: tuple[Path, dict[str, str]],
) -> None:
    folder, _ = finished
    run_recipe(recipe(folder, "changed"))
    first = {
        p: p.stat().st_mtime_ns
        for p in (folder / "changed" / "work" / "stages").rglob("part-*.parquet")
    }
    path = folder / "changed.yaml"
    path.write_text(
        (folder / "recipe.yaml").read_text().replace("min_key_characters: 20", "jaccard: 0.9")
    )
    run_recipe(load_recipe(path, [f"output={folder / 'changed'}"]))
    after = {
        p: p.stat().st_mtime_ns
        for p in (folder / "changed" / "work" / "stages").rglob("part-*.parquet")
    }
    assert first.items() <= after.items()
    assert len(after) > len(first)


def test_changed_bytes_are_seen_even_when_size_and_time_are_not(tmp_path: Path) -> None:
    write_corpus(tmp_path / "in", 60)
    run_recipe(recipe(tmp_path, "out"))
    path = tmp_path / "in" / "a.jsonl"
    before = path.stat()
    first = path.read_bytes()
    path.write_bytes(first.replace("今日".encode(), "尋日".encode()))
    assert path.read_bytes() != first
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    result = run_recipe(recipe(tmp_path, "out"))
    texts = "".join((tmp_path / "out" / s["path"]).read_text("utf-8") for s in result["shards"])
    assert "尋日" in texts
    assert result["inputs"][0]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_edited_filter_of_the_users_runs_again(tmp_path: Path) -> None:
    write_corpus(tmp_path / "in", 60)
    source = tmp_path / "my_filters.py"
    source.write_text(
        "from curator.filters import DocumentFilter\n"
        "LIMIT = 30\n"
        "class Long(DocumentFilter):\n"
        "    def score_document(self, text):\n        return len(text)\n"
        "    def keep_document(self, score):\n        return score >= LIMIT\n"
    )
    (tmp_path / "recipe.yaml").write_text(
        f"name: mine\ninput: {tmp_path / 'in'}\noutput: {tmp_path / 'out'}\n"
        'stages:\n  - ScoreFilter: {"my_filters:Long": {}}\n'
    )
    command = [sys.executable, "-m", "curator.cli", "run", str(tmp_path / "recipe.yaml")]
    kept = []
    for limit in (30, 90):
        source.write_text(source.read_text().replace("LIMIT = 30", f"LIMIT = {limit}"))
        # Python keeps what it compiled by size and whole second; nobody edits twice in one.
        os.utime(source, (limit, limit))
        subprocess.run(command, check=True, capture_output=True)
        kept.append(read_manifest(tmp_path / "out")["counts"]["kept"])
    assert kept[0] > kept[1] > 0


def test_a_finished_run_outlives_a_mistake_in_the_next_recipe(tmp_path: Path) -> None:
    write_corpus(tmp_path / "in", 60)
    run_recipe(recipe(tmp_path, "out"))
    before = results(tmp_path / "out")
    path = tmp_path / "recipe.yaml"
    path.write_text(path.read_text().replace("score_field: n", "text_field: txet"))
    with pytest.raises(RecipeError, match="'txet'"):
        run_recipe(load_recipe(path))
    assert results(tmp_path / "out") == before


def test_a_file_that_is_not_the_recorded_one_is_found(tmp_path: Path) -> None:
    write_corpus(tmp_path / "in", 60)
    run_recipe(recipe(tmp_path, "out"))
    command = [sys.executable, "-m", "curator.cli", "verify", str(tmp_path / "out")]
    assert (
        "are intact" in subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    words = tmp_path / "out" / "vocabulary" / "words.tsv"
    words.write_text(words.read_text("utf-8") + "x", "utf-8")
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "words.tsv" in done.stderr


def test_two_runs_may_not_share_a_folder(tmp_path: Path) -> None:
    write_corpus(tmp_path / "in", 60)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("mine")
    with pytest.raises(ResourceError, match="not a run folder"):
        run_recipe(recipe(tmp_path, "out"))
    assert (tmp_path / "out" / "letter.txt").read_text() == "mine"


def test_a_missing_input_is_said_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "curator.cli", "run", "recipe.yaml"]
    (tmp_path / "recipe.yaml").write_text("name: x\ninput: nowhere\noutput: out\n")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out" / "shards").exists()


FAULTS = [
    ("stages:", "stage:", r"recipe.yaml:6: no key 'stage'; did you mean 'stages'"),
    ("UrlRemover", "UrlRemovr", r"yaml:9: no modifier is named 'UrlRemovr'; .* 'UrlRemover'"),
    ("min_characters:", "min_caracters:", r"yaml:10: LengthFilter has no field 'min_caracters'"),
    ("characters: 5", "characters: five", r"yaml:10: LengthFilter.min_characters must be .*'five'"),
    ("score_field: n", "text_field: body", r"reads column 'body'"),
    ("language: yue", "language: [yue", r"recipe.yaml:\d+:\d+: not YAML"),
    ("name: small", "name: a/b", r"recipe.yaml:2: name 'a/b'"),
    ("tokenizer: {vocab_size: 600}", "", r"tokens need a tokenizer"),
]


@pytest.mark.parametrize(("old", "new", "message"), FAULTS)
def test_a_fault_in_a_recipe_names_line_and_mend(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    write_corpus(tmp_path / "in", 60)
    recipe(tmp_path, "out")
    path = tmp_path / "recipe.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(RecipeError, match=message):
        run_recipe(load_recipe(path))
    assert not (tmp_path / "out" / "shards").exists()
