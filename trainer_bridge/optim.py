"""The optimizer and how its learning rate moves."""

from __future__ import annotations

import math

import torch

from trainer_bridge.config import OptimConfig, ScheduleConfig
from trainer_bridge.model import LanguageModel


def build_optimizer(model: LanguageModel, config: OptimConfig) -> torch.optim.Optimizer:
    """Return AdamW in three groups: blocks, embedding and output layer, norms.

    Norms have the blocks' rate and no weight decay. Source: Loshchilov & Hutter 2019.
    """
    tables = {id(model.model.embed_tokens.weight), id(model.lm_head.weight)}
    parameters = list(model.parameters())
    blocks = [p for p in parameters if p.dim() > 1 and id(p) not in tables]
    embeddings = [p for p in parameters if id(p) in tables]
    norms = [p for p in parameters if p.dim() <= 1]
    groups = [
        {"params": blocks, "peak": config.lr, "weight_decay": config.weight_decay},
        {"params": embeddings, "peak": config.embedding_lr, "weight_decay": config.weight_decay},
        {"params": norms, "peak": config.lr, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.lr, betas=config.betas, eps=config.eps, fused=True)


def rate_factor(step: int, max_steps: int, sched: ScheduleConfig) -> float:
    """Return the share of the peak rates at step 1 … ``max_steps``.

    It rises in a straight line over the warm-up (its last step has the peak), then falls as the
    schedule says and would reach ``min_lr_ratio`` one step after the last: no step is wasted on a
    rate of 0.
    """
    if step <= sched.warmup_steps:
        return step / sched.warmup_steps
    falling = max_steps - sched.warmup_steps
    if sched.name == "WSD":
        falling = min(round(sched.decay_fraction * max_steps), falling)
    done = max(0, step - 1 - (max_steps - falling)) / max(1, falling)
    share = 1 - done if sched.name == "WSD" else (1 + math.cos(math.pi * done)) / 2
    return sched.min_lr_ratio + (1 - sched.min_lr_ratio) * share


def set_rates(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Give every parameter group its rate for the next step."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor
