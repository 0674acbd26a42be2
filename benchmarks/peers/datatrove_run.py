"""datatrove's MinHash pipeline: python datatrove_run.py INPUT OUTPUT english|cantonese

14 buckets of 8 hashes and word 5-grams, its defaults; two tasks and two workers. It works by file,
so the input is cut into two files first. The Cantonese splitter is spaCy's Chinese one with jieba.
"""

import sys
from pathlib import Path

import orjson
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.hashing import HashConfig
from datatrove.utils.typeshelper import Languages

WORKERS = 2
LANGUAGES = {"english": Languages.english, "cantonese": Languages.yue_chinese__hani}


def cut(source: Path, folder: Path) -> list[list[str]]:
    """Write every second line into the one or the other file; returns the ids in each."""
    folder.mkdir()
    ids: list[list[str]] = [[] for _ in range(WORKERS)]
    files = [(folder / f"{number}.jsonl").open("wb") for number in range(WORKERS)]
    with source.open("rb") as lines:
        for number, line in enumerate(lines):
            files[number % WORKERS].write(line)
            ids[number % WORKERS].append(orjson.loads(line)["id"])
    for file in files:
        file.close()
    return ids


def main() -> None:
    source, output, language = Path(sys.argv[1]), Path(sys.argv[2]), LANGUAGES[sys.argv[3]]
    ids = cut(source, output / "input")
    config = MinhashConfig(hash_config=HashConfig(precision=64))
    work, parts = output / "work", JsonlReader(str(output / "input"))
    steps = [
        ([parts, MinhashDedupSignature(f"{work}/signatures", config, language)], WORKERS),
        ([MinhashDedupBuckets(f"{work}/signatures", f"{work}/buckets", config=config)],
         config.num_buckets),
        ([MinhashDedupCluster(f"{work}/buckets", f"{work}/remove", config, save_cluster_id=True)],
         1),
        ([parts, MinhashDedupFilter(f"{work}/remove"),
          JsonlWriter(str(output), "kept-${rank}.jsonl", compression=None)], WORKERS),
    ]  # fmt: skip
    for number, (pipeline, tasks) in enumerate(steps):
        LocalPipelineExecutor(
            pipeline, tasks=tasks, workers=min(WORKERS, tasks), logging_dir=f"{work}/logs/{number}"
        ).run()
    write_pairs(output, ids)


def write_pairs(output: Path, ids: list[list[str]]) -> None:
    """Say which documents it put in one cluster, from the pairs of numbers it keeps by file."""
    first: dict[int, str] = {}
    with (output / "pairs.tsv").open("w") as pairs:
        for path in sorted((output / "work" / "remove").glob("*.clusters")):
            names = ids[int(path.stem)]
            numbers = memoryview(path.read_bytes()).cast("I").tolist()
            for document, cluster in zip(numbers[::2], numbers[1::2], strict=True):
                pairs.write(f"{names[document]}\t{first.setdefault(cluster, names[document])}\n")


if __name__ == "__main__":
    main()
