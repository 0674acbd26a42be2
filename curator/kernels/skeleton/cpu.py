"""Skeletons on the host: one walk over each key."""

from __future__ import annotations

import numpy as np

from curator.kernels.compiled import njit
from curator.kernels.skeleton import table

NUMBER, SUBJECT = np.uint32(table.NUMBER), np.uint32(table.SUBJECT)
NUMERAL, STEM, BRANCH = table.NUMERAL, table.STEM, table.BRANCH


@njit(cache=True, nogil=True)
def _match(codepoints, at, stop, offsets, names, first, last):  # type: ignore[no-untyped-def]
    """Return the length of the first name in [first, last) that stands at ``at``, or 0."""
    for j in range(first, last):
        length = offsets[j + 1] - offsets[j]
        if length > stop - at or codepoints[at] != names[offsets[j]]:
            continue
        same = True
        for i in range(1, length):
            if codepoints[at + i] != names[offsets[j] + i]:
                same = False
                break
        if same:
            return length
    return 0


@njit(cache=True, nogil=True)
def _numeral(codepoints, at, stop, classes):  # type: ignore[no-untyped-def]
    """Return how many code points of a number stand at ``at``: 0, 1, or 2 for a pair like 甲子."""
    kind = classes[codepoints[at]]
    if kind == NUMERAL:
        return 1
    if kind == STEM and at + 1 < stop and classes[codepoints[at + 1]] == BRANCH:
        return 2
    return 0


@njit(cache=True, nogil=True)
def skeletons(  # type: ignore[no-untyped-def]
    offsets, codepoints, of, name_offsets, names, classes, month_offsets, months
):
    """Return offsets and code points of the skeletons, and their literals."""
    n = len(offsets) - 1
    masked = np.empty(len(codepoints), np.uint32)
    bounds = np.zeros(n + 1, np.int64)
    literals = np.zeros(n, np.int64)
    n_months = len(month_offsets) - 1
    # A month is looked for only where one can begin.
    begins = np.zeros(len(classes), np.bool_)
    for j in range(n_months):
        begins[months[month_offsets[j]]] = True
    k = np.int64(0)
    for document in range(n):
        start, stop = offsets[document], offsets[document + 1]
        at = start
        while at < stop:
            after_number = k > bounds[document] and masked[k - 1] == NUMBER
            mask = SUBJECT
            width = _match(
                codepoints, at, stop, name_offsets, names, of[document], of[document + 1]
            )
            if width == 0:
                mask = NUMBER
                width = _numeral(codepoints, at, stop, classes)
            if width == 0 and begins[codepoints[at]]:
                found = _match(codepoints, at, stop, month_offsets, months, 0, n_months)
                following = at + found
                if found and (
                    after_number
                    or (following < stop and _numeral(codepoints, following, stop, classes))
                ):
                    width = found
            if width == 0:
                masked[k] = codepoints[at]
                literals[document] += 1
                k += 1
                at += 1
                continue
            if k == bounds[document] or masked[k - 1] != mask:
                masked[k] = mask
                k += 1
            at += width
        bounds[document + 1] = k
    return bounds, masked[:k].copy(), literals
