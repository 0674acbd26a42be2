"""What turns texts into vectors: the interface, and models of sentence-transformers."""

from __future__ import annotations

import functools
import hashlib
import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from curator.errors import RecipeError, ResourceError

__all__ = ["SentenceEmbedder"]

READ_AT_ONCE = 1 << 20


class Embedder(Protocol):
    """Turns texts into vectors; texts of like meaning get vectors of like direction.

    It is sent to workers by pickle: keep its settings in fields and load the model at first use.
    """

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32[len(texts), d], d the same for every call.

        A text's vector must depend on that text alone, not on those beside it, or how a corpus
        is cut into parts would change the result.
        """
        ...


@dataclass(frozen=True)
class SentenceEmbedder:
    """A sentence-embedding model in a folder, in the format of sentence-transformers.

    Any language's: it is as good a judge of likeness as its training in that language. Needs the
    extra ``semantic``. The model is read from the folder alone, never from the network, and no
    code that may lie in the folder is run.
    """

    folder: str
    """Folder with ``modules.json``, or with ``config.json`` of a plain transformer."""
    batch_size: int = 1
    """Texts in one call of the model. More is faster, but the last bits of a vector then depend on
    its neighbours, and where a cosine is all but the threshold partitions may change the result."""
    device: str = "cpu"
    """Where the model runs, as PyTorch names it. Only the CPU gives the same bits every time."""
    sha256: str | None = None
    """Hash of the folder's files, checked before use; null takes the folder as it is."""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise RecipeError(f"SentenceEmbedder: batch_size={self.batch_size}; give 1 or more")

    def pinned(self) -> SentenceEmbedder:
        """Return the same with the hash of the folder's files; one that differs is refused.

        Raises ``ResourceError`` when the folder is absent or is another than ``sha256`` says.
        """
        folder = Path(self.folder)
        if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
            raise ResourceError(
                f"{self.folder}: no sentence-embedding model is there (no modules.json, no "
                "config.json); save one into a folder and name it"
            )
        found = folder_hash(folder)
        if self.sha256 not in (None, found):
            raise ResourceError(
                f"{self.folder}: the model has sha256 {found}, not {self.sha256}; correct sha256 "
                "if the model was changed on purpose"
            )
        return replace(self, sha256=found)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32[len(texts), d]."""
        model = _model(self.folder, self.device, self.sha256)
        return model.encode(texts, self.batch_size)


def folder_hash(folder: Path) -> str:
    """Return the SHA-256 over the names and bytes of all files in a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(
                f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode()
            )
            with path.open("rb") as file:
                while data := file.read(READ_AT_ONCE):
                    digest.update(data)
    return digest.hexdigest()


@functools.lru_cache(maxsize=1)
def _model(folder: str, device: str, sha256: str | None) -> Any:
    """Return the loaded model; kept by the process, for loading takes seconds."""
    try:
        module = importlib.import_module("curator.dedup.sentence_model")
    except ImportError as error:
        raise ResourceError(
            f"SentenceEmbedder needs sentence-transformers ({error}); install curator[semantic]"
        ) from error
    return module.SentenceModel(folder, device)
