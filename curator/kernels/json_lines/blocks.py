"""Sixty-four bytes at a time: where a string goes on, and what is no UTF-8.

Each function becomes a handful of vector instructions on any processor LLVM knows; see
``curator.kernels.blocks``. The caller sees to it that the bytes exist.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.blocks import SIZE
from curator.kernels.compiled import intrinsic
from curator.kernels.vectors import address, holds, types

BYTES = ir.VectorType(ir.IntType(8), SIZE)
BEFORE = 3
"""Bytes before a block that say what may stand in it: a character has four at most."""


def _place(context: Any, builder: Any, kind: Any, data: Any, at: Any) -> Any:
    """Return the address of a block that begins with byte ``at``."""
    return builder.bitcast(address(context, builder, kind, data, at), BYTES.as_pointer())


def _each(byte: int) -> Any:
    return ir.Constant(BYTES, [byte] * SIZE)


@intrinsic
def copied(typing: Any, data: Any, at: Any, into: Any, place: Any) -> Any:
    """Copy the block at ``at`` to ``place``; return as bits, uint64, what a string does not keep.

    These are its quotes, backslashes and control characters.
    """
    if not (holds(data, types.uint8) and holds(into, types.uint8)):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        found = builder.load(_place(context, builder, data, values[0], values[1]), align=1)
        builder.store(found, _place(context, builder, into, values[2], values[3]), align=1)
        special = builder.icmp_unsigned("<", found, _each(0x20))
        for byte in b'"\\':
            special = builder.or_(special, builder.icmp_unsigned("==", found, _each(byte)))
        return builder.bitcast(special, ir.IntType(64))

    return types.uint64(data, types.int64, into, types.int64), build


@intrinsic
def beyond_ascii(typing: Any, data: Any, at: Any) -> Any:
    """Return as bits, uint64, which bytes of the block are of no ASCII character."""
    if not holds(data, types.uint8):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        found = builder.load(_place(context, builder, data, *values), align=1)
        return builder.bitcast(builder.icmp_signed("<", found, _each(0)), ir.IntType(64))

    return types.uint64(data, types.int64), build


@intrinsic
def misplaced(typing: Any, data: Any, at: Any) -> Any:
    """Return as bits, uint64, the bytes that cannot follow those before them in UTF-8.

    Reads ``BEFORE`` bytes before the block. Of a character that is cut short the byte after it is
    told; in a whole text without such bytes every character is whole but perhaps the last.
    Source: table 3-7 of the Unicode Standard.
    """
    if not holds(data, types.uint8):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        block = builder.load(_place(context, builder, data, *values), align=1)
        back = [builder.sub(values[1], ir.IntType(64)(k)) for k in range(1, BEFORE + 1)]
        before = [
            builder.load(_place(context, builder, data, values[0], at), align=1) for at in back
        ]

        def at_least(bytes_: Any, least: int) -> Any:
            return builder.icmp_unsigned(">=", bytes_, _each(least))

        wanted = at_least(before[0], 0xC0)
        for bytes_, least in ((before[1], 0xE0), (before[2], 0xF0)):
            wanted = builder.or_(wanted, at_least(bytes_, least))
        follows = builder.icmp_signed("<", block, _each(0xC0 - 0x100))
        flaws = builder.xor(wanted, follows)
        long_two = builder.icmp_unsigned("==", builder.and_(block, _each(0xFE)), _each(0xC0))
        flaws = builder.or_(flaws, builder.or_(long_two, at_least(block, 0xF5)))
        # What would be too long a form, a half of a surrogate pair, or above U+10FFFF.
        for lead, second, high in (
            (0xE0, 0xA0, False),
            (0xED, 0xA0, True),
            (0xF0, 0x90, False),
            (0xF4, 0x90, True),
        ):
            after = builder.icmp_unsigned("==", before[0], _each(lead))
            refused = at_least(block, second)
            if not high:
                refused = builder.icmp_unsigned("<", block, _each(second))
            flaws = builder.or_(flaws, builder.and_(after, refused))
        return builder.bitcast(flaws, ir.IntType(64))

    return types.uint64(data, types.int64), build
