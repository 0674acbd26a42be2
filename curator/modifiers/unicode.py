"""Repairs of encoding accidents that leave CJK text as its writers typed it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, fields
from typing import Literal

import ftfy
import numpy as np
import regex

from curator.kernels import buffers, unicode
from curator.kernels.buffers import Utf8
from curator.kernels.unicode import ftfy_tables
from curator.modifiers.base import DocumentModifier

_ZERO_WIDTH_SPACES = regex.compile("\u200b+")
# Scripts that mark word boundaries with a zero-width space; taking it out would join words.
_WORD_BREAK_SCRIPTS = regex.compile(
    r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Javanese}\p{Balinese}\p{Tibetan}]"
)


@dataclass(frozen=True)
class UnicodeReformatter(DocumentModifier):
    """Repairs mojibake, entities, control characters, line breaks and normal form, with ftfy.

    「cafÃ© 好正」 becomes 「café 好正」 and "ক&#x9BE;জ" becomes "কাজ". Variation selectors, joiners
    in emoji, ideographic description characters and rare characters (𠻺 㗎) stay. Text in which
    a scan finds nothing that ftfy 6.3 looks for is not handed to it (about 98 % of Cantonese
    Wikipedia); with another ftfy every text is. Defaults differ from ftfy's where those damage
    CJK: its width option turns ，（ into ,( and its quote option straightens 「“」. Options of
    ftfy that ``fix_text`` itself ignores are not offered.
    """

    unescape_html: bool | Literal["auto"] = "auto"
    """Decode "&amp;"; "auto": not from the first line on that holds "<"."""
    remove_terminal_escapes: bool = True
    """Remove the escape sequences that colour terminals."""
    fix_encoding: bool = True
    """Decode UTF-8 that was read as Latin-1, Windows-125x or MacRoman. Not Big5 or GBK."""
    fix_c1_controls: bool = True
    """Read U+0080–U+009F as Windows-1252, as browsers do."""
    fix_latin_ligatures: bool = True
    """Take "ﬁ" apart; letters such as æ stay."""
    fix_character_width: bool = False
    """Make full-width forms narrow. Danger: ruins Chinese punctuation."""
    uncurl_quotes: bool = False
    """Straighten quotation marks."""
    fix_line_breaks: bool = True
    """CRLF, CR, NEL, U+2028 and U+2029 to a line feed."""
    fix_surrogates: bool = True
    """Join surrogate pairs; text read from files never has them."""
    remove_control_chars: bool = True
    """Remove controls without effect on text, the byte order mark among them."""
    normalization: Literal["NFC", "NFD", "NFKC", "NFKD"] | None = "NFC"
    """Normal form. Danger: the K forms turn ， into a comma and ① into 1."""
    max_decode_length: int = 1_000_000
    """Characters repaired at once; longer lines are cut."""
    remove_zero_width_spaces: bool = True
    """Remove U+200B, but not between letters of scripts that mark word breaks with it (Thai …)."""

    def modify_document(self, text: str) -> str:
        """Return the repaired text; empty text stays empty."""
        repaired = self._repaired(text)
        if self.remove_zero_width_spaces and "\u200b" in repaired:
            repaired = _ZERO_WIDTH_SPACES.sub(_word_break, repaired)
        return repaired

    def may_change(self, texts: Utf8) -> np.ndarray | None:
        """Return bool[n], exact for ftfy 6.3; None (unknown) for a version not yet studied."""
        found = self._scan(texts)
        if found is not None and self.remove_zero_width_spaces:
            found |= unicode.contains_any(texts, "\u200b")
        return found

    def _scan(self, texts: Utf8) -> np.ndarray | None:
        """Return bool[n]: False proves that ftfy changes nothing; None is unknown."""
        if not ftfy_tables.supported():
            return None
        wanted = set(ftfy_tables.FtfyOptions._fields)
        chosen = {f.name: getattr(self, f.name) for f in fields(self) if f.name in wanted}
        return unicode.may_change(texts, ftfy_tables.tables(ftfy_tables.FtfyOptions(**chosen)))

    def _repaired(self, text: str) -> str:
        """Return what ``ftfy.fix_text`` makes of the text, by handing it the lines in doubt.

        ftfy repairs line by line; what it carries from one to the next is that no entity is
        decoded any more ("auto") from the first line on that holds "<".
        """
        config = self._config()
        lines = [line + "\n" for line in text.split("\n")]
        lines[-1] = lines[-1][:-1]
        try:
            in_doubt = self._scan(buffers.of(lines))
        except UnicodeEncodeError:  # a surrogate, which ftfy may be asked to repair
            in_doubt = None
        if in_doubt is None or max(map(len, lines)) > self.max_decode_length:
            return ftfy.fix_text(text, config)
        tags_from = len(text) if "<" not in text else text.index("<")
        literal = config._replace(unescape_html=False) if config.unescape_html == "auto" else config
        ends = list(itertools.accumulate(map(len, lines)))
        for index in np.flatnonzero(in_doubt).tolist():
            chosen = literal if ends[index] > tags_from else config
            lines[index] = ftfy.fix_text(lines[index], chosen)
        return "".join(lines)

    def _config(self) -> ftfy.TextFixerConfig:
        known = set(ftfy.TextFixerConfig._fields)
        chosen = {f.name: getattr(self, f.name) for f in fields(self) if f.name in known}
        return ftfy.TextFixerConfig(explain=False, **chosen)


def _word_break(match: regex.Match[str]) -> str:
    """Return one zero-width space where it parts words, else nothing."""
    around = (match.string[match.start() - 1 : match.start()], match.string[match.end() :][:1])
    parts_words = all(_WORD_BREAK_SCRIPTS.match(character) for character in around)
    return "\u200b" if parts_words else ""
