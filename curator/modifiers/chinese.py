"""Cleaning of Chinese-script text, Cantonese first, that destroys nothing a writer meant."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import regex

from curator.errors import RecipeError
from curator.kernels import unicode
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

_CONTROL = regex.compile(f"[{regex.escape(_CONTROLS)}]")
# Three or more Han characters, each alone between single spaces: 我 哋 去 (but 香港 九龍 stays).
_SPELLED_OUT = regex.compile(
    rf"(?<!{_HAN}){_HAN}(?:[{_SPACES}]{_HAN}(?!{_HAN})){{2,}}", regex.VERSION1
)
_SPACE = regex.compile(f"[{_SPACES}]")
_SPACE_AT_PUNCTUATION = regex.compile(
    rf"(?<=[{_HAN}{_CLOSING}])[{_SPACES}]+(?=[{_CLOSING}])"
    rf"|(?<=[{_OPENING}])[{_SPACES}]+(?={_HAN})",
)
_RUN = regex.compile(f"([{regex.escape(_CAPPED)}])\\1+")
_BRACKETS = (
    # Empty, or with nothing but delimiters in it.
    (regex.compile(rf" ?（[{_DELIMITERS}\s]*）|(?<={_HAN})[ ]?\([,，、 ]*\)"), ""),
    # A delimiter with nothing before it, or nothing after it.
    (regex.compile(rf"(?<=（)[，、, ][{_DELIMITERS} ]*(?=[^{_DELIMITERS} ])"), ""),
    (regex.compile(rf"(?<=[^{_DELIMITERS} ])[，、, ]+(?=）)"), ""),
)
_KANGXI = {
    point: unicodedata.normalize("NFKC", chr(point))
    for point in (*range(0x2E80, 0x2EF4), *range(0x2F00, 0x2FD6))
    if unicodedata.normalize("NFKC", chr(point)) != chr(point)
}
_WIDE = {point: chr(point - 0xFEE0) for point in range(0xFF01, 0xFF5F) if chr(point).isalnum()}


@cache
def _han_points() -> np.ndarray:
    """Return bool[0x110000]: which code points are of script Han."""
    wanted = np.zeros(0x110000, bool)
    everything = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x40000))))
    wanted[[ord(character) for character in regex.findall(_HAN, everything)]] = True
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
        while True:
            cleaned = self._clean_once(text)
            if cleaned == text:
                return text
            text = cleaned

    def may_change(self, texts: Utf8) -> np.ndarray:
        """Return bool[n]: False proves that no rule applies."""
        tables = _scan_tables(
            self._single_characters(), self.repair_brackets, self.remove_space_at_punctuation
        )
        found = unicode.may_change(texts, tables)
        if self.join_spelled_out_han:
            found |= unicode.contains_spelled_out(texts, _han_points(), _SPACES)
        if self.max_repeated_punctuation is not None:
            found |= unicode.contains_run(texts, _CAPPED, self.max_repeated_punctuation)
        if self.repair_brackets:
            found |= unicode.contains_text(texts, ["()", "(,", "( "])
        return found

    def _single_characters(self) -> str:
        """Return the characters that a rule changes wherever they stand."""
        characters = _CONTROLS if self.remove_controls else ""
        if self.fold_radicals:
            characters += "".join(map(chr, _KANGXI))
        if self.narrow_full_width_alphanumerics:
            characters += "".join(map(chr, _WIDE))
        return characters

    def _clean_once(self, text: str) -> str:
        if self.remove_controls:
            text = _CONTROL.sub("", text)
        if self.fold_radicals:
            text = text.translate(_KANGXI)
        if self.narrow_full_width_alphanumerics:
            text = text.translate(_WIDE)
        if self.join_spelled_out_han:
            text = _SPELLED_OUT.sub(lambda match: _SPACE.sub("", match.group()), text)
        if self.repair_brackets:
            for expression, replacement in _BRACKETS:
                text = expression.sub(replacement, text)
        if self.remove_space_at_punctuation:
            text = _SPACE_AT_PUNCTUATION.sub("", text)
        cap = self.max_repeated_punctuation
        if cap is not None:
            text = _RUN.sub(lambda match: match.group()[:cap], text)
        return text


@cache
def _scan_tables(hot: str, brackets: bool, spaces: bool) -> unicode.ScanTables:
    """Return tables of the pairs of neighbours, one of which is wherever a rule applies."""
    blank = "".join(filter(str.isspace, map(chr, range(0x3001))))
    pairs = []
    if brackets:
        pairs += [("（", f"{_DELIMITERS}{blank}）"), (f"{_DELIMITERS}{blank}", "）"), ("(", "，、")]
    if spaces:
        pairs += [(_SPACES, _CLOSING), (_OPENING, _SPACES)]
    return unicode.pair_tables(hot, pairs)


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
    wanted = _han_points().copy()
    for point in range(0x3001):
        wanted[point] |= _NEITHER_HAN_NOR_SPACE.match(chr(point)) is None
    return wanted
