"""Validation counts every target once, and the same way during training and after."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from trainer_bridge.evaluate import evaluate, open_training, validate, write_samples
from trainer_bridge.metrics import bits_per_byte, read_metrics


def test_every_token_of_the_split_is_a_target_once(trained: Path) -> None:
    model = open_training(trained)
    split = model.run.valid
    assert split is not None
    length = model.config.model.encoder_seq_length
    tokens = split.tokens.tokens.astype(np.int64)
    stream = torch.tensor([2, *tokens])
    nats = 0.0
    for start in range(0, len(tokens), length):
        window = stream[start : start + length + 1]
        with torch.autocast("cpu", torch.bfloat16):
            logits = model.model(window[None, :-1])[0]
        nats += F.cross_entropy(logits.float(), window[1:], reduction="sum").item()
    measures = validate(model.model, split, 2, model.config)
    assert len(tokens) % length != 0, "the last window must be a part of one"
    assert measures["targets"] == len(tokens)
    assert measures["bits_per_byte"] == pytest.approx(
        nats / math.log(2) / split.utf8_bytes, rel=1e-3
    )
    assert measures["loss"] == pytest.approx(nats / len(tokens), rel=1e-3)
    assert 0 < measures["end_of_document_bits_per_byte"] < measures["bits_per_byte"]


def test_a_model_that_knows_nothing_needs_the_bits_of_its_vocabulary(trained: Path) -> None:
    model = open_training(trained)
    split = model.run.valid
    assert split is not None
    with torch.no_grad():
        model.model.lm_head.weight.zero_()
    measures = validate(model.model, split, 2, model.config)
    bits = len(split.tokens.tokens) * math.log2(320)
    assert measures["bits_per_byte"] == pytest.approx(bits / split.utf8_bytes, rel=1e-6)
    assert measures["bits_per_character"] == pytest.approx(bits / split.characters, rel=1e-6)


def test_eight_bits_for_a_byte_are_eight_bits() -> None:
    assert bits_per_byte(8 * math.log(2) * 5, 5) == pytest.approx(8.0)


def test_evaluation_afterwards_is_the_last_row_of_the_training(trained: Path) -> None:
    last = [row for row in read_metrics(trained) if row["kind"] == "validation"][-1]
    measures = evaluate(trained, samples=0)
    assert measures["step"] == last["step"]
    assert measures["bits_per_byte"] == last["bits_per_byte"]
    assert measures["samples"] == []


def test_samples_are_equal_for_equal_seeds_and_stay_in_the_context(trained: Path) -> None:
    model = open_training(trained)
    one, same, other = (write_samples(model, 2, seed) for seed in (0, 0, 1))
    assert one == same != other
    assert len(one) == 2
