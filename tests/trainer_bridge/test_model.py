"""The network and its loss, each held to a plain reference."""

from __future__ import annotations

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer_bridge.config import ModelConfig, OptimConfig, ScheduleConfig
from trainer_bridge.loss import ChunkedCrossEntropy, chunked_loss, plain_loss, token_losses
from trainer_bridge.model import LanguageModel, RmsNorm, initialise, rotary_tables, rotate
from trainer_bridge.optim import build_optimizer, rate_factor, set_rates

SHAPE = ModelConfig(
    num_layers=2,
    hidden_size=32,
    ffn_hidden_size=48,
    num_attention_heads=4,
    num_query_groups=2,
    encoder_seq_length=24,
)


def built(config: ModelConfig = SHAPE, vocab_size: int = 50, seed: int = 3) -> LanguageModel:
    model = LanguageModel(config, vocab_size)
    initialise(model, config, seed)
    return model


def drawn(*shape: int, below: int = 50) -> torch.Tensor:
    return torch.randint(0, below, shape, generator=torch.Generator().manual_seed(1))


def test_a_token_sees_nothing_that_comes_after_it() -> None:
    model, tokens = built(), drawn(1, 24)
    changed = tokens.clone()
    changed[0, 10:] = (changed[0, 10:] + 1) % 50
    torch.testing.assert_close(model(tokens)[:, :10], model(changed)[:, :10], rtol=0, atol=0)
    assert not torch.equal(model(tokens)[:, 10], model(changed)[:, 10])


def test_rotation_keeps_lengths_and_depends_on_distance_alone() -> None:
    cosines, sines = rotary_tables(16, 8, 10_000.0, torch.device("cpu"))
    query, key = torch.randn(2, 1, 1, 1, 8, generator=torch.Generator().manual_seed(0))
    queries, keys = (rotate(x.expand(1, 1, 16, 8), cosines, sines)[0, 0] for x in (query, key))
    torch.testing.assert_close(queries.norm(dim=-1), query.norm().expand(16))
    products = queries @ keys.T
    torch.testing.assert_close(products[3, 1], products[12, 10])


def test_the_norm_is_the_formula() -> None:
    norm, x = RmsNorm(8, 1e-5), torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(norm(x), x / (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt())


def test_one_seed_gives_one_set_of_weights_and_leaves_the_global_draw_alone() -> None:
    before = torch.get_rng_state()
    model = LanguageModel(SHAPE, 50)
    torch.set_rng_state(before)
    initialise(model, SHAPE, 3)
    assert torch.equal(torch.get_rng_state(), before)
    for one, other in zip(model.parameters(), built().parameters(), strict=True):
        assert torch.equal(one, other)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert (
        model.parameter_count() == 50 * 32 + 2 * (32 * 32 * 2 + 32 * 16 * 2 + 3 * 32 * 48 + 64) + 32
    )


@settings(max_examples=30, deadline=None)
@given(
    positions=st.sampled_from([1, 5, 127, 128, 129, 1024, 1025, 2300]),
    vocab_size=st.integers(2, 40),
    seed=st.integers(0, 1000),
)
def test_the_chunked_loss_and_its_gradients_are_the_plain_ones(
    positions: int, vocab_size: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    hidden = torch.randn(positions, 6, generator=generator, dtype=torch.float64).float()
    weight = torch.randn(vocab_size, 6, generator=generator)
    targets = torch.randint(0, vocab_size, (positions,), generator=generator)
    results = []
    for chunked in (True, False):
        h, w = hidden.clone().requires_grad_(), weight.clone().requires_grad_()
        if chunked:
            loss = ChunkedCrossEntropy.apply(h, w, targets) / positions
        else:
            loss = F.cross_entropy(h @ w.t(), targets)
        (loss * 3).backward()
        results.append((loss.detach(), h.grad, w.grad))
    for ours, plain in zip(*results, strict=True):
        torch.testing.assert_close(ours, plain, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_training_losses_agree_in_value_and_gradient(precision: torch.dtype) -> None:
    tokens, targets = drawn(3, 24), drawn(3, 24, below=49)
    gradients = []
    for loss_function in (chunked_loss, plain_loss):
        model = built()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
            loss = loss_function(model, tokens, targets)
        loss.backward()
        assert loss.dtype == torch.float32
        gradients.append((loss.detach(), [p.grad for p in model.parameters()]))
    exact = precision == torch.float32
    (ours, our_gradients), (plain, plain_gradients) = gradients
    torch.testing.assert_close(ours, plain, rtol=1e-6 if exact else 2e-3, atol=0)
    for one, other in zip(our_gradients, plain_gradients, strict=True):
        assert one is not None
        assert other is not None
        assert (one - other).norm() <= (1e-5 if exact else 3e-2) * other.norm()


def test_evaluation_gives_every_target_its_own_loss() -> None:
    model, tokens, targets = built(), drawn(2, 24), drawn(2, 24, below=49)
    losses = token_losses(model, tokens, targets)
    assert losses.shape == (2, 24)
    torch.testing.assert_close(losses.mean(), plain_loss(model, tokens, targets).detach())


def test_the_rate_rises_is_held_and_falls_as_the_schedule_says() -> None:
    wsd = ScheduleConfig("WSD", 2, min_lr_ratio=0.0, decay_fraction=0.4)
    assert [rate_factor(step, 10, wsd) for step in range(1, 11)] == pytest.approx(
        [0.5, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]
    )
    cosine = ScheduleConfig("CosineAnnealing", 2, min_lr_ratio=0.2)
    rates = [rate_factor(step, 10, cosine) for step in range(1, 11)]
    assert rates[:3] == pytest.approx([0.5, 1.0, 1.0])
    assert rates[6] == pytest.approx(0.6)
    assert rates == sorted(rates[:2]) + sorted(rates[2:], reverse=True)


@pytest.mark.parametrize("tied", [True, False])
def test_every_parameter_is_in_one_group_and_only_matrices_decay(tied: bool) -> None:
    shape = dataclasses.replace(SHAPE, share_embeddings_and_output_weights=tied)
    model, config = built(shape), OptimConfig(lr=1.0, embedding_lr=3.0, weight_decay=0.1)
    optimizer = build_optimizer(model, config)
    set_rates(optimizer, 0.5)
    rates = {
        id(p): (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for p in group["params"]
    }
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(rates)
    assert {name: rates[id(p)] for name, p in model.named_parameters()} == {
        name: (1.5, 0.1)
        if name in ("model.embed_tokens.weight", "lm_head.weight")
        else (0.5, 0.0 if "norm" in name else 0.1)
        for name, _ in model.named_parameters()
    }
