"""deduplicate(): lines are copied or accounted for, and nothing but the input decides which."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import curator.deduplicate as deduplicating
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.deduplicate import DedupOptions, deduplicate
from curator.errors import RecipeError, ResourceError
from curator.io.atomic import TEMPORARY_PREFIX
from curator.io.jsonl import JsonlReader
from curator.manifest import read_manifest
from curator.recipe import load_recipe
from curator.run import run_recipe
from tests.dedup.corpus import cantonese, edited, javanese

HINDI = ["नदी", "पहाड़", "बच्चे", "दादी", "कहानी", "आज", "सुबह", "मौसम", "अच्छा", "घूमने", "गाँव", "रात"]
KILLED = """
import sys
from pathlib import Path
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.deduplicate import DedupOptions, deduplicate
from curator.io.jsonl import JsonlReader

options = DedupOptions(n_workers=2, block_size=3000, target_bytes=20_000)
deduplicate(JsonlReader(sys.argv[1]), Path(sys.argv[2]), FuzzyDuplicates(), options)
"""


def line(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(", ", ":")).encode()


def originals(rng: np.random.Generator) -> list[str]:
    """Return texts in three languages that have nothing to do with one another."""
    texts = [cantonese(rng, int(rng.integers(60, 300))) for _ in range(60)]
    texts += [javanese(rng, int(rng.integers(30, 90))) for _ in range(40)]
    texts += [" ".join(rng.choice(HINDI, int(rng.integers(30, 90))).tolist()) for _ in range(40)]
    return texts


def documents(seed: int = 0) -> list[bytes]:
    """Return lines: originals, copies of several kinds, short texts, damage, ids that repeat."""
    rng = np.random.default_rng(seed)
    texts = originals(rng)
    for text in texts[::2]:
        texts += [edited(rng, text, 4), text + "。"] if rng.random() < 0.7 else [text]
    texts += ["短", "短", "", "", "…", "Sugeng enjing", "sugeng enjing!"]
    rows = [
        line(id=f"d{i}", text=texts[i], title=f"題 {i}", n=i)
        for i in rng.permutation(len(texts)).tolist()
    ]
    rows[5] = b'{"id":"broken", "text":"abc'
    rows[40] = b'{"id":"bytes", "text":"\xff"}'
    rows[41] = b'{"id":"nan", "text":"nan", "score": NaN}'
    rows[42] = b'{"id":"field", "text":"bytes in a field", "note": "\xff"}'
    rows[70] = line(text="冇 id 嘅一行，" + texts[3][:50])
    rows[71] = line(id="d3", text="another text that has the id of a document")
    rows[72] = line(
        id="d3", text="and one more that has the id of a document", tags=[1, {"a": "b"}]
    )
    rows[90] = b""
    rows[91] = b"   "
    return rows


def write_input(folder: Path, rows: list[bytes]) -> Path:
    """Write lines to several files: plain, of another system, packed, and an empty one."""
    folder.mkdir()
    third = len(rows) // 3
    (folder / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + b"\n".join(rows[:third]) + b"\n")
    (folder / "b.jsonl").write_bytes(b"\r\n".join(rows[third : 2 * third]))
    (folder / "c.jsonl.gz").write_bytes(gzip.compress(b"\n".join(rows[2 * third :]) + b"\n"))
    (folder / "empty.jsonl").touch()
    return folder


def dedup(source: Path, output: Path, **options: Any) -> dict[str, Any]:
    rule = {key: options.pop(key) for key in ("jaccard", "aligned", "seed") if key in options}
    return deduplicate(
        JsonlReader(str(source)), output, FuzzyDuplicates(**rule), DedupOptions(**options)
    )


def lines_of(output: Path, key: str) -> list[bytes]:
    """Return the lines of the files that the manifest records, after checking their hashes."""
    found = []
    for record in read_manifest(output)[key]:
        data = (output / record["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == record["sha256"]
        assert len(data) == record["bytes"]
        assert data.count(b"\n") == record["documents"]
        assert data[-1:] in (b"", b"\n")
        found += data.split(b"\n")[:-1]
    return found


def rows_of(output: Path, key: str) -> list[dict[str, Any]]:
    """Return the documents of the files, without fields that are null."""
    rows = [json.loads(line) for line in lines_of(output, key)]
    return [{name: row[name] for name in row if row[name] is not None} for row in rows]


def results(output: Path) -> dict[str, str]:
    """Return the hashes of all results; of the manifest, without the version of the code."""
    found = {}
    for path in sorted(output.rglob("*")):
        name = path.relative_to(output)
        if path.is_file() and name.parts[0] != "work":
            data = path.read_bytes()
            if name.as_posix() == "manifest.json":
                data = re.sub(rb'"code_version": "[^"]*"', b"", data, count=1)
            found[name.as_posix()] = hashlib.sha256(data).hexdigest()
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An input in ``in`` and its deduplication in ``one``."""
    folder = tmp_path_factory.mktemp("dedup")
    write_input(folder / "in", documents())
    dedup(folder / "in", folder / "one")
    return folder


def test_kept_lines_are_copied_byte_for_byte_in_their_order(finished: Path) -> None:
    given = [row for row in documents() if row.strip()]
    kept = lines_of(finished / "one", "shards")
    places = [given.index(row) for row in kept]
    assert places == sorted(places)
    assert len(set(kept)) == len(kept)
    assert 140 <= len(kept) < 160


def test_every_line_is_kept_or_in_the_ledger_with_its_place_and_verdict(finished: Path) -> None:
    given = documents()
    counts = read_manifest(finished / "one")["counts"]
    kept, ledger = rows_of(finished / "one", "shards"), rows_of(finished / "one", "ledger")
    assert counts["documents_in"] == sum(bool(row.strip()) for row in given)
    assert (counts["kept"], counts["dropped"]) == (len(kept), len(ledger))
    assert counts["kept"] + counts["dropped"] == counts["documents_in"]
    third = len(given) // 3
    firsts = {"a.jsonl": 0, "b.jsonl": third, "c.jsonl.gz": 2 * third}
    dropped = []
    for row in ledger:
        source = given[firsts[row["file"]] + row["line"] - 1]
        dropped.append(source)
        if row["dropped_by"] == "reader":
            assert row["id"] == f"{row['file']}:{row['line']}"
            continue
        fields = json.loads(source)
        assert {name: row[name] for name in fields} == fields
    assert sorted([*lines_of(finished / "one", "shards"), *dropped]) == sorted(
        row for row in given if row.strip()
    )


def test_a_dropped_document_names_a_kept_one_and_how_alike_they_are(finished: Path) -> None:
    names = {row["id"] for row in rows_of(finished / "one", "shards") if "id" in row}
    ledger = rows_of(finished / "one", "ledger")
    reasons: dict[str, int] = {}
    for row in ledger:
        reasons[row["reason"]] = reasons.get(row["reason"], 0) + 1
        if row["reason"] in ("same_key", "fuzzy_duplicate"):
            assert row["dropped_by"] == "FuzzyDuplicates" or row["dropped_by"].startswith("fuzzy")
            assert row["duplicate_of"] in names
            assert row["cluster_id"]
            assert 0.7 <= float(row["value"]) <= 1
        else:
            assert row.get("duplicate_of") is None
    assert set(reasons) == {
        "same_key",
        "fuzzy_duplicate",
        "repeated_id",
        "invalid_json",
        "invalid_utf8",
    }
    assert reasons["invalid_utf8"] == 2
    stages = read_manifest(finished / "one")["counts"]["stages"]
    assert sum(stage["dropped"] for stage in stages) == len(ledger)


@pytest.mark.parametrize("rule", ["{}", "{jaccard: 0.5}", "{aligned: 0.7, seed: 3}"])
def test_the_result_is_that_of_a_recipe_with_the_stage_alone(
    finished: Path, tmp_path: Path, rule: str
) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"name: documents\nlanguage: yue\ninput: {finished / 'in'}\noutput: {tmp_path / 'run'}\n"
        f"stages:\n  - FuzzyDuplicates: {rule}\n"
    )
    run_recipe(load_recipe(recipe))
    options = {"{}": {}, "{jaccard: 0.5}": {"jaccard": 0.5}}.get(rule, {"aligned": 0.7, "seed": 3})
    dedup(finished / "in", tmp_path / "dedup", **options)
    expected, found = (rows_of(tmp_path / name, "shards") for name in ("run", "dedup"))
    # A document without an id has one in the shards of a run, and is copied as it is here.
    texts = [[row["text"] for row in rows] for rows in (expected, found)]
    assert texts[0] == texts[1]
    assert [row["id"] for row in found if "id" in row] == [
        row["id"] for row, copied in zip(expected, found, strict=True) if "id" in copied
    ]
    columns = ("id", "text", "file", "line", "reason", "value", "duplicate_of", "cluster_id")
    verdicts = [
        [{name: row.get(name) for name in columns} for row in rows_of(tmp_path / name, "ledger")]
        for name in ("run", "dedup")
    ]
    assert verdicts[0] == verdicts[1]
    keys = ("documents_in", "kept", "dropped", "characters_kept")
    counts = [read_manifest(tmp_path / name)["counts"] for name in ("run", "dedup")]
    assert [counts[0][key] for key in keys] == [counts[1][key] for key in keys]


@pytest.mark.parametrize("n_workers", [2, 4])
@pytest.mark.parametrize("block_size", [777, 3000])
def test_workers_do_not_change_a_byte(
    finished: Path, tmp_path: Path, n_workers: int, block_size: int
) -> None:
    same = {"target_bytes": 5000, "block_size": block_size}
    dedup(finished / "in", tmp_path / "one", **same)
    dedup(finished / "in", tmp_path / "other", n_workers=n_workers, **same)
    assert results(tmp_path / "other") == results(tmp_path / "one")
    assert len(read_manifest(tmp_path / "one")["shards"]) > 5


@pytest.mark.parametrize("block_size", [100, 3000, 20_000])
@pytest.mark.parametrize("target_bytes", [128 << 20, 5000])
def test_blocks_do_not_change_the_shards_and_the_verdicts(
    finished: Path, tmp_path: Path, block_size: int, target_bytes: int
) -> None:
    dedup(finished / "in", tmp_path / "one", target_bytes=target_bytes)
    dedup(finished / "in", tmp_path / "other", target_bytes=target_bytes, block_size=block_size)
    one, other = (read_manifest(tmp_path / name) for name in ("one", "other"))
    assert lines_of(tmp_path / "other", "shards") == lines_of(tmp_path / "one", "shards")
    assert results(tmp_path / "other") == results(tmp_path / "one")
    assert other == one
    assert len(one["shards"]) > 5 if target_bytes == 5000 else len(one["shards"]) == 1


def test_a_second_run_into_the_folder_leaves_the_same_bytes_and_no_old_shard(
    finished: Path, tmp_path: Path
) -> None:
    dedup(finished / "in", tmp_path / "out", target_bytes=3000)
    assert len(read_manifest(tmp_path / "out")["shards"]) > 5
    dedup(finished / "in", tmp_path / "out")
    dedup(finished / "in", tmp_path / "out", n_workers=3)
    assert results(tmp_path / "out") == results(finished / "one")


def test_a_killed_run_continues_to_the_same_bytes(tmp_path: Path) -> None:
    source = write_input(tmp_path / "in", documents(seed=5))
    dedup(source, tmp_path / "expected", block_size=3000, target_bytes=20_000)
    output = tmp_path / "out"
    chance = random.Random(2)
    command = [sys.executable, "-c", KILLED, str(source), str(output)]
    started = time.monotonic()
    subprocess.run([*command[:-1], str(tmp_path / "whole")], check=True)
    duration = time.monotonic() - started
    ended_by: list[int] = []
    for _ in range(6):
        process = subprocess.Popen(command)
        try:
            process.wait(timeout=duration * chance.uniform(0.4, 1.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        ended_by.append(process.returncode)
        if (output / "manifest.json").exists():
            found = results(output)
            whole = {name: found[name] for name in found if TEMPORARY_PREFIX not in name}
            assert whole == results(tmp_path / "expected")
    assert set(ended_by) <= {0, -signal.SIGKILL}
    subprocess.run(command, check=True)
    assert results(output) == results(tmp_path / "expected") == results(tmp_path / "whole")


@pytest.fixture(scope="module")
def with_pieces(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a process that was killed when it had written its shards."""
    output = tmp_path_factory.mktemp("killed") / "out"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(deduplicating._Run, "_forget", lambda run: None)
        dedup(finished / "in", output, n_workers=2)
    return output


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["finished", "pieces", "pieces without a verdict"])
def test_work_that_is_partly_there_is_gone_on_with(
    finished: Path, with_pieces: Path, tmp_path: Path, share: float, kind: str
) -> None:
    shutil.copytree(finished / "one" if kind == "finished" else with_pieces, tmp_path / "out")
    if kind == "pieces without a verdict":
        (verdict,) = (tmp_path / "out" / "work").rglob("living")
        verdict.unlink()
    rng = np.random.default_rng(int(share * 10))
    work = [path for path in sorted((tmp_path / "out" / "work").rglob("*")) if path.is_file()]
    assert len(work) > 10
    for path in work:
        if rng.random() < share:
            path.unlink()
    (tmp_path / "out" / "manifest.json").unlink()
    (tmp_path / "out" / "shards" / ".writing-0123456789abcdef").write_bytes(b"half")
    dedup(finished / "in", tmp_path / "out", n_workers=2)
    assert results(tmp_path / "out") == results(finished / "one")


def test_pieces_are_deleted_when_it_is_known_what_becomes_of_the_documents(
    finished: Path, with_pieces: Path
) -> None:
    before, after = (
        {path.name for folder in (run / "work").glob("dedup-*") for path in folder.iterdir()}
        for run in (with_pieces, finished / "one")
    )
    assert before - after == {"fuzzy", "ids"}
    assert "verdict" in after


@pytest.mark.parametrize("n_workers", [1, 3])
def test_a_run_stopped_while_it_writes_goes_on_from_what_it_found(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_workers: int
) -> None:
    class Stopped(Exception):
        pass

    def stop(*args: Any, **kwargs: Any) -> None:
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(deduplicating, "write_shards", stop)
        with pytest.raises(Stopped):
            dedup(finished / "in", tmp_path / "out", n_workers=n_workers)
    with monkeypatch.context() as patched:
        for name in ("read_part", "joined"):
            patched.setattr(deduplicating, name, stop)
        dedup(finished / "in", tmp_path / "out", n_workers=n_workers)
    assert results(tmp_path / "out") == results(finished / "one")


def test_changed_input_is_not_taken_for_the_same(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "in", tmp_path / "in")
    shutil.copytree(finished / "one", tmp_path / "out")
    with (tmp_path / "in" / "a.jsonl").open("ab") as file:
        file.write(line(id="new", text="新嘅一行") + b"\n")
    dedup(tmp_path / "in", tmp_path / "out")
    dedup(tmp_path / "in", tmp_path / "fresh")
    assert results(tmp_path / "out") == results(tmp_path / "fresh")
    assert "new" in {row.get("id") for row in rows_of(tmp_path / "out", "shards")}


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b" \r\n"])
def test_an_input_without_documents_gives_an_empty_result(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.jsonl").write_bytes(data)
    found = dedup(tmp_path / "a.jsonl", tmp_path / "out", n_workers=2)
    counts = found["counts"]
    assert (counts["documents_in"], counts["kept"], counts["dropped"]) == (0, 0, 0)
    assert found["ledger"] == []
    assert lines_of(tmp_path / "out", "shards") == []


def test_lines_that_are_no_documents_are_all_in_the_ledger(tmp_path: Path) -> None:
    rows = [b'{"text":', b"null", b"\xff\xfe", b'{"id":"a"}', b'{"text":"a", "n":NaN}']
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(rows))
    found = dedup(tmp_path / "a.jsonl", tmp_path / "out")
    counts = found["counts"]
    assert (counts["documents_in"], counts["kept"], counts["dropped"]) == (5, 0, 5)
    ledger = rows_of(tmp_path / "out", "ledger")
    assert [row["line"] for row in ledger] == [1, 2, 3, 4, 5]
    assert [row["dropped_by"] for row in ledger] == ["reader"] * 5
    assert lines_of(tmp_path / "out", "shards") == []


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("separator", [b"\n", b"\r\n"])
@pytest.mark.parametrize("block_size", [1, 25, 1 << 20])
def test_line_ends_and_the_mark_at_the_start_are_all_that_is_left_out(
    tmp_path: Path, ending: bytes, separator: bytes, block_size: int
) -> None:
    rows = [
        b'{ "text" : "\\u6c34 a" }',
        '{"text":"山　水"}'.encode(),
        b'{"id":7,"text":"e\\u0301"}',
    ]
    data = b"\xef\xbb\xbf" + separator.join(rows) + ending
    (tmp_path / "a.jsonl").write_bytes(data)
    dedup(tmp_path / "a.jsonl", tmp_path / "out", block_size=block_size)
    assert lines_of(tmp_path / "out", "shards") == rows


def test_of_repeated_ids_the_first_stays_and_the_ledger_says_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(
        line(id="x", text="第一行") + b"\n" + line(id="x", text="二")
    )
    (tmp_path / "a.jsonl").write_bytes(b"\n\n" + line(id="x", text="最先嘅一行"))
    dedup(tmp_path / "*.jsonl", tmp_path / "out", block_size=10)
    assert [row["text"] for row in rows_of(tmp_path / "out", "shards")] == ["最先嘅一行"]
    ledger = rows_of(tmp_path / "out", "ledger")
    assert [(row["file"], row["line"], row["reason"], row["value"]) for row in ledger] == [
        ("b.jsonl", 1, "repeated_id", "the first is at a.jsonl:3"),
        ("b.jsonl", 2, "repeated_id", "the first is at a.jsonl:3"),
    ]


def test_the_order_of_the_files_given_does_not_matter(finished: Path, tmp_path: Path) -> None:
    files = sorted(str(path) for path in (finished / "in").iterdir())
    for name, given in (("one", files), ("two", files[::-1])):
        deduplicate(JsonlReader(given), tmp_path / name, FuzzyDuplicates())
    left, right = results(tmp_path / "one"), results(tmp_path / "two")
    del left["manifest.json"], right["manifest.json"]  # it repeats the input as it was given
    assert left == right


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    source = write_input(tmp_path / "in", documents()[:30])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("mine")
    with pytest.raises(ResourceError, match="holds other files and is not a run folder"):
        dedup(source, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]
    for output in (source, source / "out"):
        with pytest.raises((RecipeError, ResourceError)):
            dedup(source, output)
    assert sorted(path.name for path in source.iterdir()) == [
        "a.jsonl",
        "b.jsonl",
        "c.jsonl.gz",
        "empty.jsonl",
    ]


def test_the_input_is_not_written_to(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "in", tmp_path / "in")
    before = {p.name: (p.read_bytes(), os.stat(p).st_mtime_ns) for p in (tmp_path / "in").iterdir()}
    dedup(tmp_path / "in", tmp_path / "out", n_workers=2, block_size=500)
    after = {p.name: (p.read_bytes(), os.stat(p).st_mtime_ns) for p in (tmp_path / "in").iterdir()}
    assert after == before


def test_a_line_with_returns_between_its_fields_goes_to_the_ledger_whole(tmp_path: Path) -> None:
    text = json.dumps("嗰日阿婆" * 40, ensure_ascii=False)
    lines = [f'{{"id":"a","text":{text}}}', f'{{"text":{text},\r"id":"b"}}', "no document"]
    (tmp_path / "in.jsonl").write_bytes("\n".join(lines).encode())
    deduplicate(JsonlReader(str(tmp_path / "in.jsonl")), tmp_path / "out", FuzzyDuplicates())
    copy, flawed = (json.loads(line) for line in lines_of(tmp_path / "out", "ledger"))
    assert (copy["id"], copy["line"], copy["duplicate_of"]) == ("b", 2, "a")
    assert (flawed["line"], flawed["reason"]) == (3, "invalid_json")


def test_whatever_a_name_is_the_ledger_is_json_and_has_all_fields(tmp_path: Path) -> None:
    texts = ["嗰日阿婆去街市買餸" * 20, "Dina iki aku lunga menyang pasar. " * 8, "आज मौसम " * 30]
    names = ['甲"乙\\', "tab\there", "e\u0301 नदी"]
    rows = []
    for text, name in zip(texts, names, strict=True):
        rows += [{"id": f"{name} {n}", "text": text + "!" * n, "n": n} for n in range(3)]
    ends = ["", "  ", "\t\r"]
    lines = [json.dumps(row) + ends[row["n"]] for row in rows]
    path = tmp_path / 'a "quoted\\ name.jsonl'
    path.write_text("\n".join(lines), "utf-8", newline="")
    deduplicate(JsonlReader(str(path)), tmp_path / "out", FuzzyDuplicates())
    kept = {row["id"] for row in rows_of(tmp_path / "out", "shards")}
    ledger = rows_of(tmp_path / "out", "ledger")
    assert len(kept) == 3
    assert len(ledger) == 6
    for row in ledger:
        assert row["file"] == path.name
        own = rows[row["line"] - 1]
        assert {name: row[name] for name in own} == own
        assert row["duplicate_of"] in kept
        assert row["cluster_id"] == row["id"].rpartition(" ")[0] + " 0"
        assert (row["dropped_by"], row["reason"]) == ("FuzzyDuplicates", "same_key")
