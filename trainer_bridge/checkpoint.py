"""Checkpoints: a folder a step, in place whole or not at all, and nothing executable inside.

``step-00000100/`` holds ``model.safetensors`` (Hugging Face's names), ``optimizer.pt`` (tensors and
numbers, read back with ``weights_only=True``) and ``state.json``. It is written under another name
and renamed when every byte is on the disk, so a folder of the right name is a finished checkpoint.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from curator.errors import ManifestError, ResourceError
from trainer_bridge.model import LanguageModel

FOLDER = "checkpoints"
MODEL, OPTIMIZER, STATE = "model.safetensors", "optimizer.pt", "state.json"
NAME = re.compile(r"step-([0-9]{8,})")
UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class TrainingState:
    """What, besides tensors, decides how a training goes on."""

    step: int
    """Optimizer steps done."""
    consumed_samples: int
    """Windows read; the next one to read has this number."""
    order_sha256: str
    """Of the sample order's arrays."""
    tokens_sha256: str
    """Of the training tokens' .bin."""
    config: dict[str, Any]
    """The configuration, as in its YAML."""
    compiled: bool
    """Whether the steps so far ran compiled."""
    vocab_size: int
    """Rows of the embedding."""
    tokenizer_sha256: str
    """Of the tokenizer the ids belong to."""
    threads: int
    """Torch's threads; another number may change the last bits."""
    versions: dict[str, str]
    """Of the code and the libraries that made it."""


def checkpoints(folder: Path) -> list[Path]:
    """Return the finished checkpoints of a training folder, oldest first."""
    found = (folder / FOLDER).glob("step-*") if (folder / FOLDER).is_dir() else ()
    named = [(NAME.fullmatch(path.name), path) for path in found]
    return [path for _, path in sorted((int(m.group(1)), path) for m, path in named if m)]


def latest_checkpoint(folder: Path) -> Path | None:
    """Return the newest finished checkpoint of a training folder, or None."""
    return next(reversed(checkpoints(folder)), None)


def require_checkpoint(folder: Path) -> Path:
    """Return the newest finished checkpoint; raise ``ManifestError`` when there is none."""
    newest = latest_checkpoint(folder)
    if newest is None:
        raise ManifestError(
            f"{folder}: holds no checkpoint; name the folder that `trainer-bridge train` wrote"
        )
    return newest


def save_checkpoint(
    folder: Path,
    model: LanguageModel,
    optimizer: torch.optim.Optimizer,
    state: TrainingState,
    keep: int,
) -> Path:
    """Write a checkpoint, then delete all but the ``keep`` newest.

    Raises ``ResourceError`` when the disk refuses; older checkpoints are untouched then.
    """
    name = f"step-{state.step:08d}"
    final, temporary = folder / FOLDER / name, folder / FOLDER / f"{UNFINISHED}{name}"
    if final.exists():  # only the step just resumed from can be there: the same bytes
        return final
    try:
        discard_unfinished(folder)
        temporary.mkdir(parents=True)
        save_file(model_tensors(model), temporary / MODEL, metadata={"format": "pt"})
        rest = {"optimizer": optimizer.state_dict(), "random": torch.get_rng_state()}
        torch.save(rest, temporary / OPTIMIZER)
        (temporary / STATE).write_text(json.dumps(asdict(state), indent=1) + "\n", "utf-8")
        for file in (MODEL, OPTIMIZER, STATE):
            _flush(temporary / file)
        temporary.rename(final)
        _flush(final.parent)
        for old in checkpoints(folder)[:-keep]:
            shutil.rmtree(old)
    except (OSError, SafetensorError) as error:
        raise ResourceError(
            f"{temporary}: the checkpoint could not be written ({error}); make room or name "
            "another folder, then start the same command again"
        ) from error
    return final


def discard_unfinished(folder: Path) -> None:
    """Delete what a killed process left half-written."""
    for path in (folder / FOLDER).glob(f"{UNFINISHED}*"):
        shutil.rmtree(path)


def read_state(checkpoint: Path) -> TrainingState:
    """Read ``state.json``; raises ``ManifestError`` when it is unusable."""
    path = checkpoint / STATE
    try:
        return TrainingState(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ManifestError(f"{path}: not a checkpoint's state ({error}); {_mend(path)}") from error


def load_model(checkpoint: Path, model: LanguageModel) -> None:
    """Copy a checkpoint's weights into a model of the same shape."""
    path = checkpoint / MODEL
    try:
        tensors = load_file(path)
        if model.lm_head.weight is model.model.embed_tokens.weight:
            tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
        model.load_state_dict(tensors)
    except (OSError, SafetensorError, RuntimeError, KeyError) as error:
        raise ManifestError(f"{path}: unusable weights ({error}); {_mend(path)}") from error


def load_optimizer(checkpoint: Path, optimizer: torch.optim.Optimizer) -> None:
    """Restore the optimizer and torch's random state."""
    path = checkpoint / OPTIMIZER
    try:
        rest = torch.load(path, map_location="cpu", weights_only=True)
        optimizer.load_state_dict(rest["optimizer"])
        torch.set_rng_state(rest["random"])
    except (OSError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise ManifestError(f"{path}: unusable ({error}); {_mend(path)}") from error


def model_tensors(model: LanguageModel) -> dict[str, torch.Tensor]:
    """Return the weights by Hugging Face's names; a tied output layer is not repeated."""
    tensors = {name: value.detach().contiguous() for name, value in model.state_dict().items()}
    if model.lm_head.weight is model.model.embed_tokens.weight:
        del tensors["lm_head.weight"]
    return tensors


def _mend(path: Path) -> str:
    return f"delete {path.parent} and start the same command again, an older checkpoint is used"


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
