"""What counts as a commonplace grows with the corpus."""

from __future__ import annotations

from itertools import pairwise

from curator.dedup.copies.candidates import GROWS_FROM, LEAST_RARE, MOST_SMALL, bucket_bounds


def test_bounds_grow_as_the_square_root_of_the_corpus_and_never_fall() -> None:
    assert bucket_bounds(0) == bucket_bounds(GROWS_FROM) == (LEAST_RARE, LEAST_RARE)
    assert bucket_bounds(4 * GROWS_FROM) == (2 * LEAST_RARE, 2 * LEAST_RARE)
    assert bucket_bounds(100 * GROWS_FROM) == (MOST_SMALL, 10 * LEAST_RARE)
    found = [bucket_bounds(n) for n in range(0, 3_000_000, 10_000)]
    assert all(one <= other for one, other in pairwise(found))
    assert all(small <= rare for small, rare in found)
