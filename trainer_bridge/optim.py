"""The optimizer and how its learning rate moves."""

from __future__ import annotations

import math

import torch
from torch import nn

from trainer_bridge.config import OptimConfig


def build_optimizer(model: nn.Module, config: OptimConfig) -> torch.optim.Optimizer:
    """Return AdamW with weight decay on matrices (embeddings included), none on norms."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.lr, betas=config.betas, eps=config.eps, fused=True)


def learning_rate(step: int, max_steps: int, config: OptimConfig) -> float:
    """Return the rate of step 1 … ``max_steps``.

    It rises in a straight line over the warm-up (the last warm-up step has the peak), then falls
    as the schedule says and would reach ``min_lr`` one step after the last: no step is wasted on
    a rate of 0.
    """
    sched = config.sched
    if step <= sched.warmup_steps:
        return config.lr * step / sched.warmup_steps
    if sched.name == "WSD":
        decay_steps = min(
            round(sched.decay_fraction * max_steps), max_steps - sched.warmup_steps
        )
    else:
        decay_steps = max_steps - sched.warmup_steps
    done = max(0, step - 1 - (max_steps - decay_steps)) / max(1, decay_steps)
    share = 1 - done if sched.name == "WSD" else (1 + math.cos(math.pi * done)) / 2
    return sched.min_lr + (config.lr - sched.min_lr) * share


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give every parameter group this rate for the next step."""
    for group in optimizer.param_groups:
        group["lr"] = rate
