"""The shape in which kernels see text: one byte buffer and the offsets of the documents in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Utf8(NamedTuple):
    """Documents as UTF-8: document ``i`` is ``data[offsets[i]:offsets[i + 1]]``.

    These are the two buffers of an Arrow ``large_string`` array, shared without a copy; the
    first offset of a slice may be greater than zero.
    """

    offsets: np.ndarray
    """int64[n + 1], rising."""
    data: np.ndarray
    """uint8[...], valid UTF-8 between the first and the last offset."""

    @property
    def n_documents(self) -> int:
        """Number of documents; 0 for an empty partition."""
        return len(self.offsets) - 1

    def document(self, index: int) -> str:
        """Return document ``index`` as a string."""
        return bytes(self.data[self.offsets[index] : self.offsets[index + 1]]).decode()


def of(texts: Sequence[str]) -> Utf8:
    """Encode a sequence of strings; an empty sequence gives zero documents.

    Raises ``UnicodeEncodeError`` for a lone surrogate, which is not text.
    """
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(piece) for piece in encoded], out=offsets[1:])
    return Utf8(offsets, np.frombuffer(b"".join(encoded), np.uint8))
