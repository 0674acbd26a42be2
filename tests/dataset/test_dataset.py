from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from curator import schema
from curator.dataset import DocumentDataset
from curator.errors import RecipeError
from curator.filters import LengthFilter
from curator.modifiers import NewlineNormalizer
from curator.stages import Modify, ScoreFilter
from tests import documents


def dataset(npartitions: int = 3) -> DocumentDataset:
    return DocumentDataset.from_pandas(documents.frame(), npartitions=npartitions)


def test_living_rows_are_shown_without_the_librarys_columns() -> None:
    assert list(dataset().df.columns) == ["id", "text", "title"]
    assert dataset().head(2)["id"].tolist() == ["d000", "d001"]
    assert len(dataset()) == len(documents.TEXTS)


def test_text_stays_pandas_own_string_type_on_every_way_in() -> None:
    frame = documents.frame()
    for made in (DocumentDataset(frame), DocumentDataset.from_pandas(frame, npartitions=2)):
        assert str(made.df.dtypes["text"]) == "str"
        assert str(made.df.compute().dtypes["text"]) == "str"
    as_objects = DocumentDataset.from_pandas(frame.astype(object))
    assert str(as_objects.df.compute().dtypes["text"]) == "str"


def test_what_is_written_reads_back_the_same(tmp_path: Path) -> None:
    kept = ScoreFilter(LengthFilter(min_characters=10), score_field="n", score_type="int")(
        dataset()
    )
    expected = kept.to_pandas()
    assert 0 < len(expected) < len(documents.TEXTS)
    for compression in (None, "gz", "zst"):
        files = kept.to_json(tmp_path / f"json-{compression}", compression)
        assert len(files) == 3
        back = DocumentDataset.read_json(str(tmp_path / f"json-{compression}")).to_pandas()
        pd.testing.assert_frame_equal(back, expected)
    kept.to_parquet(tmp_path / "parquet")
    back = DocumentDataset.read_parquet(str(tmp_path / "parquet")).to_pandas()
    pd.testing.assert_frame_equal(back, expected)


def test_fields_that_fit_no_column_travel_along(tmp_path: Path) -> None:
    rows = [{"id": "a", "text": "好", "tags": ["x", 1]}, {"id": "b", "text": "唔好", "reason": 7}]
    source = tmp_path / "in.jsonl"
    source.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    (path,) = DocumentDataset.read_json(str(source)).to_json(tmp_path / "out")
    assert [json.loads(line) for line in path.read_text().splitlines()] == rows


def test_unreadable_lines_are_in_dropped_and_nowhere_else(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"id": "a", "text": "x"}\n{"id": \n{"id": "c", "text": "z"}\n')
    made = DocumentDataset.read_json(str(source))
    assert made.df.compute()["id"].tolist() == ["a", "c"]
    (bad,) = made.dropped.compute().to_dict("records")
    assert (bad["file"], bad["line"], bad["reason"]) == ("in.jsonl", 2, "invalid_json")


def test_persist_and_repartition_keep_rows_and_verdicts() -> None:
    kept = ScoreFilter(LengthFilter(min_characters=10))(dataset())
    expected = kept.rows.compute().reset_index(drop=True)
    for other in (kept.persist(), kept.repartition(1), kept.repartition(2).persist()):
        pd.testing.assert_frame_equal(other.rows.compute().reset_index(drop=True), expected)
        assert (
            len(Modify(NewlineNormalizer())(other).dropped.compute())
            == expected[schema.DROPPED_BY].notna().sum()
        )


def test_two_stages_of_one_kind_get_two_names() -> None:
    strict, stricter = LengthFilter(min_characters=3), LengthFilter(min_characters=12)
    names = ScoreFilter(stricter)(ScoreFilter(strict)(dataset())).dropped.compute()["dropped_by"]
    assert set(names) == {"LengthFilter", "LengthFilter#2"}


def test_a_missing_column_is_said_before_any_data_is_read() -> None:
    with pytest.raises(RecipeError, match="'body', which is not there"):
        ScoreFilter(LengthFilter(min_characters=3), text_field="body")(dataset())
