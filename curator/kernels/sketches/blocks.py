"""Sixty-four bytes at a time: how many of them are the same in two sketches."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.compiled import intrinsic
from curator.kernels.vectors import address, holds, types

SIZE = 64
"""Bytes compared at a time: a line of the cache."""


@intrinsic
def same(typing: Any, one: Any, at: Any, other: Any, there: Any) -> Any:
    """Return int64: how many of ``SIZE`` bytes of two buffers are the same.

    Both are uint8, C-contiguous, of any shape; they begin ``at`` and ``there`` bytes from the
    first. The caller sees to it that they exist.
    """
    if not (holds(one, types.uint8) and holds(other, types.uint8)):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), SIZE).as_pointer()
        places = (
            address(context, builder, one, values[0], values[1]),
            address(context, builder, other, values[2], values[3]),
        )
        blocks = [builder.load(builder.bitcast(place, vector), align=1) for place in places]
        return builder.ctpop(builder.bitcast(builder.icmp_unsigned("==", *blocks), ir.IntType(64)))

    return types.int64(one, types.int64, other, types.int64), build
