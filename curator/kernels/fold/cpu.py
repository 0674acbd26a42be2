"""Folding on the host: one table look-up a code point."""

from __future__ import annotations

import numpy as np
from numba import njit

from curator.kernels.fold import compositions, table
from curator.kernels.fold.table import FoldTables

EXPAND = np.uint32(table.EXPAND)
EXAMINE = np.uint32(table.EXAMINE)
CODE_POINT = np.uint32(table.CODE_POINT)
TRADITIONAL_BIT = np.uint32(29)
COMPOSES = np.uint32(compositions.COMPOSES)
ALWAYS = np.uint32(compositions.ALWAYS)
LONGEST_EXPANSION = 6  # output code points a byte, at most: U+FDFA is 3 bytes and 18 characters

MULTIPLIER_0 = np.uint64(0x9FB21C651E98DF25)
MULTIPLIER_1 = np.uint64(0xD6E8FEB86659FD93)
FINAL_0 = np.uint64(0xFF51AFD7ED558CCD)
FINAL_1 = np.uint64(0xC4CEB9FE1A85EC53)
KEY_SPACE = np.uint64(0x5BD1E9955BD1E995)
BYTE_SPACE = np.uint64(0x27D4EB2F165667C5)


def fold_documents(
    offsets: np.ndarray,
    data: np.ndarray,
    folds: np.ndarray,
    tables: FoldTables,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return key offsets, code points, counts int64[n, 2] and bool[n]: needs normalising first."""
    n_documents = len(offsets) - 1
    n_bytes = int(offsets[-1] - offsets[0])
    keys = np.zeros(n_documents + 1, np.int64)
    counts = np.zeros((n_documents, 2), np.int64)
    interacting = np.zeros(n_documents, np.bool_)
    for growth in (1, LONGEST_EXPANSION):  # nearly always one code point a byte is enough
        codepoints = np.empty(n_bytes * growth, np.uint32)
        lookups = (folds, tables.expansions, tables.boundary, tables.pairs)
        if _fold_into(offsets, data, *lookups, codepoints, keys, counts, interacting):
            break
    return keys, codepoints[: keys[-1]], counts, interacting


@njit(cache=True, nogil=True)
def _composes(pairs, starter, c):  # type: ignore[no-untyped-def]
    pair = (np.uint64(starter) << np.uint64(21)) | np.uint64(c)
    place = np.searchsorted(pairs, pair)
    return place < len(pairs) and pairs[place] == pair


@njit(cache=True, nogil=True)
def _decode(data, i):  # type: ignore[no-untyped-def]  # compiled: Numba infers the types
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
def _fold_into(  # type: ignore[no-untyped-def]
    offsets, data, folds, expansions, boundary, pairs, codepoints, keys, counts, interacting
):
    k = np.int64(0)
    last = offsets[-1]
    keys[0] = 0
    for document in range(len(offsets) - 1):
        i, end = offsets[document], offsets[document + 1]
        traditional, replacements = np.int64(0), np.int64(0)
        previous = np.uint32(0)
        # State behind the last examined character, valid when it ended where the next begins.
        examined_end, trail, starter = np.int64(-1), np.uint32(0), np.uint32(0)
        interacts = False
        while i < end:
            start = i
            c, width = _decode(data, i)
            i += width
            value = folds[c]
            if value < EXAMINE:  # nearly every character: a letter, or 0 and thereby nothing
                codepoints[k] = value & CODE_POINT
                traditional += np.int64(value >> TRADITIONAL_BIT)
                k += value != 0
                previous = c
                continue
            if value & EXAMINE:
                flags = boundary[c]
                if examined_end != start:
                    trail = (boundary[previous] >> np.uint32(8)) & np.uint32(0xFF)
                    starter = previous
                lead = flags & np.uint32(0xFF)
                if flags & ALWAYS or 0 < lead < trail:
                    interacts = True
                    break
                if flags & COMPOSES and _composes(pairs, starter, c):
                    interacts = True
                    break
                trail = (flags >> np.uint32(8)) & np.uint32(0xFF)
                if lead == 0:
                    starter = c
                examined_end = i
                value &= ~EXAMINE
            if value & EXPAND:
                replacements += c == np.uint32(0xFFFD)
                length = np.int64(value & np.uint32(31))
                first = np.int64((value & ~EXPAND) >> np.uint32(5))
                if k + length + (last - i) > len(codepoints):
                    return False
                for j in range(length):
                    codepoints[k + j] = expansions[first + j] & CODE_POINT
                    traditional += np.int64(expansions[first + j] >> TRADITIONAL_BIT)
                k += length
            elif value:
                codepoints[k] = value & CODE_POINT
                traditional += np.int64(value >> TRADITIONAL_BIT)
                k += 1
            previous = c
        if interacts:
            k = keys[document]
        interacting[document] = interacts
        counts[document, 0] = traditional
        counts[document, 1] = replacements
        keys[document + 1] = k
    return True


@njit(cache=True, nogil=True)
def join(joined, offsets, codepoints, slow, slow_offsets, slow_codepoints):  # type: ignore[no-untyped-def]
    """Return one buffer of code points with the slow documents put in their places."""
    result = np.empty(joined[-1], np.uint32)
    done = np.int64(0)
    for number in range(len(slow) + 1):
        document = slow[number] if number < len(slow) else len(offsets) - 1
        result[joined[done] : joined[document]] = codepoints[offsets[done] : offsets[document]]
        if number < len(slow):
            result[joined[document] : joined[document + 1]] = slow_codepoints[
                slow_offsets[number] : slow_offsets[number + 1]
            ]
        done = document + 1
    return result


@njit(cache=True, nogil=True, inline="always")
def _finish(h):  # type: ignore[no-untyped-def]
    h ^= h >> np.uint64(33)
    h *= FINAL_0
    h ^= h >> np.uint64(29)
    h *= FINAL_1
    return h ^ (h >> np.uint64(32))


@njit(cache=True, nogil=True, inline="always")
def _absorb(h, word, rotation, multiplier):  # type: ignore[no-untyped-def]
    turned = (h << np.uint64(rotation)) | (h >> np.uint64(64 - rotation))
    return (turned ^ word) * multiplier


@njit(cache=True, nogil=True)
def key_hashes(offsets, codepoints, text_offsets, data):  # type: ignore[no-untyped-def]
    """Two 64-bit lanes over the key, two code points a step; empty keys hash their bytes."""
    n_documents = len(offsets) - 1
    result = np.empty((n_documents, 2), np.uint64)
    for document in range(n_documents):
        start, stop = offsets[document], offsets[document + 1]
        h0 = KEY_SPACE ^ np.uint64(stop - start)
        h1 = ~h0
        for i in range(start, stop - 1, 2):
            word = np.uint64(codepoints[i]) | (np.uint64(codepoints[i + 1]) << np.uint64(32))
            h0 = _absorb(h0, word, 29, MULTIPLIER_0)
            h1 = _absorb(h1, word, 37, MULTIPLIER_1)
        if (stop - start) & 1:
            word = np.uint64(codepoints[stop - 1])
            h0 = _absorb(h0, word, 29, MULTIPLIER_0)
            h1 = _absorb(h1, word, 37, MULTIPLIER_1)
        if start == stop:
            h0 = BYTE_SPACE
            h1 = ~h0
            for i in range(text_offsets[document], text_offsets[document + 1]):
                word = np.uint64(data[i]) + np.uint64(1)
                h0 = _absorb(h0, word, 29, MULTIPLIER_0)
                h1 = _absorb(h1, word, 37, MULTIPLIER_1)
        result[document, 0] = _finish(h0)
        result[document, 1] = _finish(h1 + h0 * MULTIPLIER_1)
    return result
