"""Vocabulary, tokenizer and token shards of a manifest, each optional, as the report shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from curator.report.figures import finite, whole
from curator.report.numerals import figure

SHOWN_CHARACTERS = 50
SHOWN_WORDS = 50
SHOWN_SPECIAL_TOKENS = 50

MEASURES = {
    "characters_per_token": "characters one token stands for; more is shorter sequences",
    "bytes_per_token": "UTF-8 bytes one token stands for; comparable between scripts",
    "fertility": "tokens a word of a spaced script is cut into; 1 is every word whole",
    "byte_fallback_rate": "share of tokens that are single bytes: characters never learnt",
    "round_trip_exact": "share of texts that decode to exactly what was encoded; must be 1",
    "renyi_efficiency": "evenness of token use (Rényi, α = 2.5); higher learns better",
    "unused_tokens": "tokens no document needs, single bytes not counted; room wasted",
    "unused_byte_tokens": "single-byte tokens no document needs; kept for text yet unseen",
    "measured_on": "held-out documents were not used to train the tokenizer",
    "measured_documents": "documents the figures above are taken on",
    "measured_characters": "characters the figures above are taken on",
}


@dataclass(frozen=True)
class Measure:
    """One figure with what it says."""

    name: str
    figure: str
    meaning: str


@dataclass(frozen=True)
class Tokenizer:
    """A trained tokenizer."""

    vocabulary_size: int | None
    special_tokens: tuple[tuple[str, str, str], ...]
    """Role, token, id."""
    measures: tuple[Measure, ...]
    path: str
    sha256: str


@dataclass(frozen=True)
class Split:
    """Token shards of one split."""

    name: str
    documents: int
    tokens: int
    characters: int
    utf8_bytes: int
    unigram_bits_per_byte: float | None
    bin_sha256: str


@dataclass(frozen=True)
class Vocabulary:
    """Characters and new words of a corpus."""

    characters: int
    distinct_characters: int
    new_words: int
    top_characters: tuple[tuple[str, int], ...]
    top_words: tuple[tuple[str, int, str], ...]
    """Word, count, score."""


def read_vocabulary(entry: object) -> Vocabulary | None:
    """Return the manifest's vocabulary entry, ``None`` where the recipe made none.

    Raises ``ManifestError`` where a count is not one.
    """
    if not isinstance(entry, dict):
        return None
    characters = tuple(
        (str(row[0]), whole(row[1], "vocabulary.top_characters"))
        for row in _list(entry.get("top_characters"))[:SHOWN_CHARACTERS]
        if isinstance(row, list) and len(row) >= 2
    )
    words = []
    for row in _list(entry.get("top_new_words"))[:SHOWN_WORDS]:
        if isinstance(row, dict):
            score = finite(row.get("score"))
            times = whole(row.get("count", 0), "vocabulary.top_new_words")
            words.append((str(row.get("word", "")), times, "" if score is None else figure(score)))
    return Vocabulary(
        characters=whole(entry.get("characters", 0), "vocabulary.characters"),
        distinct_characters=whole(
            entry.get("distinct_characters", 0), "vocabulary.distinct_characters"
        ),
        new_words=whole(entry.get("new_words", 0), "vocabulary.new_words"),
        top_characters=characters,
        top_words=tuple(words),
    )


def read_tokenizer(entry: object) -> Tokenizer | None:
    """Return the manifest's tokenizer entry, ``None`` where the recipe made none."""
    if not isinstance(entry, dict):
        return None
    special = entry.get("special_tokens")
    size = entry.get("vocab_size")
    return Tokenizer(
        vocabulary_size=None if size is None else whole(size, "tokenizer.vocab_size"),
        special_tokens=tuple(_special(special if isinstance(special, dict) else {})),
        measures=tuple(_measures(entry.get("measures"))),
        path=str(entry.get("path", "")),
        sha256=str(entry.get("sha256", "")),
    )


def read_splits(entry: object) -> tuple[Split, ...]:
    """Return the manifest's token shards, none where the recipe made none.

    Raises ``ManifestError`` where a count is not one.
    """
    splits = entry.get("splits") if isinstance(entry, dict) else None
    if not isinstance(splits, dict):
        return ()
    found = []
    for name, split in splits.items():
        if isinstance(split, dict):
            place = f"tokens.splits.{name}"
            found.append(
                Split(
                    name=str(name),
                    documents=whole(split.get("documents", 0), f"{place}.documents"),
                    tokens=whole(split.get("tokens", 0), f"{place}.tokens"),
                    characters=whole(split.get("characters", 0), f"{place}.characters"),
                    utf8_bytes=whole(split.get("utf8_bytes", 0), f"{place}.utf8_bytes"),
                    unigram_bits_per_byte=finite(split.get("unigram_character_bits_per_byte")),
                    bin_sha256=str(split.get("bin_sha256", "")),
                )
            )
    return tuple(found)


def _special(tokens: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for role, token in list(tokens.items())[:SHOWN_SPECIAL_TOKENS]:
        if isinstance(token, dict):
            yield str(role), str(token.get("token", "")), str(token.get("id", ""))
        else:
            yield str(role), str(token), ""


def _measures(measures: object, prefix: str = "") -> Iterator[Measure]:
    if not isinstance(measures, dict):
        return
    for name, value in measures.items():
        if isinstance(value, dict):
            yield from _measures(value, f"{prefix}{name}.")
            continue
        number = finite(value)
        if number is not None or value is None or isinstance(value, str):
            shown = figure(number) if number is not None else str(value or "–")
            yield Measure(f"{prefix}{name}", shown, MEASURES.get(str(name), ""))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
