"""The host's body of the cutting kernel."""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit
from curator.kernels.pieces.classes import (
    BLANK,
    DIGIT,
    JOINER,
    NEWLINE,
    SPACE,
    SYMBOL,
    UNSPACED,
    UNSPACED_MARK,
    WORD,
    WORD_MARK,
)

MAX_WORD = 32
MAX_RUN = 16


@njit(cache=True, nogil=True)
def point(data: np.ndarray, at: int) -> tuple[np.int64, int]:
    """Return the code point that begins at byte ``at`` of valid UTF-8, and its width in bytes."""
    lead = np.int64(data[at])
    if lead < 0x80:
        return lead, 1
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | (data[at + 1] & 0x3F), 2
    second = np.int64(data[at + 1] & 0x3F)
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | second << 6 | (data[at + 2] & 0x3F), 3
    third = np.int64(data[at + 2] & 0x3F)
    return (lead & 0x07) << 18 | second << 12 | third << 6 | (data[at + 3] & 0x3F), 4


@njit(cache=True, nogil=True)
def _run(
    data: np.ndarray, at: int, stop: int, classes: np.ndarray, allowed: int, limit: int
) -> int:
    """Return the end of a run of at most ``limit`` characters whose class bit is in ``allowed``."""
    for _ in range(limit):
        if at >= stop:
            break
        value, width = point(data, at)
        if not (allowed >> classes[value]) & 1:
            break
        at += width
    return at


@njit(cache=True, nogil=True)
def _blank_end(data: np.ndarray, at: int, stop: int, classes: np.ndarray) -> int:
    """Return the end of white space that begins here; its last blank stays with what follows."""
    count, last = 0, at
    while at < stop and count < MAX_RUN:
        value, width = point(data, at)
        kind = classes[value]
        if kind not in (SPACE, BLANK):
            break
        last = at
        at += width
        count += 1
    if at >= stop or count == 1:
        return at
    kind = classes[point(data, at)[0]]
    if kind in (SPACE, BLANK, NEWLINE):
        return at
    return last


@njit(cache=True, nogil=True)
def piece_end(data: np.ndarray, at: int, stop: int, classes: np.ndarray) -> int:
    """Return the end of the piece that begins at byte ``at`` of a document ending at ``stop``."""
    value, width = point(data, at)
    kind = classes[value]
    after = at + width
    if kind == SPACE and after < stop:
        value, width = point(data, after)
        following = classes[value]
        if following >= WORD:  # word letters, their marks, joiners and symbols take the space
            kind = following
            after += width
    if kind in (WORD, WORD_MARK):
        inside = 1 << WORD | 1 << WORD_MARK | 1 << JOINER
        return _run(data, after, stop, classes, inside, MAX_WORD - 1)
    if kind in (UNSPACED, UNSPACED_MARK):
        inside = 1 << UNSPACED | 1 << UNSPACED_MARK | 1 << WORD_MARK | 1 << JOINER
        return _run(data, after, stop, classes, inside, MAX_RUN - 1)
    if kind in (SYMBOL, JOINER):
        inside = 1 << SYMBOL | 1 << JOINER | 1 << WORD_MARK | 1 << UNSPACED_MARK
        return _run(data, after, stop, classes, inside, MAX_RUN - 1)
    if kind == DIGIT:
        return after
    if kind == NEWLINE:
        return _run(data, after, stop, classes, 1 << NEWLINE, MAX_RUN - 1)
    return _blank_end(data, at, stop, classes)


@njit(cache=True, nogil=True)
def cut(
    offsets: np.ndarray, data: np.ndarray, classes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Body of ``curator.kernels.pieces.cut``."""
    n_documents = len(offsets) - 1
    bounds = np.empty(offsets[n_documents] - offsets[0] + 1, np.int64)
    first = np.zeros(n_documents + 1, np.int64)
    bounds[0] = offsets[0]
    n_pieces = 0
    for document in range(n_documents):
        at, stop = offsets[document], offsets[document + 1]
        while at < stop:
            at = piece_end(data, at, stop, classes)
            n_pieces += 1
            bounds[n_pieces] = at
        first[document + 1] = n_pieces
    return bounds[: n_pieces + 1].copy(), first


@njit(cache=True, nogil=True)
def words(
    offsets: np.ndarray, data: np.ndarray, classes: np.ndarray, max_characters: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Body of ``curator.kernels.pieces.words``."""
    n_documents = len(offsets) - 1
    room = (offsets[n_documents] - offsets[0] + 1) // 2 + n_documents
    starts = np.empty(room, np.int64)
    stops = np.empty(room, np.int64)
    documents = np.empty(room, np.int64)
    n_words = 0
    for document in range(n_documents):
        at, stop = offsets[document], offsets[document + 1]
        while at < stop:
            begin, end, length, open_run = at, at, 0, False
            while at < stop:
                value, width = point(data, at)
                kind = classes[value]
                if kind in (WORD, WORD_MARK):
                    open_run = True
                    end = at + width
                elif not (open_run and kind == JOINER):
                    if not open_run:
                        at += width
                    break
                length += 1
                at += width
            if open_run and length <= max_characters:
                starts[n_words] = begin
                stops[n_words] = end
                documents[n_words] = document
                n_words += 1
    return starts[:n_words].copy(), stops[:n_words].copy(), documents[:n_words].copy()
