"""The main job's local stages and its deduplication: MB/s a core, memory, and memory at ten times.

    python -m benchmarks.main_job [--input yuewiki.jsonl.gz] [--times 10]

Everything is end to end, from plain jsonl to jsonl with ledger, manifest and report, one worker,
interpreter start included; MB are input bytes. The reference is a plain Python loop (`clean`) and
datasketch (`dedup`) on a part of the same file in the same run, since it takes minutes for all.
The tenfold corpus shifts every Han character by another amount in each copy: the same lengths and
word shapes, and no copy resembles another.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import DATA, about, keep, run

LOCAL = """
  - Modify: UnicodeReformatter
  - Modify: NewlineNormalizer
  - Modify: UrlRemover
  - Modify: CantoneseCleaner
  - ScoreFilter: {LengthFilter: {min_characters: 20}}
  - ScoreFilter: {SymbolsToWordsFilter: {}}
  - ScoreFilter: {NumbersFilter: {}}
  - ScoreFilter: {RepeatedLinesFilter: {}}
  - ScoreFilter: {RunLengthFilter: {}}
  - ScoreFilter: {LanguageFilter: {language: yue}}
"""
DEDUP = """
  - FuzzyDuplicates: {jaccard: 0.5}
"""
REFERENCE_DOCUMENTS = 5_000


def curate(folder: Path, source: Path, name: str, stages: str, *options: str) -> dict[str, float]:
    recipe = folder / f"{name}.yaml"
    recipe.write_text(f"name: {name}\nlanguage: yue\ninput: {source}\nstages:{stages}")
    figures = run(
        [sys.executable, "-m", "curator.cli", "run", str(recipe),
         "--set", f"output={folder / name}", "--quiet", *options]
    )  # fmt: skip
    counts = json.loads((folder / name / "manifest.json").read_text())["counts"]
    timings = json.loads((folder / name / "timings.json").read_text())["seconds"]
    assert counts["documents_in"] == counts["kept"] + counts["dropped"]
    megabytes = source.stat().st_size / 1e6
    return {
        **figures,
        "documents": counts["documents_in"],
        "kept": counts["kept"],
        "megabytes": round(megabytes, 1),
        "mb_per_s": round(megabytes / figures["wall_s"], 1),
        "mb_per_cpu_s": round(megabytes / figures["cpu_s"], 1),
        "seconds_by_step": timings,
    }


def reference(folder: Path, source: Path, what: str) -> dict[str, float]:
    small = folder / "small.jsonl"
    if not small.exists():
        with source.open("rb") as file, small.open("wb") as out:
            for _, line in zip(range(REFERENCE_DOCUMENTS), file, strict=False):
                out.write(line)
    figures = run(
        [sys.executable, "-m", "benchmarks.plain_reference", what, str(small),
         str(folder / "reference.jsonl")]
    )  # fmt: skip
    megabytes = small.stat().st_size / 1e6
    return {
        **figures,
        "megabytes": round(megabytes, 2),
        "mb_per_s": round(megabytes / figures["wall_s"], 2),
    }


def multiplied(source: Path, target: Path, times: int) -> None:
    with target.open("w", encoding="utf-8") as out:
        for copy in range(times):
            shift = {c: 0x4E00 + (c - 0x4E00 + 997 * copy) % 20_000 for c in range(0x4E00, 0x9C20)}
            with source.open(encoding="utf-8") as file:
                for line in file:
                    row = json.loads(line)
                    row["id"] = f"{row.get('id')}-{copy}"
                    row["text"] = row["text"].translate(shift)
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, default=DATA / "yue" / "yuewiki_20220901.jsonl.gz")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--keep", default="main_job")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "corpus.jsonl"
        with gzip.open(arguments.input, "rb") as file:
            source.write_bytes(file.read())
        curate(folder, source, "warm", LOCAL + DEDUP)  # compiles the kernels, fills file caches
        result = {
            "local": curate(folder, source, "local", LOCAL),
            "local_reference": reference(folder, source, "clean"),
            "dedup": curate(folder, source, "dedup", DEDUP),
            "dedup_reference": reference(folder, source, "dedup"),
            "both": curate(folder, source, "both", LOCAL + DEDUP),
            "both_two_workers": curate(folder, source, "two", LOCAL + DEDUP, "--n-workers", "2"),
        }
        for what in ("local", "dedup"):
            ratio = result[what]["mb_per_s"] / result[f"{what}_reference"]["mb_per_s"]
            result[f"{what}_ratio"] = round(ratio, 1)
        if arguments.times > 1:
            large = folder / "large.jsonl"
            multiplied(source, large, arguments.times)
            result[f"local_times_{arguments.times}"] = curate(folder, large, "local_many", LOCAL)
            result[f"dedup_times_{arguments.times}"] = curate(folder, large, "dedup_many", DEDUP)
            for block_size in ("8M", "32M"):
                small_run = curate(
                    folder, source, f"once{block_size}", LOCAL + DEDUP, "--block-size", block_size
                )
                large_run = curate(
                    folder, large, f"many{block_size}", LOCAL + DEDUP, "--block-size", block_size
                )
                result[f"times_1_block_{block_size}"] = small_run
                result[f"times_{arguments.times}_block_{block_size}"] = large_run
        keep(arguments.keep, {"about": about("pyarrow", "numba", "ftfy", "datasketch"), **result})


if __name__ == "__main__":
    main()
