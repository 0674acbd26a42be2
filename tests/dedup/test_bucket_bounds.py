"""What counts as a commonplace grows with the corpus."""

from __future__ import annotations

from itertools import pairwise

from curator.dedup.copies.candidates import (
    ALL_PAIRED,
    ANCHORS,
    GROWS_FROM,
    LEAST_RARE,
    MOST_SMALL,
    bucket_bounds,
)


def test_bounds_grow_as_the_square_root_of_the_corpus_and_never_fall() -> None:
    for n, alike, rare in (
        (0, LEAST_RARE, LEAST_RARE),
        (GROWS_FROM, LEAST_RARE, LEAST_RARE),
        (4 * GROWS_FROM, 2 * LEAST_RARE, 2 * LEAST_RARE),
        (100 * GROWS_FROM, MOST_SMALL, 10 * LEAST_RARE),
    ):
        assert bucket_bounds(n, sketched=True) == (ALL_PAIRED, alike, rare, ANCHORS)
        assert bucket_bounds(n, sketched=False) == (alike, alike, rare, ANCHORS)
    found = [bucket_bounds(n, sketched=True) for n in range(0, 3_000_000, 10_000)]
    assert all(one <= other for one, other in pairwise(found))
    assert all(bounds.small <= bounds.alike <= bounds.rare for bounds in found)
