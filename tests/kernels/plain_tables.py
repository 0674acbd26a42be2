"""The tables of the kernels built plainly, code point by code point: slow, and easy to believe."""

from __future__ import annotations

import itertools
import sys
import unicodedata

import numpy as np

from curator.kernels.fold import table as fold_table
from curator.kernels.fold.compositions import (
    ALWAYS,
    COMPOSES,
    LEAD,
    TRAIL,
    Compositions,
    forms_of,
    last_starters,
    leading_marks,
)
from curator.kernels.text_stats import classes
from curator.kernels.unicode import ScanTables, ftfy_tables, pack_tables
from curator.kernels.unicode.ftfy_tables import FtfyOptions

Meaning = tuple[int, tuple[int, ...], int]


def plain_script(point: int, character: str) -> str:
    """Return the script of a letter, the first of SCRIPTS that its name holds."""
    if classes._is_han(point):
        return "Han"
    if 0xAC00 <= point < 0xD7A4:  # named after their sound, and one of them sounds HAN
        return "Hangul"
    words = unicodedata.name(character, "").replace("-", " ").split()
    if {"HIRAGANA", "KATAKANA", "HENTAIGANA"} & set(words):
        return "Kana"
    return next((s for s in classes.SCRIPTS[:-1] if s.upper() in words), "Other")


def plain_meaning(point: int) -> Meaning:
    """Return flags, counts and script of one code point."""
    character = chr(point)
    category = unicodedata.category(character)
    letter = category[0] == "L" or (category == "Nl" and classes._is_han(point))
    script = plain_script(point, character) if letter else ""
    flags = classes._flags(character, category, script)
    place = classes.SCRIPTS.index(script) if letter else -1
    return flags, classes._counted(character, category, flags), place


def plain_classes() -> list[Meaning]:
    """Return the meaning of every code point."""
    unassigned = plain_meaning(sys.maxunicode)
    return [
        unassigned if unicodedata.category(chr(point)) == "Cn" else plain_meaning(point)
        for point in range(sys.maxunicode + 1)
    ]


class PlainCompositions(Compositions):
    """Looks at every form of every character, also where there is but one."""

    def examine(self, character: str, folded: str) -> int:
        flags, leads, trails = 0, [], []
        heads: set[str] = set()
        starters: set[str] = set()
        for form in forms_of(character, folded):
            decomposed = unicodedata.normalize("NFKD", form)
            leads.append(unicodedata.combining(decomposed[0]))
            trails.append(unicodedata.combining(decomposed[-1]))
            heads.update(decomposed[:1] if leads[-1] == 0 else leading_marks(decomposed))
            starters.update(last_starters(decomposed, unicodedata.normalize("NFKC", form)))
        for head in heads & self.seconds:
            flags |= COMPOSES
            self.characters_of_second[head].append(ord(character))
        self.starters += [(ord(character), c) for c in starters if c in self.seconds_of]
        if 0 in leads and max(leads) > 0:
            flags |= ALWAYS
        return flags | (min(leads) << LEAD) | (max(trails) << TRAIL)


def plain_boundary() -> tuple[np.ndarray, np.ndarray]:
    """Return the fold's ``boundary`` and ``pairs``."""
    boundary = np.zeros(fold_table.N_CODE_POINTS, np.uint32)
    compositions = PlainCompositions()
    for point in itertools.chain.from_iterable(fold_table.EXAMINED):
        folded = fold_table.compatibility_casefold(chr(point))
        boundary[point] = compositions.examine(chr(point), folded)
    return boundary, compositions.pairs()


def plain_scan_tables(options: FtfyOptions) -> ScanTables:
    """Return the scan tables for ftfy with the composition groups found pair by pair."""
    hot = ftfy_tables._touched_alone(options)
    left: dict[int, int] = {}
    right: dict[int, int] = {}
    for bit, (before, after) in enumerate(ftfy_tables._PAIRS if options.fix_encoding else ()):
        for masks, names in ((left, before), (right, after)):
            for point in map(ord, ftfy_tables._members(names)):
                masks[point] = masks.get(point, 0) | 1 << bit
    bases: dict[int, int] = {}
    marks: dict[int, int] = {}
    order: dict[int, int] = {}
    if options.normalization is not None:
        points = [p for p in range(0x110000) if unicodedata.category(chr(p)) not in ("Cn", "Lo")]
        points += [p for p in range(0x110000) if unicodedata.category(chr(p)) == "Lo"]
        _, _, alone = ftfy_tables._compositions(options.normalization)
        hot |= alone
        order = {p: unicodedata.combining(chr(p)) for p in points}
        decomposed = {
            p: unicodedata.normalize("NFD", chr(p))
            for p in points
            if unicodedata.decomposition(chr(p))
        }
        for bit, (_, pairs) in enumerate(sorted(ftfy_tables._bases(decomposed).items())):
            firsts = {first for first, _ in pairs}
            for point in {ord(second) for _, second in pairs}:
                marks[point] = marks.get(point, 0) | 1 << bit
            for point in {ord(first) for first in firsts}:
                bases[point] = bases.get(point, 0) | 1 << bit
            for point, parts in decomposed.items():
                pieces = {unicodedata.normalize("NFC", parts[: n + 1]) for n in range(len(parts))}
                if firsts & (pieces | set(parts)):
                    bases[point] = bases.get(point, 0) | 1 << bit
    masks = (left, right, bases, marks, order)
    return pack_tables(hot, masks, bool(options.unescape_html))
