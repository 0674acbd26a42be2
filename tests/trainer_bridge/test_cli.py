"""The command: quick help, one clear line on errors, and a status that says so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from tests.conftest import REPOSITORY
from trainer_bridge.cli import main


def test_help_does_not_load_torch() -> None:
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from trainer_bridge.cli import main\n"
        "assert CliRunner().invoke(main, ['train', '--help']).exit_code == 0\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_errors_are_one_line_and_a_status(tmp_path: Path) -> None:
    cases = [
        (["train", tmp_path], 1, "manifest.json: no manifest"),
        (["train", tmp_path, "--set", "model.sed=1"], 2, "did you mean 'seed'?"),
        (["evaluate", tmp_path], 1, "holds no checkpoint; name the folder that"),
        (["export", tmp_path, tmp_path / "out"], 1, "holds no checkpoint"),
    ]
    for arguments, status, message in cases:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        assert result.exit_code == status
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1
        assert message in result.stderr


def test_evaluate_prints_json_and_export_its_files(trained: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["evaluate", str(trained), "--samples", "1"])
    assert result.exit_code == 0
    measures = json.loads(result.stdout)
    assert measures["step"] == 8
    assert len(measures["samples"]) == 1
    result = CliRunner().invoke(main, ["export", str(trained), str(tmp_path / "out")])
    assert result.stdout.splitlines()[-1] == str(tmp_path / "out" / "config.json")


def test_the_printed_configuration_is_one_to_read() -> None:
    result = CliRunner().invoke(main, ["config", "--set", "model.seed=9"])
    assert result.exit_code == 0
    assert "seed: 9\n" in result.stdout
