"""benchmarks/gpu_check.sh says what it lacks before it does anything."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


@pytest.mark.skipif(find_spec("cupy") is not None, reason="CuPy is here: nothing would be missing")
def test_without_cupy_the_check_says_so_and_ends_with_3(tmp_path: Path) -> None:
    result = tmp_path / "gpu.json"
    done = subprocess.run(
        ["bash", str(REPOSITORY / "benchmarks" / "gpu_check.sh"), str(result), "--dry-run"],
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()) == (
        3,
        ["missing: the Python package cupy", "nothing was run on a GPU"],
    ), done.stderr
    assert not result.exists()
