"""What the vector code of kernels is made of: places and blocks of arrays, in LLVM's language.

For Numba's intrinsics: what these write becomes a few vector instructions on any processor LLVM
knows.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.later import Later

types: Any = Later("numba.types")
cgutils: Any = Later("numba.core.cgutils")


def holds(kind: Any, dtype: Any) -> bool:
    """Return whether Numba's type of an argument is that of such numbers that lie side by side."""
    return isinstance(kind, types.Array) and kind.layout == "C" and kind.dtype == dtype


def address(context: Any, builder: Any, kind: Any, data: Any, at: Any) -> Any:
    """Return the address of number ``at`` of an array."""
    return builder.gep(context.make_array(kind)(context, builder, data).data, [at])


def load_vector(builder: Any, place: Any, size: int) -> Any:
    """Load ``size`` numbers as one vector, wherever in memory they lie."""
    number = place.type.pointee
    vector = ir.VectorType(number, size)
    return builder.load(builder.bitcast(place, vector.as_pointer()), align=number.width // 8)


def splat(builder: Any, number: Any, size: int) -> Any:
    """Return a vector that holds one number in all places."""
    nothing = ir.Constant(ir.VectorType(number.type, size), ir.Undefined)
    first = builder.insert_element(nothing, number, ir.IntType(32)(0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), size), [0] * size)
    return builder.shuffle_vector(first, nothing, places)
