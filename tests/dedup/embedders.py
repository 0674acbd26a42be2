"""An embedder without a model: texts with like trigrams of characters point alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xxhash


@dataclass(frozen=True)
class CharacterTrigrams:
    """Counts of hashed character trigrams."""

    dimensions: int = 64

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            for at in range(len(text)):
                place = xxhash.xxh32_intdigest(text[at : at + 3].encode()) % self.dimensions
                vectors[row, place] += 1
        return vectors
