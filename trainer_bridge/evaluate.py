"""Measures on the validation split, and a few samples of what a model writes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from curator.errors import ManifestError
from tokenizers import Tokenizer
from trainer_bridge.checkpoint import load_model, read_state, require_checkpoint
from trainer_bridge.config import Config
from trainer_bridge.config_file import config_from_mapping
from trainer_bridge.data.run_folder import RunFolder, Split, open_run
from trainer_bridge.loss import token_losses
from trainer_bridge.metrics import bits_per_byte
from trainer_bridge.model import LanguageModel
from trainer_bridge.parallel import precision_context

RUN_LINK = "run.txt"
"""File in a training folder: where the run it was trained on lies, relative to it."""


@dataclass(frozen=True)
class Trained:
    """A checkpoint brought back to life."""

    run: RunFolder
    """What it was trained on."""
    config: Config
    """How it was trained."""
    step: int
    """After how many steps."""
    model: LanguageModel
    """The network with its weights."""


def open_training(folder: Path) -> Trained:
    """Load the newest checkpoint of a training folder and the run it belongs to.

    Raises ``ManifestError`` when there is none or the run's tokenizer is another one now.
    """
    checkpoint = require_checkpoint(folder)
    state = read_state(checkpoint)
    link = folder / RUN_LINK
    if not link.is_file():
        raise ManifestError(f"{link}: missing; start the same `trainer-bridge train` again")
    run = open_run(os.path.normpath(folder / link.read_text("utf-8").strip()))
    if (state.tokenizer_sha256, state.vocab_size) != (run.tokenizer_sha256, run.vocab_size):
        raise ManifestError(
            f"{run.tokenizer}: not the tokenizer that {checkpoint} was trained with; train again"
        )
    config = config_from_mapping(state.config, str(checkpoint))
    model = LanguageModel(config.model, run.vocab_size)
    load_model(checkpoint, model)
    return Trained(run, config, state.step, model)


def validate(model: LanguageModel, split: Split, eos_id: int, config: Config) -> dict[str, Any]:
    """Measure a whole split; every token of it is predicted exactly once.

    The documents are one stream in file order, each ended by the end-of-document token as the run
    wrote it. One more such token is put before the first document, so its first token is predicted
    as any other document's is: after an end. The stream is cut into windows of
    ``encoder_seq_length`` targets without overlap; context does not reach back over a cut, which
    costs a little and hides nothing. ``bits_per_byte`` is the bits of all targets, ends included,
    over the bytes of the text, which the ends add nothing to; ``end_of_document_bits_per_byte`` is
    the ends' share of it.
    """
    length = config.model.encoder_seq_length
    targets = split.tokens.tokens.astype(np.int64)
    n_targets = len(targets)
    rows = -(-n_targets // length)
    stream = np.full(rows * length + 1, eos_id, np.int64)
    stream[1 : n_targets + 1] = targets
    inputs_RT = torch.from_numpy(stream[:-1].reshape(rows, length))
    targets_RT = torch.from_numpy(stream[1:].reshape(rows, length))
    losses = []
    with precision_context(config):
        for start in range(0, rows, config.model.micro_batch_size):
            batch = slice(start, start + config.model.micro_batch_size)
            losses.append(token_losses(model, inputs_RT[batch], targets_RT[batch]))
    # The filling of the last window lies behind the last target and is cut off here.
    nats = torch.cat(losses).flatten()[:n_targets].double()
    ends = torch.from_numpy(targets == eos_id)
    total = float(nats.sum())
    return {
        "loss": total / n_targets,
        "targets": n_targets,
        "bits_per_byte": bits_per_byte(total, split.utf8_bytes),
        "end_of_document_bits_per_byte": bits_per_byte(float(nats[ends].sum()), split.utf8_bytes),
        "bits_per_character": bits_per_byte(total, split.characters),
        "unigram_character_bits_per_byte": split.unigram_character_bits_per_byte,
    }


def evaluate(folder: str | Path, samples: int = 3, seed: int = 0) -> dict[str, Any]:
    """Return step, ``validate``'s measures and a few samples of a training folder's newest model.

    ``samples`` of 0 writes none. Raises ``ManifestError`` for a folder without a checkpoint.
    """
    trained = open_training(Path(folder))
    result: dict[str, Any] = {"step": trained.step}
    if trained.run.valid is not None:
        eos = trained.run.eos_id
        result |= validate(trained.model, trained.run.valid, eos, trained.config)
    result["samples"] = write_samples(trained, samples, seed) if samples else []
    return result


def write_samples(
    trained: Trained, count: int, seed: int, max_tokens: int = 48, temperature: float = 0.8
) -> list[str]:
    """Return ``count`` texts the model writes from the start of a document, equal for equal seeds.

    Each ends at the end-of-document token or after ``max_tokens`` (cut to the model's context).
    """
    eos = trained.run.eos_id
    generator = torch.Generator().manual_seed(seed)
    tokens_BT = torch.full((count, 1), eos, dtype=torch.int64)
    with torch.no_grad():
        for _ in range(min(max_tokens, trained.config.model.encoder_seq_length)):
            logits_BV = trained.model(tokens_BT)[:, -1].float() / temperature
            drawn = torch.multinomial(logits_BV.softmax(-1), 1, generator=generator)
            tokens_BT = torch.cat([tokens_BT, drawn], dim=1)
    tokenizer = Tokenizer.from_file(str(trained.run.tokenizer))
    texts = []
    for row in tokens_BT[:, 1:].tolist():
        until_end = row[: row.index(eos)] if eos in row else row
        texts.append(tokenizer.decode(until_end))
    return texts
