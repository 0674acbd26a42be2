"""SemanticDuplicates: each dropped document points where the one kept for it does."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import distributed
import numpy as np
import pytest

from curator.dedup import SemanticDuplicates, semantic
from curator.dedup.directions import cosines, directions
from curator.errors import DataError, ManifestError, RecipeError
from curator.io.parts import Parts
from curator.recipe import load_recipe
from tests.dedup.corpus import cantonese, edited, javanese, write_parts
from tests.dedup.embedders import CharacterTrigrams

COMBINING = ["ꦱꦸꦒꦼꦁꦫꦮꦸꦃ꧈ꦥꦶꦪꦺꦏꦧꦂꦫꦺ꧉" * 4, "hôm nay trời đẹp quá, chúng mình cùng đi leo núi nhé"]


def corpus(seed: int = 0) -> list[str | None]:
    """Originals in four scripts, copies edited less and more, and texts that say nothing."""
    rng = np.random.default_rng(seed)
    texts: list[str | None] = []
    for number in range(30):
        text = cantonese(rng, 120) if number % 2 else javanese(rng, 25)
        texts.append(text)
        texts += [edited(rng, text, 2 * copy + 1) for copy in range(number % 4)]
    texts += COMBINING + [text + "!" for text in COMBINING]
    texts = [texts[i] for i in rng.permutation(len(texts)).tolist()]
    return [*texts, "", None, "…", "。", "  ", "", None]


def mark(parts: Parts, work: Path, client: Any = None, **options: Any) -> list[dict[str, Any]]:
    stage = SemanticDuplicates(CharacterTrigrams(), **{"cosine": 0.9, **options})
    return stage.mark(parts, work, client).to_pylist()


def cosine_of(left: str, right: str) -> float:
    vectors = directions(CharacterTrigrams().embed([left, right]))
    return float(cosines(vectors[:1], vectors[1:])[0, 0])


def test_every_dropped_document_was_compared_with_the_kept_one_it_names(tmp_path: Path) -> None:
    texts = corpus()
    marks = mark(write_parts(tmp_path, texts), tmp_path / "work")
    dropped = {row["row"]: row for row in marks if row["dropped_by"]}
    assert len(dropped) >= 40
    for row, verdict in dropped.items():
        kept = int(verdict["duplicate_of"][1:])
        assert kept not in dropped
        assert verdict["reason"] == "semantic_duplicate"
        similarity = cosine_of(texts[row] or "", texts[kept] or "")
        assert similarity >= 0.9
        assert verdict["value"] == f"{similarity:.4f}"
        assert len(texts[kept] or "") >= len(texts[row] or "") - 1
    assert [row["row"] for row in marks] == sorted({row["row"] for row in marks})


def test_with_one_cluster_no_two_kept_documents_are_alike(tmp_path: Path) -> None:
    texts = corpus(1)
    marks = mark(write_parts(tmp_path, texts), tmp_path / "work", clusters=1)
    gone = {row["row"] for row in marks if row["dropped_by"]}
    kept = [text for i, text in enumerate(texts[:-7]) if i not in gone and text]
    assert max(cosine_of(a, b) for a, b in itertools.combinations(kept, 2)) < 0.9


def test_texts_that_say_nothing_are_not_duplicates_of_one_another(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, ["", None, "…", "…", "。", " ", ""])
    assert mark(parts, tmp_path / "work") == []


@pytest.mark.parametrize("clusters", [None, 1, 6])
def test_partitions_and_workers_do_not_change_the_marks(
    tmp_path: Path, clusters: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = corpus(2)
    whole = mark(write_parts(tmp_path / "1", texts), tmp_path / "1w", clusters=clusters)
    assert any(row["dropped_by"] for row in whole)
    monkeypatch.setattr(semantic, "DOCUMENTS_PER_TASK", 10)
    monkeypatch.setattr(semantic, "EMBEDDED_AT_ONCE", 3)
    sizes = [1, 0, 20, 1, len(texts) - 29, 7]
    parts = write_parts(tmp_path / "6", texts, sizes=sizes)
    assert mark(parts, tmp_path / "6w", clusters=clusters) == whole


def test_a_cluster_of_processes_gives_the_same_marks(tmp_path: Path) -> None:
    texts = corpus(3)
    parts = write_parts(tmp_path, texts, sizes=[40, len(texts) - 40])
    expected = mark(parts, tmp_path / "alone", clusters=4)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert mark(parts, tmp_path / "many", client, clusters=4) == expected


def test_rows_dropped_before_are_neither_kept_nor_dropped(tmp_path: Path) -> None:
    text = "今日天氣好好，我哋一齊去行山啦！"
    parts = write_parts(tmp_path, [text + "！！", text, text + "呀"], dropped=[0])
    marks = mark(parts, tmp_path / "work", cosine=0.8)
    assert [(row["row"], row["duplicate_of"]) for row in marks] == [(1, "d00002"), (2, None)]


def test_an_empty_corpus_has_no_marks(tmp_path: Path) -> None:
    assert mark(write_parts(tmp_path, [], sizes=[0, 0]), tmp_path / "work") == []
    assert mark(write_parts(tmp_path / "gone", ["abc"], dropped=[0]), tmp_path / "work2") == []


@dataclass(frozen=True)
class Failing:
    """Fails after some calls, as a process that is killed stops after some work."""

    left: list[int]

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        if not self.left:
            raise KeyboardInterrupt
        self.left.pop()
        return CharacterTrigrams().embed(texts)


def test_a_restart_continues_with_the_parts_that_were_embedded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = corpus(4)
    parts = write_parts(tmp_path, texts, sizes=[20, 20, 20, len(texts) - 60])
    expected = mark(parts, tmp_path / "whole", clusters=3)
    monkeypatch.setattr(semantic, "fingerprint", lambda embedder: "one and the same")
    with pytest.raises(KeyboardInterrupt):
        SemanticDuplicates(Failing([1, 1]), 0.9, 3).mark(parts, tmp_path / "work", None)
    assert len(list((tmp_path / "work").glob("embedded-*"))) == 2
    again = SemanticDuplicates(Failing([1, 1]), 0.9, 3).mark(parts, tmp_path / "work", None)
    assert again.to_pylist() == expected


def test_pieces_of_another_embedder_are_refused(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, ["abc", "abd"])
    mark(parts, tmp_path / "work")
    with pytest.raises(ManifestError, match="embedder="):
        SemanticDuplicates(CharacterTrigrams(32), 0.9).mark(parts, tmp_path / "work", None)


@dataclass(frozen=True)
class Constant:
    """Gives the same array for whatever it is asked."""

    vectors: Any

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return self.vectors


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.zeros((3, 4), np.float32), r"gave float32\[3, 4\] for 2 texts; return float32\[2, dim"),
        (np.zeros(2, np.float32), r"gave float32\[2\] for 2 texts"),
        (np.zeros((2, 4), np.int64), r"gave int64\[2, 4\] for 2 texts"),
        (np.full((2, 4), np.nan, np.float32), "a vector that is not finite"),
    ],
)
def test_an_embedder_that_gives_no_vectors_is_a_clear_error(
    tmp_path: Path, vectors: np.ndarray, message: str
) -> None:
    parts = write_parts(tmp_path, ["abc", "abd"])
    with pytest.raises(DataError, match=message):
        SemanticDuplicates(Constant(vectors)).mark(parts, tmp_path / "work", None)


def test_vectors_of_zeros_have_no_direction_and_no_duplicates(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, ["abc", "abd"])
    stage = SemanticDuplicates(Constant(np.zeros((2, 4), np.float32)))
    assert stage.mark(parts, tmp_path / "work", None).num_rows == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cosine": 0.0}, "cosine=0.0; give a number above 0"),
        ({"cosine": 1.5}, "cosine=1.5"),
        ({"clusters": 0}, "clusters=0; give 1 or more"),
        ({"seed": -1}, "seed=-1"),
        ({"embedder": "models/x"}, r"embedder='models/x' has no embed\(texts\)"),
    ],
)
def test_fields_that_cannot_work_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        SemanticDuplicates(**{"embedder": CharacterTrigrams(), **options})


def test_a_recipe_names_an_embedder_of_the_shelf_or_of_the_user(tmp_path: Path) -> None:
    recipe = tmp_path / "r.yaml"
    head = "name: t\ninput: in\nstages:\n"
    recipe.write_text(
        head + '- SemanticDuplicates: {embedder: {"tests.dedup.embedders:CharacterTrigrams": 32}}\n'
        "- SemanticDuplicates: {embedder: {SentenceEmbedder: models/some}, cosine: 0.8}\n"
    )
    first, second = load_recipe(recipe).stages
    assert first == SemanticDuplicates(CharacterTrigrams(32))
    assert isinstance(second, SemanticDuplicates)
    assert (second.embedder.folder, second.cosine) == ("models/some", 0.8)
    recipe.write_text(head + "- SemanticDuplicates: {embedder: SentenceEmbeder}\n")
    with pytest.raises(RecipeError, match="did you mean 'SentenceEmbedder'"):
        load_recipe(recipe)
