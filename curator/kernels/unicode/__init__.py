"""Scans of UTF-8 that prove a text needs no repair, so that the slow repair is skipped.

A scan reads three kinds of fact about code points from ``ScanTables``: characters that a repair
always touches, pairs of neighbours it may touch, and marks it may reorder or compose. The kernel
knows nothing of ftfy; ``curator.kernels.unicode.ftfy_tables`` states what ftfy looks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from curator.kernels import buffers, twin
from curator.kernels.buffers import Utf8

__all__ = [
    "ScanTables",
    "contains_any",
    "contains_line",
    "contains_other",
    "contains_text",
    "may_change",
    "pack_tables",
]


class ScanTables(NamedTuple):
    """What a repair looks for, by class of code point. Class 0 is inert: nothing touches it."""

    classes: np.ndarray
    """uint8[0x110000]: the class of a code point."""
    inert_pages: np.ndarray
    """bool[0x110000 >> 6]: 64 neighbouring code points that are all of class 0."""
    hot: np.ndarray
    """bool[n_classes]: one such character may be changed by itself."""
    left: np.ndarray
    """uint64[n_classes]: pair rules in which it may be the first character."""
    right: np.ndarray
    """uint64[n_classes]: pair rules in which it may be the second."""
    base: np.ndarray
    """uint64[n_classes]: composition groups it may be the base of."""
    mark: np.ndarray
    """uint64[n_classes]: composition groups it may compose in, as the mark."""
    order: np.ndarray
    """uint8[n_classes]: canonical combining class; marks of falling order are reordered."""
    entities: bool
    """Whether "&name;" is a finding."""


def may_change(texts: Utf8, tables: ScanTables) -> np.ndarray:
    """Return bool[n]: False proves that no rule of ``tables`` applies to the document.

    True only means that one may. An empty text gives False. The text must be valid UTF-8.
    """
    body = twin.body(texts.data, "unicode")
    return body.may_change(texts.offsets, texts.data, *tables)


def pack_tables(
    hot: set[int], masks: tuple[dict[int, int], ...], entities: bool = False
) -> ScanTables:
    """Return tables in which code points of the same meaning share a class.

    ``hot``: code points that are findings by themselves; ``masks``: for left, right, base, mark
    and order, the value of each code point that has one. Raises ``ValueError`` for more than 256
    different meanings.
    """
    known: dict[tuple[int, ...], int] = {(0, 0, 0, 0, 0, 0): 0}
    classes = np.zeros(0x110000, np.uint8)
    for point in sorted(hot.union(*masks)):
        values = tuple(mask.get(point, 0) for mask in masks)
        meaning = (1, 0, 0, 0, 0, 0) if point in hot else (0, *values)
        number = known.setdefault(meaning, len(known))
        if number > 255:
            raise ValueError("more than 256 classes of code points: widen ScanTables.classes")
        classes[point] = number
    columns = list(zip(*sorted(known, key=lambda meaning: known[meaning]), strict=True))
    left, right, base, mark = (np.array(column, np.uint64) for column in columns[1:5])
    return ScanTables(
        classes,
        np.logical_not(classes.reshape(-1, 64).any(axis=1)),
        np.array(columns[0], bool),
        left,
        right,
        base,
        mark,
        np.array(columns[5], np.uint8),
        entities,
    )


def contains_any(texts: Utf8, characters: str) -> np.ndarray:
    """Return bool[n]: whether a document holds one of some characters; "" is in no document."""
    body = twin.body(texts.data, "unicode")
    return body.contains_any(texts.offsets, texts.data, *_character_set(characters))


def contains_other(texts: Utf8, allowed: np.ndarray) -> np.ndarray:
    """Return bool[n]: whether a document holds a code point outside ``allowed``.

    ``allowed``: bool[0x110000].
    """
    body = twin.body(texts.data, "unicode")
    return body.contains_other(texts.offsets, texts.data, allowed)


def contains_text(
    texts: Utf8, needles: Sequence[str], ignore_ascii_case: bool = False
) -> np.ndarray:
    """Return bool[n]: whether a document holds one of some strings; an empty string is in all."""
    found = np.zeros(texts.n_documents, bool)
    body = twin.body(texts.data, "unicode")
    for needle in needles:
        wanted = np.frombuffer(needle.encode(), np.uint8)
        found |= body.contains_text(texts.offsets, texts.data, wanted, ignore_ascii_case)
    return found


def contains_line(texts: Utf8, lines: Sequence[str]) -> np.ndarray:
    """Return bool[n]: whether a piece between line feeds is exactly one of some lines."""
    body = twin.body(texts.data, "unicode")
    wanted = buffers.of(lines)
    return body.contains_line(texts.offsets, texts.data, wanted.offsets, wanted.data)


def _character_set(characters: str) -> tuple[np.ndarray, np.ndarray]:
    """Return which lead bytes begin one of some characters, and the characters as a bit set."""
    wanted = np.zeros(0x110000 >> 3, np.uint8)
    leads = np.zeros(256, bool)
    for character in characters:
        wanted[ord(character) >> 3] |= 1 << (ord(character) & 7)
        leads[character.encode()[0]] = True
    return leads, wanted
