"""Conversion between Traditional and Simplified characters, and between regional forms."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import opencc
import regex

from curator.errors import RecipeError, nearest
from curator.kernels.buffers import Utf8
from curator.kernels.chinese import PhraseTables, contains_phrase, phrase_tables
from curator.modifiers.base import DocumentModifier

_NO_TEXT = regex.compile(r"([\0\ud800-\udfff]+)")
_LIBRARY = Path(opencc.__file__).parent / "clib"
_DICTIONARIES = _LIBRARY / "share" / "opencc"
_READER = _LIBRARY / "bin" / "opencc_dict"


@dataclass(frozen=True)
class ScriptConverter(DocumentModifier):
    """Converts characters between scripts and regional forms with OpenCC.

    「后面嘅干部」 becomes, with ``s2hk``, 「後面嘅幹部」; text without such characters
    (``Tiếng Việt``, ``ꦧꦱꦗꦮ``) stays as it is. Danger: what several characters fall together to
    (后 後, 干 幹 乾) cannot be restored by converting back, so convert copies, or text that was
    converted before.
    """

    config: str
    """Name of a configuration of OpenCC: ``s2hk`` (Simplified to Traditional as in Hong Kong),
    ``hk2s``, ``t2s``, ``s2t``, ``s2tw``, ``s2twp`` (with Taiwan's words), ``t2hk`` …"""

    def __post_init__(self) -> None:
        known = sorted(name.removesuffix(".json") for name in opencc.CONFIGS)
        if self.config not in known:
            raise RecipeError(
                f"ScriptConverter: config={self.config!r}{nearest(self.config, known)}"
            )

    def modify_document(self, text: str) -> str:
        """Return the converted text; empty text stays empty."""
        # OpenCC loses text behind a NUL and refuses surrogates: it is given what stands between
        pieces = _NO_TEXT.split(text)
        pieces[::2] = map(_converter(self.config).convert, pieces[::2])
        return "".join(pieces)

    def may_change(self, texts: Utf8) -> np.ndarray | None:
        """Return bool[n]; False proves that no rule of the configuration applies.

        OpenCC replaces phrases by its dictionaries, one after the other, and copies all else. So a
        text in which no dictionary's phrase stands that it would change comes back as it is,
        whatever is matched first or how the text is segmented. ``None`` where the dictionaries of
        this installation of OpenCC cannot be read.
        """
        tables = _tables(self.config)
        return None if tables is None else contains_phrase(texts, tables)


@cache
def _converter(config: str) -> opencc.OpenCC:
    """Return OpenCC with one configuration; made once a process, for that takes milliseconds."""
    return opencc.OpenCC(config)


@cache
def _tables(config: str) -> PhraseTables | None:
    """Return the phrases that a configuration changes, or ``None`` where they cannot be read."""
    try:
        description = json.loads((_DICTIONARIES / f"{config}.json").read_bytes())
        phrases: set[str] = set()
        with tempfile.TemporaryDirectory() as folder:
            for file in sorted(set(_files(description))):
                phrases |= _changed_phrases(_DICTIONARIES / file, Path(folder) / "dictionary.txt")
    except (OSError, subprocess.CalledProcessError, _UnknownDictionaryError):
        return None
    return phrase_tables(phrases)


class _UnknownDictionaryError(Exception):
    """A configuration names a dictionary of a kind that this module does not know."""


def _files(node: Any) -> Iterator[str]:
    """Yield the files of all dictionaries in (a part of) a configuration."""
    if isinstance(node, list):
        for item in node:
            yield from _files(item)
    elif isinstance(node, dict):
        if node.get("type") == "ocd2":
            yield node["file"]
        elif node.get("type", "group") not in ("group", "mmseg"):
            raise _UnknownDictionaryError(node["type"])
        for item in node.values():
            yield from _files(item)


def _changed_phrases(dictionary: Path, written: Path) -> set[str]:
    """Return the phrases for which a dictionary's first choice is another one.

    The program that comes with OpenCC writes a dictionary as text: phrase, tab, choices.
    """
    subprocess.run(
        [_READER, "-i", dictionary, "-o", written, "-f", "ocd2", "-t", "text"],
        capture_output=True,
        check=True,
    )
    changed = set()
    for line in written.read_text("utf-8").split("\n")[:-1]:
        phrase, _, choices = line.partition("\t")
        if choices.split(" ")[0] != phrase:
            changed.add(phrase)
    return changed
