"""The trainer's whole knowledge of a run: its manifest, checked against the files it names."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from curator.errors import DataError, ManifestError
from curator.io.indexed import IndexedTokens
from curator.manifest import MANIFEST, read_manifest, verify_file


@dataclass(frozen=True)
class Split:
    """One split's tokens and what the manifest says of them."""

    name: str
    """``train`` or ``valid``."""
    tokens: IndexedTokens
    """The token files, memory-mapped."""
    utf8_bytes: int
    """Bytes of the text the tokens stand for; end-of-document tokens add none."""
    characters: int
    """Code points of that text."""
    unigram_character_bits_per_byte: float | None
    """What a model of single-character frequencies needs; None where the manifest has none."""
    bin_sha256: str
    """Of the token file."""


@dataclass(frozen=True)
class RunFolder:
    """A finished run, verified."""

    path: Path
    """The run's folder."""
    name: str
    """The run's name."""
    manifest_sha256: str
    """Of manifest.json."""
    vocab_size: int
    """Rows of the embedding."""
    special_tokens: dict[str, dict[str, Any]]
    """``pad``, ``bos``, ``eos`` → token and id."""
    tokenizer: Path
    """tokenizer.json."""
    tokenizer_sha256: str
    """Of tokenizer.json."""
    train: Split
    """What the model learns from."""
    valid: Split | None
    """What it is measured on; None when the run has no such tokens."""

    @property
    def eos_id(self) -> int:
        """Id of the token that ends every document."""
        return int(self.special_tokens["eos"]["id"])


def open_run(run: str | Path) -> RunFolder:
    """Read a run's manifest and verify tokenizer and tokens: sizes, hashes, counts, largest id.

    Raises ``ManifestError`` where the manifest lacks something or a file is not the recorded one,
    ``DataError`` where tokens cannot be trained on.
    """
    folder = Path(run)
    manifest = read_manifest(folder)
    place = folder / MANIFEST
    tokenizer, tokens = manifest.get("tokenizer"), manifest.get("tokens")
    if not tokenizer or not tokens:
        lacking = "tokenizer" if not tokenizer else "tokens"
        raise ManifestError(f"{place}: {lacking} is null; add that step to the recipe and run it")
    try:
        vocab_size = int(tokenizer["vocab_size"])
        special = {kind: dict(entry) for kind, entry in tokenizer["special_tokens"].items()}
        eos = int(special["eos"]["id"])
        tokenizer_path = verify_file(folder, tokenizer["path"], tokenizer["sha256"])
        splits = {
            name: _open_split(folder, name, entry, vocab_size, str(tokens["dtype"]))
            for name, entry in tokens["splits"].items()
        }
    except KeyError as error:
        raise ManifestError(f"{place}: lacks the field {error}; run the recipe again") from error
    if not 0 <= eos < vocab_size:
        raise ManifestError(f"{place}: eos has id {eos}, outside the {vocab_size} tokens")
    if "train" not in splits or len(splits["train"].tokens.tokens) == 0:
        raise DataError(f"{place}: there are no training tokens; keep more documents")
    valid = splits.get("valid")
    return RunFolder(
        path=folder,
        name=str(manifest["name"]),
        manifest_sha256=hashlib.sha256(place.read_bytes()).hexdigest(),
        vocab_size=vocab_size,
        special_tokens=special,
        tokenizer=tokenizer_path,
        tokenizer_sha256=str(tokenizer["sha256"]),
        train=splits["train"],
        valid=valid if valid is not None and len(valid.tokens.tokens) else None,
    )


def _open_split(
    folder: Path, name: str, entry: dict[str, Any], vocab_size: int, dtype: str
) -> Split:
    place = folder / MANIFEST
    # Hashes first: after them a contradiction below can only be the manifest's own.
    verify_file(folder, f"{entry['prefix']}.bin", entry["bin_sha256"])
    verify_file(folder, f"{entry['prefix']}.idx", entry["idx_sha256"])
    tokens = IndexedTokens(folder / entry["prefix"])
    found = {
        "dtype": tokens.dtype.name,
        "tokens": len(tokens.tokens),
        "documents": tokens.n_documents,
    }
    stated = {"dtype": dtype, "tokens": entry["tokens"], "documents": entry["documents"]}
    for field, value in found.items():
        if value != stated[field]:
            raise ManifestError(
                f"{place}: {name} has {field} {stated[field]}, its token files {value}; "
                "run the recipe again"
            )
    largest = int(np.max(tokens.tokens, initial=0))
    if largest >= vocab_size:
        raise DataError(
            f"{folder / entry['prefix']}.bin: token id {largest}, but the tokenizer has "
            f"{vocab_size} tokens; encode the shards again with this tokenizer"
        )
    return Split(
        name=name,
        tokens=tokens,
        utf8_bytes=int(entry["utf8_bytes"]),
        characters=int(entry["characters"]),
        unigram_character_bits_per_byte=entry.get("unigram_character_bits_per_byte"),
        bin_sha256=str(entry["bin_sha256"]),
    )
