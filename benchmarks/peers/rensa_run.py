"""rensa as its documentation shows it: python rensa_run.py INPUT OUTPUT [lsh|verified]

128 permutations of R-MinHash over character 5-grams. `lsh` takes every document that its LSH
brings up (16 bands of 8, J about .71) as a duplicate; `verified` is its deduplicator, which also
compares the signatures (J .8). The first of a cluster is kept. Its rho pipeline is left out: it
flags every member of a cluster and does not say of which, so one cannot be kept.
"""

import sys
from itertools import islice
from pathlib import Path

import orjson
from rensa import RMinHash, RMinHashDeduplicator, RMinHashLSH

BATCH = 1000


def by_lsh(token_sets, numbers, index):  # type: ignore[no-untyped-def]
    """Yield for each document the number of the kept one it repeats, or None."""
    sketches = RMinHash.from_token_sets(token_sets, num_perm=128, seed=42)
    for number, sketch in zip(numbers, sketches, strict=True):
        found = index.query(sketch)
        if not found:
            index.insert(number, sketch)
        yield min(found, default=None)


def by_deduplicator(token_sets, numbers, index):  # type: ignore[no-untyped-def]
    sketches = RMinHash.from_token_sets(token_sets, num_perm=128, seed=42)
    for number, sketch in zip(numbers, sketches, strict=True):
        added = index.add(str(number), sketch)
        yield None if added else min(map(int, index.get_duplicates(sketch)))


def main() -> None:
    source, output, way = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    if way == "lsh":
        find, index = by_lsh, RMinHashLSH(threshold=0.8, num_perm=128, num_bands=16)
    else:
        find, index = by_deduplicator, RMinHashDeduplicator(0.8, 128, use_lsh=True, num_bands=16)
    ids: list[str] = []
    with (
        source.open("rb") as lines,
        (output / "kept.jsonl").open("wb") as kept,
        (output / "pairs.tsv").open("w") as pairs,
    ):
        while batch := list(islice(lines, BATCH)):
            rows = [orjson.loads(line) for line in batch]
            numbers = range(len(ids), len(ids) + len(rows))
            ids += [row["id"] for row in rows]
            texts = (row["text"] for row in rows)
            sets = ([text[i : i + 5] for i in range(max(1, len(text) - 4))] for text in texts)
            found = find(sets, numbers, index)
            for number, line, repeated in zip(numbers, batch, found, strict=True):
                if repeated is None:
                    kept.write(line)
                else:
                    pairs.write(f"{ids[number]}\t{ids[repeated]}\n")


if __name__ == "__main__":
    main()
