"""Eight numbers at a time: short lists are copied without a branch on how long they are."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs
from numba import extending, types

intrinsic: Any = extending.intrinsic  # its own type takes the first parameter for the caller's
SIZE = 8
"""Numbers copied at a time."""


def _fits(data: Any) -> bool:
    return isinstance(data, types.Array) and data.layout == "C" and data.dtype == types.uint32


def _place(context: Any, builder: Any, kind: Any, data: Any, at: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, data).data, [at])


@intrinsic
def copy_eight(typing: Any, source: Any, at: Any, target: Any, there: Any) -> Any:
    """Copy ``SIZE`` numbers of uint32[n] from ``at`` to those of another array from ``there`` on.

    The caller sees to it that both have so many.
    """
    if not (_fits(source) and _fits(target)):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        vector = ir.VectorType(ir.IntType(32), SIZE).as_pointer()
        here = builder.bitcast(_place(context, builder, source, values[0], values[1]), vector)
        beside = builder.bitcast(_place(context, builder, target, values[2], values[3]), vector)
        builder.store(builder.load(here, align=4), beside, align=4)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64), build
