"""Plain references: hashes of shingles and signatures, one at a time in Python's numbers."""

from __future__ import annotations

from typing import Any

from curator.kernels.minhash.cpu import ROUND
from curator.kernels.shingles.cpu import BASE, MIX_0, MIX_1

MASK = (1 << 64) - 1


def plain_mix(h: int) -> int:
    h = (h ^ (h >> 30)) * int(MIX_0) & MASK
    h = (h ^ (h >> 27)) * int(MIX_1) & MASK
    return h ^ (h >> 31)


def plain_hash(shingle: str, seeded: int = 0) -> int:
    """The definition: a polynomial of the code points, salted with their number, mixed."""
    h = 0
    for character in shingle:
        h = (h * int(BASE) + ord(character)) & MASK
    return plain_mix(h ^ (len(shingle) * int(MIX_0) & MASK) ^ seeded)


def plain_signature(key: str, length: int, n_hashes: int, seed: int) -> list[int]:
    """The definition, one shingle, round and place at a time."""
    salt = plain_mix((seed * int(MIX_1) + int(ROUND)) & MASK)
    hashes = {plain_hash(key[i : i + length], salt) for i in range(len(key) - length + 1)}
    row: list[Any] = [None] * n_hashes
    for turn in range(n_hashes):
        found: dict[int, int] = {}
        for shingle in hashes:
            h = plain_mix(shingle ^ (turn * int(ROUND) & MASK)) if turn else shingle
            place, value = ((h >> 32) * n_hashes) >> 32, h & 0xFFFFFFFF
            found[place] = min(found.get(place, value), value)
        row = [found.get(place) if old is None else old for place, old in enumerate(row)]
    return [
        min(plain_mix(h ^ ((n_hashes + p) * int(ROUND) & MASK)) & 0xFFFFFFFF for h in hashes)
        if value is None
        else value
        for p, value in enumerate(row)
    ]
