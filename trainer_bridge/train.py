"""The training loop: deterministic for a seed, stoppable anywhere, resumed to the bit."""

from __future__ import annotations

import json
import math
import os
import platform
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import numpy as np
import torch

from curator.errors import CuratorError, ManifestError, ResourceError
from trainer_bridge import checkpoint as saved
from trainer_bridge.config import Config, as_mapping
from trainer_bridge.config_file import write_config
from trainer_bridge.data.run_folder import RunFolder, open_run
from trainer_bridge.data.sampler import Sampler
from trainer_bridge.evaluate import RUN_LINK, validate
from trainer_bridge.metrics import SUMMARY, MetricsFile, read_metrics, write_atomically
from trainer_bridge.model import LanguageModel, initialise
from trainer_bridge.optim import build_optimizer, rate_factor, set_rates
from trainer_bridge.parallel import choose_loss, precision_context

FREE_TO_CHANGE = ("exp_manager", "trainer.log_every_n_steps", "trainer.val_check_interval")
"""What a resumed training may have changed: nothing that its weights depend on."""


class TrainingError(CuratorError):
    """The training cannot go on; the message names the step."""


class TrainingStopped(TrainingError):
    """A signal asked for the end; a checkpoint was written and the same command goes on."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.signal_number = signal_number


class StopSignals:
    """Remembers SIGTERM and SIGINT inside its block instead of dying; a second one kills."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopSignals:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        signal.signal(number, self._before[number])


def train(
    run: str | Path,
    config: Config,
    output: str | Path | None = None,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train on a run folder's tokens, or go on where a killed training stood; return the summary.

    ``output`` (by default ``training`` inside the run) gets config.yaml, metrics.jsonl,
    checkpoints/ and, at the end, summary.json. ``say`` gets one line of text at a time. A finished
    training is not repeated. Raises ``ManifestError`` or ``DataError`` for an unusable run or
    checkpoint, ``TrainingError`` for a loss that is not finite, ``TrainingStopped`` after SIGTERM
    or SIGINT, ``ResourceError`` when the disk refuses.
    """
    config.require_sound()
    run_folder = open_run(run)
    folder = Path(output) if output is not None else run_folder.path / "training"
    # The caller's random state is the caller's.
    with torch.random.fork_rng(devices=[]), StopSignals() as stop:
        training = Training(run_folder, config, folder, say)
        training.resume()
        training.prepare_folder()
        training.go(stop)
        return training.summarise()


class Training:
    """One training in progress: model, optimizer, and how far it is."""

    def __init__(
        self, run: RunFolder, config: Config, folder: Path, say: Callable[[str], None]
    ) -> None:
        self.run, self.config, self.folder, self.say = run, config, folder, say
        model = config.model
        torch.manual_seed(model.seed)
        self.model = LanguageModel(model, run.vocab_size)
        initialise(self.model, model, model.seed)
        self.optimizer = build_optimizer(self.model, model.optim)
        n_samples = config.trainer.max_steps * model.global_batch_size
        self.sampler = Sampler(
            run.train.tokens, model.encoder_seq_length, n_samples, model.seed, model.data.order
        )
        self.order_sha256 = self.sampler.order.sha256()
        self.loss_function, self.how = choose_loss(config, self.model.parameter_count())
        self.step = 0

    @property
    def compiled(self) -> bool:
        """Whether the loss runs compiled."""
        return self.how.startswith("compiled")

    def state(self) -> saved.TrainingState:
        """Return what a checkpoint has to say besides tensors."""
        return saved.TrainingState(
            step=self.step,
            consumed_samples=self.step * self.config.model.global_batch_size,
            order_sha256=self.order_sha256,
            tokens_sha256=self.run.train.bin_sha256,
            config=as_mapping(self.config),
            compiled=self.compiled,
            vocab_size=self.run.vocab_size,
            tokenizer_sha256=self.run.tokenizer_sha256,
            threads=torch.get_num_threads(),
            versions=versions(),
        )

    def resume(self) -> None:
        """Load the newest checkpoint, if there is one and it belongs to this training."""
        newest = saved.latest_checkpoint(self.folder)
        if newest is None:
            return
        if not self.config.exp_manager.resume_if_exists:
            raise ManifestError(
                f"{self.folder}: already holds checkpoints; name another folder with --output, "
                "or set exp_manager.resume_if_exists=true"
            )
        before = saved.read_state(newest)
        _require_same(newest, before, self.state(), self.say)
        saved.load_model(newest, self.model)
        saved.load_optimizer(newest, self.optimizer)
        self.step = before.step
        self.say(f"resumed at step {self.step} from {newest}")

    def prepare_folder(self) -> None:
        """Make the training folder with its configuration and the way back to the run."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            saved.discard_unfinished(self.folder)
            write_atomically(self.folder / "config.yaml", write_config(self.config))
            link = os.path.relpath(self.run.path.resolve(), self.folder.resolve())
            write_atomically(self.folder / RUN_LINK, f"{link}\n")
        except OSError as error:
            raise ResourceError(
                f"{self.folder}: cannot be written ({error}); name another folder with --output"
            ) from error

    def go(self, stop: StopSignals) -> None:
        """Make the steps that are left, with their rows, measurements and checkpoints."""
        last = self.config.trainer.max_steps
        if self.step == last:
            self.say(f"all {last} steps are done already")
            return
        self.say(
            f"{self.model.parameter_count():,} parameters, {last - self.step} steps of "
            f"{self.config.model.tokens_per_step:,} tokens (in all {self._epochs(last):.2f} times "
            f"the training split), {torch.get_num_threads()} threads, "
            f"{self.config.trainer.precision}, {self.how}"
        )
        with MetricsFile(self.folder, self.step) as metrics:
            clock = Clock()
            while self.step < last and stop.received is None:
                clock.start()
                row = self._step()
                clock.stop(self.config.model.tokens_per_step)
                if self._due(self.config.trainer.log_every_n_steps) or self.step == 1:
                    metrics.write(row | clock.read())
                    self.say(_train_line(row, last))
                if self._due(self.config.trainer.val_check_interval):
                    self._validate(metrics)
                if self._due(self.config.exp_manager.every_n_train_steps):
                    self._save()
        if self.step < last and stop.received is not None:
            self._save()
            name = signal.Signals(stop.received).name
            raise TrainingStopped(
                f"{self.folder}: {name} stopped the training after step {self.step}; its "
                "checkpoint is written, the same command goes on from there",
                stop.received,
            )

    def _epochs(self, steps: int) -> float:
        return steps * self.config.model.tokens_per_step / len(self.run.train.tokens.tokens)

    def _due(self, interval: int) -> bool:
        return self.step % interval == 0 or self.step == self.config.trainer.max_steps

    def _step(self) -> dict[str, Any]:
        """Make one optimizer step and return its row."""
        model = self.config.model
        step = self.step + 1
        factor = rate_factor(step, self.config.trainer.max_steps, model.optim.sched)
        set_rates(self.optimizer, factor)
        self.optimizer.zero_grad(set_to_none=True)
        loss = 0.0
        for part in range(model.accumulation):
            first = self.step * model.global_batch_size + part * model.micro_batch_size
            windows = torch.from_numpy(self.sampler.batch(first, model.micro_batch_size))
            with precision_context(self.config):
                part_loss = self.loss_function(
                    self.model, windows[:, :-1].contiguous(), windows[:, 1:].contiguous()
                )
            (part_loss / model.accumulation).backward()
            loss += part_loss.item() / model.accumulation
        clip = self.config.trainer.gradient_clip_val or math.inf
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), clip).item()
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise TrainingError(
                f"{self.folder}: step {step}: loss {loss}, gradient norm {norm}: not finite, so "
                f"the step was not made; lower model.optim.lr={model.optim.lr} or lengthen "
                "model.optim.sched.warmup_steps and train into another folder"
            )
        self.optimizer.step()
        self.step = step
        return {
            "kind": "train",
            "step": step,
            "loss": loss,
            "learning_rate": model.optim.lr * factor,
            "gradient_norm": norm,
            "tokens": step * model.tokens_per_step,
        }

    def _validate(self, metrics: MetricsFile) -> None:
        if self.run.valid is None:
            return
        measures = validate(self.model, self.run.valid, self.run.eos_id, self.config)
        metrics.write({"kind": "validation", "step": self.step} | measures)
        baseline = measures["unigram_character_bits_per_byte"]
        against = "" if baseline is None else f" (character frequencies: {baseline:.3f})"
        self.say(
            f"step {self.step}: validation loss {measures['loss']:.4f}, "
            f"{measures['bits_per_byte']:.3f} bits per byte{against}"
        )

    def _save(self) -> None:
        saved.save_checkpoint(
            self.folder,
            self.model,
            self.optimizer,
            self.state(),
            self.config.exp_manager.save_last_k,
        )

    def summarise(self) -> dict[str, Any]:
        """Write summary.json from the whole metrics file, and return it."""
        rows = read_metrics(self.folder)
        steps = [row for row in rows if row["kind"] == "train"]
        checks = [row for row in rows if row["kind"] == "validation"]
        seconds, cpu_seconds, timed = (
            sum(row[name] for row in steps) for name in ("seconds", "cpu_seconds", "tokens_timed")
        )
        summary = {
            "steps": self.step,
            "parameters": self.model.parameter_count(),
            "tokens": self.step * self.config.model.tokens_per_step,
            "epochs": self._epochs(self.step),
            "first_loss": steps[0]["loss"],
            "last_loss": steps[-1]["loss"],
            "validation": checks[-1] if checks else None,
            "seconds": seconds,
            "tokens_per_second": timed / seconds,
            "tokens_per_cpu_second": timed / cpu_seconds,
            "precision": self.config.trainer.precision,
            "compiled": self.compiled,
            "threads": torch.get_num_threads(),
            "manifest_sha256": self.run.manifest_sha256,
            "versions": versions(),
        }
        write_atomically(self.folder / SUMMARY, json.dumps(summary, indent=1) + "\n")
        return summary


class Clock:
    """Time and tokens of the steps since it was last read; validating and saving do not count."""

    def __init__(self) -> None:
        self._seconds, self._cpu_seconds, self._tokens = 0.0, 0.0, 0
        self._began = self._cpu_began = 0.0

    def start(self) -> None:
        """Begin a step."""
        self._began, self._cpu_began = time.perf_counter(), time.process_time()

    def stop(self, tokens: int) -> None:
        """End a step of so many tokens."""
        self._seconds += time.perf_counter() - self._began
        self._cpu_seconds += time.process_time() - self._cpu_began
        self._tokens += tokens

    def read(self) -> dict[str, Any]:
        """Return the row's timing fields and start over; CPU seconds add up over threads."""
        row = {
            "seconds": self._seconds,
            "cpu_seconds": self._cpu_seconds,
            "tokens_timed": self._tokens,
            "tokens_per_second": self._tokens / self._seconds,
        }
        self._seconds, self._cpu_seconds, self._tokens = 0.0, 0.0, 0
        return row


def versions() -> dict[str, str]:
    """Return the versions that can change the last bits of a result."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
    }


def _train_line(row: dict[str, Any], last: int) -> str:
    return (
        f"step {row['step']}/{last}: loss {row['loss']:.4f}, rate {row['learning_rate']:.2e}, "
        f"gradient {row['gradient_norm']:.2f}"
    )


def _require_same(
    checkpoint: Path,
    before: saved.TrainingState,
    now: saved.TrainingState,
    say: Callable[[str], None],
) -> None:
    """Raise when a checkpoint belongs to another training; say what may change the last bits."""
    changed = _changed_keys(before.config, now.config)
    if changed:
        raise ManifestError(
            f"{checkpoint}: was made with other settings ({'; '.join(changed)}); train into "
            "another folder with --output, or take the settings back"
        )
    for name in ("tokens_sha256", "tokenizer_sha256", "vocab_size", "order_sha256"):
        if getattr(before, name) != getattr(now, name):
            raise ManifestError(
                f"{checkpoint}: {name} differs, so the run's tokens are others now; train into "
                "another folder with --output"
            )
    for name in ("compiled", "threads", "versions"):
        old, new = getattr(before, name), getattr(now, name)
        if old != new:
            say(f"{name} was {old} and is {new}: the result may differ in its last bits")


def _changed_keys(before: dict[str, Any], now: dict[str, Any], under: str = "") -> list[str]:
    changed = []
    for name in sorted(before.keys() | now.keys()):
        key, old, new = f"{under}{name}", before.get(name), now.get(name)
        if key in FREE_TO_CHANGE or old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            changed += _changed_keys(old, new, f"{key}.")
        else:
            changed.append(f"{key}: {old} then, {new} now")
    return changed
