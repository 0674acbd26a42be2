"""What a tokenizer does to text it was not trained on."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from curator.cluster import run_tasks
from curator.kernels import ngrams, pieces
from curator.kernels.buffers import Utf8, of
from curator.kernels.pieces.classes import WORD, WORD_MARK
from curator.tokenizer.encoder import BYTE_TOKENS, TOKENIZER, TextEncoder
from curator.tokenizer.options import TokenizerOptions
from curator.tokenizer.split import below, document_hashes
from curator.vocabulary.counts import texts_of
from curator.vocabulary.work import arrays_once, load_arrays, piece, shard_key

RENYI_ALPHA = 2.5
SUMS = ("documents", "exact", "characters", "utf8_bytes", "words", "word_tokens")
"""What is added up over documents; ``exact`` ones equal their decoded tokens."""


def measure(
    shards: Sequence[Path], folder: Path, options: TokenizerOptions, client: Any, work: Path
) -> dict[str, Any]:
    """Return the measures of the tokenizer in ``folder``.

    Taken on the held-out documents; when the hash held none out, on all documents, which
    ``measured_on`` says. ``unused_tokens`` counts tokens no document of the shards needs.
    A measure without anything to divide by is ``None``. Rates:

    - ``byte_fallback_rate``: byte tokens per token;
    - ``fertility``: tokens per word of spaced scripts;
    - ``renyi_efficiency``: Rényi entropy of order 2.5 of the tokens over log of the vocabulary
      size. Source: Zouhar et al. 2023.
    """
    encoder = TextEncoder(folder)

    def add_up(everything: bool) -> tuple[np.ndarray, np.ndarray]:
        task = functools.partial(
            _measure_shard, folder=folder, options=options, everything=everything, work=work
        )
        tokens = np.zeros((2, encoder.vocab_size), np.int64)
        sums = np.zeros(len(SUMS), np.int64)
        for path in run_tasks(task, list(shards), client):
            found = load_arrays(path)
            tokens += found["tokens"]
            sums += found["sums"]
        return tokens, sums

    tokens, sums = add_up(everything=False)
    held_out = bool(sums[0])
    if not held_out:
        tokens, sums = add_up(everything=True)
    of_all, measured = tokens
    named = dict(zip(SUMS, sums.tolist(), strict=True))
    byte_ids = [encoder.tokenizer.token_to_id(token) for token in BYTE_TOKENS]
    special = set(encoder.tokenizer.get_added_tokens_decoder())
    unused = set(np.flatnonzero(of_all == 0).tolist()) - special
    total = int(measured.sum())
    return {
        **_rates(total, named),
        "byte_fallback_rate": _ratio(int(measured[byte_ids].sum()), total, 6),
        "renyi_efficiency": renyi_efficiency(measured),
        "unused_tokens": len(unused - set(byte_ids)),
        "unused_byte_tokens": len(unused & set(byte_ids)),
        "measured_on": "held-out documents" if held_out else "all documents",
        "measured_documents": named["documents"],
        "measured_characters": named["characters"],
    }


def renyi_efficiency(counts: np.ndarray, alpha: float = RENYI_ALPHA) -> float | None:
    """Return the Rényi entropy of token counts over log of their number; 1 is uniform use.

    ``counts`` is int64[vocab_size]. ``None`` without tokens or with a vocabulary of one.
    """
    total = int(counts.sum())
    if not total or len(counts) < 2:
        return None
    shares = np.sort(counts[counts > 0]) / total
    entropy = math.log(math.fsum((shares**alpha).tolist())) / (1 - alpha)
    return round(entropy / math.log(len(counts)), 4)


def _ratio(over: int, under: int, digits: int = 4) -> float | None:
    return round(over / under, digits) if under else None


def _rates(total: int, sums: dict[str, int]) -> dict[str, float | None]:
    return {
        "characters_per_token": _ratio(sums["characters"], total),
        "bytes_per_token": _ratio(sums["utf8_bytes"], total),
        "fertility": _ratio(sums["word_tokens"], sums["words"]),
        "round_trip_exact": _ratio(sums["exact"], sums["documents"]),
    }


def _measure_shard(
    shard: Path, folder: Path, options: TokenizerOptions, everything: bool, work: Path
) -> Path:
    """Count the tokens of all documents and of the measured ones, and what the latter add up to."""
    fraction = 1.0 if everything else options.held_out_fraction
    settings = (shard_key(folder / TOKENIZER), fraction, options.seed)

    def make() -> dict[str, np.ndarray]:
        encoder = TextEncoder(folder)
        tokens = np.zeros((2, encoder.vocab_size), np.int64)
        sums = np.zeros(len(SUMS), np.int64)
        for ids, texts in texts_of(shard, options.batch_bytes):
            found, _ = encoder.encode(texts)
            tokens[0] += np.bincount(found, minlength=encoder.vocab_size)
            chosen = np.flatnonzero(below(document_hashes(ids, options.seed), fraction)).tolist()
            part = of([texts.document(index) for index in chosen])
            found, lengths = encoder.encode(part)
            tokens[1] += np.bincount(found, minlength=encoder.vocab_size)
            exact = _exact(part, found, lengths, encoder)
            points, _ = ngrams.code_points(part)
            sums += [part.n_documents, exact, len(points), len(part.data), *_words(part, encoder)]
        return {"tokens": tokens, "sums": sums}

    return arrays_once(piece(work, "measures", shard_key(shard), *settings), make)


def _exact(texts: Utf8, tokens: np.ndarray, lengths: np.ndarray, encoder: TextEncoder) -> int:
    """Return how many documents equal the decoding of their tokens."""
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    decode = encoder.tokenizer.decode
    return sum(
        decode(tokens[bounds[i] : bounds[i + 1]].tolist(), skip_special_tokens=False)
        == texts.document(i)
        for i in range(texts.n_documents)
    )


def _words(texts: Utf8, encoder: TextEncoder) -> tuple[int, int]:
    """Return the number of words of spaced scripts and of the tokens they take."""
    classes = encoder.classes(texts)
    bounds, _ = pieces.cut(texts, classes)
    cut = Utf8(bounds, texts.data)
    points, first = ngrams.code_points(cut)
    led = (points[first[:-1]] == 0x20) & (np.diff(first) > 1)  # the space before a word
    kinds = classes[points[first[:-1] + led]]
    is_word = (kinds == WORD) | (kinds == WORD_MARK)
    _, lengths = encoder.encode(cut)
    return int(is_word.sum()), int(lengths[is_word].sum())
