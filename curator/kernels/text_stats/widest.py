"""The widest n-gram of every length, by one vector of lengths a place."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.compiled import intrinsic
from curator.kernels.vectors import cgutils, types

LANES = 16
"""Lengths that are looked at together: from two words on, and as a power of two."""


@intrinsic
def widest_of_each(typing: Any, firsts: Any, lasts: Any, n: Any, widest: Any) -> Any:
    """Write into ``widest[k]`` the characters of the longest n-gram of ``k + 2`` words, or 0.

    ``firsts`` and ``lasts``: where each of ``n`` words begins and ends, numbers as ``widest`` has
    them. ``LANES`` zeros follow the ends. ``widest`` has room for ``LANES``.
    """
    kind = firsts.dtype
    if not all(array.layout == "C" and array.dtype == kind for array in (lasts, widest)):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        places = [
            context.make_array(array)(context, builder, value).data
            for array, value in zip((firsts, lasts, widest), (*values[:2], values[3]), strict=True)
        ]
        number = ir.IntType(kind.bitwidth)
        vector = ir.VectorType(number, LANES)
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        best = cgutils.alloca_once_value(builder, ir.Constant(vector, [0] * LANES))
        with cgutils.for_range(builder, values[2], intp=ir.IntType(64)) as loop:
            first = builder.load(builder.gep(places[0], [loop.index]))
            one = builder.insert_element(
                ir.Constant(vector, ir.Undefined), first, cgutils.int32_t(0)
            )
            begin = builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), lanes)
            following = builder.add(loop.index, ir.Constant(ir.IntType(64), 1))
            place = builder.bitcast(builder.gep(places[1], [following]), vector.as_pointer())
            width = builder.sub(builder.load(place, align=kind.bitwidth // 8), begin)
            known = builder.load(best)
            wider = builder.icmp_signed(">", width, known)
            builder.store(builder.select(wider, width, known), best)
        place = builder.bitcast(places[2], vector.as_pointer())
        builder.store(builder.load(best), place, align=kind.bitwidth // 8)
        return context.get_dummy_value()

    return types.none(firsts, lasts, types.int64, widest), build
