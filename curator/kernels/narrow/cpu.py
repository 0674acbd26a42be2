"""Narrow keys on the host."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import BARE, JOINED, lowest
from curator.kernels.characters import SIZE, within
from curator.kernels.compiled import njit

STEP = 4
"""Every key begins at a multiple of so many bytes, and so does its supplement."""
BYTES, HALVES, HALVES_MORE, BYTES_MORE = 1, 2, 3, 4
"""Forms; the last two have a supplement."""
BYTE, HALF = np.uint32(0xFF), np.uint32(0xFFFF)
"""The largest characters that one byte, and two, have room for. Where there is a supplement these
stand for one of its characters, themselves among them: U+FFFF is none, and ``ÿ`` is rare."""
LARGEST = np.uint32(0xFFFFFFFF)


@njit(cache=True, nogil=True)
def narrow(offsets, codepoints, documents):  # type: ignore[no-untyped-def]
    """Return the fields of ``NarrowKeys``; see the contract."""
    lengths, forms = np.empty(len(documents), np.int64), np.empty(len(documents), np.uint8)
    starts = np.zeros(len(documents) + 1, np.int64)
    for place in range(len(documents)):
        first, last = offsets[documents[place]], offsets[documents[place] + 1]
        lengths[place] = last - first
        forms[place], size = measured(codepoints, first, last)
        starts[place + 1] = starts[place] + size
    data = np.empty(starts[-1], np.uint8)
    halves, words = data.view(np.uint16), data.view(np.uint32)
    for place in range(len(documents)):
        first = offsets[documents[place]]
        put_key(codepoints, first, lengths[place], forms[place], data, halves, words, starts[place])
    return lengths, forms, starts, data


@njit(**BARE)
def put_key(codepoints, first, n, form, data, halves, words, start):  # type: ignore[no-untyped-def]
    """Write a key of ``n`` code points from ``first`` on in its form, from byte ``start`` on.

    ``halves`` and ``words`` are the data as numbers of two and of four bytes.
    """
    if form in (BYTES, BYTES_MORE):
        behind, largest = start + _padded(n), BYTE
        _put(codepoints, first, n, largest, data, start, behind)
    else:
        behind, largest = start + _padded(2 * n), HALF
        _put(codepoints, first, n, largest, halves, start // 2, behind // 2)
    if form in (BYTES_MORE, HALVES_MORE):
        _put_supplement(codepoints, first, n, largest, words, behind // 4)


@njit(**JOINED)
def measured(codepoints, first, last):  # type: ignore[no-untyped-def]
    """Return the form of a key, the one of fewest bytes, and its bytes."""
    n, bits = last - first, np.uint32(0)
    beyond_byte, beyond_half = np.uint32(0), np.uint32(0)
    for i in range(np.uint64(first), np.uint64(last)):
        c = codepoints[i]
        bits |= c
        beyond_byte = np.uint32(beyond_byte + np.uint32(c >= BYTE))
        beyond_half = np.uint32(beyond_half + np.uint32(c >= HALF))
    if bits <= BYTE:
        return BYTES, _padded(n)
    in_bytes = _padded(n) + 4 * np.int64(beyond_byte)
    if bits <= HALF:
        form, size = HALVES, _padded(2 * n)
    else:
        form, size = HALVES_MORE, _padded(2 * n) + 4 * np.int64(beyond_half)
    if in_bytes < size:
        return BYTES_MORE, in_bytes
    return form, size


@njit(cache=True, nogil=True, inline="always")
def _padded(size):  # type: ignore[no-untyped-def]
    return -(-size // STEP) * STEP


@njit(**JOINED)
def _put(codepoints, first, n, largest, into, start, stop):  # type: ignore[no-untyped-def]
    """Write a key from place ``start`` on in numbers up to ``largest``, then zeros to ``stop``."""
    source, target = np.uint64(first), np.uint64(start)
    for i in range(np.uint64(n)):  # unsigned places: LLVM vectorises
        into[target + i] = min(codepoints[source + i], largest)
    for i in range(start + n, stop):
        into[i] = 0


@njit(**BARE)
def _put_supplement(codepoints, first, n, largest, words, k):  # type: ignore[no-untyped-def]
    """Write the characters that are ``largest`` or above behind one another from word ``k`` on."""
    i = np.int64(0)
    while i + SIZE <= n:
        found = within(codepoints, first + i, largest, LARGEST)
        while found != 0:
            words[k] = codepoints[first + i + lowest(found)]
            found &= found - np.uint64(1)
            k += 1
        i += SIZE
    for place in range(first + i, first + n):
        if codepoints[place] >= largest:
            words[k] = codepoints[place]
            k += 1


@njit(cache=True, nogil=True)
def widen(lengths, forms, starts, data, documents):  # type: ignore[no-untyped-def]
    """Return offsets and code points of ``documents``; see the contract."""
    offsets = np.zeros(len(documents) + 1, np.int64)
    for place in range(len(documents)):
        offsets[place + 1] = offsets[place] + lengths[documents[place]]
    codepoints = np.empty(offsets[-1], np.uint32)
    keys = with_widths(lengths, forms, starts, data)
    for place in range(len(documents)):
        widen_one(keys, documents[place], codepoints, offsets[place])
    return offsets, codepoints


@njit(cache=True, nogil=True)
def with_widths(lengths, forms, starts, data):  # type: ignore[no-untyped-def]
    """Return the fields of ``NarrowKeys`` and the data as numbers of two and of four bytes."""
    return lengths, forms, starts, data, data.view(np.uint16), data.view(np.uint32)


@njit(**JOINED)
def widen_one(keys, document, into, at):  # type: ignore[no-untyped-def]
    """Write the code points of one key, ``keys`` being ``with_widths``, to ``into`` from ``at`` on.

    No views are made of the arrays, whose counts of references are atomic steps.
    """
    lengths, forms, starts, data, halves, words = keys
    n, start = lengths[document], starts[document]
    form = forms[document]
    if form in (BYTES, BYTES_MORE):
        behind, largest = start + _padded(n), BYTE
        _copy(data, start, n, into, at)
    else:
        behind, largest = start + _padded(2 * n), HALF
        _copy(halves, start // 2, n, into, at)
    if form in (BYTES_MORE, HALVES_MORE):
        _join(words, behind // 4, largest, into, at, at + n)


@njit(**JOINED)
def _copy(source, first, n, into, at):  # type: ignore[no-untyped-def]
    there, here = np.uint64(first), np.uint64(at)
    for i in range(np.uint64(n)):  # unsigned places: LLVM vectorises
        into[here + i] = source[there + i]


@njit(**BARE)
def _join(words, k, largest, into, at, stop):  # type: ignore[no-untyped-def]
    """Put the supplement, from word ``k`` on, where it belongs in ``into[at:stop]``."""
    while at + SIZE <= stop:
        found = within(into, at, largest, largest)
        while found != 0:
            into[at + lowest(found)] = words[k]
            found &= found - np.uint64(1)
            k += 1
        at += SIZE
    for place in range(at, stop):
        if into[place] == largest:
            into[place] = words[k]
            k += 1


@njit(cache=True, nogil=True, inline="always")
def copy_numbers(source, into):  # type: ignore[no-untyped-def]
    """Copy numbers, of one width or into those of another.

    LLVM makes vectors or ``memmove`` of this loop from 0 on, and not of an assigned slice.
    """
    for i in range(len(source)):
        into[i] = source[i]


@njit(cache=True, nogil=True)
def gather(starts, data, documents, into):  # type: ignore[no-untyped-def]
    """Copy the bytes of some keys; see the contract."""
    at = np.int64(0)
    for place in range(len(documents)):
        start, stop = starts[documents[place]], starts[documents[place] + 1]
        copy_numbers(data[start:stop], into[at : at + stop - start])
        at += stop - start


@njit(cache=True, nogil=True)
def fitting(documents, sizes, room, most):  # type: ignore[no-untyped-def]
    """Return int64[ranges + 1]: the bounds of the ranges; see the contract."""
    bounds = np.empty(len(documents) + 1, np.int64)
    bounds[0] = 0
    last_range = np.zeros(len(sizes), np.int64)
    n, held = np.int64(0), np.int64(0)
    for i in range(len(documents)):
        document = documents[i]
        is_new = n == 0 or last_range[document] != n
        if n == 0 or i - bounds[n - 1] == most or (is_new and held + sizes[document] > room):
            bounds[n] = i
            n, held, is_new = n + 1, np.int64(0), True
        if is_new:
            last_range[document] = n
            held += sizes[document]
    bounds[n] = len(documents)
    return bounds[: n + 1].copy()
