"""Deduplication against an index: two runs give what one run over both would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curator.dedup.fuzzy import FuzzyDuplicates
from curator.deduplicate import CHANGES, DedupOptions, deduplicate, index
from curator.deduplicate.index import INDEX
from curator.errors import ManifestError
from curator.io.jsonl import JsonlReader

SYLLABLES = [c + v + f for c in "bdgjklmnprstw" for v in "aeiou" for f in ("", "ng", "n", "h")]
HAN = "阿婆每朝早五點就起身行落街市買餸佢話以前嘅檔主個識實送條葱而家好多執咗得返幾老坊"
MARKED = ["কি", "খো", "গা", "নৌ", "বাং", "ল্য", "শে", "হৃ", "রূ", "দু", "তী", "মৃ", "ণি", "জ্ঞ"]


def texts(rng: np.random.Generator, n: int) -> list[str]:
    """Return long texts, a third each of Han, Latin and Bengali characters, all different."""
    found = []
    for number in range(n):
        if number % 3 == 0:
            found.append("".join(rng.choice(list(HAN), 260)))
        elif number % 3 == 1:
            words = ["".join(rng.choice(SYLLABLES, rng.integers(1, 4))) for _ in range(90)]
            found.append(" ".join(words))
        else:
            words = ["".join(rng.choice(MARKED, rng.integers(2, 5))) for _ in range(80)]
            found.append(" ".join(words))
    return found


def documents(seed: int) -> list[dict[str, str]]:
    """Return originals, and copies of half of them: cut, wrapped, longer, edited, the same."""
    rng = np.random.default_rng(seed)
    originals = texts(rng, 60)
    spare = texts(rng, 60)
    rows = []
    for number, text in enumerate(originals):
        rows.append({"id": f"o{number}", "text": text})
        if number % 2:
            continue
        kinds = rng.choice(6, 2, replace=False).tolist()
        for kind in kinds:
            copies = (
                text,
                text[: len(text) * 2 // 3],
                "首頁 | Beranda | " + text,
                text + " " + spare[number][:80],
                "".join(c for c in text if rng.random() > 0.05),
                text.upper(),
            )
            rows.append({"id": f"c{number}-{kind}", "text": copies[kind]})
    rng.shuffle(rows)  # type: ignore[arg-type]
    return rows


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def run(source: Path, output: Path, **options: Any) -> dict[str, Any]:
    chosen = DedupOptions(block_size=9_000, **options)
    return deduplicate(JsonlReader(str(source)), output, FuzzyDuplicates(), chosen)


def verdicts(output: Path) -> dict[str, tuple[str, str] | None]:
    """Return what became of each document of a run: None, or the reason and the kept document."""
    found: dict[str, tuple[str, str] | None] = {}
    for path in sorted((output / "shards").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            found[json.loads(line)["id"]] = None
    for path in sorted((output / "dropped").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            found[row["id"]] = (row["reason"], row["duplicate_of"])
    return found


def changes(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / CHANGES).read_text("utf-8").splitlines()]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_workers", [1, 3])
def test_three_runs_against_an_index_equal_one_run_over_all(
    tmp_path: Path, seed: int, n_workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if seed % 2:  # the index in many parts
        monkeypatch.setattr(index, "ROWS_PER_GROUP", 7)
        monkeypatch.setattr(index, "ROWS_AT_ONCE", 15)
    rows = documents(seed)
    third = len(rows) // 3
    pieces = (rows[:third], rows[third : 2 * third], rows[2 * third :])
    for number, piece in enumerate(pieces):
        write(tmp_path / "in" / f"{number}.jsonl", piece)
    run(tmp_path / "in", tmp_path / "whole")
    found: dict[str, tuple[str, str] | None] = {}
    for number in range(3):
        source, output = tmp_path / "in" / f"{number}.jsonl", tmp_path / f"out{number}"
        run(source, output, against=tmp_path / "index", n_workers=n_workers)
        found |= verdicts(output)
        for row in changes(output):
            restored = row["change"] == "restored"
            found[row["id"]] = None if restored else (row["reason"], row["duplicate_of"])
    assert found == verdicts(tmp_path / "whole")
    assert sum(verdict is not None for verdict in found.values()) > 30


def test_a_better_document_replaces_the_one_in_the_index(tmp_path: Path) -> None:
    [text] = texts(np.random.default_rng(5), 1)
    first = write(tmp_path / "a.jsonl", [{"id": "short", "text": text[:200]}])
    second = write(tmp_path / "b.jsonl", [{"id": "long", "text": text}])
    run(first, tmp_path / "one", against=tmp_path / "index")
    run(second, tmp_path / "two", against=tmp_path / "index")
    assert verdicts(tmp_path / "two") == {"long": None}
    [change] = changes(tmp_path / "two")
    assert (change["id"], change["change"], change["duplicate_of"]) == ("short", "replaced", "long")
    assert json.loads((tmp_path / "index" / INDEX).read_text())["kept"] == 1


def test_a_frozen_index_is_asked_and_not_changed(tmp_path: Path) -> None:
    rows = documents(1)
    run(write(tmp_path / "a.jsonl", rows[:50]), tmp_path / "one", against=tmp_path / "index")
    before = {path.name: path.read_bytes() for path in (tmp_path / "index").iterdir()}
    source = write(tmp_path / "b.jsonl", rows[50:])
    run(source, tmp_path / "frozen", against=tmp_path / "index", frozen=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "index").iterdir()} == before
    run(source, tmp_path / "thawed", against=tmp_path / "index")
    assert verdicts(tmp_path / "frozen") == verdicts(tmp_path / "thawed")


def test_the_same_run_again_adds_its_documents_once(tmp_path: Path) -> None:
    rows = documents(2)
    run(write(tmp_path / "a.jsonl", rows[:60]), tmp_path / "one", against=tmp_path / "index")
    source = write(tmp_path / "b.jsonl", rows[60:])
    run(source, tmp_path / "two", against=tmp_path / "index")
    before = verdicts(tmp_path / "two"), changes(tmp_path / "two")
    run(source, tmp_path / "two", against=tmp_path / "index")
    assert (verdicts(tmp_path / "two"), changes(tmp_path / "two")) == before
    assert json.loads((tmp_path / "index" / INDEX).read_text())["documents"] == len(rows)


def test_an_index_of_other_parameters_is_refused_with_both_sets_named(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", documents(3)[:10])
    run(source, tmp_path / "one", against=tmp_path / "index")
    with pytest.raises(ManifestError, match=r"aligned=0\.9.*this run has aligned=0\.8"):
        deduplicate(
            JsonlReader(str(source)),
            tmp_path / "two",
            FuzzyDuplicates(aligned=0.8),
            DedupOptions(against=tmp_path / "index"),
        )


def test_a_folder_of_other_files_is_no_index(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", documents(3)[:10])
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "letter.txt").write_text("dear")
    with pytest.raises(ManifestError, match="name an empty folder or an index"):
        run(source, tmp_path / "one", against=tmp_path / "index")


def test_ids_that_repeat_across_runs_are_dropped_with_the_place_of_the_first(
    tmp_path: Path,
) -> None:
    one, other = texts(np.random.default_rng(6), 2)
    first = write(tmp_path / "a.jsonl", [{"id": "x", "text": one}])
    second = write(tmp_path / "b.jsonl", [{"id": "x", "text": other}])
    run(first, tmp_path / "one", against=tmp_path / "index")
    result = run(second, tmp_path / "two", against=tmp_path / "index")
    assert result["counts"]["dropped"] == 1
    [path] = (tmp_path / "two" / "dropped").glob("*.jsonl")
    row = json.loads(path.read_text("utf-8"))
    assert (row["reason"], row["value"]) == ("repeated_id", "the first is at a.jsonl:1")


def test_no_documents_make_no_index(tmp_path: Path) -> None:
    run(write(tmp_path / "a.jsonl", []), tmp_path / "one", against=tmp_path / "index")
    assert not (tmp_path / "index").exists()
    result = run(
        write(tmp_path / "b.jsonl", documents(4)[:9]), tmp_path / "two", against=tmp_path / "index"
    )
    assert result["counts"]["documents_in"] == 9
