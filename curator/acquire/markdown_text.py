"""Markdown to text: a CommonMark parser reads, this file writes the words alone."""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.reference import reference
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from curator.acquire.unspaced import joined

MAX_NESTING = 100
"""Quotations and lists inside each other. The parser leaves deeper text out without a word, so a
file that comes so far is refused."""

LETTERS_AND_MARKS = ("Lo", "Lm", "Mn", "Mc")

LONGEST_NOTE_NAME = 64

TAG_BEGINS = re.compile("<[/!?A-Za-z]")
HIDDEN = re.compile("script|style", re.IGNORECASE)
HIDDEN_ENDS = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style")}
"""Elements whose content is no text."""


class TooDeep(Exception):
    """Raised for lists and quotations in more levels than the parser reads."""


def markdown_text(source: str, *, code: bool = False, images: bool = False) -> str:
    """Return the words of a Markdown document; "" when there are none.

    ``code`` keeps the lines of code blocks, ``images`` the words that stand for images. Raises
    ``TooDeep``. Time grows with the length alone, whatever the marks: about 0.2 MB/s.
    """
    tokens = _parser().parse(source)
    if any(token.level >= MAX_NESTING - 1 for token in tokens):
        what = f"lists and quotations are nested {MAX_NESTING} deep; mend the file"
        raise TooDeep(what)
    return _Writer(code, images).text(tokens)


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(["table"])
    parser.enable("strikethrough")
    parser.inline.ruler.at("emphasis", _emphasis)
    parser.inline.ruler.before("link", "note", _note)
    parser.block.ruler.at("reference", _reference)
    return parser


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Read a run of ``*`` or ``_``, as CommonMark does, and beside unspaced letters too.

    CommonMark takes the mark before 「 for a closing one where a letter stands before it, as if
    there were spaces between words: 佢**「好」**啊 would keep its stars.
    """
    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    run = state.scanDelims(state.pos, marker == "*")
    opens, closes = run.can_open, run.can_close
    before = state.src[state.pos - 1] if state.pos else " "
    end = state.pos + run.length
    after = state.src[end] if end < state.posMax else " "
    if marker == "*":
        opens = opens or (_is_unspaced(before) and not after.isspace())
        closes = closes or (_is_unspaced(after) and not before.isspace())
    for _ in range(run.length):
        token = state.push("text", "", 0)
        token.content = marker
        state.delimiters.append(
            Delimiter(ord(marker), run.length, len(state.tokens) - 1, -1, opens, closes)
        )
    state.pos = end
    return True


def _is_unspaced(character: str) -> bool:
    return character > "\u0900" and unicodedata.category(character) in LETTERS_AND_MARKS


def _reference(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Read ``[name]: address``, but not ``[^1]: word``, which is a note."""
    begin = state.bMarks[start_line] + state.tShift[start_line]
    return not state.src.startswith("[^", begin) and reference(state, start_line, end_line, silent)


def _note(state: StateInline, silent: bool) -> bool:
    """Leave out ``[^1]`` and, where a note begins, ``[^1]:``."""
    if not state.src.startswith("[^", state.pos):
        return False
    end = state.src.find("]", state.pos, state.pos + LONGEST_NOTE_NAME)
    name = state.src[state.pos + 2 : end]
    if end < 0 or not name or any(character.isspace() for character in name):
        return False
    end += 2 if state.pos == 0 and state.src.startswith(":", end + 1) else 1
    state.pos = end
    return True


class _Writer:
    """Writes lines; a list's items stand close, all else has a blank line between."""

    def __init__(self, code: bool, images: bool) -> None:
        self.code, self.images = code, images
        self.blocks: list[tuple[str, bool]] = []  # text, and whether it is an item of a list
        self.lists: list[int | None] = []  # the next number of each list that is open
        self.marker = ""
        self.cells: list[str] = []
        self.in_cell = False

    def text(self, tokens: Sequence[Token]) -> str:
        """Return the text of all blocks."""
        for token in tokens:
            self._block(token)
        parts: list[str] = []
        item_before = False
        for text, item in self.blocks:
            parts += ["\n" if item and item_before else "\n\n", text]
            item_before = item
        return "".join(parts[1:])

    def _block(self, token: Token) -> None:
        kind = token.type
        if kind == "inline":
            self._inline_block(token)
        elif kind in ("fence", "code_block") and self.code:
            self._add(token.content.rstrip("\n"))
        elif kind == "html_block":
            self._add(without_tags(token.content).strip())
        elif kind in ("bullet_list_open", "ordered_list_open"):
            start = int(token.attrGet("start") or 1) if kind[0] == "o" else None
            self.lists.append(start)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
            self.marker = ""
        elif kind == "list_item_open":
            number = self.lists[-1]
            self.marker = "- " if number is None else f"{number}. "
            self.lists[-1] = None if number is None else number + 1
        elif kind in ("th_open", "td_open", "th_close", "td_close"):
            self.in_cell = kind.endswith("open")
        elif kind == "tr_close":
            self._add(" | ".join(self.cells), close=True)
            self.cells = []

    def _inline_block(self, token: Token) -> None:
        text = self._inline(token.children or []).strip()
        if self.in_cell:
            self.cells.append(text.replace("\n", " "))
        else:
            self._add(text)

    def _add(self, text: str, close: bool = False) -> None:
        if text:
            self.blocks.append((self.marker + text, bool(self.lists) or close))
            self.marker = ""

    def _inline(self, tokens: Sequence[Token]) -> str:
        parts: list[str] = []
        for index, token in enumerate(tokens):
            if token.type in ("text", "code_inline"):
                parts.append(token.content)
            elif token.type == "softbreak":
                before = next((part[-1] for part in reversed(parts) if part), "")
                parts.append("" if joined(before, _first(tokens[index + 1 :])) else " ")
            elif token.type == "hardbreak":
                parts.append("\n")
            elif token.type == "image" and self.images:
                parts.append(self._inline(token.children or []))
            elif token.type == "html_inline" and token.content[:3].lower() == "<br":
                parts.append("\n")
        return "".join(parts)


def _first(tokens: Sequence[Token]) -> str:
    return next((token.content[0] for token in tokens if token.content), "")


def without_tags(source: str) -> str:
    """Return the text of a piece of HTML: no tags, comments, scripts; entities as characters."""
    parts: list[str] = []
    place = 0
    while (start := source.find("<", place)) >= 0:
        parts.append(source[place:start])
        if source.startswith("<!--", start):
            end = source.find("-->", start + 4)
            place = len(source) if end < 0 else end + 3
        elif not TAG_BEGINS.match(source, start):
            parts.append("<")
            place = start + 1
        else:
            end = source.find(">", start)
            place = end + 1
            if end < 0:  # nor has any tag behind it an end
                place = start
                break
            hidden = HIDDEN.match(source, start + 1)
            if hidden:
                close = HIDDEN_ENDS[hidden[0].lower()].search(source, end)
                place = close.start() if close else len(source)
    parts.append(source[place:])
    return html.unescape("".join(parts))
