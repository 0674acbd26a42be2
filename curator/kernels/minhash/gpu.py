"""Signatures on the device; the functions and their results are those of ``cpu``."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from curator.errors import ResourceError
from curator.kernels.bands.gpu import band_hashes
from curator.kernels.cuda.gpu import launch, offsets_of, on_device, over, warps_over
from curator.kernels.minhash.cpu import ROUND
from curator.kernels.shingles.cpu import MIX_0, MIX_1

THREADS = 128
MOST_HASHES = 4096
"""A row of places, 8 bytes each, must fit the 48 KiB of shared memory every device grants."""
MASK = (1 << 64) - 1


def one_permutation(offsets: Any, codepoints: Any, lengths: Any, n_hashes: int, seed: Any) -> Any:
    """Return uint32[n, n_hashes]; see the contract. At most ``MOST_HASHES`` places."""
    if n_hashes > MOST_HASHES:
        raise ResourceError(
            f"curator.kernels.minhash: n_hashes={n_hashes} does not fit a GPU's shared memory; "
            f"use at most {MOST_HASHES}, or copy the keys to the host with .get()"
        )
    keys = _keys(offsets, codepoints, lengths)
    result = cupy.zeros((len(offsets) - 1, n_hashes), np.uint32)
    salt = np.uint64(_mixed((int(seed) * int(MIX_1) + int(ROUND)) & MASK))
    arguments = (*keys, np.int64(n_hashes), salt, result)
    launch("minhash", "one_permutation", len(result), THREADS, arguments, shared=8 * n_hashes)
    return result


def short_bands(
    signatures: Any, documents: Any, bands: int, rows_per_band: int, lengths: Any
) -> Any:
    """Return uint32[bands, s]; see the contract."""
    hashes = band_hashes(signatures, bands, rows_per_band, lengths)
    chosen = hashes[:, on_device(documents, np.int64)]
    return (chosen >> np.uint64(32)).astype(np.uint32)


def permuted(
    offsets: Any, codepoints: Any, lengths: Any, n_hashes: int, a: np.ndarray, b: np.ndarray
) -> Any:
    """Return uint32[n, n_hashes] of the low halves of the shingle hashes; see the contract."""
    keys = _keys(offsets, codepoints, lengths)
    result = cupy.zeros((len(offsets) - 1, n_hashes), np.uint32)
    function = "permuted_affine" if a.itemsize == 4 else "permuted_mersenne"
    arguments = (*keys, on_device(a, a.dtype), on_device(b, b.dtype), np.int64(n_hashes), result)
    launch("minhash", function, len(result), THREADS, arguments)
    return result


def lowest_permuted(offsets: Any, hashes: Any, n_hashes: int, a: np.ndarray, b: np.ndarray) -> Any:
    """Return uint32[n, n_hashes] of sets of 32-bit hashes; an empty set has the largest number."""
    sets = (on_device(offsets, np.int64), on_device(hashes, np.uint32))
    result = cupy.empty((len(offsets) - 1, n_hashes), np.uint32)
    function = "lowest_affine" if a.itemsize == 4 else "lowest_mersenne"
    arguments = (*sets, on_device(a, a.dtype), on_device(b, b.dtype), np.int64(n_hashes), result)
    launch("minhash", function, len(result), THREADS, arguments)
    return result


def shingle_bounds(offsets: Any, data: Any, characters: int) -> tuple[Any, Any]:
    """Return offsets int64[n + 1] of the shingles of each document, and int64[m, 2]: their bytes.

    Takes 8 bytes a character beside the result.
    """
    offsets, data = on_device(offsets, np.int64), on_device(data, np.uint8)
    n_documents, start = len(offsets) - 1, int(offsets[0])
    text = data[start : int(offsets[-1])]
    starts = cupy.flatnonzero((text & np.uint8(0xC0)) != np.uint8(0x80)) + start
    firsts = cupy.searchsorted(starts, offsets)
    bounds = offsets_of(cupy.maximum(firsts[1:] - firsts[:-1] - characters + 1, 0))
    shingles = cupy.empty((int(bounds[-1]), 2), np.int64)
    arguments = (offsets, starts, firsts, bounds, np.int64(characters), shingles)
    blocks = warps_over(n_documents, THREADS)
    launch("minhash", "shingle_bounds", blocks, THREADS, (*arguments, np.int64(n_documents)))
    return bounds, shingles


def sha1_32(data: Any, shingles: Any) -> Any:
    """Return uint32[m]: the first 4 bytes, as a little-endian number, of SHA-1 of each run."""
    return _digests("sha1_32", data, shingles)


def xxh32(data: Any, shingles: Any) -> Any:
    """Return uint32[m]: XXH32 with seed 0 of each run of bytes."""
    return _digests("xxh32", data, shingles)


def _digests(function: str, data: Any, shingles: Any) -> Any:
    n = len(shingles)
    result = cupy.empty(n, np.uint32)
    arguments = (on_device(data, np.uint8), on_device(shingles, np.int64), result, np.int64(n))
    launch("minhash", function, over(n, THREADS), THREADS, arguments)
    return result


def _keys(offsets: Any, codepoints: Any, lengths: Any) -> tuple[Any, Any, Any]:
    keys = on_device(offsets, np.int64), on_device(codepoints, np.uint32)
    return (*keys, on_device(lengths, np.int64))


def _mixed(h: int) -> int:
    """Return ``mix`` of one number: the host's body compiles for arrays of the host alone."""
    h = (h ^ (h >> 30)) * int(MIX_0) & MASK
    h = (h ^ (h >> 27)) * int(MIX_1) & MASK
    return h ^ (h >> 31)
