"""Windows and anchors on the host: one walk over the text with a ring of prefix hashes."""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit
from curator.kernels.shingles.cpu import mix
from curator.kernels.unicode.decode import decode

PRIME = np.uint64((1 << 61) - 1)
LOW_32, LOW_29 = np.uint64((1 << 32) - 1), np.uint64((1 << 29) - 1)
B3, B29, B32, B61 = np.uint64(3), np.uint64(29), np.uint64(32), np.uint64(61)


@njit(cache=True, nogil=True, inline="always")
def _reduced(x):  # type: ignore[no-untyped-def]  # compiled: Numba infers the types
    """Return ``x`` modulo 2⁶¹ - 1."""
    x = (x & PRIME) + (x >> B61)
    return x - PRIME if x >= PRIME else x


@njit(cache=True, nogil=True, inline="always")
def _times(a, b):  # type: ignore[no-untyped-def]
    """Return ``a * b`` modulo 2⁶¹ - 1, for both below it; 2⁶⁴ is 8 there, and 2⁶¹ is 1."""
    a_high, a_low = a >> B32, a & LOW_32
    b_high, b_low = b >> B32, b & LOW_32
    middle = a_high * b_low + a_low * b_high
    low = a_low * b_low
    total = ((a_high * b_high) << B3) + (middle >> B29) + ((middle & LOW_29) << B32)
    return _reduced(total + (low & PRIME) + (low >> B61))


@njit(cache=True, nogil=True, inline="always")
def _between(before, after, power):  # type: ignore[no-untyped-def]
    """Return the hash of what lies between two prefixes, given the power of its length."""
    return _reduced(after + PRIME - _times(before, power))


@njit(cache=True, nogil=True)
def find_spans(offsets, data, characters, gram, powers):  # type: ignore[no-untyped-def]
    """Return int64[m, 4] (document, first, windows, repeats) and uint64[m, 3] (anchor, span)."""
    n, k = characters, gram
    w = n - k + 1
    room = n + w + 2
    ring0, ring1 = np.zeros(room, np.uint64), np.zeros(room, np.uint64)
    # Smallest grams of the window: a queue of hashes that rise, of the newest where they tie.
    length = np.int64(1)
    while length < w + 1:  # a power of two: remainders by `& mask` take no division
        length *= 2
    mask = length - 1
    queue_hash, queue_at = np.empty(length, np.uint64), np.empty(length, np.int64)
    numbers, hashes = np.empty((1024, 4), np.int64), np.empty((1024, 3), np.uint64)
    m = np.int64(0)
    for document in range(len(offsets) - 1):
        at, stop = offsets[document], offsets[document + 1]
        begin = m
        head, tail = np.int64(0), np.int64(0)
        i = np.int64(0)
        slot = np.int64(0)
        ring0[0] = ring1[0] = 0
        anchor, first = np.int64(-1), np.int64(0)
        anchor_hash = np.uint64(0)
        while True:
            at_end = at >= stop
            now = np.int64(-1)  # the anchor of the window that ends here
            window = i + 1 - n
            if not at_end:
                c, width = decode(data, at)
                at += width
                value = np.uint64(c) + np.uint64(1)
                after = slot + 1 if slot + 1 < room else 0
                ring0[after] = _reduced(_times(ring0[slot], powers[0, 1]) + value)
                ring1[after] = _reduced(_times(ring1[slot], powers[1, 1]) + value)
                slot = after
                i += 1
                if i >= k:
                    back = slot - k if slot >= k else slot - k + room
                    new = mix(_between(ring0[back], ring0[slot], powers[0, k]))
                    while tail > head and queue_hash[(tail - 1) & mask] >= new:
                        tail -= 1
                    queue_hash[tail & mask], queue_at[tail & mask] = new, i - k
                    tail += 1
                if window >= 0:
                    while queue_at[head & mask] < window:
                        head += 1
                    now = queue_at[head & mask]
                    if anchor < 0:
                        anchor, first = now, window
                        anchor_hash = queue_hash[head & mask]
            if anchor >= 0 and now != anchor:
                # The span ended with the window before: its last code point was the one before.
                last_window = window - 1 if not at_end else i - n
                size = last_window + n - first
                end_slot = slot if at_end else (slot - 1 if slot >= 1 else room - 1)
                back = end_slot - size if end_slot >= size else end_slot - size + room
                h0 = _between(ring0[back], ring0[end_slot], powers[0, size])
                h1 = _between(ring1[back], ring1[end_slot], powers[1, size])
                if (
                    m > begin
                    and hashes[m - 1, 1] == h0
                    and hashes[m - 1, 2] == h1
                    and hashes[m - 1, 0] == anchor_hash
                ):
                    numbers[m - 1, 3] += 1
                else:
                    if m == len(numbers):
                        more_numbers = np.empty((2 * m, 4), np.int64)
                        more_hashes = np.empty((2 * m, 3), np.uint64)
                        more_numbers[:m], more_hashes[:m] = numbers, hashes
                        numbers, hashes = more_numbers, more_hashes
                    numbers[m, 0], numbers[m, 1] = document, first
                    numbers[m, 2], numbers[m, 3] = last_window - first + 1, 1
                    hashes[m, 0], hashes[m, 1], hashes[m, 2] = anchor_hash, h0, h1
                    m += 1
                anchor, first = now, window
                anchor_hash = queue_hash[head & mask]
            if at_end:
                break
    return numbers[:m].copy(), hashes[:m].copy()


@njit(cache=True, nogil=True)
def window_hashes(  # type: ignore[no-untyped-def]
    offsets, data, characters, gram, powers, documents, firsts, windows
):
    """Return uint64[sum(windows), 2]."""
    n = characters
    room = n + 1
    ring0, ring1 = np.zeros(room, np.uint64), np.zeros(room, np.uint64)
    found = np.empty((windows.sum(), 2), np.uint64)
    out, span = np.int64(0), np.int64(0)
    while span < len(documents):
        document = documents[span]
        at, stop = offsets[document], offsets[document + 1]
        i, slot = np.int64(0), np.int64(0)
        ring0[0] = ring1[0] = 0
        while at < stop and span < len(documents) and documents[span] == document:
            c, width = decode(data, at)
            at += width
            value = np.uint64(c) + np.uint64(1)
            after = slot + 1 if slot + 1 < room else 0
            ring0[after] = _reduced(_times(ring0[slot], powers[0, 1]) + value)
            ring1[after] = _reduced(_times(ring1[slot], powers[1, 1]) + value)
            slot = after
            i += 1
            window = i - n
            if window >= firsts[span]:
                back = slot + 1 if slot + 1 < room else 0
                found[out, 0] = _between(ring0[back], ring0[slot], powers[0, n])
                found[out, 1] = _between(ring1[back], ring1[slot], powers[1, n])
                out += 1
                if window == firsts[span] + windows[span] - 1:
                    span += 1
    return found


@njit(cache=True, nogil=True)
def _extended(stretches, m, document, window, last, n, row, place, cycle):  # type: ignore[no-untyped-def]
    """Add windows ``window`` to ``last``, kept in ``row``; return the table and its length.

    Window ``window + i`` stands there at ``place + i % cycle``.
    """
    start, end = window, last + n
    if m and stretches[m - 1, 0] == document and window <= stretches[m - 1, 2]:
        if stretches[m - 1, 3] == row:
            stretches[m - 1, 2] = end
            return stretches, m
        start = stretches[m - 1, 2]
    if m == len(stretches):
        more = np.empty((2 * m, 5), np.int64)
        more[:m] = stretches
        stretches = more
    # The first window that reaches beyond what is covered already says where the stretch stands.
    reaching = max(window, start - n + 1)
    stretches[m, 0], stretches[m, 1], stretches[m, 2] = document, start, end
    stretches[m, 3] = row
    stretches[m, 4] = place + (reaching - window) % cycle + start - reaching
    return stretches, m + 1


@njit(cache=True, nogil=True)
def find_stretches(  # type: ignore[no-untyped-def]
    characters, documents, firsts, windows, repeats, bounds, kept, places
):
    """Return int64[m, 5]: document, start, end, row that keeps it, place there."""
    found = np.empty((1024, 5), np.int64)
    m = np.int64(0)
    for span in range(len(documents)):
        entry, size = bounds[span], bounds[span + 1] - bounds[span]
        document, first = documents[span], firsts[span]
        if size == 0:
            continue
        if size == 1:
            if kept[entry] >= 0:
                last = first + windows[span] * repeats[span] - 1
                row, place, cycle = kept[entry], places[entry], windows[span]
                found, m = _extended(found, m, document, first, last, characters, row, place, cycle)
            continue
        for standing in range(repeats[span]):
            for j in range(size):
                row = kept[entry + j]
                if row >= 0:
                    window = first + standing * windows[span] + j
                    place = places[entry + j]
                    found, m = _extended(
                        found, m, document, window, window, characters, row, place, 1
                    )
    return found[:m].copy()
