"""SemanticDuplicates: documents that a model finds to say nearly the same as a better one."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curator import schema
from curator.cluster import run_tasks
from curator.dataset import DocumentDataset
from curator.dedup.directions import assign, directions, k_means, leaders
from curator.dedup.documents import chunks, living_texts
from curator.dedup.embedders import Embedder
from curator.dedup.equality import ranked
from curator.dedup.pieces import joined, open_work, piece, read_arrays
from curator.dedup.verdicts import Duplicates, four_decimals, repeated_text, row_ids, to_marks
from curator.errors import DataError, RecipeError, shorten
from curator.fingerprint import fingerprint
from curator.io.parts import Parts
from curator.kernels.fold import fold
from curator.stages.global_stage import GlobalStageBase, mark_dataset
from curator.stages.workspace import Workspace, temporary_workspace

REASON = "semantic_duplicate"
DOCUMENTS_PER_CLUSTER = 2_000
"""Documents in a cluster that the automatic number of clusters aims at: in so many, comparing every
two takes milliseconds a document less than embedding it."""
SAMPLE_PER_CLUSTER = 64
"""Documents for each cluster that the centres are found from."""
DOCUMENTS_PER_TASK = 20_000
"""Documents whose clusters are compared in one task, where clusters are not larger."""
EMBEDDED_AT_ONCE = 256
"""Texts given to the embedder in one call."""
NO_DUPLICATES: dict[str, np.ndarray] = {
    "dropped": np.zeros(0, np.int64),
    "kept": np.zeros(0, np.int64),
    "cosines": np.zeros(0, np.float64),
}


@dataclass(frozen=True)
class SemanticDuplicates(GlobalStageBase):
    """Drops documents whose embedding points nearly where that of a kept document does.

    Off unless a recipe names it: translations, paraphrases and templates filled in with other
    names are alike to a model, and whether they are too many is yours to say. Look at the ledger
    first. Documents are put into clusters by k-means; in each, every two are compared exactly, and
    every dropped document was compared with the very one ``duplicate_of`` names. Alike documents in
    two clusters are not seen. Texts of punctuation and space alone are not compared.

    Kept is the member with the fewest U+FFFD, then the longest text (punctuation and space not
    counted), then the most Traditional characters, then the smallest id.
    Source: SemDeDup (Abbas, Tirumala, Simig, Ganguli, Morcos 2023).
    """

    embedder: Embedder = field(metadata={"shelf": "embedders"})
    """What gives texts their vectors: ``SentenceEmbedder`` with a model's folder, or your own class
    with ``embed(texts)``, as ``package.module:Name``."""
    cosine: float = 0.95
    """Least cosine of two embeddings to count as duplicates. Models differ in what it means; this
    was measured for none of them."""
    clusters: int | None = None
    """Number of clusters; null takes one for each 2,000 documents. With 1 every two documents of
    the corpus are compared."""
    seed: int = 0
    """Seed of the clusters' beginnings; another one may miss other pairs."""
    text_field: str = schema.TEXT
    """Column to compare."""
    name: str | None = None
    """Name in the ledger and the report."""

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Raise ``RecipeError`` when a field cannot work."""
        if not callable(getattr(self.embedder, "embed", None)):
            raise RecipeError(
                f"SemanticDuplicates: embedder={shorten(self.embedder)} has no embed(texts); name "
                "SentenceEmbedder with a folder, or a class of yours"
            )
        if not 0 < self.cosine <= 1:
            raise RecipeError(
                f"SemanticDuplicates: cosine={self.cosine}; give a number above 0 and up to 1"
            )
        if self.clusters is not None and self.clusters < 1:
            raise RecipeError(f"SemanticDuplicates: clusters={self.clusters}; give 1 or more")
        if self.seed < 0:
            raise RecipeError(f"SemanticDuplicates: seed={self.seed}; give 0 or more")

    def __call__(
        self, dataset: DocumentDataset, workspace: Workspace | None = None
    ) -> DocumentDataset:
        """Return the dataset with marks; another model in the same folder is another stage."""
        pinned = getattr(self.embedder, "pinned", None)
        stage = self if pinned is None else replace(self, embedder=pinned())
        return mark_dataset(stage, dataset, workspace or temporary_workspace())

    def mark(self, parts: Parts, work: Path, client: Any | None) -> pa.Table:
        """Return marks with reason ``semantic_duplicate`` and the cosine as value."""
        open_work(
            work,
            {
                "stage": "SemanticDuplicates",
                "embedder": fingerprint(self.embedder),
                "cosine": self.cosine,
                "clusters": self.clusters,
                "seed": self.seed,
                "text_field": self.text_field,
                "rows": [part.rows for part in parts.parts],
            },
        )
        n_parts = len(parts.parts)
        items = [(parts.only(i), _embedded(work, i)) for i in range(n_parts)]
        embed = partial(_embed_part, embedder=self.embedder, text_field=self.text_field)
        sizes = run_tasks(embed, items, client)
        n_documents, n_clusters = _check_sizes(sizes), self.clusters
        if n_clusters is None:
            n_clusters = math.ceil(n_documents / DOCUMENTS_PER_CLUSTER)
        n_clusters = min(n_clusters, n_documents)
        piece(work / "centres", lambda: self._centres(work, sizes, n_clusters))
        counts = run_tasks(partial(_label_part, work=work), range(n_parts), client)
        tasks = [
            (first, last, work / f"compared-{first:06d}")
            for first, last in _ranges(sum(counts, np.zeros(n_clusters, np.int64)))
        ]
        run_tasks(partial(_compare, parts=parts, work=work, cosine=self.cosine), tasks, client)
        found = joined([path for _, _, path in tasks], NO_DUPLICATES)
        why = repeated_text(REASON, len(found["dropped"]))
        values = four_decimals(found["cosines"])
        return to_marks(parts, self.label, Duplicates(found["dropped"], found["kept"], why, values))

    def _centres(
        self, work: Path, sizes: list[tuple[int, int]], n_clusters: int
    ) -> dict[str, np.ndarray]:
        """Return the clusters' centres, int32[n_clusters, d], from a sample of all documents."""
        ends = np.cumsum([n for n, _ in sizes])
        n_documents = int(ends[-1]) if len(ends) else 0
        n_drawn = min(n_documents, n_clusters * SAMPLE_PER_CLUSTER)
        if n_clusters <= 1:  # one centre, whatever it is, is the nearest to all
            n_drawn = n_clusters
        rng = np.random.default_rng([self.seed, n_documents])
        drawn = np.sort(rng.permutation(n_documents)[:n_drawn])
        sample = [np.zeros((0, max((d for _, d in sizes), default=0)), np.int32)]
        for index, (end, (n, _)) in enumerate(zip(ends.tolist(), sizes, strict=True)):
            start, stop = np.searchsorted(drawn, [end - n, end])
            if start < stop:
                vectors = read_arrays(_embedded(work, index))["vectors"]
                sample.append(vectors[drawn[start:stop] - (end - n)])
        return {"centres": k_means(np.concatenate(sample), n_clusters, self.seed)}


def _embedded(work: Path, index: int) -> Path:
    return work / f"embedded-{index:05d}"


def _labelled(work: Path, index: int) -> Path:
    return work / f"labelled-{index:05d}"


def _embed_part(item: tuple[Parts, Path], embedder: Embedder, text_field: str) -> tuple[int, int]:
    """Write the directions of one part's documents; return their number and dimensions."""
    part, path = item
    found = piece(path, partial(_embed, part, embedder, text_field))
    return found["vectors"].shape[0], found["vectors"].shape[1]


def _embed(part: Parts, embedder: Embedder, text_field: str) -> dict[str, np.ndarray]:
    """Return rows int64[n], vectors int32[n, d] and quality uint32[n, 3] of what can be compared.

    Without such documents d is 0.
    """
    rows, texts = living_texts(part, text_field)
    quality = np.zeros((len(rows), 3), np.uint32)
    for place, chunk in chunks(texts):
        keys = fold(chunk)
        quality[place, 0] = keys.n_replacements
        quality[place, 1] = keys.lengths
        quality[place, 2] = keys.n_traditional
    wanted = np.flatnonzero(quality[:, 1])
    vectors: list[np.ndarray] = []
    for start in range(0, len(wanted), EMBEDDED_AT_ONCE):
        some = [texts.document(i) for i in wanted[start : start + EMBEDDED_AT_ONCE].tolist()]
        vectors.append(directions(_checked(embedder.embed(some), len(some), embedder)))
    if len({array.shape[1] for array in vectors}) > 1:
        raise DataError(f"{_named(embedder)} gave vectors of different lengths; give them all one")
    found = np.concatenate(vectors) if vectors else np.zeros((0, 0), np.int32)
    pointing = found.any(axis=1)
    return {
        "rows": rows[wanted][pointing],
        "vectors": found[pointing],
        "quality": quality[wanted][pointing],
    }


def _checked(vectors: Any, n_texts: int, embedder: Embedder) -> np.ndarray:
    """Return what an embedder gave, after checking that it is a vector for each text."""
    found = np.asarray(vectors)
    if found.ndim != 2 or len(found) != n_texts or found.dtype.kind != "f" or not found.shape[1]:
        raise DataError(
            f"{_named(embedder)}.embed gave {found.dtype}{list(found.shape)} for {n_texts} texts; "
            f"return float32[{n_texts}, dimensions]"
        )
    if not np.isfinite(found).all():
        raise DataError(
            f"{_named(embedder)}.embed gave a vector that is not finite; an infinite or missing "
            "number has no direction: correct the embedder"
        )
    return found


def _named(embedder: Embedder) -> str:
    return type(embedder).__name__


def _check_sizes(sizes: list[tuple[int, int]]) -> int:
    """Return the number of documents, after checking that all have vectors of one length."""
    lengths = sorted({d for n, d in sizes if n})
    if len(lengths) > 1:
        raise DataError(f"the embedder gave vectors of different lengths: {lengths}; give all one")
    return sum(n for n, _ in sizes)


def _label_part(index: int, work: Path) -> np.ndarray:
    """Write the cluster of each document of a part; return int64[clusters], documents in each."""
    centres = read_arrays(work / "centres")["centres"]
    vectors = read_arrays(_embedded(work, index))["vectors"]

    def labels() -> dict[str, np.ndarray]:
        if not len(vectors):
            return {"labels": np.zeros(0, np.int32)}
        return {"labels": assign(vectors, centres)}

    found = piece(_labelled(work, index), labels)["labels"]
    return np.bincount(found, minlength=len(centres)).astype(np.int64)


def _ranges(counts: np.ndarray) -> list[tuple[int, int]]:
    """Return (first, last + 1) of runs of clusters that hold some 20,000 documents together."""
    tasks, first, held = [], 0, 0
    for cluster, count in enumerate(counts.tolist()):
        if held and held + count > DOCUMENTS_PER_TASK:
            tasks.append((first, cluster))
            first, held = cluster, 0
        held += count
    if held:
        tasks.append((first, len(counts)))
    return tasks


def _compare(item: tuple[int, int, Path], parts: Parts, work: Path, cosine: float) -> None:
    """Write the duplicates in a run of clusters."""
    first, last, path = item
    piece(path, partial(_duplicates, first, last, parts, work, cosine))


def _duplicates(
    first: int, last: int, parts: Parts, work: Path, cosine: float
) -> dict[str, np.ndarray]:
    pieces: list[tuple[np.ndarray, ...]] = []
    for index in range(len(parts.parts)):
        labels = read_arrays(_labelled(work, index))["labels"]
        here = np.flatnonzero((labels >= first) & (labels < last))
        if len(here):
            part = read_arrays(_embedded(work, index))
            chosen = (part[name][here] for name in ("rows", "vectors", "quality"))
            pieces.append((labels[here], *chosen))
    labels, rows, vectors, quality = (
        np.concatenate(column) for column in zip(*pieces, strict=True)
    )
    order = ranked(quality, row_ids(parts, rows))
    order = order[np.argsort(labels[order], kind="stable")]  # by cluster, then from best to worst
    bounds = np.searchsorted(labels[order], np.arange(first, last + 1)).tolist()
    dropped, kept, values = [], [], []
    for start, stop in itertools.pairwise(bounds):
        members = order[start:stop]
        gone, leader, value = leaders(vectors[members], cosine)
        dropped.append(rows[members[gone]])
        kept.append(rows[members[leader]])
        values.append(value)
    return {
        "dropped": np.concatenate(dropped),
        "kept": np.concatenate(kept),
        "cosines": np.concatenate(values),
    }
