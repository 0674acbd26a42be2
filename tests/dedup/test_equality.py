"""Equal hashes are found, and hashes stand in order, as a plain sort has them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.dedup.equality import repeated
from curator.dedup.ordering import by_hash

HALVES = st.sampled_from([0, 1, 5, 2**40, 2**40 + 1, 2**63, 2**64 - 1]) | st.integers(0, 2**64 - 1)


@settings(deadline=None)
@given(st.lists(st.tuples(HALVES, HALVES), max_size=60), st.integers(1, 3))
def test_hashes_stand_as_a_plain_sort_has_them(pairs: list[tuple[int, int]], times: int) -> None:
    hashes = np.array(pairs * times, np.uint64).reshape(-1, 2)
    order = by_hash(hashes)
    assert order.tolist() == np.lexsort((hashes[:, 1], hashes[:, 0])).tolist()
    members, group = repeated(hashes)
    listed = hashes.tolist()
    again = [i for i in order.tolist() if listed.count(listed[i]) > 1]
    assert members.tolist() == again
    classes: dict[tuple[int, ...], int] = {}
    for i in again:
        classes.setdefault(tuple(listed[i]), len(classes))
    assert group.tolist() == [classes[tuple(listed[i])] for i in again]


def test_a_hundred_thousand_hashes_stand_in_order() -> None:
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, (100_000, 2), np.uint64)
    hashes[:90_000:9] = hashes[1:90_000:9]  # the same twice
    hashes[:93_000:31, 0] = hashes[1:93_000:31, 0]  # half a collision
    assert by_hash(hashes).tolist() == np.lexsort((hashes[:, 1], hashes[:, 0])).tolist()
    assert by_hash(hashes[:20_000]).tolist() == np.lexsort(hashes[:20_000].T[::-1]).tolist()
