"""ExactSubstrings: exactly the windows that an earlier document has are cut, in linear time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.dataset import DocumentDataset
from curator.dedup import ExactSubstrings, anchors
from curator.dedup.pieces import read_arrays
from curator.errors import RecipeError
from curator.kernels import buffers
from curator.kernels.substrings import PRIME, find_spans, hashing, window_hashes
from tests.dedup.corpus import cantonese, javanese, write_parts

Cut = tuple[int, int, int, int, int]


def plain_cuts(texts: list[str | None], n: int) -> list[Cut]:
    """Return (row, start, end, row that keeps it, place there) by looking at every window."""
    firsts: dict[str, tuple[int, int]] = {}
    found: list[list[int]] = []
    for row, text in enumerate(texts):
        for at in range(len(text or "") - n + 1):
            kept, place = firsts.setdefault((text or "")[at : at + n], (row, at))
            if kept == row:
                continue
            last = found[-1] if found and found[-1][0] == row else None
            if last is not None and at <= last[2] and last[3] == kept:
                last[2] = at + n
                continue
            start = at if last is None else max(at, last[2])
            found.append([row, start, at + n, kept, place + start - at])
    return [(a, b, c, d, e) for a, b, c, d, e in found]


def proposed(
    folder: Path, texts: list[str | None], n: int, sizes: list[int] | None = None, **fields: Any
) -> list[Cut]:
    parts = write_parts(folder, texts, sizes=sizes)
    stage = ExactSubstrings(min_characters=n, **fields)
    found = [read_arrays(path) for path in stage.propose(parts, folder / "work", None)]
    columns = [
        np.concatenate([arrays[name] for arrays in found]).tolist()
        for name in ("rows", "starts", "ends", "kept", "values")
    ]
    return list(zip(*columns, strict=True))


def assert_cuts(texts: list[str | None], n: int, found: list[Cut]) -> None:
    """Check cuts against the plain ones; where a stretch stands twice in one text, both do."""
    assert [cut[:4] for cut in found] == [cut[:4] for cut in plain_cuts(texts, n)]
    for row, start, _, kept, place in found:
        text, other = texts[row] or "", texts[kept] or ""
        assert any(
            text[start - back :][:n] == other[place - back :][:n]
            for back in range(min(n, start + 1, place + 1))
        )


PIECES = st.sampled_from(
    ["ab", "a", "佢哋", "佢哋喺度", "हिन्दी", "\n", "x", "abab", "一二三四五六"]
)
TEXT = st.lists(PIECES, max_size=12).map("".join)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.one_of(st.none(), TEXT), max_size=7), st.integers(2, 9), st.data())
def test_cuts_are_those_of_looking_at_every_window(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str | None], n: int, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(texts)))
    folder = tmp_path_factory.mktemp("plain")
    assert_cuts(texts, n, proposed(folder, texts, n, sizes=[cut, len(texts) - cut]))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(8, 40))
def test_long_texts_with_shared_stretches_are_cut_to_the_character(
    tmp_path_factory: pytest.TempPathFactory, seed: int, n: int
) -> None:
    rng = np.random.default_rng(seed)
    stock = [cantonese(rng, 90), javanese(rng, 25), "ꦲꦏ꧀ꦱꦫꦗꦮ" * 9, "a" * 70]
    texts: list[str | None] = []
    for _ in range(8):
        text = ""
        for _ in range(int(rng.integers(1, 5))):
            piece = stock[int(rng.integers(len(stock)))]
            start, stop = sorted(rng.integers(0, len(piece), 2).tolist())
            text += piece[start:stop] + cantonese(rng, int(rng.integers(0, 9)))
        texts.append(text)
    found = proposed(tmp_path_factory.mktemp("long"), texts, n, sizes=[3, 0, 4, 1])
    assert_cuts(texts, n, found)


def test_many_ranges_and_another_seed_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    stock = cantonese(rng, 400)
    texts: list[str | None] = [
        cantonese(rng, 30) + stock[i : i + 150] + cantonese(rng, 30) for i in range(0, 200, 10)
    ]
    expected = plain_cuts(texts, 40)
    assert len(expected) >= 19
    assert proposed(tmp_path / "one", texts, 40) == expected
    assert proposed(tmp_path / "seed", texts, 40, seed=7) == expected
    monkeypatch.setattr(anchors, "HASHES_AT_ONCE", 50)
    assert proposed(tmp_path / "many", texts, 40, sizes=[1] * 20) == expected


def test_hashes_are_polynomials_modulo_a_prime() -> None:
    how = hashing(3, 0)
    text = "佢a\U0001f600ि"
    spans = find_spans(buffers.of([text]), how)
    hashes = window_hashes(buffers.of([text]), how, spans)
    for start in range(2):
        for lane in range(2):
            point, value = int(how.powers[lane, 1]), 0
            for character in text[start : start + 3]:
                value = (value * point + ord(character) + 1) % PRIME
            assert int(hashes[start, lane]) == value


def test_a_thousand_identical_pages_and_a_text_of_one_letter_cost_no_more_than_their_length(
    tmp_path: Path,
) -> None:
    page = cantonese(np.random.default_rng(3), 3000)
    texts: list[str | None] = [page] * 1000
    parts = write_parts(tmp_path, texts, sizes=[500, 500])
    work = tmp_path / "work"
    cuts = [read_arrays(path) for path in ExactSubstrings().propose(parts, work, None)]
    assert sum(len(arrays["rows"]) for arrays in cuts) == 999
    assert len(read_arrays(work / "spans-00000")["keys"]) < 3200 // 30
    assert len(read_arrays(work / "common_windows")["keys"]) == 0
    spans = find_spans(buffers.of(["a" * 1_000_000, "ab" * 500_000]), hashing(200, 0))
    assert len(spans.documents) <= 6
    total = [(spans.windows * spans.repeats)[spans.documents == i].sum() for i in range(2)]
    assert total == [1_000_000 - 199] * 2


def dataset(texts: list[str | None], npartitions: int) -> DocumentDataset:
    ids = pd.Series([f"d{i}" for i in range(len(texts))], dtype="str")
    data = pd.DataFrame({"id": ids, "text": pd.Series(texts, dtype="str")})
    return DocumentDataset.from_pandas(data, npartitions=npartitions)


@pytest.mark.parametrize("npartitions", [1, 2, 4])
def test_the_ledger_says_where_a_stretch_stays(npartitions: int) -> None:
    licence = "本文章採用創用授權條款，歡迎轉載，請註明出處。" * 3
    texts: list[str | None] = [f"第一篇。{licence}", None, f"第二篇文章。{licence}多謝。", licence]
    result = ExactSubstrings(min_characters=30)(dataset(texts, npartitions))
    assert result.df.compute()["text"].fillna("").tolist() == [texts[0], "", "第二篇文章多謝。"]
    cut = result.cuts.iloc[0]
    assert len(result.cuts) == 1
    assert (cut["id"], cut["start"], cut["end"], cut["text"]) == ("d2", 5, 6 + 69, "。" + licence)
    assert (cut["duplicate_of"], cut["value"], cut["reason"]) == ("d0", "3", "exact_substring")
    dropped = result.dropped.compute()
    assert dropped[["id", "reason", "duplicate_of"]].to_numpy().tolist() == [
        ["d3", "nothing_left", "d0"]
    ]
    assert dropped["text"].tolist() == [licence]


@pytest.mark.parametrize("fields", [{"min_characters": 1}, {"seed": -1}])
def test_fields_that_cannot_work_are_refused(fields: dict[str, int]) -> None:
    with pytest.raises(RecipeError, match=next(iter(fields))):
        ExactSubstrings(**fields)
