"""Spans on the host: one walk over the documents that have any, and copies of what is between."""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit
from curator.kernels.narrow.cpu import copy_numbers


@njit(cache=True, nogil=True)
def byte_spans(offsets, data, documents, starts, ends):  # type: ignore[no-untyped-def]
    """Return first and last byte of every span, and the first span that cannot be, or -1."""
    n = len(documents)
    first, last = np.empty(n, np.int64), np.empty(n, np.int64)
    document, at, place, end = np.int64(-1), np.int64(0), np.int64(0), np.int64(0)
    for i in range(n):
        if documents[i] != document:
            if documents[i] < document or documents[i] >= len(offsets) - 1:
                return first, last, i
            document = documents[i]
            at, end, place = offsets[document], offsets[document + 1], 0
        if starts[i] < place or ends[i] <= starts[i]:
            return first, last, i
        for side in range(2):
            wanted = starts[i] if side == 0 else ends[i]
            while place < wanted and at < end:
                at += 1
                while at < end and data[at] & 0xC0 == 0x80:
                    at += 1
                place += 1
            if place < wanted:
                return first, last, i
            if side == 0:
                first[i] = at - offsets[document]
            else:
                last[i] = at - offsets[document]
    return first, last, -1


@njit(cache=True, nogil=True)
def without(offsets, data, documents, first, last):  # type: ignore[no-untyped-def]
    """Return offsets and bytes of the documents with the spans left out."""
    n_documents = len(offsets) - 1
    kept = np.empty(n_documents + 1, np.int64)
    room = offsets[n_documents] - offsets[0]
    for i in range(len(documents)):
        room -= last[i] - first[i]
    out = np.empty(room, np.uint8)
    kept[0] = 0
    written, span = np.int64(0), np.int64(0)
    for document in range(n_documents):
        at = offsets[document]
        while span < len(documents) and documents[span] == document:
            stop = offsets[document] + first[span]
            copy_numbers(data[at:stop], out[written : written + stop - at])
            written += stop - at
            at = offsets[document] + last[span]
            span += 1
        stop = offsets[document + 1]
        copy_numbers(data[at:stop], out[written : written + stop - at])
        written += stop - at
        kept[document + 1] = written
    return kept, out


@njit(cache=True, nogil=True)
def gather(data, first, last):  # type: ignore[no-untyped-def]
    """Return offsets and bytes of the spans, one after the other."""
    offsets = np.zeros(len(first) + 1, np.int64)
    for i in range(len(first)):
        offsets[i + 1] = offsets[i] + last[i] - first[i]
    out = np.empty(offsets[len(first)], np.uint8)
    for i in range(len(first)):
        copy_numbers(data[first[i] : last[i]], out[offsets[i] : offsets[i + 1]])
    return offsets, out


@njit(cache=True, nogil=True)
def spliced(data, first, last, offsets, tails):  # type: ignore[no-untyped-def]
    """Return the bytes of the spans, each with its tail behind it."""
    room = offsets[len(first)] - offsets[0]
    for i in range(len(first)):
        room += last[i] - first[i]
    out = np.empty(room, np.uint8)
    at = np.int64(0)
    for i in range(len(first)):
        size, behind = last[i] - first[i], offsets[i + 1] - offsets[i]
        copy_numbers(data[first[i] : last[i]], out[at : at + size])
        copy_numbers(tails[offsets[i] : offsets[i + 1]], out[at + size : at + size + behind])
        at += size + behind
    return out
