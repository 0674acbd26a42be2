"""The corpus with planted copies says of itself what is true."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers import corpus, sources, templates
from benchmarks.peers.planting import KINDS
from benchmarks.peers.quality import judge
from tests.conftest import REPOSITORY

N_DOCUMENTS = 1600
NEGATIVES = {"base", "stub", "twin", "quote", "splice"}
YUE = "香港地舖好多都係賣街坊嘢，朝早八點開門，夜晚十點收工，老闆話生意麻麻，不過啲熟客成日返嚟。"
JAV = "Saben esuk wong-wong padha menyang pasar tuku jangan, banjur bali mulih sadurungé awan."


@pytest.fixture(scope="module")
def documents(corpora: Path) -> list[corpus.Document]:
    return corpus.build(corpora, N_DOCUMENTS, 0)


def letters(text: str) -> list[str]:
    return re.findall(r"\w", text)


def copies(documents: list[corpus.Document], kind: str) -> list[tuple[str, str, str]]:
    """Script, text of the base document and text of each copy of a kind."""
    bases = {d.cluster: d.text for d in documents if d.kind == "base"}
    return [(d.script, bases[d.cluster], d.text) for d in documents if d.kind == kind]


def test_a_seed_gives_the_same_bytes_whatever_the_hash_seed(
    documents: list[corpus.Document], corpora: Path, tmp_path: Path
) -> None:
    corpus.write(documents, tmp_path / "here", 0)
    subprocess.run(
        [sys.executable, "-m", "benchmarks.peers.corpus",
         "--documents", str(N_DOCUMENTS), "--out", str(tmp_path / "there")],
        cwd=REPOSITORY, check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "CURATOR_DATA": str(corpora)},
    )  # fmt: skip
    for name in ("corpus.jsonl", "gold.jsonl"):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()
    gold_lines = (tmp_path / "here" / "gold.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in gold_lines]
    assert len({row["id"] for row in rows}) == N_DOCUMENTS
    assert [row["kind"] for row in rows] == [d.kind for d in documents]


def test_every_cluster_is_one_base_with_up_to_four_unlike_copies_or_a_negative_alone(
    documents: list[corpus.Document],
) -> None:
    clusters = defaultdict(list)
    for document in documents:
        clusters[document.cluster].append(document.kind)
    for kinds in clusters.values():
        assert sum(kind in NEGATIVES for kind in kinds) == 1
        assert len(kinds) == len(set(kinds)) <= 5
        if len(kinds) > 1:
            assert "base" in kinds
    bases = [kinds for kinds in clusters.values() if "base" in kinds]
    assert 0.25 < np.mean([len(kinds) > 1 for kinds in bases]) < 0.35
    assert Counter(d.script for d in documents) == {"han": 800, "latin": 800}


def test_all_kinds_are_there_in_the_scripts_they_fit(documents: list[corpus.Document]) -> None:
    for script in ("han", "latin"):
        expected = NEGATIVES | set(KINDS) - ({"script"} if script == "latin" else set())
        assert {d.kind for d in documents if d.script == script} == expected


def test_texts_of_two_clusters_are_never_equal(documents: list[corpus.Document]) -> None:
    clusters = defaultdict(set)
    for document in documents:
        clusters[document.text].add(document.cluster)
    assert all(len(found) == 1 for found in clusters.values())


@pytest.mark.parametrize(("kind", "share"), [("noise05", 0.05), ("noise10", 0.1), ("noise20", 0.2)])
def test_noise_replaces_the_promised_share_of_letters(
    documents: list[corpus.Document], kind: str, share: float
) -> None:
    for script, base, copy in copies(documents, kind):
        n_letters = len(sources.LETTER[script].findall(base))
        changed = [(a, b) for a, b in zip(base, copy, strict=True) if a != b]
        assert len(changed) == round(share * n_letters)
        assert all(sources.LETTER[script].fullmatch(a + b) is None for a, b in changed)
        assert all(sources.LETTER[script].fullmatch(b) for _, b in changed)


def test_copies_keep_of_their_base_what_their_kind_says(documents: list[corpus.Document]) -> None:
    assert all(copy == base for _, base, copy in copies(documents, "exact"))
    for _, base, copy in copies(documents, "format"):
        assert copy != base
        assert letters(copy.casefold()) == letters(base.casefold())
    for _, base, copy in copies(documents, "truncated"):
        assert base.startswith(copy)
        assert 0.49 < len(copy) / len(base) <= 0.7
    for _, base, copy in copies(documents, "blocks"):
        assert 0.7 <= len(copy) / len(base) <= 0.9
    for _, base, copy in copies(documents, "append"):
        assert copy.startswith(base)
        assert 1.15 < len(copy) / len(base) < 1.42
    for _, base, copy in copies(documents, "boilerplate"):
        assert base in copy[1:-1]
    for _, base, copy in copies(documents, "shuffled"):
        assert copy != base
        assert Counter(letters(copy)) == Counter(letters(base))
    for _, base, copy in copies(documents, "script"):
        assert copy != base
        assert len(copy) == len(base)


def test_a_splice_is_half_of_one_document_and_half_of_another(
    documents: list[corpus.Document],
) -> None:
    sizes = Counter(d.cluster for d in documents)
    alone = [d.text for d in documents if d.kind == "base" and sizes[d.cluster] == 1]
    found = [d.text for d in documents if d.kind == "splice"]
    assert len(found) == 24
    for text in found:
        near_half = int(0.4 * len(text))
        parts = [
            t for t in alone if t.startswith(text[:near_half]) or t.endswith(text[-near_half:])
        ]
        assert len(parts) == 2
        assert all(sources.contained(text, part) < 0.7 < sources.CONTAINED for part in parts)


def test_pages_of_one_template_are_far_from_equal() -> None:
    for script in ("han", "latin"):
        rng = np.random.default_rng(0)
        keys = [re.sub(r"\W", "", templates.stub(script, rng).casefold()) for _ in range(150)]
        found = [sources.contained(a, b) for i, a in enumerate(keys) for b in keys[:i]]
        assert 0.45 < max(found) < sources.CONTAINED


@pytest.mark.parametrize(("script", "passage"), [("han", [YUE, YUE]), ("latin", [JAV, JAV])])
def test_twins_differ_in_what_they_are_about(script: str, passage: list[str]) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        pages = templates.twins(script, passage, 4, rng)
        assert len(set(pages)) == 4
        assert len({re.split("[，:（]", page)[0] for page in pages}) == 4
        for page in pages:
            assert all(sentence in page for sentence in passage)
            assert len(page) < sum(map(len, passage)) + 120


def test_natural_near_duplicates_are_left_out_in_either_script() -> None:
    simplified = (
        "香港地铺好多都系卖街坊嘢，朝早八点开门，夜晚十点收工，老板话生意麻麻，不过啲熟客成日返嚟！"
    )
    other = YUE[:20] + "".join(reversed(YUE[:20]))
    kept = sources.without_near_duplicates([YUE, simplified, other], "han")
    assert kept == [YUE, other]
    assert sources.without_near_duplicates([JAV, JAV.upper() + "!"], "latin") == [JAV]


def test_a_natural_page_that_a_longer_one_holds_is_left_out() -> None:
    page = "".join(f"第{i}間舖頭喺{i * 7}號，賣{i % 5}樣嘢，{i % 12}點收工。" for i in range(20))
    longer = "".join(f"{i}月{i}號嗰日落雨，{i * 3}個人冇返工。" for i in range(60)) + page
    assert sources.without_near_duplicates([longer, page], "han") == [longer]
    assert sources.without_near_duplicates([page, longer], "han") == [page]
    assert sources.without_near_duplicates([longer, page[:100] + longer[:200:-1]], "han") != [
        longer
    ]


def test_spliced_documents_have_no_long_passage_in_common() -> None:
    texts = [f"{JAV} {number}: {'wong ' * 60}." for number in range(400)]
    small = [f"Pasar nomer {number} bukak jam {number % 12}. Rega lombok {number}. " for number in
             range(3000)]  # fmt: skip
    texts += ["".join(small[at : at + 3]) for at in range(0, len(small), 3)]
    texts += [f"Pasar gedhe ing kutha, nomer {number}." for number in range(500)]  # whole documents
    found = sources.spliced(texts, "latin", 60, np.random.default_rng(0))
    assert len(set(found)) == 60
    assert "wong wong" not in "".join(found)
    assert "Pasar gedhe" not in "".join(found)
    passages = Counter(text[i : i + 200] for text in found for i in range(0, len(text) - 200))
    assert max(passages.values()) == 1


def gold(*rows: tuple[str, str, str, str]) -> dict[str, dict[str, str]]:
    return {i: {"cluster": c, "kind": k, "script": s} for i, c, k, s in rows}


def test_quality_counts_the_lost_document_of_a_cluster_that_is_gone_whole() -> None:
    truth = gold(
        ("a", "1", "base", "han"), ("b", "1", "exact", "han"), ("c", "1", "script", "han"),
        ("d", "2", "base", "latin"), ("e", "2", "format", "latin"), ("f", "3", "stub", "latin"),
    )  # fmt: skip
    found = judge(truth, ["a", "c"], [("b", "a"), ("d", "e"), ("f", "d")])
    # right: b, and one of d and e; wrong: the other of them, and f; overlooked: c
    assert found["documents"] == {"precision": 0.5, "recall": 0.6667, "f1": 0.5714}
    assert found["documents_han"] == {"precision": 1.0, "recall": 0.5, "f1": 0.6667}
    assert found["clusters_lost_whole"] == 2
    assert found["pairs"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert found["found_by_kind"] == {
        "han": {"exact": 1.0, "script": 0.0},
        "latin": {"format": 1.0},
    }
    assert found["negatives_removed"] == {"latin": {"stub": 1.0}}


def test_an_output_with_a_document_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        judge(gold(("a", "1", "base", "han")), ["a", "a"], [])
