"""The reader of an input is told by the extensions of its files."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from curator.errors import DataError, RecipeError
from curator.io.jsonl import JsonlReader
from curator.io.parquet import ParquetReader
from curator.io.plain_text import TextReader
from curator.io.reader import reader_for


def test_extensions_tell_the_reader(tmp_path: Path) -> None:
    for name, reader in [
        ("a.jsonl", JsonlReader),
        ("b.ndjson.gz", JsonlReader),
        ("c.json", JsonlReader),
        ("d.parquet", ParquetReader),
        ("e.txt.zst", TextReader),
    ]:
        (tmp_path / name).write_bytes(b"")
        assert reader_for(str(tmp_path / name)) == reader(str(tmp_path / name))
    both = [str(tmp_path / "a.jsonl"), str(tmp_path / "c.json")]
    made = reader_for(both, text_field="content")
    assert made == JsonlReader(tuple(both), text_field="content")
    assert pickle.loads(pickle.dumps(made)) == made


def test_folders_of_one_kind_are_read_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    (tmp_path / "metadata.json").write_bytes(b"")
    assert reader_for(str(tmp_path)) == JsonlReader(str(tmp_path))
    (tmp_path / "b.txt").write_bytes(b"")
    with pytest.raises(DataError, match=r"several kinds \(1 for JsonlReader, 1 for TextReader\)"):
        reader_for(str(tmp_path))
    assert reader_for(str(tmp_path / "*.txt")) == TextReader(str(tmp_path / "*.txt"))


def test_errors_say_the_mend(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(RecipeError, match="has no field 'textfield'; did you mean 'text_field'"):
        reader_for(str(tmp_path / "a.jsonl"), textfield="x")
    with pytest.raises(DataError, match=r"a\.csv: its extension tells no format; use JsonlReader"):
        reader_for(str(tmp_path / "a.csv"))
