"""Code-point classes: what each character counts as, built once from ``unicodedata``."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np

SCRIPTS = (
    "Latin",
    "Han",
    "Kana",
    "Hangul",
    "Bopomofo",
    "Cyrillic",
    "Greek",
    "Arabic",
    "Hebrew",
    "Devanagari",
    "Bengali",
    "Tamil",
    "Telugu",
    "Thai",
    "Lao",
    "Khmer",
    "Myanmar",
    "Tibetan",
    "Ethiopic",
    "Javanese",
    "Balinese",
    "Sundanese",
    "Other",
)
"""Scripts whose letters are counted apart; every other script's letters are "Other"."""

COUNTS = (
    "characters",
    "letters",
    "digits",
    "whitespace",
    "white_space_published",
    "punctuation",
    "symbols",
    "hashes",
    "ellipses",
    "alphanumeric",
    "parentheses",
    "controls",
    "replacements",
    "private_use",
)
"""Counts that are a sum over characters: no state between one character and the next."""

SPACE = 1
"""``str.isspace``: ends a word."""
UNSPACED = 2
"""Letter of a script written without spaces: a word of its own."""
LETTER = 4
DIGIT = 8
ATTACHED = 16
"""Combining mark or joiner: belongs to the letter before it."""
TERMINAL = 32
"""Ends a sentence."""
CLOSING_QUOTE = 64
"""Ends a line properly by itself, as the straight quotes do in the published definition."""
CLOSING_BRACKET = 128
"""May follow the end of a sentence; says nothing by itself."""
BULLET = 256
HASH = 512
ELLIPSIS = 1024

_KANA_WORDS = {"HIRAGANA", "KATAKANA", "HENTAIGANA"}
_SCRIPT_WORDS = _KANA_WORDS | {script.upper() for script in SCRIPTS[:-1]}
_UNSPACED_SCRIPTS = {"Han", "Kana", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan"}
_UNSPACED_NAMES = ("TAI LE", "NEW TAI LUE", "TAI THAM", "TAI VIET", "JAVANESE", "BALINESE")
# Marks that end a sentence, by script; Unicode's property Sentence_Terminal is not in unicodedata.
_TERMINALS = (
    ".?!"
    "。｡！？．‼⁇⁈⁉‽…⋯"  # CJK, full-width, general punctuation
    "।॥"  # Devanagari, Bengali and their neighbours
    "؟۔؞"  # Arabic, Urdu
    "։՜՞"  # Armenian
    "።፧፨"  # Ethiopic
    "။၊"  # Myanmar
    "។៕៖"  # Khmer
    "།༎༏༐༑"  # Tibetan
    "๏๚๛"  # Thai
    "꧈꧉"  # Javanese
    "᭚᭛᭞᭟"  # Balinese
    "᠃᠉᙮᜵᜶"  # Mongolian, Canadian syllabics, Philippine scripts
    "꓿꘎꘏꛳꛷꡶꡷꣎꣏꤯꩝꩞꩟꫰꫱꯫"
)
_CLOSING_QUOTES = "\"'”’»›」』｣〞〟＂＇"
_COMMAS = "?!,.，、。．！？؟،。｡､､।॥"
_BULLETS = "•‣⁃⁌⁍∙○●◘◦⦾⦿・·‧■□▪▫◆◇▶►"
_PARENTHESES = "(){}[]⟨⟩（）［］｛｝｟｠【】〔〕〖〗〘〙〚〛﹙﹚﹛﹜﹝﹞⦅⦆"
_LISTED = frozenset(
    "".join((_TERMINALS, _CLOSING_QUOTES, _COMMAS, _BULLETS, _PARENTHESES))
    + "".join(map(chr, range(0x80)))
    + "…⋯\u200c\u200d\ufffd"
)
"""Every character that a count or flag names."""

_UNASSIGNED = 0x10FFFF  # a noncharacter: never assigned, the model of all unassigned points


class ClassTables(NamedTuple):
    """A class for every code point, and what each class means."""

    classes: np.ndarray
    """uint8[0x110000]: the class of a code point."""
    flags: np.ndarray
    """int32[n_classes]: the flags above."""
    counts: np.ndarray
    """int64[n_classes, len(COUNTS)]: 1 where a character of the class is counted."""
    scripts: np.ndarray
    """int64[n_classes]: index into SCRIPTS of its letters, -1 for no letter."""
    count_names: tuple[str, ...]
    meanings: np.ndarray
    """uint32[0x110000]: class of a code point in the lowest eight bits, its flags above them; one
    look where the first two tables take two."""


def _is_han(point: int) -> bool:
    return (
        0x4E00 <= point <= 0x9FFF
        or 0x3400 <= point <= 0x4DBF
        or 0x20000 <= point <= 0x3FFFD
        or 0xF900 <= point <= 0xFAFF
        or point in (0x3005, 0x3007, 0x303B)
        or 0x3021 <= point <= 0x3029
        or 0x3038 <= point <= 0x303A
    )


def _script(point: int, character: str) -> str:
    """Return which of SCRIPTS a letter belongs to, by its Unicode name."""
    if _is_han(point):
        return "Han"
    words = _SCRIPT_WORDS & {*unicodedata.name(character, "").replace("-", " ").split()}
    if not words:
        return "Other"
    if words & _KANA_WORDS:
        return "Kana"
    return min(map(str.capitalize, words), key=SCRIPTS.index)


def _is_unspaced_by_name(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_UNSPACED_NAMES)


def _flags(character: str, category: str, script: str) -> int:
    flags = SPACE if character.isspace() else 0
    flags |= LETTER if script else 0
    flags |= DIGIT if category == "Nd" else 0
    flags |= ATTACHED if category[0] == "M" or character in "\u200c\u200d" else 0
    flags |= TERMINAL if character in _TERMINALS else 0
    flags |= CLOSING_QUOTE if character in _CLOSING_QUOTES else 0
    # ASCII brackets stay out: the published definition does not look behind them.
    closing = category in ("Pe", "Pf") and character > "\x7f" and not flags & CLOSING_QUOTE
    flags |= CLOSING_BRACKET if closing else 0
    flags |= BULLET if character in _BULLETS else 0
    flags |= HASH if character == "#" else 0
    flags |= ELLIPSIS if character in "…⋯" else 0
    named = bool(script) and _is_unspaced_by_name(character)
    return flags | (UNSPACED if script in _UNSPACED_SCRIPTS or named else 0)


def _counted(character: str, category: str, flags: int) -> tuple[int, ...]:
    """Return 0 or 1 for each of COUNTS."""
    space = bool(flags & SPACE)
    letter, digit = bool(flags & LETTER), bool(flags & DIGIT)
    has = {
        "characters": True,
        "letters": letter,
        "digits": digit,
        "whitespace": space,
        "white_space_published": character in "\t\n\r\b " or (space and character > "\x7f"),
        "punctuation": category[0] == "P",
        "symbols": category[0] == "S",
        "hashes": character == "#",
        "ellipses": bool(flags & ELLIPSIS),
        "alphanumeric": letter or digit or character == "\n" or character in _COMMAS,
        "parentheses": character in _PARENTHESES,
        "controls": category == "Cc" and character not in "\t\n\r",
        "replacements": character == "\ufffd",
        "private_use": category == "Co",
    }
    return tuple(int(has[name]) for name in COUNTS)


class _Classes:
    """Gives classes of the same meaning the same number, in the order in which they are seen."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, tuple[int, ...], int], int] = {}
        self.seen: dict[tuple[str, bool, str, bool], int] = {}

    def number(self, point: int, character: str, category: str) -> int:
        """Return the class of a code point."""
        letter = category[0] == "L" or (category == "Nl" and _is_han(point))
        script = _script(point, character) if letter else ""
        if character in _LISTED:
            return self._look(character, category, script)
        # All else that the counts look at: most code points are told apart by these alone.
        named = bool(script) and _is_unspaced_by_name(character)
        key = (category, character.isspace(), script, named)
        if key not in self.seen:
            self.seen[key] = self._look(character, category, script)
        return self.seen[key]

    def _look(self, character: str, category: str, script: str) -> int:
        flags = _flags(character, category, script)
        place = SCRIPTS.index(script) if script else -1
        meaning = (flags, _counted(character, category, flags), place)
        return self.known.setdefault(meaning, len(self.known))


@cache
def tables() -> ClassTables:
    """Return the class tables, built at the first call from this Python's Unicode data.

    Whole planes of one kind (unassigned, private use, ideographs) are filled by one look.
    """
    found = _Classes()
    classes = np.zeros(sys.maxunicode + 1, np.uint8)
    uniform = {range(0x3400, 0x4DC0), range(0x4E00, 0x9FFD), range(0xAC00, 0xD7A4)}
    uniform |= {range(0x20000, 0x2A6DE), range(0xE000, 0xF900), range(0x40000, 0xE0000)}
    uniform |= {range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE)}
    skipped = np.zeros(sys.maxunicode + 1, bool)
    for block in sorted(uniform, key=lambda block: block.start):
        character = chr(block.start)
        number = found.number(block.start, character, unicodedata.category(character))
        classes[block.start : block.stop] = number
        skipped[block.start : block.stop] = True
    classes[~skipped] = found.number(_UNASSIGNED, chr(_UNASSIGNED), "Cn")
    rest = np.flatnonzero(~skipped).tolist()
    for point, character in zip(rest, map(chr, rest), strict=True):
        category = unicodedata.category(character)
        if category != "Cn":
            classes[point] = found.number(point, character, category)
    meanings = sorted(found.known, key=lambda meaning: found.known[meaning])
    flags = np.array([flags for flags, _, _ in meanings], np.int32)
    return ClassTables(
        classes,
        flags,
        np.array([counts for _, counts, _ in meanings], np.int64),
        np.array([place for _, _, place in meanings], np.int64),
        COUNTS,
        (flags.astype(np.uint32) << 8)[classes] | classes,
    )
