"""Sixty-four bytes at a time: which of them lie in a range, as the bits of one word.

Each function becomes a handful of vector instructions on any processor LLVM knows; numba finds
none of this by itself, because it cannot turn a loop of comparisons into one word of bits. Bit 0
stands for the byte at ``at``. The caller sees to it that the bytes exist.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.compiled import intrinsic, njit
from curator.kernels.vectors import address, holds, load_vector, splat, types

SIZE = 64
"""Bytes in a block."""
BARE: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
"""Options for functions that make no array: numba counts no references in them. Each count is an
atomic step of some 5 ns, a dozen of them in a call: more than the work on a short document. Numba
has the option without documenting it."""
JOINED: dict[str, Any] = {**BARE, "forceinline": True}
"""The same for functions that LLVM shall make one with their callers: to hand over half a dozen
arrays takes longer than to go through a short document or a block."""


def _block(context: Any, builder: Any, kind: Any, data: Any, at: Any) -> Any:
    """Load the bytes from ``at`` as one vector, wherever in memory they lie."""
    return load_vector(builder, address(context, builder, kind, data, at), SIZE)


@intrinsic
def touch(typing: Any, data: Any, at: Any) -> Any:
    """Ask for number ``at`` of an array without waiting: its line is read a little later."""
    if not isinstance(data, types.Array) or data.layout != "C":
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.bitcast(address(context, builder, data, *values), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        builder.call(prefetch, [place, number(0), number(3), number(1)])  # read; all caches; data
        return context.get_dummy_value()

    return types.void(data, types.int64), build


@intrinsic
def within(typing: Any, data: Any, at: Any, low: Any, high: Any) -> Any:
    """Return uint64, the bits of the bytes from ``low`` to ``high``."""
    if not holds(data, types.uint8):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array, place, lowest, highest = values
        found = _block(context, builder, data, array, place)
        moved = builder.sub(found, splat(builder, lowest, SIZE))
        extent = splat(builder, builder.sub(highest, lowest), SIZE)
        return builder.bitcast(builder.icmp_unsigned("<=", moved, extent), ir.IntType(64))

    return types.uint64(data, types.int64, types.uint8, types.uint8), build


@intrinsic
def ascii_letters(typing: Any, data: Any, at: Any) -> Any:
    """Return uint64, the bits of the letters a to z and A to Z."""
    if not holds(data, types.uint8):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        folded, first, extent = (
            ir.Constant(ir.VectorType(ir.IntType(8), SIZE), [byte] * SIZE)
            for byte in (0x20, 0x61, 25)
        )
        found = builder.or_(_block(context, builder, data, *values), folded)
        bits = builder.icmp_unsigned("<=", builder.sub(found, first), extent)
        return builder.bitcast(bits, ir.IntType(64))

    return types.uint64(data, types.int64), build


@intrinsic
def holding(typing: Any, data: Any, at: Any, flag: Any) -> Any:
    """Return uint64, the bits of the bytes that hold a flag, itself of eight bits at most."""
    if not holds(data, types.uint8):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array, place, flag = values
        found = builder.and_(
            _block(context, builder, data, array, place), splat(builder, flag, SIZE)
        )
        zeros = ir.Constant(ir.VectorType(ir.IntType(8), SIZE), [0] * SIZE)
        return builder.bitcast(builder.icmp_unsigned("!=", found, zeros), ir.IntType(64))

    return types.uint64(data, types.int64, types.uint8), build


@intrinsic
def repeated(typing: Any, data: Any, at: Any, distance: Any) -> Any:
    """Return uint64, the bits of the bytes that equal the one ``distance`` bytes behind them.

    Reads ``distance`` bytes beyond the block.
    """
    if not holds(data, types.uint8):
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
def filled(typing: Any, numbers: Any, at: Any) -> Any:
    """Return uint64, the bits of those of ``SIZE`` numbers, int64, that are not zero."""
    kind = numbers
    if not holds(kind, types.int64):
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
def eight(typing: Any, data: Any, at: Any) -> Any:
    """Return uint64: eight bytes, the first one its lowest. They must be within the buffer."""
    if not holds(data, types.uint8):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array = context.make_array(data)(context, builder, values[0])
        place = builder.gep(array.data, [values[1]])
        number = builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)
        return number if sys.byteorder == "little" else builder.bswap(number)

    return types.uint64(data, types.int64), build


def _of_one_word(result: Any, build: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    """Return signature and builder of a function of one word of 64 bits."""
    return result(types.uint64), lambda _, builder, __, values: build(builder, values[0])


def _whole_word(number: int) -> Any:
    return ir.Constant(ir.IntType(64), number)


NEVER = ir.Constant(ir.IntType(1), 0)


@intrinsic
def turned(typing: Any, bits: Any) -> Any:
    """Return uint64, the bits in reverse order: bit 0 becomes bit 63."""
    return _of_one_word(types.uint64, lambda builder, word: builder.bitreverse(word))


@intrinsic
def ones(typing: Any, bits: Any) -> Any:
    """Return how many bits are set."""
    return _of_one_word(types.int64, lambda builder, word: builder.ctpop(word))


@intrinsic
def lowest(typing: Any, bits: Any) -> Any:
    """Return the place of the lowest bit that is set; 64 where none is."""
    return _of_one_word(types.int64, lambda builder, word: builder.cttz(word, NEVER))


@intrinsic
def above_highest(typing: Any, bits: Any) -> Any:
    """Return one more than the place of the highest bit that is set; 0 where none is."""
    return _of_one_word(
        types.int64, lambda builder, word: builder.sub(_whole_word(64), builder.ctlz(word, NEVER))
    )


@intrinsic
def first_bits(typing: Any, number: Any) -> Any:
    """Return uint64, a word whose lowest ``number`` bits are set; all from 64 on."""

    def build(builder: Any, number: Any) -> Any:
        one = _whole_word(1)
        some = builder.sub(builder.shl(one, builder.and_(number, _whole_word(63))), one)
        all_set = builder.icmp_signed(">=", number, _whole_word(64))
        return builder.select(all_set, _whole_word(-1), some)

    return _of_one_word(types.uint64, build)


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
def up_to_eight(data: np.ndarray, start: int, end: int) -> Any:
    """Return uint64: the bytes from ``start`` to ``end``, eight at most, then zeros."""
    if start + 8 <= len(data):
        return eight(data, start) & first_bits(8 * (end - start))
    value = np.uint64(0)
    for index in range(end - start):
        value |= np.uint64(data[start + index]) << np.uint64(8 * index)
    return value
