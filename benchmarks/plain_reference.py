"""What the main job's stages cost in plain Python: the reference the benchmark divides by.

    python -m benchmarks.plain_reference clean IN.jsonl OUT.jsonl
    python -m benchmarks.plain_reference dedup IN.jsonl OUT.jsonl

`clean` is a loop over lines: parse, repair, newlines, URLs, the same kinds of counts, write.
`dedup` is datasketch as its documentation shows it: 128 permutations, character 5-grams.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import ftfy
import orjson

URL = re.compile(r"(?:https?://|www\.)[!-~]+")
CONFIG = ftfy.TextFixerConfig(fix_character_width=False, uncurl_quotes=False)


def documents(path: Path) -> Iterator[dict[str, str]]:
    with path.open("rb") as file:
        for line in file:
            yield orjson.loads(line)


def keep(text: str) -> bool:
    if len(text) < 20:
        return False
    letters = digits = symbols = 0
    for character in text:
        category = unicodedata.category(character)
        letters += category[0] in "LM"
        digits += category == "Nd"
        symbols += category[0] == "S"
    lines = text.split("\n")
    longest = max((len(m.group(0)) for m in re.finditer(r"(.)\1*", text, re.S)), default=0)
    return (
        symbols <= 0.1 * len(text)
        and digits <= 0.15 * len(text)
        and len(set(lines)) >= 0.7 * len(lines)
        and longest < 100
    )


def clean(source: Path, target: Path) -> None:
    with target.open("wb") as out:
        for row in documents(source):
            text = ftfy.fix_text(row["text"], CONFIG)
            text = re.sub(r"\n{3,}", "\n\n", text.replace("\r\n", "\n").replace("\r", "\n"))
            text = URL.sub("", text)
            if keep(text):
                out.write(orjson.dumps({**row, "text": text}) + b"\n")


def dedup(source: Path, target: Path) -> None:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=0.5, num_perm=128)
    with target.open("wb") as out:
        for number, row in enumerate(documents(source)):
            text = row["text"]
            signature = MinHash(num_perm=128)
            signature.update_batch([text[i : i + 5].encode() for i in range(len(text) - 4)])
            if len(text) < 5 or not index.query(signature):
                index.insert(number, signature)
                out.write(orjson.dumps(row) + b"\n")


if __name__ == "__main__":
    {"clean": clean, "dedup": dedup}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
