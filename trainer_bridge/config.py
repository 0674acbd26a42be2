"""Everything a training run can be told; YAML maps 1:1 on these dataclasses.

Keys follow NeMo's YAML where it has one (``trainer.max_steps``, ``model.micro_batch_size``,
``model.optim.lr``). The defaults are the demo: a first model of one to two million tokens on two
CPU cores in about a minute.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from curator.errors import RecipeError


@dataclass(frozen=True)
class ScheduleConfig:
    """How the learning rate moves over the steps."""

    name: Literal["CosineAnnealing", "WSD"] = "WSD"
    """``CosineAnnealing``: half a cosine from the peak to the lowest rate. ``WSD``: the peak is
    held, then the rate falls in a straight line over the last ``decay_fraction`` of the steps."""
    warmup_steps: int = 20
    """Steps over which the rate rises in a straight line from 0 to the peak."""
    min_lr_ratio: float = 0.0
    """Lowest rate as a share of the peak; it would be reached one step after the last."""
    decay_fraction: float = 0.5
    """Share of all steps in which WSD decays; unused by CosineAnnealing."""


@dataclass(frozen=True)
class OptimConfig:
    """The optimizer. Weight decay does not touch norms."""

    name: Literal["adamw"] = "adamw"
    """Loshchilov & Hutter 2019."""
    lr: float = 1e-3
    """Peak learning rate of the blocks."""
    embedding_lr: float = 2e-2
    """Peak learning rate of embedding and output layer. A short training needs it far above ``lr``,
    because most rows are met rarely: after 330,000 Cantonese tokens the bits per byte were 2.80
    with 4e-3 for both, 2.74 with 1e-3 and 4e-3, 2.66 with 1e-3 and 2e-2. Take it down for trainings
    of many epochs."""
    betas: tuple[float, float] = (0.9, 0.95)
    """Decay of the running mean of the gradients and of their squares."""
    eps: float = 1e-8
    """Added to the root of the mean square; keep it far below the gradients' size."""
    weight_decay: float = 0.1
    """Decoupled; multiplied by the learning rate at every step."""
    sched: ScheduleConfig = field(default_factory=ScheduleConfig)
    """Learning-rate schedule."""


@dataclass(frozen=True)
class DataConfig:
    """In which order the training tokens are read."""

    order: Literal["megatron", "per_epoch"] = "megatron"
    """``megatron``: the arrays of Megatron's GPTDataset, which shuffle all epochs jointly and
    depend on ``trainer.max_steps``. ``per_epoch``: every epoch is shuffled alone, so each document
    is read once before any is read twice, and a longer run begins like a shorter one."""


@dataclass(frozen=True)
class ModelConfig:
    """The network, its batches and its seed. The vocabulary's size comes from the manifest."""

    num_layers: int = 2
    """Decoder blocks."""
    hidden_size: int = 128
    """Width of the residual stream."""
    ffn_hidden_size: int = 352
    """Width of the gated feed-forward layer; about 8/3 of ``hidden_size`` is customary."""
    num_attention_heads: int = 2
    """Query heads; they divide ``hidden_size`` into heads of an even size."""
    num_query_groups: int = 1
    """Key/value heads; each serves the same number of query heads."""
    encoder_seq_length: int = 128
    """Tokens in a training window, and the longest context of the exported model."""
    rotary_base: float = 10_000.0
    """Base of the rotary angles; raise it for contexts of many thousand tokens."""
    layernorm_epsilon: float = 1e-5
    """Added to the mean square inside every norm."""
    share_embeddings_and_output_weights: bool = True
    """Tie the output layer to the embedding: fewer parameters, better for small corpora."""
    init_method_std: float = 0.02
    """Standard deviation of the blocks' initial weights; outputs into the residual stream are
    narrower."""
    embedding_init_method_std: float = 0.06
    """Standard deviation of the initial embedding, so that it is not drowned by the blocks' first
    outputs: after 330,000 tokens the bits per byte were 2.66 with 0.02, 2.63 with
    0.06, 2.88 with 0.2."""
    micro_batch_size: int = 8
    """Windows in one forward pass; the memory of a step grows with it."""
    global_batch_size: int = 8
    """Windows in one optimizer step; a multiple of ``micro_batch_size``, whose gradients add up."""
    seed: int = 1234
    """Fixes the initial weights and the order of the samples."""
    optim: OptimConfig = field(default_factory=OptimConfig)
    """Optimizer and schedule."""
    data: DataConfig = field(default_factory=DataConfig)
    """Order of the samples."""

    @property
    def head_size(self) -> int:
        """Width of one attention head."""
        return self.hidden_size // self.num_attention_heads

    @property
    def accumulation(self) -> int:
        """Forward passes whose gradients make one step."""
        return self.global_batch_size // self.micro_batch_size

    @property
    def tokens_per_step(self) -> int:
        """Target tokens of one optimizer step."""
        return self.global_batch_size * self.encoder_seq_length


@dataclass(frozen=True)
class TrainerConfig:
    """How long, how exactly, and how often something is reported."""

    max_steps: int = 600
    """Optimizer steps of the whole run."""
    precision: Literal["32-true", "bf16-mixed"] = "bf16-mixed"
    """``bf16-mixed``: float32 weights, matrix products in bfloat16 (autocast). ``32-true``: all
    in float32, about half as fast on CPUs that have bfloat16 instructions."""
    gradient_clip_val: float = 1.0
    """Largest norm of the gradient; longer ones are scaled down. 0 turns it off."""
    log_every_n_steps: int = 20
    """A row in metrics.jsonl every so many steps, and always for the first and the last."""
    val_check_interval: int = 200
    """The whole validation split is measured every so many steps, and always after the last."""
    compile: bool | Literal["auto"] = "auto"
    """Compile model and loss together. ``auto`` does so when the run is long enough to repay the
    half minute it costs and a C++ compiler works; otherwise it says why not."""


@dataclass(frozen=True)
class ExpManagerConfig:
    """Checkpoints."""

    resume_if_exists: bool = True
    """Continue from the newest checkpoint. False refuses a folder that already holds some."""
    every_n_train_steps: int = 200
    """A checkpoint every so many steps, and always after the last."""
    save_last_k: int = 2
    """Newest checkpoints kept; at least 1."""


@dataclass(frozen=True)
class Config:
    """A training run; the manifest says everything else."""

    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    """Length, precision, reporting."""
    model: ModelConfig = field(default_factory=ModelConfig)
    """Network, batches, optimizer, order."""
    exp_manager: ExpManagerConfig = field(default_factory=ExpManagerConfig)
    """Checkpoints and resuming."""

    def require_sound(self, place: str = "configuration") -> None:
        """Raise ``RecipeError`` for the first value that cannot work; ``place`` heads the text."""
        for key, holds, mend in _rules(self):
            if not holds:
                raise RecipeError(f"{place}: {key}={value_of(self, key)}: {mend}")


POSITIVE = (
    *("model.num_layers", "model.hidden_size", "model.ffn_hidden_size"),
    *("model.num_attention_heads", "model.num_query_groups", "model.encoder_seq_length"),
    *("model.rotary_base", "model.layernorm_epsilon", "model.init_method_std"),
    *("model.embedding_init_method_std", "model.optim.embedding_lr"),
    *("model.micro_batch_size", "model.global_batch_size", "model.optim.lr", "model.optim.eps"),
    *("trainer.max_steps", "trainer.log_every_n_steps", "trainer.val_check_interval"),
    *("exp_manager.every_n_train_steps", "exp_manager.save_last_k"),
)


def _rules(config: Config) -> Iterator[tuple[str, bool, str]]:
    """Yield (key, whether its value can work, what to write instead), cheapest rules first."""
    for key in POSITIVE:
        yield key, value_of(config, key) > 0, "must be above 0"
    model, optim, steps = config.model, config.model.optim, config.trainer.max_steps
    yield (
        "model.global_batch_size",
        model.global_batch_size % model.micro_batch_size == 0,
        f"must be a multiple of model.micro_batch_size={model.micro_batch_size}",
    )
    yield (
        "model.num_attention_heads",
        model.hidden_size % (2 * model.num_attention_heads) == 0,
        f"must divide model.hidden_size={model.hidden_size} into heads of an even size",
    )
    yield (
        "model.num_query_groups",
        model.num_attention_heads % model.num_query_groups == 0,
        f"must divide model.num_attention_heads={model.num_attention_heads}",
    )
    warmup = 0 <= optim.sched.warmup_steps <= steps
    yield "model.optim.sched.warmup_steps", warmup, f"must lie in 0 to trainer.max_steps={steps}"
    low = 0 <= optim.sched.min_lr_ratio <= 1
    yield "model.optim.sched.min_lr_ratio", low, "must lie in 0 to 1"
    share = 0 <= optim.sched.decay_fraction <= 1
    yield "model.optim.sched.decay_fraction", share, "must lie in 0 to 1"
    yield "model.optim.betas", all(0 <= b < 1 for b in optim.betas), "must lie in 0 to 1, below 1"
    yield "model.optim.weight_decay", optim.weight_decay >= 0, "must be 0 (off) or above"
    clip = config.trainer.gradient_clip_val >= 0
    yield "trainer.gradient_clip_val", clip, "must be 0 (off) or above"
    yield "model.seed", 0 <= model.seed < 2**32, "must lie in 0 to 4294967295"


def value_of(config: object, key: str) -> Any:
    """Return the value under a dotted key such as ``model.optim.lr``."""
    for name in key.split("."):
        config = getattr(config, name)
    return config


def as_mapping(config: Config) -> dict[str, Any]:
    """Return the configuration as nested plain dicts and lists, ready for YAML or JSON."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(item) for name, item in value.items()}
        return list(value) if isinstance(value, tuple) else value

    return {name: plain(section) for name, section in dataclasses.asdict(config).items()}
