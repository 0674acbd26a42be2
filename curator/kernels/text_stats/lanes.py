"""Numbers of a few documents, side by side: added and moved as one vector."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.compiled import intrinsic
from curator.kernels.vectors import address, holds, types

TOGETHER = 16
"""Documents whose counts are written down together."""
NUMBERS = ir.VectorType(ir.IntType(64), TOGETHER)


def _place(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    return builder.bitcast(address(context, builder, kind, array, at), NUMBERS.as_pointer())


def _are_numbers(*kinds: Any) -> bool:
    return all(holds(kind, types.int64) for kind in kinds)


@intrinsic
def add_lanes(typing: Any, target: Any, at: Any, source: Any, first: Any) -> Any:
    """Add ``TOGETHER`` numbers of an array, from ``first`` on, to those of another from ``at``."""
    if not _are_numbers(target, source):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        into = _place(context, builder, target, *values[:2])
        more = builder.load(_place(context, builder, source, *values[2:]), align=8)
        builder.store(builder.add(builder.load(into, align=8), more), into, align=8)
        return context.get_dummy_value()

    return types.none(target, types.int64, source, types.int64), build


@intrinsic
def move_lanes(typing: Any, target: Any, at: Any, source: Any, first: Any) -> Any:
    """Move ``TOGETHER`` numbers from ``first`` on to another array, and leave zeros there."""
    if not _are_numbers(target, source):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        taken = _place(context, builder, source, *values[2:])
        numbers = builder.load(taken, align=8)
        builder.store(numbers, _place(context, builder, target, *values[:2]), align=8)
        builder.store(ir.Constant(NUMBERS, [0] * TOGETHER), taken, align=8)
        return context.get_dummy_value()

    return types.none(target, types.int64, source, types.int64), build
