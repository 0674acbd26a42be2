"""Configuration files and ``--set key=value``: YAML 1:1 on the dataclasses of ``config``."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml

from curator.errors import RecipeError, nearest, shorten
from trainer_bridge.config import Config, as_mapping


class Setting(typing.NamedTuple):
    """One value and where it was written."""

    names: tuple[str, ...]
    value: Any
    place: str


def load_config(file: str | Path | None = None, assignments: Sequence[str] = ()) -> Config:
    """Return the defaults changed by a YAML file, then by ``key=value`` texts.

    A key is dotted (``model.optim.lr``), its value is read as YAML. Raises ``RecipeError`` with
    file and line for an unknown key (naming the nearest one), a repeated key, a value of the wrong
    type, and values that do not go together.
    """
    settings = list(_file_settings(Path(file))) if file is not None else []
    settings += [_assignment(text) for text in assignments]
    config = Config()
    for setting in settings:
        config = _replace(config, setting, setting.names)
    config.require_sound(str(file) if file is not None else "configuration")
    return config


def config_from_mapping(mapping: dict[str, Any], place: str) -> Config:
    """Return the configuration that ``as_mapping`` made the mapping from, with the same checks."""
    config = Config()
    for setting in _mapping_settings(mapping, (), place):
        config = _replace(config, setting, setting.names)
    config.require_sound(place)
    return config


def write_config(config: Config) -> str:
    """Return the YAML text that ``load_config`` reads back as the same configuration."""
    return yaml.safe_dump(as_mapping(config), sort_keys=False)


def _file_settings(file: Path) -> Iterator[Setting]:
    try:
        # The error names the file because the stream does.
        with file.open(encoding="utf-8") as stream:
            root = yaml.compose(stream, Loader=yaml.SafeLoader)
    except FileNotFoundError as error:
        raise RecipeError(f"{file}: no such file; name an existing YAML file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        text = " ".join(str(error).replace("\n", " ").split())
        raise RecipeError(f"{file}: not YAML: {text}") from error
    if root is not None:
        yield from _node_settings(root, (), file)


def _node_settings(node: yaml.Node, names: tuple[str, ...], file: Path) -> Iterator[Setting]:
    """Yield the leaves under a node; the dataclasses say which mappings are sections."""
    place = f"{file}:{node.start_mark.line + 1}"
    if names and not dataclasses.is_dataclass(_default(names, place)):
        yield Setting(names, _plain(node, place), place)
        return
    if not isinstance(node, yaml.MappingNode):
        where = ".".join(names) or "the file"
        raise RecipeError(f"{place}: {where} must be a mapping of keys to values")
    seen = set()
    for key, value in node.value:
        line = f"{file}:{key.start_mark.line + 1}"
        if key.value in seen:
            raise RecipeError(f"{line}: {key.value!r} is given twice; keep one")
        seen.add(key.value)
        yield from _node_settings(value, (*names, str(key.value)), file)


def _plain(node: yaml.Node, place: str) -> Any:
    try:
        return yaml.safe_load(yaml.serialize(node))
    except yaml.YAMLError as error:
        raise RecipeError(f"{place}: only plain values are read: {error}") from error


def _mapping_settings(
    mapping: dict[str, Any], names: tuple[str, ...], place: str
) -> Iterator[Setting]:
    for name, value in mapping.items():
        if isinstance(value, dict):
            yield from _mapping_settings(value, (*names, name), place)
        else:
            yield Setting((*names, name), value, place)


def _assignment(text: str) -> Setting:
    place = f"--set {text}"
    key, equals, value = text.partition("=")
    if not equals:
        raise RecipeError(f"{place}: write it as key=value, such as model.optim.lr=0.001")
    try:
        return Setting(tuple(key.strip().split(".")), yaml.safe_load(value), place)
    except yaml.YAMLError as error:
        raise RecipeError(f"{place}: the value is not YAML; quote it") from error


def _default(names: tuple[str, ...], place: str) -> Any:
    """Return what the defaults hold at a path, or raise naming the nearest key."""
    section: Any = Config()
    for depth, name in enumerate(names):
        known = [field.name for field in dataclasses.fields(section)]
        if name not in known:
            here = ".".join(names[:depth]) or "the configuration"
            raise RecipeError(f"{place}: {here} has no key {name!r}{nearest(name, known)}")
        section = getattr(section, name)
        if depth + 1 < len(names) and not dataclasses.is_dataclass(section):
            here = ".".join(names[: depth + 1])
            raise RecipeError(f"{place}: {here} is a value, it has no key {names[depth + 1]!r}")
    return section


def _replace(section: Any, setting: Setting, names: tuple[str, ...]) -> Any:
    default = _default(setting.names, setting.place)
    if dataclasses.is_dataclass(default):
        inner = ", ".join(field.name for field in dataclasses.fields(default))
        key = ".".join(setting.names)
        raise RecipeError(f"{setting.place}: {key} is a section; set one of its keys: {inner}")
    name, rest = names[0], names[1:]
    if rest:
        return dataclasses.replace(
            section, **{name: _replace(getattr(section, name), setting, rest)}
        )
    hint = typing.get_type_hints(type(section))[name]
    return dataclasses.replace(section, **{name: _coerced(hint, setting)})


def _coerced(hint: Any, setting: Setting) -> Any:
    """Return the value as the field's type; YAML 1.1 reads ``1e-3`` as text, so that is mended."""
    value, origin, choices = setting.value, typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal and value in choices:
        return value
    if origin in (typing.Union, types.UnionType):
        for choice in choices:
            if (choice is bool and isinstance(value, bool)) or value in typing.get_args(choice):
                return value
    if origin is tuple and isinstance(value, list) and len(value) == len(choices):
        return tuple(
            _coerced(inner, setting._replace(value=item))
            for inner, item in zip(choices, value, strict=True)
        )
    if hint is bool and isinstance(value, bool):
        return value
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if hint is float and isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if number - number == 0:  # neither infinite nor not-a-number
            return number
    key = ".".join(setting.names)
    raise RecipeError(f"{setting.place}: {key}={shorten(value)} must be {_spelled(hint)}")


def _spelled(hint: Any) -> str:
    """Return what a field takes, in words."""
    words = {int: "a whole number", float: "a number", bool: "true or false"}
    origin, choices = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return " or ".join(str(choice) for choice in choices)
    if origin is tuple:
        return f"a list of {len(choices)} numbers"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_spelled(choice) for choice in choices)
    return words[hint]
