"""YAML with a memory: plain data, and the file and line every piece of it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from curator.errors import RecipeError, shorten

Address = tuple[str | int, ...]
"""Where a value sits: keys and list positions from the top."""

MAX_NODES = 100_000
"""A recipe has hundreds of values; aliases that unfold to more are an attack or an accident."""

MAX_DEPTH = 100
"""Lists and mappings inside each other; stages inside stages need about ten."""

PLAIN = {
    f"tag:yaml.org,2002:{kind}"
    for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")
}
"""What a recipe is made of. Any other tag asks for an object, and a recipe makes none."""


@dataclass
class Document:
    """Plain data with places."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Address, str] = field(default_factory=dict)

    def place(self, address: Sequence[str | int]) -> str:
        """Return ``file:line`` of a value, or of the nearest thing around it."""
        for length in range(len(address), -1, -1):
            found = self.places.get(tuple(address[:length]))
            if found is not None:
                return found
        return self.name


def load(path: Path) -> Document:
    """Read a YAML file of mappings, lists, strings and numbers; nothing else can be made of it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: no such recipe; see pipelines/ for examples") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path}: cannot be read: not UTF-8; convert it to UTF-8") from error
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or error
        raise RecipeError(f"{path}: cannot be read: {what}; name a recipe file") from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Document:
    """Read YAML text; ``name`` stands for the file in error messages."""
    node = _composed(text, name, "not YAML")
    if not isinstance(node, yaml.MappingNode):
        raise RecipeError(f"{name}:1: a recipe is a mapping with the keys name, input, stages …")
    document = Document(name)
    document.data = _Reader(document).value(node, ())
    return document


def _composed(text: str, name: str, fault: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = name if mark is None else f"{name}:{mark.line + 1}:{mark.column + 1}"
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise RecipeError(f"{place}: {fault}: {problem}") from error
    except RecursionError as error:
        raise RecipeError(f"{name}: the recipe is nested too deep; write fewer levels") from error


def assign(document: Document, assignment: str) -> None:
    """Apply ``key.path=value`` (value in YAML) as ``--set`` gives it; changes the document."""
    key, equals, text = assignment.partition("=")
    place = f"--set {assignment}"
    if not equals or not key:
        raise RecipeError(f"{place}: write --set key=value")
    node = _composed(text, place, "the value is not YAML")
    value = None if node is None else _Reader(Document(place), place).value(node, ())
    address: list[str | int] = []
    target: Any = document.data
    steps = key.split(".")
    for position, step in enumerate(steps):
        last = position == len(steps) - 1
        index: str | int = step
        if isinstance(target, list):
            if not step.isdecimal() or int(step) >= len(target):
                raise RecipeError(f"{place}: {step!r} is not one of positions 0–{len(target) - 1}")
            index = int(step)
        elif not isinstance(target, dict):
            raise RecipeError(f"{place}: {'.'.join(steps[:position])!r} holds no fields")
        address.append(index)
        if last:
            target[index] = value
        elif isinstance(target, dict) and (index not in target or target[index] is None):
            target[index] = {}
        target = target[index]
    stale = [known for known in document.places if known[: len(address)] == tuple(address)]
    for known in stale:
        del document.places[known]
    document.places[tuple(address)] = place


def check_text(text: str, place: str) -> None:
    """Raise for text that no file and no file name can hold: NUL and lone surrogates."""
    if "\0" in text:
        raise RecipeError(f"{place}: {shorten(text)} has a NUL character; remove it")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise RecipeError(f"{place}: {shorten(text)} has half of a surrogate pair; write UTF-8")


class _Reader:
    """Turns composed nodes into plain data, counting them."""

    def __init__(self, document: Document, place: str | None = None) -> None:
        self.document = document
        self.only_place = place
        self.count = 0
        self.constructor = yaml.SafeLoader("")

    def value(self, node: yaml.Node, address: Address) -> Any:
        """Return the plain value of a node and note its place."""
        place = self._place(node)
        self.document.places[address] = place
        self.count += 1
        if self.count > MAX_NODES:
            raise RecipeError(f"{place}: the recipe unfolds to more than {MAX_NODES} values")
        if len(address) > MAX_DEPTH:
            raise RecipeError(f"{place}: the recipe is nested too deep; write fewer levels")
        if node.tag not in PLAIN:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            raise RecipeError(f"{place}: the tag {tag} is not known here; write plain values")
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*address, i)) for i, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, address)
        return self._scalar(node, place)

    def _place(self, node: yaml.Node) -> str:
        return self.only_place or f"{self.document.name}:{node.start_mark.line + 1}"

    def _scalar(self, node: yaml.Node, place: str) -> Any:
        try:
            value = self.constructor.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            problem = getattr(error, "problem", error)
            mend = "put it in quotes if it is text"
            raise RecipeError(f"{place}: {shorten(node.value)}: {problem}; {mend}") from error
        if isinstance(value, str):
            check_text(value, place)
        return value

    def _mapping(self, node: yaml.MappingNode, address: Address) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                raise RecipeError(f"{place}: a key must be a word")
            key = str(key_node.value)
            check_text(key, place)
            if key in result:
                raise RecipeError(f"{place}: {key!r} is given twice")
            result[key] = self.value(value_node, (*address, key))
            self.document.places[(*address, key)] = place
        return result
