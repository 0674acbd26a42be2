"""One small run and one training of it for all tests that only read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trainer_bridge.small_run import SMALL, build_run
from trainer_bridge.config_file import load_config
from trainer_bridge.train import train


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run folder; tests must not write into it."""
    return build_run(tmp_path_factory.mktemp("small") / "run")


@pytest.fixture(scope="session")
def trained(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training of the run; tests must not write into it."""
    folder = tmp_path_factory.mktemp("trained") / "training"
    train(run, load_config(None, SMALL), folder, say=lambda line: None)
    return folder
