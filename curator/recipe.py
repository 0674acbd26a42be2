"""The recipe is the objects: YAML maps one to one on the constructors of readers and stages."""

from __future__ import annotations

import collections.abc
import dataclasses
import importlib
import inspect
import sys
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curator import recipe_yaml
from curator.errors import RecipeError, nearest, shorten, told
from curator.io.reader import Reader, reader_for
from curator.output import ShardOptions
from curator.recipe_yaml import Address, Document
from curator.stages import Sequential, Stage
from curator.tokenizer import TokenizerOptions, TokenOptions
from curator.vocabulary import VocabularyOptions

SHELVES: dict[str, tuple[str, ...]] = {
    "readers": ("curator.io", "curator.acquire"),
    "stages": ("curator.stages", "curator.dedup"),
    "modifiers": ("curator.modifiers",),
    "filters": ("curator.filters",),
    "embedders": ("curator.dedup.embedders",),
    "extractors": ("curator.acquire.html",),
}
"""Where names in a recipe are looked up: in the ``__all__`` of these packages."""

METHODS: dict[str, tuple[str, ...]] = {
    "readers": ("files", "plan", "read"),
    "stages": ("__call__",),
    "modifiers": ("modify_document",),
    "filters": ("score_document", "keep_document"),
    "embedders": ("embed",),
    "extractors": ("extract",),
}
"""What an object needs to be one of its shelf."""

NOT_FOR_RECIPES = {"GlobalStageBase", "LocalStageBase", "Stage", "Workspace"}


@dataclass(frozen=True)
class Paths:
    """Input named by paths alone: which reader it takes is seen when the run begins."""

    paths: tuple[str, ...]
    """Files, folders, globs or URLs."""

    def resolve(self) -> Reader:
        """Return the reader that the files' extensions call for."""
        return reader_for(list(self.paths))


@dataclass(frozen=True)
class Recipe:
    """A whole run: where documents come from, what happens to them, what is made of them."""

    name: str
    """Names the shards; letters, digits, ``-`` and ``_``."""
    input: Reader | Paths
    """A path, folder, glob or URL (or a list of them), or one reader with its fields."""
    stages: tuple[Stage, ...] = ()
    """Stages in order."""
    output: str = "out"
    """Run folder; it must be new, empty, or an earlier run of a recipe."""
    language: str = "und"
    """ISO 639-3 code of the corpus; ``und`` where there is none."""
    seed: int = 0
    """Seed of everything drawn by chance that has no seed of its own."""
    shards: ShardOptions = dataclasses.field(default_factory=ShardOptions)
    """How output is cut into files."""
    vocabulary: VocabularyOptions | None = None
    """Character and word tables; left out when absent."""
    tokenizer: TokenizerOptions | None = None
    """Tokenizer trained on the shards; left out when absent."""
    tokens: TokenOptions | None = None
    """Token shards for training; needs ``tokenizer``."""

    def __post_init__(self) -> None:
        if not self.name or not all(letter.isalnum() or letter in "-_" for letter in self.name):
            raise RecipeError(f"name {self.name!r} names files; use letters, digits, - and _ only")

    def resolved(self) -> Recipe:
        """Return the recipe with its reader found; raises ``DataError`` when there is no input."""
        if isinstance(self.input, Paths):
            return dataclasses.replace(self, input=self.input.resolve())
        return self

    def sequential(self) -> Sequential:
        """Return the stages as one."""
        return Sequential(self.stages)


def load_recipe(path: str | Path, assignments: Sequence[str] = ()) -> Recipe:
    """Read a recipe and build its objects; every name and type is checked, no data is read.

    ``assignments`` are ``key=value`` texts that replace values, as ``--set`` gives them. Raises
    ``RecipeError`` with file and line, what is wrong, and the nearest name.
    """
    document = recipe_yaml.load(Path(path))
    folder = str(Path(path).resolve().parent)
    for entry in (folder, str(Path.cwd())):
        if entry not in sys.path:  # a recipe may name classes in modules beside it
            sys.path.append(entry)
    return build_recipe(document, assignments)


def build_recipe(document: Document, assignments: Sequence[str] = ()) -> Recipe:
    """Build a recipe from parsed YAML."""
    for assignment in assignments:
        recipe_yaml.assign(document, assignment)
    builder = _Builder(document)
    data = document.data
    known = [field.name for field in dataclasses.fields(Recipe) if field.name != "parameters"]
    for key in data:
        if key not in known:
            raise RecipeError(f"{document.place((key,))}: no key {key!r}{nearest(key, known)}")
    for key in ("name", "input"):
        if data.get(key) in (None, ""):
            raise RecipeError(f"{document.name}: the key {key!r} is missing")
    values: dict[str, Any] = {
        "input": builder.reader(data["input"], ("input",)),
        "stages": builder.stages(data.get("stages") or [], ("stages",)),
    }
    for key, kind in (
        ("shards", ShardOptions),
        ("vocabulary", VocabularyOptions),
        ("tokenizer", TokenizerOptions),
        ("tokens", TokenOptions),
    ):
        if key in data and data[key] is not None:
            if not isinstance(data[key], dict):
                raise builder.fail((key,), f"{key} has fields; write {key}: {{field: value}}")
            values[key] = builder.call(kind, data[key], (key,), seed=data.get("seed"))
    hints = typing.get_type_hints(Recipe)
    for key in ("name", "output", "language", "seed"):
        if key in data:
            builder.check(data[key], hints[key], key, (key,))
            values[key] = data[key]
    _check_whole(values, document)
    try:
        return Recipe(**values)
    except RecipeError as error:
        raise RecipeError(f"{document.place(('name',))}: {error}") from error


def _check_whole(values: dict[str, Any], document: Document) -> None:
    if not values.get("output", "out"):
        raise RecipeError(f"{document.place(('output',))}: output is empty; name a folder")
    if values.get("tokens") is not None and values.get("tokenizer") is None:
        raise RecipeError(f"{document.place(('tokens',))}: tokens need a tokenizer; add one")


def shelf_names(shelf: str) -> dict[str, str]:
    """Return the names of a shelf and the module that offers each."""
    names: dict[str, str] = {}
    for package in SHELVES[shelf]:
        for name in importlib.import_module(package).__all__:
            if name not in NOT_FOR_RECIPES:
                names[name] = package
    return names


class _Builder:
    """Turns plain data into objects and says where in the recipe something is wrong."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def fail(self, address: Address, what: str) -> RecipeError:
        """Return an error that begins with the place."""
        return RecipeError(f"{self.document.place(address)}: {what}")

    def reader(self, value: Any, address: Address) -> Reader | Paths:
        """Build the reader by its name, or note the paths."""
        if isinstance(value, str) and value not in shelf_names("readers"):
            return Paths((value,))
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return Paths(tuple(value))
        return typing.cast(Reader, self.named(value, "readers", address))

    def stages(self, value: Any, address: Address) -> tuple[Stage, ...]:
        """Build the list of stages."""
        if not isinstance(value, list):
            raise self.fail(address, "stages is a list; begin each stage with '- '")
        return tuple(
            typing.cast(Stage, self.named(item, "stages", (*address, i)))
            for i, item in enumerate(value)
        )

    def named(self, value: Any, shelf: str, address: Address) -> Any:
        """Build ``Name`` or ``{Name: fields}`` from a shelf or from ``package.module:Name``."""
        kind = shelf.removesuffix("s")
        if isinstance(value, str):
            name, fields, inner = value, None, address
        elif isinstance(value, dict) and len(value) == 1:
            name, fields = next(iter(value.items()))
            inner = (*address, name)
        else:
            raise self.fail(
                address, f"expected one {kind}, as Name or {{Name: fields}}, not {shorten(value)}"
            )
        made = self.call(self.lookup(name, shelf, inner), fields, inner)
        missing = [method for method in METHODS[shelf] if not callable(getattr(made, method, None))]
        if missing:
            raise self.fail(inner, f"{name} is no {kind}: it has no {', '.join(missing)}")
        return made

    def lookup(self, name: str, shelf: str, address: Address) -> Callable[..., Any]:
        """Find a class by its name."""
        kind = shelf.removesuffix("s")
        if ":" in name:
            return self._imported(name, address)
        names = shelf_names(shelf)
        if name not in names:
            raise self.fail(
                address,
                f"no {kind} is named {name!r}{nearest(name, names)}"
                " (your own: package.module:Name)",
            )
        return getattr(importlib.import_module(names[name]), name)

    def _imported(self, name: str, address: Address) -> Callable[..., Any]:
        """Import a user's class or function; their module may raise anything."""
        module_name, _, attribute = name.partition(":")
        if not all(part.isidentifier() for part in module_name.split(".")):
            raise self.fail(address, f"{name!r} names no class; write package.module:Name")
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            raise self.fail(
                address, f"cannot import {module_name!r}: {error}; put it beside the recipe"
            ) from error
        except (Exception, SystemExit) as error:
            raise self.fail(address, f"cannot import {module_name!r}: {told(error)}") from error
        found = getattr(module, attribute, None)
        if not callable(found):
            known = [known for known in dir(module) if callable(getattr(module, known, None))]
            raise self.fail(
                address, f"{module_name} has no class {attribute!r}{nearest(attribute, known)}"
            )
        return typing.cast(Callable[..., Any], found)

    def call(
        self, target: Callable[..., Any], fields: Any, address: Address, seed: int | None = None
    ) -> Any:
        """Call a constructor with fields; a value that is no mapping is its first argument."""
        try:
            signature = inspect.signature(target)
        except ValueError as error:  # a class written in C
            raise self.fail(address, f"{target!r} cannot be used in a recipe") from error
        parameters = [
            name
            for name, parameter in signature.parameters.items()
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
        hints = _hints(target)
        shelves = _shelves(target)
        name = getattr(target, "__name__", str(target))
        arguments = self._arguments(fields, parameters, shelves, address, name)
        for key, value in arguments.items():
            given = isinstance(fields, dict) and key in fields
            inner = (*address, key) if given else address
            if key in shelves:
                arguments[key] = self.named(value, shelves[key], inner)
            else:
                arguments[key] = self.convert(value, hints.get(key, Any), f"{name}.{key}", inner)
        if seed is not None and "seed" in parameters:
            arguments.setdefault("seed", seed)
        missing = [
            key
            for key in parameters
            if key not in arguments and signature.parameters[key].default is inspect.Parameter.empty
        ]
        if missing:
            raise self.fail(address, f"{name} needs {', '.join(map(repr, missing))}")
        try:
            return target(**arguments)
        except RecipeError as error:
            raise self.fail(address, str(error)) from error
        except (TypeError, ValueError) as error:
            raise self.fail(address, f"{name}: {error}") from error
        except (Exception, SystemExit) as error:  # a user's constructor may raise anything
            raise self.fail(address, f"{name}: {told(error)}") from error

    def _arguments(
        self,
        fields: Any,
        parameters: list[str],
        shelves: dict[str, str],
        address: Address,
        name: str,
    ) -> dict[str, Any]:
        if fields is None:
            return {}
        if not isinstance(fields, dict):
            if not parameters:
                raise self.fail(address, f"{name} takes no fields")
            return {parameters[0]: fields}
        unknown = [key for key in fields if key not in parameters]
        if not unknown:
            return dict(fields)
        first = parameters[0] if parameters else ""
        key = unknown[0]
        free = len(unknown) == 1 and first in shelves and first not in fields
        if free and (key in shelf_names(shelves[first]) or not _close(key, parameters)):
            # `- ScoreFilter: {LengthFilter: {…}, score_field: n}`: the filter by its own name
            rest = {other: value for other, value in fields.items() if other != key}
            return {first: {key: fields[key]}, **rest}
        raise self.fail((*address, key), f"{name} has no field {key!r}{nearest(key, parameters)}")

    def convert(self, value: Any, hint: Any, what: str, address: Address) -> Any:
        """Return a value in the type a field wants: lists become tuples, names functions."""
        origin = typing.get_origin(hint)
        if origin in (Callable, collections.abc.Callable) and isinstance(value, str):
            return self.lookup(value, "filters", address)
        self.check(value, hint, what, address)
        if isinstance(value, list):
            return tuple(value)
        return value

    def check(self, value: Any, hint: Any, what: str, address: Address) -> None:
        """Raise when a value is not of a field's type."""
        if not _fits(value, hint):
            wanted = getattr(hint, "__name__", str(hint)) if not typing.get_args(hint) else hint
            raise self.fail(address, f"{what} must be {wanted}, not {shorten(value)}")


def _close(name: str, known: Sequence[str]) -> bool:
    return "did you mean" in nearest(name, known)


def _hints(target: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(
            target if dataclasses.is_dataclass(target) else target.__init__
        )
    except (NameError, AttributeError, TypeError):  # a user's class may name types we cannot see
        return {}


def _shelves(target: Any) -> dict[str, str]:
    if not dataclasses.is_dataclass(target):
        return {}
    return {
        field.name: field.metadata["shelf"]
        for field in dataclasses.fields(target)
        if "shelf" in field.metadata
    }


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any or hint is None or isinstance(hint, typing.TypeVar):
        return hint is not None or value is None
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, option) for option in arguments)
    if origin is typing.Literal:
        return value in arguments
    if hint is types.NoneType:
        return value is None
    if hint is bool:
        return isinstance(value, bool)
    if hint in (int, float):
        allowed = (int,) if hint is int else (int, float)
        return isinstance(value, allowed) and not isinstance(value, bool)
    if hint is str:
        return isinstance(value, str)
    if origin in (tuple, list, collections.abc.Sequence):
        inner = [item for item in arguments if item is not Ellipsis]
        return isinstance(value, list) and all(
            _fits(item, inner[0]) for item in value if len(inner) == 1
        )
    return True
