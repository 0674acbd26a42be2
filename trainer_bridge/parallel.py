"""How a training step is laid out on the machine: its precision and its compilation."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from curator.errors import ResourceError, shorten
from trainer_bridge.config import Config
from trainer_bridge.loss import chunked_loss, plain_loss
from trainer_bridge.model import LanguageModel

LossFunction = Callable[[LanguageModel, Tensor, Tensor], Tensor]

COMPILE_PAYS_FLOPS = 1e14
"""``auto`` compiles from this many floating-point operations on. On two EPYC cores they take about
ten minutes; compiling takes 40 seconds and saves a sixth of the rest (the demo's model in bfloat16:
12,400 tokens per CPU second compiled, 10,500 with the chunked loss). It counts work and not
seconds, so the choice, and with it every bit of the result, is the same on a busy machine."""


def training_flops(config: Config, parameters: int) -> float:
    """Return 6 x parameters x tokens + the attention's 12 x layers x width x context x tokens."""
    model = config.model
    tokens = config.trainer.max_steps * model.tokens_per_step
    attention = 12 * model.num_layers * model.hidden_size * model.encoder_seq_length
    return float((6 * parameters + attention) * tokens)


def choose_loss(config: Config, parameters: int) -> tuple[LossFunction, str]:
    """Return the training loss and one line that says whether it is compiled, and why.

    Raises ``ResourceError`` when compiling is demanded and no C++ compiler works.
    """
    wanted = config.trainer.compile
    if wanted is False:
        return chunked_loss, "not compiled: trainer.compile=false"
    flops = training_flops(config, parameters)
    if wanted == "auto" and flops < COMPILE_PAYS_FLOPS:
        reason = f"{flops:.1e} operations would not repay the compiling"
        return chunked_loss, f"not compiled: {reason} (worth it from {COMPILE_PAYS_FLOPS:.0e})"
    fault = compiler_fault()
    if fault is None:
        return torch.compile(plain_loss, dynamic=False), "compiled: model and loss as one"
    if wanted == "auto":
        return chunked_loss, f"NOT COMPILED, so slower: {fault}"
    raise ResourceError(
        f"trainer.compile=true: {fault}; install a C++ compiler or set trainer.compile=auto"
    )


def compiler_fault() -> str | None:
    """Return why torch.compile cannot work here, or None when its C++ compiler makes a library.

    Torch is not asked: it answers from its cache of earlier compilations.
    """
    # The choice torch makes itself, environment included.
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
    with tempfile.TemporaryDirectory() as folder:
        words = [compiler, "-shared", "-fPIC", "-o", f"{folder}/trial.so", "-x", "c++", "-"]
        try:
            done = subprocess.run(
                words, input="#include <cmath>\n", capture_output=True, text=True, check=False
            )
        except OSError as error:
            return f"the C++ compiler {compiler!r} cannot be started ({error.strerror})"
    if done.returncode:
        return f"the C++ compiler {compiler!r} fails ({shorten(done.stderr.strip(), 160)})"
    return None


def precision_context(config: Config) -> AbstractContextManager[None]:
    """Return the context in which forward passes run."""
    if config.trainer.precision == "bf16-mixed":
        return torch.autocast("cpu", torch.bfloat16)
    return contextlib.nullcontext()
