"""datasketch as its documentation shows it: python datasketch_run.py INPUT OUTPUT

128 permutations over character 5-grams, J .8; what the index brings up is a duplicate, and the
first of a cluster is kept. One process.
"""

import sys
from pathlib import Path

import orjson
from datasketch import MinHash, MinHashLSH


def main() -> None:
    source, output = Path(sys.argv[1]), Path(sys.argv[2])
    index = MinHashLSH(threshold=0.8, num_perm=128)
    with (
        source.open("rb") as lines,
        (output / "kept.jsonl").open("wb") as kept,
        (output / "pairs.tsv").open("w") as pairs,
    ):
        for line in lines:
            row = orjson.loads(line)
            text = row["text"]
            sketch = MinHash(num_perm=128)
            sketch.update_batch([text[i : i + 5].encode() for i in range(max(1, len(text) - 4))])
            if found := index.query(sketch):
                pairs.write(f"{row['id']}\t{min(found)}\n")
            else:
                index.insert(row["id"], sketch)
                kept.write(line)


if __name__ == "__main__":
    main()
