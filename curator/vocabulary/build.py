"""From shards to the tables of a vocabulary."""

from __future__ import annotations

import dataclasses
import heapq
import operator
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from curator.errors import DataError
from curator.io.atomic import atomic_write
from curator.vocabulary.counts import CharacterCounts, count_characters, count_words
from curator.vocabulary.grams import Level, count_grams, unspaced
from curator.vocabulary.new_words import NewWord, new_words
from curator.vocabulary.options import VocabularyOptions
from curator.vocabulary.work import file_record

CHARACTERS = "characters.tsv"
WORDS = "words.tsv"
NEW_WORDS = "new_words.tsv"


def build_vocabulary(
    shards: Sequence[Path],
    folder: Path,
    options: VocabularyOptions,
    client: Any = None,
    work: Path | None = None,
) -> dict[str, Any]:
    """Count the characters, words and n-grams of ``shards`` and write their tables to ``folder``.

    `characters.tsv`: every character. `words.tsv`: words of spaced scripts and n-grams of unspaced
    ones. `new_words.tsv`: n-grams that behave like words. Counts are exact and do not depend on
    how the corpus is cut into shards. Finished pieces in ``work`` (by default ``folder/work``) are
    used again. No shards, or no text, gives tables with no rows.

    Returns the manifest's entry. Raises ``DataError`` when a shard cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    work = folder / "work" if work is None else work
    work.mkdir(parents=True, exist_ok=True)
    for shard in shards:
        if not shard.is_file():
            raise DataError(f"{shard}: no such shard; write the shards first")
    characters = count_characters(shards, options.batch_bytes, client, work)
    words = count_words(
        shards, options.max_spaced_word_characters, options.batch_bytes, client, work
    )
    levels = count_grams(shards, characters, options, client, work)
    n_unspaced = int(characters.counts[unspaced(characters.points)].sum())
    found = new_words(levels, n_unspaced, options)
    by_count = _by_count(characters)
    _write_table(
        folder / CHARACTERS,
        ("character", "code_point", "count", "documents"),
        ((shown(char), f"U+{ord(char):04X}", count, docs) for char, count, docs in by_count),
    )
    _write_table(
        folder / WORDS, ("word", "kind", "count", "documents"), _words(words, levels, options)
    )
    fields = [field.name for field in dataclasses.fields(NewWord)]
    _write_table(folder / NEW_WORDS, fields, map(operator.attrgetter(*fields), found))
    files = [file_record(folder / name) for name in (CHARACTERS, WORDS, NEW_WORDS)]
    return _entry(files, characters, by_count, found, options)


def shown(character: str) -> str:
    r"""Return a character as a table cell: itself, or ``\u{9}`` where it cannot be seen.

    Controls, formats, white space and unassigned code points are spelled out, so that no text can
    break a row: a tab becomes ``\u{9}``, a zero width joiner ``\u{200D}``; 嘅 and ঁ stay.
    """
    if unicodedata.category(character)[0] in "CZ":
        return f"\\u{{{ord(character):X}}}"
    return character


def _by_count(characters: CharacterCounts) -> list[tuple[str, int, int]]:
    columns = (column.tolist() for column in characters)
    rows = [(chr(point), count, docs) for point, count, docs in zip(*columns, strict=True)]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _words(
    words: pa.Table, levels: Sequence[Level], options: VocabularyOptions
) -> Iterable[tuple[str, str, int, int]]:
    """Return the most frequent words and n-grams together, as rows."""

    def rows() -> Iterator[tuple[str, str, int, int]]:
        columns = (words[name].to_pylist() for name in ("word", "count", "documents"))
        for word, count, documents in zip(*columns, strict=True):
            if count >= options.min_count:
                yield "".join(map(shown, word)), "word", count, documents
        for length, level in enumerate(levels, 1):
            kind = f"{length}-gram"
            numbers = zip(level.counts.tolist(), level.documents.tolist(), strict=True)
            for gram, (count, documents) in zip(level.words(), numbers, strict=True):
                yield "".join(map(shown, gram)), kind, count, documents

    return heapq.nsmallest(options.max_words, rows(), key=lambda row: (-row[2], row[0], row[1]))


def _write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with atomic_write(path) as file:
        file.write(("\t".join(header) + "\n").encode())
        for row in rows:
            file.write(("\t".join(map(str, row)) + "\n").encode())


def _entry(
    files: list[dict[str, str | int]],
    characters: CharacterCounts,
    by_count: Sequence[tuple[str, int, int]],
    found: Sequence[NewWord],
    options: VocabularyOptions,
) -> dict[str, Any]:
    return {
        "files": files,
        "characters": int(characters.counts.sum()),
        "distinct_characters": len(characters.points),
        "new_words": len(found),
        "top_characters": [[shown(char), count] for char, count, _ in by_count[: options.top]],
        "top_new_words": [
            {"word": row.word, "count": row.count, "score": row.score}
            for row in found[: options.top]
        ],
    }
