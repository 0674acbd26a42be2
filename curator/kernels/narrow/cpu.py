"""Narrow keys on the host."""

from __future__ import annotations

import numpy as np

from curator.kernels.blocks import BARE, JOINED
from curator.kernels.compiled import njit

STEP = 4
"""Every key begins at a multiple of so many bytes, and so does its supplement."""
SUPPLEMENTED = np.uint16(0xD800)
"""Stands for a character of the supplement: half a surrogate pair, which no key has."""
BYTES, HALVES, SUPPLEMENT = 1, 2, 3
MANY = 64
"""Characters looked at together: few of a key are in its supplement."""


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
    if form == BYTES:
        _put(codepoints, first, n, data, start, start + _padded(n))
        return
    behind = start + _padded(2 * n)
    _put(codepoints, first, n, halves, start // 2, behind // 2)
    if form == SUPPLEMENT:
        _put_supplement(codepoints, first, n, halves, start // 2, words, behind // 4)


@njit(**JOINED)
def measured(codepoints, first, last):  # type: ignore[no-untyped-def]
    """Return the form of a key and its bytes."""
    n, bits, beyond = last - first, np.uint32(0), np.int64(0)
    for i in range(np.uint64(first), np.uint64(last)):
        bits |= codepoints[i]
    if bits <= np.uint32(0xFF):
        return BYTES, _padded(n)
    if bits <= np.uint32(0xFFFF):
        return HALVES, _padded(2 * n)
    for i in range(np.uint64(first), np.uint64(last)):
        beyond += codepoints[i] > np.uint32(0xFFFF)
    return (SUPPLEMENT if beyond else HALVES), _padded(2 * n) + 4 * beyond


@njit(cache=True, nogil=True, inline="always")
def _padded(size):  # type: ignore[no-untyped-def]
    return -(-size // STEP) * STEP


@njit(**JOINED)
def _put(codepoints, first, n, into, start, stop):  # type: ignore[no-untyped-def]
    """Write a key from place ``start`` on in numbers of another width, and zeros up to ``stop``."""
    source, target = np.uint64(first), np.uint64(start)
    for i in range(np.uint64(n)):  # unsigned places: LLVM vectorises
        into[target + i] = codepoints[source + i]
    for i in range(start + n, stop):
        into[i] = 0


@njit(**JOINED)
def _put_supplement(codepoints, first, n, halves, start, words, k):  # type: ignore[no-untyped-def]
    for i in range(n):
        if codepoints[first + i] > np.uint32(0xFFFF):
            halves[start + i], words[k] = SUPPLEMENTED, codepoints[first + i]
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
    if forms[document] == BYTES:
        _put(data, start, n, into, at, at + n)
        return
    _put(halves, start // 2, n, into, at, at + n)
    if forms[document] == SUPPLEMENT:
        first, last = (start + _padded(2 * n)) // 4, starts[document + 1] // 4
        _join(words, first, last, into, at, at + n)


@njit(**BARE)
def _join(words, first, last, into, at, stop):  # type: ignore[no-untyped-def]
    """Put the supplement ``words[first:last]`` where it belongs in ``into[at:stop]``."""
    for k in range(first, last):
        while at + MANY <= stop and not _any_supplemented(into, at):
            at += MANY
        while into[at] != SUPPLEMENTED:
            at += 1
        into[at] = words[k]


@njit(**JOINED)
def _any_supplemented(into, at):  # type: ignore[no-untyped-def]
    """Return whether one of ``MANY`` characters stands for one of the supplement."""
    found, first = np.uint32(0), np.uint64(at)
    for i in range(np.uint64(MANY)):  # vector instructions
        found |= np.uint32(into[first + i] == SUPPLEMENTED)
    return found != 0


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
