"""Training: character counts, exact counts of pieces, then byte-pair merges.

Pieces are counted shard by shard and added up, and merges depend on the counts alone, ties being
broken by token number. Hence the same bytes for any order, number or size of shards, and any
number of threads. The merges are those of Hugging Face `tokenizers`' own trainer on the same
pieces; learning them here takes a fraction of its memory and time, and counts instead of text.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curator.cluster import run_tasks
from curator.errors import DataError, RecipeError
from curator.io.atomic import atomic_write
from curator.kernels import merges, ngrams, pieces
from curator.kernels.buffers import Utf8, of
from curator.kernels.pieces.classes import CODE_POINTS, DIGIT
from curator.schema import text_buffers
from curator.tokenizer.encoder import BYTE_TOKENS, CONFIG, TOKENIZER, distinct_points
from curator.tokenizer.measure import measure
from curator.tokenizer.options import SPECIAL_NAMES, TokenizerOptions
from curator.tokenizer.pattern import EngineClasses, splitter
from curator.tokenizer.split import below, document_hashes
from curator.vocabulary.counts import (
    add_up_words,
    count_characters,
    read_words,
    texts_of,
    write_words,
)
from curator.vocabulary.work import file_record, piece, shard_key
from tokenizers import AddedToken, Tokenizer, decoders, models

MEASURES = "measures.json"


def train_tokenizer(
    shards: Sequence[Path],
    folder: Path,
    options: TokenizerOptions,
    client: Any = None,
    work: Path | None = None,
) -> dict[str, Any]:
    """Train a tokenizer on the texts of ``shards`` and write it, with its measures, to ``folder``.

    Every string comes back exactly: nothing is normalised, characters without a token are spelled
    in bytes, spaces belong to the word after them, digits are single. The folder loads in
    ``transformers.AutoTokenizer`` and ``tokenizers.Tokenizer``. A corpus too small for
    ``vocab_size`` gives the tokens it supports. Piece counts in ``work`` (by default
    ``folder/work``) are used again.

    Returns the manifest's entry. Raises ``DataError`` for a missing shard, ``RecipeError`` for
    special tokens that text could spell.
    """
    _check_special_tokens(options)
    folder.mkdir(parents=True, exist_ok=True)
    work = folder / "work" if work is None else work
    work.mkdir(parents=True, exist_ok=True)
    for shard in shards:
        if not shard.is_file():
            raise DataError(f"{shard}: no such shard; write the shards first")
    characters = count_characters(shards, options.batch_bytes, client, work)
    alphabet = choose_alphabet(characters.points, characters.counts, options)
    share = options.sample_characters / max(1, int(characters.counts.sum()))
    task = functools.partial(
        _count_shard_pieces, alphabet=alphabet, share=share, options=options, work=work
    )
    counted = add_up_words([read_words(path) for path in run_tasks(task, list(shards), client)])
    tokenizer = assemble(counted, alphabet, options)
    _save(tokenizer, folder, options)
    measures = measure(shards, folder, options, client, work)
    with atomic_write(folder / MEASURES) as file:
        file.write((json.dumps(measures, indent=1, ensure_ascii=False) + "\n").encode())
    record = file_record(folder / TOKENIZER)
    return {
        "path": record["path"],
        "sha256": record["sha256"],
        "vocab_size": tokenizer.get_vocab_size(),
        "vocab_size_asked": options.vocab_size,
        "seed_characters": len(alphabet),
        "special_tokens": {
            name: {
                "token": options.special_tokens[name],
                "id": tokenizer.token_to_id(options.special_tokens[name]),
            }
            for name in SPECIAL_NAMES
        },
        "measures": measures,
    }


def choose_alphabet(points: np.ndarray, counts: np.ndarray, options: TokenizerOptions) -> str:
    """Return the characters that get a token of their own, in order of code point.

    Those of ``options.characters`` come first, then the frequent ones by falling count (equal
    counts by code point), up to ``max_character_share`` of the vocabulary.
    """
    room = options.vocab_size - len(BYTE_TOKENS) - len(SPECIAL_NAMES)
    chosen = sorted(set(options.characters))
    if len(chosen) > room:
        raise RecipeError(
            f"TokenizerOptions: {len(chosen)} characters do not fit vocab_size="
            f"{options.vocab_size}; use {options.vocab_size - room + len(chosen)} or more"
        )
    limit = min(room, max(len(chosen), int(options.max_character_share * options.vocab_size)))
    order = np.lexsort((points, -counts))
    known = set(chosen)
    for index in order[counts[order] >= options.min_character_count].tolist():
        if len(known) >= limit:
            break
        known.add(chr(points[index]))
    return "".join(sorted(known))


def _count_shard_pieces(
    shard: Path, alphabet: str, share: float, options: TokenizerOptions, work: Path
) -> Path:
    settings = (alphabet, share, options.held_out_fraction, options.seed)
    path = piece(work, "pieces", shard_key(shard), *settings)
    if path.exists():
        return path
    engine = EngineClasses()
    tables = []
    for ids, texts in texts_of(shard, options.batch_bytes):
        held_out = below(document_hashes(ids, options.seed), options.held_out_fraction)
        sampled = below(document_hashes(ids, options.seed, "sample"), share)
        chosen = [texts.document(i) for i in np.flatnonzero(sampled & ~held_out).tolist()]
        tables.append(_batch_pieces(of(chosen), engine, alphabet))
    write_words(path, add_up_words(tables))
    return path


def _batch_pieces(texts: Utf8, engine: EngineClasses, alphabet: str) -> pa.Table:
    """Count the pieces of one batch that hold a pair of characters of the alphabet."""
    allowed = np.zeros(CODE_POINTS, bool)
    allowed[[ord(character) for character in alphabet]] = True
    # A character spelled in bytes takes part in no merge: it stands alone, as a digit does.
    classes = np.where(allowed, engine.know(distinct_points(texts)), DIGIT).astype(np.uint8)
    bounds, _ = pieces.cut(texts, classes)
    every = pa.LargeStringArray.from_buffers(
        len(bounds) - 1, pa.py_buffer(bounds), pa.py_buffer(texts.data)
    )
    # One character has no pair to learn from; this leaves out all those spelled in bytes, too.
    _, ends = ngrams.code_points(Utf8(bounds, texts.data))
    long = np.flatnonzero(np.diff(ends) > 1)
    counted = every.take(pa.array(long)).value_counts()
    words, counts = counted.field("values"), counted.field("counts")
    return pa.table({"word": words, "count": counts, "documents": counts})


def assemble(counted: pa.Table, alphabet: str, options: TokenizerOptions) -> Tokenizer:
    """Learn merges from counted pieces and return the finished tokenizer."""
    names = [*(options.special_tokens[name] for name in SPECIAL_NAMES), *BYTE_TOKENS, *alphabet]
    vocabulary = {name: index for index, name in enumerate(names)}
    merges_by_number = _learn(counted, alphabet, names, vocabulary, options)
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary,
            merges=[(names[left], names[right]) for left, right in merges_by_number],
            byte_fallback=True,
        )
    )
    tokenizer.pre_tokenizer = splitter()
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(
        [
            AddedToken(options.special_tokens[name], special=True, normalized=False)
            for name in SPECIAL_NAMES
        ]
    )
    return tokenizer


def _learn(
    counted: pa.Table,
    alphabet: str,
    names: list[str],
    vocabulary: dict[str, int],
    options: TokenizerOptions,
) -> list[tuple[int, int]]:
    """Learn merges as pairs of token numbers; adds the new tokens to names and vocabulary."""
    points, bounds = ngrams.code_points(text_buffers(counted["word"]))
    first = len(names) - len(alphabet)
    numbers = np.full(CODE_POINTS, -1, np.int32)
    numbers[[ord(character) for character in alphabet]] = np.arange(first, len(names))
    lengths = np.ones(max(options.vocab_size, len(names)), np.int32)

    def accept(left: int, right: int) -> int:
        if len(names) >= options.vocab_size:
            return -1
        name = names[left] + names[right]
        if name not in vocabulary:
            vocabulary[name] = len(names)
            names.append(name)
        return vocabulary[name]

    return merges.learn(
        numbers[points],
        bounds,
        counted["count"].to_numpy(),
        lengths,
        options.max_token_characters,
        options.min_frequency,
        accept,
    )


def _check_special_tokens(options: TokenizerOptions) -> None:
    for name, token in options.special_tokens.items():
        if len(splitter().pre_tokenize_str(token)) < 2:
            raise RecipeError(
                f"TokenizerOptions: special token {name}={token!r} is one piece of text, so a "
                f"merge could spell it; mix letters and punctuation, as in '<{name}>'"
            )


def _save(tokenizer: Tokenizer, folder: Path, options: TokenizerOptions) -> None:
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **{f"{name}_token": options.special_tokens[name] for name in SPECIAL_NAMES},
        "clean_up_tokenization_spaces": False,
        "split_special_tokens": True,
        "model_max_length": 10**30,
    }
    with atomic_write(folder / TOKENIZER) as file:
        file.write(tokenizer.to_str(pretty=True).encode())
    with atomic_write(folder / CONFIG) as file:
        file.write((json.dumps(config, indent=1, ensure_ascii=False) + "\n").encode())
