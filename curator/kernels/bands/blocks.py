"""Eight numbers at a time: lists that end with a mark are copied without a look at each number."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs
from numba import extending, types

intrinsic: Any = extending.intrinsic  # its own type takes the first parameter for the caller's
SIZE = 8
"""Numbers copied at a time."""
END = 0xFFFFFFFF
"""The mark after the last number of a list."""
_NEVER = ir.Constant(ir.IntType(1), 0)


def _fits(data: Any) -> bool:
    return isinstance(data, types.Array) and data.layout == "C" and data.dtype == types.uint32


def _place(context: Any, builder: Any, kind: Any, data: Any, at: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, data).data, [at])


@intrinsic
def copied(typing: Any, source: Any, at: Any, target: Any, there: Any) -> Any:
    """Copy ``SIZE`` numbers and return how many of them come before the first ``END``.

    Both are uint32[n]. The caller sees to it that source and target have so many numbers from
    ``at`` and from ``there`` on, and that what lies in the target behind the list may be lost.
    """
    if not (_fits(source) and _fits(target)):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        vector = ir.VectorType(ir.IntType(32), SIZE)
        here = _place(context, builder, source, values[0], values[1])
        beside = _place(context, builder, target, values[2], values[3])
        found = builder.load(builder.bitcast(here, vector.as_pointer()), align=4)
        builder.store(found, builder.bitcast(beside, vector.as_pointer()), align=4)
        marks = builder.icmp_unsigned("==", found, ir.Constant(vector, [END] * SIZE))
        bits = builder.zext(builder.bitcast(marks, ir.IntType(SIZE)), ir.IntType(64))
        none = ir.Constant(ir.IntType(64), 1 << SIZE)  # without any mark, all are the list's
        return builder.cttz(builder.or_(bits, none), _NEVER)

    return types.int64(source, types.int64, target, types.int64), build


@intrinsic
def fetch(typing: Any, data: Any, at: Any) -> Any:
    """Ask for the number at a place of an array without waiting: it is used a little later."""
    if not (isinstance(data, types.Array) and data.layout == "C"):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.bitcast(_place(context, builder, data, *values), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        builder.call(prefetch, [place, number(0), number(3), number(1)])  # read; all caches; data
        return context.get_dummy_value()

    return types.void(data, types.int64), build
