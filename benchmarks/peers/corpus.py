"""Writes a corpus with planted copies and its gold, the same bytes for the same seed.

    python -m benchmarks.peers.corpus --documents 20000 --out FOLDER [--seed 0]

`corpus.jsonl` has id and text, shuffled; `gold.jsonl` has id, cluster, kind and script of the same
documents in the same order. About half of the documents are Han, half Latin script, two kilobytes
each. Of the base documents 30 % get one to four copies (`planting.KINDS`, each kind at most once);
a base document and its copies are one cluster. Alone in their clusters are

- `base`: the other natural documents (`sources`: no two are equal or near duplicates; natural
  pairs that share less remain and are no duplicates by this gold);
- `stub`: pages of one template with other fills, 2 % of all documents;
- `twin`: short pages in twos to fours that are equal but for what they are about, 1 %;
- `quote`: documents in twos and threes that share a passage, 15 to 35 % of the shortest, 1.5 %;
- `splice`: the first half of one base document and the second half of another, neither of which
  has a copy, 1.5 %; the two are in the corpus.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import DATA
from benchmarks.peers import sources, templates
from benchmarks.peers.planting import Planter, plant

COPIED = 0.3
"""Share of base documents with copies."""

COPIES = (0.4, 0.3, 0.2, 0.1)
"""Share of one, two, three and four copies among them."""

STUBS, TWINS, QUOTES, SPLICES = 0.02, 0.01, 0.015, 0.015
"""Shares of the negatives among all documents."""

TWIN_LENGTH = {"han": (60, 200), "latin": (120, 400)}
"""Characters of a twin, about."""


@dataclass(frozen=True)
class Document:
    text: str
    cluster: str
    kind: str
    script: str


def build(corpora: Path, n_documents: int, seed: int) -> list[Document]:
    """Return the documents of the corpus in the order they are written."""
    rng = np.random.default_rng(seed)
    counts = {"han": n_documents // 2, "latin": n_documents - n_documents // 2}
    documents = [
        document
        for script, count in counts.items()
        for document in build_script(corpora, script, count, rng)
    ]
    return [documents[i] for i in rng.permutation(len(documents))]


def build_script(
    corpora: Path, script: str, count: int, rng: np.random.Generator
) -> list[Document]:
    n_stubs, n_twins, n_quotes, n_splices = (
        round(count * share) for share in (STUBS, TWINS, QUOTES, SPLICES)
    )
    copies = copy_plan(count - n_stubs - n_twins - n_quotes - n_splices, rng)
    texts = sources.documents(corpora, script, len(copies) + n_quotes, rng)
    bases, quoting = texts[: len(copies)], texts[len(copies) :]
    letters = sources.letters(bases[:500], script)
    planter = Planter(script, rng, letters, sources.held_out(corpora, script, rng))
    documents: list[Document] = []

    def add(text: str, kind: str) -> str:
        cluster = f"{script}-{len(documents):07d}"
        documents.append(Document(text, cluster, kind, script))
        return cluster

    for text, n_copies in zip(bases, copies, strict=True):
        cluster = add(text, "base")
        for kind, copy in plant(planter, text, n_copies):
            documents.append(Document(copy, cluster, kind, script))
    for text in quotes(quoting, planter):
        add(text, "quote")
    alone = [text for text, n_copies in zip(bases, copies, strict=True) if n_copies == 0]
    for text in splices(alone, n_splices):
        add(text, "splice")
    for _ in range(n_stubs):
        add(templates.stub(script, rng), "stub")
    for text in twins(n_twins, planter):
        add(text, "twin")
    return documents


def copy_plan(count: int, rng: np.random.Generator) -> list[int]:
    """Return the number of copies of each base document, so that all are `count` together."""
    plan: list[int] = []
    while (left := count - len(plan) - sum(plan)) > 0:
        copies = int(rng.choice(4, p=COPIES)) + 1 if rng.random() < COPIED else 0
        plan.append(min(copies, left - 1))
    return plan


def quotes(texts: list[str], planter: Planter) -> list[str]:
    """Put one held-out passage into two or three documents, in the middle of each."""
    found: list[str] = []
    while len(found) < len(texts):
        group = texts[len(found) : len(found) + int(planter.rng.integers(2, 4))]
        # A passage of q characters is q / (q + length) of a document: .54 gives 35 %.
        share = planter.rng.uniform(0.18, 0.53)
        passage = planter.passage(int(share * min(len(text) for text in group)))
        for text in group:
            parts = sources.sentences(text, planter.script)
            middle = len(parts) // 2
            found.append(
                "".join(parts[:middle]).rstrip() + "\n" + passage + "\n" + "".join(parts[middle:])
            )
    return found


def splices(texts: list[str], count: int) -> list[str]:
    """Join halves of documents of like length: a third of the 5-grams are those of either."""
    order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), i))
    step = max(2, len(order) // max(1, count))
    found: list[str] = []
    for place in range(0, len(order) - 1, step):
        first, second = (texts[i] for i in order[place : place + 2])
        # Cut by characters: a half by sentences can be nearly all of a document.
        found.append(first[: len(first) // 2] + second[len(second) // 2 :])
    return found[:count]


def twins(count: int, planter: Planter) -> list[str]:
    """Return pages in twos to fours, of held-out sentences, that are about different things."""
    found: list[str] = []
    while len(found) < count:
        length = planter.rng.uniform(*TWIN_LENGTH[planter.script])
        passage: list[str] = []
        while sum(map(len, passage)) < length:
            passage.append(next(planter.held_out).replace("\n", " "))
        n = min(int(planter.rng.integers(2, 5)), max(2, count - len(found)))
        found += templates.twins(planter.script, passage, n, planter.rng)
    return found[:count]


def write(documents: list[Document], folder: Path, seed: int) -> None:
    """Write corpus.jsonl and gold.jsonl; ids are drawn, and say nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 1])
    numbers: dict[int, None] = {}
    while len(numbers) < len(documents):
        numbers.update(dict.fromkeys(rng.integers(1 << 40, size=len(documents)).tolist()))
    with (
        (folder / "corpus.jsonl").open("w", encoding="utf-8", newline="\n") as corpus,
        (folder / "gold.jsonl").open("w", encoding="utf-8", newline="\n") as gold,
    ):
        for number, document in zip(numbers, documents, strict=False):
            name = f"{number:010x}"
            corpus.write(json.dumps({"id": name, "text": document.text}, ensure_ascii=False) + "\n")
            row = {"cluster": document.cluster, "kind": document.kind, "script": document.script}
            gold.write(json.dumps({"id": name, **row}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    write(build(DATA, options.documents, options.seed), options.out, options.seed)


if __name__ == "__main__":
    main()
