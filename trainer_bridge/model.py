"""A Llama-style decoder whose parameters carry Hugging Face's names.

Legend of the shape suffixes: B batch, T positions, D hidden size, H query heads, K key/value
heads, E size of one head, V vocabulary.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer_bridge.config import ModelConfig


class RmsNorm(nn.Module):
    """Root-mean-square norm; the mean is taken in float32. Source: Zhang & Sennrich 2019."""

    def __init__(self, size: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.epsilon = epsilon

    def forward(self, x_BTD: Tensor) -> Tensor:
        """Return ``x_BTD`` scaled to unit mean square along D, in its own dtype."""
        x32_BTD = x_BTD.float()
        mean_BT1 = x32_BTD.pow(2).mean(-1, keepdim=True)
        # Multiplying the weight after the cast back is Hugging Face's order: logits stay equal.
        return self.weight * (x32_BTD * torch.rsqrt(mean_BT1 + self.epsilon)).to(x_BTD.dtype)


def rotary_tables(
    positions: int, head_size: int, base: float, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary angles, float32[positions, head_size] each.

    The halves of a head rotate together (``x[i]`` with ``x[i + E/2]``), Hugging Face's layout.
    Source: Su et al. 2021.
    """
    exponents = torch.arange(0, head_size, 2, dtype=torch.int64, device=device).float() / head_size
    frequencies = 1.0 / (base**exponents)
    angles = torch.arange(positions, device=device).float()[:, None] * frequencies[None, :]
    both = torch.cat((angles, angles), dim=-1)
    return both.cos(), both.sin()


def rotate(x_BHTE: Tensor, cos_TE: Tensor, sin_TE: Tensor) -> Tensor:
    """Turn every head by its position's angles."""
    first, second = x_BHTE.chunk(2, dim=-1)
    return x_BHTE * cos_TE + torch.cat((-second, first), dim=-1) * sin_TE


class Attention(nn.Module):
    """Causal attention in which several query heads share one key/value head (GQA)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        size, head = config.hidden_size, config.head_size
        self.heads, self.kv_heads, self.head_size = (
            config.num_attention_heads,
            config.num_query_groups,
            head,
        )
        self.q_proj = nn.Linear(size, self.heads * head, bias=False)
        self.k_proj = nn.Linear(size, self.kv_heads * head, bias=False)
        self.v_proj = nn.Linear(size, self.kv_heads * head, bias=False)
        self.o_proj = nn.Linear(self.heads * head, size, bias=False)

    def forward(self, x_BTD: Tensor, cos_TE: Tensor, sin_TE: Tensor) -> Tensor:
        """Return the attended values projected back to D."""
        batch, positions, _ = x_BTD.shape

        def heads(projected: Tensor) -> Tensor:
            return projected.view(batch, positions, -1, self.head_size).transpose(1, 2)

        q_BHTE = rotate(heads(self.q_proj(x_BTD)), cos_TE, sin_TE)
        k_BKTE = rotate(heads(self.k_proj(x_BTD)), cos_TE, sin_TE)
        v_BKTE = heads(self.v_proj(x_BTD))
        shared = self.heads // self.kv_heads
        if shared > 1:
            # Repeating beats enable_gqa on CPU, whose grouped path falls back to plain math.
            k_BKTE = k_BKTE.repeat_interleave(shared, dim=1)
            v_BKTE = v_BKTE.repeat_interleave(shared, dim=1)
        out_BHTE = F.scaled_dot_product_attention(q_BHTE, k_BKTE, v_BKTE, is_causal=True)
        return self.o_proj(out_BHTE.transpose(1, 2).reshape(batch, positions, -1))


class SwiGlu(nn.Module):
    """Gated feed-forward layer. Source: Shazeer 2020."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.ffn_hidden_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.ffn_hidden_size, bias=False)
        self.down_proj = nn.Linear(config.ffn_hidden_size, config.hidden_size, bias=False)

    def forward(self, x_BTD: Tensor) -> Tensor:
        """Return the layer's output, the shape of its input."""
        return self.down_proj(F.silu(self.gate_proj(x_BTD)) * self.up_proj(x_BTD))


class Block(nn.Module):
    """One decoder layer: attention, then feed-forward, each behind a norm and a residual."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.input_layernorm = RmsNorm(config.hidden_size, config.layernorm_epsilon)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RmsNorm(config.hidden_size, config.layernorm_epsilon)
        self.mlp = SwiGlu(config)

    def forward(self, x_BTD: Tensor, cos_TE: Tensor, sin_TE: Tensor) -> Tensor:
        """Return the residual stream after this layer."""
        x_BTD = x_BTD + self.self_attn(self.input_layernorm(x_BTD), cos_TE, sin_TE)
        return x_BTD + self.mlp(self.post_attention_layernorm(x_BTD))


class Decoder(nn.Module):
    """Embedding, blocks and the last norm; tables of the rotary angles travel as buffers."""

    cos_TE: Tensor
    sin_TE: Tensor

    def __init__(self, config: ModelConfig, vocab_size: int) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.norm = RmsNorm(config.hidden_size, config.layernorm_epsilon)
        cos_TE, sin_TE = rotary_tables(
            config.encoder_seq_length,
            config.head_size,
            config.rotary_base,
            torch.device("cpu"),
        )
        self.register_buffer("cos_TE", cos_TE, persistent=False)
        self.register_buffer("sin_TE", sin_TE, persistent=False)

    def forward(self, tokens_BT: Tensor) -> Tensor:
        """Return the normalised hidden states, float[B, T, D]."""
        x_BTD = self.embed_tokens(tokens_BT)
        positions = tokens_BT.shape[1]
        cos_TE = self.cos_TE[:positions].to(x_BTD.dtype)
        sin_TE = self.sin_TE[:positions].to(x_BTD.dtype)
        for layer in self.layers:
            x_BTD = layer(x_BTD, cos_TE, sin_TE)
        return self.norm(x_BTD)


class LanguageModel(nn.Module):
    """The whole network; its state dict has the keys of Hugging Face's LlamaForCausalLM."""

    def __init__(self, config: ModelConfig, vocab_size: int) -> None:
        super().__init__()
        self.model = Decoder(config, vocab_size)
        self.lm_head = nn.Linear(config.hidden_size, vocab_size, bias=False)
        if config.share_embeddings_and_output_weights:
            self.lm_head.weight = self.model.embed_tokens.weight

    def forward(self, tokens_BT: Tensor) -> Tensor:
        """Return logits, float[B, T, V], for int64 token ids [B, T] (T at most the context)."""
        logits_BTV: Tensor = self.lm_head(self.model(tokens_BT))
        return logits_BTV

    def parameter_count(self) -> int:
        """Number of trained numbers; tied embeddings are counted once."""
        return sum(parameter.numel() for parameter in self.parameters())


def initialise(model: LanguageModel, config: ModelConfig, seed: int) -> None:
    """Draw all weights from one generator: normal, residual outputs narrowed by √(2·layers).

    The draw does not touch torch's global generator. Source of the narrowing: Radford 2019.
    """
    generator = torch.Generator().manual_seed(seed)
    narrow = config.init_method_std / (2 * config.num_layers) ** 0.5
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.fill_(1.0)
                continue
            std = config.init_method_std
            if name == "model.embed_tokens.weight":
                std = config.embedding_init_method_std
            elif name.endswith(("o_proj.weight", "down_proj.weight")):
                std = narrow
            parameter.normal_(0.0, std, generator=generator)
