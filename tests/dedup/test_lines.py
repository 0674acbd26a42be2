"""DuplicateLines: what many documents of a site have is cut, and nothing else is."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.dataset import DocumentDataset
from curator.dedup import DuplicateLines, lines
from curator.errors import RecipeError
from curator.kernels import buffers
from curator.kernels.lines import find_units, spans_without
from curator.stages.workspace import Workspace

MENU = "主頁 | 關於我哋 | 聯絡方法"
FOOTER = "Hak cipta © 2024 Warta Jawa, kabèh hak dilindhungi."
NOTICE = "यह पृष्ठ केवल जानकारी के लिए है।"
ALPHABET = "a佢ि\u3000 \r\n\n"


def plain_units(text: str, least: int, paragraphs: bool) -> list[tuple[int, ...]]:
    """Return (ordinal, before, start, end, stop, first, last) of every unit, one way or other."""
    spans: list[tuple[int, int]] = []
    at, open_ = 0, False
    for line in text.split("\n"):
        end = at + len(line)
        blank = not line.replace("\ufeff", " ").strip()
        if not paragraphs:
            if not (end == len(text) and not line):
                spans.append((at, end))
        elif blank:
            open_ = False
        elif open_:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((at, end))
            open_ = True
        at = end + 1
    found = []
    for ordinal, (start, end) in enumerate(spans):
        content = text[start:end].strip()
        if content and len(content) >= least:
            before = spans[ordinal - 1][1] if ordinal else 0
            stop = spans[ordinal + 1][0] if ordinal + 1 < len(spans) else len(text)
            first = len(text[:start].encode()) + text[start:end].encode().index(content.encode())
            last = first + len(content.encode())
            found.append((ordinal, before, start, end, stop, first, last))
    return found


@settings(deadline=None)
@given(st.lists(st.text(ALPHABET, max_size=25), max_size=5), st.integers(1, 4), st.booleans())
def test_units_are_those_of_a_plain_loop(texts: list[str], least: int, paragraphs: bool) -> None:
    whole = buffers.of(texts)
    units = find_units(whole, least, paragraphs=paragraphs)
    for document, text in enumerate(texts):
        here = units.documents == document
        begin = whole.offsets[document]
        found = zip(
            units.ordinals[here].tolist(),
            units.before[here].tolist(),
            units.starts[here].tolist(),
            units.ends[here].tolist(),
            units.stops[here].tolist(),
            (units.first_byte[here] - begin).tolist(),
            (units.last_byte[here] - begin).tolist(),
            strict=True,
        )
        assert list(found) == plain_units(text, least, paragraphs)


@settings(deadline=None)
@given(st.text("a佢\n", max_size=25), st.booleans(), st.data())
def test_chosen_units_go_with_their_line_breaks_and_the_others_stay(
    text: str, paragraphs: bool, data: st.DataObject
) -> None:
    units = find_units(buffers.of([text]), 1, paragraphs=paragraphs)
    n = len(units.documents)
    chosen = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), np.bool_)
    starts, ends = spans_without(units, chosen)
    assert (ends > starts).all()
    assert (starts[1:] >= ends[:-1]).all()
    left = text
    for start, end in zip(starts.tolist()[::-1], ends.tolist()[::-1], strict=True):
        left = left[:start] + left[end:]
    stay = zip(units.starts[~chosen].tolist(), units.ends[~chosen].tolist(), strict=True)
    expected = [text[start:end] for start, end in stay]
    after = find_units(buffers.of([left]), 1, paragraphs=paragraphs)
    spans = zip(after.starts.tolist(), after.ends.tolist(), strict=True)
    assert [left[start:end] for start, end in spans] == expected


def frame(texts: list[str | None], **columns: Any) -> pd.DataFrame:
    ids = pd.Series([f"d{i:03d}" for i in range(len(texts))], dtype="str")
    return pd.DataFrame({"id": ids, "text": pd.Series(texts, dtype="str"), **columns})


def curated(data: pd.DataFrame, stage: DuplicateLines, npartitions: int = 1) -> DocumentDataset:
    return stage(DocumentDataset.from_pandas(data, npartitions=npartitions))


def pages(n: int) -> list[str | None]:
    return [f"{MENU}\n第 {i} 篇：佢今日去咗行山。\n{FOOTER}" for i in range(n)]


def test_what_five_documents_of_a_site_have_is_cut_from_all_of_them() -> None:
    urls = ["https://www.a.hk/x"] * 5 + ["http://b.id/y"] * 4
    result = curated(frame(pages(9), url=urls), DuplicateLines(min_share=0), 3)
    texts = result.df.compute()["text"].tolist()
    assert texts[:5] == [f"第 {i} 篇：佢今日去咗行山。" for i in range(5)]
    assert texts[5:] == pages(9)[5:]
    cuts = result.cuts
    assert cuts["id"].tolist() == [f"d{i:03d}" for i in range(5) for _ in range(2)]
    assert cuts["text"].tolist()[:2] == [MENU + "\n", "\n" + FOOTER]
    assert set(cuts["value"]) == {"5"}
    assert set(cuts["reason"]) == {"duplicate_line"}
    assert set(cuts["stage"]) == {"DuplicateLines"}
    assert cuts["duplicate_of"].isna().all()


def test_a_share_counts_the_documents_of_the_domain_alone() -> None:
    texts = [*pages(6), *[f"另外一篇文，第 {i} 篇，冇選單。" for i in range(6)]]
    stage = DuplicateLines(min_share=0.6)
    together = curated(frame(texts, domain=["a"] * 12), stage)
    assert len(together.cuts) == 0
    apart = curated(frame(texts, domain=["a"] * 6 + [None] * 6), stage)
    assert len(apart.cuts) == 12


def test_first_leaves_the_line_where_the_corpus_has_it_first() -> None:
    result = curated(frame(pages(5)), DuplicateLines(keep="first", min_share=0), 2)
    texts = result.df.compute()["text"].tolist()
    assert texts[0] == pages(1)[0]
    assert texts[1] == "第 1 篇：佢今日去咗行山。"
    assert set(result.cuts["duplicate_of"]) == {"d000"}


def test_case_punctuation_and_script_make_no_difference_unless_asked() -> None:
    variants = [MENU, MENU.upper(), "主页｜关于我哋｜联络方法。", " " + MENU + "\r", MENU]
    texts: list[str | None] = [f"{v}\n{i} 嘅內容係咁樣嘅。" for i, v in enumerate(variants)]
    folded = curated(frame(texts), DuplicateLines(min_share=0))
    assert folded.cuts["text"].tolist() == [v + "\n" for v in variants]
    as_it_is = curated(frame(texts), DuplicateLines(min_share=0, min_documents=3, key="text"))
    assert as_it_is.cuts["id"].tolist() == ["d000", "d001", "d003", "d004"]


def test_a_document_that_says_a_line_twice_counts_once_and_loses_both() -> None:
    texts: list[str | None] = [f"{NOTICE}\nपहला {i}\n{NOTICE}" for i in range(4)]
    assert len(curated(frame(texts), DuplicateLines(min_share=0)).cuts) == 0
    cut = curated(frame(texts), DuplicateLines(min_share=0, min_documents=4))
    assert cut.df.compute()["text"].tolist() == [f"पहला {i}" for i in range(4)]


def test_paragraphs_are_cut_whole() -> None:
    block = "第一行係選單\n第二行都係選單"
    texts: list[str | None] = [f"標題 {i}\n\n{block}\n\n內文 {i} 喺呢度。\n" for i in range(5)]
    result = curated(frame(texts), DuplicateLines(unit="paragraph", min_share=0))
    assert result.df.compute()["text"].tolist() == [
        f"標題 {i}\n\n內文 {i} 喺呢度。\n" for i in range(5)
    ]


def test_a_document_of_which_nothing_is_left_is_dropped_as_it_was() -> None:
    texts = [*pages(5), f"{MENU}\n\n{FOOTER}\n"]
    result = curated(frame(texts), DuplicateLines(min_share=0))
    dropped = result.dropped.compute()
    assert dropped["text"].tolist() == [texts[5]]
    assert dropped["reason"].tolist() == ["nothing_left"]
    assert dropped["value"].tolist() == [str(len(MENU) + len(FOOTER) + 2)]
    assert "d005" not in set(result.cuts["id"])


def test_short_lines_and_rules_of_dashes_are_told_by_their_length_and_bytes() -> None:
    texts: list[str | None] = [f"名稱\n----------\n＝＝＝＝＝＝＝＝＝＝\n{i}" for i in range(5)]
    result = curated(frame(texts), DuplicateLines(min_share=0))
    assert result.df.compute()["text"].tolist() == [f"名稱\n{i}" for i in range(5)]
    mixed: list[str | None] = [*texts[:4], "名稱\n＊＊＊＊＊＊＊＊＊＊\n9"]
    assert len(curated(frame(mixed), DuplicateLines(min_share=0)).cuts) == 0


TEXTS = st.lists(
    st.one_of(
        st.none(),
        st.lists(st.sampled_from(["甲", "乙甲", "B", "b", "", " "]), max_size=6).map("\n".join),
    ),
    max_size=12,
)


def plain_lines(texts: list[str | None], sites: list[str], least: int) -> list[str | None]:
    """Cut by a plain loop: lines that ``least`` documents of one site have, whatever their case."""
    having: dict[tuple[str, str], set[int]] = defaultdict(set)
    for i, text in enumerate(texts):
        for line in (text or "").split("\n"):
            having[sites[i], line.strip().lower()].add(i)
    left: list[str | None] = []
    for i, text in enumerate(texts):
        kept = [
            line
            for line in (text or "").split("\n")
            if not line.strip() or len(having[sites[i], line.strip().lower()]) < least
        ]
        left.append(None if text is None else "\n".join(kept))
    return left


@settings(deadline=None, max_examples=40)
@given(TEXTS, st.integers(2, 4), st.integers(1, 4), st.data())
def test_cuts_are_those_of_a_plain_loop_however_rows_are_divided(
    texts: list[str | None], least: int, npartitions: int, data: st.DataObject
) -> None:
    n = len(texts)
    sites = data.draw(st.lists(st.sampled_from(["x", "y"]), min_size=n, max_size=n))
    stage = DuplicateLines(min_characters=1, min_documents=least, min_share=0)
    result = curated(frame(texts, domain=pd.Series(sites, dtype="str")), stage, npartitions)
    rows = result.rows.compute()
    for before, plain, after, gone in zip(
        texts, plain_lines(texts, sites, least), rows["text"], rows["dropped_by"], strict=True
    ):
        if before is None:
            assert pd.isna(after)
        elif isinstance(gone, str):
            assert after == before
            assert plain is not None
            assert not plain.strip()
        else:
            # a plain loop forgets which line breaks were whose
            assert plain is not None
            assert [s for s in after.split("\n") if s.strip()] == [
                s for s in plain.split("\n") if s.strip()
            ]


def test_many_ranges_of_hashes_give_the_cuts_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = frame([*pages(40), None, ""])
    expected = curated(data, DuplicateLines())
    monkeypatch.setattr(lines, "LINES_AT_ONCE", 8)
    stage = DuplicateLines()
    found = stage(DocumentDataset.from_pandas(data, npartitions=7), Workspace(tmp_path))
    pd.testing.assert_frame_equal(found.cuts, expected.cuts)
    assert len(list(tmp_path.rglob("*.cuts"))) == 7


def test_documents_without_a_url_go_by_their_file() -> None:
    data = frame(pages(10), url=["https://a.hk/"] * 4 + [None, ""] * 3)
    assert len(curated(data, DuplicateLines(min_share=0)).cuts) == 12  # the six of one file
    assert len(curated(data, DuplicateLines(min_share=0, by=None)).cuts) == 20


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"unit": "sentence"}, "unit='sentence'"),
        ({"keep": "last"}, "keep='last'"),
        ({"min_documents": 1}, "min_documents=1; give a whole number from 2"),
        ({"min_share": 2}, "give a share"),
    ],
)
def test_fields_that_cannot_work_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        DuplicateLines(**fields)


def test_a_named_column_must_be_there_and_be_plain() -> None:
    with pytest.raises(RecipeError, match="reads column 'site'"):
        curated(frame(pages(2)), DuplicateLines(by="site"))
    with pytest.raises(RecipeError, match="no name of a site"):
        curated(frame(pages(2), site=[["a"], ["b"]]), DuplicateLines(by="site"))


def test_text_of_another_column_is_cut_and_the_text_stays() -> None:
    data = frame(["短"] * 5, body=pages(5))
    result = curated(data, DuplicateLines(text_field="body", min_share=0))
    rows = result.df.compute()
    assert rows["body"].tolist() == [f"第 {i} 篇：佢今日去咗行山。" for i in range(5)]
    assert rows["text"].tolist() == ["短"] * 5
    assert set(result.cuts["column"]) == {"body"}
    with pytest.raises(RecipeError, match="only text can be cut"):
        curated(frame(["短"] * 5, body=list(range(5))), DuplicateLines(text_field="body"))
