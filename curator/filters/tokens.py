"""A filter by the number of tokens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from curator.errors import RecipeError, told
from curator.filters.base import Limit, StatisticsFilter
from curator.kernels.text_stats import TextStatistics
from tokenizers import Tokenizer


@cache
def _load(path: Path, modified: int) -> Tokenizer:
    """Load a tokenizer once a process; ``modified`` tells a file from the one it was before."""
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception
        raise RecipeError(
            f"TokenCountFilter: {path}: is no tokenizer: {told(error)}; give a tokenizer.json"
        ) from error
    tokenizer.encode_special_tokens = True
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@dataclass(frozen=True)
class TokenCountFilter(StatisticsFilter):
    """Keeps documents of a number of tokens.

    「你好」 is six tokens of bytes, "কি" as well; a tokenizer of the language makes one or two of
    them. Special tokens are not added, and written ones are text. The defaults drop nothing: a
    length is a choice. Source: NeMo Curator.
    """

    tokenizer: str | None = None
    """A ``tokenizer.json`` or the folder that holds one; None counts bytes, the tokens of a
    byte-level model without merges. Read at first use."""
    min_tokens: int = 0
    max_tokens: int | None = None
    """None: no upper bound."""

    score_name = "tokens"
    score_kind = "count"

    def score_statistics(self, stats: TextStatistics) -> np.ndarray:
        """Return float64[n]; 0 for an empty text. ``RecipeError`` where there is no tokenizer.

        One document after another, without the library's threads, which would fight the workers.
        """
        if self.tokenizer is None:
            return stats.bytes.astype(np.float64)
        path = Path(self.tokenizer)
        path = path / "tokenizer.json" if path.is_dir() else path
        if not path.is_file():
            raise RecipeError(f"TokenCountFilter: {path}: no such file; give a tokenizer.json")
        encode = _load(path, path.stat().st_mtime_ns).encode
        texts = map(stats.texts.document, range(stats.texts.n_documents))
        lengths = [len(encode(text, add_special_tokens=False)) for text in texts]
        return np.array(lengths, np.float64)

    def limits(self) -> tuple[Limit, ...]:
        """Return both bounds."""
        lower = Limit("min_tokens", self.min_tokens, "min")
        if self.max_tokens is None:
            return (lower,)
        return (lower, Limit("max_tokens", self.max_tokens, "max"))
