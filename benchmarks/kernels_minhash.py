"""MinHash schemes: speed on text, from keys and from text, and the error of their estimates.

    python -m benchmarks.kernels_minhash

Speed is of one core; MB are of the text that the keys were folded from. datasketch runs on a part
of the same text, and is asked for the same signatures.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import datasketch
import numpy as np
import xxhash

from benchmarks.measure import DATA, about, keep
from curator.dedup.interchange import datasketch_signatures
from curator.kernels import buffers
from curator.kernels.fold import Keys, fold
from curator.kernels.minhash import SCHEMES, signatures
from curator.kernels.shingles import shingle_lengths

CORPORA = {"yue": "yue/yuewiki_20220901.jsonl.gz", "jav": "jav/nusaparagraph_jav.jsonl.gz"}
BYTES = 24_000_000
N_PAIRS = 1000
N_HASHES = 128


def read(name: str, n_bytes: int) -> list[str]:
    texts, size = [], 0
    with gzip.open(DATA / CORPORA[name], "rt", encoding="utf-8") as lines:
        for line in lines:
            texts.append(json.loads(line)["text"])
            size += len(texts[-1].encode())
            if size > n_bytes:
                break
    return texts


def best(function: Callable[[], Any], times: int = 5) -> float:
    function()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        function()
        took.append(time.perf_counter() - began)
    return min(took)


def speed(name: str) -> dict[str, float]:
    """MB/s of every scheme and number of hashes."""
    texts = buffers.of(read(name, BYTES))
    keys = fold(texts)
    lengths, mb = shingle_lengths(keys), len(texts.data) / 1e6
    found = {}
    for scheme in SCHEMES:
        for n_hashes in (64, 128, 256):
            seconds = best(partial(signatures, keys, lengths, n_hashes, 0, scheme))
            found[f"{scheme}_{n_hashes}"] = round(mb / seconds, 1)
    return found


def by_datasketch(texts: list[str], scheme: str, function: Any) -> list[Any]:
    """What datasketch makes of the 5-character shingles of each text."""
    signed = []
    for text in texts:
        minhash = datasketch.MinHash(N_HASHES, 1, hashfunc=function, scheme=scheme)
        minhash.update_batch([text[i : i + 5].encode() for i in range(len(text) - 4)])
        signed.append(minhash.hashvalues)
    return signed


def against_datasketch(name: str) -> dict[str, float]:
    """MB/s from plain text, and datasketch's in the same run on less of it."""
    texts = read(name, 2_000_000)
    some = texts[: max(1, len(texts) // 20)]
    all_mb, some_mb = (sum(len(text.encode()) for text in t) / 1e6 for t in (texts, some))
    encoded, found = buffers.of(texts), {}
    for hash, function in (("sha1", None), ("xxh32", xxhash.xxh32_intdigest)):
        for scheme in ("affine32", "legacy"):
            ours = partial(datasketch_signatures, encoded, 5, N_HASHES, 1, hash, scheme)
            theirs = partial(by_datasketch, some, scheme, function)
            assert np.array_equal(ours()[: len(some)], theirs())
            found[f"{hash}_{scheme}"] = round(all_mb / best(ours, 2), 2)
            found[f"{hash}_{scheme}_datasketch"] = round(some_mb / best(theirs, 1), 2)
    return found


def error(scheme: str, size: int, share: float) -> tuple[float, float]:
    """Bias and standard deviation of the estimates of pairs of sets of one size."""
    in_common = round(2 * size * share / (1 + share))
    rng = np.random.default_rng(size)
    rows = []
    for _ in range(N_PAIRS):
        drawn = rng.choice(1_000_000, 2 * size - in_common, replace=False) + 1
        rows += [drawn[:size], np.concatenate([drawn[:in_common], drawn[size:]])]
    nothing = np.zeros(2 * N_PAIRS, np.int64)
    offsets = np.arange(2 * N_PAIRS + 1, dtype=np.int64) * size
    keys = Keys(offsets, np.concatenate(rows).astype(np.uint32), nothing, nothing)
    signed = signatures(keys, nothing + 1, N_HASHES, 1, scheme)
    estimates = (signed[::2] == signed[1::2]).mean(axis=1)
    return float(estimates.mean() - in_common / (2 * size - in_common)), float(estimates.std())


def main() -> None:
    result: dict[str, Any] = {
        **about("numpy", "numba", "datasketch"),
        "hashes_of_error": N_HASHES,
        "pairs": N_PAIRS,
    }
    for name in CORPORA:
        result[f"mb_per_s_{name}"] = speed(name)
        result[f"from_text_{name}"] = against_datasketch(name)
    result["bias_and_standard_deviation"] = {}
    for share in (0.3, 0.5, 0.8):
        for scheme in SCHEMES:
            found = {n: error(scheme, n, share) for n in (20, 50, 100, 300, 1000)}
            row = {n: [round(x, 4) for x in pair] for n, pair in found.items()}
            result["bias_and_standard_deviation"][f"{scheme} J={share}"] = row
    keep("kernels_minhash", result)


if __name__ == "__main__":
    main()
