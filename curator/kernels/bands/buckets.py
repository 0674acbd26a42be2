"""Documents that share a bucket of one band, on the host.

Two thirds of all documents are alone in their bucket. They are told from the others by counting
cells that fit the first cache, so that a third is left to be sorted. What is found are lists: for
each document those of higher number that it makes a pair with, with ``END`` behind the last.

``heads`` hold the place of each document's list, or 0. Bit ``top`` of a head says that the bucket
is a large one; the bit below, that there is no list, but one partner, whose number is the rest.
"""

from __future__ import annotations

import numpy as np

from curator.kernels.bands.blocks import END, fetch
from curator.kernels.blocks import BARE
from curator.kernels.compiled import njit

NO_ROW = np.uint32(0xFFFFFFFF)
SHARE = 1500
"""Hashes of a share, about: with their cells they fit the first cache of 32 KB."""
SHARE_BITS, CELL_BITS = 12, 15
"""High bits that tell shares apart, and bits that tell cells apart, at most."""
_END = np.uint32(END)


@njit(**BARE)
def _shared_out(hashes, order, bits, target, ends):  # type: ignore[no-untyped-def]
    """Write ``hash << 32 | document`` by the high bits of the hash; ``ends`` gets their ends."""
    by, half = np.uint64(32 - bits), np.uint64(32)
    for share in range(1 << bits):
        ends[share] = 0
    for i in range(len(hashes)):
        ends[np.uint64(hashes[i]) >> by] += order[i] != NO_ROW
    place = np.int64(0)
    for share in range(1 << bits):
        size = ends[share]
        ends[share] = place
        place += size
    for i in range(len(hashes)):
        if order[i] != NO_ROW:
            share = np.uint64(hashes[i]) >> by
            target[ends[share]] = (np.uint64(hashes[i]) << half) | np.uint64(i)
            ends[share] += 1


@njit(**BARE)
def _not_alone(source, start, stop, by, bits, target, cells):  # type: ignore[no-untyped-def]
    """Copy what is not alone in its cell, by cells; return how many that are.

    A cell is the lowest ``bits`` of a number without its ``by`` lowest ones. ``target`` has a place
    more than numbers, where all that are alone go.
    """
    mask, nowhere = np.uint64((1 << bits) - 1), np.uint32(stop - start)
    for cell in range(1 << bits):
        cells[cell] = 0
    for i in range(start, stop):
        cells[(source[i] >> by) & mask] += np.uint32(1)
    n = np.uint32(0)
    for cell in range(1 << bits):
        size = cells[cell]
        cells[cell] = n if size > 1 else nowhere
        n += size if size > 1 else np.uint32(0)
    for i in range(start, stop):
        cell = (source[i] >> by) & mask
        target[cells[cell]] = source[i]
        cells[cell] += np.uint32(1)
    return np.int64(n)


@njit(**BARE)
def _inserted(values, n, most):  # type: ignore[no-untyped-def]
    """Sort the first ``n`` by insertion; return whether ``most`` moves were enough."""
    for i in range(1, n):
        value = values[i]
        j = i
        while j > 0 and values[j - 1] > value:
            values[j] = values[j - 1]
            j -= 1
        values[j] = value
        most -= i - j
        if most < 0:
            return False
    return True


@njit(**BARE)
def _list_small(kept, n, i, small, rare, top, heads, lists, common, found):  # type: ignore[no-untyped-def]
    """List the buckets of ``kept[i:n]``; return where one of more than ``small`` begins, or n.

    Branches that nobody can foresee took more time than all else, so a bucket is told from a
    document alone by arithmetic. ``found`` holds the next place in ``lists``, the number of
    ``common`` hashes and the number of pairs.
    """
    half, nowhere, alone = np.uint64(32), len(heads) - 1, np.int64(1) << (top - 1)
    at, n_common, n_pairs = found[0], found[1], found[2]
    first, at_first, is_same = i, at, False
    goes_on = (kept[i] ^ kept[i + 1]) >> half == 0
    while i < n:
        fetch(heads, np.int64(np.uint32(kept[min(i + 16, n)])))
        follower = np.uint32(kept[i + 1])
        more_follow = (kept[i + 1] ^ kept[i + 2]) >> half == 0
        first = first if is_same else i
        at_first = at_first if is_same else at
        members = i - first
        if members == rare:
            common[n_common] = kept[i] >> half
            n_common += 1
        if members == small:
            found[0], found[1] = at_first, n_common
            found[2] = n_pairs - small * (small - 1) // 2
            return first
        n_pairs += members
        lists[at] = follower
        lists[at + 1] = _END
        head = np.int64(at) if more_follow else np.int64(follower) + alone
        heads[np.int64(np.uint32(kept[i])) if goes_on else nowhere] = head
        at += np.int64(goes_on & more_follow) + 2 * np.int64(is_same & goes_on & (not more_follow))
        is_same, goes_on = goes_on, more_follow
        i += 1
    found[0], found[1], found[2] = at, n_common, n_pairs
    return n


@njit(cache=True, nogil=True)
def _list_large(kept, start, stop, order, anchors, top, heads, lists, at):  # type: ignore[no-untyped-def]
    """List a bucket by ``order``: each with the ``anchors`` first and the one before.

    Return the next place in ``lists`` and the number of pairs.
    """
    size, low, first_place = stop - start, np.uint64(0xFFFFFFFF), at
    members = np.empty(size, np.uint64)
    for i in range(size):
        document = kept[start + i] & low
        members[i] = (np.uint64(order[document]) << np.uint64(32)) | document
    members.sort()
    n_lists = 0
    for i in range(size):
        own = members[i] & low
        begins = at
        for k in range(size if i < anchors else anchors):
            lists[at] = members[k] & low
            at += (members[k] & low) > own
        if i >= anchors:
            for k in (max(anchors, i - 1), min(i + 1, size - 1)):
                lists[at] = members[k] & low
                at += (members[k] & low) > own
        heads[own] = 0
        if at > begins:
            lists[at] = _END
            at += 1
            heads[own] = begins | (np.int64(1) << top)
            n_lists += 1
    return at, at - first_place - n_lists


@njit(cache=True, nogil=True)
def lists_of(hashes, order, small, rare, anchors, top, heads, lists, common, found):  # type: ignore[no-untyped-def]
    """List the documents of one band; see ``bands.partners`` for what is asked.

    ``heads`` are n + 1 zeros, ``lists`` has room, and ``found`` is as in ``_list_small``.
    """
    n, half = len(hashes), np.uint64(32)
    bits = 0
    while bits < SHARE_BITS and n >> bits > SHARE:
        bits += 1
    shared_out, ends = np.empty(n, np.uint64), np.empty(1 << bits, np.int64)
    _shared_out(hashes, order, bits, shared_out, ends)
    largest, start = np.int64(0), np.int64(0)
    for stop in ends:
        largest = max(largest, stop - start)
        start = stop
    kept, cells = np.empty(largest + 2, np.uint64), np.empty(1 << CELL_BITS, np.uint32)
    start = np.int64(0)
    for stop in ends:
        cell_bits = 1
        while cell_bits < CELL_BITS and 1 << cell_bits < stop - start:
            cell_bits += 1
        by = np.uint64(64 - bits - cell_bits)
        n_kept = _not_alone(shared_out, start, stop, by, cell_bits, kept, cells)
        start = stop
        if n_kept == 0:
            continue
        if not _inserted(kept, n_kept, 16 * n_kept):
            kept[:n_kept].sort()  # hashes of one cell, made up by somebody
        kept[n_kept] = ~kept[n_kept - 1]
        i = np.int64(0)
        while i < n_kept:
            i = _list_small(kept, n_kept, i, small, rare, top, heads, lists, common, found)
            if i == n_kept:
                break
            begins = i
            while (kept[begins] ^ kept[i]) >> half == 0:
                i += 1
            if rare > small and i - begins > rare:
                common[found[1]] = kept[begins] >> half
                found[1] += 1
            at, n_pairs = _list_large(kept, begins, i, order, anchors, top, heads, lists, found[0])
            found[0] = at
            found[2] += n_pairs
