"""FuzzyDuplicates: what is dropped was verified against what is kept for it."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curator.cluster import get_client, get_threads
from curator.dedup.fuzzy import FuzzyDuplicates, choose_bands
from curator.errors import ManifestError, RecipeError
from curator.io.parts import Parts
from curator.kernels import buffers
from curator.kernels.fold import fold
from curator.kernels.jaccard import jaccard
from curator.kernels.shingles import shingle_lengths, shingle_sets
from tests.dedup.corpus import cantonese, edited, javanese, small_tasks, write_parts

RULES = pytest.mark.parametrize("rule", [{}, {"jaccard": 0.5}, {"aligned": 0.7, "seed": 5}])
"""The default rule, the classical one, and one that looks lower."""


def mark(parts: Parts, work: Path, **options: Any) -> list[dict[str, Any]]:
    return FuzzyDuplicates(**options).mark(parts, work, None).to_pylist()


def mixed_corpus(seed: int = 0, n_originals: int = 40) -> list[str]:
    """Originals in two languages, edited copies, folded copies and chains, in a shuffled order."""
    rng = np.random.default_rng(seed)
    texts = []
    for number in range(n_originals):
        text = cantonese(rng, 300) if number % 2 else javanese(rng, 60)
        texts.append(text)
        for copy in range(number % 4):
            texts.append(edited(rng, text, 3 * (copy + 1)))
        if number % 5 == 0:
            texts.append(text.replace("。", "，").upper())
        step = text
        for _ in range(6 if number % 10 == 0 else 0):  # a chain: neighbours alike, ends strangers
            step = step[60:] + cantonese(rng, 60)
            texts.append(step)
    order = rng.permutation(len(texts))
    return [texts[i] for i in order.tolist()] + ["短", "短", "", "", "…"]


def exact_similarity(left: str, right: str) -> float:
    keys = fold(buffers.of([left, right]))
    sets = shingle_sets(keys, shingle_lengths(keys))
    return float(jaccard(sets, sets, np.array([[0, 1]]))[0])


def test_every_dropped_document_was_verified_against_the_kept_one_it_names(tmp_path: Path) -> None:
    texts = mixed_corpus()
    parts = write_parts(tmp_path, texts, sizes=[30, 0, 50, len(texts) - 80])
    marks = mark(parts, tmp_path / "work", jaccard=0.5)
    dropped = {row["row"]: row for row in marks if row["dropped_by"]}
    place = {f"d{i:05d}": i for i in range(len(texts))}
    assert len(dropped) > 60
    for row, verdict in dropped.items():
        kept = place[verdict["duplicate_of"]]
        assert kept not in dropped
        if verdict["reason"] == "same_key":
            keys = fold(buffers.of([texts[row], texts[kept]]))
            assert keys.document(0) == keys.document(1)
        else:
            similarity = exact_similarity(texts[row], texts[kept])
            assert similarity >= 0.5
            assert verdict["value"] == f"{similarity:.4f}"
    assert [row["row"] for row in marks] == sorted({row["row"] for row in marks})


def test_no_similar_pair_of_random_texts_is_left(tmp_path: Path) -> None:
    texts = mixed_corpus(seed=3)
    marks = mark(write_parts(tmp_path, texts), tmp_path / "work", jaccard=0.5)
    gone = {row["row"] for row in marks if row["dropped_by"]}
    keys = fold(buffers.of(texts))
    sets = shingle_sets(keys, shingle_lengths(keys))
    left = [i for i in range(len(texts)) if i not in gone and keys.lengths[i] >= 100]
    pairs = np.array([(a, b) for a in left for b in left if a < b])
    assert jaccard(sets, sets, pairs).max() < 0.5


@RULES
def test_partitions_do_not_change_the_marks(tmp_path: Path, rule: dict[str, Any]) -> None:
    texts = mixed_corpus(seed=1)
    whole = mark(write_parts(tmp_path / "one", texts), tmp_path / "one" / "work", **rule)
    sizes = [len(texts) // 7] * 7
    sizes.append(len(texts) - sum(sizes))
    parts = write_parts(tmp_path / "many", texts, sizes=sizes)
    assert mark(parts, tmp_path / "many" / "work", **rule) == whole


@RULES
def test_the_order_of_the_documents_does_not_change_who_is_dropped_for_whom(
    tmp_path: Path, rule: dict[str, Any]
) -> None:
    texts = mixed_corpus(seed=9)
    found = []
    for number in range(3):
        order = np.random.default_rng(number).permutation(len(texts)).tolist()
        parts = write_parts(
            tmp_path / str(number),
            [texts[i] for i in order],
            [f"d{i:05d}" for i in order],
            sizes=[40, len(texts) - 40],
        )
        marks = mark(parts, tmp_path / str(number) / "work", **rule)
        found.append({order[row.pop("row")]: row for row in marks})
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 60


@pytest.mark.parametrize("rule", [{}, {"jaccard": 0.2}])
def test_pieces_for_many_pairs_give_the_same_marks(tmp_path: Path, rule: dict[str, Any]) -> None:
    texts = mixed_corpus(seed=2)
    parts = write_parts(tmp_path, texts, sizes=[50, len(texts) - 50])
    expected = mark(parts, tmp_path / "few", **rule)
    with small_tasks(50, 300):
        assert mark(parts, tmp_path / "many", **rule) == expected


def test_a_chain_loses_its_middle_and_not_the_stranger_at_its_end(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    a, b, c, d = (cantonese(rng, 100) for _ in range(4))
    texts = [cantonese(rng, 9) + a + b, b + c, c + d]  # the longest is kept
    assert exact_similarity(texts[0], texts[1]) >= 0.3
    assert exact_similarity(texts[1], texts[2]) >= 0.3
    assert exact_similarity(texts[0], texts[2]) < 0.1
    marks = mark(write_parts(tmp_path, texts), tmp_path / "work", jaccard=0.3)
    assert [(row["row"], row["reason"], row["duplicate_of"]) for row in marks] == [
        (0, None, None),
        (1, "fuzzy_duplicate", "d00000"),
    ]
    assert [row["cluster_id"] for row in marks] == ["d00000", "d00000"]


def test_copies_in_simplified_script_are_the_same_key_and_the_traditional_one_stays(
    tmp_path: Path,
) -> None:
    texts = ["广东话嘅书，话𠮶阵时，里面", "廣東話嘅書話嗰陣時裏面。"]
    marks = mark(write_parts(tmp_path, texts), tmp_path / "work")
    assert [(row["row"], row["reason"], row["value"]) for row in marks] == [
        (0, "same_key", "1.0000"),
        (1, None, None),
    ]


def test_followers_of_a_dropped_document_name_the_one_that_is_kept(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    text = cantonese(rng, 300)
    shorter = edited(rng, text, 6)[:-12]
    parts = write_parts(tmp_path, [shorter + "！", text, shorter])
    marks = mark(parts, tmp_path / "work")
    assert [(row["row"], row["reason"], row["duplicate_of"]) for row in marks] == [
        (0, "fuzzy_duplicate", "d00001"),
        (1, None, None),
        (2, "fuzzy_duplicate", "d00001"),
    ]
    assert marks[0]["value"] == marks[2]["value"]
    assert {row["cluster_id"] for row in marks} == {"d00000"}


def test_short_texts_match_only_as_a_whole(tmp_path: Path) -> None:
    text = "今日天氣好好我哋一齊去行山好唔好呀大家"
    texts = [text, text[:-1], text + "！", "Sugeng enjing sedaya", "Sugeng enjing sedayo"]
    marks = mark(write_parts(tmp_path, texts), tmp_path / "work")
    assert [(row["row"], row["reason"]) for row in marks] == [(0, None), (2, "same_key")]
    found = mark(write_parts(tmp_path, texts), tmp_path / "less", min_key_characters=5, jaccard=0.5)
    assert [row["row"] for row in found if row["reason"] == "fuzzy_duplicate"] == [1, 4]


def test_empty_texts_are_the_same_and_punctuation_is_not(tmp_path: Path) -> None:
    marks = mark(write_parts(tmp_path, ["", "…", None, "。。。"]), tmp_path / "work")
    assert [(row["row"], row["reason"]) for row in marks] == [(0, None), (2, "same_key")]


def test_dropped_rows_take_no_part(tmp_path: Path) -> None:
    text = cantonese(np.random.default_rng(0), 200)
    parts = write_parts(tmp_path, [text, text + "尾", text + "尾巴"], dropped=[2], sizes=[1, 2])
    marks = mark(parts, tmp_path / "work")
    assert [(row["row"], row["duplicate_of"]) for row in marks] == [(0, "d00001"), (1, None)]


@pytest.mark.parametrize(
    ("texts", "sizes", "dropped"),
    [([], [], ()), ([], [0, 0], ()), (["一" * 99, "一" * 98], [1, 1], (0, 1)), (["獨"], [1], ())],
)
def test_nothing_to_compare_gives_no_marks(
    tmp_path: Path, texts: list[str], sizes: list[int], dropped: tuple[int, ...]
) -> None:
    parts = write_parts(tmp_path, texts, sizes=sizes, dropped=dropped)
    assert mark(parts, tmp_path / "work") == []


def test_one_long_document_beside_its_half(tmp_path: Path) -> None:
    text = cantonese(np.random.default_rng(1), 400_000)
    marks = mark(write_parts(tmp_path, [text[:300_000], "短", text]), tmp_path / "work")
    assert [(row["row"], row["duplicate_of"]) for row in marks] == [(0, "d00002"), (2, None)]


def test_ten_thousand_near_copies_cost_linear_work(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    head, text = cantonese(rng, 10), cantonese(rng, 200)
    texts = [head + edited(rng, text, 2) for _ in range(10_000)]
    marks = mark(write_parts(tmp_path, texts, sizes=[5000, 5000]), tmp_path / "work")
    assert sum(row["dropped_by"] is None for row in marks) == 1
    assert len(marks) == 10_000


def with_every_piece(tmp_path: Path, rule: dict[str, Any]) -> tuple[Parts, list[dict[str, Any]]]:
    """Mark a corpus; in small tasks every kind of piece is written to ``work``."""
    texts = mixed_corpus(seed=4)
    parts = write_parts(tmp_path, texts, sizes=[50, len(texts) - 50])
    return parts, mark(parts, tmp_path / "work", **rule)


@RULES
def test_a_restart_continues_from_the_finished_pieces(tmp_path: Path, rule: dict[str, Any]) -> None:
    with small_tasks(40, 4000):
        parts, expected = with_every_piece(tmp_path, rule)
        finished = sorted(path.name for path in (tmp_path / "work").iterdir())
        assert len(finished) > 8
        for name in finished:
            interrupted = tmp_path / "interrupted"
            shutil.copytree(tmp_path / "work", interrupted)
            (interrupted / name).unlink()
            assert mark(parts, interrupted, **rule) == expected
            assert {path.name for path in interrupted.iterdir()} <= set(finished)
            shutil.rmtree(interrupted)


@RULES
def test_a_restart_continues_whichever_pieces_are_there(
    tmp_path: Path, rule: dict[str, Any]
) -> None:
    rng = np.random.default_rng(0)
    with small_tasks(40, 4000):
        parts, expected = with_every_piece(tmp_path, rule)
        finished = sorted(path.name for path in (tmp_path / "work").iterdir())
        for share in (0.1, 0.3, 0.5, 0.7, 0.9):
            interrupted = tmp_path / f"without-{share}"
            shutil.copytree(tmp_path / "work", interrupted)
            for name in finished:
                if rng.random() < share:
                    (interrupted / name).unlink()
            (interrupted / ".writing-0123456789abcdef").write_bytes(b"half")
            assert mark(parts, interrupted, **rule) == expected


def test_pieces_of_other_parameters_are_refused_with_both_values(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, ["一", "一"])
    mark(parts, tmp_path / "work")
    with pytest.raises(ManifestError, match=r"aligned=0\.9, this run has aligned=0\.8"):
        mark(parts, tmp_path / "work", aligned=0.8)
    with pytest.raises(ManifestError, match="seed=0, this run has seed=1"):
        mark(parts, tmp_path / "work", seed=1)
    mark(parts, tmp_path / "classical", jaccard=0.5)
    with pytest.raises(ManifestError, match=r"jaccard=0\.5, this run has jaccard=0\.7"):
        mark(parts, tmp_path / "classical", jaccard=0.7, bands=40, rows_per_band=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"jaccard": 0.0}, "give a share from 0.1 to 1"),
        ({"jaccard": float("nan")}, "give a share from 0.1 to 1"),
        ({"jaccard": 80}, "give a share from 0.1 to 1"),
        ({"aligned": 0.49}, "aligned=0.49; give a share from 0.5 to 1"),
        ({"aligned": 90}, "aligned=90; give a share from 0.5 to 1"),
        ({"aligned": float("nan")}, "give a share from 0.5 to 1"),
        ({"bands": 20}, "both bands and rows_per_band"),
        ({"shingle_characters": 0}, "shingle_characters=0"),
        ({"min_key_characters": -1}, "min_key_characters=-1"),
        ({"seed": -1}, "seed=-1"),
        ({"scheme": "one_permutations"}, "did you mean 'one_permutation'"),
    ],
)
def test_a_field_that_cannot_work_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        FuzzyDuplicates(**options)


@pytest.mark.parametrize("jaccard", [0.1, 0.25, 0.4, 0.5, 0.7, 0.8, 0.95, 1.0])
def test_automatic_bands_find_the_threshold(jaccard: float) -> None:
    bands, rows = choose_bands(jaccard)
    assert 1 - (1 - jaccard**rows) ** bands >= 0.99
    assert rows >= 2


def test_bands_are_chosen_by_the_rule_unless_they_are_given() -> None:
    assert choose_bands(0.5) == (40, 3)
    default, classical = FuzzyDuplicates().signing, FuzzyDuplicates(jaccard=0.5).signing
    assert (default.bands, default.rows_per_band, default.characters) == (96, 1, (12, 12))
    assert (classical.bands, classical.rows_per_band, classical.characters) == (40, 3, (5, 10))
    given = FuzzyDuplicates(bands=20, rows_per_band=2, shingle_characters=6).signing
    assert (given.bands, given.rows_per_band, given.characters) == (20, 2, (6, 6))


def test_a_cluster_and_threads_give_the_marks_of_one_worker(tmp_path: Path) -> None:
    texts = mixed_corpus(seed=6)
    parts = write_parts(tmp_path, texts, sizes=[40, 0, 40, len(texts) - 80])
    rules: list[dict[str, Any]] = [{}, {"jaccard": 0.5}]
    expected = [mark(parts, tmp_path / f"alone-{i}", **rule) for i, rule in enumerate(rules)]
    for name, open_workers in (("threads", get_threads(3)), ("cluster", get_client(n_workers=2))):
        with small_tasks(40, 4000), open_workers as workers:
            for number, rule in enumerate(rules):
                work = tmp_path / f"{name}-{number}"
                marks = FuzzyDuplicates(**rule).mark(parts, work, workers).to_pylist()
                assert marks == expected[number]
                asked = "pairs" if rule else "alongside"
                assert list(work.glob(f"*-{asked}-*"))  # there were tasks to share


def test_another_seed_finds_the_clear_copies_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    texts = [cantonese(rng, 300) if i % 2 else javanese(rng, 60) for i in range(40)]
    texts += [edited(rng, text, 6) for text in texts]
    parts = write_parts(tmp_path, texts)
    for seed in (0, 1, 2**63 - 1):
        marks = mark(parts, tmp_path / str(seed), seed=seed)
        of_cluster = {row["row"]: row["cluster_id"] for row in marks}
        assert [of_cluster[i] == of_cluster[i + 40] for i in range(40)] == [True] * 40
        assert len(set(of_cluster.values())) == 40


def test_edited_copies_of_real_cantonese_are_found(tmp_path: Path, corpora: Path) -> None:
    with gzip.open(corpora / "neardup" / "yue_synthetic_dups.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    parts = write_parts(
        tmp_path, [r["text"] for r in rows], [r["id"] for r in rows], [3000, 3000, len(rows) - 6000]
    )
    marks = [row for row in mark(parts, tmp_path / "work") if row["dropped_by"]]
    cluster = {row["id"]: row["cluster"] for row in rows}
    right = [cluster[rows[m["row"]]["id"]] == cluster[m["duplicate_of"]] for m in marks]
    assert np.mean(right) > 0.99
    touched = {rows[m["row"]]["id"] for m in marks} | {m["duplicate_of"] for m in marks}
    for kind, least in (("exact", 1), ("t2s", 1), ("whitespace_punct", 1), ("typo02", 0.97)):
        found = [row["id"] in touched for row in rows if row["op"] == kind]
        assert np.mean(found) >= least, kind
