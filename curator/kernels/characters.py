"""Thirty-two characters at a time: which of them lie in a range, as the bits of one word.

As ``blocks`` does with bytes. Characters are code points, uint32; bit 0 stands for the first. The
caller sees to it that they exist.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.compiled import intrinsic
from curator.kernels.vectors import address, holds, load_vector, splat, types

SIZE = 32
"""Characters looked at, compared, or hashed as seeds, at a time."""


@intrinsic
def within(typing: Any, text: Any, at: Any, low: Any, high: Any) -> Any:
    """Return as bits which of ``SIZE`` characters (uint32) lie from ``low`` to ``high``."""
    if not holds(text, types.uint32):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        found = load_vector(builder, address(context, builder, text, values[0], values[1]), SIZE)
        low, high = values[2:]
        moved = builder.sub(found, splat(builder, low, SIZE))
        extent = splat(builder, builder.sub(high, low), SIZE)
        bits = builder.bitcast(builder.icmp_unsigned("<=", moved, extent), ir.IntType(SIZE))
        return builder.zext(bits, ir.IntType(64))

    return types.uint64(text, types.int64, types.uint32, types.uint32), build
