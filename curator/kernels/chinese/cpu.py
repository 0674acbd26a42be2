"""Host body: finds the windows where a rule may apply and copies everything between them."""

from __future__ import annotations

import numpy as np

from curator.kernels.chinese import HAN, REMOVED, REPLACED, rules
from curator.kernels.chinese.phrases import contains_phrase, hash_table
from curator.kernels.compiled import njit
from curator.kernels.unicode.decode import decode, previous_character

__all__ = ["clean", "contains_phrase", "hash_table"]

_MARGIN = 2
"""Characters without a kind, or Han, that part two windows: no rule looks further."""


@njit(cache=True, nogil=True)
def _next_marked(
    data: np.ndarray, at: int, end: int, kinds: np.ndarray, inert_pages: np.ndarray
) -> int:
    """Return where the next character with a kind but ``HAN`` begins, or ``end``."""
    while at < end:
        byte = np.int64(data[at])
        if byte < 0x80:
            if kinds[byte]:  # no ASCII character is Han
                return at
            at += 1
            continue
        if 0xE0 <= byte < 0xF0:
            page = ((byte & 0x0F) << 6) | (np.int64(data[at + 1]) & 0x3F)
            if inert_pages[page]:
                at += 3
                continue
        point, size = decode(data, at)
        if kinds[point] & ~HAN:
            return at
        at += size
    return at


@njit(cache=True, nogil=True)
def _window_end(data: np.ndarray, at: int, end: int, kinds: np.ndarray) -> tuple[int, int, bool]:
    """Return the end of the marked characters from ``at`` on, how many, and if one never stays."""
    marked, quiet, last, hot = 0, 0, at, False
    while at < end and quiet < _MARGIN:
        point, size = decode(data, at)
        kind = kinds[point]
        at += size
        if kind & ~HAN:
            marked, quiet, last = marked + 1, 0, at
            hot |= kind & (REMOVED | REPLACED) != 0
        else:
            quiet += 1
    return last, marked, hot


@njit(cache=True, nogil=True)
def _margin_before(data: np.ndarray, start: int, at: int) -> tuple[int, int]:
    """Return where the margin before byte ``at`` begins, and its characters."""
    n = 0
    while n < _MARGIN and at > start:
        at = previous_character(data, start, at)
        n += 1
    return at, n


@njit(cache=True, nogil=True)
def _margin_after(data: np.ndarray, at: int, end: int) -> tuple[int, int]:
    """Return where the margin from byte ``at`` on ends, and its characters."""
    n = 0
    while n < _MARGIN and at < end:
        _, size = decode(data, at)
        at += size
        n += 1
    return at, n


@njit(cache=True, nogil=True)
def _write(point: int, out: np.ndarray, at: int) -> int:
    """Write a code point as UTF-8; return the place after it."""
    if point < 0x80:
        out[at] = point
        return at + 1
    if point < 0x800:
        out[at] = 0xC0 | (point >> 6)
        out[at + 1] = 0x80 | (point & 0x3F)
        return at + 2
    if point < 0x10000:
        out[at] = 0xE0 | (point >> 12)
        out[at + 1] = 0x80 | ((point >> 6) & 0x3F)
        out[at + 2] = 0x80 | (point & 0x3F)
        return at + 3
    out[at] = 0xF0 | (point >> 18)
    out[at + 1] = 0x80 | ((point >> 12) & 0x3F)
    out[at + 2] = 0x80 | ((point >> 6) & 0x3F)
    out[at + 3] = 0x80 | (point & 0x3F)
    return at + 4


@njit(cache=True, nogil=True)
def _read_window(
    data: np.ndarray,
    start: int,
    end: int,
    points: np.ndarray,
    window: np.ndarray,
    kinds: np.ndarray,
) -> int:
    """Decode the characters between two bytes; return how many there are."""
    n, at = 0, start
    while at < end:
        point, size = decode(data, at)
        points[n], window[n] = point, kinds[point]
        n += 1
        at += size
    return n


@njit(cache=True, nogil=True)
def _settle(
    points: np.ndarray,
    window: np.ndarray,
    n: int,
    kinds: np.ndarray,
    replaced: np.ndarray,
    replacements: np.ndarray,
    spelled_out: bool,
    brackets: bool,
    spaces: bool,
    cap: int,
) -> int:
    """Run the rules until none changes the window; return its new length."""
    n = rules.replace(points, window, n, kinds, replaced, replacements)
    before = -1
    while before != n:
        before = n
        if spelled_out:
            n = rules.join_spelled_out(points, window, n)
        if brackets:
            n = rules.remove_empty_brackets(points, window, n)
            n = rules.remove_leading_delimiters(points, window, n)
            n = rules.remove_trailing_delimiters(points, window, n)
        if spaces:
            n = rules.remove_spaces(points, window, n)
        if cap:
            n = rules.cap_runs(points, window, n, cap)
    return n


@njit(cache=True, nogil=True)
def _copy(data: np.ndarray, start: int, end: int, out: np.ndarray, at: int) -> int:
    """Copy bytes as they are; return the place after them."""
    out[at : at + end - start] = data[start:end]
    return at + end - start


@njit(cache=True, nogil=True)
def clean(
    offsets: np.ndarray,
    data: np.ndarray,
    kinds: np.ndarray,
    inert_pages: np.ndarray,
    replaced: np.ndarray,
    replacements: np.ndarray,
    spelled_out: bool,
    brackets: bool,
    spaces: bool,
    cap: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the offsets and bytes of the cleaned documents; see the contract."""
    n_documents = len(offsets) - 1
    out = np.empty(offsets[n_documents] - offsets[0], np.uint8)
    out_offsets = np.zeros(n_documents + 1, np.int64)
    longest = 0
    for row in range(n_documents):
        longest = max(longest, offsets[row + 1] - offsets[row])
    points, window = np.empty(longest, np.int64), np.empty(longest, np.int64)
    written = 0
    for row in range(n_documents):
        copied, end = offsets[row], offsets[row + 1]
        at = _next_marked(data, copied, end, kinds, inert_pages)
        while at < end:
            last, marked, hot = _window_end(data, at, end, kinds)
            if marked > 1 or hot:  # another mark by itself stays, whatever stands beside it
                left, before = _margin_before(data, offsets[row], at)
                right, after = _margin_after(data, last, end)
                n = _read_window(data, left, right, points, window, kinds)
                settled = _settle(
                    points,
                    window,
                    n,
                    kinds,
                    replaced,
                    replacements,
                    spelled_out,
                    brackets,
                    spaces,
                    cap,
                )
                if settled != n or hot:
                    written = _copy(data, copied, at, out, written)
                    for index in range(before, settled - after):
                        written = _write(points[index], out, written)
                    copied = last
            at = _next_marked(data, last, end, kinds, inert_pages)
        written = _copy(data, copied, end, out, written)
        out_offsets[row + 1] = written
    return out_offsets, out[:written]
