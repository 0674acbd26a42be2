"""Stretches of text as numbers: windows of n code points, and the anchors that stand for them.

Every window of ``n`` code points has one anchor, the rightmost of its smallest ``k``-grams by a
hash, so equal windows have equal anchors wherever they stand, and only a few places of a text are
anchors. Neighbouring windows with one anchor are a span. Source: winnowing, Schleimer, Wilkerson,
Aiken 2003.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np

from curator.kernels import twin
from curator.kernels.buffers import Utf8

PRIME = (1 << 61) - 1
"""Hashes are polynomials over the code points, modulo this. Two different stretches of m code
points collide with odds below m / 2⁶¹ in each of two lanes, whoever chose them without the seed."""


class Hashing(NamedTuple):
    """How windows are hashed."""

    characters: int
    """Code points of a window, n."""
    gram: int
    """Code points of an anchor's gram, k."""
    powers: np.ndarray
    """uint64[2, 2n]: powers of the point at which each lane's polynomial is evaluated."""


class Spans(NamedTuple):
    """Runs of windows with one anchor, by document and place; all arrays have one entry a span."""

    documents: np.ndarray
    """int64[m]."""
    anchors: np.ndarray
    """uint64[m]: hash of the anchor's gram."""
    hashes: np.ndarray
    """uint64[m, 2]: hash of all code points that the windows cover."""
    firsts: np.ndarray
    """int64[m]: code point where the first window begins."""
    windows: np.ndarray
    """int64[m]: windows of the span, which begin one code point apart."""
    repeats: np.ndarray
    """int64[m]: how often the span stands there, one after the other, as in ``aaaa…``."""


class Stretches(NamedTuple):
    """What is covered by windows that an earlier document has; rising, without overlap."""

    documents: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    """int64[m]: code points."""
    kept: np.ndarray
    """int64[m]: row of the document that has it first."""
    places: np.ndarray
    """int64[m]: code point where it begins there."""


def hashing(characters: int, seed: int) -> Hashing:
    """Return the hashing of windows of ``characters`` code points, at least 2."""
    powers = np.empty((2, 2 * characters + 2), np.uint64)
    for lane in range(2):
        drawn = hashlib.blake2b(f"curator substrings {lane} {seed}".encode(), digest_size=16)
        point = (1 << 32) + int.from_bytes(drawn.digest(), "little") % (PRIME - (1 << 33))
        power = 1
        for exponent in range(powers.shape[1]):
            powers[lane, exponent] = power
            power = power * point % PRIME
    return Hashing(characters, max(1, characters // 4), powers)


def find_spans(texts: Utf8, how: Hashing) -> Spans:
    """Return the spans of all texts; one shorter than a window has none."""
    body = twin.body(texts.data, "substrings")
    numbers, hashes = body.find_spans(texts.offsets, texts.data, *how)
    return Spans(
        numbers[:, 0].copy(),
        hashes[:, 0].copy(),
        hashes[:, 1:].copy(),
        numbers[:, 1].copy(),
        numbers[:, 2].copy(),
        numbers[:, 3].copy(),
    )


def window_hashes(texts: Utf8, how: Hashing, spans: Spans) -> np.ndarray:
    """Return uint64[sum(spans.windows), 2]: the hash of every window of ``spans``, in order.

    Of a span that is repeated, those of its first standing.
    """
    body = twin.body(texts.data, "substrings")
    return body.window_hashes(
        texts.offsets, texts.data, *how, spans.documents, spans.firsts, spans.windows
    )


def find_stretches(
    how: Hashing, spans: Spans, bounds: np.ndarray, kept: np.ndarray, places: np.ndarray
) -> Stretches:
    """Join windows that are to be cut into stretches.

    Window ``j`` of span ``i`` is to go when ``kept[bounds[i] + j]`` is a row (>= 0), which has it
    at ``places[bounds[i] + j]``; ``bounds`` is int64[m + 1]. A span with one entry in ``kept``
    goes, or stays, as a whole. Windows that meet and are kept in one row become one stretch.
    """
    body = twin.body(kept, "substrings")
    found = body.find_stretches(
        how.characters,
        spans.documents,
        spans.firsts,
        spans.windows,
        spans.repeats,
        bounds,
        kept,
        places,
    )
    return Stretches(*(found[:, column].copy() for column in range(5)))
