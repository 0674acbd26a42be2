"""Words of one character of three bytes: all of a block written at once.

Most words of unspaced scripts are of that kind. Needs a processor that moves some bytes of a
vector together by one instruction (``COMPRESSES``); elsewhere ``spans`` writes one by one.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.blocks import SIZE
from curator.kernels.compiled import intrinsic
from curator.kernels.fold.blocks import COMPRESSES
from curator.kernels.vectors import address, holds, load_vector, types

MOST = SIZE // 2
"""Words that begin in a block, at most; so many places are written to."""
SIZE_THREE = 3 << 56
"""Size in the value of a word of three bytes; see ``spans``."""
BYTES, BITS = ir.VectorType(ir.IntType(8), SIZE), ir.VectorType(ir.IntType(1), SIZE)


def _together(builder: Any, vector: Any, chosen: Any) -> Any:
    """Return the bytes of a vector that are chosen, one behind the other, then zeros."""
    if not COMPRESSES:  # then it is never called
        return vector
    name = f"llvm.experimental.vector.compress.v{SIZE}i8"
    shape = ir.FunctionType(BYTES, [BYTES, BITS, BYTES])
    function = builder.module.globals.get(name) or ir.Function(builder.module, shape, name)
    return builder.call(function, [vector, chosen, ir.Constant(BYTES, [0] * SIZE)])


def _widened(builder: Any, vector: Any, width: int) -> Any:
    """Return the first ``MOST`` bytes of a vector, as numbers of ``width`` bits."""
    places = ir.Constant(ir.VectorType(ir.IntType(32), MOST), list(range(MOST)))
    some = builder.shuffle_vector(vector, ir.Constant(BYTES, ir.Undefined), places)
    return builder.zext(some, ir.VectorType(ir.IntType(width), MOST))


def _all(number: int, width: int) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(width), MOST), [number] * MOST)


def _store(context: Any, builder: Any, kind: Any, array: Any, place: Any, vector: Any) -> None:
    """Store numbers into an array, from ``place`` on."""
    into = address(context, builder, kind, array, place)
    into = builder.bitcast(into, vector.type.as_pointer())
    builder.store(vector, into, align=kind.dtype.bitwidth // 8)


@intrinsic
def write_block(
    typing: Any,
    data: Any,
    at: Any,
    starts: Any,
    heads: Any,
    n: Any,
    character: Any,
    firsts: Any,
    ends: Any,
    values: Any,
) -> Any:
    """Write the words of a block as if each were one character of three bytes.

    Two bytes behind the block are read. The first is word ``n``; ``MOST`` places from there on
    are written to in ``firsts`` and ``ends``, numbers of characters, and in ``values``.
    """
    kind = firsts.dtype
    if not (holds(data, types.uint8) and holds(values, types.uint64) and holds(ends, kind)):
        return None

    def build(context: Any, builder: Any, _: Any, given: Any) -> Any:
        array, place, starts, heads, into, before, of_firsts, of_ends, of_values = given
        chosen, width = builder.bitcast(starts, BITS), kind.bitwidth
        points = _all(0, 32)
        for k in range(3):
            behind = builder.add(place, ir.IntType(64)(k))
            block = load_vector(builder, address(context, builder, data, array, behind), SIZE)
            part = _widened(builder, _together(builder, block, chosen), 32)
            points = builder.or_(points, builder.shl(part, _all(8 * k, 32)))
        value = builder.zext(points, ir.VectorType(ir.IntType(64), MOST))
        value = builder.or_(value, _all(SIZE_THREE, 64))
        _store(context, builder, values, of_values, into, value)
        # Which characters, not which bytes, begin a word; then the numbers of these characters.
        flags = _together(builder, builder.zext(chosen, BYTES), builder.bitcast(heads, BITS))
        of_characters = builder.icmp_unsigned("!=", flags, ir.Constant(BYTES, [0] * SIZE))
        numbers = _together(builder, ir.Constant(BYTES, list(range(SIZE))), of_characters)
        one = builder.insert_element(
            ir.Constant(ir.VectorType(ir.IntType(width), MOST), ir.Undefined),
            builder.trunc(before, ir.IntType(width)) if width < 64 else before,
            ir.IntType(32)(0),
        )
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), MOST), [0] * MOST)
        first = builder.add(
            _widened(builder, numbers, width), builder.shuffle_vector(one, one, everywhere)
        )
        _store(context, builder, firsts, of_firsts, into, first)
        _store(context, builder, ends, of_ends, into, builder.add(first, _all(1, width)))
        return context.get_dummy_value()

    number = types.int64
    return (
        types.none(data, number, types.uint64, types.uint64, number, number, firsts, ends, values),
        build,
    )
