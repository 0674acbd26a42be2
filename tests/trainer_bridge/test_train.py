"""Training is deterministic, killed anywhere it goes on to the same bits, and it counts right."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from curator.errors import ManifestError
from tests.conftest import REPOSITORY
from tests.trainer_bridge.small_run import SMALL, build_run, command, finish, sha256
from trainer_bridge.checkpoint import checkpoints, latest_checkpoint, read_state
from trainer_bridge.config_file import load_config
from trainer_bridge.loss import chunked_loss
from trainer_bridge.metrics import read_metrics
from trainer_bridge.parallel import choose_loss
from trainer_bridge.train import TrainingError, train

TIMINGS = ("seconds", "cpu_seconds", "tokens_timed", "tokens_per_second")


def weights(folder: Path) -> dict[str, torch.Tensor]:
    newest = latest_checkpoint(folder)
    assert newest is not None
    return load_file(newest / "model.safetensors")


def require_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


def untimed(folder: Path) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name not in TIMINGS}
        for row in read_metrics(folder)
    ]


def quiet(line: str) -> None:
    """Say nothing."""


def again(run: Path, folder: Path, *settings: str) -> dict[str, Any]:
    return train(run, load_config(None, [*SMALL, *settings]), folder, say=quiet)


KILLED_AT_STEP_5 = """
import os, signal, sys
from tests.conftest import REPOSITORY
from tests.trainer_bridge.small_run import SMALL
from trainer_bridge.config_file import load_config
from trainer_bridge.train import train

def say(line):
    if line.startswith("step 5/"):
        os.kill(os.getpid(), signal.SIGKILL)

train(sys.argv[1], load_config(None, SMALL), sys.argv[2], say=say)
"""


def test_one_seed_gives_one_curve_and_one_model_and_another_seed_another(
    run: Path, trained: Path, tmp_path: Path
) -> None:
    again(run, tmp_path / "same")
    assert untimed(tmp_path / "same") == untimed(trained)
    require_equal(weights(tmp_path / "same"), weights(trained))
    again(run, tmp_path / "other", "model.seed=5")
    assert untimed(tmp_path / "other")[0]["loss"] != untimed(trained)[0]["loss"]


def test_killed_and_started_again_is_never_killed(run: Path, trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "training"
    words = [sys.executable, "-c", KILLED_AT_STEP_5, str(run), str(folder)]
    killed = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [path.name for path in checkpoints(folder)] == ["step-00000003"]
    # What a kill in the middle of writing leaves behind:
    (folder / "checkpoints" / ".unfinished-step-00000006").mkdir()
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"kind": "train", "st')
    status, output, errors = finish(command("train", run, "--output", folder))
    assert (status, errors) == (0, "")
    assert "resumed at step 3" in output
    require_equal(weights(folder), weights(trained))
    assert untimed(folder) == untimed(trained)
    assert sorted(os.listdir(folder / "checkpoints")) == ["step-00000006", "step-00000008"]
    for name in ("model.safetensors", "state.json"):
        assert sha256(folder / "checkpoints/step-00000008" / name) == sha256(
            trained / "checkpoints/step-00000008" / name
        )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_saves_says_so_and_the_same_command_goes_on(
    run: Path, tmp_path: Path, number: signal.Signals
) -> None:
    folder, long = tmp_path / "training", ("trainer.max_steps=100000",)
    for begins in ("step 1/", "resumed at step"):
        process = command("train", run, "--output", folder, settings=long)
        assert process.stdout is not None
        assert any(line.startswith(begins) for line in process.stdout)
        process.send_signal(number)
        status, _, errors = finish(process)
        assert status == 128 + number
        assert errors.count("\n") == 1
        assert f"{number.name} stopped the training after step" in errors
        newest = latest_checkpoint(folder)
        assert newest is not None
        state = read_state(newest)
        assert state.consumed_samples == 4 * state.step
        rows = [row for row in read_metrics(folder) if row["kind"] == "train"]
        assert [row["step"] for row in rows] == list(range(1, state.step + 1))


def test_stops_at_random_steps_add_up_to_one_training(
    run: Path, trained: Path, tmp_path: Path
) -> None:
    folder, draw = tmp_path / "training", random.Random(3)
    stops = sorted(draw.sample(range(1, 8), 3))
    for stop in stops:

        def interrupt(line: str, stop: int = stop) -> None:
            if line.startswith(f"step {stop}/"):
                os.kill(os.getpid(), signal.SIGTERM)

        with pytest.raises(TrainingError, match=f"SIGTERM stopped the training after step {stop};"):
            train(run, load_config(None, SMALL), folder, say=interrupt)
    again(run, folder)
    require_equal(weights(folder), weights(trained))
    assert untimed(folder) == untimed(trained)


def test_accumulated_micro_batches_are_one_batch(run: Path, tmp_path: Path) -> None:
    precise = ("trainer.precision=32-true", "model.global_batch_size=4")
    again(run, tmp_path / "parts", *precise, "model.micro_batch_size=1")
    again(run, tmp_path / "whole", *precise, "model.micro_batch_size=4")
    parts, whole = (untimed(tmp_path / name)[-1] for name in ("parts", "whole"))
    assert parts["loss"] == pytest.approx(whole["loss"], rel=1e-5)


def test_the_rows_and_the_summary_say_what_happened(run: Path, trained: Path) -> None:
    rows = read_metrics(trained)
    assert [row["step"] for row in rows if row["kind"] == "train"] == list(range(1, 9))
    assert [row["step"] for row in rows if row["kind"] == "validation"] == [4, 8]
    first = rows[0]
    assert first["loss"] == pytest.approx(math.log(320), rel=0.01)
    assert first["tokens"] == 64
    summary = json.loads((trained / "summary.json").read_text())
    assert summary["steps"] == 8
    assert summary["tokens"] == 8 * 64
    assert summary["first_loss"] == first["loss"]
    assert summary["last_loss"] < summary["first_loss"]
    assert summary["validation"]["bits_per_byte"] == rows[-1]["bits_per_byte"]
    assert 1 < summary["validation"]["unigram_character_bits_per_byte"] < 5
    assert summary["versions"]["torch"] == torch.__version__


def test_a_finished_training_is_not_repeated(run: Path, trained: Path) -> None:
    said: list[str] = []
    before = sha256(trained / "metrics.jsonl")
    train(run, load_config(None, SMALL), trained, say=said.append)
    assert said[-1] == "all 8 steps are done already"
    assert sha256(trained / "metrics.jsonl") == before


def test_another_setting_does_not_go_on_in_the_same_folder(run: Path, trained: Path) -> None:
    with pytest.raises(ManifestError, match=r"model\.optim\.lr: .* then, 0\.5 now"):
        again(run, trained, "model.optim.lr=0.5")
    with pytest.raises(ManifestError, match="already holds checkpoints; name another folder"):
        again(run, trained, "exp_manager.resume_if_exists=false")
    again(run, trained, "trainer.log_every_n_steps=3", "exp_manager.save_last_k=1")


def test_a_loss_that_is_not_finite_stops_before_the_weights_change(
    run: Path, tmp_path: Path
) -> None:
    settings = ("model.optim.lr=1e30", "trainer.precision=32-true", "trainer.gradient_clip_val=0")
    with pytest.raises(TrainingError, match=r"step [2-8]: loss .* not finite, so the step was not"):
        again(run, tmp_path, *settings)
    for row in read_metrics(tmp_path):
        assert math.isfinite(row["loss"])


def test_a_broken_checkpoint_is_an_error_that_says_what_to_delete(
    run: Path, tmp_path: Path
) -> None:
    again(run, tmp_path)
    newest = latest_checkpoint(tmp_path)
    assert newest is not None
    for name in ("state.json", "optimizer.pt", "model.safetensors"):
        whole = (newest / name).read_bytes()
        (newest / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ManifestError, match=f"{name}: .* delete .*step-00000008 and start"):
            again(run, tmp_path)
        (newest / name).write_bytes(whole)


class Explosive:
    """An object whose unpickling would leave a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_checkpoint_runs_no_code(run: Path, tmp_path: Path) -> None:
    again(run, tmp_path / "training")
    newest = latest_checkpoint(tmp_path / "training")
    assert newest is not None
    torch.save({"optimizer": Explosive(tmp_path / "ran")}, newest / "optimizer.pt")
    with pytest.raises(ManifestError, match=r"optimizer\.pt: unusable"):
        again(run, tmp_path / "training")
    assert not (tmp_path / "ran").exists()
    save_file({"other": torch.zeros(1)}, newest / "model.safetensors")
    with pytest.raises(ManifestError, match=r"model\.safetensors: unusable weights"):
        again(run, tmp_path / "training")


def test_the_callers_random_state_and_signal_handlers_are_left_alone(
    run: Path, tmp_path: Path
) -> None:
    state, handler = torch.get_rng_state(), signal.getsignal(signal.SIGTERM)
    again(run, tmp_path)
    assert torch.equal(torch.get_rng_state(), state)
    assert signal.getsignal(signal.SIGTERM) is handler


def test_a_missing_compiler_is_said_aloud(run: Path, tmp_path: Path) -> None:
    settings = ("trainer.compile=true",)
    process = command("train", run, "--output", tmp_path, settings=settings, CXX="no-such-compiler")
    status, _, errors = finish(process)
    assert status == 1
    assert errors == (
        "error: trainer.compile=true: the C++ compiler 'no-such-compiler' cannot be started "
        "(No such file or directory); install a C++ compiler or set trainer.compile=auto\n"
    )


def test_auto_compiles_by_the_amount_of_work_and_falls_back_aloud(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short, long = load_config(), load_config(None, ["trainer.max_steps=100000000"])
    assert choose_loss(short, 1_000_000)[1].startswith("not compiled: ")
    monkeypatch.setenv("CXX", "no-such-compiler")
    loss, how = choose_loss(long, 1_000_000)
    assert loss is chunked_loss
    assert how.startswith("NOT COMPILED, so slower: the C++ compiler 'no-such-compiler'")


# What torch's compiler imports is partly deprecated by torch itself.
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_compiled_training_follows_the_same_curve(run: Path, tmp_path: Path) -> None:
    one_block = ("model.num_layers=1", "trainer.max_steps=4")
    again(run, tmp_path / "eager", *one_block)
    again(run, tmp_path / "compiled", *one_block, "trainer.compile=true")
    pairs = zip(untimed(tmp_path / "eager"), untimed(tmp_path / "compiled"), strict=True)
    for eager, compiled in pairs:
        assert compiled["loss"] == pytest.approx(eager["loss"], rel=5e-3)


LARGER = (
    *("model.hidden_size=64", "model.ffn_hidden_size=176", "model.encoder_seq_length=64"),
    *("model.micro_batch_size=8", "model.global_batch_size=8", "model.optim.sched.warmup_steps=10"),
    *("trainer.max_steps=150", "trainer.val_check_interval=150"),
    "exp_manager.every_n_train_steps=150",
)


def test_a_model_of_real_cantonese_needs_fewer_bits_than_character_frequencies(
    corpora: Path, tmp_path: Path
) -> None:
    lines = (corpora / "yue" / "tatoeba_yue.jsonl").read_text("utf-8").splitlines()
    run = build_run(tmp_path / "run", [json.loads(line)["text"] for line in lines], 1000)
    status, _, errors = finish(command("train", run, settings=LARGER))
    assert (status, errors) == (0, "")
    measures = json.loads((run / "training" / "summary.json").read_text())["validation"]
    assert measures["bits_per_byte"] < measures["unigram_character_bits_per_byte"] - 0.1
