"""A tokenizer on text buffers: the fast kernel where it is proven equal, else the library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from curator.errors import ManifestError
from curator.kernels import bpe, ngrams
from curator.kernels.buffers import Utf8
from curator.tokenizer.pattern import PATTERN, EngineClasses
from tokenizers import Tokenizer

TOKENIZER = "tokenizer.json"
CONFIG = "tokenizer_config.json"
BYTE_TOKENS = tuple(f"<0x{byte:02X}>" for byte in range(256))
SPECIAL = ("pad", "bos", "eos")


def load_tokenizer(folder: Path) -> Tokenizer:
    """Load `tokenizer.json` of ``folder`` so that text is only ever text.

    ``<pad>`` written in a document is encoded as the five characters it is, not as the token.
    Raises ``ManifestError`` when the file is missing or no tokenizer.
    """
    path = folder / TOKENIZER
    if not path.is_file():
        raise ManifestError(f"{path}: no such file; train a tokenizer first")
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the library raises plain Exception
        raise ManifestError(f"{path}: is no tokenizer: {error}; train it again") from error
    tokenizer.encode_special_tokens = True
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def special_tokens(folder: Path) -> dict[str, dict[str, Any]]:
    """Return ``{"pad": {"token": …, "id": …}, …}`` of the special tokens the folder names."""
    path = folder / CONFIG
    tokenizer = load_tokenizer(folder)
    config = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found = {}
    for name in SPECIAL:
        token = config.get(f"{name}_token")
        token = token.get("content") if isinstance(token, dict) else token
        if token is None:
            continue
        index = tokenizer.token_to_id(token)
        if index is None:
            raise ManifestError(f"{path}: {name}_token {token!r} is not in {TOKENIZER}; add it")
        found[name] = {"token": token, "id": index}
    return found


class TextEncoder:
    """Encodes text buffers with the tokenizer of a folder.

    Tokenizers trained by this library go through a kernel that equals the library token by token;
    any other goes through the library itself, one document after another, without its threads.
    """

    def __init__(self, folder: Path) -> None:
        self.tokenizer = load_tokenizer(folder)
        self.vocab_size = int(self.tokenizer.get_vocab_size())
        self._table = fast_table(json.loads((folder / TOKENIZER).read_text(encoding="utf-8")))
        self._classes = EngineClasses()

    @property
    def fast(self) -> bool:
        """Whether the kernel is used."""
        return self._table is not None

    def encode(self, texts: Utf8) -> tuple[np.ndarray, np.ndarray]:
        """Return the tokens of all documents end to end, int32, and each one's number, int64[n]."""
        if self._table is None:
            return self.encode_slowly(texts)
        return bpe.encode(texts, self.classes(texts), self._table)

    def classes(self, texts: Utf8) -> np.ndarray:
        """Return the character classes, uint8[0x110000], valid for the characters of ``texts``."""
        return self._classes.know(distinct_points(texts))

    def encode_slowly(self, texts: Utf8) -> tuple[np.ndarray, np.ndarray]:
        """Encode with the library itself; what ``encode`` must equal."""
        documents = [
            np.array(
                self.tokenizer.encode(texts.document(index), add_special_tokens=False).ids, np.int32
            )
            for index in range(texts.n_documents)
        ]
        lengths = np.array([len(tokens) for tokens in documents], np.int64)
        return np.concatenate([np.zeros(0, np.int32), *documents]), lengths


def distinct_points(texts: Utf8) -> np.ndarray:
    """Return the distinct code points of all texts, rising."""
    points, _ = ngrams.code_points(texts)
    return np.flatnonzero(np.bincount(points))


def fast_table(content: dict[str, Any]) -> bpe.MergeTable | None:
    """Return the kernel's arrays for a tokenizer file, or ``None`` if they would not say it all."""
    model = content["model"]
    expected = {
        "type": "BPE",
        "byte_fallback": True,
        "dropout": None,
        "unk_token": None,
        "fuse_unk": False,
        "ignore_merges": False,
    }
    split = {"type": "Split", "behavior": "Isolated", "invert": False}
    plain = (
        all(model.get(name) == value for name, value in expected.items())
        and not model.get("continuing_subword_prefix")
        and not model.get("end_of_word_suffix")
        and content.get("normalizer") is None
        and content.get("pre_tokenizer") == {**split, "pattern": {"Regex": PATTERN}}
        and all(token["special"] for token in content.get("added_tokens", []))
        and all(token in model["vocab"] for token in BYTE_TOKENS)
    )
    if not plain:
        return None
    merges = [
        tuple(pair) if isinstance(pair, list) else tuple(pair.split(" ", 1))
        for pair in model["merges"]
    ]
    if any(len(pair) != 2 for pair in merges):
        return None
    return bpe.merge_table(model["vocab"], merges, [model["vocab"][token] for token in BYTE_TOKENS])
