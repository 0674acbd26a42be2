"""The fold of every code point as one table, built once from unicodedata and OpenCC, and kept."""

from __future__ import annotations

import functools
import itertools
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from curator.kernels.fold.compositions import ALWAYS, COMPOSES, Compositions
from curator.kernels.kept_tables import kept, key_of

N_CODE_POINTS = 0x110000

HERE = Path(__file__).parent
FOLDER = HERE / "__pycache__"
SOURCES = (HERE / "table.py", HERE / "compositions.py")
"""What decides the tables, beside Unicode and OpenCC."""

EXPAND = 1 << 31
"""Value is an expansion: bits 5..29 its start in ``expansions``, bits 0..4 its length, or 0."""
EXAMINE = 1 << 30
"""The character may interact with the one before it: the kernel consults ``boundary``."""
TRADITIONAL = 1 << 29
"""Folding changed the character to a Simplified or variant form."""
CODE_POINT = (1 << 21) - 1

# Everything outside these ranges is an ideograph, a Hangul syllable, private use, a surrogate or
# unassigned: its own compatibility form and its own case fold (a test checks all code points).
EXAMINED = (
    range(0x0000, 0x3400),
    range(0x4DC0, 0x4E00),
    range(0xA000, 0xAC00),
    range(0xD7A4, 0xD800),
    range(0xF900, 0x20000),
    range(0x2F800, 0x2FA20),
    range(0xE0000, 0xE0200),
)
IDEOGRAPHS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0x20000, 0x32400))
DROPPED_CATEGORIES = frozenset(
    itertools.chain(
        ("Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So"),
        ("Zl", "Zp", "Zs", "Cc", "Cf", "Me"),
    )
)
# Characters that show nothing although their category is a letter or a mark: grapheme joiner,
# Hangul fillers, Khmer inherent vowels, Mongolian and general variation selectors.
NEWLINE = 0x0A
UTF_32 = f"utf-32-{sys.byteorder[0]}e"
INVISIBLE = frozenset(
    itertools.chain(
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0),
        range(0xFE00, 0xFE10),
        range(0xE0100, 0xE01F0),
    )
)


class FoldTables(NamedTuple):
    """What the fold kernel looks up; all arrays are read-only."""

    whole: np.ndarray
    """uint32[0x110000]: fold of a code point of raw text; 0 = dropped, else see the flags above."""
    normalised: np.ndarray
    """uint32[0x110000]: fold of a code point of text that ``compatibility_casefold`` has seen."""
    expansions: np.ndarray
    """uint32[...]: folds of the characters that become several, flagged like the others."""
    boundary: np.ndarray
    """uint32[0x110000]: how a character may combine with its neighbours."""

    @property
    def pairs(self) -> np.ndarray:
        """uint64[...], sorted: ``starter << 21 | character`` of any two that compose in some form.

        Made when first asked for: only the GPU body looks them up.
        """
        return _pairs()


def compatibility_casefold(text: str) -> str:
    """Return NFKC and case folding of ``text``, repeated until nothing changes.

    ``Ｈｏｎｇ ① Việt`` (decomposed or not) → ``hong 1 việt``; empty text gives empty text.
    """
    text = unicodedata.normalize("NFKC", text)
    while (folded := text.casefold()) != text:
        following = unicodedata.normalize("NFKC", folded)
        if following == text:  # ẖ and its like fold to two characters that compose again
            break
        text = following
    return text


def is_dropped(character: str) -> bool:
    """Tell whether the key leaves a (compatibility case-folded) character out.

    Punctuation, symbols, white space, controls and invisible characters are left out; letters,
    digits and the marks that belong to letters (``ि``, ``ꦴ``, ``̃``) stay.
    """
    return unicodedata.category(character) in DROPPED_CATEGORIES or ord(character) in INVISIBLE


@functools.cache
def tables() -> FoldTables:
    """Return the tables of this process; they depend on Python's Unicode and OpenCC's data.

    Building them takes 0.13 s, reading what was built 0.01 s.
    """
    identity = np.arange(N_CODE_POINTS, dtype=np.uint32)
    arrays = kept(lambda: _sparse(build_tables(), identity), key_of(SOURCES), FOLDER)
    result = _dense(arrays, identity)
    for array in result:
        array.flags.writeable = False
    return result


def _sparse(built: FoldTables, identity: np.ndarray) -> list[np.ndarray]:
    """Return the expansions and, of every other table, where it holds what, where that is new."""
    arrays = [built.expansions]
    plains = (identity, identity, np.uint32(0))
    for table, plain in zip((built.whole, built.normalised, built.boundary), plains, strict=True):
        places = np.flatnonzero(table != plain).astype(np.uint32)
        arrays += [places, table[places]]
    return arrays


def _dense(arrays: Sequence[np.ndarray], identity: np.ndarray) -> FoldTables:
    whole, normalised, boundary = (
        identity.copy(),
        identity.copy(),
        np.zeros(len(identity), np.uint32),
    )
    for i, table in enumerate((whole, normalised, boundary)):
        table[arrays[1 + 2 * i]] = arrays[2 + 2 * i]
    return FoldTables(whole, normalised, arrays[0].copy(), boundary)


def build_tables() -> FoldTables:
    """Build the tables from ``unicodedata`` and OpenCC; ``tables`` spares it to most processes."""
    simplified = simplified_forms()
    normalised = np.arange(N_CODE_POINTS, dtype=np.uint32)
    normalised[simplified != normalised] |= TRADITIONAL
    normalised = (normalised & ~np.uint32(CODE_POINT)) | simplified
    examined = _examined()
    normalised[[ord(c) for c in examined if is_dropped(c)]] = 0
    whole = normalised.copy()
    boundary = np.zeros(N_CODE_POINTS, np.uint32)
    expansions: list[int] = []
    compositions = Compositions()
    for character in examined:
        if character.casefold() == character and compositions.is_plain_starter(character):
            continue
        folded = compatibility_casefold(character)
        if folded != character:
            whole[ord(character)] = _entry([int(normalised[ord(c)]) for c in folded], expansions)
        boundary[ord(character)] = compositions.examine(character, folded)
    whole[(boundary & (0xFF | COMPOSES | ALWAYS)) != 0] |= EXAMINE
    # Counted by the kernel, so it takes the road of expansions, with length zero.
    whole[0xFFFD] = normalised[0xFFFD] = EXPAND
    return FoldTables(whole, normalised, np.array(expansions or [0], np.uint32), boundary)


@functools.cache
def _pairs() -> np.ndarray:
    compositions = Compositions()
    for character in _examined():
        compositions.examine(character, compatibility_casefold(character))
    result = compositions.pairs()
    result.flags.writeable = False
    return result


def _examined() -> list[str]:
    """Return the characters that may fold, leaving out what is unassigned."""
    every = map(chr, itertools.chain.from_iterable(EXAMINED))
    return [c for c in every if unicodedata.category(c) != "Cn" or ord(c) in INVISIBLE]


def simplified_forms() -> np.ndarray:
    """Return uint32[0x110000]: the Simplified standard variant of each code point, idempotent.

    Hong Kong and Taiwan variants go to OpenCC's standard Traditional first, then to Simplified
    (綫 → 線 → 线, 裡 → 裏 → 里, 嗰 → 𠮶); other code points map to themselves. A loop between
    variants settles on its smallest code point. Source of the pairs: OpenCC (Apache-2.0).
    """
    import opencc  # most processes read what one has built

    forms = np.arange(N_CODE_POINTS, dtype=np.uint32)
    sources = np.concatenate([forms[block.start : block.stop] for block in IDEOGRAPHS])
    lines = np.stack([sources, np.full_like(sources, NEWLINE)], axis=1)
    # One a line: phrase rules cannot see two of them.
    converted = lines.tobytes().decode(UTF_32)
    for name in ("hk2t", "tw2t", "t2s"):
        converted = opencc.OpenCC(name).convert(converted)
    points = np.frombuffer(converted.encode(UTF_32), np.uint32)
    ends = np.flatnonzero(points == NEWLINE)
    starts = np.concatenate([[0], ends[:-1] + 1])
    changed = (ends - starts == 1) & (points[starts] != sources)
    targets = map(chr, points[starts[changed]].tolist())
    forms[sources[changed]] = [ord(unicodedata.normalize("NFKC", target)[0]) for target in targets]
    return _settled(forms)


def _settled(forms: np.ndarray) -> np.ndarray:
    sources = np.flatnonzero(forms != np.arange(N_CODE_POINTS))
    moved = dict(zip(sources.tolist(), forms[sources].tolist(), strict=True))
    for start in sources.tolist():
        path = [start]
        while (following := moved.get(path[-1], path[-1])) not in path:
            path.append(following)
        least = min(path[path.index(following) :])
        moved.update(dict.fromkeys(path, least))
    forms[list(moved)] = list(moved.values())
    return forms


def _entry(values: Sequence[int], expansions: list[int]) -> int:
    kept = [value for value in values if value & CODE_POINT]
    if len(kept) < 2:
        return kept[0] if kept else 0
    expansions.extend(kept)
    return EXPAND | ((len(expansions) - len(kept)) << 5) | len(kept)
