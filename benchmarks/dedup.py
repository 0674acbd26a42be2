"""Deduplication: speed and quality on Cantonese corpora, beside datasketch. Prints JSON.

Run: ``python benchmarks/dedup.py [--skip-datasketch]``; the corpora are found through CURATOR_DATA
or the sibling folder shared/data.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import resource
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import datasketch
import numba
import numpy as np
import opencc
import pyarrow as pa

from curator import schema
from curator.dedup.exact import ExactDuplicates
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.io.parts import Part, Parts, write_part
from curator.kernels import buffers
from curator.kernels.alignment import align
from curator.kernels.fold import fold, key_hashes
from curator.kernels.jaccard import jaccard
from curator.kernels.minhash import signatures
from curator.kernels.narrow import narrow
from curator.kernels.shingles import shingle_lengths, shingle_sets, unspaced

HOME = Path(__file__).resolve().parents[2]
CORPORA = Path(os.environ.get("CURATOR_DATA", HOME / "shared" / "data"))


def read(name: str) -> list[dict]:
    path = CORPORA / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        return [json.loads(line) for line in lines]


def corpus(documents: list[dict], folder: Path, n_parts: int = 4) -> Parts:
    parts, first = [], 0
    for number, places in enumerate(np.array_split(np.arange(len(documents)), n_parts)):
        chosen = [documents[i] for i in places]
        table = pa.table({name: [row[name] for row in chosen] for name in ("id", "text")})
        table = table.cast(pa.schema([("id", schema.STRING), ("text", schema.STRING)]))
        path = folder / f"part-{number:05d}.parquet"
        write_part(path, schema.conform(table))
        parts.append(Part(path, len(chosen), first))
        first += len(chosen)
    return Parts(tuple(parts))


def megabytes(documents: list[dict]) -> float:
    return sum(len(row["text"].encode()) for row in documents) / 1e6


def run_stage(stage, documents: list[dict], repeats: int = 1) -> tuple[dict, float]:
    """Return marks by id of the dropped documents, and the least processor time of the stage."""
    best = float("inf")
    with tempfile.TemporaryDirectory() as name:
        parts = corpus(documents, Path(name))
        for turn in range(repeats):
            start = time.process_time()
            marks = stage.mark(parts, Path(name) / f"work-{turn}", None)
            best = min(best, time.process_time() - start)
    dropped = {documents[row["row"]]["id"]: row for row in marks.to_pylist() if row["dropped_by"]}
    return dropped, best


def removal_quality(removed: dict[str, str], documents: list[dict]) -> dict:
    """Removed documents against gold: right when the one named instead is of the same cluster."""
    gold = {row["id"]: row["cluster"] for row in documents}
    right = sum(gold[dropped] == gold[kept] for dropped, kept in removed.items())
    precision = right / max(1, len(removed))
    recall = right / (len(gold) - len(set(gold.values())))
    f1 = 2 * precision * recall / max(1e-12, precision + recall)
    return {"P": round(precision, 4), "R": round(recall, 4), "F1": round(f1, 4)}


def clustered_by_kind(removed: dict[str, str], documents: list[dict]) -> dict:
    """Share of documents of each kind that are in a cluster: dropped, or kept for another."""
    touched = set(removed) | set(removed.values())
    kinds: dict[str, list[bool]] = defaultdict(list)
    for row in documents:
        kinds[row["op"]].append(row["id"] in touched)
    return {kind: round(float(np.mean(found)), 4) for kind, found in sorted(kinds.items())}


RULES = {
    "curator": {},
    "curator J 0.7": {"jaccard": 0.7},
    "curator J 0.5": {"jaccard": 0.5},
    "curator J 0.25": {"jaccard": 0.25},
}
"""The default rule, and the classical one at some thresholds."""


def synthetic(skip_datasketch: bool) -> dict:
    documents = read("neardup/yue_synthetic_dups.jsonl.gz")
    result: dict = {"documents": len(documents), "MB": round(megabytes(documents), 1)}
    for name, rule in RULES.items():
        marks, seconds = run_stage(FuzzyDuplicates(**rule), documents)
        removed = {name: mark["duplicate_of"] for name, mark in marks.items()}
        result[name] = {
            **removal_quality(removed, documents),
            "MB per CPU-s": round(result["MB"] / seconds, 1),
        }
        if not rule:
            result["in a cluster, by kind"] = clustered_by_kind(removed, documents)
    if not skip_datasketch:
        for threshold in (0.8, 0.5):
            start = time.process_time()
            removed = datasketch_removed(documents, threshold)
            seconds = time.process_time() - start
            result[f"datasketch J {threshold}"] = {
                **removal_quality(removed, documents),
                "MB per CPU-s": round(result["MB"] / seconds, 1),
            }
    return result


def datasketch_removed(documents: list[dict], threshold: float) -> dict[str, str]:
    """The usual loop: 128 permutations, character 5-grams of the raw text, first come is kept."""
    index = datasketch.MinHashLSH(threshold=threshold, num_perm=128)
    removed = {}
    for row in documents:
        text = row["text"]
        sketch = datasketch.MinHash(num_perm=128)
        sketch.update_batch([text[i : i + 5].encode() for i in range(max(1, len(text) - 4))])
        if found := index.query(sketch):
            removed[row["id"]] = min(found)
        else:
            index.insert(row["id"], sketch)
    return removed


def natural() -> dict:
    """Yue Wikipedia: speed of the kernels and stages, recall on its natural pairs."""
    documents = read("yue/yuewiki_20220901.jsonl.gz")
    size = megabytes(documents)
    texts = buffers.of([row["text"] for row in documents])
    result: dict = {"documents": len(documents), "MB": round(size, 1)}
    result["kernels, MB per CPU-s"] = kernel_speeds(texts, size)
    stages = {
        "ExactDuplicates": ExactDuplicates(),
        "ExactDuplicates folded": ExactDuplicates("folded"),
        "FuzzyDuplicates": FuzzyDuplicates(),
        "FuzzyDuplicates J 0.7": FuzzyDuplicates(jaccard=0.7),
    }
    for name, stage in stages.items():
        marks, seconds = run_stage(stage, documents, repeats=3)
        result[name] = {"dropped": len(marks), "MB per CPU-s of text": round(size / seconds, 1)}
    place = {row["id"]: i for i, row in enumerate(documents)}
    with gzip.open(CORPORA / "neardup/yuewiki_natural_pairs.tsv.gz", "rt") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines][1:]
    pairs = np.array([[place[a], place[b]] for a, b, _ in rows])
    gold = np.array([float(row[2]) for row in rows])
    gone = np.array([row["id"] in marks for row in documents])  # of the last: J 0.7
    result["natural pairs, of which one is dropped at J 0.7"] = {
        f"J >= {limit}": round(float(gone[pairs].any(axis=1)[gold >= limit].mean()), 4)
        for limit in (0.9, 0.8, 0.7)
    }
    return result


def kernel_speeds(texts: buffers.Utf8, size: float) -> dict:
    fold(texts)
    speeds = {}

    def timed(name: str, call):  # type: ignore[no-untyped-def]
        call()
        start = time.process_time()
        result = call()
        speeds[name] = time.process_time() - start
        return result

    keys = timed("fold", lambda: fold(texts))
    timed("key hashes", lambda: key_hashes(texts, keys))
    lengths = shingle_lengths(keys)
    n = texts.n_documents
    for places in (96, 128):
        timed(f"signatures of {places}", lambda k=places: signatures(keys, lengths, k))
    timed("permutations, 128", lambda: signatures(keys, lengths, 128, 1, "permutations"))
    timed("shingle sets", lambda: shingle_sets(keys, lengths))
    neighbours = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    narrowed = timed("narrow keys", lambda: narrow(keys, np.arange(n)))
    scripts = unspaced(keys)
    timed(
        "alignment with the next document", lambda: align(narrowed, narrowed, neighbours, scripts)
    )
    return {name: round(size / seconds, 1) for name, seconds in speeds.items()}


RESPELLED = str.maketrans("嘅哋咗喺嚟啲嘢畀佢嗰", "既地左係黎D野比渠果")
"""How chat writes what careful Cantonese writes."""


def edit_grid() -> dict:
    """Found copies of 2,000 articles cut to 482 characters, changed in one way each."""
    articles = [row["text"] for row in read("yue/yuewiki_20220901.jsonl.gz")]
    originals = [text[:482] for text in articles if len(text) >= 482][:2000]
    pool = list("".join(originals[:50]))
    rng = np.random.default_rng(0)
    simplify = opencc.OpenCC("hk2s").convert
    copies = {
        f"{share:.0%} edits": [edit_characters(text, share, pool, rng) for text in originals]
        for share in (0.02, 0.05, 0.1, 0.2)
    }
    copies["respelled"] = [text.translate(RESPELLED) for text in originals]
    copies["simplified copy"] = [simplify(text) for text in originals]
    copies["without the last 20 %"] = [text[: len(text) * 4 // 5] for text in originals]
    return {kind: found_copies(originals, texts) for kind, texts in copies.items()}


def found_copies(originals: list[str], copies: list[str]) -> dict:
    """Recall: of a text and its copy one is dropped. Precision: what is dropped names the other."""
    n = len(originals)
    documents = [{"id": str(i), "text": text} for i, text in enumerate(originals + copies)]
    marks, _ = run_stage(FuzzyDuplicates(), documents)
    right = sum(abs(int(name) - int(mark["duplicate_of"])) == n for name, mark in marks.items())
    pairs = sum(str(i) in marks or str(i + n) in marks for i in range(n))
    return {"recall": round(pairs / n, 4), "precision": round(right / max(1, len(marks)), 4)}


def edit_characters(text: str, share: float, pool: list[str], rng: np.random.Generator) -> str:
    characters = list(text)
    for i in np.flatnonzero(rng.random(len(characters)) < share):
        characters[i] = pool[int(rng.integers(len(pool)))]
    return "".join(characters)


def shingle_length_choice() -> dict:
    """Jaccard of English variants, of edited Javanese and of unrelated texts by shingle length."""
    english = read("neardup/ntrex_english_variants.jsonl")
    paragraphs = [row["text"] for row in read("jav/nusaparagraph_jav.jsonl.gz")][:1500]
    rng = np.random.default_rng(0)
    edited = [edit_words(text, 0.05, rng) for text in paragraphs]
    result = {}
    originals = {row["cluster"]: i for i, row in enumerate(english) if row["op"] == "src.eng"}
    variants = [(originals[row["cluster"]], i) for i, row in enumerate(english)]
    variants = [pair for pair in variants if pair[0] != pair[1]]
    for length in (5, 7, 9, 10, 11, 13):
        news = similarity([row["text"] for row in english], np.array(variants), length)
        n = len(paragraphs)
        pairs = np.stack([np.arange(n), np.arange(n) + n], axis=1)
        copies = similarity(paragraphs + edited, pairs, length)
        strangers = similarity(paragraphs, rng.integers(0, n, (20000, 2)), length)
        strangers = strangers[strangers < 0.9]
        result[length] = {
            "English variants, share J >= .5": round(float((news >= 0.5).mean()), 4),
            "Javanese, 5 % of words changed, share J >= .5": round(
                float((copies >= 0.5).mean()), 4
            ),
            "median": round(float(np.median(copies)), 4),
            "Javanese strangers, 99.9th percentile": round(float(np.quantile(strangers, 0.999)), 4),
        }
    return result


def edit_words(text: str, share: float, rng: np.random.Generator) -> str:
    words = text.split(" ")
    for i in np.flatnonzero(rng.random(len(words)) < share):
        words[i] = words[int(rng.integers(len(words)))] + "x"
    return " ".join(words)


def similarity(texts: list[str], pairs: np.ndarray, length: int) -> np.ndarray:
    sets = shingle_sets(fold(buffers.of(texts)), np.full(len(texts), length))
    return jaccard(sets, sets, pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip-datasketch", action="store_true")
    options = parser.parse_args()
    result = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one used",
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "numba": numba.__version__,
            "pyarrow": pa.__version__,
            "datasketch": datasketch.__version__,
        },
        "yue_synthetic_dups": synthetic(options.skip_datasketch),
        "yuewiki": natural(),
        "changed copies of 482 characters": edit_grid(),
        "shingle lengths, spaced scripts": shingle_length_choice(),
    }
    result["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
