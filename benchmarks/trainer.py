"""Training speed of the demo's model against a Hugging Face model in a plain loop, same batches.

Prints one JSON object: tokens per CPU second and per second for every way of training, what
compiling costs, hardware and versions. CPU seconds are summed over threads and bear busy
neighbours better than seconds. The ways take turns, so that drift of the machine meets all alike.

    python -m benchmarks.trainer --rounds 3 --steps 8
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

# Before torch starts its threads, as `trainer-bridge` does it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
import torch.nn.functional as F

from benchmarks.measure import about
from trainer_bridge.config import Config
from trainer_bridge.config_file import load_config
from trainer_bridge.loss import chunked_loss, plain_loss
from trainer_bridge.model import LanguageModel, initialise
from trainer_bridge.optim import build_optimizer

Step = Callable[[], None]


def autocast(bf16: bool) -> contextlib.AbstractContextManager[None]:
    return torch.autocast("cpu", torch.bfloat16, enabled=bf16)


def our_step(config: Config, vocab_size: int, batch: torch.Tensor, loss: Any, bf16: bool) -> Step:
    model = LanguageModel(config.model, vocab_size)
    initialise(model, config.model, config.model.seed)
    optimizer = build_optimizer(model, config.model.optim)
    tokens, targets = batch[:, :-1].contiguous(), batch[:, 1:].contiguous()

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with autocast(bf16):
            value = loss(model, tokens, targets)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


def reference_step(config: Config, vocab_size: int, batch: torch.Tensor, bf16: bool) -> Step:
    """The same network from `transformers`, trained the way its tutorials show."""
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = config.model
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocab_size,
            hidden_size=shape.hidden_size,
            intermediate_size=shape.ffn_hidden_size,
            num_hidden_layers=shape.num_layers,
            num_attention_heads=shape.num_attention_heads,
            num_key_value_heads=shape.num_query_groups,
            max_position_embeddings=shape.encoder_seq_length,
            tie_word_embeddings=shape.share_embeddings_and_output_weights,
            use_cache=False,
        )
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    tokens, targets = batch[:, :-1].contiguous(), batch[:, 1:].contiguous()

    def step() -> None:
        optimizer.zero_grad()
        with autocast(bf16):
            logits = model(input_ids=tokens).logits
            value = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


def measure(step: Step, steps: int, tokens: int) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        step()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "tokens_per_cpu_second": steps * tokens / cpu,
        "tokens_per_second": steps * tokens / wall,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--vocab-size", type=int, default=8000)
    parser.add_argument("--compile", action="store_true", help="also the compiled loss; a minute")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    config = load_config(None, options.set)
    torch.manual_seed(0)
    shape = (config.model.micro_batch_size, config.model.encoder_seq_length + 1)
    batch = torch.randint(0, options.vocab_size, shape)
    ways: dict[str, Step] = {}
    for name, bf16 in (("fp32", False), ("bf16", True)):
        size = options.vocab_size
        ways[f"transformers plain loop {name}"] = reference_step(config, size, batch, bf16)
        ways[f"textbook loss {name}"] = our_step(config, size, batch, plain_loss, bf16)
        ways[f"chunked loss {name}"] = our_step(config, size, batch, chunked_loss, bf16)
        if options.compile:
            compiled = torch.compile(plain_loss, dynamic=False)
            ways[f"compiled {name}"] = our_step(config, size, batch, compiled, bf16)
    first: dict[str, float] = {}
    for name, step in ways.items():
        began = time.perf_counter()
        step()
        first[name] = time.perf_counter() - began
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, step in ways.items():
            rows[name].append(measure(step, options.steps, shape[0] * (shape[1] - 1)))
    parameters = LanguageModel(config.model, options.vocab_size).parameter_count()
    print(json.dumps(report(config, parameters, rows, first), indent=1))


def report(
    config: Config,
    parameters: int,
    rows: dict[str, list[dict[str, float]]],
    first: dict[str, float],
) -> dict[str, Any]:
    ways = {
        name: {key: round(statistics.median(row[key] for row in measured)) for key in measured[0]}
        | {"first_step_seconds": round(first[name], 2)}
        for name, measured in rows.items()
    }
    return {
        "ways": ways,
        "model": {
            "parameters": parameters,
            "micro_batch_size": config.model.micro_batch_size,
            "sequence_length": config.model.encoder_seq_length,
        },
        "threads": torch.get_num_threads(),
        "load_average": os.getloadavg(),
        "about": about("torch", "transformers"),
    }


if __name__ == "__main__":
    main()
