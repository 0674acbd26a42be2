"""A block of bytes hashed at once: eight numbers, each times a factor of its own."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs

from curator.kernels.blocks import SIZE
from curator.kernels.compiled import intrinsic
from curator.kernels.vectors import holds, types

LANES = SIZE // 8
FACTORS = np.array(
    [0x9E3779B97F4A7C15 * (2 * lane + 1) ** 3 % 2**64 | 1 for lane in range(1, LANES + 1)],
    np.uint64,
)
"""Odd numbers: each is a permutation of what it is multiplied with."""


@intrinsic
def hash_block(typing: Any, data: Any, at: Any, size: Any) -> Any:
    """Return uint64: the sum of eight bytes at a time, each sum times its factor.

    Of the ``SIZE`` bytes from ``at``, which must be within the buffer, the first ``size`` count.
    """
    if not holds(data, types.uint8):
        return None

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array = context.make_array(data)(context, builder, values[0])
        of_bytes = ir.VectorType(ir.IntType(8), SIZE)
        of_words = ir.VectorType(ir.IntType(64), LANES)
        place = builder.bitcast(builder.gep(array.data, [values[1]]), of_bytes.as_pointer())
        block = builder.load(place, align=1)
        first = builder.insert_element(
            ir.Constant(of_bytes, ir.Undefined),
            builder.trunc(values[2], ir.IntType(8)),
            ir.Constant(ir.IntType(32), 0),
        )
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), SIZE), [0] * SIZE)
        limit = builder.shuffle_vector(first, ir.Constant(of_bytes, ir.Undefined), everywhere)
        counts = builder.icmp_unsigned("<", ir.Constant(of_bytes, list(range(SIZE))), limit)
        kept = builder.select(counts, block, ir.Constant(of_bytes, [0] * SIZE))
        factors = ir.Constant(of_words, [int(factor) for factor in FACTORS])
        if sys.byteorder == "big":
            order = [index ^ 7 for index in range(SIZE)]
            places = ir.Constant(ir.VectorType(ir.IntType(32), SIZE), order)
            kept = builder.shuffle_vector(kept, kept, places)
        products = builder.mul(builder.bitcast(kept, of_words), factors)
        width = LANES
        while width > 1:
            width //= 2
            halves = (
                builder.shuffle_vector(
                    products, products, ir.Constant(ir.VectorType(ir.IntType(32), width), part)
                )
                for part in (list(range(width)), list(range(width, 2 * width)))
            )
            products = builder.add(*halves)
        return builder.extract_element(products, ir.Constant(ir.IntType(32), 0))

    return types.uint64(data, types.int64, types.int64), build
