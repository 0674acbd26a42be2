"""Cleaning of Chinese-script text, Cantonese first, that destroys nothing a writer meant."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import regex

from curator.errors import RecipeError
from curator.kernels import chinese, unicode
from curator.kernels.buffers import Utf8
from curator.modifiers.base import DocumentModifier

_HAN = r"\p{Han}"
_SPACES = " \t\xa0\u3000"
_CONTROLS = "".join(map(chr, [*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)]))
_CONTROLS = _CONTROLS.replace("\x85", "")  # a line break: NewlineNormalizer's
_CLOSING = "，。、；：？！」』）》〉】"
_OPENING = "「『（《〈【"
_CAPPED = "！？!?。．，,、；;：~～…⋯"
_DELIMITERS = "，、；：,;"
_LEADING = "，、, "

_KANGXI = {
    point: unicodedata.normalize("NFKC", chr(point))
    for point in (*range(0x2E80, 0x2EF4), *range(0x2F00, 0x2FD6))
    if unicodedata.normalize("NFKC", chr(point)) != chr(point)
}
_WIDE = {point: chr(point - 0xFEE0) for point in range(0xFF01, 0xFF5F) if chr(point).isalnum()}


@cache
def _property_points(expression: str, last: int = 0x40000) -> np.ndarray:
    """Return bool[0x110000]: the code points up to ``last`` that an expression for one matches."""
    wanted = np.zeros(0x110000, bool)
    for start, end in ((0, 0xD800), (0xE000, last)):  # surrogates are no characters
        every = "".join(map(chr, range(start, end)))
        for match in regex.finditer(f"(?:{expression})+", every):
            wanted[start + match.start() : start + match.end()] = True
    return wanted


@dataclass(frozen=True)
class CantoneseCleaner(DocumentModifier):
    """Cleans Cantonese text and keeps what is Cantonese about it.

    Code-switched Latin 「好 chill」, punctuation, emoji, and characters outside the common block
    (𠻺 㗎) are never touched, nor is spelling. Each rule is an option, and they run until nothing
    changes. 「我 哋 去 食飯！！！！！」 becomes 「我哋去 食飯！！！」.
    """

    remove_controls: bool = True
    """Remove control characters but tab and line breaks."""
    join_spelled_out_han: bool = True
    """Join three or more Han characters that each stand alone between single spaces, as OCR and
    character-based tokenizers leave them. A space between words (香港 九龍) stays."""
    remove_space_at_punctuation: bool = True
    """Remove space between Han and a full-width mark: 「好 ，走」 becomes 「好，走」."""
    max_repeated_punctuation: int | None = 3
    """Longest run of one punctuation mark (！？。…, and ASCII !?,;~); None keeps all. Full stops
    and hyphens in ASCII, which draw rules and tables, are not capped."""
    repair_brackets: bool = True
    """Repair what extraction from wikis leaves: 「香港（，）係」 becomes 「香港係」 and
    「（，1997年）」 「（1997年）」. ASCII () goes only after Han, so 「print()」 stays."""
    fold_radicals: bool = True
    """Write Kangxi and CJK radicals (⽤), which PDF extraction leaves, as characters (用)."""
    narrow_full_width_alphanumerics: bool = False
    """Write Ａ１ as A1. Off: some house styles mean it."""

    idempotent = True

    def __post_init__(self) -> None:
        if self.max_repeated_punctuation is not None and self.max_repeated_punctuation < 1:
            raise RecipeError(
                f"CantoneseCleaner: max_repeated_punctuation is {self.max_repeated_punctuation}; "
                "give 1 or more, or null to keep every run"
            )

    def modify_document(self, text: str) -> str:
        """Return the cleaned text; empty text stays empty."""
        # "surrogatepass": a string that is no text comes back as it came
        data = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
        cleaned = chinese.clean(Utf8(np.array([0, len(data)]), data), self._tables())
        return cleaned.data.tobytes().decode("utf-8", "surrogatepass")

    def modify_documents(self, texts: Utf8) -> Utf8:
        """Return the cleaned texts."""
        return chinese.clean(texts, self._tables())

    def may_change(self, texts: Utf8) -> np.ndarray:
        """Return bool[n], exact; it costs what cleaning costs."""
        # rules delete, and only a character that never stays is replaced by one as long
        cleaned = chinese.clean(texts, self._tables())
        replaced = unicode.contains_any(texts, "".join(map(chr, self._replaced())))
        return (np.diff(cleaned.offsets) != np.diff(texts.offsets)) | replaced

    def _replaced(self) -> dict[int, str]:
        """Return what is written for the characters that are replaced wherever they stand."""
        radicals = _KANGXI if self.fold_radicals else {}
        return radicals | (_WIDE if self.narrow_full_width_alphanumerics else {})

    def _tables(self) -> chinese.CleaningTables:
        return _cleaning_tables(self)


@cache
def _cleaning_tables(cleaner: CantoneseCleaner) -> chinese.CleaningTables:
    """Return the tables of one choice of options; built once a process and kept."""
    replaced = dict(sorted(cleaner._replaced().items()))
    kinds = np.zeros(0x110000, np.uint16)
    kinds[_property_points(_HAN)] = chinese.HAN
    kinds[_property_points(r"\s", 0x10000)] |= chinese.EMPTY
    for characters, kind in (
        (_SPACES, chinese.SPACE),
        (_DELIMITERS, chinese.EMPTY | chinese.GAP),
        (" ", chinese.GAP),
        (_LEADING, chinese.LEADING),
        (_CLOSING, chinese.CLOSING),
        (_OPENING, chinese.OPENING),
        (_CAPPED, chinese.CAPPED),
        ("()", chinese.BRACKET),
        (_CONTROLS if cleaner.remove_controls else "", chinese.REMOVED),
        (map(chr, replaced), chinese.REPLACED),
    ):
        kinds[[ord(character) for character in characters]] |= kind
    return chinese.CleaningTables(
        kinds,
        np.logical_not((kinds & ~np.uint16(chinese.HAN)).reshape(-1, 64).any(axis=1)),
        np.array([*replaced], np.int32),
        np.array([ord(character) for character in replaced.values()], np.int32),
        cleaner.join_spelled_out_han,
        cleaner.repair_brackets,
        cleaner.remove_space_at_punctuation,
        cleaner.max_repeated_punctuation or 0,
    )


@dataclass(frozen=True)
class HanOnlyCleaner(DocumentModifier):
    """Keeps Han characters (every extension: 𠻺 㗎 stay) and space, and deletes all else.

    Danger: it deletes code-switched Latin, digits and all punctuation; in transcribed Hong Kong
    speech one utterance in ten holds Latin. It exists because a widely copied recipe does this;
    ``CantoneseCleaner`` is what to use. 「book 咗位，好正！」 becomes 「 咗位好正」.
    """

    idempotent = True

    def modify_document(self, text: str) -> str:
        """Return Han and space alone; the result may be empty."""
        return _NEITHER_HAN_NOR_SPACE.sub("", text)

    def may_change(self, texts: Utf8) -> np.ndarray:
        """Return bool[n], exact."""
        return unicode.contains_other(texts, _han_or_space_points())


_NEITHER_HAN_NOR_SPACE = regex.compile(rf"[^{_HAN}\s]")


@cache
def _han_or_space_points() -> np.ndarray:
    """Return bool[0x110000]: which code points ``HanOnlyCleaner`` keeps."""
    return _property_points(_HAN) | _property_points(r"\s", 0x10000)
