"""Hashes of keys on the host: eight keys go abreast, one in each lane."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.blocks import BARE
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
ONE = np.uint64(1)
NOBODY, NEVER = -1, 1 << 62
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


@njit(cache=True, nogil=True, inline="always")
def _absorb_both(h0, h1, word):  # type: ignore[no-untyped-def]
    return _absorb(h0, word, TURNS[0], MULTIPLIER_0), _absorb(h1, word, TURNS[1], MULTIPLIER_1)


@njit(cache=True, nogil=True)
def key_hashes(offsets, codepoints, text_offsets, data):  # type: ignore[no-untyped-def]
    """Two 64-bit hashes of each key, two code points a step; empty keys hash their bytes."""
    n_documents = len(offsets) - 1
    result = np.empty((n_documents, 2), np.uint64)
    places, left = np.zeros(ABREAST, np.int64), np.zeros(ABREAST, np.int64)
    lanes = np.full(ABREAST, NOBODY), places, left, np.zeros(2 * ABREAST, np.uint64)
    _hash_all(offsets, codepoints, text_offsets, data, lanes, result)
    return result


@njit(**BARE)
def _hash_all(offsets, codepoints, text_offsets, data, lanes, result):  # type: ignore[no-untyped-def]
    """Go on in all lanes as far as the key that ends first, which makes way for the next one.

    Lanes for which none is left follow one that is busy, to no end.
    """
    documents, places, left, hashes = lanes
    following, n_words = np.int64(0), np.int64(0)
    while True:
        busy = np.int64(NOBODY)
        for lane in range(ABREAST):
            left[lane] -= n_words
            places[lane] += 2 * n_words
            while left[lane] == 0:
                document = documents[lane]
                if document != NOBODY:
                    start, stop = offsets[document], offsets[document + 1]
                    h0, h1 = hashes[lane], hashes[ABREAST + lane]
                    if places[lane] < stop:
                        h0, h1 = _absorb_both(h0, h1, np.uint64(codepoints[stop - 1]))
                    elif start == stop:
                        bounds = text_offsets[document], text_offsets[document + 1]
                        h0, h1 = _of_bytes(data, *bounds)
                    result[document, 0] = _finish(h0)
                    result[document, 1] = _finish(h1 + h0 * MULTIPLIER_1)
                if following == len(offsets) - 1:
                    documents[lane], left[lane] = NOBODY, NEVER
                else:
                    start, stop = offsets[following], offsets[following + 1]
                    documents[lane], places[lane], left[lane] = (
                        following,
                        start,
                        (stop - start) >> 1,
                    )
                    hashes[lane] = KEY_SPACE ^ np.uint64(stop - start)
                    hashes[ABREAST + lane] = ~hashes[lane]
                    following += 1
            if documents[lane] != NOBODY and (busy == NOBODY or left[lane] < left[busy]):
                busy = lane
        if busy == NOBODY:
            return
        n_words = left[busy]
        for lane in range(ABREAST):
            if documents[lane] == NOBODY:
                places[lane] = places[busy]
        _absorb_all(codepoints, places, n_words, hashes)


@njit(**BARE)
def _of_bytes(data, start, end):  # type: ignore[no-untyped-def]
    h0, h1 = BYTE_SPACE, ~BYTE_SPACE
    for i in range(start, end):
        h0, h1 = _absorb_both(h0, h1, np.uint64(data[i]) + ONE)
    return h0, h1
