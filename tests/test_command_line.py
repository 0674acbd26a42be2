"""What all commands share."""

from __future__ import annotations

import gc
from pathlib import Path

from click.testing import CliRunner

from curator.cli import main


def test_a_command_leaves_the_collector_of_dead_objects_as_it_was(tmp_path: Path) -> None:
    before = gc.get_threshold()
    for folder in (tmp_path, tmp_path / "absent"):
        done = CliRunner().invoke(main, ["verify", str(folder)])
        assert done.exit_code == 1
        assert gc.get_threshold() == before
    assert gc.isenabled()
