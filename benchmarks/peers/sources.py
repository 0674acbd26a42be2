"""Distinct real documents for the benchmark corpus: whole, cut, and at last spliced of sentences.

Documents of each source are shuffled and taken in fixed shares. A long one is cut at sentence
ends into pieces that do not overlap. Where the text is used up (from about 130,000
documents on) a document is spliced: sentences of different documents, each shorter than 200
characters and at most a third of its document, in an order drawn anew on every pass over them; so
two documents may have a sentence in common but no long passage, and none holds another.

Among the natural documents no two are near duplicates: where eight tenths of the character 5-grams
of the shorter are in the longer, as are those of any two with a Jaccard similarity of .7, the first
is kept. The text compared is simplified, casefolded, and without punctuation and space.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import opencc

CONTAINED = 0.8
"""Share of the 5-grams of the shorter of two natural documents from which they count as the same:
with Jaccard similarity alone a page and a page that holds it counted as two."""

SAMPLED_BITS = 3
"""Of 5-grams those are compared first whose hash begins with so many zeros: one in eight."""

RARE = 60
"""Keys that have a 5-gram, at most, for it to count as rare."""

SENTENCE_SHARE = 1 / 3
"""Of a document a sentence may be so much, at most, to be used again in a spliced one: else a short
page would be found in it whole."""

SENTENCE_LIMIT = 200
"""Characters; no sentence from here on is used again in a spliced document."""


@dataclass(frozen=True)
class Source:
    files: tuple[str, ...]
    """Names relative to the folder of corpora."""
    share: float
    """Share of this source among the documents of its script, as long as it lasts."""
    shortest: int = 250
    """Characters of the shortest document taken."""
    longest: int | None = None
    """Characters of the longest document taken; None: any, but cut."""
    piece: int = 0
    """Mean characters of a piece of a cut document."""


SOURCES: dict[str, tuple[Source, ...]] = {
    "han": (
        Source(("yue/yuewiki_20220901.jsonl.gz",), 0.71, piece=1200),
        Source(("yue/yuewiki_20220901.jsonl.gz",), 0.12, shortest=100, longest=249),
        Source(
            (
                "zh_hans/cmrc2018_zhwiki.jsonl", "zh_hans/libreoffice_help_zh_cn.jsonl.gz",
                "zh_hant/drcd_zhwiki.jsonl", "yue/hkcancor.jsonl", "yue/cantomap.jsonl",
            ),
            0.12,
            piece=900,
        ),
        Source(("lzh/classical_sample.jsonl.gz",), 0.05, piece=800),
    ),
    "latin": (
        Source(("bulk/bible_chapters.jsonl.gz",), 0.47, piece=3200),
        Source(
            (
                "jav/nusaparagraph_jav.jsonl.gz", "sun/nusaparagraph_sun.jsonl.gz",
                "other/nusaparagraph_bew_betawi.jsonl.gz", "other/nusaparagraph_min.jsonl.gz",
            ),
            0.43,
            piece=3200,
        ),
        Source(("ind/libreoffice_help_id.jsonl.gz",), 0.10, piece=3200),
    ),
}  # fmt: skip
"""Where the documents of each script come from."""

HELD_OUT: dict[str, tuple[str, ...]] = {
    "han": ("yue/ctcpc_yue_sents.jsonl.gz",),
    "latin": (
        "jav/nusatranslation_jav_sents.jsonl.gz",
        "sun/nusatranslation_sun_sents.jsonl.gz",
        "ind/nusatranslation_ind_sents.jsonl.gz",
    ),
}
"""Sentences that are in no document: what is appended and quoted."""

MEAN_LENGTH = {"han": 650, "latin": 2000}
"""Mean characters of a spliced document: two kilobytes."""

SENTENCE = {
    "han": re.compile(r"[^。！？!?；\n]*[。！？!?；\n]+[」』”）)]*|[^。！？!?；\n]+"),
    "latin": re.compile(r"[^.!?\n]*(?:[.!?]+(?![\w])[\"”’)]*\s*|\n+|[.!?]+)|[^.!?\n]+"),
}
"""A sentence with the white space after it: joined together they are the text."""


def read_texts(corpora: Path, name: str) -> Iterator[str]:
    opened = gzip.open if name.endswith(".gz") else open
    with opened(corpora / name, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"].strip()


def sentences(text: str, script: str) -> list[str]:
    return SENTENCE[script].findall(text)


def pieces(text: str, script: str, source: Source, rng: np.random.Generator) -> list[str]:
    """Cut a document at sentence ends; one shorter than one and a half pieces stays whole."""
    if source.piece == 0 or len(text) < 1.5 * source.piece:
        return [text]
    found, current, length = [], [], 0
    target = _length(source.piece, rng)
    for sentence in sentences(text, script):
        current.append(sentence)
        length += len(sentence)
        if length >= target:
            found.append("".join(current).strip())
            current, length, target = [], 0, _length(source.piece, rng)
    found.append("".join(current).strip())
    return [piece for piece in found if len(piece) >= source.shortest]


def _length(mean: int, rng: np.random.Generator) -> float:
    return max(0.3 * mean, mean * float(rng.lognormal(-0.08, 0.4)))


def natural(corpora: Path, script: str, rng: np.random.Generator) -> list[str]:
    """Return all natural documents of a script, no two equal, in the order they are used."""
    texts: list[str] = []
    places: list[np.ndarray] = []
    for source in SOURCES[script]:
        own = [
            piece
            for name in source.files
            for text in read_texts(corpora, name)
            if source.shortest <= len(text) <= (source.longest or len(text))
            for piece in pieces(text, script, source, rng)
            if letter_share(piece, script) >= LETTER_SHARE
        ]
        order = rng.permutation(len(own))
        texts += [own[i] for i in order]
        places.append((np.arange(len(own)) + 0.5) / source.share)
    mixed = np.argsort(np.concatenate(places), kind="stable")
    return list(dict.fromkeys(texts[i] for i in mixed))


def documents(corpora: Path, script: str, count: int, rng: np.random.Generator) -> list[str]:
    """Return distinct documents of a script, natural ones first, then spliced ones."""
    texts = natural(corpora, script, rng)
    taken = 0
    kept: list[str] = []
    while len(kept) < count and taken < len(texts):
        taken = min(len(texts), max(int(1.1 * count), int(1.3 * taken)))
        kept = without_near_duplicates(texts[:taken], script)
    missing = count - len(kept)
    if missing > 0:
        kept += spliced(texts, script, missing, rng)
    kept = kept[:count]
    return [kept[i] for i in rng.permutation(count)]


def spliced(texts: list[str], script: str, count: int, rng: np.random.Generator) -> list[str]:
    """Return documents made of sentences of many documents; each pass over them in a new order."""
    joint = "" if script == "han" else " "
    pool = list(
        dict.fromkeys(
            sentence.strip()
            for text in texts
            for sentence in sentences(text, script)
            if 12 <= len(sentence.strip()) < min(SENTENCE_LIMIT, SENTENCE_SHARE * len(text))
        )
    )
    found: list[str] = []
    current: list[str] = []
    length, target = 0, _length(MEAN_LENGTH[script], rng)
    while len(found) < count:
        for i in rng.permutation(len(pool)):
            current.append(pool[i])
            length += len(pool[i])
            if length >= target:
                found.append(joint.join(current))
                current, length, target = [], 0, _length(MEAN_LENGTH[script], rng)
                if len(found) == count:
                    break
    return found


def without_near_duplicates(texts: list[str], script: str) -> list[str]:
    """Keep the first of all natural near duplicates."""
    simplify = opencc.OpenCC("t2s").convert if script == "han" else str
    keys = [re.sub(r"[\W_]+", "", simplify(text).casefold()) for text in texts]
    gone: set[int] = set()
    for first, second in candidates(keys):
        if first in gone or second in gone:
            continue
        if contained(keys[first], keys[second]) >= CONTAINED:
            gone.add(second)
    return [text for i, text in enumerate(texts) if i not in gone]


def candidates(keys: list[str]) -> list[tuple[int, int]]:
    """Return sorted pairs of keys that share half of the sampled rare 5-grams of one, or more.

    Rare are those that ``RARE`` keys have, at most: pages of one kind share many others.
    """
    bound = 1 << (64 - SAMPLED_BITS)
    sampled = [some[: np.searchsorted(some, bound)] for some in map(shingles, keys)]
    owners = np.repeat(np.arange(len(keys)), [len(some) for some in sampled])
    values, places, counts = np.unique(
        np.concatenate(sampled), return_inverse=True, return_counts=True
    )
    is_rare = counts[places] <= RARE
    order = np.lexsort((owners[is_rare], values[places[is_rare]]))
    owners, places = owners[is_rare][order], places[is_rare][order]
    sizes = np.bincount(owners, minlength=len(keys))
    pairs = []
    for reach in range(1, RARE):
        same = np.flatnonzero(places[reach:] == places[:-reach])
        pairs.append(owners[same] * len(keys) + owners[same + reach])
    codes, counts = np.unique(np.concatenate(pairs), return_counts=True)
    first, second = np.divmod(codes, len(keys))
    chosen = 2 * counts >= np.minimum(sizes[first], sizes[second])
    return list(zip(first[chosen].tolist(), second[chosen].tolist(), strict=True))


def shingles(key: str) -> np.ndarray:
    """Distinct hashes of the character 5-grams of a key, uint64; of the whole key if shorter."""
    codes = np.frombuffer(key.encode("utf-32-le"), np.uint32).astype(np.uint64)
    mixed = np.zeros(max(1, len(codes) - 4), np.uint64)
    for i in range(min(5, len(codes))):
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + codes[i : i + len(mixed)]
        mixed ^= mixed >> np.uint64(29)
    return np.unique(mixed * np.uint64(0xBF58476D1CE4E5B9))


def contained(first: str, second: str) -> float:
    """Share of the 5-grams of the one that has fewer which the other has, too."""
    one, other = shingles(first), shingles(second)
    return len(np.intersect1d(one, other, assume_unique=True)) / min(len(one), len(other))


def held_out(corpora: Path, script: str, rng: np.random.Generator) -> Iterator[str]:
    """Yield sentences that are in no document, in a new order on every pass over them."""
    found = [text for name in HELD_OUT[script] for text in read_texts(corpora, name)]
    while True:
        for i in rng.permutation(len(found)):
            yield found[i]


def letters(texts: Sequence[str], script: str) -> np.ndarray:
    """Return the letters of a script in some texts as they come, array of one-character strings."""
    return np.array(LETTER[script].findall("".join(texts)))


def letter_share(text: str, script: str) -> float:
    """Share of letters of the script among the characters that are no white space."""
    return len(LETTER[script].findall(text)) / max(1, len(re.sub(r"\s", "", text)))


LETTER = {
    "han": re.compile("[㐀-鿿豈-﫿\U00020000-\U0003ffff]"),
    "latin": re.compile("[A-Za-zÀ-ɏḀ-ỿ]"),
}
"""A letter of each script: what noise replaces and is drawn from."""

LETTER_SHARE = 0.6
"""Least share of letters of its script in a document: some chapters are Greek or Syriac."""
