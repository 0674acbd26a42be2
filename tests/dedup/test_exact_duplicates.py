"""ExactDuplicates: equal bytes, or equal keys, and the best of each cluster stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from curator.dedup.exact import ExactDuplicates, text_hashes
from curator.errors import ManifestError, RecipeError
from curator.kernels import buffers
from tests.dedup.corpus import write_parts


def verdicts(marks) -> list[tuple]:  # type: ignore[no-untyped-def]
    return [tuple(row.values()) for row in marks.to_pylist()]


def test_the_smallest_id_of_equal_texts_is_kept_wherever_it_stands(tmp_path: Path) -> None:
    texts = ["佢話好", "Sugeng rawuh", "佢話好", "हिन्दी", "佢話好", "佢話好！"]
    parts = write_parts(tmp_path, texts, ids=["c", "x", "a", "y", "b", "z"], sizes=[1, 0, 3, 2])
    marks = ExactDuplicates().mark(parts, tmp_path / "work", None)
    assert verdicts(marks) == [
        (0, "ExactDuplicates", "exact_duplicate", "text", "a", "a"),
        (2, None, None, None, None, "a"),
        (4, "ExactDuplicates", "exact_duplicate", "text", "a", "a"),
    ]


def test_folded_keys_see_through_script_case_and_punctuation(tmp_path: Path) -> None:
    texts = [
        "广东话，好 CHILL",
        "廣東話好chill！",
        "廣東話好c\ufffdhill",
        "Tiê\u0301ng",
        "tiếng",
        "另一篇",
    ]
    parts = write_parts(tmp_path, texts, sizes=[2, 4])
    marks = ExactDuplicates(key="folded", name="copies").mark(parts, tmp_path / "work", None)
    assert verdicts(marks) == [
        (0, "copies", "exact_duplicate", "folded", "d00001", "d00000"),
        (1, None, None, None, None, "d00000"),
        (2, "copies", "exact_duplicate", "folded", "d00001", "d00000"),
        (3, None, None, None, None, "d00003"),
        (4, "copies", "exact_duplicate", "folded", "d00003", "d00003"),
    ]


@pytest.mark.parametrize("key", ["text", "folded"])
def test_empty_and_null_texts_are_copies_and_other_punctuation_is_not(
    tmp_path: Path, key: str
) -> None:
    texts = ["", "…", None, "。。。", "…"]
    parts = write_parts(tmp_path, texts)
    marks = ExactDuplicates(key=key).mark(parts, tmp_path / "work", None).to_pylist()
    dropped = {row["row"]: row["duplicate_of"] for row in marks if row["dropped_by"]}
    assert dropped == {2: "d00000", 4: "d00001"}


def test_dropped_rows_take_no_part(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, ["一", "一", "一", "二", "二"], dropped=[0, 3], sizes=[1, 4])
    marks = ExactDuplicates().mark(parts, tmp_path / "work", None)
    assert verdicts(marks) == [
        (1, None, None, None, None, "d00001"),
        (2, "ExactDuplicates", "exact_duplicate", "text", "d00001", "d00001"),
    ]


def test_documents_that_share_an_id_are_told_apart_by_their_order(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, ["一", "一", "二"], ids=["same", "same", "same"])
    marks = ExactDuplicates().mark(parts, tmp_path / "work", None)
    assert verdicts(marks) == [
        (0, None, None, None, None, "same"),
        (1, "ExactDuplicates", "exact_duplicate", "text", "same", "same"),
    ]


@pytest.mark.parametrize("sizes", [[], [0, 0]])
def test_no_rows_give_no_marks(tmp_path: Path, sizes: list[int]) -> None:
    parts = write_parts(tmp_path, [], sizes=sizes)
    assert ExactDuplicates().mark(parts, tmp_path / "work", None).num_rows == 0
    folded = ExactDuplicates(key="folded").mark(parts, tmp_path / "folded", None)
    assert folded.num_rows == 0


def test_a_hundred_thousand_copies_are_one_cluster(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, ["佢話好"] * 100_000, sizes=[60_000, 40_000])
    marks = ExactDuplicates().mark(parts, tmp_path / "work", None)
    assert marks.num_rows == 100_000
    assert marks["dropped_by"].null_count == 1
    assert marks["duplicate_of"].drop_null().unique().to_pylist() == ["d00000"]


def test_text_hashes_follow_the_bytes() -> None:
    hashes = text_hashes(buffers.of(["一", "二", "一", ""]))
    assert hashes.dtype == np.uint64
    assert hashes[0].tolist() == hashes[2].tolist()
    assert len({tuple(row) for row in hashes.tolist()}) == 3
    assert text_hashes(buffers.of([])).shape == (0, 2)


def test_an_unknown_key_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(RecipeError, match="did you mean 'folded'"):
        ExactDuplicates(key="fold")


def test_pieces_of_another_key_are_refused(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, ["一", "一"])
    ExactDuplicates().mark(parts, tmp_path / "work", None)
    with pytest.raises(ManifestError, match="key='text', this run has key='folded'"):
        ExactDuplicates(key="folded").mark(parts, tmp_path / "work", None)
