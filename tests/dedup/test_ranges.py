"""Whatever a task may hold at one time, the marks are those of one task that holds all."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curator.cluster import get_client, get_threads
from curator.dedup.copies import candidates
from curator.dedup.exact import ExactDuplicates
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.io.parts import Parts
from tests.dedup.corpus import cantonese, edited, javanese, small_ranges, small_tasks, write_parts

DEVANAGARI = list("कगरलनदपतसमचहबश")
RULES = pytest.mark.parametrize("rule", [{}, {"jaccard": 0.5}, {"aligned": 0.7, "seed": 5}])


def texts_of(seed: int) -> tuple[list[str], list[str]]:
    """Return texts in three scripts with edited copies, chains, a large cluster, pages with one
    licence and equal keys, in a shuffled order, and ids of which some are the same."""
    rng = np.random.default_rng(seed)
    make = [
        lambda: cantonese(rng, 200),
        lambda: javanese(rng, 60),
        lambda: " ".join("".join(rng.choice(DEVANAGARI, 3).tolist()) + "ि" for _ in range(50)),
    ]
    texts: list[str] = []
    for number in range(30):
        text = make[number % 3]()
        texts += [text, text, text + "。"][: 1 + number % 3]
        texts += [edited(rng, text, 2 + copy) for copy in range(number % 5)]
    crowd = cantonese(rng, 150)
    texts += [edited(rng, crowd, 1) for _ in range(25)]
    licence = javanese(rng, 80)
    texts += [licence + make[2]() for _ in range(20)]
    step = cantonese(rng, 300)
    for _ in range(12):  # a chain: neighbours alike, ends strangers
        step = step[20:] + cantonese(rng, 20)
        texts.append(step)
    order = rng.permutation(len(texts)).tolist()
    ids = [f"d{i // 3:05d}" for i in order]
    return [texts[i] for i in order] + ["短", "短", "", "", "…"], [*ids, *"abcde"]


def corpus(folder: Path, seed: int = 0) -> Parts:
    texts, ids = texts_of(seed)
    sizes = [30, 0, 1, 45, 45, len(texts) - 121]
    return write_parts(folder, texts, ids, sizes, dropped=[3, 40, 77])


def marks_of(parts: Parts, work: Path, rule: dict[str, Any], workers: Any = None) -> list[Any]:
    return FuzzyDuplicates(**rule).mark(parts, work, workers).to_pylist()


@RULES
@pytest.mark.parametrize("n", [25, 100])
def test_ranges_of_any_size_give_the_marks_of_one(
    tmp_path: Path, rule: dict[str, Any], n: int
) -> None:
    parts = corpus(tmp_path, seed=n)
    expected = marks_of(parts, tmp_path / "whole", rule)
    assert len(expected) > 80
    with small_ranges(n):
        assert marks_of(parts, tmp_path / "ranges", rule) == expected
    pieces = {path.name.rsplit("-", 1)[0] for path in (tmp_path / "ranges").iterdir()}
    assert {"same", "standing", "ranked", "candidates", "labels", "settled"} <= pieces
    assert not any(name.startswith("partners") for name in pieces)
    if n < 100:
        assert len(list((tmp_path / "ranges").glob("settled-*"))) > 1
        assert len(list((tmp_path / "ranges").glob("common-*-0001"))) > 1


@RULES
def test_planted_copies_in_real_cantonese_have_the_marks_of_one_range(
    tmp_path: Path, corpora: Path, rule: dict[str, Any]
) -> None:
    with gzip.open(corpora / "neardup" / "yue_synthetic_dups.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    sizes = [2000, 2000, 2000, len(rows) - 6000]
    parts = write_parts(tmp_path, [r["text"] for r in rows], [r["id"] for r in rows], sizes)
    expected = marks_of(parts, tmp_path / "whole", rule)
    assert len(expected) > 1000
    with small_ranges(900), get_threads(2) as threads:
        assert marks_of(parts, tmp_path / "ranges", rule, threads) == expected
    assert len(list((tmp_path / "ranges").glob("settled-*"))) > 2


@pytest.mark.parametrize("key", ["text", "folded"])
def test_exact_copies_are_found_in_ranges_as_in_one(tmp_path: Path, key: str) -> None:
    parts = corpus(tmp_path)
    stage = ExactDuplicates(key=key)
    expected = stage.mark(parts, tmp_path / "whole", None).to_pylist()
    assert len(expected) > 30
    for n in (1, 20):
        with small_ranges(n):
            assert stage.mark(parts, tmp_path / str(n), None).to_pylist() == expected


def test_threads_and_a_cluster_work_on_ranges(tmp_path: Path) -> None:
    parts = corpus(tmp_path)
    expected = marks_of(parts, tmp_path / "whole", {})
    for name, open_workers in (("threads", get_threads(3)), ("cluster", get_client(n_workers=2))):
        with small_ranges(40), small_tasks(20, 4000), open_workers as workers:
            assert marks_of(parts, tmp_path / name, {}, workers) == expected


@RULES
def test_a_restart_goes_on_from_whichever_ranges_are_there(
    tmp_path: Path, rule: dict[str, Any]
) -> None:
    rng = np.random.default_rng(0)
    parts = corpus(tmp_path)
    with small_ranges(50), small_tasks(40, 4000):
        expected = marks_of(parts, tmp_path / "work", rule)
        finished = sorted(path.name for path in (tmp_path / "work").iterdir())
        for share in (0.02, 0.1, 0.5, 0.9):
            interrupted = tmp_path / f"without-{share}"
            shutil.copytree(tmp_path / "work", interrupted)
            for name in finished:
                if rng.random() < share:
                    (interrupted / name).unlink()
            assert marks_of(parts, interrupted, rule) == expected


def test_of_the_bands_only_a_range_that_is_missing_is_sorted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, work = corpus(tmp_path), tmp_path / "work"
    with small_ranges(50):
        marks_of(parts, work, {})
        signing = FuzzyDuplicates().signing
        candidates.meet(signing, work, None)  # the lists of partners were deleted
        tasks = candidates.band_tasks(work)
        assert tasks.n_ranges > 1
        missing = [tasks.pieces(work)[1], tasks.pieces(work, candidates.common_piece)[-1]]
        expected = [path.read_bytes() for path in missing]
        for path in missing:
            path.unlink()
        sorted_again = []
        partners = candidates._partners

        def counted(*given: Any) -> dict[str, np.ndarray]:
            sorted_again.append(given)
            return partners(*given)

        monkeypatch.setattr(candidates, "_partners", counted)
        candidates.meet(signing, work, None)
    assert len(sorted_again) == len(missing)
    assert [path.read_bytes() for path in missing] == expected
