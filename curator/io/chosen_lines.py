"""Some lines of a block as they are, found by their sizes where these are known for certain."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from curator.errors import DataError
from curator.io.blocks import BOM, CHUNK_BYTES, SCRATCH_SUFFIX, Block, Piece
from curator.io.file_names import unreadable
from curator.io.json_texts import line_bounds
from curator.io.unpack import compression
from curator.kernels.spans import spliced

NEWLINE = np.uint8(ord("\n"))
SEARCHED_BYTES = 1 << 16
"""Bytes that are read at a time to find where a line ends."""


class ChosenLines(NamedTuple):
    """Some lines one behind the other; each ends in a newline, also the last one of a file."""

    data: np.ndarray
    """uint8[m]."""
    ends: np.ndarray
    """int64[n]: where each line ends in ``data``, its newline counted."""
    no_returns: bool
    """Whether it is known that there is no ``\\r`` among them."""


def chosen_lines(
    block: Block,
    pieces: Iterator[Piece],
    sizes: np.ndarray,
    chosen: np.ndarray,
    max_line_bytes: int,
) -> Iterator[ChosenLines]:
    """Yield the ``chosen`` (bool[lines]) lines of a block, about a megabyte of the block at a time.

    ``pieces`` are all its lines, in case they must be looked for. ``sizes`` (int64[lines]) are the
    bytes of each line with its newline, or less: of blank lines and cut ones they are not known.
    Where they do not add up to the block, its newlines are looked for. Raises ``DataError`` when
    the file cannot be read or became shorter.
    """
    if not chosen.any():
        return
    with contextlib.ExitStack() as held:
        file = _opened(block, held)
        starts = None if file is None else _starts(file, block, sizes, max_line_bytes)
        if file is None or starts is None:
            yield from _looked_for(pieces, chosen)
            return
        lines = np.flatnonzero(chosen)
        yield from _read(file, block.path, starts[lines], starts[lines] + sizes[lines])


def _opened(block: Block, held: contextlib.ExitStack) -> int | None:
    """Return a descriptor of the block's file if its bytes are the lines, closed with ``held``."""
    packed = block.path.endswith(SCRATCH_SUFFIX) or compression(block.path)
    if packed or "://" in block.path:
        return None
    try:
        file = os.open(block.path, os.O_RDONLY)
    except OSError as error:
        raise unreadable(block.path, error) from error
    held.callback(os.close, file)
    return file


def _starts(file: int, block: Block, sizes: np.ndarray, max_line_bytes: int) -> np.ndarray | None:
    """Return int64[lines], where in the file each line begins, or ``None`` if sizes do not tell.

    No size is larger than the line is, so where they add up to the block each is the line's own.
    """
    first = _line_begin(file, block.path, block.start, max_line_bytes)
    end = _line_begin(file, block.path, block.end, max_line_bytes)
    if first is None or end is None or first + int(sizes.sum()) != end:
        return None
    return first + np.cumsum(sizes) - sizes


def _line_begin(file: int, path: str, position: int, max_line_bytes: int) -> int | None:
    """Return where the first line begins that does so at ``position`` or behind, or the file ends.

    A byte order mark is before the first line. ``None`` when a line is too long to look further.
    """
    if position == 0:
        return len(BOM) if _bytes_at(file, path, 0, len(BOM)) == BOM else 0
    for place in range(position - 1, position + max_line_bytes, SEARCHED_BYTES):
        data = _bytes_at(file, path, place, SEARCHED_BYTES)
        found = data.find(b"\n") + 1
        if found or len(data) < SEARCHED_BYTES:
            return place + (found or len(data))
    return None


def _bytes_at(file: int, path: str, place: int, size: int) -> bytes:
    try:
        return os.pread(file, size, place)
    except OSError as error:
        raise unreadable(path, error) from error


def _read(file: int, path: str, starts: np.ndarray, ends: np.ndarray) -> Iterator[ChosenLines]:
    """Yield the lines between ``starts`` and ``ends`` (int64[n], rising) of a file."""
    first = 0
    while first < len(starts):
        begin = int(starts[first])
        stop = max(first + 1, int(np.searchsorted(ends, begin + CHUNK_BYTES, side="right")))
        end = int(ends[stop - 1])
        data = _bytes_at(file, path, begin, end - begin)
        if len(data) < end - begin:
            raise DataError(f"{path}: became shorter while it was read; run again")
        yield _gathered(data, starts[first:stop] - begin, ends[first:stop] - begin)
        first = stop


def _looked_for(pieces: Iterator[Piece], chosen: np.ndarray) -> Iterator[ChosenLines]:
    place = 0
    for piece in pieces:
        starts, ends = line_bounds(piece.data)
        here = chosen[place : place + len(ends)]
        place += len(ends)
        if here.any():
            yield _gathered(piece.data, starts[here], ends[here])


def _gathered(data: bytes, starts: np.ndarray, ends: np.ndarray) -> ChosenLines:
    """Return the lines between ``starts`` and ``ends`` (int64[n], n above 0) of ``data``."""
    sizes = ends - starts
    lines = np.frombuffer(data, np.uint8)
    if int(sizes.sum()) < len(data):
        is_edge = starts[1:] != ends[:-1]
        lines = spliced(lines, starts[np.append(True, is_edge)], ends[np.append(is_edge, True)])
    if not len(lines) or lines[-1] != NEWLINE:
        lines = np.append(lines, NEWLINE)
        sizes[-1] += 1
    return ChosenLines(lines, np.cumsum(sizes), no_returns=b"\r" not in data)
