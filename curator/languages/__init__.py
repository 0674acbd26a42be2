"""What is known of a language, as data: one folder a language, read by ``load_language``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from curator.errors import DataError, RecipeError, nearest

__all__ = [
    "Contrast",
    "Language",
    "interchanged_letters",
    "known_languages",
    "load_language",
    "telling_letters",
]

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""What ``yaml.safe_load`` reads with, or the same in C where PyYAML was built so: a fifth of the
time."""


@dataclass(frozen=True)
class Contrast:
    """A neighbour that a language is easily taken for."""

    code: str
    """The neighbour's label: "swc" (Standard Written Chinese), "ind" …"""
    name: str
    markers: tuple[str, ...]
    """Words and characters the neighbour writes and the language does not."""


@dataclass(frozen=True)
class Language:
    """A language pack."""

    code: str
    """ISO 639-3, never shortened: "yue"."""
    name: str
    """Name in English."""
    autonym: str
    """Name in the language itself."""
    scripts: tuple[str, ...]
    """ISO 15924 codes, the usual script first."""
    spaced: bool
    """Whether words are parted by space."""
    markers: tuple[str, ...]
    """Words and characters the language writes and its neighbours do not; small letters."""
    neutral: tuple[str, ...]
    """Words of both sides in which a marker is no evidence: 關係 holds 係."""
    contrasts: tuple[Contrast, ...]
    min_share: float
    """Least share of the evidence that must speak for the language: ``LanguageFilter``'s bound."""
    respellings: Mapping[str, str]
    """Colloquial spelling → standard one, safe wherever it stands: 佢地 → 佢哋."""
    context_respellings: Mapping[str, tuple[str, ...]]
    """Standard character → characters written for it, none of them safe to replace blindly."""
    sources: Mapping[str, str]
    """Where each list comes from."""


def known_languages() -> tuple[str, ...]:
    """Return the codes of the packs that come with the library, sorted."""
    folders = resources.files(__name__).iterdir()
    return tuple(sorted(f.name for f in folders if f.joinpath("language.yaml").is_file()))


@cache
def load_language(code: str) -> Language:
    """Return the pack of a language; ``RecipeError`` with the nearest code where there is none.

    ``DataError`` where the pack lacks a field or has an unknown one.
    """
    if code not in known_languages():
        raise RecipeError(f"no language pack {code!r}{nearest(code, known_languages())}")
    text = resources.files(__name__).joinpath(code, "language.yaml").read_text(encoding="utf-8")
    loader = LOADER(text)
    try:
        return _language(f"languages/{code}/language.yaml", loader.get_single_data())
    finally:
        loader.dispose()


def interchanged_letters() -> tuple[tuple[str, ...], ...]:
    """Return the letters that writers of some language put for one another: 「嘅」 and 「既」."""
    respellings = (load_language(code).context_respellings for code in known_languages())
    return tuple((one, *others) for of_one in respellings for one, others in of_one.items())


def telling_letters() -> tuple[tuple[str, str], ...]:
    """Return of each language without spaces the letters that tell it from its neighbours.

    They are those it writes and its neighbours do not, and those of the neighbours; letters that
    are part of a longer word alone are left out.
    """
    packs = (load_language(code) for code in known_languages())
    return tuple(
        (
            "".join(word for word in pack.markers if len(word) == 1),
            "".join(word for c in pack.contrasts for word in c.markers if len(word) == 1),
        )
        for pack in packs
        if not pack.spaced
    )


def _language(place: str, fields: dict[str, Any]) -> Language:
    """Return the pack that some parsed YAML describes."""
    wanted = set(Language.__dataclass_fields__)
    for name in sorted(wanted - set(fields)):
        raise DataError(f"{place}: the field {name!r} is missing; add it")
    for name in sorted(set(fields) - wanted):
        raise DataError(f"{place}: no field {name!r}{nearest(name, wanted)}")
    contrasts = tuple(
        Contrast(code, pack["name"], _words(pack["markers"]))
        for code, pack in sorted(fields["contrasts"].items())
    )
    context = {key: tuple(value) for key, value in fields["context_respellings"].items()}
    return Language(
        code=fields["code"],
        name=fields["name"],
        autonym=fields["autonym"],
        scripts=tuple(fields["scripts"]),
        spaced=bool(fields["spaced"]),
        markers=_words(fields["markers"]),
        neutral=_words(fields["neutral"]),
        contrasts=contrasts,
        min_share=float(fields["min_share"]),
        respellings=dict(fields["respellings"]),
        context_respellings=context,
        sources=dict(fields["sources"]),
    )


def _words(rows: list[str]) -> tuple[str, ...]:
    """Return the words of rows written several to a line, each once, in order."""
    return tuple(dict.fromkeys(word for row in rows for word in str(row).split()))
