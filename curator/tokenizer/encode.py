"""Shards of text to token files, one task a shard, the pieces joined in the shards' order."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curator.cluster import run_tasks
from curator.errors import DataError, RecipeError
from curator.io.atomic import atomic_write
from curator.io.indexed import IndexedWriter, bin_path, idx_path, token_dtype
from curator.kernels import ngrams
from curator.kernels.buffers import Utf8, of
from curator.kernels.pieces.classes import CODE_POINTS
from curator.tokenizer.encoder import TOKENIZER, TextEncoder, special_tokens
from curator.tokenizer.options import TokenOptions
from curator.tokenizer.split import below, document_hashes
from curator.vocabulary.counts import texts_of
from curator.vocabulary.work import file_record, load_arrays, piece, save_arrays, shard_key

SPLITS = ("train", "valid")
BLEND = "blend.json"
SUMS = ("documents", "tokens", "characters", "utf8_bytes")


class Rule(NamedTuple):
    """Which documents are for validation: hashes below a share, and one forced to either side."""

    fraction: float
    seed: int
    forced_valid: int | None = None
    """Hash of the document that is for validation when the share takes none."""
    forced_train: int | None = None
    """Hash of the document that is for training when the share leaves none."""

    def valid(self, ids: Sequence[str]) -> np.ndarray:
        """Return bool[n]: the documents for validation."""
        hashes = document_hashes(ids, self.seed)
        chosen = below(hashes, self.fraction)
        if self.forced_valid is not None:
            chosen |= hashes == np.uint64(self.forced_valid)
        if self.forced_train is not None:
            chosen &= hashes != np.uint64(self.forced_train)
        return chosen


def encode_shards(
    shards: Sequence[Path],
    tokenizer_folder: Path,
    folder: Path,
    options: TokenOptions,
    client: Any = None,
    work: Path | None = None,
) -> dict[str, Any]:
    """Encode ``shards`` with the tokenizer of ``tokenizer_folder`` to token files in ``folder``.

    Writes `train` and `valid` as `.bin/.idx` pairs, documents in the order of the shards, and
    `blend.json` for Megatron's ``--per-split-data-args-path``, with paths relative to the run's
    folder. A document is for validation by a hash of its id; of two documents or more one is, and
    one is not. With no shards both are empty. Finished pieces in ``work`` (by default
    ``folder/work``) are used again, so an interrupted run ends with the same bytes.

    Returns the manifest's entry. ``unigram_character_bits_per_byte`` is what the valid split costs
    under the characters of the train split: −Σ log2 p(c) / bytes, with p(c) = (count(c) + 1) /
    (N + V), N the characters of train, V its distinct characters plus one; a character train does
    not have takes p = 1 / (N + V). It is ``None`` when valid has no text.

    Raises ``DataError`` for a missing shard, ``ManifestError`` for a missing tokenizer,
    ``RecipeError`` when ``append_eos`` is asked of a tokenizer without an end token.
    """
    special = special_tokens(tokenizer_folder)
    if options.append_eos and "eos" not in special:
        raise RecipeError(
            f"{tokenizer_folder}: names no eos_token, but append_eos is set; name one in "
            "tokenizer_config.json or set append_eos: false"
        )
    for shard in shards:
        if not shard.is_file():
            raise DataError(f"{shard}: no such shard; write the shards first")
    folder.mkdir(parents=True, exist_ok=True)
    work = folder / "work" if work is None else work
    work.mkdir(parents=True, exist_ok=True)
    eos = special["eos"]["id"] if options.append_eos else None
    rule = Rule(options.valid_fraction, options.seed)
    run = functools.partial(_encode_all, shards, tokenizer_folder, options, eos, client, work)
    bases = run(rule)
    corrected = _both_sides(rule, [load_arrays(base) for base in bases])
    if corrected != rule:
        bases = run(corrected)
    return _finish(bases, TextEncoder(tokenizer_folder).vocab_size, folder, eos is not None)


def _encode_all(
    shards: Sequence[Path],
    tokenizer_folder: Path,
    options: TokenOptions,
    eos: int | None,
    client: Any,
    work: Path,
    rule: Rule,
) -> list[Path]:
    task = functools.partial(
        _encode_shard,
        tokenizer_folder=tokenizer_folder,
        rule=rule,
        eos=eos,
        batch_bytes=options.batch_bytes,
        work=work,
    )
    return run_tasks(task, list(shards), client)


def _both_sides(rule: Rule, found: Sequence[dict[str, np.ndarray]]) -> Rule:
    """Return the rule with a document forced where the share left one side without any."""
    train, valid = sum((arrays["sums"][:, 0] for arrays in found), np.zeros(2, np.int64)).tolist()
    if train + valid < 2 or (train and valid):
        return rule
    extremes = [arrays["hashes"] for arrays in found if len(arrays["hashes"])]
    lowest = min(int(pair[0]) for pair in extremes)
    highest = max(int(pair[1]) for pair in extremes)
    if lowest == highest:  # all documents share one id and stay together
        return rule
    if not valid:
        return rule._replace(forced_valid=lowest)
    return rule._replace(forced_train=highest)


def _encode_shard(
    shard: Path,
    tokenizer_folder: Path,
    rule: Rule,
    eos: int | None,
    batch_bytes: int,
    work: Path,
) -> Path:
    """Encode one shard; return the piece that vouches for its two pairs of token files."""
    key = shard_key(tokenizer_folder / TOKENIZER)
    base = piece(work, "tokens", shard_key(shard), key, tuple(rule), eos)
    if base.exists():
        return base
    encoder = TextEncoder(tokenizer_folder)
    dtype = token_dtype(encoder.vocab_size)
    sums = np.zeros((2, len(SUMS)), np.int64)
    characters = np.zeros((2, CODE_POINTS), np.int64)
    extremes: list[int] = []
    train, valid = (IndexedWriter(_prefix(base, name), dtype) for name in SPLITS)
    with train, valid:
        for ids, texts in texts_of(shard, batch_bytes):
            hashes = document_hashes(ids, rule.seed).tolist()
            extremes = [min(hashes + extremes), max(hashes + extremes)]
            chosen = rule.valid(ids)
            for row, (writer, mask) in enumerate(((train, ~chosen), (valid, chosen))):
                part = _some(texts, mask)
                tokens, lengths = encoder.encode(part)
                if eos is not None:
                    tokens, lengths = _end_documents(tokens, lengths, eos)
                writer.add_documents(tokens, lengths)
                points, _ = ngrams.code_points(part)
                characters[row] += np.bincount(points, minlength=CODE_POINTS)
                size = int(part.offsets[-1] - part.offsets[0])
                sums[row] += [part.n_documents, len(tokens), len(points), size]
    # Last, so that the piece is there only when its token files are.
    points = np.flatnonzero(characters.any(axis=0))
    counts = characters[:, points]
    hashes_range = np.array(extremes, np.uint64)
    save_arrays(base, sums=sums, points=points, counts=counts, hashes=hashes_range)
    return base


def _prefix(base: Path, split: str) -> Path:
    return base.with_name(f"{base.name}-{split}")


def _some(texts: Utf8, mask: np.ndarray) -> Utf8:
    """Return the documents of a mask; without a copy where it takes all of them."""
    if mask.all():
        return texts
    return of([texts.document(index) for index in np.flatnonzero(mask).tolist()])


def _end_documents(
    tokens: np.ndarray, lengths: np.ndarray, eos: int
) -> tuple[np.ndarray, np.ndarray]:
    return np.insert(tokens, np.cumsum(lengths), eos), lengths + 1


def _finish(bases: Sequence[Path], vocab_size: int, folder: Path, ended: bool) -> dict[str, Any]:
    dtype = token_dtype(vocab_size)
    pieces = [load_arrays(base) for base in bases]
    sums = sum((arrays["sums"] for arrays in pieces), np.zeros((2, len(SUMS)), np.int64))
    splits: dict[str, dict[str, Any]] = {}
    for row, name in enumerate(SPLITS):
        prefix = folder / name
        with IndexedWriter(prefix, dtype) as writer:
            for base in bases:
                writer.append(_prefix(base, name))
        splits[name] = {
            "prefix": f"{folder.name}/{name}",
            **dict(zip(SUMS, sums[row].tolist(), strict=True)),
            "bin_sha256": file_record(bin_path(prefix))["sha256"],
            "idx_sha256": file_record(idx_path(prefix))["sha256"],
        }
    splits["valid"]["unigram_character_bits_per_byte"] = unigram_bits_per_byte(
        *_character_counts(pieces), splits["valid"]["utf8_bytes"]
    )
    blend: dict[str, list[str]] = {
        name: ["1.0", split["prefix"]] for name, split in splits.items() if split["tokens"]
    }
    with atomic_write(folder / BLEND) as file:
        file.write((json.dumps(blend, indent=1) + "\n").encode())
    return {"dtype": dtype.name, "eos_appended": ended, "splits": splits}


def _character_counts(
    pieces: Sequence[dict[str, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray]:
    total = np.zeros((2, CODE_POINTS), np.int64)
    for arrays in pieces:
        total[:, arrays["points"]] += arrays["counts"]
    return total[0], total[1]


def unigram_bits_per_byte(train: np.ndarray, valid: np.ndarray, utf8_bytes: int) -> float | None:
    """Return what ``valid`` costs in bits per byte under the add-one unigram of ``train``.

    Both are int64[0x110000] character counts. The formula is in ``encode_shards``. ``None`` for an
    empty valid split.
    """
    if not utf8_bytes:
        return None
    size = int(train.sum()) + int((train > 0).sum()) + 1
    used = np.flatnonzero(valid)
    bits = (
        count * (math.log2(size) - math.log2(seen + 1))
        for count, seen in zip(valid[used].tolist(), train[used].tolist(), strict=True)
    )
    return round(math.fsum(bits) / utf8_bytes, 6)
