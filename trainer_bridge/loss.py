"""Cross-entropy of the next token, never holding all logits at once.

Legend of the shape suffixes: N positions (batch times time), D hidden size, V vocabulary,
C positions of one chunk.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from trainer_bridge.model import LanguageModel

CHUNK = 1024
"""Positions whose probabilities are kept at once: one matrix product each for both gradients."""
SLICE = 128
"""Positions whose float32 logits are kept at once: small enough for the cache. One level alone was
slower (4096 x 128 x 8000 in bfloat16 on one EPYC core: 0.24 s with 1024/128, 0.29 s with 512/64,
0.6 s with 512/512)."""


class ChunkedCrossEntropy(torch.autograd.Function):
    """Sum of the cross-entropy over all positions; gradients are made on the way forward.

    A loss is the end of the graph, so its gradient is known up to a factor before ``backward``:
    logits are turned into gradients chunk by chunk and forgotten. Softmax and sums are float32,
    products run in the type of ``hidden_ND``. The same products as the plain loss, a quarter of
    the passes over memory. Source of the idea: Liger Kernel's fused linear cross-entropy.
    """

    @staticmethod
    def forward(ctx: Any, hidden_ND: Tensor, weight_VD: Tensor, targets_N: Tensor) -> Tensor:
        """Return the float32 sum for float hidden states, output weights and int64 targets."""
        weight_VD = weight_VD.to(hidden_ND.dtype)
        total = hidden_ND.new_zeros((), dtype=torch.float32)
        to_hidden_ND = torch.empty_like(hidden_ND)
        # float32: the chunks' sums would lose their last bits in bfloat16.
        to_weight_VD = torch.zeros_like(weight_VD, dtype=torch.float32)
        for start in range(0, len(hidden_ND), CHUNK):
            chunk = slice(start, start + CHUNK)
            hidden_CD = hidden_ND[chunk]
            to_logits_CV, chunk_total = _logit_gradients(hidden_CD, weight_VD, targets_N[chunk])
            total += chunk_total
            torch.mm(to_logits_CV, weight_VD, out=to_hidden_ND[chunk])
            to_weight_VD += to_logits_CV.t() @ hidden_CD
        ctx.save_for_backward(to_hidden_ND, to_weight_VD)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        """Scale the gradients made on the way forward."""
        to_hidden_ND, to_weight_VD = ctx.saved_tensors
        (factor,) = gradients
        return to_hidden_ND * factor.to(to_hidden_ND.dtype), to_weight_VD * factor, None


def _logit_gradients(
    hidden_CD: Tensor, weight_VD: Tensor, targets_C: Tensor
) -> tuple[Tensor, Tensor]:
    """Return softmax minus one-hot, [C, V] in the hidden type, and the summed cross-entropy."""
    gradients_CV = hidden_CD.new_empty((len(hidden_CD), len(weight_VD)))
    total = hidden_CD.new_zeros((), dtype=torch.float32)
    for start in range(0, len(hidden_CD), SLICE):
        part = slice(start, start + SLICE)
        targets = targets_C[part].unsqueeze(1)
        scores = F.log_softmax(hidden_CD[part] @ weight_VD.t(), dim=-1, dtype=torch.float32)
        total -= scores.gather(1, targets).sum()
        scores.exp_().scatter_add_(1, targets, scores.new_full(targets.shape, -1.0))
        gradients_CV[part] = scores
    return gradients_CV, total


def chunked_loss(model: LanguageModel, tokens_BT: Tensor, targets_BT: Tensor) -> Tensor:
    """Mean cross-entropy in nats, float32, with ``ChunkedCrossEntropy``; for eager training."""
    hidden_ND = model.model(tokens_BT).flatten(0, 1)
    if torch.is_autocast_enabled(hidden_ND.device.type):
        hidden_ND = hidden_ND.to(torch.get_autocast_dtype(hidden_ND.device.type))
    with torch.autocast(hidden_ND.device.type, enabled=False):
        total = ChunkedCrossEntropy.apply(hidden_ND, model.lm_head.weight, targets_BT.flatten())
    return total / targets_BT.numel()


def plain_loss(model: LanguageModel, tokens_BT: Tensor, targets_BT: Tensor) -> Tensor:
    """Mean cross-entropy in nats, float32, the textbook way; what ``torch.compile`` fuses best."""
    return F.cross_entropy(model(tokens_BT).flatten(0, 1).float(), targets_BT.flatten())


def token_losses(model: LanguageModel, tokens_BT: Tensor, targets_BT: Tensor) -> Tensor:
    """Cross-entropy of every target in nats, float32[B, T], without gradients; for evaluation."""
    with torch.no_grad():
        hidden_ND = model.model(tokens_BT).flatten(0, 1)
        losses = []
        for start in range(0, len(hidden_ND), SLICE):
            part = slice(start, start + SLICE)
            logits_CV = model.lm_head(hidden_ND[part]).float()
            losses.append(F.cross_entropy(logits_CV, targets_BT.flatten()[part], reduction="none"))
        return torch.cat(losses).view_as(targets_BT)
