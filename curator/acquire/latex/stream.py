"""A stream of TeX's tokens, and the arguments that commands take from it, within limits."""

from __future__ import annotations

from collections.abc import Sequence

from curator.acquire.latex.tokens import OWN, PARAGRAPH, Source, TokenList, written

MAX_STEPS = 4_000_000
"""Tokens that are read or made for one paper; a paper of 100 KB needs about 60,000."""

MAX_OPEN = 2_000
"""Files, macros and arguments that are read inside of each other."""


class TexError(Exception):
    """Raised for a paper that cannot be read to its end."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(what)
        self.reason, self.what = reason, what


class TokenStream:
    """Files, macros and arguments that are read inside of each other."""

    def __init__(self) -> None:
        self.stack: list[Source | TokenList] = []
        self.steps = 0

    def count(self, steps: int = 1) -> None:
        """Note work; ``TexError`` where it becomes too much."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            what = f"macros make more than {MAX_STEPS} tokens"
            raise TexError("macro_blow_up", what)

    def push(self, tokens: Sequence[str]) -> None:
        """Have tokens read next."""
        if tokens:
            self.count(len(tokens))
            self.open(TokenList(tokens))

    def open(self, source: Source | TokenList) -> None:
        """Read a file or a list next; ``TexError`` where too many are open."""
        while self.stack and isinstance(self.stack[-1], TokenList):
            if self.stack[-1].place < len(self.stack[-1].tokens):
                break
            self.stack.pop()
        if len(self.stack) >= MAX_OPEN:
            raise TexError("macro_blow_up", f"macros are open in {MAX_OPEN} levels")
        self.stack.append(source)

    def raw(self) -> str | None:
        """Return the next token as it is, or ``None`` at the end."""
        while self.stack:
            token = self.stack[-1].next()
            if token is not None:
                self.count()
                return token
            self.stack.pop()
        return None

    def skip_spaces(self) -> None:
        """Go to the next token that is not space; an empty line is space too."""
        while (token := self.raw()) is not None:
            rest = token.lstrip()
            if rest:
                self.push([rest] if rest is not token else [token])
                return

    def peek(self) -> str:
        """Return the next token without taking it; "" at the end."""
        token = self.raw()
        if token is None:
            return ""
        self.push([token])
        return token

    def star(self) -> bool:
        """Take a star if it is next."""
        return self.take("*")

    def take(self, text: str) -> bool:
        """Take ``text`` if the next run of text begins with it, spaces left out."""
        token = self.raw()
        if token is None:
            return False
        rest = token.lstrip() if token != PARAGRAPH else token
        if rest.startswith(text):
            self.push([rest[len(text) :]] if len(rest) > len(text) else [])
            return True
        self.push([token])
        return False

    def argument(self) -> list[str]:
        """Return a mandatory argument: a group without its braces, a command or a character."""
        while (token := self.raw()) is not None:
            if token == "{":
                return self.group()
            rest = token.lstrip()
            if not rest:
                continue
            if rest == "}":  # the argument is absent
                self.push([rest])
                break
            if rest[0] in "\\#" or rest[0] == OWN or len(rest) == 1:
                return [rest]
            self.push([rest[1:]])
            return [rest[0]]
        return []

    def group(self) -> list[str]:
        """Return the tokens to the brace that closes the one already read."""
        tokens: list[str] = []
        depth = 1
        while (token := self.raw()) is not None:
            if token == "{":
                depth += 1
            elif token == "}":
                depth -= 1
                if depth == 0:
                    return tokens
            tokens.append(token)
        raise TexError("unclosed_group", "a brace is not closed")

    def optional(self) -> list[str] | None:
        """Return an argument in brackets, ``None`` where none follows."""
        if not self.take("["):
            return None
        tokens: list[str] = []
        depth = 0
        while (token := self.raw()) is not None:
            if token == "{":
                depth += 1
            elif token == "}":
                depth -= 1
                if depth < 0:  # a bracket that was text
                    self.push(["[", *tokens, "}"])
                    return None
            elif token == PARAGRAPH:
                self.push(["[", *tokens, token])
                return None
            elif depth == 0 and token[0] not in "\\{" and "]" in token:
                before, _, after = token.partition("]")
                self.push([after] if after else [])
                return [*tokens, before] if before else tokens
            tokens.append(token)
        self.push(["[", *tokens])
        return None

    def arguments(self, kinds: str) -> list[list[str]]:
        """Return arguments: ``s`` a star, ``o`` optional, ``m`` mandatory; absent are empty."""
        found: list[list[str]] = []
        for kind in kinds:
            if kind == "s":
                self.star()
            elif kind == "o":
                found.append(self.optional() or [])
            else:
                found.append(self.argument())
        return found

    def name(self) -> str:
        """Return an argument as plain text: the name of an environment or a file."""
        return written(self.argument()).strip()

    def argument_token(self) -> str:
        """Return the next token, a character of a run of text alone."""
        token = self.raw() or ""
        if len(token) > 1 and token[0] not in "\\#\n$" and token[0] != OWN:
            self.push([token[1:]])
            return token[0]
        return token
