"""What a tokenizer is trained with, and what token shards are written with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from curator.errors import RecipeError, nearest

SPECIAL_NAMES = ("pad", "bos", "eos")


def _default_special_tokens() -> dict[str, str]:
    return {"pad": "<pad>", "bos": "<s>", "eos": "</s>"}


@dataclass(frozen=True)
class TokenizerOptions:
    """Options of ``train_tokenizer``: byte-pair encoding with byte fallback, no normalisation."""

    vocab_size: int = 16_000
    """Tokens in all, special and byte tokens included; fewer when the corpus supports fewer.
    16,000 to 32,000 suit one language of up to a few hundred million characters."""
    min_frequency: int = 2
    """A merge must be seen so often in the sample."""
    min_character_count: int = 2
    """Characters seen so often get a token of their own before any merge is made; rarer ones are
    spelled in bytes."""
    max_character_share: float = 0.35
    """At most this share of the vocabulary goes to single characters, the most frequent."""
    characters: str = ""
    """Characters that get a token however rare they are, such as a language's own letters."""
    max_token_characters: int = 16
    """Longest token."""
    special_tokens: Mapping[str, str] = field(default_factory=_default_special_tokens)
    """Texts of pad, bos and eos: three different ones, each mixing letters and punctuation, so
    that no merge can spell it."""
    sample_characters: int = 30_000_000
    """Merges are learned from about so many characters, documents chosen by a hash of their ids;
    characters are counted in all of them. Memory grows with it, quality hardly does above this."""
    held_out_fraction: float = 0.02
    """Share of documents, chosen by hash, that training never sees and measures are taken on. With
    ``TokenOptions.valid_fraction`` and ``seed`` equal, these are the validation documents."""
    seed: int = 0
    """Enters the hashes that choose documents."""
    batch_bytes: int = 8 << 20
    """Text held at once by a task; changes no result."""

    def __post_init__(self) -> None:
        for name in self.special_tokens:
            if name not in SPECIAL_NAMES:
                hint = nearest(name, SPECIAL_NAMES)
                raise RecipeError(f"TokenizerOptions: unknown special token {name!r}{hint}")
        missing = [name for name in SPECIAL_NAMES if not self.special_tokens.get(name)]
        if missing or len(set(self.special_tokens.values())) != len(SPECIAL_NAMES):
            raise RecipeError(
                "TokenizerOptions: special_tokens must give three different texts for pad, bos "
                f"and eos, not {dict(self.special_tokens)}"
            )
        smallest = 256 + len(SPECIAL_NAMES) + 1
        if self.vocab_size < smallest:
            raise RecipeError(
                f"TokenizerOptions: vocab_size={self.vocab_size} has no room for 256 byte tokens "
                f"and {len(SPECIAL_NAMES)} special ones; use {smallest} or more"
            )
        _check_share("TokenizerOptions", "held_out_fraction", self.held_out_fraction)
        _check_share("TokenizerOptions", "max_character_share", self.max_character_share)


@dataclass(frozen=True)
class TokenOptions:
    """Options of ``encode_shards``."""

    valid_fraction: float = 0.02
    """Share of documents for validation, chosen by a hash of seed and id."""
    append_eos: bool = True
    """End every document, an empty one too, with the end token."""
    seed: int = 0
    """Enters the hash that chooses validation documents."""
    batch_bytes: int = 8 << 20
    """Text held at once by a task; changes no result."""

    def __post_init__(self) -> None:
        _check_share("TokenOptions", "valid_fraction", self.valid_fraction)


def _check_share(owner: str, name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise RecipeError(f"{owner}: {name}={value}; use a share from 0 to 1")
