"""Which characters can combine with what stands before them when text is normalised."""

from __future__ import annotations

import itertools
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

LEAD, TRAIL = 0, 8
"""Shifts in the flags: combining class of the first and of the last decomposed character."""
COMPOSES = 1 << 16
"""The character can be the second half of a canonical composition."""
ALWAYS = 1 << 17
"""Case folding changes how the character combines: never decided without its context."""

HANGUL = range(0xAC00, 0xD7A4)
JAMO_LEADING = range(0x1100, 0x1113)
JAMO_VOWEL = range(0x1161, 0x1176)
JAMO_TRAILING = range(0x11A8, 0x11C3)
CANONICAL = (range(0x00C0, 0x3100), range(0xA000, 0xABFF), range(0x10000, 0x12000))
"""Where the characters that decompose in two parts live; a test looks everywhere."""


class Compositions:
    """Collects, character by character, the flags and the pairs that can compose."""

    def __init__(self) -> None:
        self.seconds_of = canonical_pairs()
        self.seconds = frozenset(itertools.chain.from_iterable(self.seconds_of.values()))
        self.characters_of_second: dict[str, list[int]] = defaultdict(list)
        self.starters: list[tuple[int, str]] = [
            (code_point, chr(code_point)) for code_point in HANGUL[::28]
        ]
        self.forms: list[tuple[int, str, str]] = []

    def examine(self, character: str, folded: str) -> int:
        """Return the flags of a character over every form it takes on its way to ``folded``."""
        if folded == character and self.is_plain_starter(character):
            if character.isascii() or character in self.seconds_of:
                self.starters.append((ord(character), character))
            return 0
        code_point = ord(character)
        flags, leads, trails = 0, [], []
        heads: set[str] = set()
        for form in forms_of(character, folded):
            decomposed = unicodedata.normalize("NFKD", form)
            leads.append(unicodedata.combining(decomposed[0]))
            trails.append(unicodedata.combining(decomposed[-1]))
            heads.update(decomposed[:1] if leads[-1] == 0 else leading_marks(decomposed))
            if decomposed != form or leads[-1] == 0:
                self.forms.append((code_point, form, decomposed))
        for head in heads & self.seconds:
            flags |= COMPOSES
            self.characters_of_second[head].append(code_point)
        if 0 in leads and max(leads) > 0:
            flags |= ALWAYS
        return flags | (min(leads) << LEAD) | (max(trails) << TRAIL)

    def is_plain_starter(self, character: str) -> bool:
        """Return whether a character that folds to itself has one form, and follows none."""
        return (
            character not in self.seconds
            and not unicodedata.combining(character)
            and unicodedata.is_normalized("NFKD", character)
        )

    def pairs(self) -> np.ndarray:
        """Return uint64[...], sorted: ``starter << 21 | character`` of every pair that composes."""
        starters = self.starters + [
            (code_point, starter)
            for code_point, form, decomposed in self.forms
            for starter in last_starters(decomposed, unicodedata.normalize("NFKC", form))
        ]
        found = {
            (starter << 21) | character
            for starter, form in starters
            for second in self.seconds_of.get(form, ())
            for character in self.characters_of_second[second]
        }
        return np.array(sorted(found), np.uint64)


def forms_of(character: str, folded: str) -> list[str]:
    """Return the character and what normalising and case folding by turns make of it."""
    forms = [character]
    step = unicodedata.normalize("NFKC", character)
    for _ in range(8):
        form = step.casefold()
        if form != forms[-1]:
            forms.append(form)
        if step == folded:
            break
        step = unicodedata.normalize("NFKC", form)
    return forms


def canonical_pairs() -> dict[str, list[str]]:
    """Return, for each first half of a canonical composition, its second halves."""
    pairs: dict[str, list[str]] = defaultdict(list)
    for character in map(chr, itertools.chain.from_iterable(CANONICAL)):
        halves = unicodedata.decomposition(character).split(" ")
        if (
            len(halves) == 2
            and halves[0][:1] != "<"
            and unicodedata.is_normalized("NFC", character)
        ):
            pairs[chr(int(halves[0], 16))].append(chr(int(halves[1], 16)))
    for leading in JAMO_LEADING:
        pairs[chr(leading)] += map(chr, JAMO_VOWEL)
    for syllable in HANGUL[::28]:
        pairs[chr(syllable)] += map(chr, JAMO_TRAILING)
    return pairs


def leading_marks(text: str) -> Iterable[str]:
    """Return the marks with a combining class that ``text`` begins with."""
    return itertools.takewhile(unicodedata.combining, text)


def last_starters(*forms: str) -> list[str]:
    """Return the last character of combining class 0 of each form that has one."""
    starters = []
    for form in forms:
        starters += [c for c in form if not unicodedata.combining(c)][-1:]
    return starters
