"""Which documents are held out: decided by a hash of the id, so by nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xxhash

FULL = 2.0**64


def document_hashes(ids: Sequence[str], seed: int, purpose: str = "") -> np.ndarray:
    """Return uint64[n]: a hash of purpose, seed and id; documents of one id stay together."""
    salt = f"{purpose}\x00{seed}\x00".encode()
    hashes = [xxhash.xxh3_64_intdigest(salt + str(name).encode()) for name in ids]
    return np.array(hashes, np.uint64)


def below(hashes: np.ndarray, fraction: float) -> np.ndarray:
    """Return bool[n]: a ``fraction`` of all possible hashes, the lowest."""
    if fraction >= 1:
        return np.ones(len(hashes), bool)
    return hashes < np.uint64(int(max(0.0, fraction) * FULL))
