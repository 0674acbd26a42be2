"""Spans: stretches of documents by their code points, found in the bytes, and cut out of them."""

from __future__ import annotations

import numpy as np

from curator.kernels import twin
from curator.kernels.buffers import Utf8


def byte_spans(
    texts: Utf8, documents: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return int64[n], int64[n]: the bytes at which spans of code points begin and end.

    Span ``i`` is ``[starts[i], ends[i])`` of document ``documents[i]`` (all int64[n]); bytes count
    from the beginning of the document. Spans rise by document, then by place, and do not overlap.
    ``[1, 2)`` of ``佢a`` is bytes 3 and 4; of ``ꦗꦮ`` it is 3 and 6. No spans give two empty arrays.
    Raises ``ValueError`` for a span that is out of order or out of its document.
    """
    body = twin.body(texts.data, "spans")
    first, last, bad = body.byte_spans(texts.offsets, texts.data, documents, starts, ends)
    if bad >= 0:
        raise ValueError(
            f"span {bad}: [{starts[bad]}, {ends[bad]}) of document {documents[bad]} overlaps the "
            "one before it, is empty, or is not inside the document"
        )
    return first, last


def without(texts: Utf8, documents: np.ndarray, first: np.ndarray, last: np.ndarray) -> Utf8:
    """Return the texts without the bytes ``[first[i], last[i])`` of document ``documents[i]``.

    Spans (int64[n]) are as ``byte_spans`` gives them. The texts are copied; those without a span
    come out as they are.
    """
    body = twin.body(texts.data, "spans")
    return Utf8(*body.without(texts.offsets, texts.data, documents, first, last))


def gather(data: np.ndarray, first: np.ndarray, last: np.ndarray) -> Utf8:
    """Return the bytes ``[first[i], last[i])`` of ``data`` as documents of their own, copied."""
    return Utf8(*twin.body(data, "spans").gather(data, first, last))


def spliced(
    data: np.ndarray, first: np.ndarray, last: np.ndarray, behind: Utf8 | None = None
) -> np.ndarray:
    """Return uint8[m]: the bytes ``[first[i], last[i])`` of ``data``, one after the other.

    ``data`` is uint8[...], spans are int64[n] and may come in any order. With ``behind``, n texts,
    each span has its text behind it. No spans give no bytes.
    """
    offsets, tails = (np.zeros(len(first) + 1, np.int64), data[:0]) if behind is None else behind
    result: np.ndarray = twin.body(data, "spans").spliced(data, first, last, offsets, tails)
    return result
