"""What TeX does before it sets type: definitions, arguments, conditions, files in files.

Only what changes the words of a paper is done, and all of it within limits: a macro of two lines
can ask for more characters than there are atoms. Source: The TeXbook, chapter 20; LaTeX2e
(source2e), xparse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from curator.acquire.latex.stream import TexError, TokenStream
from curator.acquire.latex.tokens import OWN, PARAGRAPH, Source, commands, tokenize, written

MAX_INPUTS = 1_000
"""Files that one paper may read in, counting repetitions."""

CONDITIONS = commands(
    """if ifnum ifdim ifodd ifvmode ifhmode ifmmode ifinner ifcat ifx ifvoid ifhbox ifvbox ifeof
    iftrue iffalse ifcase ifdefined ifcsname iffontchar ifpdf ifxetex ifluatex ifpdftex ifptex"""
)

DEFINERS = commands(
    """newcommand renewcommand providecommand DeclareRobustCommand def gdef edef xdef let newif
    newenvironment renewenvironment newtheorem DeclareMathOperator NewDocumentCommand
    RenewDocumentCommand ProvideDocumentCommand DeclareDocumentCommand"""
)

CHOICES = commands(
    "csname @ifnextchar @ifstar @firstoftwo @secondoftwo @gobble @firstofone mathchoice ifthenelse"
)
"""Commands that are replaced by one of their arguments, or by none."""

FLAG = f"{OWN}flag:"
"""Begins a token that sets a condition made by ``\\newif``: ``1`` or ``0``, and its name."""

PREFIXES = commands("long global outer protected expandafter noexpand")


class Parameter(NamedTuple):
    """How one argument of a macro is found."""

    default: list[str] | None = None
    """Set where the argument is optional, in brackets."""
    star: bool = False
    until: str = ""
    """Text or command that ends an argument of ``\\def``."""


@dataclass(frozen=True)
class Macro:
    """A command that stands for tokens."""

    parameters: tuple[Parameter, ...]
    body: tuple[str, ...]
    start: str = ""
    """Text that must follow the command of ``\\def``."""


class Macros(TokenStream):
    """A stream of tokens in which the user's macros are replaced by what they stand for."""

    def __init__(
        self, find_file: Callable[[str], tuple[str, str] | None], known: frozenset[str]
    ) -> None:
        """``find_file`` gives name and text; commands in ``known`` keep their first meaning."""
        super().__init__()
        self.find_file, self.known = find_file, known
        self.macros: dict[str, Macro] = {}
        self.environments: dict[str, tuple[Macro, tuple[str, ...]]] = {}
        self.theorems: dict[str, str] = {}
        self.flags: dict[str, bool] = {}
        self.open_conditions = 0
        self.n_inputs = self.missing_inputs = 0

    def next(self) -> str | None:
        """Return the next token that is no macro, definition or condition; ``None`` at the end."""
        while (token := self.raw()) is not None:
            if token[0] != "\\":
                if not token.startswith(FLAG):
                    return token
                self.flags[f"\\if{token[len(FLAG) + 1 :]}"] = token[len(FLAG)] == "1"
            elif token in self.macros:
                self.expand(self.macros[token])
            elif token in DEFINERS:
                self._define(token[1:])
            elif token in PREFIXES:
                continue
            elif token in CONDITIONS or token in self.flags:
                self._condition(token)
            elif token in ("\\else", "\\or"):
                if self.open_conditions:
                    self._skip_branch(to_else=False)
                    self.open_conditions -= 1
            elif token == "\\fi":
                self.open_conditions = max(self.open_conditions - 1, 0)
            elif token in CHOICES:
                self._choose(token)
            else:
                return token
        return None

    def expand(self, macro: Macro) -> None:
        """Have what a macro stands for read next, its arguments in their places."""
        if macro.start:
            self.take(macro.start)
        values = [self._value(parameter) for parameter in macro.parameters]
        body: list[str] = []
        for token in macro.body:
            if token[0] == "#" and len(token) > 1:
                index = ord(token[-1]) - ord("1")
                if token[1] == "#":
                    body.append(token[1:])
                elif 0 <= index < len(values):
                    body += values[index]
                    self.count(len(values[index]))
            else:
                body.append(token)
        self.count()
        self.push(body)

    def _value(self, parameter: Parameter) -> list[str]:
        if parameter.star:
            return ["*"] if self.star() else []
        if parameter.default is not None:
            given = self.optional()
            return parameter.default if given is None else given
        return self._until(parameter.until) if parameter.until else self.argument()

    def _until(self, end: str) -> list[str]:
        tokens: list[str] = []
        depth = 0
        while (token := self.raw()) is not None:
            if depth == 0 and token[0] not in "{}" and end in token:
                before, _, after = token.partition(end)
                self.push([after] if after else [])
                return [*tokens, before] if before else tokens
            depth += (token == "{") - (token == "}")
            tokens.append(token)
        return tokens

    def _define(self, how: str) -> None:
        if how in ("def", "gdef", "edef", "xdef"):
            self._define_plain(how)
        elif how == "let":
            self._define_equal()
        elif how == "newif":
            name = self._command_name().removeprefix("\\if")
            self.flags[f"\\if{name}"] = False
            for value in (True, False):
                flag = f"\\{name}{str(value).lower()}"
                self.macros[flag] = Macro((), (f"{FLAG}{value:d}{name}",))
        elif how.endswith("environment"):
            self.star()
            name = self.name()
            macro = self._new_macro(self._counted_parameters())
            self.environments[name] = (macro, tuple(self.argument()))
        elif how == "newtheorem":
            self.star()
            name = self.name()
            self.optional()
            self.theorems[name] = written(self.argument()).strip()
            self.optional()
        elif how == "DeclareMathOperator":
            star = "*" if self.star() else ""
            name = self._command_name()
            body = (f"{OWN}\\operatorname", star, "{", *self.argument(), "}")
            self._set(name, Macro((), tuple(token for token in body if token)))
        elif how.endswith("DocumentCommand"):
            name = self._command_name()
            self._set(name, self._new_macro(_described(self.argument())))
        else:
            self.star()
            name = self._command_name()
            macro = self._new_macro(self._counted_parameters())
            if how != "providecommand" or name not in self.macros:
                self._set(name, macro)

    def _set(self, name: str, macro: Macro) -> None:
        if name[:1] == "\\" and name not in self.known:
            self.macros[name] = macro

    def _defined_name(self) -> str:
        name = self.raw() or ""
        if name != "\\csname":
            return name
        tokens: list[str] = []
        while (token := self.raw()) is not None and token != "\\endcsname":
            tokens.append(token)
        return "\\" + written(tokens)

    def _command_name(self) -> str:
        tokens = [token for token in self.argument() if not token.isspace()]
        return tokens[0] if tokens else ""

    def _counted_parameters(self) -> tuple[Parameter, ...]:
        count = written(self.optional() or []).strip()
        n_parameters = int(count) if count in tuple("123456789") else 0
        default = self.optional() if n_parameters else None
        rest = [Parameter()] * n_parameters
        return (Parameter(default), *rest[1:]) if default is not None else tuple(rest)

    def _new_macro(self, parameters: tuple[Parameter, ...], start: str = "") -> Macro:
        return Macro(parameters, tuple(self.argument()), start)

    def _define_plain(self, how: str) -> None:
        name = self._defined_name()
        before: list[str] = []
        while (token := self.raw()) is not None and token != "{":
            if token == PARAGRAPH:  # no definition that is understood here
                self.push([*before, token])
                return
            before.append(token)
        body = self.group()
        if how[0] in "ex":  # its own name means what it was
            was = self.macros.get(name, Macro((), ())).body
            body = [part for token in body for part in (was if token == name else (token,))]
            self.count(len(body))
        places = [i for i, token in enumerate(before) if token[0] == "#"]
        parameters = [
            Parameter(until="".join(before[place + 1 : end]).strip() if end > place + 1 else "")
            for place, end in zip(places, [*places, len(before)][1:], strict=True)
        ]
        start = "".join(before[: places[0]] if places else before).strip()
        self._set(name, Macro(tuple(parameters), tuple(body), start))

    def _define_equal(self) -> None:
        self.skip_spaces()
        name = self.raw() or ""
        self.take("=")
        self.skip_spaces()
        value = self.argument_token()
        if name == value:
            return
        own = OWN + value if value[:1] == "\\" else value
        self._set(name, self.macros.get(value, Macro((), (own,) if value else ())))

    def _choose(self, token: str) -> None:
        if token == "\\csname":
            self._name_of_command()
            return
        if token == "\\@gobble":
            self.argument()
            return
        if token == "\\@firstofone":
            self.push(self.argument())
            return
        if token == "\\mathchoice":  # for displays, lines, and two sizes of indices
            _, chosen, _, _ = self.arguments("mmmm")
            self.push(chosen)
            return
        first = token == "\\@firstoftwo"
        if token == "\\@ifnextchar":
            wanted = self.argument_token()
        elif token == "\\ifthenelse":  # conditions are not worked out
            first = written(self.argument()).strip() in self._true_names()
        yes, no = self.argument(), self.argument()
        if token == "\\@ifnextchar":
            self.skip_spaces()
            found = self.peek()
            first = found.startswith("{" if wanted == "\\bgroup" else wanted)
        elif token == "\\@ifstar":
            first = self.star()
        self.push(yes if first else no)

    def _true_names(self) -> set[str]:
        """Return the ways in which a true condition is written for ``\\ifthenelse``."""
        return {f"\\boolean{{{name[3:]}}}" for name, value in self.flags.items() if value}

    def _name_of_command(self) -> None:
        tokens: list[str] = []
        while (token := self.next()) is not None and token != "\\endcsname":
            tokens.append(token)
        self.push(["\\" + written(tokens)] if tokens else [])

    # conditions

    def _condition(self, token: str) -> None:
        if self._is_true(token) or self._skip_branch(to_else=True):
            self.open_conditions += 1

    def _is_true(self, token: str) -> bool:
        if token in self.flags:
            return self.flags[token]
        if token == "\\iftrue":
            return True
        if token == "\\ifx":
            first, second = self.argument_token(), self.argument_token()
            return first == second or (
                first in self.macros and self.macros[first] == self.macros.get(second)
            )
        if token == "\\ifdefined":
            return self.argument_token() in self.macros
        return False

    def _skip_branch(self, to_else: bool) -> bool:
        """Skip to the ``\\fi`` of a condition, or to its ``\\else``; returns whether to that."""
        depth = 0
        while (token := self.raw()) is not None:
            if token in CONDITIONS or token in self.flags:
                depth += 1
            elif token == "\\fi":
                if depth == 0:
                    return False
                depth -= 1
            elif token == "\\else" and depth == 0 and to_else:
                return True
        raise TexError("unclosed_condition", "a condition has no \\fi")

    # files

    def open_text(self, text: str, name: str) -> None:
        """Read a text next."""
        self.open(Source(text, name))

    def input(self, wanted: str) -> None:
        """Read a file of the paper next; one that is absent, or being read already, is counted."""
        found = self.find_file(wanted)
        reading = {source.name for source in self.stack if isinstance(source, Source)}
        if found is None or found[0] in reading:
            self.missing_inputs += 1
            return
        self.n_inputs += 1
        if self.n_inputs > MAX_INPUTS:
            raise TexError("macro_blow_up", f"files are read in more than {MAX_INPUTS} times")
        self.open_text(found[1], found[0])

    def input_name(self) -> str:
        """Return the name behind ``\\input``, in braces or up to a space."""
        self.skip_spaces()
        if self.peek() == "{":
            return self.name()
        token = self.raw() or ""
        match = re.match(r"\S+", token)
        name = match[0] if match else ""
        # an underscore is a token of its own
        while match and match.end() == len(token) and self.peek() in ("_", "~", "^"):
            name += self.raw() or ""
            token = self.raw() or ""
            match = re.match(r"\S*", token)
            name += match[0] if match else ""
        rest = token[match.end() :] if match else token
        self.push([rest] if rest else [])
        return name


def _described(tokens: Sequence[str]) -> tuple[Parameter, ...]:
    """Return the parameters that xparse describes: ``m``, ``o``, ``O{default}``, ``s``."""
    parameters: list[Parameter] = []
    letters = tokenize(written(tokens))
    depth = 0
    for position, token in enumerate(letters):
        depth += (token == "{") - (token == "}")
        if depth or token in "{}":
            continue
        for letter in token:
            if letter in "mrv":
                parameters.append(Parameter())
            elif letter == "o":
                parameters.append(Parameter(default=[]))
            elif letter == "O":
                following = letters[position + 1 : position + 3]
                default = following[1:] if following[:1] == ["{"] and following[1:] != ["}"] else []
                parameters.append(Parameter(default=default))
            elif letter == "s":
                parameters.append(Parameter(star=True))
    return tuple(parameters)
