"""Front matter: the fields that stand above the text of a Markdown file."""

from __future__ import annotations

import datetime
import math
import re
import tomllib
from typing import Any

import yaml

from curator.errors import DataError

FENCES = {"---": ("---", "..."), "+++": ("+++",)}
"""YAML and TOML; the line that begins the fields, and those that end them."""

MAX_BYTES = 16 << 10
"""Longer fields are no front matter: 16 KiB."""

BRACKETS = re.compile(r"[\[\]{}]")

MAX_BRACKETS = 100

MAX_DEPTH = 20
"""Levels of lists and objects."""


class _PlainLoader(yaml.SafeLoader):
    """Safe YAML without references, of which a few lines can make billions of values."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("a reference such as *name is not read")
        return super().compose_node(parent, index)


def split(text: str) -> tuple[str, str, str]:
    """Return the fence of the front matter ("" where there is none), its fields, and the rest."""
    fence = next((fence for fence in FENCES if text.startswith(fence)), "")
    begin = text.find("\n") + 1
    if not fence or text[:begin].rstrip() != fence:
        return "", "", text
    place = begin
    while 0 < place < min(len(text), begin + MAX_BYTES):
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        if text[place:end].rstrip() in FENCES[fence]:
            return fence, text[begin:place], text[end + 1 :]
        place = end + 1
    return "", "", text


def parse(fence: str, fields: str) -> dict[str, Any]:
    """Return the fields as values that JSON has; dates and not-numbers become strings.

    Raises ``DataError`` for what is not YAML, or TOML, or not an object.
    """
    try:
        loaded = tomllib.loads(fields) if fence == "+++" else _safe_yaml(fields)
        found = {} if loaded is None else _plain(loaded, 0)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        what = " ".join(str(error).split()) or "it is nested too deep"
        raise DataError(f"the front matter cannot be read: {what[:200]}; mend it") from error
    if not isinstance(found, dict):
        raise DataError("the front matter is not a list of fields; write 'name: value' lines")
    return found


def _safe_yaml(fields: str) -> Any:
    # the time of the parser grows with the square of the brackets that are open
    depth = 0
    for bracket in BRACKETS.findall(fields):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_BRACKETS:
            raise ValueError(f"more than {MAX_BRACKETS} brackets are open")
    loader = _PlainLoader(fields)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _plain(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError(f"values are nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        return {str(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, (datetime.date, datetime.datetime, datetime.time)):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        value.encode()  # half of a surrogate pair, which YAML can write, is a ValueError
    if isinstance(value, bytes):
        return value.hex()
    return value
