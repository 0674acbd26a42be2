"""Documents that share a bucket of one band, on the host.

Many documents are alone in their bucket. They are told from the others by counting cells that fit
the first cache, so that fewer are left to be sorted. What is found are lists: for each document
those of higher number that it makes a pair with. In a bucket of middle size these are bits of a
word, found in a few vector instructions: compared one by one, listing took a fifth longer.
"""

from __future__ import annotations

import numpy as np

from curator.kernels.bands import LIKE_CLASSES, LONGEST_CLASS, WITH_LONGEST
from curator.kernels.bands.blocks import SIZE
from curator.kernels.bands.records import append
from curator.kernels.blocks import BARE, JOINED, first_bits, lowest, within
from curator.kernels.blocks import SIZE as BITS
from curator.kernels.compiled import njit

NO_ROW = np.uint32(0xFFFFFFFF)
SHARE = 1500
"""Hashes of a share, about: with their cells they fit the first cache of 32 KB."""
CELLS = 4
"""Cells a hash: with one, four of ten that are alone share a cell with another one, with four two
of ten. With eight it takes longer to go through the cells."""
SHARE_BITS, CELL_BITS = 12, 15
"""High bits that tell shares apart, and bits that tell cells apart, at most."""
INSERTED = 32
"""Documents of a large bucket that are sorted by insertion, at most."""


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
def _list_small(kept, n, i, documents, small, rare, bits, chunks, writes, common, found):  # type: ignore[no-untyped-def]
    """List the buckets of ``kept[i:n]``; return where one of more than ``small`` begins, or n.

    ``found`` holds the number of ``common`` hashes and the number of pairs.
    """
    half, n_common, n_pairs = np.uint64(32), found[0], found[1]
    while i < n:
        if (kept[i] ^ kept[i + 1]) >> half != 0:
            i += 1
            continue
        stop = i + 2
        while (kept[i] ^ kept[stop]) >> half == 0:
            stop += 1
        if stop - i > small:
            break
        if stop - i > rare:
            common[n_common] = kept[i] >> half
            n_common += 1
        n_pairs += (stop - i) * (stop - i - 1) // 2
        for k in range(i, stop - 1):
            append(chunks, writes, bits, np.int64(documents[k]), 0, documents, k + 1, stop)
        i = stop
    found[0], found[1] = n_common, n_pairs
    return i


@njit(**JOINED)
def _list_set(members, kind, document, some, bits, chunks, writes, partners):  # type: ignore[no-untyped-def]
    """List the documents among ``some`` whose bits are set; return how many."""
    n = 0
    while members:
        partners[n] = some[lowest(members)]
        members &= members - np.uint64(1)
        n += 1
    if n:
        append(chunks, writes, bits, document, kind, partners, 0, n)
    return n


@njit(**BARE)
def _list_alike(some, size, lengths, is_chosen, bits, chunks, writes, partners, classes):  # type: ignore[no-untyped-def]
    """List a bucket: each with those of like length, and if chosen the longest; return how many.

    ``classes`` has room for ``BITS`` bytes, ``partners`` for ``SIZE`` numbers more than documents.
    """
    n_pairs, longest = 0, np.uint8(0)
    for k in range(size):
        classes[k] = lengths[some[k]]
        longest = max(longest, classes[k])
    behind = first_bits(size)
    of_longest = within(classes, 0, longest, longest)
    for i in range(size - 1):
        behind &= behind - np.uint64(1)
        document, own = np.int64(some[i]), np.int64(classes[i])
        low, high = max(0, own - LIKE_CLASSES), min(LONGEST_CLASS, own + LIKE_CLASSES)
        alike = within(classes, 0, np.uint8(low), np.uint8(high))
        few = behind & alike
        n_pairs += _list_set(few, 0, document, some, bits, chunks, writes, partners)
        if is_chosen:
            many = behind & ~alike & (of_longest if own != longest else behind)
            n_pairs += _list_set(many, 1, document, some, bits, chunks, writes, partners)
    return n_pairs


@njit(**BARE)
def _list_large(members, low, size, anchors, bits, chunks, writes, partners):  # type: ignore[no-untyped-def]
    """List a bucket: each with the ``anchors`` first and the one before; return how many pairs."""
    n_pairs = 0
    for i in range(size):
        document, n = members[i] & low, 0
        for k in range(size if i < anchors else anchors):
            partners[n] = members[k] & low
            n += (members[k] & low) > document
        if i >= anchors:
            for k in (max(anchors, i - 1), min(i + 1, size - 1)):
                partners[n] = members[k] & low
                n += (members[k] & low) > document
        append(chunks, writes, bits, np.int64(document), 1, partners, 0, n)
        n_pairs += n
    return n_pairs


@njit(cache=True, nogil=True)
def _by_order(documents, start, stop, order, members):  # type: ignore[no-untyped-def]
    """Write ``order << 32 | document`` of a bucket to ``members``, rising."""
    for i in range(start, stop):
        place = np.uint64(order[documents[i]])
        members[i - start] = (place << np.uint64(32)) | np.uint64(documents[i])
    if stop - start > INSERTED:
        members[: stop - start].sort()
    else:
        _inserted(members, stop - start, INSERTED * INSERTED)


@njit(cache=True, nogil=True)
def _list_all(kept, n, spare, order, lengths, sizes, bits, chunks, writes, common, found):  # type: ignore[no-untyped-def]
    """List the buckets of the first ``n`` that were kept, which rise."""
    (small, alike, rare, anchors), (documents, members, partners) = sizes, spare
    classes = np.empty(BITS, np.uint8)
    half, low, i = np.uint64(32), np.uint64(0xFFFFFFFF), np.int64(0)
    kept[n] = ~kept[n - 1]
    for k in range(n):
        documents[k] = kept[k] & low
    while True:
        i = _list_small(kept, n, i, documents, small, rare, bits, chunks, writes, common, found)
        if i == n:
            break
        start = i
        while (kept[start] ^ kept[i]) >> half == 0:
            i += 1
        size, number = i - start, kept[start] >> half
        if size > rare:
            common[found[0]] = number
            found[0] += 1
        if size <= alike:
            some, is_chosen = documents[start:], number & np.uint64(WITH_LONGEST - 1) == 0
            found[1] += _list_alike(
                some, size, lengths, is_chosen, bits, chunks, writes, partners, classes
            )
            continue
        _by_order(documents, start, i, order, members)
        found[1] += _list_large(members, low, size, anchors, bits, chunks, writes, partners)


@njit(cache=True, nogil=True)
def list_band(hashes, order, lengths, sizes, bits, chunks, writes, common, found):  # type: ignore[no-untyped-def]
    """List the documents of one band, and the hashes of its common buckets.

    ``lengths`` is as for ``bands.partners``, ``sizes`` are its bounds, rare at least 1; ``bits``,
    ``chunks`` and ``writes`` are as in ``records``, ``found`` is as in ``_list_small``.
    """
    n = len(hashes)
    share_bits = 0
    while share_bits < SHARE_BITS and n >> share_bits > SHARE:
        share_bits += 1
    shared_out, ends = np.empty(n, np.uint64), np.empty(1 << share_bits, np.int64)
    _shared_out(hashes, order, share_bits, shared_out, ends)
    largest, start = np.int64(0), np.int64(0)
    for stop in ends:
        largest = max(largest, stop - start)
        start = stop
    kept, cells = np.empty(largest + 2, np.uint64), np.empty(1 << CELL_BITS, np.uint32)
    documents, members = np.empty(largest + SIZE, np.uint32), np.empty(largest, np.uint64)
    spare = (documents, members, np.empty(largest + sizes[3] + 2 + SIZE, np.uint32))
    start = np.int64(0)
    for stop in ends:
        cell_bits = 1
        while cell_bits < CELL_BITS and 1 << cell_bits < CELLS * (stop - start):
            cell_bits += 1
        by = np.uint64(64 - share_bits - cell_bits)
        n_kept = _not_alone(shared_out, start, stop, by, cell_bits, kept, cells)
        start = stop
        if n_kept == 0:
            continue
        if not _inserted(kept, n_kept, 16 * n_kept):
            kept[:n_kept].sort()  # hashes of one cell, made up by somebody
        _list_all(kept, n_kept, spare, order, lengths, sizes, bits, chunks, writes, common, found)
