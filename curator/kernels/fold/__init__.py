"""The key of a text: what is left when spelling variants, case, punctuation and space are gone.

Key = NFKC and case folding → without punctuation, symbols and white space → Traditional characters
and regional variants as Simplified ones. Two texts with one key are copies of one another for the
purposes of deduplication; the text itself is never replaced by its key.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curator.kernels import twin
from curator.kernels.buffers import Utf8
from curator.kernels.fold.table import tables


class Keys(NamedTuple):
    """Folded documents: the key of document ``i`` is ``codepoints[offsets[i]:offsets[i + 1]]``."""

    offsets: np.ndarray
    """int64[n + 1], from 0, rising."""
    codepoints: np.ndarray
    """uint32[offsets[n]]."""
    n_traditional: np.ndarray
    """int64[n]: characters that folding changed to a Simplified or variant form."""
    n_replacements: np.ndarray
    """int64[n]: U+FFFD in the text, each a character lost in decoding; never in the key."""

    @property
    def lengths(self) -> np.ndarray:
        """Return int64[n]: code points in each key."""
        return np.diff(self.offsets)

    def document(self, index: int) -> str:
        """Return key ``index`` as a string."""
        start, stop = self.offsets[index], self.offsets[index + 1]
        return "".join(map(chr, self.codepoints[start:stop]))


def fold(texts: Utf8) -> Keys:
    """Return the keys of ``texts``; an empty text and one of punctuation alone have an empty key.

    ``「嗰度，好 Chill！」`` → ``𠮶度好chill``; ``ꦧꦱ ꦗꦮ`` → ``ꦧꦱꦗꦮ``; ``Tiếng Việt.``
    → ``tiếngviệt``, whether its marks are composed or not. A character that becomes
    several (``㍿``, ``ﬁ``, ``ß``) becomes all of them. Text takes one table look-up a character;
    where a mark could compose with, or change places with, what stands before it, the character
    and its marks go through ``unicodedata`` once a process, or the document does where they are
    more than can be remembered. So the key always equals the key of the normalised text.

    Source of the order of steps: measurements on Cantonese copies (script conversion,
    respelling, punctuation); without the variant fold converted copies share a Jaccard of .18.
    """
    body = twin.body(texts.data, "fold")
    offsets, codepoints, counts = body.fold_documents(texts.offsets, texts.data, tables())
    return Keys(offsets, codepoints, counts[:, 0], counts[:, 1])


def key_hashes(texts: Utf8, keys: Keys | None = None) -> np.ndarray:
    """Return uint64[n, 2]: a 128-bit hash of each key; equal keys have equal hashes.

    ``keys`` spares folding again. A document whose key is empty gets the hash of its bytes
    instead, in a space of its own: ``…`` and ``。。。`` are not copies, two empty texts are. Among
    n different keys the odds of any two colliding are near n² / 2¹²⁹ (10⁻²¹ for 10⁹ documents); the
    hash is not cryptographic.
    """
    keys = fold(texts) if keys is None else keys
    body = twin.body(texts.data, "fold")
    return body.key_hashes(keys.offsets, keys.codepoints, texts.offsets, texts.data)


def byte_hashes(texts: Utf8) -> np.ndarray:
    """Return uint64[n, 2]: a 128-bit hash of the bytes of each text, as of one with an empty key.

    For the odds of a collision see ``key_hashes``.
    """
    body = twin.body(texts.data, "fold")
    no_keys = np.zeros(texts.n_documents + 1, np.int64), np.zeros(0, np.uint32)
    return body.key_hashes(*no_keys, texts.offsets, texts.data)
