"""Small corpora on disk for the tests of deduplication."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from curator import schema
from curator.dedup import same_keys
from curator.dedup.copies import (
    alongside,
    candidates,
    connected,
    in_common,
    pair_ranges,
    prepared,
    rare_buckets,
    standing,
    verified,
)
from curator.io.parts import Part, Parts, write_part

CHARACTERS = (
    "我你佢哋喺嘅係唔話去返屋企食飯飲茶睇書行街香港廣東細路阿媽天氣今日聽日學校先生巴士地鐵"
)
RARE = "龘靐齉爨麤鱻灪籲䨻纛"
WORDS = ["dina", "iki", "aku", "lunga", "menyang", "pasar", "ibuku", "sega", "omah", "kucing"]


def write_parts(
    folder: Path,
    texts: Sequence[str | None],
    ids: Sequence[str] | None = None,
    sizes: Sequence[int] | None = None,
    dropped: Sequence[int] = (),
) -> Parts:
    """Write texts as parts of the given numbers of rows; ``dropped`` are ordinals already gone."""
    names = [f"d{i:05d}" for i in range(len(texts))] if ids is None else list(ids)
    verdicts = ["Earlier" if i in set(dropped) else None for i in range(len(texts))]
    folder.mkdir(parents=True, exist_ok=True)
    parts, first = [], 0
    for number, size in enumerate([len(texts)] if sizes is None else sizes):
        chosen = slice(first, first + size)
        columns = {
            schema.ID: pa.array(names[chosen], schema.STRING),
            schema.TEXT: pa.array(list(texts[chosen]), schema.STRING),
            schema.DROPPED_BY: pa.array(verdicts[chosen], schema.STRING),
        }
        path = folder / f"part-{number:05d}.parquet"
        write_part(path, schema.conform(pa.table(columns)))
        parts.append(Part(path, size, first))
        first += size
    assert first == len(texts)
    return Parts(tuple(parts))


def cantonese(rng: np.random.Generator, n_characters: int) -> str:
    """Return a text of random Cantonese characters with a full stop now and then."""
    drawn = rng.choice(list(CHARACTERS), n_characters).tolist()
    return "".join(c + ("。" if i % 17 == 16 else "") for i, c in enumerate(drawn))


def javanese(rng: np.random.Generator, n_words: int) -> str:
    """Return a text of random Javanese words."""
    return " ".join(rng.choice(WORDS, n_words).tolist())


def edited(rng: np.random.Generator, text: str, n_edits: int) -> str:
    """Return ``text`` with so many characters replaced by others that were not there."""
    characters = list(text)
    for place in rng.choice(len(characters), n_edits, replace=False).tolist():
        characters[place] = str(rng.choice(list(RARE)))
    return "".join(characters)


@contextlib.contextmanager
def small_tasks(n_pairs: int, n_hashes: int) -> Iterator[None]:
    """Let tasks compare so many pairs and sort so many hashes, so that small corpora have many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "HASHES_PER_TASK", n_hashes)
        for name in ("HERE", "PAIRS_AT_ONCE"):
            patch.setattr(in_common, name, n_pairs)
        for name in ("HERE", "PAIRS_AT_ONCE", "PAIRS_A_PROCESS"):
            patch.setattr(alongside, name, n_pairs)
        yield


@contextlib.contextmanager
def small_ranges(n: int) -> Iterator[None]:
    """Let no task of the global steps hold more than about ``n`` rows or edges, and some pairs."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (candidates, prepared, same_keys, standing):
            patch.setattr(module, "ROWS_AT_ONCE", n)
        patch.setattr(standing, "BESIDE", 0)
        for module in (candidates, standing):
            patch.setattr(module, "SAMPLED", 3)
        patch.setattr(pair_ranges, "PAIRS_AT_ONCE", 40 * n)
        patch.setattr(verified, "JUDGED_AT_ONCE", 4 * n)
        patch.setattr(alongside, "BYTES_AT_ONCE", 1000 * n)
        for name in ("HERE", "ASKED_AT_ONCE"):
            patch.setattr(rare_buckets, name, n)
        patch.setattr(connected, "EDGES_AT_ONCE", n)
        yield
