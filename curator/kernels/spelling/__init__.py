"""Keys in the spelling of today: Indonesian, Malay, Javanese and Sundanese before their reforms."""

from __future__ import annotations

import numpy as np

from curator.kernels import twin
from curator.kernels.fold import Keys


def modern_spelling(keys: Keys, asked: np.ndarray) -> Keys:
    """Return ``keys`` with those among ``asked`` (bool[n]) that are in an old spelling made modern.

    ``soedah poenja tjoetjoe di Djawa`` is ``sudah punya cucu di Jawa``: u was written oe until
    1947; c, j and y were tj, dj and j until 1972. A key is changed that writes so throughout: one
    character in 200 (oe) or in 100 (tj and dj) is such, and in ``TIMES`` of these comes one of
    today's letters instead at most. Each of the two reforms is undone by itself. Other keys, of
    whatever language and script, are as they were, and where there is no such key ``keys`` is
    returned. What a text had of ``oe`` or ``dj`` before is lost, so this serves to compare texts,
    not to read them.

    Source: van Ophuijsen's spelling of 1901, Soewandi's of 1947, the enhanced one of 1972.
    """
    body = twin.body(keys.codepoints, "spelling")
    found = body.old_spellings(keys.offsets, keys.codepoints, asked)
    if not found.any():
        return keys
    offsets, codepoints = body.respelled(keys.offsets, keys.codepoints, found)
    return keys._replace(offsets=offsets, codepoints=codepoints)
