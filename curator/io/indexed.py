"""Token files: a flat `.bin` of tokens and an `.idx` that says where each document lies in it.

The layout is Megatron's indexed dataset, version 1, so its loaders read these files and this
reader reads theirs. `.bin` holds raw little-endian tokens. `.idx` holds the magic bytes, a version,
a code for the token type, the number of sequences and of document entries, then the sequence
lengths (int32), their byte offsets (int64) and the document bounds (int64, in sequences).
Standard library and NumPy only: the trainer reads through this module.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from curator.errors import DataError, ManifestError, shorten
from curator.io.atomic import atomic_write

MAGIC = b"MMIDIDX\x00\x00"
VERSION = 1
HEADER = struct.Struct("<9sQBQQ")
"""Magic, version, type code, number of sequences, number of document entries."""
DTYPES: dict[int, np.dtype] = {
    1: np.dtype("u1"),
    2: np.dtype("i1"),
    3: np.dtype("<i2"),
    4: np.dtype("<i4"),
    5: np.dtype("<i8"),
    6: np.dtype("<f8"),
    7: np.dtype("<f4"),
    8: np.dtype("<u2"),
}
CODES = {dtype: code for code, dtype in DTYPES.items()}
UINT16_BELOW = 65_500
"""Vocabularies smaller than this fit uint16 in every loader of this format."""


def token_dtype(vocab_size: int) -> np.dtype:
    """Return uint16 for a vocabulary under 65,500 tokens, else int32."""
    return np.dtype("<u2") if vocab_size < UINT16_BELOW else np.dtype("<i4")


def bin_path(prefix: str | Path) -> Path:
    """Return the path of the tokens of ``prefix``."""
    return Path(f"{prefix}.bin")


def idx_path(prefix: str | Path) -> Path:
    """Return the path of the index of ``prefix``."""
    return Path(f"{prefix}.idx")


class IndexedWriter:
    """Writes documents one after another; both files appear whole, or not at all.

    Use it as a context manager: leaving the block puts the files in place, the index last, and
    leaving it by an error leaves nothing. Memory is 4 bytes a sequence and 8 a document.
    """

    def __init__(self, prefix: str | Path, dtype: np.typing.DTypeLike) -> None:
        self.prefix = Path(prefix)
        self.dtype = np.dtype(dtype).newbyteorder("<")
        if self.dtype not in CODES:
            raise DataError(
                f"{self.prefix}: tokens of type {self.dtype} cannot be indexed; use uint16 or int32"
            )
        self._files = contextlib.ExitStack()
        self._bin: BinaryIO
        self._idx: BinaryIO
        self._lengths: list[np.ndarray] = []
        self._bounds: list[np.ndarray] = [np.zeros(1, np.int64)]
        self._sequences = 0

    def __enter__(self) -> IndexedWriter:
        # Closed in reverse order: the tokens are in place before the index that vouches for them.
        self._idx = self._files.enter_context(atomic_write(idx_path(self.prefix)))
        self._bin = self._files.enter_context(atomic_write(bin_path(self.prefix)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._files.__exit__(kind, error, trace)
            return
        with self._files:
            self._write_index()
            # An index from before must not describe the new tokens if the run dies in between.
            idx_path(self.prefix).unlink(missing_ok=True)

    def add_document(self, tokens: Sequence[int] | np.ndarray) -> None:
        """Append one document of one sequence; an empty one is a document without a sequence."""
        values = np.asarray(tokens)
        self.add_documents(values, np.array([len(values)], np.int64))

    def add_documents(self, tokens: np.ndarray, lengths: np.ndarray) -> None:
        """Append many documents at once: their tokens end to end, and each one's length.

        Raises ``DataError`` when a token does not fit the type or the lengths do not add up.
        """
        if int(lengths.sum()) != len(tokens):
            raise DataError(
                f"{self.prefix}: lengths add up to {int(lengths.sum())} but there are "
                f"{len(tokens)} tokens; pass the tokens end to end"
            )
        self._bin.write(self._cast(tokens).tobytes())
        filled = lengths > 0
        self._lengths.append(lengths[filled].astype("<i4"))
        bounds = self._sequences + np.cumsum(filled, dtype=np.int64)
        self._bounds.append(bounds)
        self._sequences += int(filled.sum())

    def append(self, prefix: str | Path) -> None:
        """Append all documents of a finished pair of files of the same token type."""
        piece = IndexedTokens(prefix)
        if piece.dtype != self.dtype:
            raise DataError(
                f"{idx_path(prefix)}: tokens are {piece.dtype}, not {self.dtype}; encode the "
                "piece again with the same tokenizer"
            )
        with bin_path(prefix).open("rb") as tokens:
            while chunk := tokens.read(1 << 22):
                self._bin.write(chunk)
        self._lengths.append(np.array(piece.lengths))
        self._bounds.append(self._sequences + np.array(piece.documents[1:]))
        self._sequences += len(piece.lengths)

    def _cast(self, tokens: np.ndarray) -> np.ndarray:
        if self.dtype.kind == "f" or not len(tokens):
            return tokens.astype(self.dtype)
        limits = np.iinfo(self.dtype)
        low, high = tokens.min(), tokens.max()
        if low < limits.min or high > limits.max or np.asarray(tokens).dtype.kind not in "iu":
            raise DataError(
                f"{self.prefix}: tokens from {low} to {high} do not fit {self.dtype}; "
                "write int32 for a vocabulary of 65,500 or more"
            )
        return tokens.astype(self.dtype)

    def _write_index(self) -> None:
        lengths = np.concatenate([np.zeros(0, "<i4"), *self._lengths])
        pointers = np.zeros(len(lengths), "<i8")
        np.cumsum(lengths[:-1], dtype=np.int64, out=pointers[1:])
        pointers *= self.dtype.itemsize
        bounds = np.concatenate(self._bounds).astype("<i8")
        code = CODES[self.dtype]
        self._idx.write(HEADER.pack(MAGIC, VERSION, code, len(lengths), len(bounds)))
        for part in (lengths, pointers, bounds):
            self._idx.write(part.tobytes())


class IndexedTokens:
    """Reads a pair of token files through memory maps; nothing is loaded until it is used.

    Raises ``ManifestError`` when a file is missing or cut short, ``DataError`` when the index
    contradicts itself or its tokens. Checking reads the index once and no tokens.
    """

    dtype: np.dtype
    """Type of a token."""
    lengths: np.ndarray
    """int32[n_sequences]: tokens in each sequence."""
    pointers: np.ndarray
    """int64[n_sequences]: byte at which each sequence starts."""
    documents: np.ndarray
    """int64[n_documents + 1]: document i is made of sequences documents[i] to documents[i + 1]."""
    tokens: np.ndarray
    """The whole `.bin` as one array."""

    def __init__(self, prefix: str | Path) -> None:
        self.prefix = Path(prefix)
        self._map_index(idx_path(prefix))
        self._map_tokens(bin_path(prefix))

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.lengths)

    @property
    def n_documents(self) -> int:
        """Number of documents, empty ones included."""
        return len(self.documents) - 1

    def get(self, index: int, offset: int = 0, length: int | None = None) -> np.ndarray:
        """Return ``length`` tokens of sequence ``index`` from ``offset`` on; by default to its end.

        The result is a read-only view of the file. Raises ``IndexError`` outside the sequence.
        """
        size = int(self.lengths[index])
        stop = size if length is None else offset + length
        if not 0 <= offset <= stop <= size:
            raise IndexError(f"{self.prefix}: sequence {index} has {size} tokens, not {stop}")
        start = int(self.pointers[index]) // self.dtype.itemsize
        return self.tokens[start + offset : start + stop]

    def document(self, index: int) -> np.ndarray:
        """Return the tokens of document ``index``; empty for an empty document."""
        if not 0 <= index < self.n_documents:
            raise IndexError(f"{self.prefix}: there is no document {index} of {self.n_documents}")
        first, last = int(self.documents[index]), int(self.documents[index + 1])
        if first == last:
            return self.tokens[:0]
        start = int(self.pointers[first]) // self.dtype.itemsize
        return self.tokens[start : start + int(self.lengths[first:last].sum(dtype=np.int64))]

    def _map_index(self, path: Path) -> None:
        size = _size(path)
        if size < HEADER.size:
            raise ManifestError(f"{path}: {size} bytes is no index; encode the shards again")
        with path.open("rb") as file:
            magic, version, code, n_sequences, n_bounds = HEADER.unpack(file.read(HEADER.size))
        if magic != MAGIC:
            raise ManifestError(
                f"{path}: begins with {shorten(magic)}, so it is no token index; "
                "name the prefix of a .bin/.idx pair"
            )
        if version != VERSION or code not in DTYPES:
            raise ManifestError(
                f"{path}: version {version} with type code {code} is not supported; "
                f"write version {VERSION} with a code of 1 to 8"
            )
        wanted = HEADER.size + 12 * n_sequences + 8 * n_bounds
        if size != wanted:
            raise ManifestError(
                f"{path}: {size} bytes where its header asks for {wanted}; encode the shards again"
            )
        self.dtype = DTYPES[code]
        # A plain array view of the map: indexing np.memmap itself is many times slower.
        whole = np.asarray(np.memmap(path, np.uint8, "r"))
        bounds = np.cumsum([HEADER.size, 4 * n_sequences, 8 * n_sequences, 8 * n_bounds])
        self.lengths = whole[bounds[0] : bounds[1]].view("<i4")
        self.pointers = whole[bounds[1] : bounds[2]].view("<i8")
        self.documents = whole[bounds[2] : bounds[3]].view("<i8")
        self._check_index(path)

    def _check_index(self, path: Path) -> None:
        ends = np.cumsum(self.lengths, dtype=np.int64) * self.dtype.itemsize
        starts = np.concatenate([np.zeros(1, np.int64), ends])[: len(ends)]
        if np.any(self.lengths < 0) or not np.array_equal(starts, self.pointers):
            raise DataError(
                f"{path}: sequence lengths and offsets contradict each other; "
                "encode the shards again"
            )
        bounds = self.documents
        if not (len(bounds) and bounds[0] == 0 and bounds[-1] == len(ends)) or np.any(
            np.diff(bounds) < 0
        ):
            raise DataError(
                f"{path}: document bounds do not run from 0 to {len(ends)}; encode the shards again"
            )
        self._bytes = int(ends[-1]) if len(ends) else 0

    def _map_tokens(self, path: Path) -> None:
        size = _size(path)
        if size != self._bytes:
            raise ManifestError(
                f"{path}: {size} bytes where the index asks for {self._bytes}; "
                "encode the shards again"
            )
        # An empty file cannot be mapped.
        self.tokens = (
            np.asarray(np.memmap(path, self.dtype, "r")) if size else np.zeros(0, self.dtype)
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError as error:
        raise ManifestError(f"{path}: no such file; encode the shards first") from error
