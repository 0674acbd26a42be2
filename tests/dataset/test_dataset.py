from __future__ import annotations

import json
import pickle
from pathlib import Path

import dask.dataframe as dd
import distributed
import pandas as pd
import pytest

from curator import schema
from curator.dataset import DocumentDataset
from curator.dedup import ExactDuplicates
from curator.errors import DataError, RecipeError
from curator.filters import LengthFilter
from curator.modifiers import NewlineNormalizer
from curator.stages import AddId, Modify, ScoreFilter
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


def test_rows_of_a_frame_without_ids_are_numbered_however_they_are_divided() -> None:
    frame = documents.frame().drop(columns="id").set_axis([7] * len(documents.TEXTS))
    expected = [str(number) for number in range(1, len(frame) + 1)]
    for npartitions in (1, 3):
        made = DocumentDataset.from_pandas(frame, npartitions=npartitions)
        assert made.to_pandas()["id"].tolist() == expected
        added = AddId(id_prefix="p")(made).to_pandas()["id"].tolist()
        assert added == [f"p-{number}" for number in expected]
    divided = dd.from_pandas(frame.reset_index(drop=True), npartitions=4)
    assert DocumentDataset(divided).to_pandas()["id"].tolist() == expected
    assert len(frame) == len(documents.TEXTS)
    assert "id" not in frame


def test_a_callers_columns_of_our_names_travel_in_extra() -> None:
    frame = documents.frame().assign(reason="mine", line="x")
    made = DocumentDataset.from_pandas(frame)
    assert len(made) == len(frame)
    assert json.loads(made.rows.compute()["extra"].iloc[0]) == {"reason": "mine", "line": "x"}


def test_numbers_of_every_width_come_through_as_they_are() -> None:
    frame = documents.frame(["a", "b", "c"]).assign(
        small=pd.array([1, None, 3], dtype="Int8"),
        large=pd.array([2**63 + 1, None, 3], dtype="UInt64"),
        share=pd.array([0.5, None, 1.5], dtype="Float32"),
        tags=[["x"], [], ["y", "z"]],
    )
    rows = ScoreFilter(LengthFilter(min_characters=1))(DocumentDataset.from_pandas(frame))
    for name in ("small", "large", "share"):
        pd.testing.assert_series_equal(rows.to_pandas()[name], frame[name])
    assert [list(tags) for tags in rows.to_pandas()["tags"]] == frame["tags"].tolist()


def test_a_column_that_cannot_be_used_is_named() -> None:
    frame = documents.frame(["a", "b"])
    with pytest.raises(DataError, match="'text' holds int64"):
        DocumentDataset.from_pandas(frame.assign(text=[1, 2]))
    with pytest.raises(DataError, match="'mixed': values of several kinds"):
        DocumentDataset.from_pandas(frame.assign(mixed=[1, "a"]))


def test_a_piece_carries_its_own_rows_alone() -> None:
    frame = documents.frame([documents.CANTONESE[4]] * 2000)
    one = len(pickle.dumps(DocumentDataset.from_pandas(frame, npartitions=1).pieces[0]))
    ten = len(pickle.dumps(DocumentDataset.from_pandas(frame, npartitions=10).pieces[0]))
    assert ten < one / 5


def test_stages_use_a_cluster_that_is_there(tmp_path: Path) -> None:
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
    ):
        kept = ExactDuplicates()(dataset().persist())
        assert len(kept) == len(documents.TEXTS) - 2
        assert len(kept.to_json(tmp_path)) == 3


def test_a_dataset_says_what_it_is_without_computing() -> None:
    shown = repr(Modify(NewlineNormalizer())(dataset()))
    assert shown == ("DocumentDataset(3 partitions; id, text, title; waiting: NewlineNormalizer)")
    assert dataset()
