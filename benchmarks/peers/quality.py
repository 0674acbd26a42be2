"""What a tool kept, against the gold.

Documents: of a cluster of n exactly one should be kept. Removing up to n - 1 of it is right, what
is removed beyond that is wrong, what is missing to n - 1 was overlooked. Pairs: two documents the
tool put in one cluster, against two documents of one gold cluster. By kind: a copy is found when
the tool put it in one cluster with another member of its gold cluster; a negative is hit when it
was removed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.peers.planting import KINDS

Gold = Mapping[str, Mapping[str, str]]
"""id → cluster, kind and script of every document of the corpus."""


def judge(gold: Gold, kept: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return precision, recall and F1 of documents and pairs, and shares by kind.

    Args:
        gold: what `corpus.py` wrote.
        kept: ids in the output; an unknown or repeated id is an error.
        pairs: ids of documents the tool says are of one cluster; clusters are what they connect.
    """
    listed = list(kept)
    left = set(listed)
    if len(left) != len(listed) or not left <= set(gold):
        raise ValueError("the output has an id twice, or one that is not in the corpus")
    removed = {name for name in gold if name not in left}
    labels = connected(pairs)
    clusters: dict[str, list[str]] = defaultdict(list)
    for name, row in gold.items():
        clusters[row["cluster"]].append(name)
    return {
        "removed": len(removed),
        "documents": document_level(clusters, removed),
        **{
            f"documents_{script}": document_level(
                {c: names for c, names in clusters.items() if gold[names[0]]["script"] == script},
                removed,
            )
            for script in ("han", "latin")
        },
        "clusters_lost_whole": sum(removed.issuperset(names) for names in clusters.values()),
        "pairs": pair_level(gold, labels),
        "found_by_kind": found_by_kind(gold, clusters, labels),
        "negatives_removed": negatives_removed(gold, clusters, removed),
    }


def document_level(clusters: Mapping[str, list[str]], removed: set[str]) -> dict[str, float]:
    right = wrong = missed = 0
    for names in clusters.values():
        gone = sum(name in removed for name in names)
        right += min(gone, len(names) - 1)
        wrong += gone == len(names)
        missed += max(0, len(names) - 1 - gone)
    return scores(right, wrong, missed)


def scores(right: int, wrong: int, missed: int) -> dict[str, float]:
    precision = right / (right + wrong) if right + wrong else 1.0
    recall = right / (right + missed) if right + missed else 1.0
    f1 = 2 * right / (2 * right + wrong + missed) if right else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def connected(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the cluster label of every document that is in a pair."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := parent.setdefault(name, name)) != name:
            parent[name] = parent[above]
            name = parent[name]
        return name

    for first, second in pairs:
        parent[root(first)] = root(second)
    return {name: root(name) for name in list(parent)}


def pair_level(gold: Gold, labels: Mapping[str, str]) -> dict[str, float]:
    def count(sizes: Iterable[int]) -> int:
        return sum(size * (size - 1) // 2 for size in sizes)

    said = count(Counter(labels.values()).values())
    true = count(Counter(row["cluster"] for row in gold.values()).values())
    both = count(Counter((label, gold[name]["cluster"]) for name, label in labels.items()).values())
    return scores(both, said - both, true - both)


def found_by_kind(
    gold: Gold, clusters: Mapping[str, list[str]], labels: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    """Share of copies found, by script and kind."""
    found: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for names in clusters.values():
        sizes = Counter(labels[name] for name in names if name in labels)
        for name in names:
            row = gold[name]
            if row["kind"] in KINDS:
                found[row["script"], row["kind"]].append(sizes[labels.get(name, "")] > 1)
    return by_script(found)


def negatives_removed(
    gold: Gold, clusters: Mapping[str, list[str]], removed: set[str]
) -> dict[str, dict[str, float]]:
    """Share removed of the documents that are alone in their gold cluster, by script and kind."""
    gone: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for names in clusters.values():
        if len(names) == 1:
            row = gold[names[0]]
            gone[row["script"], row["kind"]].append(names[0] in removed)
    return by_script(gone)


def by_script(shares: Mapping[tuple[str, str], list[bool]]) -> dict[str, dict[str, float]]:
    result: dict[str, dict[str, float]] = {}
    for (script, kind), values in sorted(shares.items()):
        result.setdefault(script, {})[kind] = round(sum(values) / len(values), 4)
    return result
