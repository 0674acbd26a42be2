"""Sixty-four bytes at a time: which of them lie in a range, as the bits of one word.

Each function becomes a handful of vector instructions on any processor LLVM knows; numba finds
none of this by itself, because it cannot turn a loop of comparisons into one word of bits. Bit 0
stands for the byte at ``at``. The caller sees to it that the bytes exist.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs
from numba import extending, njit, types
from numba.core import cgutils

intrinsic: Any = extending.intrinsic  # its own type takes the first parameter for the caller's
SIZE = 64
"""Bytes in a block."""
BARE: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
"""Options for functions that make no array: numba counts no references in them. Each count is an
atomic step of some 5 ns, a dozen of them in a call: more than the work on a short document."""
JOINED: dict[str, Any] = {**BARE, "forceinline": True}
"""The same for functions that LLVM shall make one with their callers: to hand over half a dozen
arrays takes longer than to go through a short document or a block."""


def _block(context: Any, builder: Any, kind: Any, data: Any, at: Any) -> Any:
    """Load the bytes from ``at`` as one vector, wherever in memory they lie."""
    array = context.make_array(kind)(context, builder, data)
    place = builder.gep(array.data, [at])
    vector = ir.VectorType(ir.IntType(8), SIZE)
    return builder.load(builder.bitcast(place, vector.as_pointer()), align=1)


def _everywhere(builder: Any, byte: Any) -> Any:
    """Return a vector that holds one byte in all places."""
    vector = ir.VectorType(ir.IntType(8), SIZE)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), byte, cgutils.int32_t(0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), SIZE), [0] * SIZE)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), places)


@intrinsic
def _between(typing: Any, data: Any, at: Any, low: Any, size: Any, fold: Any) -> Any:
    """Bits of the bytes b for which ``(b | fold) - low <= size``, without sign."""
    if not (isinstance(data, types.Array) and data.layout == "C" and data.dtype == types.uint8):
        return None
    signature = types.uint64(data, types.int64, types.uint8, types.uint8, types.uint8)

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array, place, lowest, extent, folding = values
        found = builder.or_(
            _block(context, builder, data, array, place), _everywhere(builder, folding)
        )
        moved = builder.sub(found, _everywhere(builder, lowest))
        bits = builder.icmp_unsigned("<=", moved, _everywhere(builder, extent))
        return builder.bitcast(bits, ir.IntType(64))

    return signature, build


@intrinsic
def _holding(typing: Any, data: Any, at: Any, flag: Any) -> Any:
    """Bits of the bytes b for which ``b & flag`` is not zero."""
    if not (isinstance(data, types.Array) and data.layout == "C" and data.dtype == types.uint8):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array, place, flag = values
        found = builder.and_(
            _block(context, builder, data, array, place), _everywhere(builder, flag)
        )
        zeros = ir.Constant(ir.VectorType(ir.IntType(8), SIZE), [0] * SIZE)
        return builder.bitcast(builder.icmp_unsigned("!=", found, zeros), ir.IntType(64))

    return types.uint64(data, types.int64, types.uint8), build


@intrinsic
def _repeated(typing: Any, data: Any, at: Any, distance: Any) -> Any:
    """Bits of the bytes that equal the byte ``distance`` bytes on."""
    if not (isinstance(data, types.Array) and data.layout == "C" and data.dtype == types.uint8):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array, place, distance = values
        following = builder.add(place, distance)
        bits = builder.icmp_unsigned(
            "==",
            _block(context, builder, data, array, place),
            _block(context, builder, data, array, following),
        )
        return builder.bitcast(bits, ir.IntType(64))

    return types.uint64(data, types.int64, types.int64), build


@intrinsic
def _filled(typing: Any, numbers: Any, at: Any) -> Any:
    """Bits of those of 64 numbers that are not zero."""
    kind = numbers
    if not (isinstance(kind, types.Array) and kind.layout == "C" and kind.dtype == types.int64):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array = context.make_array(kind)(context, builder, values[0])
        vector = ir.VectorType(ir.IntType(64), SIZE)
        place = builder.bitcast(builder.gep(array.data, [values[1]]), vector.as_pointer())
        zeros = ir.Constant(vector, [0] * SIZE)
        bits = builder.icmp_unsigned("!=", builder.load(place, align=8), zeros)
        return builder.bitcast(bits, ir.IntType(64))

    return types.uint64(kind, types.int64), build


@intrinsic
def _eight(typing: Any, data: Any, at: Any) -> Any:
    """Eight bytes as one number, the first byte its lowest."""
    if not (isinstance(data, types.Array) and data.layout == "C" and data.dtype == types.uint8):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array = context.make_array(data)(context, builder, values[0])
        place = builder.gep(array.data, [values[1]])
        number = builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)
        return number if sys.byteorder == "little" else builder.bswap(number)

    return types.uint64(data, types.int64), build


@intrinsic
def _ones(typing: Any, bits: Any) -> Any:
    return types.uint64(types.uint64), lambda _, builder, __, values: builder.ctpop(values[0])


@intrinsic
def _zeros_below(typing: Any, bits: Any) -> Any:
    return types.uint64(types.uint64), lambda _, builder, __, values: builder.cttz(
        values[0], ir.Constant(ir.IntType(1), 0)
    )


@intrinsic
def _zeros_above(typing: Any, bits: Any) -> Any:
    return types.uint64(types.uint64), lambda _, builder, __, values: builder.ctlz(
        values[0], ir.Constant(ir.IntType(1), 0)
    )


@intrinsic
def _reversed(typing: Any, bits: Any) -> Any:
    return types.uint64(types.uint64), lambda _, builder, __, values: builder.bitreverse(values[0])


@njit(cache=True, nogil=True, inline="always")
def turned(bits: Any) -> Any:
    """Return uint64, the bits in reverse order: bit 0 becomes bit 63."""
    return _reversed(np.uint64(bits))


@njit(cache=True, nogil=True, inline="always")
def ones(bits: Any) -> Any:
    """Return how many bits are set."""
    return np.int64(_ones(np.uint64(bits)))


@njit(cache=True, nogil=True, inline="always")
def lowest(bits: Any) -> Any:
    """Return the place of the lowest bit that is set; 64 where none is."""
    return np.int64(_zeros_below(np.uint64(bits)))


@njit(cache=True, nogil=True, inline="always")
def above_highest(bits: Any) -> Any:
    """Return one more than the place of the highest bit that is set; 0 where none is."""
    return np.int64(64) - np.int64(_zeros_above(np.uint64(bits)))


@njit(cache=True, nogil=True, inline="always")
def first_bits(number: Any) -> Any:
    """Return a word whose lowest ``number`` bits are set, 0 to 64."""
    if number >= 64:
        return ~np.uint64(0)
    return (np.uint64(1) << np.uint64(number)) - np.uint64(1)


@njit(cache=True, nogil=True, inline="always")
def within(data: np.ndarray, at: int, low: int, high: int) -> Any:
    """Return uint64, the bits of the bytes from ``low`` to ``high``."""
    return _between(data, np.int64(at), np.uint8(low), np.uint8(high - low), np.uint8(0))


@njit(cache=True, nogil=True, inline="always")
def holding(data: np.ndarray, at: int, flag: int) -> Any:
    """Return uint64, the bits of the bytes that hold a flag, itself of eight bits at most."""
    return _holding(data, np.int64(at), np.uint8(flag))


@njit(cache=True, nogil=True, inline="always")
def filled(numbers: np.ndarray, at: int) -> Any:
    """Return uint64, the bits of those of ``SIZE`` numbers, int64, that are not zero."""
    return _filled(numbers, np.int64(at))


@njit(cache=True, nogil=True, inline="always")
def ascii_letters(data: np.ndarray, at: int) -> Any:
    """Return uint64, the bits of the letters a to z and A to Z."""
    return _between(data, np.int64(at), np.uint8(0x61), np.uint8(25), np.uint8(0x20))


@njit(cache=True, nogil=True, inline="always")
def repeated(data: np.ndarray, at: int, distance: int) -> Any:
    """Return uint64, the bits of the bytes that equal the one ``distance`` bytes behind them.

    Reads ``distance`` bytes beyond the block.
    """
    return _repeated(data, np.int64(at), np.int64(distance))


@njit(**JOINED)
def within_text(data: np.ndarray, at: int, end: int, low: int, high: int) -> Any:
    """Return ``within`` for the bytes before ``end`` alone, near the end of the buffer too."""
    if at + SIZE <= len(data):
        return within(data, at, low, high) & first_bits(end - at)
    bits = np.uint64(0)
    for index in range(min(SIZE, end - at)):
        if low <= data[at + index] <= high:
            bits |= np.uint64(1) << np.uint64(index)
    return bits


@njit(**JOINED)
def characters_between(data: np.ndarray, start: int, end: int) -> int:
    """Return how many characters begin between two bytes."""
    tails = 0
    for block in range(start, end, SIZE):
        tails += ones(within_text(data, block, end, 0x80, 0xBF))
    return end - start - tails


@njit(cache=True, nogil=True, inline="always")
def eight(data: np.ndarray, at: int) -> Any:
    """Return uint64: eight bytes, the first one its lowest. They must be within the buffer."""
    return _eight(data, np.int64(at))


@njit(cache=True, nogil=True, inline="always")
def up_to_eight(data: np.ndarray, start: int, end: int) -> Any:
    """Return uint64: the bytes from ``start`` to ``end``, eight at most, then zeros."""
    if start + 8 <= len(data):
        return _eight(data, np.int64(start)) & first_bits(8 * (end - start))
    value = np.uint64(0)
    for index in range(end - start):
        value |= np.uint64(data[start + index]) << np.uint64(8 * index)
    return value
