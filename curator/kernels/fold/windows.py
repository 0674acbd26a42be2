"""What characters with marks behind them fold to, remembered from one text to the next.

A *window* is a character that never combines with what stands before it, and all that follows up
to the next such character: ``é̱`` written as ``e``, ``◌́``, ``◌̱``; ``か`` and ``◌゙``; the jamo of
one syllable. Normalising and case folding reach no further than a window, in every step, so a
document folds to its windows' folds in a row. Few windows make up a language (240 are all that
46 translations of the Bible bring, decomposed or not), so each is normalised once a process.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from curator.kernels.compiled import njit

LONGEST = 8
"""Code points of a window worth remembering; longer heaps of marks hardly ever come twice."""
MOST_NODES = 1 << 16
"""Where remembering ends, at 2 MB of slots; the syllables of Hangul as jamo take 11,200."""

# What a slot holds beside its key: the number of the node (0..17) and, of a window that ends there,
# the length of its fold, the characters that folding simplified, and where the fold begins.
NODE = np.uint64((1 << 18) - 1)
KNOWN = np.uint64(1 << 18)
LENGTH, TRADITIONAL, FIRST = np.uint64(20), np.uint64(28), np.uint64(36)
BYTE = np.uint64(0xFF)
INNER = np.uint64(1 << 21)  # as the first half of a key: above all code points
POINT_BITS = np.uint64(21)
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class Windows(NamedTuple):
    """Windows and their folds, a tree of code points; never written to once others know it."""

    slots: np.ndarray
    """uint64[2**m, 2], open addressing: ``node << 21 | code point`` (0 = free), and what is there.
    The first node of a window is its base itself."""
    codepoints: np.ndarray
    """uint32[...]: the folds of all windows."""
    n_nodes: int
    """Nodes in ``slots``; at most half of these are taken."""


NONE = Windows(np.zeros((1 << 10, 2), np.uint64), np.empty(0, np.uint32), 0)


class _Known:
    """The windows of this process: replaced as a whole, so that threads see old or new ones."""

    def __init__(self) -> None:
        self.windows = NONE


@functools.cache
def _known() -> _Known:
    return _Known()


def known() -> Windows:
    """Return the windows known by now; what is known never changes what a text folds to."""
    return _known().windows


def remember(windows: Windows) -> None:
    """Let later texts use ``windows``; what another thread remembers meanwhile may be forgotten."""
    if len(windows.codepoints) >= len(known().codepoints):
        _known().windows = windows


def fit(windows: Windows, texts: list[bytes]) -> bool:
    """Tell whether so many new windows can be remembered, none of their nodes being there."""
    return windows.n_nodes + sum(len(text.decode()) - 1 for text in texts) <= MOST_NODES


def copy(windows: Windows) -> Windows:
    """Return a copy that ``extended`` may write to."""
    return windows._replace(slots=windows.slots.copy())


def extended(
    windows: Windows, texts: list[bytes], folds: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> Windows:
    """Return ``windows``, which may not be known to others yet, and new ones besides.

    ``texts`` are the new windows as UTF-8; ``folds`` the offsets and code points of their keys, and
    int64[n, 2], of which the first column counts the characters that folding simplified.
    """
    offsets, codepoints, counts = folds
    most = windows.n_nodes + sum(len(text.decode()) - 1 for text in texts)
    slots = windows.slots
    while 2 * most > len(slots):
        slots = _moved(slots, np.zeros((2 * len(slots), 2), np.uint64))
    first = offsets[:-1] + len(windows.codepoints)
    ends = KNOWN | (np.diff(offsets).astype(np.uint64) << LENGTH)
    ends |= (counts[:, 0].astype(np.uint64) << TRADITIONAL) | (first.astype(np.uint64) << FIRST)
    places, data = np.cumsum([0, *map(len, texts)]), np.frombuffer(b"".join(texts), np.uint8)
    n_nodes = _insert(slots, windows.n_nodes, places, data, ends)
    return Windows(slots, np.concatenate([windows.codepoints, codepoints]), n_nodes)


@njit(cache=True, nogil=True)
def decode(data, i):  # type: ignore[no-untyped-def]  # compiled: Numba infers the types
    """Return the code point that begins at byte ``i`` of valid UTF-8, and its number of bytes."""
    low_six, six = np.uint32(0x3F), np.uint32(6)
    c = np.uint32(data[i])
    if c < 0x80:
        return c, 1
    following = np.uint32(data[i + 1]) & low_six
    if c < 0xE0:
        return ((c & np.uint32(0x1F)) << six) | following, 2
    following = (following << six) | (np.uint32(data[i + 2]) & low_six)
    if c < 0xF0:
        return ((c & np.uint32(0x0F)) << np.uint32(12)) | following, 3
    following = (following << six) | (np.uint32(data[i + 3]) & low_six)
    return ((c & np.uint32(0x07)) << np.uint32(18)) | following, 4


@njit(cache=True, nogil=True)
def place_of(slots, key):  # type: ignore[no-untyped-def]
    """Return where ``key`` is, or the free slot where it would be."""
    last = np.uint64(len(slots) - 1)
    place = key * MULTIPLIER
    place = (place ^ (place >> np.uint64(32))) & last
    while slots[place, 0] != key and slots[place, 0] != 0:
        place = (place + np.uint64(1)) & last
    return place


@njit(cache=True, nogil=True)
def _moved(slots, wider):  # type: ignore[no-untyped-def]
    for place in range(len(slots)):
        if slots[place, 0] != 0:
            target = place_of(wider, slots[place, 0])
            wider[target, 0] = slots[place, 0]
            wider[target, 1] = slots[place, 1]
    return wider


@njit(cache=True, nogil=True)
def _insert(slots, n_nodes, offsets, data, ends):  # type: ignore[no-untyped-def]
    for window in range(len(ends)):
        i, end = offsets[window], offsets[window + 1]
        base, width = decode(data, i)
        node = np.uint64(base)
        i += width
        place = np.uint64(0)
        while i < end:
            c, width = decode(data, i)
            i += width
            key = (node << POINT_BITS) | np.uint64(c)
            place = place_of(slots, key)
            if slots[place, 0] == 0:
                n_nodes += 1
                slots[place, 0] = key
                slots[place, 1] = np.uint64(n_nodes)
            node = INNER | (slots[place, 1] & NODE)
        slots[place, 1] = (slots[place, 1] & NODE) | ends[window]
    return n_nodes
