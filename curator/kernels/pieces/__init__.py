"""Where text may be cut: pieces for a tokenizer, words for a vocabulary.

Both follow character classes (``curator.kernels.pieces.classes``), so they work for scripts with
and without spaces and keep combining marks with their letters.
"""

from __future__ import annotations

import numpy as np

from curator.kernels.buffers import Utf8
from curator.kernels.twin import body

MAX_WORD = 32
"""Most characters of one piece of a spaced script, its leading space not counted."""
MAX_RUN = 16
"""Most characters of one piece of an unspaced script, of symbols, or of white space."""


def cut(texts: Utf8, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut every document into pieces that cover it without gaps.

    A piece is one digit; a run of letters and marks, with the space before it; a run of an
    unspaced script; a run of symbols, with the space before it; line ends; or white space.
    ``好 chill呀 2x`` gives ``好| chill|呀| |2|x``; ``হ্যালো বাংলা`` gives two pieces.
    ``classes`` is uint8[0x110000].

    Returns byte bounds int64[n_pieces + 1] into ``texts.data``, and int64[n_documents + 1]: the
    first piece of each document. Empty documents have no pieces.
    """
    return body(texts.data, "pieces").cut(texts.offsets, texts.data, classes)


def words(texts: Utf8, classes: np.ndarray, max_characters: int) -> tuple[np.ndarray, ...]:
    """Find the words of spaced scripts: longest runs of letters, marks and joiners.

    In ``book咗位`` it finds ``book``; in ``হ্যালো বাংলা`` both words whole. Runs of more than
    ``max_characters`` characters are passed over.

    Returns ``starts, stops, documents``, int64[n_words] each: byte bounds in ``texts.data`` and the
    index of the document. Empty text has no words.
    """
    found = body(texts.data, "pieces").words(texts.offsets, texts.data, classes, max_characters)
    return tuple(found)
