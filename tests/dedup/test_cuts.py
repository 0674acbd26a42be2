"""Cuts: spans of code points leave the text, the ledger says what stood there, nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator import schema
from curator.batch import Tally
from curator.dataset import DocumentDataset
from curator.dedup.cuts import NO_CUTS, NOBODY, CuttingStageBase
from curator.dedup.exact import ExactDuplicates
from curator.dedup.pieces import piece
from curator.errors import CuratorError
from curator.io.parts import Parts
from curator.kernels import buffers
from curator.kernels.spans import byte_spans, gather, without
from curator.modifiers import NewlineNormalizer
from curator.stages import Modify
from curator.stages.workspace import Workspace

TEXTS = ["佢話聽日唔得閒", "Kucingé turu", "हिन्दी में", "", "👩‍👩‍👧‍👦 家庭"]


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[list[str], list[tuple[int, int, int]]]:
    texts = draw(st.lists(st.text(max_size=12), max_size=5))
    spans = []
    for document, text in enumerate(texts):
        places = draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True))
        places = sorted(places)[: len(places) // 2 * 2]
        spans += [
            (document, start, end) for start, end in zip(places[::2], places[1::2], strict=True)
        ]
    return texts, spans


def left_of(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text


@settings(deadline=None)
@given(texts_with_spans())
def test_what_is_cut_and_what_is_left_are_those_of_slices(
    drawn: tuple[list[str], list[tuple[int, int, int]]],
) -> None:
    texts, spans = drawn
    whole = buffers.of(["前", *texts])
    whole = buffers.Utf8(whole.offsets[1:], whole.data)  # a slice: its first offset is not 0
    documents, starts, ends = (np.array([s[i] for s in spans], np.int64) for i in range(3))
    first, last = byte_spans(whole, documents, starts, ends)
    left = without(whole, documents, first, last)
    gone = gather(whole.data, whole.offsets[documents] + first, whole.offsets[documents] + last)
    for i, (document, start, end) in enumerate(spans):
        assert gone.document(i) == texts[document][start:end]
    for i, text in enumerate(texts):
        assert left.document(i) == left_of(text, [s[1:] for s in spans if s[0] == i])


@pytest.mark.parametrize(
    ("documents", "starts", "ends"),
    [([0], [1], [1]), ([0], [0], [8]), ([0, 0], [0, 1], [2, 3]), ([1, 0], [0, 0], [1, 1])],
)
def test_spans_that_cannot_be_are_refused(
    documents: list[int], starts: list[int], ends: list[int]
) -> None:
    arrays = (np.array(values, np.int64) for values in (documents, starts, ends))
    with pytest.raises(ValueError, match="overlaps the one before it, is empty, or is not inside"):
        byte_spans(buffers.of(TEXTS), *arrays)


@dataclass(frozen=True)
class Cutter(CuttingStageBase):
    """Cuts given spans, by ordinal of the row."""

    spans: tuple[tuple[int, int, int], ...] = ()
    kept: int = NOBODY
    text_field: str = "text"
    name: str | None = None
    reason = "given"

    def propose(self, parts: Parts, work: Path, client: Any | None) -> list[Path]:
        paths = []
        for index, part in enumerate(parts.parts):
            spans = [s for s in self.spans if part.first_row <= s[0] < part.first_row + part.rows]
            rows, starts, ends = (np.array([s[i] for s in spans], np.int64) for i in range(3))
            found = {
                "rows": rows,
                "starts": starts,
                "ends": ends,
                "kept": np.full(len(rows), self.kept, np.int64),
                "values": ends - starts,
            }
            assert list(found) == list(NO_CUTS)
            work.mkdir(parents=True, exist_ok=True)
            paths.append(work / f"cuts-{index}")
            piece(paths[-1], lambda found=found: found)
        return paths


def dataset(texts: list[str | None], npartitions: int = 1) -> DocumentDataset:
    ids = [f"d{i}" for i in range(len(texts))]
    data = pd.DataFrame({"id": ids, "text": pd.Series(texts, dtype="str")})
    return DocumentDataset.from_pandas(data, npartitions=npartitions)


@pytest.mark.parametrize("npartitions", [1, 3, 5])
def test_later_stages_see_the_text_without_the_cuts(npartitions: int) -> None:
    cut = Cutter(((0, 0, 2), (0, 5, 7), (1, 7, 12), (4, 0, 1)), kept=2)
    texts: list[str | None] = [*TEXTS, None, "聽日唔"]
    result = cut(dataset(texts, npartitions))
    assert result.rows.compute()["text"].fillna("null").tolist() == [
        "聽日唔",
        "Kucingé",
        "हिन्दी में",
        "",
        "\u200d👩‍👧‍👦 家庭",
        "null",
        "聽日唔",
    ]
    cuts = result.cuts.drop(columns=["file", "line", "column"])
    assert cuts.values.tolist()[0] == ["d0", "Cutter", 0, 2, "佢話", "given", "2", "d2"]
    assert cuts["text"].tolist() == ["佢話", "得閒", " turu", "👩"]
    copies = ExactDuplicates()(result)
    assert copies.dropped.compute()["id"].tolist() == ["d5", "d6"]


def test_cuts_stay_in_the_ledger_when_the_text_is_written_anew() -> None:
    first = Cutter(((0, 0, 2), (2, 0, 1)), name="one")(dataset(list(TEXTS), 2))
    changed = Modify(NewlineNormalizer())(first)
    second = Cutter(((0, 0, 1), (1, 0, 1)), name="two")(changed)
    assert [tuple(row) for row in second.cuts[["id", "stage", "text"]].to_numpy()] == [
        ("d0", "one", "佢話"),
        ("d0", "two", "聽"),
        ("d1", "two", "K"),
        ("d2", "one", "ह"),
    ]
    assert second.df.compute()["text"].tolist()[0] == "日唔得閒"


def test_a_document_of_which_white_space_is_left_is_dropped_whole_with_its_reason() -> None:
    result = Cutter(((0, 0, 1), (0, 2, 3), (1, 0, 1)))(dataset(["a\u3000b", "ab"]))
    dropped = result.dropped.compute().iloc[0]
    assert dropped[["id", "text", "dropped_by", "reason", "value"]].tolist() == [
        "d0",
        "a\u3000b",
        "Cutter",
        "nothing_left",
        "2",
    ]
    assert result.cuts["id"].tolist() == ["d1"]


def test_the_tally_counts_what_was_cut_and_shows_it(tmp_path: Path) -> None:
    seen: list[Tally] = []
    workspace = Workspace(tmp_path, on_step=seen.extend)
    long = "字" * 9000 + "甲乙" + "字" * 10
    stage = Cutter(((0, 0, 2), (0, 5, 7), (1, 0, 2), (2, 9000, 9001)))
    for _ in range(2):  # the second time nothing is made again, and the same is counted
        stage(dataset([TEXTS[0], "ab", long, "其他"], 2), workspace)
    for tally in (seen[1], seen[3]):
        assert (tally.n_in, tally.dropped, tally.changed) == (4, 1, 2)
        assert dict(tally.cuts) == {"given": 3}
        assert tally.characters_cut == 5
        samples = {name: (before, after) for _, name, before, after in tally.samples}
        assert samples["d0"] == (TEXTS[0], "聽日唔")
        assert "甲" in samples["d2"][0]
        assert "甲" not in samples["d2"][1]


def test_a_stage_may_not_cut_what_is_not_there() -> None:
    with pytest.raises(CuratorError, match=r"Cutter: cannot cut span 0: \[0, 90\)"):
        Cutter(((0, 0, 90),))(dataset(list(TEXTS)))
    gone = ExactDuplicates()(dataset(["同", "同"]))
    with pytest.raises(CuratorError, match="cut a row that an earlier stage had dropped"):
        Cutter(((1, 0, 1),))(gone)


def test_the_callers_frame_stays_as_it_was() -> None:
    data = pd.DataFrame({"id": ["a"], "text": ["佢話"]})
    before = data.copy(deep=True)
    assert Cutter(((0, 0, 1),))(DocumentDataset.from_pandas(data)).df.compute()["text"][0] == "話"
    pd.testing.assert_frame_equal(data, before)


def test_no_cuts_are_an_empty_table_with_its_columns() -> None:
    assert len(dataset(["一"]).cuts) == 0
    none = Cutter()(dataset(["一"]))
    assert list(none.cuts.columns)[:4] == ["id", "file", "line", "stage"]
    assert schema.to_table(none.cuts).schema.field("start").type == pa.int64()
