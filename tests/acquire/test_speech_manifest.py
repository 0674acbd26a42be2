"""Speech manifests: read, cleaned, and written back with their fields as they were."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from curator.acquire.speech_manifest import SpeechManifestReader, write_speech_manifest
from curator.dataset import DocumentDataset
from curator.errors import DataError, ManifestError
from curator.filters import LengthFilter
from curator.modifiers import UrlRemover
from curator.recipe import load_recipe
from curator.run import run_recipe
from curator.stages import Modify, ScoreFilter
from tests.acquire.reading import COMBINING, JAV, YUE, read_all, rows_of, verdicts

LINES: list[dict[str, Any]] = [
    {
        "audio_filepath": "a.wav",
        "duration": 3.25,
        "text": YUE,
        "lang": "yue",
        "words": [1, {"a": 2}],
    },
    {"text": JAV, "duration": 2, "audio_filepath": "b.wav", "offset": 1.5, "id": 7, "line": 9},
    {"audio_filepath": "c.wav", "text": "短", "duration": 0.5, "lang": None, "extra": {"x": 1}},
    {
        "lang": "hin",
        "duration": 1.0,
        "audio_filepath": "a.wav",
        "text": f"{COMBINING} http://a.b/c",
    },
]


def write(path: Path, lines: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [json.dumps(line, ensure_ascii=False) if line is not None else "" for line in lines]
    path.write_text("\n".join(made) + "\n", "utf-8")


def test_lines_are_documents_with_their_fields(tmp_path: Path) -> None:
    write(tmp_path / "train_manifest.json", [*LINES[:2], None, *LINES[2:]])
    (tmp_path / "z.jsonl.gz").write_bytes(gzip.compress(json.dumps(LINES[0]).encode()))
    rows = rows_of(SpeechManifestReader(str(tmp_path)))
    assert [row["id"] for row in rows] == [
        *(f"train_manifest.json:{n}" for n in (1, 2, 4, 5)),
        "z.jsonl.gz:1",
    ]
    assert [row["duration"] for row in rows] == [3.25, 2.0, 0.5, 1.0, 3.25]
    assert rows[1]["manifest_fields"] == (
        '["text","duration","audio_filepath","offset","id","line"]'
    )
    assert json.loads(rows[0]["extra"]) == {"words": [1, {"a": 2}]}


def test_lines_that_are_no_utterances_are_told(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(
        "\n".join(
            [
                json.dumps(LINES[0]),
                '{"text": "no audio", "duration": 1}',
                '{"audio_filepath": "a.wav", "text": "no duration"}',
                '{"audio_filepath": "a.wav", "text": "none", "duration": 0}',
                '{"audio_filepath": "a.wav", "text": "words", "duration": "3"}',
                '{"audio_filepath": "a.wav", "duration": 3}',
                '{"audio_filepath": 5, "duration": 3, "text": "x"}',
                "not json",
            ]
        ),
        "utf-8",
    )
    reader = SpeechManifestReader(str(tmp_path))
    assert verdicts(reader) == [
        (1, None),
        (2, "missing_audio"),
        (3, "bad_duration"),
        (4, "bad_duration"),
        (5, "bad_duration"),
        (6, "missing_text"),
        (7, "missing_audio"),
        (8, "invalid_json"),
    ]
    with pytest.raises(DataError, match=r"^m\.json:2:1: no audio_filepath; give"):
        read_all(SpeechManifestReader(str(tmp_path), strict=True))


def test_kept_lines_of_a_run_are_written_back_in_order(tmp_path: Path) -> None:
    write(tmp_path / "in" / "m.json", LINES)
    (tmp_path / "r.yaml").write_text(
        f"name: speech\noutput: {tmp_path / 'out'}\n"
        f"input: {{SpeechManifestReader: {tmp_path / 'in'}}}\n"
        "stages: [{Modify: UrlRemover}, {ScoreFilter: {LengthFilter: {min_characters: 2}}}]\n"
    )
    run_recipe(load_recipe(tmp_path / "r.yaml"))
    assert write_speech_manifest(tmp_path / "out", tmp_path / "kept.json") == 3
    written = [
        json.loads(line) for line in (tmp_path / "kept.json").read_text("utf-8").splitlines()
    ]
    expected = [LINES[0], LINES[1], {**LINES[3], "text": written[2]["text"]}]
    assert [list(line.items()) for line in written] == [list(line.items()) for line in expected]
    assert "http" not in written[2]["text"]
    assert written[2]["text"].startswith(COMBINING)
    with pytest.raises(ManifestError):
        write_speech_manifest(tmp_path, tmp_path / "x.json")


def test_a_dataset_is_written_with_what_stages_added(tmp_path: Path) -> None:
    write(tmp_path / "in" / "m.json", LINES)
    dataset = DocumentDataset.read(SpeechManifestReader(str(tmp_path / "in")), block_size=300)
    dataset = ScoreFilter(LengthFilter(min_characters=2), score_field="n")(
        Modify(UrlRemover())(dataset)
    )
    n_rows = write_speech_manifest(dataset, tmp_path / "kept.json", added=["n"])
    lines = [json.loads(line) for line in (tmp_path / "kept.json").read_text("utf-8").splitlines()]
    assert n_rows == len(lines) == 3
    assert list(lines[1]) == [*LINES[1], "n"]
    with pytest.raises(DataError, match="read the manifest by SpeechManifestReader"):
        write_speech_manifest(
            [
                read_all(SpeechManifestReader(str(tmp_path / "in"))).drop_columns(
                    ["manifest_fields"]
                )
            ],
            tmp_path / "x.json",
        )
    assert not (tmp_path / "x.json").exists()
