"""What a modifier is: text in, text out, and an optional proof that a text stays as it is."""

from __future__ import annotations

import numpy as np

from curator.kernels.buffers import Utf8


class DocumentModifier:
    """Changes the text of a document; write one by overriding ``modify_document`` alone.

    The same text must give the same result every time, on any worker. A modifier that promises
    ``modify(modify(text)) == modify(text)`` says so with ``idempotent = True``.
    """

    idempotent: bool = False
    """Whether applying it twice equals applying it once; the shared laws test the promise."""

    @property
    def name(self) -> str:
        """Name shown in reports and recipes: the class name."""
        return type(self).__name__

    def modify_document(self, text: str) -> str:
        """Return the changed text; empty text is passed too and normally stays empty."""
        raise NotImplementedError(
            f"{type(self).__name__} has no modify_document; define modify_document(self, text)"
        )

    def modify_documents(self, texts: Utf8) -> Utf8 | None:
        """Return every document's changed text at once, each equal to ``modify_document``'s.

        ``None``, the default, means that documents are modified one by one. A subclass that
        overrides ``modify_document`` alone is never asked: its parent's answer is not its own.
        """
        return None

    def may_change(self, texts: Utf8) -> np.ndarray | None:
        """Return bool[n]: False proves that ``modify_document`` leaves that document as it is.

        ``None`` means unknown, and every document is modified one by one.
        """
        return None
