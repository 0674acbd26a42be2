"""ExactDuplicates: documents whose text, or whose folded key, is the same."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curator import schema
from curator.cluster import run_tasks
from curator.dedup.documents import chunks, living_texts
from curator.dedup.pieces import joined, open_work, piece
from curator.dedup.representative import quality_of
from curator.dedup.same_keys import NO_FOLLOWERS, settle_keys
from curator.dedup.verdicts import Duplicates, repeated_text, to_marks
from curator.errors import RecipeError, nearest
from curator.io.parts import Parts
from curator.kernels.buffers import Utf8
from curator.kernels.fold import fold, key_hashes
from curator.stages.global_stage import GlobalStageBase

KEYS = ("text", "folded")
REASON, HASHED = "exact_duplicate", "hashed"


@dataclass(frozen=True)
class ExactDuplicates(GlobalStageBase):
    """Drops documents that another document repeats; one of each cluster stays.

    Kept is the member with the fewest U+FFFD, then the longest text (punctuation and space not
    counted), then the most Traditional characters, then the smallest id. Empty documents are
    copies of one another; a null text counts as empty.
    """

    key: str = "text"
    """What must be the same: ``text``, byte for byte, or ``folded``, the text without case,
    punctuation, white space and spelling variants (``嗰度！`` and ``𠮶 度``). Documents of
    punctuation alone have an empty key and are compared byte for byte."""
    text_field: str = schema.TEXT
    """Column to compare."""
    name: str | None = None
    """Name in the ledger and the report."""

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Raise ``RecipeError`` when a field cannot work."""
        if self.key not in KEYS:
            raise RecipeError(f"ExactDuplicates: key={self.key!r}{nearest(self.key, KEYS)}")

    def mark(self, parts: Parts, work: Path, client: Any | None) -> pa.Table:
        """Return marks with reason ``exact_duplicate`` and the kind of match as value."""
        rows_of_parts = [part.rows for part in parts.parts]
        parameters = {"stage": "ExactDuplicates", "key": self.key, "text_field": self.text_field}
        open_work(work, {**parameters, "rows": rows_of_parts})
        items = [(parts.only(i), work / f"{HASHED}-{i:05d}") for i in range(len(parts.parts))]
        run_tasks(partial(_hash_part, key=self.key, text_field=self.text_field), items, client)
        nobody = np.zeros(0, np.int64)
        same = joined(settle_keys(parts, HASHED, nobody, work, client), NO_FOLLOWERS)
        rows, kept = same["followers"], same["heads"]
        why, how = repeated_text(REASON, len(rows)), repeated_text(self.key, len(rows))
        return to_marks(parts, self.label, Duplicates(rows, kept, why, how))


def text_hashes(texts: Utf8) -> np.ndarray:
    """Return uint64[n, 2]: BLAKE2b-128 of each text's bytes.

    Cryptographic, so nobody can write a document that makes another one disappear; among 10⁹
    documents the odds of a chance collision are near 10⁻²¹.
    """
    data = texts.data.data
    bounds = texts.offsets.tolist()
    digests = [
        hashlib.blake2b(data[start:stop], digest_size=16).digest()
        for start, stop in itertools.pairwise(bounds)
    ]
    return np.frombuffer(b"".join(digests), "<u8").reshape(-1, 2)


def _hash_part(item: tuple[Parts, Path], key: str, text_field: str) -> None:
    part, path = item
    if not path.exists():
        piece(path, partial(_hashes, part, key, text_field))


def _hashes(part: Parts, key: str, text_field: str) -> dict[str, np.ndarray]:
    rows, texts = living_texts(part, text_field)
    quality = np.zeros((len(rows), 3), np.uint32)
    if key == "text":
        return {"rows": rows, "hashes": text_hashes(texts), "quality": quality}
    hashes = np.empty((len(rows), 2), np.uint64)
    for place, chunk in chunks(texts):
        keys = fold(chunk)
        hashes[place] = key_hashes(chunk, keys)
        quality[place] = quality_of(keys)
    return {"rows": rows, "hashes": hashes, "quality": quality}
