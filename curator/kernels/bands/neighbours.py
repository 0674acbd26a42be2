"""The partners of each document, from the lists of all bands, and how often it met each of them."""

from __future__ import annotations

import numpy as np

from curator.kernels.bands.blocks import END, SIZE, copied, fetch
from curator.kernels.bands.buckets import lists_of
from curator.kernels.blocks import BARE
from curator.kernels.compiled import njit

AHEAD = 8
"""Documents whose lists are asked for before they are copied."""
NARROW = 1 << 30
"""Places of lists that can be told in 32 bits."""


@njit(**BARE)
def _heads_of(heads, i, top, lists, single, few, many):  # type: ignore[no-untyped-def]
    """Gather the single partners of a document, and where its lists begin, and ask for these.

    Return how many there are of each.
    """
    n_single, n_few, n_many, rest = 0, 0, 0, (np.int64(1) << (top - 1)) - 1
    for band in range(len(heads)):
        head = np.int64(heads[band, i])
        is_large, is_single = head >> top, (head >> (top - 1)) & 1
        single[n_single] = few[n_few] = many[n_many] = head & rest
        n_single += is_single
        n_few += (head != 0) - is_large - is_single
        n_many += is_large
    for k in range(n_few):
        fetch(lists, few[k])
    for k in range(n_many):
        fetch(lists, many[k])
    return n_single, n_few, n_many


@njit(**BARE)
def _copy_lists(lists, places, n, target, at):  # type: ignore[no-untyped-def]
    for k in range(n):
        place = places[k]
        size = copied(lists, place, target, at)
        at += size
        while size == SIZE:
            place += SIZE
            size = copied(lists, place, target, at)
            at += size
    return at


@njit(**BARE)
def by_document(heads, top, lists, asked, firsts, n_few, ends, partners):  # type: ignore[no-untyped-def]
    """Copy lists document by document; return how many documents have any, and their partners.

    ``asked`` is int64[AHEAD, 4, bands + 1].
    """
    n_documents = heads.shape[1] - 1
    n, at = 0, 0
    for ahead in range(n_documents + AHEAD - 1):
        if ahead < n_documents:
            todo = asked[ahead % AHEAD]
            sizes = _heads_of(heads, ahead, top, lists, todo[0], todo[1], todo[2])
            todo[3, 0], todo[3, 1], todo[3, 2] = sizes
        i = ahead - (AHEAD - 1)
        if i < 0:
            continue
        todo = asked[i % AHEAD]
        begins = at
        for k in range(todo[3, 0]):
            partners[at] = todo[0, k]
            at += 1
        at = _copy_lists(lists, todo[1], todo[3, 1], partners, at)
        firsts[n], n_few[n] = i, at - begins
        at = _copy_lists(lists, todo[2], todo[3, 2], partners, at)
        ends[n] = at
        n += at > begins
    return n, at


def partners(
    hashes: np.ndarray, order: np.ndarray, small: int, rare: int, anchors: int
) -> tuple[np.ndarray, ...]:
    """Return the arrays of ``bands.Partners``; see there."""
    n_bands, n = hashes.shape
    room = n_bands * (n * (anchors + 2) + SIZE) + SIZE
    wide = room >= NARROW
    top = np.int64(61 if wide else 31)
    # NumPy asks for large pages, numba does not: all of these are written or read out of order.
    heads = np.zeros((n_bands, n + 1), np.int64 if wide else np.uint32)
    lists = np.empty(room, np.uint32)
    lists[:1] = END
    common, common_starts = np.empty(n_bands * (n // 2), np.uint32), np.zeros(n_bands + 1, np.int64)
    found = np.array([1, 0, 0])  # place 0 is that of no list
    for band in range(n_bands):
        lists_of(
            hashes[band],
            order,
            small,
            max(1, rare),
            anchors,
            top,
            heads[band],
            lists,
            common,
            found,
        )
        common_starts[band + 1] = found[1]
    firsts, n_few = np.empty(n + 1, np.uint32), np.empty(n + 1, np.uint32)
    ends, result = np.empty(n + 1, np.int64), np.empty(int(found[2]) + SIZE, np.uint32)
    asked = np.empty((AHEAD, 4, n_bands + 3), np.int64)
    k, size = by_document(heads, top, lists, asked, firsts, n_few, ends, result)
    return firsts[:k], n_few[:k], ends[:k], result[:size], common[: int(found[1])], common_starts
