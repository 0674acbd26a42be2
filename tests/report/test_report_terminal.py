"""Tables for the terminal: the closing table and the summary of the ledger."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import curator.report.ledger as ledger_module
from curator.errors import DataError, ManifestError
from curator.report import closing_table, ledger_summary
from curator.report.terminal import fit
from tests.report.sample_run import empty_manifest, full_manifest, stage, write_run

DRIVES_A_TERMINAL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def test_the_closing_table_ends_with_the_proof() -> None:
    lines = closing_table(full_manifest(), width=100).splitlines()
    assert lines[0].split() == ["stage", "in", "kept", "dropped", "changed", "top", "reason"]
    assert lines[-1] == "184,302 in = 90,383 kept + 93,919 dropped (49.0 % kept) ✓"
    assert lines[5].split()[:6] == ["length", "184,195", "161,074", "23,121", "0", "23,118"]


def test_documents_that_do_not_add_up_are_said_aloud() -> None:
    manifest = full_manifest()
    manifest["counts"]["dropped"] += 1
    lines = closing_table(manifest).splitlines()
    assert lines[-1].startswith("✗ does not add up: 184,302 in = 90,383 kept + 93,920 dropped")
    assert lines[-2].startswith("✗ the run: 184,302 in ≠")


def test_an_empty_run_has_a_table() -> None:
    assert (
        closing_table(empty_manifest()).splitlines()[-1] == "0 in = 0 kept + 0 dropped (– kept) ✓"
    )
    manifest = empty_manifest()
    manifest["counts"]["stages"] = []
    assert closing_table(manifest).splitlines()[-1].startswith("0 in = 0 kept")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_fits_the_terminal_and_cannot_drive_it(width: int) -> None:
    manifest = full_manifest()
    entry = manifest["counts"]["stages"][3]
    entry["name"] = "長度\x1b]0;title\x07" * 20
    entry["reasons"] = {"\x9b31m字" * 300: entry["dropped"]}
    lines = closing_table(manifest, width).splitlines()
    assert all(cell_len(line) <= width for line in lines)
    assert not any(DRIVES_A_TERMINAL.search(line) for line in lines)


@given(st.text(st.characters(codec=None), max_size=60), st.integers(0, 40))
def test_fitted_text_is_one_harmless_line_within_its_width(text: str, width: int) -> None:
    line = fit(text, width)
    assert cell_len(line) <= width
    assert "\n" not in line
    assert not DRIVES_A_TERMINAL.search(line)


def row(number: int, dropped_by: str, reason: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"a.jsonl:{number}",
        "text": text,
        "file": "a.jsonl",
        "line": number,
        "dropped_by": dropped_by,
        "reason": reason,
        "value": "3",
        **more,
    }


def write_ledger(run: Path, shards: dict[str, list[dict[str, Any]]]) -> Path:
    folder = run / "dropped"
    folder.mkdir(parents=True)
    for name, rows in shards.items():
        data = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in rows).encode()
        if name.endswith(".gz"):
            data = gzip.compress(data)
        elif name.endswith(".zst"):
            data = zstandard.compress(data)
        (folder / name).write_bytes(data)
    return run


def three_shards(run: Path) -> Path:
    write_ledger(
        run,
        {
            "x-00000.jsonl": [row(n, "length", "min_words=20", f"短文{n}") for n in range(5)],
            "x-00001.jsonl.gz": [row(9, "length", "max_words=9", "पाणी थंड आहे")],
            "x-00002.jsonl.zst": [row(8, "exact", "exact_duplicate", "sega", duplicate_of="b:1")],
        },
    )
    manifest = empty_manifest()
    stages = [
        stage("length", "WordCountFilter", "local", 9, {"min_words=20": 5, "max_words=9": 1}),
        stage("exact", "ExactDuplicates", "global", 3, {"exact_duplicate": 1}),
    ]
    manifest["counts"].update(documents_in=9, kept=2, dropped=7, stages=stages)
    return write_run(run, manifest)


def test_the_ledger_is_counted_by_stage_and_reason_over_all_compressions(tmp_path: Path) -> None:
    lines = ledger_summary(three_shards(tmp_path), samples=2, width=60).splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "length 6 85.7 %",
        "min_words=20 5",
        "a.jsonl:0 3 短文0",
        "a.jsonl:1 3 短文1",
        "max_words=9 1",
        "a.jsonl:9 3 पाणी थंड आहे",
        "",
        "exact 1 14.3 %",
        "exact_duplicate 1",
        "a.jsonl:8 b:1 sega",
        "",
        "7 in the ledger = 7 dropped in the manifest ✓",
    ]


def test_a_stage_or_a_reason_can_be_picked(tmp_path: Path) -> None:
    run = three_shards(tmp_path)
    lines = ledger_summary(run, samples=0, reason="max_words=9").splitlines()
    assert [" ".join(line.split()) for line in lines[:2]] == ["length 1 14.3 %", "max_words=9 1"]
    assert "nothing dropped for that" in ledger_summary(run, stage="nowhere").splitlines()


def test_a_ledger_that_lost_rows_is_said_aloud(tmp_path: Path) -> None:
    run = three_shards(tmp_path)
    (run / "dropped/x-00001.jsonl.gz").unlink()
    assert "✗ 6 in the ledger, 7 dropped in the manifest" in ledger_summary(run, width=100)


def test_ledger_lines_fit_the_terminal_and_cannot_drive_it(tmp_path: Path) -> None:
    attack = "\x1b[2J\x1b]8;;http://x\x07\u202e\x00字" * 50
    rows = [row(1, attack, attack, attack, value=attack, id=attack)]
    lines = ledger_summary(write_ledger(tmp_path, {"x.jsonl": rows}), width=72).splitlines()
    assert len(lines) == 5
    assert all(cell_len(line) <= 72 for line in lines)
    assert not any(DRIVES_A_TERMINAL.search(line) for line in lines)


def test_reasons_beyond_the_limit_are_counted_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "MOST_REASONS", 2)
    rows = [row(n, "s", f"r{n}", "t") for n in range(5)]
    lines = ledger_summary(write_ledger(tmp_path, {"x.jsonl": rows}), samples=0).splitlines()
    assert [" ".join(line.split()) for line in lines if "other" in line] == [
        "other reasons 3 60.0 %",
        "other reasons 3",
    ]


def test_a_line_of_any_length_is_counted_without_being_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "LONGEST_LINE", 200)
    rows = [row(1, "s", "r", "長" * 5_000), row(2, "s", "r", "短")]
    lines = ledger_summary(write_ledger(tmp_path, {"x.jsonl.zst": rows}), samples=0).splitlines()
    assert any("not read" in line for line in lines)
    assert lines[-1].startswith("2 in the ledger")


def test_a_damaged_ledger_is_an_error_with_file_and_line(tmp_path: Path) -> None:
    run = write_ledger(tmp_path, {"x.jsonl": [row(1, "s", "r", "t")]})
    with (run / "dropped/x.jsonl").open("a") as file:
        file.write("{oops\n")
    with pytest.raises(DataError, match=r"x\.jsonl:2: not JSON"):
        ledger_summary(run).splitlines()


@pytest.mark.parametrize("name", ["x.jsonl.gz", "x.jsonl.zst"])
def test_a_cut_off_shard_is_an_error(tmp_path: Path, name: str) -> None:
    rows = [row(n, "s", "r", f"{n * 7919 % 10007}") for n in range(3_000)]
    run = write_ledger(tmp_path, {name: rows})
    path = run / "dropped" / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="run the recipe again"):
        ledger_summary(run).splitlines()


def test_a_folder_that_is_no_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="give the folder of a finished run"):
        ledger_summary(tmp_path).splitlines()
