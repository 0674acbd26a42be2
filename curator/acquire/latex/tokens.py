"""LaTeX source to tokens, as TeX's eyes see it with the usual categories of characters.

A token is a string: a command (``\\section``, ``\\%``), one of the special characters
``{ } $ & ~ ^ _``, ``$$``, a parameter (``#1``), ``"\\n\\n"`` for the end of a paragraph, or a run
of text. Comments are no tokens. Source: Knuth, The TeXbook, chapters 7 and 8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

PARAGRAPH = "\n\n"

OWN = "\0"
"""First character of tokens that no source has: marks, and commands in their first meaning."""

RAW = "\0raw:"
"""Begins a token of characters without any meaning."""

SPECIAL = frozenset("{}$&~^_")

TOKENS = {
    letters: re.compile(
        rf"""
        (?P<text>(?:[^\\{{}}$&~^_#%\n]+|\n(?![ \t]*\n))+)
        |(?P<command>\\(?:[{letters}]+(?P<space>[ \t]*(?:\n(?![ \t]*\n)[ \t]*)?)|[^{letters}]|\Z))
        |(?P<paragraph>\n\s*)
        |(?P<comment>%[^\n]*(?:\n[ \t]*)?)
        |(?P<parameter>\#+[1-9]?)
        |(?P<special>\$\$|.)
        """,
        re.VERBOSE,
    )
    # letters of TeX's grammar, not of a text; @ is one of them in packages
    for letters in ("A-Za-z", "A-Za-z@")
}


def commands(names: str) -> frozenset[str]:
    """Return the commands of names with spaces between: ``"a b"`` gives ``\\a`` and ``\\b``."""
    return frozenset(f"\\{name}" for name in names.split())


class Source:
    """A file that is read token by token."""

    def __init__(self, text: str, name: str = "", *, package: bool = False) -> None:
        self.text, self.name = text.replace(OWN, ""), name
        self.place = 0
        self.set_package(package)

    def set_package(self, package: bool) -> None:
        """Take ``@`` for a letter of commands, as packages do, or no longer."""
        self.pattern = TOKENS["A-Za-z@" if package else "A-Za-z"]

    def next(self) -> str | None:
        """Return the next token, or ``None`` at the end."""
        while self.place < len(self.text):
            match = self.pattern.match(self.text, self.place)
            if match is None:  # the pattern takes any character
                raise AssertionError(f"no token at {self.place}")
            self.place = match.end()
            kind = match.lastgroup
            if kind == "comment":
                if self.text.startswith("\n", self.place):  # an empty line behind it
                    self._skip_spaces()
                    return PARAGRAPH
            elif kind == "paragraph":
                return PARAGRAPH
            elif kind in ("command", "space"):
                space = match["space"]
                return match["command"][: len(match["command"]) - len(space or "")]
            else:
                return match[0]
        return None

    def _skip_spaces(self) -> None:
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1

    def raw_until(self, end: str) -> str | None:
        """Return the characters before ``end`` and go behind it; ``None`` where it is not."""
        found = self.text.find(end, self.place)
        if found < 0:
            return None
        raw = self.text[self.place : found]
        self.place = found + len(end)
        return raw

    def verb(self) -> str:
        """Return what stands between the marks behind ``\\verb``: ``|x|`` gives ``x``."""
        if self.text.startswith("*", self.place):
            self.place += 1
        mark = self.text[self.place : self.place + 1]
        line_end = self.text.find("\n", self.place)
        line_end = len(self.text) if line_end < 0 else line_end
        end = self.text.find(mark, self.place + 1, line_end) if mark else -1
        if end < 0:
            return ""
        raw = self.text[self.place + 1 : end]
        self.place = end + 1
        return raw


class TokenList:
    """Tokens that are read again: the body of a macro, an argument."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens, self.place = tokens, 0

    def next(self) -> str | None:
        """Return the next token, or ``None`` at the end."""
        if self.place >= len(self.tokens):
            return None
        self.place += 1
        return self.tokens[self.place - 1]


def tokenize(text: str) -> list[str]:
    """Return all tokens of a text."""
    source = Source(text)
    tokens = []
    while (token := source.next()) is not None:
        tokens.append(token)
    return tokens


def written(tokens: Sequence[str]) -> str:
    """Return tokens as they are written in a source, a space behind a command where needed."""
    parts: list[str] = []
    for token in tokens:
        token = token.removeprefix(RAW).removeprefix(OWN)
        last = parts[-1] if parts else ""
        if last[:1] == "\\" and last[-1:].isalpha() and token[:1].isalpha():
            parts.append(" ")
        parts.append(token)
    return "".join(parts)
