"""Hashes of keys on the host: eight keys of about one length go abreast, one in each lane."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.compiled import intrinsic, njit
from curator.kernels.vectors import cgutils, holds, types

ABREAST = 8
"""Each step of a hash waits for the one before, so single keys would leave the processor idle."""
MULTIPLIER_0 = np.uint64(0x9FB21C651E98DF25)
MULTIPLIER_1 = np.uint64(0xD6E8FEB86659FD93)
FINAL_0 = np.uint64(0xFF51AFD7ED558CCD)
FINAL_1 = np.uint64(0xC4CEB9FE1A85EC53)
KEY_SPACE = np.uint64(0x5BD1E9955BD1E995)
BYTE_SPACE = np.uint64(0x27D4EB2F165667C5)
TURNS = (29, 37)
ONE, TWO = np.uint64(1), np.uint64(2)
LONG = ir.IntType(64)
LANES = ir.VectorType(LONG, ABREAST)


@intrinsic
def _absorb_all(typing: Any, codepoints: Any, places: Any, n: Any, lanes: Any) -> Any:
    """Take ``n`` words of each of ``ABREAST`` keys into their hashes.

    ``codepoints`` is uint32[...], ``places`` int64[ABREAST], where the words of each begin, and
    ``lanes`` uint64[2 * ABREAST], the first halves of all hashes and then the second.
    """
    shapes = (codepoints, types.uint32), (places, types.int64), (lanes, types.uint64)
    if not all(holds(kind, dtype) for kind, dtype in shapes):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        points, firsts, state = (
            context.make_array(kind)(context, builder, value).data
            for kind, value in ((codepoints, values[0]), (places, values[1]), (lanes, values[3]))
        )
        starts = [
            builder.gep(points, [builder.load(builder.gep(firsts, [LONG(lane)]))])
            for lane in range(ABREAST)
        ]
        halves = [
            builder.bitcast(builder.gep(state, [LONG(half * ABREAST)]), LANES.as_pointer())
            for half in range(2)
        ]
        hashes = [
            cgutils.alloca_once_value(builder, builder.load(half, align=8)) for half in halves
        ]
        with cgutils.for_range(builder, values[2]) as loop:
            word = ir.Constant(LANES, ir.Undefined)
            for lane, start in enumerate(starts):
                place = builder.bitcast(
                    builder.gep(start, [builder.shl(loop.index, LONG(1))]), LONG.as_pointer()
                )
                word = builder.insert_element(word, builder.load(place, align=4), LONG(lane))
            if sys.byteorder == "big":
                word = _turned(builder, word, 32)
            for h, turn, factor in zip(hashes, TURNS, (MULTIPLIER_0, MULTIPLIER_1), strict=True):
                mixed = builder.xor(_turned(builder, builder.load(h), turn), word)
                builder.store(builder.mul(mixed, ir.Constant(LANES, [int(factor)] * ABREAST)), h)
        for half, h in zip(halves, hashes, strict=True):
            builder.store(builder.load(h), half, align=8)
        return context.get_dummy_value()

    return types.void(codepoints, places, types.int64, lanes), build


def _turned(builder: Any, vector: Any, by: int) -> Any:
    high = builder.shl(vector, ir.Constant(LANES, [by] * ABREAST))
    return builder.or_(high, builder.lshr(vector, ir.Constant(LANES, [64 - by] * ABREAST)))


@njit(cache=True, nogil=True, inline="always")
def _finish(h):  # type: ignore[no-untyped-def]  # compiled: Numba infers the types
    h ^= h >> np.uint64(33)
    h *= FINAL_0
    h ^= h >> np.uint64(29)
    h *= FINAL_1
    return h ^ (h >> np.uint64(32))


@njit(cache=True, nogil=True, inline="always")
def _absorb(h, word, rotation, multiplier):  # type: ignore[no-untyped-def]
    turned = (h << np.uint64(rotation)) | (h >> np.uint64(64 - rotation))
    return (turned ^ word) * multiplier


def key_hashes(
    offsets: np.ndarray, codepoints: np.ndarray, text_offsets: np.ndarray, data: np.ndarray
) -> np.ndarray:
    """Return uint64[n, 2]; see the contract."""
    by_length = np.argsort(np.diff(offsets))
    return _hashed(by_length, offsets, codepoints, text_offsets, data)


@njit(cache=True, nogil=True)
def _hashed(documents, offsets, codepoints, text_offsets, data):  # type: ignore[no-untyped-def]
    """Two 64-bit lanes over each key, two code points a step; empty keys hash their bytes.

    ``documents`` go by length.
    """
    result = np.empty((len(documents), 2), np.uint64)
    places, lanes = np.empty(ABREAST, np.int64), np.empty(2 * ABREAST, np.uint64)
    last = len(documents) - 1
    for first in range(0, len(documents), ABREAST):
        for lane in range(ABREAST):  # behind the last, that one again
            document = documents[min(first + lane, last)]
            places[lane] = offsets[document]
            lanes[lane] = KEY_SPACE ^ np.uint64(offsets[document + 1] - offsets[document])
            lanes[ABREAST + lane] = ~lanes[lane]
        shortest = documents[first]
        n_words = (offsets[shortest + 1] - offsets[shortest]) >> 1
        _absorb_all(codepoints, places, n_words, lanes)
        for lane in range(min(ABREAST, last + 1 - first)):
            document = documents[first + lane]
            i, end = places[lane] + 2 * n_words, offsets[document + 1]
            h0, h1 = lanes[lane], lanes[ABREAST + lane]
            result[document] = _rest(codepoints, np.uint64(i), np.uint64(end), h0, h1)
            if places[lane] == end:
                bounds = text_offsets[document], text_offsets[document + 1]
                result[document] = _bytes_hashed(data, *bounds)
    return result


@njit(cache=True, nogil=True, inline="always")
def _word(codepoints, i):  # type: ignore[no-untyped-def]
    return np.uint64(codepoints[i]) | (np.uint64(codepoints[i + ONE]) << np.uint64(32))


@njit(cache=True, nogil=True)
def _rest(codepoints, i, end, h0, h1):  # type: ignore[no-untyped-def]
    """Return the hash of a key, of which all is absorbed but the code points from ``i`` on."""
    while i + ONE < end:
        word = _word(codepoints, i)
        h0 = _absorb(h0, word, 29, MULTIPLIER_0)
        h1 = _absorb(h1, word, 37, MULTIPLIER_1)
        i += TWO
    if i < end:
        word = np.uint64(codepoints[i])
        h0 = _absorb(h0, word, 29, MULTIPLIER_0)
        h1 = _absorb(h1, word, 37, MULTIPLIER_1)
    return _finish(h0), _finish(h1 + h0 * MULTIPLIER_1)


@njit(cache=True, nogil=True)
def _bytes_hashed(data, start, end):  # type: ignore[no-untyped-def]
    h0, h1 = BYTE_SPACE, ~BYTE_SPACE
    for i in range(start, end):
        word = np.uint64(data[i]) + ONE
        h0 = _absorb(h0, word, 29, MULTIPLIER_0)
        h1 = _absorb(h1, word, 37, MULTIPLIER_1)
    return _finish(h0), _finish(h1 + h0 * MULTIPLIER_1)
