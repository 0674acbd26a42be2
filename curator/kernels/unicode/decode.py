"""Walking over UTF-8 inside numba bodies; the text is valid, so nothing is checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from curator.kernels.compiled import njit


@njit(cache=True, nogil=True, inline="always")
def decode(data: np.ndarray, at: int) -> tuple[Any, int]:
    """Return the code point at byte ``at`` and its length in bytes."""
    byte = np.int64(data[at])
    if byte < 0x80:
        return byte, 1
    if byte < 0xE0:
        return ((byte & 0x1F) << 6) | (np.int64(data[at + 1]) & 0x3F), 2
    middle = ((np.int64(data[at + 1]) & 0x3F) << 6) | (np.int64(data[at + 2]) & 0x3F)
    if byte < 0xF0:
        return ((byte & 0x0F) << 12) | middle, 3
    return ((byte & 0x07) << 18) | (middle << 6) | (np.int64(data[at + 3]) & 0x3F), 4


@njit(cache=True, nogil=True)
def previous_character(data: np.ndarray, start: int, at: int) -> int:
    """Return where the character that ends before byte ``at`` begins; not before ``start``."""
    at -= 1
    while at > start and data[at] & 0xC0 == 0x80:
        at -= 1
    return at
