"""The rules, each over one window of characters held as code points and kinds.

A rule reads a window from left to right and writes what it keeps to the window's front, so the
place behind ``write`` still holds the characters as they were. It returns the new length.
"""

from __future__ import annotations

import numpy as np

from curator.kernels.chinese import (
    CAPPED,
    CLOSING,
    EMPTY,
    GAP,
    HAN,
    LEADING,
    OPENING,
    REMOVED,
    REPLACED,
    SPACE,
)
from curator.kernels.compiled import njit

_WIDE_OPEN, _WIDE_CLOSE = 0xFF08, 0xFF09
_OPEN, _CLOSE, _BLANK = 0x28, 0x29, 0x20


@njit(cache=True, nogil=True)
def _keep(points: np.ndarray, kinds: np.ndarray, write: int, at: int, end: int) -> int:
    """Move the characters from ``at`` to ``end`` to ``write``; return the place after them."""
    if write == at:
        return end
    for source in range(at, end):
        points[write] = points[source]
        kinds[write] = kinds[source]
        write += 1
    return write


@njit(cache=True, nogil=True)
def _run_of(kinds: np.ndarray, at: int, n: int, wanted: int) -> int:
    """Return the end of the run of characters of a kind that begins at ``at``, or ``at``."""
    while at < n and kinds[at] & wanted:
        at += 1
    return at


@njit(cache=True, nogil=True)
def replace(
    points: np.ndarray,
    kinds: np.ndarray,
    n: int,
    every_kind: np.ndarray,
    replaced: np.ndarray,
    replacements: np.ndarray,
) -> int:
    """Delete and replace the characters that never stay."""
    write = 0
    for at in range(n):
        kind, point = kinds[at], points[at]
        if kind & REMOVED:
            continue
        if kind & REPLACED:
            point = replacements[np.searchsorted(replaced, point)]
            kind = every_kind[point]
        points[write], kinds[write] = point, kind
        write += 1
    return write


@njit(cache=True, nogil=True)
def join_spelled_out(points: np.ndarray, kinds: np.ndarray, n: int) -> int:
    """Join three or more Han characters that each stand alone between single spaces."""
    write = at = 0
    while at < n:
        end = at + 1
        if kinds[at] & HAN and (at == 0 or not kinds[at - 1] & HAN):
            while (
                end + 1 < n
                and kinds[end] & SPACE
                and kinds[end + 1] & HAN
                and not (end + 2 < n and kinds[end + 2] & HAN)
            ):
                end += 2
        if end - at < 5:
            end = at + 1
        for letter in range(at, end, 2):
            write = _keep(points, kinds, write, letter, letter + 1)
        at = end
    return write


@njit(cache=True, nogil=True)
def _empty_brackets(points: np.ndarray, kinds: np.ndarray, at: int, n: int) -> int:
    """Return the end of the empty brackets, with the space before them, at ``at``; else ``at``."""
    bracket = at + 1 if points[at] == _BLANK and at + 1 < n else at
    if points[bracket] == _WIDE_OPEN:
        end = _run_of(kinds, bracket + 1, n, EMPTY)
        return end + 1 if end < n and points[end] == _WIDE_CLOSE else at
    if points[bracket] == _OPEN and at > 0 and kinds[at - 1] & HAN:
        end = _run_of(kinds, bracket + 1, n, LEADING)
        return end + 1 if end < n and points[end] == _CLOSE else at
    return at


@njit(cache=True, nogil=True)
def remove_empty_brackets(points: np.ndarray, kinds: np.ndarray, n: int) -> int:
    """Delete brackets with nothing but delimiters in them."""
    write = at = 0
    while at < n:
        end = _empty_brackets(points, kinds, at, n)
        if end == at:
            write = _keep(points, kinds, write, at, at + 1)
            end += 1
        at = end
    return write


@njit(cache=True, nogil=True)
def remove_leading_delimiters(points: np.ndarray, kinds: np.ndarray, n: int) -> int:
    """Delete delimiters with nothing before them in their brackets, unless nothing follows."""
    write = at = 0
    while at < n:
        end = at
        if at > 0 and points[at - 1] == _WIDE_OPEN and kinds[at] & LEADING:
            end = _run_of(kinds, at, n, GAP)
        if end in (at, n):
            end = at + 1
            write = _keep(points, kinds, write, at, end)
        at = end
    return write


@njit(cache=True, nogil=True)
def remove_trailing_delimiters(points: np.ndarray, kinds: np.ndarray, n: int) -> int:
    """Delete delimiters with nothing after them in their brackets."""
    write = at = 0
    while at < n:
        end = at
        if kinds[at] & LEADING and at > 0 and not kinds[at - 1] & GAP:
            end = _run_of(kinds, at, n, LEADING)
        if end in (at, n) or points[end] != _WIDE_CLOSE:
            end = at + 1
            write = _keep(points, kinds, write, at, end)
        at = end
    return write


@njit(cache=True, nogil=True)
def remove_spaces(points: np.ndarray, kinds: np.ndarray, n: int) -> int:
    """Delete space before closing marks, and after opening ones."""
    write = at = 0
    while at < n:
        end = _run_of(kinds, at, n, SPACE)
        if end > at and at > 0 and end < n:
            before, after = kinds[at - 1], kinds[end]
            closes = before & (HAN | CLOSING) != 0 and after & CLOSING != 0
            if closes or (before & OPENING != 0 and after & HAN != 0):
                at = end
                continue
        end = max(end, at + 1)
        write = _keep(points, kinds, write, at, end)
        at = end
    return write


@njit(cache=True, nogil=True)
def cap_runs(points: np.ndarray, kinds: np.ndarray, n: int, cap: int) -> int:
    """Cut runs of one mark to ``cap``."""
    write = at = 0
    while at < n:
        end = at + 1
        if kinds[at] & CAPPED:
            while end < n and points[end] == points[at]:
                end += 1
            write = _keep(points, kinds, write, at, min(end, at + cap))
        else:
            write = _keep(points, kinds, write, at, end)
        at = end
    return write
