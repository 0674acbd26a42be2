"""Builds small run folders, and runs the trainer's command as a process of its own."""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.conftest import REPOSITORY
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

WORDS = (
    *("佢哋", "今日", "去咗", "街市", "買餸", "嘅", "唔該"),
    *("aku", "sinau", "basa", "jawa", "ing", "omah"),
    *("tie\u0302\u0301ng", "Vie\u0323\u0302t"),
)
"""Cantonese, Javanese, and Vietnamese in decomposed form."""

SMALL = (
    "model.num_layers=2",
    "model.hidden_size=16",
    "model.ffn_hidden_size=32",
    "model.encoder_seq_length=16",
    "model.micro_batch_size=2",
    "model.global_batch_size=4",
    "model.optim.sched.warmup_steps=2",
    "trainer.max_steps=8",
    "trainer.log_every_n_steps=1",
    "trainer.val_check_interval=4",
    "exp_manager.every_n_train_steps=3",
)
"""Settings of a training that takes less than a second."""


def write_tokens(prefix: Path, documents: Sequence[Sequence[int]]) -> None:
    """Write Megatron's two files, uint16, one sequence a document, as its format describes."""
    lengths = np.array([len(document) for document in documents], "<i4")
    pointers = np.concatenate([[0], np.cumsum(lengths.astype("<i8") * 2)])[:-1].astype("<i8")
    bounds = np.arange(len(documents) + 1, dtype="<i8")
    header = b"MMIDIDX\0\0" + struct.pack("<QBQQ", 1, 8, len(lengths), len(bounds))
    prefix.with_suffix(".idx").write_bytes(
        header + b"".join(a.tobytes() for a in (lengths, pointers, bounds))
    )
    flat = [token for document in documents for token in document]
    prefix.with_suffix(".bin").write_bytes(np.array(flat, "<u2").tobytes())


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def drawn_texts(count: int = 66) -> list[str]:
    """Texts of one to twelve of ``WORDS``."""
    draw = random.Random(7)
    return [" ".join(draw.choices(WORDS, k=draw.randint(1, 12))) for _ in range(count)]


def character_bits_per_byte(train: list[str], valid: list[str]) -> float:
    """What single-character frequencies of ``train``, plus one each, need for ``valid``."""
    counts = Counter(character for text in train for character in text)
    total, kinds = sum(counts.values()), len(counts) + 1
    bits = sum(-math.log2((counts[c] + 1) / (total + kinds)) for text in valid for c in text)
    return bits / sum(len(text.encode()) for text in valid)


def build_run(folder: Path, texts: list[str] | None = None, vocab_size: int = 320) -> Path:
    """Make a finished run of the texts; the first sixth of them is for validation."""
    texts = texts or drawn_texts()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<pad>", "<bos>", "<eos>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocab_size,
            special_tokens=special,
            initial_alphabet=alphabet,
            show_progress=False,
        ),
    )
    (folder / "tokens").mkdir(parents=True)
    (folder / "tokenizer").mkdir()
    path = folder / "tokenizer" / "tokenizer.json"
    tokenizer.save(str(path))
    cut = len(texts) // 6
    manifest: dict[str, Any] = {
        "format": "curator-run/1",
        "name": "small",
        "language": "yue",
        **{"recipe": {}, "inputs": [], "counts": {}, "shards": [], "ledger": []},
        "tokenizer": {
            "path": "tokenizer/tokenizer.json",
            "sha256": sha256(path),
            "vocab_size": tokenizer.get_vocab_size(),
            "special_tokens": {
                kind: {"token": f"<{kind}>", "id": number}
                for number, kind in enumerate(("pad", "bos", "eos"))
            },
        },
        "tokens": {
            "dtype": "uint16",
            "eos_appended": True,
            "splits": {
                "train": _split(folder, "train", tokenizer, texts[cut:]),
                "valid": _split(folder, "valid", tokenizer, texts[:cut])
                | {
                    "unigram_character_bits_per_byte": character_bits_per_byte(
                        texts[cut:], texts[:cut]
                    )
                },
            },
        },
    }
    save_manifest(folder, manifest)
    return folder


def _split(folder: Path, name: str, tokenizer: Tokenizer, texts: list[str]) -> dict[str, Any]:
    documents = [[*tokenizer.encode(text).ids, 2] for text in texts]
    prefix = folder / "tokens" / name
    write_tokens(prefix, documents)
    return {
        "prefix": f"tokens/{name}",
        "documents": len(texts),
        "tokens": sum(map(len, documents)),
        "characters": sum(map(len, texts)),
        "utf8_bytes": sum(len(text.encode()) for text in texts),
        "bin_sha256": sha256(prefix.with_suffix(".bin")),
        "idx_sha256": sha256(prefix.with_suffix(".idx")),
    }


def save_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")


def load_manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return manifest


def command(
    *arguments: object, settings: Sequence[str] = (), **environment: str
) -> subprocess.Popen[str]:
    """Start `trainer-bridge` with the small settings where it trains."""
    words = [str(argument) for argument in arguments]
    if words[0] == "train":
        words += [word for setting in (*SMALL, *settings) for word in ("--set", setting)]
    return subprocess.Popen(
        [sys.executable, "-m", "trainer_bridge.cli", *words],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a process; return status, output and errors."""
    output, errors = process.communicate(timeout=120)
    return process.returncode, output, errors
