"""Eight numbers at a time: short lists are copied without a branch on how long they are."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.compiled import intrinsic
from curator.kernels.vectors import address, holds, types

SIZE = 8
"""Numbers copied at a time."""


@intrinsic
def copy_eight(typing: Any, source: Any, at: Any, target: Any, there: Any) -> Any:
    """Copy ``SIZE`` numbers of uint32[n] from ``at`` to those of another array from ``there`` on.

    The caller sees to it that both have so many.
    """
    if not (holds(source, types.uint32) and holds(target, types.uint32)):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        vector = ir.VectorType(ir.IntType(32), SIZE).as_pointer()
        here = builder.bitcast(address(context, builder, source, values[0], values[1]), vector)
        beside = builder.bitcast(address(context, builder, target, values[2], values[3]), vector)
        builder.store(builder.load(here, align=4), beside, align=4)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64), build
