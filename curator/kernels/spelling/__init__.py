"""Texts in the spelling of today: Indonesian, Malay, Javanese, Sundanese before their reforms."""

from __future__ import annotations

import numpy as np

from curator.kernels import twin
from curator.kernels.buffers import Utf8


def modern_spelling(texts: Utf8) -> Utf8:
    """Return ``texts`` with those that are in an old Latin spelling made modern.

    ``soedah poenja tjoetjoe di Djawa`` is ``sudah punya cucu di Jawa``: u was written oe until
    1947; c, j and y were tj, dj and j until 1972. A text is changed whose first ``LOOKED_AT`` bytes
    are written so: one byte in 200 or more begins an oe, or one in 110 a tj or dj, and beside ten
    of these one of today's letters comes instead at most. Each of the two reforms is undone by
    itself. Other texts, of whatever language and script, are as they were; where there is nothing
    to change, ``texts`` is returned, else a copy of it. What a text had of ``oe`` or ``dj`` before,
    and its capitals there, are lost: this serves to compare texts, not to read them.

    Source: van Ophuijsen's spelling of 1901, Soewandi's of 1947, the enhanced one of 1972.
    """
    body = twin.body(texts.data, "spelling")
    found = body.old_spellings(texts.offsets, texts.data)
    places = np.flatnonzero(found)
    if len(places) == 0:
        return texts
    starts, modern = body.respelled(texts.offsets, texts.data, places, found)
    lengths = np.diff(texts.offsets)
    lengths[places] = np.diff(starts)
    offsets = np.zeros_like(texts.offsets)
    np.cumsum(lengths, out=offsets[1:])
    pieces, copied = [], texts.offsets[0]
    for number, place in enumerate(places.tolist()):
        pieces += [texts.data[copied : texts.offsets[place]]]
        pieces += [modern[starts[number] : starts[number + 1]]]
        copied = texts.offsets[place + 1]
    return Utf8(offsets, np.concatenate([*pieces, texts.data[copied : texts.offsets[-1]]]))
