"""Which tokens make which sample: Megatron's three index arrays, and windows read through them.

Documents are put in a shuffled order (document index) and thought of as one long stream. A sample
is a window of ``sequence_length + 1`` tokens of it; windows start ``sequence_length`` apart, so the
last token of one is the first of the next (sample index). The windows are read in a shuffled order
(shuffle index). The arrays equal those of Megatron-Core's GPTDataset, value and type.
"""

from __future__ import annotations

import hashlib
from typing import Literal, NamedTuple

import numpy as np

from curator.errors import DataError
from curator.io.indexed import IndexedTokens

SEPARATE_BELOW = 0.80
"""A last epoch of which less than this share is wanted is shuffled apart, as in Megatron-Core."""


class SampleOrder(NamedTuple):
    """The arrays that turn a sample's number into tokens."""

    document_index: np.ndarray
    """int32[epochs * n_sequences]: sequence at every place of the stream."""
    sample_index: np.ndarray
    """int32[n_samples + 1, 2]: place in the document index and offset where a window starts."""
    shuffle_index: np.ndarray
    """uint32[n_samples]: row of the sample index that is read as the n-th sample."""

    def sha256(self) -> str:
        """Return the hash that says whether two orders are the same."""
        digest = hashlib.sha256()
        for array in self:
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def megatron_order(
    lengths: np.ndarray, sequence_length: int, n_samples: int, seed: int
) -> SampleOrder:
    """Build the order of at least ``n_samples`` windows over as many epochs as they need.

    ``lengths`` is int32[n_sequences]. The order depends on ``n_samples``: asking for more may
    change what comes first. Raises ``DataError`` when there are no tokens.
    Source: megatron-core 0.16.1, ``GPTDataset``.
    """
    tokens = _total(lengths)
    epochs = max(1, -(-(n_samples * sequence_length + 1) // tokens))
    before_last = ((epochs - 1) * tokens - 1) // sequence_length
    per_epoch = (tokens - 1) // sequence_length
    separate = epochs > 1 and n_samples - before_last < int(SEPARATE_BELOW * per_epoch)
    random = np.random.RandomState(seed)
    if separate:
        parts = [_shuffled(len(lengths), epochs - 1, random), _shuffled(len(lengths), 1, random)]
        document_index = np.concatenate(parts)
    else:
        document_index = _shuffled(len(lengths), epochs, random)
    sample_index = _sample_index(lengths, document_index, sequence_length)
    total = len(sample_index) - 1
    first = before_last if separate else total
    pieces = []
    for start, stop in ((0, first), (first, total)):
        piece = np.arange(start, stop, dtype=_shuffle_type(total))
        random.shuffle(piece)
        pieces.append(piece)
    return SampleOrder(document_index, sample_index, np.concatenate(pieces))


def per_epoch_order(
    lengths: np.ndarray, sequence_length: int, n_samples: int, seed: int
) -> SampleOrder:
    """Build an order in which every epoch is shuffled alone and no window spans two epochs.

    A longer order begins with the shorter one. The last up to ``sequence_length`` tokens of each
    epoch's stream are not read in that epoch. Raises ``DataError`` when an epoch has no window.
    """
    tokens = _total(lengths)
    per_epoch = (tokens - 1) // sequence_length
    if per_epoch == 0:
        raise DataError(
            f"{tokens} training tokens do not fill one window of {sequence_length + 1}; lower "
            "model.encoder_seq_length or take model.data.order=megatron, which joins epochs"
        )
    documents, samples, shuffles = [], [], []
    for epoch in range(-(-n_samples // per_epoch)):
        random = np.random.RandomState([seed, epoch])
        documents.append(_shuffled(len(lengths), 1, random))
        starts = _sample_index(lengths, documents[-1], sequence_length)[:-1]
        starts[:, 0] += epoch * len(lengths)
        samples.append(starts)
        shuffles.append(epoch * per_epoch + random.permutation(per_epoch))
    end = np.array([[sum(map(len, documents)), 0]], np.int32)
    return SampleOrder(
        np.concatenate(documents),
        np.concatenate([*samples, end]),
        np.concatenate(shuffles).astype(_shuffle_type(per_epoch * len(shuffles))),
    )


ORDERS = {"megatron": megatron_order, "per_epoch": per_epoch_order}


class Sampler:
    """Reads samples by their number; it has no state, so resuming is passing the next number."""

    def __init__(
        self,
        tokens: IndexedTokens,
        sequence_length: int,
        n_samples: int,
        seed: int,
        order: Literal["megatron", "per_epoch"] = "megatron",
    ) -> None:
        self.sequence_length = sequence_length
        self._tokens = tokens
        self.order = ORDERS[order](tokens.lengths, sequence_length, n_samples, seed)

    def sample(self, number: int) -> np.ndarray:
        """Return int64[sequence_length + 1]: the window read as sample ``number``."""
        row = self.order.shuffle_index[number]
        place, offset = (int(value) for value in self.order.sample_index[row])
        wanted = self.sequence_length + 1
        pieces: list[np.ndarray] = []
        while wanted > 0:
            document = int(self.order.document_index[place])
            length = min(int(self._tokens.lengths[document]) - offset, wanted)
            pieces.append(self._tokens.get(document, offset, length))
            wanted, place, offset = wanted - length, place + 1, 0
        return np.concatenate(pieces).astype(np.int64)

    def batch(self, first: int, count: int) -> np.ndarray:
        """Return int64[count, sequence_length + 1]: samples ``first`` to ``first + count - 1``."""
        return np.stack([self.sample(number) for number in range(first, first + count)])


def _total(lengths: np.ndarray) -> int:
    tokens = int(lengths.sum(dtype=np.int64))
    if tokens < 1:
        raise DataError("there are no tokens to sample from; keep more documents")
    return tokens


def _shuffled(documents: int, epochs: int, random: np.random.RandomState) -> np.ndarray:
    index = np.tile(np.arange(documents, dtype=np.int32), epochs)
    random.shuffle(index)
    return index


def _sample_index(
    lengths: np.ndarray, document_index: np.ndarray, sequence_length: int
) -> np.ndarray:
    """Find where every window starts with one search, int[n_windows + 1, 2]."""
    ordered = lengths[document_index]
    ends = np.cumsum(ordered, dtype=np.int64)
    starts = np.arange((int(ends[-1]) - 1) // sequence_length + 1, dtype=np.int64) * sequence_length
    places = np.searchsorted(ends, starts, side="right")
    offsets = starts - (ends[places] - ordered[places])
    # Megatron's first window starts at the first sequence even when that one is empty.
    places[0], offsets[0] = 0, 0
    largest = max(len(document_index), int(lengths.max()))
    kind = np.int32 if largest <= np.iinfo(np.int32).max else np.int64
    return np.stack([places, offsets], axis=1).astype(kind)


def _shuffle_type(samples: int) -> type[np.unsignedinteger] | type[np.signedinteger]:
    return np.uint32 if samples < np.iinfo(np.uint32).max - 1 else np.int64
