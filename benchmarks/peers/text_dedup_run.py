"""text-dedup's own command: python text_dedup_run.py INPUT OUTPUT

128 permutations, 5-grams of words (what stands between characters that are no letters, so a
Chinese clause is one word), J .8, two processes. Its output is an Arrow data set, which is
written as jsonl; clusters are read from the union-find that it leaves in memory.
"""

import sys
from pathlib import Path

import orjson
from datasets import load_from_disk
from text_dedup import minhash


def main() -> None:
    source, output = Path(sys.argv[1]), Path(sys.argv[2])
    options = {
        "path": "json", "data_files": source, "split": "train", "cache_dir": output / "cache",
        "output": output / "arrow", "column": "text", "num_perm": 128, "ngram": 5,
        "threshold": 0.8, "hash_func": "xxh3", "hash_bits": 64, "num_proc": 2,
    }  # fmt: skip
    arguments = [str(part) for name, value in options.items() for part in (f"--{name}", value)]
    minhash.main.main(arguments, standalone_mode=False)
    load_from_disk(str(output / "arrow")).to_json(str(output / "kept.jsonl"), force_ascii=False)
    with source.open("rb") as lines, (output / "pairs.tsv").open("w") as pairs:
        ids = [orjson.loads(line)["id"] for line in lines]
        for number, name in enumerate(ids):
            root = minhash.uf.find(number)
            if root != number:
                pairs.write(f"{name}\t{ids[root]}\n")


if __name__ == "__main__":
    main()
