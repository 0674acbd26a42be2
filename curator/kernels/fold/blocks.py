"""Sixty-four bytes of text at a time: ASCII folded, other characters decoded.

Each function becomes a few dozen vector instructions on any processor LLVM knows; see
``curator.kernels.blocks``. The caller sees to it that there are bytes to read and room to write.
"""

from __future__ import annotations

import os
from typing import Any

from llvmlite import binding, ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.blocks import SIZE
from curator.kernels.compiled import intrinsic
from curator.kernels.fold.table import CODE_POINT, EXAMINE, TRADITIONAL
from curator.kernels.vectors import address, holds, types

GROUP = 16
"""Characters decoded at a time."""
BEHIND = 2 + GROUP
"""Bytes behind a block that must be there: the rest of its last character is read, and behind the
characters as many places are written to."""
PLACE = 21
"""Bits of a code point; above them is where the character begins."""
MOST_BEFORE = (1 << 32 - PLACE) - SIZE
LOST = 0xFFFD
"""U+FFFD."""
BYTE, WORD, LONG = ir.IntType(8), ir.IntType(32), ir.IntType(64)
BYTES, WORDS = ir.VectorType(BYTE, SIZE), ir.VectorType(WORD, SIZE)
FEW_WORDS, SOME = ir.VectorType(WORD, GROUP), ir.VectorType(ir.IntType(1), GROUP)


def _compresses() -> bool:
    """Return whether the processor moves some bytes of a vector together by one instruction.

    Elsewhere, or with an older LLVM, it takes three times as long as to fold them one by one.
    """
    if binding.llvm_version_info < (19,):
        return False
    chosen = os.environ.get("NUMBA_CPU_FEATURES", "")
    if chosen or os.environ.get("NUMBA_CPU_NAME"):
        return "+avx512vbmi2" in chosen
    return bool(binding.get_host_cpu_features().get("avx512vbmi2"))


COMPRESSES = _compresses()
"""Whether blocks are folded at all; the compiled code that is kept is of one processor, too."""


def _place(context: Any, builder: Any, kind: Any, data: Any, at: Any, vector: Any) -> Any:
    """Return the address of a vector that begins with number ``at``."""
    return builder.bitcast(address(context, builder, kind, data, at), vector.as_pointer())


def _all(vector: Any, number: int) -> Any:
    return ir.Constant(vector, [number] * vector.count)


def _together(builder: Any, vector: Any, chosen: Any) -> Any:
    """Return the numbers that are chosen, one behind the other, then zeros."""
    kind = vector.type
    if not COMPRESSES:  # then no block is ever folded
        return vector
    name = f"llvm.experimental.vector.compress.v{kind.count}i{kind.element.width}"
    shape = ir.FunctionType(kind, [kind, chosen.type, kind])
    function = builder.module.globals.get(name) or ir.Function(builder.module, shape, name)
    return builder.call(function, [vector, chosen, _all(kind, 0)])


@intrinsic
def ascii_folded(typing: Any, data: Any, at: Any, bits: Any, into: Any, place: Any) -> Any:
    """Write the letters, small, and digits among the ASCII characters that ``bits`` name.

    ``into`` is uint32[...]; the block's 64 places there are written to. Return their number.
    """
    if not (holds(data, types.uint8) and holds(into, types.uint32)):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array, start, named, target, first = values
        block = builder.load(_place(context, builder, data, array, start, BYTES), align=1)
        small = builder.or_(block, _all(BYTES, 0x20))
        is_letter = builder.icmp_unsigned(
            "<=", builder.sub(small, _all(BYTES, 0x61)), _all(BYTES, 25)
        )
        is_digit = builder.icmp_unsigned(
            "<=", builder.sub(block, _all(BYTES, 0x30)), _all(BYTES, 9)
        )
        kept = builder.and_(
            builder.or_(is_letter, is_digit),
            builder.bitcast(named, ir.VectorType(ir.IntType(1), SIZE)),
        )
        # A digit has the bit already that makes a letter small.
        points = builder.zext(_together(builder, small, kept), WORDS)
        builder.store(points, _place(context, builder, into, target, first, WORDS), align=4)
        return builder.ctpop(builder.bitcast(kept, LONG))

    return types.int64(data, types.int64, types.uint64, into, types.int64), build


@intrinsic
def decoded(typing: Any, data: Any, at: Any, leads: Any, before: Any, into: Any, place: Any) -> Any:
    """Write the characters of a block whose first bytes ``leads`` name, of three bytes at most.

    Above the bits of its code point each has the number of bytes before it: those before the block
    (``before``, at most ``MOST_BEFORE``) and those inside. For one of four bytes stands U+FFFD,
    which the tables tell to look at. ``into`` is uint32[...]; ``GROUP`` places behind those written
    may change. Return the place after the last.
    """
    if not (holds(data, types.uint8) and holds(into, types.uint32)):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array, start, named, before, target, end = values
        distance = _each(builder, builder.trunc(before, WORD))
        for group in range(0, SIZE, GROUP):
            some = (
                _widened(context, builder, data, array, builder.add(start, LONG(group + k)))
                for k in range(3)
            )
            inside = ir.Constant(FEW_WORDS, list(range(group, group + GROUP)))
            above = builder.shl(builder.add(inside, distance), _all(FEW_WORDS, PLACE))
            points = builder.or_(_points(builder, *some), above)
            bits = builder.trunc(builder.lshr(named, LONG(group)), ir.IntType(GROUP))
            together = _together(builder, points, builder.bitcast(bits, SOME))
            place = _place(context, builder, into, target, end, FEW_WORDS)
            builder.store(together, place, align=4)
            end = builder.add(end, builder.zext(builder.ctpop(bits), LONG))
        return end

    return types.int64(data, types.int64, types.uint64, types.int64, into, types.int64), build


def _widened(context: Any, builder: Any, kind: Any, data: Any, at: Any) -> Any:
    """Return ``GROUP`` bytes as numbers of 32 bits."""
    place = _place(context, builder, kind, data, at, ir.VectorType(BYTE, GROUP))
    return builder.zext(builder.load(place, align=1), FEW_WORDS)


def _points(builder: Any, first: Any, second: Any, third: Any) -> Any:
    """Return the code points of up to three bytes each."""

    def low_six(some: Any) -> Any:
        return builder.and_(some, _all(FEW_WORDS, 0x3F))

    def joined(high: Any, low: Any) -> Any:
        return builder.or_(builder.shl(high, _all(FEW_WORDS, 6)), low)

    def at_least(byte: int) -> Any:
        return builder.icmp_unsigned(">=", first, _all(FEW_WORDS, byte))

    two = joined(builder.and_(first, _all(FEW_WORDS, 0x1F)), low_six(second))
    three = joined(two, low_six(third))
    several = builder.select(at_least(0xE0), three, two)
    several = builder.select(at_least(0xF0), _all(FEW_WORDS, LOST), several)
    return builder.select(at_least(0x80), several, first)


def _each(builder: Any, number: Any) -> Any:
    first = builder.insert_element(ir.Constant(FEW_WORDS, ir.Undefined), number, WORD(0))
    return builder.shuffle_vector(first, first, _all(FEW_WORDS, 0))


@intrinsic
def settled(typing: Any, entries: Any, at: Any, n: Any, into: Any, place: Any) -> Any:
    """Write the letters of ``n`` entries of the table, ``GROUP`` at most, up to one to look at.

    ``GROUP`` entries are read and as many places of ``into`` written to. Return how many letters
    there are; how many of them have the flag ``TRADITIONAL``; and how many entries they are of.
    """
    if not (holds(entries, types.uint32) and holds(into, types.uint32)):
        return None
    three = types.UniTuple(types.int64, 3)

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array, start, n, target, first = values
        found = builder.load(_place(context, builder, entries, array, start, FEW_WORDS), align=4)
        unsure = builder.icmp_unsigned(">=", found, _all(FEW_WORDS, EXAMINE))
        one = LONG(1)
        stop = builder.or_(_bits(builder, unsure), builder.shl(one, n))
        n_sure = builder.cttz(stop, ir.IntType(1)(0))
        sure = builder.sub(builder.shl(one, n_sure), one)
        kept = builder.and_(
            _bits(builder, builder.icmp_unsigned("!=", found, _all(FEW_WORDS, 0))), sure
        )
        chosen = builder.bitcast(builder.trunc(kept, ir.IntType(GROUP)), SOME)
        letters = builder.and_(found, _all(FEW_WORDS, CODE_POINT))
        builder.store(
            _together(builder, letters, chosen),
            _place(context, builder, into, target, first, FEW_WORDS),
            align=4,
        )
        flagged = builder.and_(found, _all(FEW_WORDS, TRADITIONAL))
        simplified = _bits(builder, builder.icmp_unsigned("!=", flagged, _all(FEW_WORDS, 0)))
        simplified = builder.ctpop(builder.and_(simplified, sure))
        return context.make_tuple(builder, three, [builder.ctpop(kept), simplified, n_sure])

    return three(entries, types.int64, types.int64, into, types.int64), build


def _bits(builder: Any, some: Any) -> Any:
    return builder.zext(builder.bitcast(some, ir.IntType(GROUP)), LONG)
