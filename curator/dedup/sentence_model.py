"""The one module that imports sentence-transformers; it is imported when a model is first used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sentence_transformers import SentenceTransformer
from threadpoolctl import threadpool_limits


class SentenceModel:
    """A model loaded from a folder."""

    def __init__(self, folder: str, device: str) -> None:
        self.model = SentenceTransformer(
            folder, device=device, local_files_only=True, trust_remote_code=False
        )

    def encode(self, texts: Sequence[str], batch_size: int) -> np.ndarray:
        """Return float32[len(texts), d]."""
        # one thread: sums cut into pieces for more of them may round another way
        with threadpool_limits(1):
            vectors = self.model.encode(
                list(texts),
                batch_size=batch_size,
                show_progress_bar=False,
                convert_to_numpy=True,
                normalize_embeddings=False,
            )
        return np.asarray(vectors, np.float32)
