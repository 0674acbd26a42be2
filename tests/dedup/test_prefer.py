"""Which member of a cluster is kept, where a column of the corpus has a say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from curator import DocumentDataset
from curator.dedup import FuzzyDuplicates
from curator.dedup.representative import penalties_of
from curator.errors import DataError, RecipeError
from curator.stages import Workspace

TEXTS = [
    "阿婆每朝早五點就起身，行落街市買餸。佢話以前嘅街市好熱鬧，檔主個個都識佢，買菜實送條葱。而家好多檔都執咗，"
    "得返幾個老街坊仲會坐喺門口傾偈。有時我放學經過，佢會叫我幫手拎啲嘢返屋企，然後煲碗綠豆沙俾我飲。",
    "Saben esuk simbah tangi jam papat banjur adang ing pawon. Pitiké petelung ekor padha kluruk "
    "nalika aku isih turu. Sawisé srengéngé mlethèk, simbah lunga menyang sawah nggawa pacul lan "
    "kendhi. Aku nyusul karo nggawa rantang isi sega jagung lan sayur lodhèh kanggo sarapan.",
    "দাদি প্রতিদিন সকালে নদীর ধারে বসে পুরনো গান গাইতেন। গ্রামের ছেলেমেয়েরা তাঁর কাছে দৌড়ে আসত এবং চুপচাপ "
    "শুনত। একদিন তিনি বললেন যে এই গান তাঁর মায়ের কাছ থেকে শেখা, আর মা শিখেছিলেন তাঁর মায়ের কাছে।",
]


def frame(scores: list[float | None]) -> pd.DataFrame:
    """Return three copies of every text, the first the longest, with these scores."""
    rows = []
    for number, text in enumerate(TEXTS):
        for copy, score in enumerate(scores):
            body = text + " 完." * (2 - copy)
            rows.append({"id": f"{number}-{copy}", "text": body, "score": score})
    return pd.DataFrame(rows)


def kept(tmp_path: Path, scores: list[float | None], prefer: str | None) -> set[str]:
    dataset = DocumentDataset.from_pandas(frame(scores), npartitions=2)
    result = FuzzyDuplicates(prefer=prefer)(dataset, Workspace(tmp_path))
    return set(result.df.compute()["id"])


@pytest.mark.parametrize(
    ("scores", "copy"),
    [([0.1, 0.9, 0.5], 1), ([-3.0, -2.0, -1.0], 2), ([None, 0.0, None], 1), ([1.0, 1.0, 1.0], 0)],
)
def test_the_member_with_the_largest_number_is_kept(
    tmp_path: Path, scores: list[float | None], copy: int
) -> None:
    assert kept(tmp_path, scores, "score") == {f"{number}-{copy}" for number in range(3)}


def test_without_a_column_the_longest_is_kept(tmp_path: Path) -> None:
    assert kept(tmp_path, [0.1, 0.9, 0.5], None) == {"0-0", "1-0", "2-0"}


def test_penalties_fall_as_numbers_rise_and_nothing_is_worst() -> None:
    numbers = [-np.inf, -1e9, -1.5, -0.0, 1e-30, 1, 7.25, 1e9, np.inf]
    found = penalties_of(pa.array(numbers))
    assert (np.diff(found.astype(np.int64)) < 0).all()
    assert penalties_of(pa.array([None, float("nan")], pa.float64())).tolist() == [2**32 - 1] * 2
    assert (found < 2**32 - 1).all()


def test_a_column_of_words_is_refused(tmp_path: Path) -> None:
    rows = frame([1, 2, 3]).assign(score="good")
    dataset = DocumentDataset.from_pandas(rows)
    with pytest.raises(DataError, match="needs a column of numbers"):
        FuzzyDuplicates(prefer="score")(dataset, Workspace(tmp_path))


def test_a_column_that_is_not_there_is_said_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="rank"):
        FuzzyDuplicates(prefer="rank")(DocumentDataset.from_pandas(frame([1])), Workspace(tmp_path))
