"""Many characters at a time: which of them are the same, as the bits of one word.

Each function becomes a handful of vector instructions on any processor LLVM knows; numba finds
none of this by itself, because it cannot turn a loop of comparisons into one word of bits. Bit 0
stands for the first character.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.blocks import JOINED, touch
from curator.kernels.characters import SIZE
from curator.kernels.compiled import intrinsic, njit
from curator.kernels.vectors import address, holds, load_vector, splat, types

WIDE = 64
"""Marks looked through at a time."""
LINE = 64
"""Bytes in a cache line."""
FACTORS = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1, 0xCC9E2D51, 0x1B873593)
"""Odd numbers without pattern: sums of multiples of them differ in the high bits."""


def _store(builder: Any, block: Any, place: Any) -> None:
    number = place.type.pointee
    builder.store(block, builder.bitcast(place, block.type.as_pointer()), align=number.width // 8)


def _hashing(characters: int) -> Any:
    """Return a function that hashes ``SIZE`` seeds of so many characters."""

    @intrinsic
    def hashed(typing: Any, text: Any, at: Any, hashes: Any, marks: Any, to: Any) -> Any:
        if not (
            holds(text, types.uint32) and holds(hashes, types.uint32) and holds(marks, types.uint16)
        ):
            return None

        def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
            first = address(context, builder, text, values[0], values[1])
            terms = []
            for number, factor in enumerate(FACTORS[:characters]):
                block = load_vector(builder, builder.gep(first, [ir.IntType(64)(number)]), SIZE)
                terms.append(builder.mul(block, ir.Constant(block.type, [factor] * SIZE)))
            while len(terms) > 1:  # by twos: none waits for all those before it
                terms.append(builder.add(terms.pop(0), terms.pop(0)))
            _store(builder, terms[0], address(context, builder, hashes, values[2], values[4]))
            low = builder.trunc(terms[0], ir.VectorType(ir.IntType(16), SIZE))
            _store(builder, low, address(context, builder, marks, values[3], values[4]))
            return context.get_dummy_value()

        return types.void(text, types.int64, hashes, marks, types.int64), build

    return hashed


hash_fives, hash_sevens = _hashing(5), _hashing(7)


@intrinsic
def _same(typing: Any, one: Any, at: Any, other: Any, there: Any) -> Any:
    if not (holds(one, types.uint32) and holds(other, types.uint32)):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        here = address(context, builder, one, values[0], values[1])
        beside = address(context, builder, other, values[2], values[3])
        blocks = load_vector(builder, here, SIZE), load_vector(builder, beside, SIZE)
        bits = builder.bitcast(builder.icmp_unsigned("==", *blocks), ir.IntType(SIZE))
        return builder.zext(bits, ir.IntType(64))

    return types.uint64(one, types.int64, other, types.int64), build


@intrinsic
def _equal_to(typing: Any, data: Any, at: Any, number: Any) -> Any:
    if not holds(data, types.uint16):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        found = load_vector(builder, address(context, builder, data, values[0], values[1]), WIDE)
        wanted = splat(builder, values[2], WIDE)
        return builder.bitcast(builder.icmp_unsigned("==", found, wanted), ir.IntType(64))

    return types.uint64(data, types.int64, types.uint16), build


@njit(**JOINED)
def same(one: Any, at: Any, stop: Any, other: Any, there: Any, end: Any) -> Any:
    """Return as bits which of the next ``SIZE`` characters of two texts are the same.

    Both are uint32, contiguous. Of ``one`` the characters begin at ``at`` and end before ``stop``,
    of ``other`` at ``there`` and before ``end``; past either end the bits are 0. The arrays go on
    for ``SIZE`` numbers behind the ends, whatever is in there.
    """
    n = min(np.int64(SIZE), stop - at, end - there)
    if n <= 0:
        return np.uint64(0)
    return _same(one, at, other, there) & (~np.uint64(0) >> np.uint64(64 - n))


@njit(**JOINED)
def equal_to(numbers: Any, at: Any, number: Any) -> Any:
    """Return as bits which of the ``WIDE`` numbers (uint16) from ``at`` on equal ``number``.

    The caller sees to it that they exist.
    """
    return _equal_to(numbers, at, number)


@njit(**JOINED)
def fetch(data: Any, start: Any, stop: Any) -> None:
    """Ask for bytes ``data[start:stop]`` without waiting: they are read a little later."""
    for at in range(start, stop, LINE):
        touch(data, at)
