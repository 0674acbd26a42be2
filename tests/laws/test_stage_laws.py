"""The laws, over everything on the shelves: a new stage, modifier or filter is tried by itself."""

from __future__ import annotations

import pickle
from typing import Any

import pandas as pd
import pytest

import curator.dedup
import curator.filters
import curator.modifiers
import curator.stages
from curator import schema
from curator.dataset import DocumentDataset
from curator.errors import RecipeError
from curator.filters import DocumentFilter, StatisticsFilter
from curator.modifiers import DocumentModifier
from curator.stages import AddId, Filter, Modify, Score, ScoreFilter, Sequential
from tests import documents
from tests.dedup.embedders import CharacterTrigrams

ABSTRACT = {
    "DocumentFilter",
    "StatisticsFilter",
    "DocumentModifier",
    "GlobalStageBase",
    "LocalStageBase",
    "Stage",
    "Workspace",
    "Limit",
    "ScoreKind",
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "LanguageFilter": {"language": "yue"},
    "ScriptFilter": {"script": "Han"},
    "LineRemover": {"patterns": ("line two",)},
    "LengthFilter": {"min_characters": 5},
    "BoilerPlateStringModifier": {},
    "ScriptConverter": {"config": "s2hk"},
    "SemanticDuplicates": {"embedder": CharacterTrigrams()},
}
"""Arguments of what cannot be made without; everything else must have working defaults."""


def count_of_characters(text: str) -> int:
    return len(text)


def is_long(value: Any) -> bool:
    return len(str(value)) > 3


def shelf(module: Any, base: type) -> list[Any]:
    names = [name for name in module.__all__ if name not in ABSTRACT]
    made = []
    for name in names:
        kind = getattr(module, name)
        if isinstance(kind, type) and issubclass(kind, base):
            made.append(pytest.param(kind(**EXAMPLES.get(name, {})), id=name))
    return made


MODIFIERS = shelf(curator.modifiers, DocumentModifier)
FILTERS = shelf(curator.filters, DocumentFilter)
DEDUP = shelf(curator.dedup, object)
OTHERS = [
    pytest.param(AddId(), id="AddId"),
    pytest.param(Score(count_of_characters, "n", score_type="int"), id="Score"),
    pytest.param(Filter(is_long, "title"), id="Filter"),
    pytest.param(
        Sequential([Modify(curator.modifiers.NewlineNormalizer()), AddId("other")]),
        id="Sequential",
    ),
]
STAGES = [
    *[pytest.param(Modify(p.values[0]), id=p.id) for p in MODIFIERS],
    *[pytest.param(ScoreFilter(p.values[0], score_field="score"), id=p.id) for p in FILTERS],
    *DEDUP,
    *OTHERS,
]


def dataset(npartitions: int = 1, frame: pd.DataFrame | None = None) -> DocumentDataset:
    return DocumentDataset.from_pandas(
        documents.frame() if frame is None else frame, npartitions=npartitions
    )


def rows_of(result: DocumentDataset) -> pd.DataFrame:
    return result.rows.compute().reset_index(drop=True)


def test_the_shelves_are_not_empty() -> None:
    assert len(MODIFIERS) >= 5
    assert len(FILTERS) >= 8
    assert len(DEDUP) >= 3


@pytest.mark.parametrize("stage", STAGES)
def test_no_document_is_lost(stage: Any) -> None:
    before = documents.frame()
    result = stage(dataset(2, before))
    rows = rows_of(result)
    kept, dropped = result.df.compute(), result.dropped.compute()
    assert len(rows) == len(before) == len(kept) + len(dropped)
    assert dropped[schema.REASON].notna().all()
    if not (isinstance(stage, AddId) and stage.writes_ids):
        assert rows["id"].tolist() == before["id"].tolist()
        assert sorted([*kept["id"], *dropped["id"]]) == sorted(before["id"])


@pytest.mark.parametrize("stage", STAGES)
def test_partitions_do_not_change_the_result(stage: Any) -> None:
    one = rows_of(stage(dataset(1)))
    for npartitions in (2, 7):
        pd.testing.assert_frame_equal(one, rows_of(stage(dataset(npartitions))))


@pytest.mark.parametrize("stage", STAGES)
def test_twice_gives_the_same(stage: Any) -> None:
    pd.testing.assert_frame_equal(rows_of(stage(dataset(2))), rows_of(stage(dataset(2))))


@pytest.mark.parametrize("stage", STAGES)
def test_the_callers_data_is_never_changed(stage: Any) -> None:
    frame = documents.frame()
    source = dataset(2, frame)
    columns = list(source.df.columns)
    rows_of(stage(source))
    pd.testing.assert_frame_equal(frame, documents.frame())
    assert list(source.df.columns) == columns
    assert source.df.compute()["text"].tolist() == documents.TEXTS


@pytest.mark.parametrize("stage", STAGES)
def test_an_empty_corpus_gives_an_empty_corpus(stage: Any) -> None:
    result = stage(dataset(1, documents.frame([])))
    assert len(rows_of(result)) == 0
    assert len(result.df.compute()) == 0


@pytest.mark.parametrize("stage", STAGES)
def test_null_text_does_not_break_a_stage(stage: Any) -> None:
    result = stage(dataset(1, documents.frame([None, documents.CANTONESE[0], None])))
    assert len(rows_of(result)) == 3


@pytest.mark.parametrize("stage", STAGES)
def test_rows_dropped_before_stay_dropped_with_their_reason(stage: Any) -> None:
    frame = rows_of(dataset())  # with all of the library's columns: its own verdicts
    frame.loc[0, schema.DROPPED_BY] = "somebody"
    frame.loc[0, schema.REASON] = "something"
    rows = rows_of(stage(dataset(2, frame)))
    assert rows.loc[0, schema.DROPPED_BY] == "somebody"
    assert rows.loc[0, schema.REASON] == "something"
    assert rows.loc[0, "text"] == documents.TEXTS[0]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_can_be_sent_to_a_worker(stage: Any) -> None:
    copy = pickle.loads(pickle.dumps(stage))
    pd.testing.assert_frame_equal(rows_of(stage(dataset(2))), rows_of(copy(dataset(2))))


@pytest.mark.parametrize("modifier", MODIFIERS)
def test_a_modifier_that_promises_idempotence_keeps_the_promise(modifier: Any) -> None:
    for text in documents.TEXTS:
        once = modifier.modify_document(text)
        assert isinstance(once, str)
        if modifier.idempotent:
            assert modifier.modify_document(once) == once


@pytest.mark.parametrize("modifier", MODIFIERS)
def test_a_scan_that_says_unchanged_is_right(modifier: Any) -> None:
    from curator.kernels import buffers

    mask = modifier.may_change(buffers.of(documents.TEXTS))
    if mask is None:
        return
    for text, may_change in zip(documents.TEXTS, mask, strict=True):
        if not may_change:
            assert modifier.modify_document(text) == text


@pytest.mark.parametrize("document_filter", FILTERS)
def test_one_document_scores_as_it_does_among_many(document_filter: Any) -> None:
    if not isinstance(document_filter, StatisticsFilter):
        return
    from curator.kernels import buffers
    from curator.kernels.text_stats import text_stats

    scores = document_filter.score_statistics(text_stats(buffers.of(documents.TEXTS)))
    kept = document_filter.keep_scores(scores)
    for text, score, keep in zip(documents.TEXTS, scores, kept, strict=True):
        alone = document_filter.score_document(text)
        assert alone == pytest.approx(score, nan_ok=True)
        assert document_filter.keep_document(alone) == keep


class Shout(curator.modifiers.UrlRemover):
    def modify_document(self, text: str) -> str:
        return text + "!"


class FewWords(curator.filters.LengthFilter):
    def keep_document(self, score: float) -> bool:
        return score < 10


class Undecided(DocumentFilter):
    def score_document(self, text: str) -> float:
        return float(len(text))

    def keep_document(self, score: float) -> Any:
        return None if score < 2 else "no" if score < 10 else True


def test_a_subclass_that_overrides_one_method_is_obeyed() -> None:
    shouted = Modify(Shout())(dataset()).df.compute()["text"]
    assert shouted.tolist() == [text + "!" for text in documents.TEXTS]
    kept = ScoreFilter(FewWords(min_characters=5))(dataset()).df.compute()["text"]
    assert kept.tolist() == [text for text in documents.TEXTS if len(text) < 10]


def test_a_verdict_that_is_no_verdict_drops_the_document_as_a_failure() -> None:
    dropped = ScoreFilter(Undecided())(dataset()).dropped.compute()
    expected = [text for text in documents.TEXTS if len(text) < 10]
    assert dropped["text"].tolist() == expected
    assert set(dropped["reason"]) == {"error"}


def test_a_score_may_not_replace_a_column() -> None:
    for field in ("text", "id", "title", "reason"):
        with pytest.raises(RecipeError, match="is a column already"):
            Score(count_of_characters, field)(dataset())
        if field != "id":
            with pytest.raises(RecipeError, match="is a column already"):
                AddId(id_field=field)(dataset())


class Failing(DocumentModifier):
    def modify_document(self, text: str) -> Any:
        if "㗎" in text:
            raise ValueError("cannot")
        return 7 if "chill" in text else text


class FailingFilter(DocumentFilter):
    def score_document(self, text: str) -> float:
        return 1 / len(text)

    def keep_document(self, score: float) -> bool:
        return True


def test_a_failing_modifier_sends_the_document_to_the_ledger_as_it_was() -> None:
    dropped = Modify(Failing())(dataset(3)).dropped.compute()
    assert dropped["reason"].tolist() == ["error", "not_text"]
    assert dropped["value"].tolist() == [
        "ValueError: cannot",
        "modify_document returned int, not str",
    ]
    assert dropped["text"].tolist() == [documents.CANTONESE[2], documents.CANTONESE[3]]


def test_a_failing_filter_drops_only_what_it_fails_on() -> None:
    dropped = ScoreFilter(FailingFilter())(dataset(3)).dropped.compute()
    assert dropped["text"].tolist() == [""]
    assert dropped["reason"].tolist() == ["error"]
    assert dropped["value"].tolist() == ["ZeroDivisionError: division by zero"]
