"""A configuration is read 1:1, and every fault names its place and its mend."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from curator.errors import RecipeError
from tests.conftest import REPOSITORY
from trainer_bridge.config import Config, as_mapping
from trainer_bridge.config_file import config_from_mapping, load_config, write_config


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(text, "utf-8")
    return path


def test_nothing_given_is_the_defaults() -> None:
    assert load_config() == Config()


def test_a_file_and_an_assignment_change_what_they_name_and_the_last_wins(tmp_path: Path) -> None:
    path = written(tmp_path, "model:\n  seed: 7\n  optim:\n    lr: 1e-3\n    betas: [0.8, 0.9]\n")
    config = load_config(path, ["model.seed=8", "trainer.compile=false"])
    assert (config.model.seed, config.model.optim.lr) == (8, 0.001)
    assert config.model.optim.betas == (0.8, 0.9)
    assert config.trainer.compile is False
    assert config.model.num_layers == Config().model.num_layers


def test_what_is_written_is_read_back_the_same(tmp_path: Path) -> None:
    config = load_config(None, ["model.optim.sched.name=CosineAnnealing", "model.optim.lr=3e-4"])
    assert load_config(written(tmp_path, write_config(config))) == config
    assert config_from_mapping(as_mapping(config), "state") == config


FAULTS = [
    ("model:\n  hiden_size: 3\n", ":2: model has no key 'hiden_size'; did you mean 'hidden_size'?"),
    ("modle: {}\n", ":1: the configuration has no key 'modle'; did you mean 'model'?"),
    ("model:\n  seed: 1\n  seed: 2\n", ":3: 'seed' is given twice; keep one"),
    ("model:\n  seed: many\n", ":2: model.seed='many' must be a whole number"),
    ("model:\n  seed: true\n", ":2: model.seed=True must be a whole number"),
    ("trainer:\n  compile: maybe\n", ":2: trainer.compile='maybe' must be true or false or auto"),
    ("trainer:\n  precision: fp8\n", ":2: trainer.precision='fp8' must be 32-true or bf16-mixed"),
    ("model:\n  optim:\n    lr: .nan\n", ":3: model.optim.lr=nan must be a number"),
    ("model:\n  optim:\n    betas: [1]\n", ":3: model.optim.betas=[1] must be a list of 2 numbers"),
    ("model: 3\n", ":1: model must be a mapping of keys to values"),
    ("model:\n  seed: !!python/name:os.system\n", ":2: only plain values are read"),
    ("model: [\n", ": not YAML"),
]


@pytest.mark.parametrize(("text", "message"), FAULTS, ids=[fault[1] for fault in FAULTS])
def test_a_fault_in_a_file_names_line_and_mend(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(RecipeError, match="^" + re.escape(f"{path}{message}")):
        load_config(path)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("model.lr=1", "--set model.lr=1: model has no key 'lr'"),
        ("model.seed.x=1", "--set model.seed.x=1: model.seed is a value, it has no key 'x'"),
        ("model.optim=1", "model.optim is a section; set one of its keys: name, lr"),
        ("model.seed", "write it as key=value"),
        ("model.global_batch_size=3", "must be a multiple of model.micro_batch_size="),
        ("model.num_attention_heads=3", "must divide model.hidden_size=128"),
        ("model.num_query_groups=7", "must divide model.num_attention_heads"),
        ("trainer.max_steps=0", "trainer.max_steps=0: must be above 0"),
        ("model.optim.betas=[0.9, 1.0]", "must lie in 0 to 1, below 1"),
    ],
)
def test_a_fault_in_an_assignment_names_it(assignment: str, message: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(message)):
        load_config(None, [assignment])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.yaml: no such file; name an existing YAML file"):
        load_config(tmp_path / "none.yaml")


def test_every_setting_says_what_it_means() -> None:
    text = (REPOSITORY / "trainer_bridge" / "config.py").read_text("utf-8")
    fields = re.findall(r"^    (\w+): .*=.*$\n(    \"\"\")?", text, re.MULTILINE)
    assert len(fields) > 30
    assert [name for name, docstring in fields if not docstring] == []
