"""The words of a LaTeX paper, in lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from curator.acquire.latex import symbols
from curator.acquire.latex.macros import Macros
from curator.acquire.latex.options import LatexOptions, Paper
from curator.acquire.latex.stream import TexError
from curator.acquire.latex.tokens import OWN, PARAGRAPH, RAW, Source, written
from curator.acquire.latex.writer import NEW_LINE, SPACES, Writer

BLOCK = f"{OWN}block"
"""Mark: what was written so far is a block of its own."""

CAPTURE, RELEASE = f"{OWN}capture:", f"{OWN}release"
"""Marks around what is put aside: the title, the abstract of the preamble, a footnote."""

LIGATURES = {
    "---": "—", "--": "–", "``": "“", "''": "”", "`": "‘", "'": "’", "?`": "¿", "!`": "¡",
    ",,": "„",
}  # fmt: skip
LIGATURE = re.compile("---?|``?|''?|[?!]`|,,")

LENGTH = re.compile(
    r"\s*[-+]?[0-9]*[.,]?[0-9]*\s*(?:true)?\s*(?:pt|cm|mm|in|em|ex|pc|bp|dd|cc|sp|mu|fil{1,3})?"
    r"(?:\s*(?:plus|minus)\s*[-+]?[0-9.]*\s*(?:pt|cm|mm|in|em|ex|pc|bp|dd|cc|sp|mu|fil{1,3}))*"
)

CODE_POINT = re.compile(r"""\s*(?:(?:"([0-9A-F]{1,6})|'([0-7]{1,7})|([0-9]{1,7})) ?|`(.))""")

MAX_ACCENT_DEPTH = 8


def latex_text(
    source: str,
    options: LatexOptions,
    find_file: Callable[[str], tuple[str, str] | None] = lambda name: None,
    name: str = "",
    bibliography: str = "",
) -> Paper:
    """Return the words of a paper. ``find_file`` gives name and text of a file it reads in.

    Headings, paragraphs and displayed formulas are blocks, items ``- item`` or ``1. item``;
    \\'e is é, ``quotes'' are “quotes”, -- is –. Comments, commands for the look, and by options
    figures, tables, code and references are left out. Memory and time are bounded, see
    ``stream.MAX_STEPS``. Raises ``TexError`` for a paper that goes beyond, or whose braces,
    conditions or environments have no end.
    """
    return _Renderer(options, find_file, bibliography).paper(source, name)


class _Renderer:
    def __init__(
        self,
        options: LatexOptions,
        find_file: Callable[[str], tuple[str, str] | None],
        bibliography: str,
    ) -> None:
        self.options, self.bibliography = options, bibliography
        self.macros = Macros(find_file, symbols.KNOWN)
        self.out = Writer()
        self.in_tables = 0
        self.handlers = self._handlers()

    def paper(self, source: str, name: str) -> Paper:
        """Read all of it."""
        self.out.in_body = "\\begin{document}" not in source and "\\document" not in source
        self.macros.open_text(source, name)
        while (token := self.macros.next()) is not None:
            if self._token(token):
                break
        text = self.out.text()
        return Paper(self.out.captured.get("title", ""), text, self.macros.missing_inputs)

    def _token(self, token: str) -> bool:
        """Take one token; returns whether the paper ends."""
        first = token[0]
        if first == "\\":
            return self._command(token)
        if token in (PARAGRAPH, BLOCK):
            self.out.block()
        elif first == OWN:
            self._mark(token)
        elif first == "$":
            self._formula(token)
        elif token == "~":
            self.out.write(" ")
        elif token == "&":
            self.out.write(" | " if self.in_tables else " ")
        elif token not in "{}" and first != "#":
            self.out.write(LIGATURE.sub(lambda match: LIGATURES[match[0]], token))
        return False

    def _mark(self, token: str) -> None:
        if token.startswith(RAW):
            self.out.write(token[len(RAW) :].replace("\n", NEW_LINE))
        elif token.startswith(CAPTURE):
            self.out.put_aside(token[len(CAPTURE) :])
        elif token == RELEASE:
            self.out.release()
        else:
            self._command(token[1:])

    # commands

    def _handlers(self) -> dict[str, Callable[[], object]]:
        return {
            "\\begin": self._begin,
            "\\end": self._end,
            "\\document": self.out.start_body,
            "\\item": self._item,
            "\\title": lambda: self._capture("title", "o"),
            "\\abstract": self._abstract,
            "\\caption": lambda: self._own_block("so"),
            "\\captionof": lambda: self._own_block("sm"),
            "\\footnote": self._footnote,
            "\\footnotetext": self._footnote,
            "\\input": lambda: self.macros.input(self.macros.input_name()),
            "\\include": lambda: self.macros.input(self.macros.input_name()),
            "\\subfile": lambda: self.macros.input(self.macros.input_name()),
            "\\import": self._import,
            "\\subimport": self._import,
            "\\bibliography": self._bibliography,
            "\\verb": self._verb,
            "\\lstinline": self._verb,
            "\\char": self._char,
            "\\symbol": self._char,
            "\\[": lambda: self._display("\\]"),
            "\\(": lambda: self._inline("\\)"),
            "\\makeatletter": lambda: self._at_letter(True),
            "\\makeatother": lambda: self._at_letter(False),
            "\\ensuremath": self._ensured,
            "\\\\": self._new_line,
        }

    def _command(self, token: str) -> bool:
        handler = self.handlers.get(token)
        if handler is not None:
            handler()
        elif token in symbols.SYMBOLS:
            self.out.write(symbols.SYMBOLS[token])
        elif token in symbols.ACCENTS:
            self._accent(symbols.ACCENTS[token])
        elif token in symbols.HEADINGS:
            self._own_block("so")
        elif token in symbols.CITATIONS:
            self._reference("soom")
        elif token in symbols.REFERENCES:
            self._reference("sm")
        elif token in symbols.PARAGRAPHS:
            self.out.block()
        elif token in ("\\bye", "\\enddocument"):
            return True
        elif token == "\\endinput":
            self._end_input()
        else:
            self._drop(symbols.DROPPED.get(token[1:]))
        return self._ended

    _ended = False

    def _drop(self, kinds: str | None) -> None:
        """Leave out a command and those of its arguments that are no text."""
        if kinds is None:  # an unknown one: what is in braces may be text
            if self.macros.peek()[:1] == "[":
                self.macros.optional()
            return
        if kinds in ("d", "e"):
            if kinds == "e" and not self.macros.take("=") and not self._number_follows():
                return
            token = self.macros.raw()
            if token is not None and token[0] not in "\\{}$&" and token != PARAGRAPH:
                match = LENGTH.match(token)
                rest = token[match.end() :] if match else token
                self.macros.push([rest] if rest else [])
            elif token is not None and token[0] != "\\":
                self.macros.push([token])
            return
        self.macros.arguments(kinds)

    def _number_follows(self) -> bool:
        following = self.macros.peek().lstrip()[:2]
        return following[:1].isdecimal() or (following[:1] in "-+." and following[1:].isdecimal())

    def _own_block(self, kinds: str) -> None:
        self.macros.arguments(kinds)
        self.macros.push([BLOCK, *self.macros.argument(), BLOCK])

    def _capture(self, name: str, kinds: str = "") -> None:
        self.macros.arguments(kinds)
        self.macros.push([CAPTURE + name, *self.macros.argument(), RELEASE])

    def _abstract(self) -> None:
        if self.macros.peek() == "{":
            self._capture("abstract")

    def _footnote(self) -> None:
        if self.options.footnotes:
            self._capture("footnote", "o")
        else:
            self.macros.arguments("om")

    def _reference(self, kinds: str) -> None:
        self.macros.arguments(kinds)
        if self.options.references:
            self.out.write(self.options.references)
        elif self.out.parts and self.out.parts[-1].isspace():
            self.out.parts[-1] = ""

    def _accent(self, mark: str) -> None:
        base = self._accented(self.macros.argument(), 0)
        if isinstance(base, str):
            self.out.write(symbols.composed(base, mark))
        else:
            self.macros.push(base)

    def _accented(self, tokens: Sequence[str], depth: int) -> str | Sequence[str]:
        """Return what an accent stands on as text; the tokens where it is none."""
        text = ""
        rest = list(tokens)
        while rest:
            token = rest.pop(0)
            if token in symbols.ACCENTS and depth < MAX_ACCENT_DEPTH and rest:
                inner = rest if rest[0] != "{" else rest[1:-1] if rest[-1] == "}" else rest[1:]
                base = self._accented(inner, depth + 1)
                if not isinstance(base, str):
                    return tokens
                return text + symbols.composed(base, symbols.ACCENTS[token])
            if token in symbols.LETTERS:
                text += symbols.LETTERS[token]
            elif token[0] in "\\$" or token[0] == OWN or len(text) > 64:
                return tokens
            elif token not in "{}":
                text += token
        return text

    def _new_line(self) -> None:
        self.macros.star()
        if self.macros.peek()[:1] == "[":
            self.macros.optional()
        self.out.write(NEW_LINE)

    def _item(self) -> None:
        self.out.block()
        label = self.macros.optional()
        number = self.out.lists[-1] if self.out.lists else None
        if label is not None:
            self.out.marker = ""
            self.macros.push([*label, " "])
        elif number is None:
            self.out.marker = "- "
        else:
            self.out.marker = f"{number}. "
        if self.out.lists and number is not None and label is None:
            self.out.lists[-1] = number + 1

    def _char(self) -> None:
        token = self.macros.raw() or ""
        if token == "{":
            token = written(self.macros.group())
        if token.strip() == "`":  # \\char`\\~ is ~
            self.out.write((self.macros.raw() or "")[-1:])
            return
        match = CODE_POINT.match(token)
        if match is None:
            self.macros.push([token] if token else [])
            return
        pairs = zip(match.groups(), (16, 8, 10, 0), strict=True)
        digits, base = next((digits, base) for digits, base in pairs if digits)
        code = int(digits, base) if base else ord(digits)
        if 32 <= code < 0x110000 and not 0xD800 <= code < 0xE000:
            self.out.write(chr(code))
        rest = token[match.end() :]
        self.macros.push([rest] if rest else [])

    def _verb(self) -> None:
        top = self.macros.stack[-1] if self.macros.stack else None
        if isinstance(top, Source):
            self.out.write(top.verb())

    def _at_letter(self, letter: bool) -> None:
        for source in self.macros.stack:
            if isinstance(source, Source):
                source.set_package(letter)

    def _import(self) -> None:
        folder = self.macros.name()
        self.macros.input(f"{folder}/{self.macros.name()}")

    def _end_input(self) -> None:
        for source in reversed(self.macros.stack):
            if isinstance(source, Source):
                source.place = len(source.text)
                return

    def _bibliography(self) -> None:
        self.macros.arguments("m")
        self.out.block()
        if self.options.bibliography and self.bibliography:
            self.macros.open_text(self.bibliography, "(bibliography)")

    # formulas

    def _formula(self, token: str) -> None:
        if token == "$$":
            self._display("$$")
        else:
            self._inline("$")

    def _ensured(self) -> None:
        tokens = self.macros.argument()
        self.macros.push(["$", *tokens, "$"])

    def _inline(self, end: str) -> None:
        tokens = self._formula_tokens(end)
        if tokens is None:
            return
        formula = SPACES.sub(" ", written(tokens)).strip()
        if self.options.math is None:
            self.out.write(f"${formula}$")
        elif formula:
            self.out.write(self.options.math)

    def _formula_tokens(self, end: str) -> list[str] | None:
        """Return the tokens of an inline formula; ``None``, all put back, where it has no end."""
        tokens: list[str] = []
        depth = 0
        while (token := self.macros.next()) is not None:
            if token == end and depth <= 0:
                return tokens
            if token == PARAGRAPH:
                break
            if token == "$$" and end == "$" and depth <= 0:  # $a$$b$
                self.macros.push(["$"])
                return tokens
            depth += (token == "{") - (token == "}")
            tokens.append(token)
        # a lone dollar: what follows is text
        self.macros.push([*tokens, *([token] if token else [])])
        self.out.write("$" if end == "$" else "")
        return None

    def _display(self, end: str, environment: str = "") -> None:
        tokens: list[str] = []
        while (token := self.macros.next()) is not None:
            if token == end and not environment:
                break
            if token == "\\end" and environment:
                name = self.macros.name()
                if name == environment:
                    break
                tokens += ["\\end", "{", name, "}"]
            elif token == "\\label":
                self.macros.argument()
            elif token not in ("\\nonumber", "\\notag", PARAGRAPH):
                tokens.append(token)
        if token is None:
            raise TexError("unclosed_formula", f"a formula has no {end or environment}")
        formula = SPACES.sub(" ", written(tokens)).strip()
        shown = f"$${formula}$$" if self.options.math is None else self.options.math
        self.out.write(NEW_LINE)
        self.out.write(shown if formula else "")
        self.out.write(NEW_LINE)

    # environments

    def _begin(self) -> None:
        name = self.macros.name()
        if name == "document":
            self.out.start_body()
        elif name in self.macros.environments:
            self.macros.expand(self.macros.environments[name][0])
        elif name in symbols.MATHS:
            self._display("", name)
        elif name in symbols.CODE:
            self._code(name)
        elif self._is_left_out(name):
            self._skip(name)
        else:
            self._open(name)

    def _is_left_out(self, name: str) -> bool:
        options = self.options
        return (
            name in symbols.DRAWINGS
            or name in ("comment", "CCSXML", "filecontents", "filecontents*")
            or (name in symbols.FIGURES and not options.figures)
            or (name in symbols.TABLES and not options.tables)
            or (name == "thebibliography" and not options.bibliography)
        )

    def _open(self, name: str) -> None:
        self.out.block() if name not in ("CJK", "CJK*", "otherlanguage") else None
        is_float = name in symbols.FIGURES or name in symbols.TABLES
        kinds = symbols.ENVIRONMENT_ARGUMENTS.get(name, "o" if is_float else "")
        self.macros.arguments(kinds)
        if name in ("itemize", "description", "list"):
            self.out.lists.append(None)
        elif name == "enumerate":
            self.out.lists.append(1)
        elif name in symbols.TABLES:
            self.in_tables += 1
        elif name in self.macros.theorems:
            label = self.macros.optional()
            note = [" (", *label, ")"] if label else []
            self.macros.push([self.macros.theorems[name], *note, ". "])
        elif name == "proof":
            self.macros.optional()
        elif name == "abstract" and not self.out.in_body:
            self.macros.push([CAPTURE + "abstract"])

    def _end(self) -> None:
        name = self.macros.name()
        if name == "document":
            # of a part that is a paper of its own, the part ends
            n_files = sum(isinstance(source, Source) for source in self.macros.stack)
            self._ended = n_files <= 1
            self._end_input()
        elif name in self.macros.environments:
            self.macros.push(self.macros.environments[name][1])
        elif name in ("itemize", "description", "list", "enumerate"):
            self.out.block()
            if self.out.lists:
                self.out.lists.pop()
            self.out.marker = ""
        elif name == "abstract" and self.out.aside:
            self.out.release()
        elif name not in ("CJK", "CJK*", "otherlanguage"):
            self.in_tables -= name in symbols.TABLES and self.in_tables > 0
            self.out.block()

    def _code(self, name: str) -> None:
        top = self.macros.stack[-1] if self.macros.stack else None
        raw = top.raw_until(f"\\end{{{name}}}") if isinstance(top, Source) else None
        if raw is None:
            raise TexError("unclosed_environment", f"the environment {name} has no end")
        if self.options.code:
            self.out.block()
            lines = raw.split("\n")
            first = lines[0].lstrip()
            kept = lines[1:] if not first or first[0] in "[{" else lines  # options stand there
            self.out.write(NEW_LINE.join(kept).replace(" ", "\u00a0"))
            self.out.block()

    def _skip(self, name: str) -> None:
        """Leave out an environment with all that is in it."""
        depth = 1
        while (token := self.macros.raw()) is not None:
            if token in ("\\begin", "\\end") and self.macros.peek() == "{":
                if self.macros.name() == name:
                    depth += 1 if token == "\\begin" else -1
                    if depth == 0:
                        return
            elif token == "\\verb" and self.macros.stack:
                top = self.macros.stack[-1]
                if isinstance(top, Source):
                    top.verb()
        raise TexError("unclosed_environment", f"the environment {name} has no end")
