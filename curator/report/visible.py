"""Corpus text is untrusted: made harmless, and its invisible characters made visible.

Nothing here knows HTML. Escaping is the template engine's work; this module removes what escaping
does not reach: control characters, lone surrogates, direction overrides, terminal escapes.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

_HARMFUL = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but tab and newline; ESC and CSI drive terminals
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks, overrides, isolates
    "\u2028\u2029\u206a-\u206f\ufff9-\ufffb"  # separators, deprecated formats, interlinear
    "\ud800-\udfff"  # lone surrogates: no UTF-8 for them
    "\ufdd0-\ufdef\ufffe\uffff"  # noncharacters
    "\U000e0000-\U000e007f"  # tags: text nobody sees
)
_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u2800\u3164\ufeff\uffa0"
    "\ue000-\uf8ff\U000f0000-\U0010ffff"  # private use: every font shows something else
)
_SPACES = "\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_JOINERS = "\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Joiners and variation selectors shape the letters beside them (क्‍ष, 葛󠄀, emoji), so they stay
where text is merely shown and are spelled out only inside a change."""

_NEUTRAL = re.compile(f"[{_HARMFUL}]")
_SHOWN = re.compile(
    f"(?P<mark>(?P<one>[{_HARMFUL}{_INVISIBLE}])(?P=one)*)|(?P<space>[{_SPACES}]+)|(?P<line>\n)"
)
_SHOWN_IN_A_CHANGE = re.compile(
    f"(?P<mark>(?P<one>[{_HARMFUL}{_INVISIBLE}{_JOINERS}])(?P=one)*)"
    f"|(?P<space>[ {_SPACES}]+)|(?P<line>\n)"
)


class Piece(NamedTuple):
    """A stretch of text of one kind, ready to be escaped and shown."""

    kind: Literal["text", "mark", "space", "line"]
    """text: as it is; mark: `text` is a code such as U+202E that stands for the character;
    space: unusual white space, shown in a frame; line: a line break."""
    text: str
    title: str = ""
    """What the mark or the space stands for, in words."""


def code_point(character: str) -> str:
    """Return ``U+4E00`` notation of one character."""
    return f"U+{ord(character):04X}"


def neutral(text: str) -> str:
    """Return the text with every harmful character spelled out: ``⟨U+202E⟩``.

    Tab and newline stay. The result can be encoded as UTF-8 and cannot turn the direction of its
    surroundings or drive a terminal. Text without such characters is returned unchanged.
    """
    return _NEUTRAL.sub(lambda match: f"⟨{code_point(match.group())}⟩", text)


def one_line(text: str) -> str:
    """Return harmless text on one line, for a terminal: tabs are spaces, line breaks ``↵``."""
    return neutral(text.replace("\r\n", "\n").replace("\n", "↵").replace("\t", " "))


def pieces(text: str, in_a_change: bool = False) -> list[Piece]:
    """Split text into stretches that show every invisible character.

    ``"一\\u200b二"`` gives 一, the mark U+200B, 二; ``"अ\\u202eब"`` gives अ, the mark U+202E, ब.
    ``in_a_change`` also shows plain spaces and joiners, which matter where text was changed.
    Runs of one character become one mark with a count. Empty text gives an empty list.
    """
    found: list[Piece] = []
    end = 0
    for match in (_SHOWN_IN_A_CHANGE if in_a_change else _SHOWN).finditer(text):
        if match.start() > end:
            found.append(Piece("text", text[end : match.start()]))
        found.append(_piece(match))
        end = match.end()
    if end < len(text):
        found.append(Piece("text", text[end:]))
    return found


def _piece(match: re.Match[str]) -> Piece:
    run = match.group()
    if match.lastgroup == "line":
        return Piece("line", "\n", "line break")
    if match.group("space"):
        names = sorted({_named(character) for character in run})
        return Piece("space", run, ", ".join(names))
    label = code_point(run[0]) + (f"×{len(run):,}" if len(run) > 1 else "")
    return Piece("mark", label, _named(run[0]))


def _named(character: str) -> str:
    name = "TAB" if character == "\t" else unicodedata.name(character, "")
    return f"{code_point(character)} {name}".rstrip()


def cut(text: str, characters: int, lines: int) -> tuple[str, int]:
    """Return the beginning of the text and how many characters were left out.

    At most ``characters`` code points and ``lines`` lines stay; a base character is not parted
    from the combining marks after it.
    """
    end = min(len(text), characters)
    position = -1
    for _ in range(lines):
        position = text.find("\n", position + 1, end)
        if position < 0:
            break
    if position >= 0:
        end = position
    else:
        while 0 < end < len(text) and unicodedata.combining(text[end]) and end < characters + 32:
            end += 1
    return text[:end], len(text) - end
