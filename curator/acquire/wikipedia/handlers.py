"""What templates show, as data: handlers read from the YAML packs of the wikis."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from curator.acquire.wikipedia.marks import FENCE, is_blank, restore
from curator.errors import RecipeError, nearest

EVERY_WIKI = "every_wiki"
KINDS = (
    "text", "joined", "romanisation", "language", "format", "link", "rare_character", "character",
    "drop", "rules", "stub", "disambiguation", "bot",
)  # fmt: skip
FIELDS = ("names", "starts", "ends", "argument", "label", "format", "between", "same_as", "first")
FLAGS = ("stub", "disambiguation", "bot")
PLACE = re.compile(r"\{([^{}]+)\}")
OPTIONAL = re.compile(r"<([^<>]*)>")
STRIP = " \t\n" + FENCE


@dataclass(frozen=True)
class Handler:
    """What becomes of the templates of one entry of a pack."""

    kind: str
    """One of ``KINDS``."""
    argument: tuple[str, ...] = ("1",)
    """Arguments that may hold the text, by number or name; the first that is not empty counts."""
    label: str = ""
    """Written before a romanisation, unless the page already says it."""
    format: str = ""
    """``{1}`` is an argument, ``{a|1}`` the first of two that is there, ``<…>`` is left out
    where an argument in it is missing."""
    between: str | None = None
    """Between the arguments of ``joined``; by default the pack's ``between``."""
    first: int = 1
    """Argument with which ``joined`` begins."""


@dataclass(frozen=True)
class Pack:
    """What is known of one wiki beyond its dump."""

    variants: tuple[str, ...] = ()
    """Variants of language conversion, the wanted one first."""
    namespaces: Mapping[str, int] = field(default_factory=dict)
    """Casefolded names and aliases → number."""
    languages: Mapping[str, str] = field(default_factory=dict)
    """Language code → name as the wiki writes it before a foreign word."""
    redirects: tuple[str, ...] = ()
    colon: str = ": "
    between: str = ", "
    apply_rules: bool = False
    """Whether conversion rules of the page (``{{noteTA}}``, ``-{A|…}-``) change all its text."""
    bots: str = ""
    """Regular expression of bot accounts' names beside those that end in ``bot``."""
    exact: Mapping[str, Handler] = field(default_factory=dict)
    starts: tuple[tuple[str, Handler], ...] = ()
    ends: tuple[tuple[str, Handler], ...] = ()

    def handler(self, name: str) -> Handler | None:
        """Return the handler of a template by its casefolded name, ``None`` for an unknown one."""
        found = self.exact.get(name)
        if found is not None:
            return found
        for start, handler in self.starts:
            if name.startswith(start):
                return handler
        for end, handler in self.ends:
            if name.endswith(end):
                return handler
        return None


def known_packs() -> tuple[str, ...]:
    """Return the wikis that a pack comes with, such as ``zh_yue``."""
    folder = resources.files(__package__) / "packs"
    names = (entry.name.removesuffix(".yaml") for entry in folder.iterdir())
    return tuple(sorted(name for name in names if name != EVERY_WIKI))


@functools.lru_cache(maxsize=64)
def load_pack(wiki: str, own: str | None = None) -> Pack:
    """Return the pack of a wiki (``zh_yuewiki`` or ``zh_yue``); unknown wikis share one.

    ``own`` is a YAML file of more handlers, which win over those that come along. Raises
    ``RecipeError`` for a file that is missing or wrong.
    """
    folder = resources.files(__package__) / "packs"
    layers = [_read(f"{EVERY_WIKI}.yaml", (folder / f"{EVERY_WIKI}.yaml").read_text("utf-8"))]
    name = re.sub(r"wiki$", "", wiki.replace("-", "_"))
    if name in known_packs():
        layers.append(_read(f"{name}.yaml", (folder / f"{name}.yaml").read_text("utf-8")))
    if own is not None:
        try:
            layers.append(_read(own, Path(own).read_text("utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(f"{own}: cannot be read ({error}); name a YAML file") from error
    return _merged(layers)


def _read(place: str, text: str) -> dict[str, Any]:
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"{place}: is no YAML: {' '.join(str(error).split())}") from error
    known = (
        "variants", "namespaces", "languages", "redirects", "colon", "between", "apply_rules",
        "bots", "templates",
    )  # fmt: skip
    if not isinstance(data, dict):
        raise RecipeError(f"{place}: expected a mapping with templates: {{kind: [entries]}}")
    for key in data:
        if key not in known:
            raise RecipeError(f"{place}: no key {key!r}{nearest(str(key), known)}")
    data["place"] = place
    return data


def _merged(layers: Sequence[dict[str, Any]]) -> Pack:
    """Return one pack; later layers win, but all names of namespaces count."""
    values: dict[str, Any] = {}
    languages: dict[str, str] = {}
    namespaces: dict[str, int] = {}
    exact: dict[str, Handler] = {}
    starts: list[tuple[str, Handler]] = []
    ends: list[tuple[str, Handler]] = []
    redirects: list[str] = []
    for data in layers:
        for key in ("colon", "between", "apply_rules", "bots"):
            if key in data:
                values[key] = data[key]
        if "variants" in data:
            values["variants"] = tuple(data["variants"])
        languages |= {str(code): name for code, name in (data.get("languages") or {}).items()}
        redirects += [word.casefold() for word in data.get("redirects") or ()]
        for number, names in (data.get("namespaces") or {}).items():
            namespaces |= {str(name).casefold(): int(number) for name in names}
        own_starts: list[tuple[str, Handler]] = []
        own_ends: list[tuple[str, Handler]] = []
        own: dict[str, Handler] = {}
        _add_templates(data, own, own_starts, own_ends, exact)
        exact |= own
        # a wiki's own beginnings and ends of names are asked before those of every wiki
        starts, ends = own_starts + starts, own_ends + ends
    return Pack(
        **values, namespaces=namespaces, languages=languages, redirects=tuple(redirects),
        exact=exact, starts=tuple(starts), ends=tuple(ends),
    )  # fmt: skip


def _add_templates(
    data: dict[str, Any],
    exact: dict[str, Handler],
    starts: list[tuple[str, Handler]],
    ends: list[tuple[str, Handler]],
    earlier: Mapping[str, Handler],
) -> None:
    place, same = data["place"], dict[str, str]()
    for kind, entries in (data.get("templates") or {}).items():
        if kind not in (*KINDS, "same_as"):
            raise RecipeError(f"{place}: no kind of template {kind!r}{nearest(kind, KINDS)}")
        if kind == "same_as":
            same |= {template_name(name): template_name(other) for name, other in entries.items()}
            continue
        for entry in entries if isinstance(entries, list) else [entries]:
            handler = _handler(place, kind, entry)
            exact |= {template_name(str(name)): handler for name in entry.get("names") or ()}
            starts += [(str(name).casefold(), handler) for name in entry.get("starts") or ()]
            ends += [(str(name).casefold(), handler) for name in entry.get("ends") or ()]
    for name in same:
        seen, other = {name}, same[name]
        while other in same:
            if other in seen:
                raise RecipeError(f"{place}: same_as goes round in a circle at {other!r}")
            seen.add(other)
            other = same[other]
        found = exact.get(other) or earlier.get(other)
        if found is None:
            raise RecipeError(f"{place}: same_as names {other!r}, which has no handler")
        exact[name] = found


def _handler(place: str, kind: str, entry: Any) -> Handler:
    if not isinstance(entry, dict):
        raise RecipeError(f"{place}: an entry of {kind} is a mapping with names: […]")
    for key in entry:
        if key not in FIELDS:
            raise RecipeError(f"{place}: {kind} has no field {key!r}{nearest(key, FIELDS)}")
    argument = entry.get("argument", 1)
    arguments = argument if isinstance(argument, list) else [argument]
    return Handler(
        kind,
        tuple(str(item) for item in arguments),
        entry.get("label", ""),
        str(entry.get("format", "")),
        entry.get("between"),
        int(entry.get("first", 1)),
    )


def template_name(name: str) -> str:
    """Return a template's name as packs know it: one space for several, no case.

    >>> template_name(" Jping_Auto ")
    'jping auto'
    """
    return " ".join(name.replace("_", " ").replace(FENCE, " ").split()).casefold()


def arguments_of(parts: Sequence[str]) -> dict[str, str]:
    """Return the arguments of a template by name, those without one by number from 1."""
    found: dict[str, str] = {}
    number = 0
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals:
            number += 1
            name, value = str(number), part
        found[name.strip()] = value.strip()
    return found


@dataclass(frozen=True)
class Call:
    """One use of a template on a page."""

    handler: Handler
    name: str
    """Casefolded."""
    arguments: Mapping[str, str]
    before: str
    """The end of what stands before it."""
    pack: Pack

    def first_of(self, names: Sequence[str]) -> str:
        """Return the first argument of these that shows something, else an empty text."""
        for name in names:
            value = self.arguments.get(name, "")
            if value.strip(STRIP):
                return value
        return ""


def show(call: Call) -> str:
    """Return what a template shows; a fence where it shows nothing."""
    return SHOW[call.handler.kind](call) or FENCE


def _text(call: Call) -> str:
    return call.first_of(call.handler.argument)


def _joined(call: Call) -> str:
    between = call.handler.between
    values = (
        value
        for name, value in call.arguments.items()
        if name.isdecimal() and int(name) >= call.handler.first and value.strip(STRIP)
    )
    return (call.pack.between if between is None else between).join(values)


def _romanisation(call: Call) -> str:
    text = call.first_of(call.handler.argument)
    return _labelled(call, call.handler.label, text) if text else ""


def _language(call: Call) -> str:
    """``{{lang-de|Berlin}}`` → ``德文：Berlin``; the code is in the name or in an argument."""
    names = call.handler.argument
    code = call.name.partition("-")[2]
    if not code:
        code, names = call.arguments.get("1", ""), ("2", *names)
    text = call.first_of(names)
    label = call.pack.languages.get(code) or call.pack.languages.get(code.partition("-")[0], "")
    return _labelled(call, label, text) if text else ""


def _labelled(call: Call, label: str, text: str) -> str:
    said = call.before.rstrip(" '" + FENCE)
    if not label or said.endswith((":", "：")) or said.endswith(label):
        return text
    return f"{label}{call.pack.colon}{text}"


def _format(call: Call) -> str:
    missing: list[str] = []

    def fill(match: re.Match[str]) -> str:
        value = call.first_of(match[1].split("|"))  # names, divided by a bar
        if not value:
            missing.append(match[1])
        return value

    def fill_optional(match: re.Match[str]) -> str:
        missing.clear()
        text = PLACE.sub(fill, match[1])
        return "" if missing else text

    text = OPTIONAL.sub(fill_optional, call.handler.format)
    missing.clear()
    filled = PLACE.sub(fill, text)
    nothing = missing and len(missing) == len(PLACE.findall(text))
    return "" if nothing or is_blank(filled) else filled


def _rare_character(call: Call) -> str:
    """The character itself, an ideographic description where the font has none."""
    return call.first_of(call.handler.argument)


def _character(call: Call) -> str:
    return call.handler.format


def _nothing(call: Call) -> str:
    return ""


SHOW: dict[str, Callable[[Call], str]] = {
    "text": _text,
    "link": _text,
    "joined": _joined,
    "romanisation": _romanisation,
    "language": _language,
    "format": _format,
    "rare_character": _rare_character,
    "character": _character,
    "drop": _nothing,
    "rules": _nothing,
    "stub": _nothing,
    "disambiguation": _nothing,
    "bot": _nothing,
}


def rule_texts(arguments: Mapping[str, str]) -> list[str]:
    """Return the conversion rules that a ``{{noteTA}}`` holds (its numbered arguments)."""
    return [restore(value) for name, value in arguments.items() if name.isdecimal()]
