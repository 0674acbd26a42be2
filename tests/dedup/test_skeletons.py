"""SkeletonDuplicates: pages from one template are a family, of which a few stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator import schema
from curator.dataset import DocumentDataset
from curator.dedup import SkeletonDuplicates
from curator.dedup.subjects import find_subjects
from curator.errors import RecipeError
from curator.kernels import buffers
from curator.kernels.fold import fold
from curator.kernels.skeleton import skeletons
from curator.kernels.skeleton.table import BRANCHES, HAN_NUMERALS, STEMS


def skeleton(text: str, title: str | None = None) -> str:
    texts = pa.array([text], schema.STRING)
    titles = None if title is None else pa.array([title], schema.STRING)
    return skeletons(fold(buffers.of([text])), find_subjects(texts, titles)).keys.document(0)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("喺1998年5月12號出世。", "喺二〇二二年十月廿號出世。"),
        ("喺一九七一年開幕", "喺甲子年開幕"),
        ("Lair tanggal 12 Mei 1998 ing Solo", "Lair tanggal 3 Agustus 2001 ing Solo"),
        ("May 3, 1911 was a day", "October 31, 2020 was a day"),
        ("তিনি ১৯৭১ সালে জন্ম", "তিনি ২০০১ সালে জন্ম"),
        ("दिनांक १२ जानेवारी १९९८ रोजी", "दिनांक ३ मे २००१ रोजी"),
        ("有 3,500 人", "有 １２．５ 人"),
    ],
)
def test_numbers_and_dates_of_any_script_are_one_mask(left: str, right: str) -> None:
    assert skeleton(left) == skeleton(right)
    assert "#" in skeleton(left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("甲方同乙方", "丙方同丁方"),  # a stem alone is a letter, not a year
        ("佢係三月出世", "佢係三年出世"),
        ("maybe tomorrow", "marbe tomorrow"),  # a month counts only beside a number
        ("Mei lan liyane", "Juni lan liyane"),
    ],
)
def test_what_is_no_number_stays(left: str, right: str) -> None:
    assert skeleton(left) != skeleton(right)


def test_the_title_and_its_parts_are_masked_wherever_they_stand() -> None:
    assert skeleton("沙園路喺廣州，廣州人叫佢沙園路", "沙園路 (廣州)") == "*喺*人叫佢*"
    assert skeleton("Candi Borobudur: candi borobudur iku gedhé", "Candi Borobudur") == "*ikugedhé"
    assert skeleton("1997年係平年", "1997年") == "*系平年"


def test_the_subject_of_the_lead_is_masked_without_a_title() -> None:
    assert skeleton("青衣站（Tsing Yi Station）係港鐵站，青衣站有兩層") == "*系港铁站*有#层"
    assert skeleton("喺數學入邊，良定義（well defined）係咁") == "喺数学入边良定义welldefined系咁"


def plain_skeleton(key: str, names: list[str]) -> str:
    """Mask by a plain loop over a key."""
    found = ""
    at = 0
    while at < len(key):
        name = next((name for name in names if key.startswith(name, at)), "")
        pair = key[at] in STEMS and key[at + 1 : at + 2] and key[at + 1] in BRANCHES
        if name:
            mask, width = "*", len(name)
        elif key[at] in HAN_NUMERALS or key[at].isdigit() or pair:
            mask, width = "#", 2 if pair else 1
        else:
            mask, width = key[at], 1
        if mask not in "*#" or not found.endswith(mask):
            found += mask
        at += width
    return found


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("甲子丑ab三5৫，", max_size=12), st.text("甲子ab5", max_size=3))))
def test_masks_are_those_of_a_plain_loop(documents: list[tuple[str, str]]) -> None:
    texts = [text for text, _ in documents]
    titles = [title for _, title in documents]
    subjects = find_subjects(pa.array(texts, schema.STRING), pa.array(titles, schema.STRING))
    keys = fold(buffers.of(texts))
    masked = skeletons(keys, subjects)
    for i, title in enumerate(titles):
        expected = plain_skeleton(keys.document(i), [title] if title else [])
        assert masked.keys.document(i) == expected
        assert masked.literals[i] == sum(character not in "*#" for character in expected)


def communes(n: int) -> pd.DataFrame:
    names = [f"{chr(0x4E00 + 7 * i)}村" for i in range(n)]
    texts = [f"{name}係法國嘅一個市鎮，有{i * 37}人。" for i, name in enumerate(names)]
    return pd.DataFrame({"id": [f"d{i:02d}" for i in range(n)], "text": texts, "title": names})


@pytest.mark.parametrize("npartitions", [1, 4])
def test_the_best_of_a_family_stay_and_the_rest_name_the_best(npartitions: int) -> None:
    data = communes(12)
    data.loc[5, "text"] = data.loc[5, "text"] + "\ufffd"  # worse: a character was lost
    stage = SkeletonDuplicates(keep=3, min_documents=10)
    result = stage(DocumentDataset.from_pandas(data, npartitions=npartitions))
    rows = result.rows.compute()
    # the longest keys first (three digits before two), then the smallest id
    assert result.df.compute()["id"].tolist() == ["d03", "d04", "d06"]
    gone = result.dropped.compute()
    assert len(gone) == 9
    assert set(gone["reason"]) == {"same_skeleton"}
    assert set(gone["value"]) == {"12"}
    assert set(gone["duplicate_of"]) == {"d03"}
    assert set(rows["cluster_id"]) == {"d00"}


def test_a_small_family_stays_whole() -> None:
    result = SkeletonDuplicates()(DocumentDataset.from_pandas(communes(19)))
    assert len(result.dropped.compute()) == 0
    assert len(SkeletonDuplicates()(DocumentDataset.from_pandas(communes(20))).df.compute()) == 10


def test_flag_drops_nothing_and_names_the_family() -> None:
    stage = SkeletonDuplicates(action="flag", keep=1, min_documents=5)
    others = pd.DataFrame({"id": ["z"], "text": ["完全唔同嘅一篇文章。"], "title": [None]})
    data = pd.concat([communes(6), others], ignore_index=True)
    rows = stage(DocumentDataset.from_pandas(data)).rows.compute()
    assert rows["dropped_by"].isna().all()
    assert rows["cluster_id"].fillna("").tolist() == ["d00"] * 6 + [""]


def test_texts_of_masks_alone_are_left_alone() -> None:
    texts = [*["12345"] * 30, *["一二三"] * 30, *["日可以指"] * 30]
    data = pd.DataFrame({"id": [f"d{i:02d}" for i in range(90)], "text": texts})
    assert len(SkeletonDuplicates()(DocumentDataset.from_pandas(data)).dropped.compute()) == 0


def test_without_titles_numbers_alone_are_masked() -> None:
    texts = [f"第 {i} 屆香港舞台劇獎喺 {1990 + i} 年舉行" for i in range(25)]
    data = pd.DataFrame({"id": [f"d{i:02d}" for i in range(25)], "text": texts})
    stage = SkeletonDuplicates(title_field=None)
    assert len(stage(DocumentDataset.from_pandas(data)).dropped.compute()) == 15


@pytest.mark.parametrize(
    "fields", [{"keep": 0}, {"min_documents": 1}, {"min_characters": 0}, {"action": "delete"}]
)
def test_fields_that_cannot_work_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=next(iter(fields))):
        SkeletonDuplicates(**fields)


def test_cantonese_wikipedia_has_templates(corpora: Path, tmp_path: Path) -> None:
    path = corpora / "yue" / "yuewiki_20220901.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    result = SkeletonDuplicates()(DocumentDataset.read(str(path), scratch=tmp_path))
    sizes = np.array(result.dropped.compute()["value"], dtype=np.int64)
    assert len(sizes) > 10_000
    assert sizes.min() >= 20
