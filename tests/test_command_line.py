"""What all commands share."""

from __future__ import annotations

import gc
import logging
from pathlib import Path

import pytest
from click.testing import CliRunner

from curator.cli import main
from curator.command_line import notices_shown


def test_a_command_leaves_the_collector_of_dead_objects_as_it_was(tmp_path: Path) -> None:
    before = gc.get_threshold()
    for folder in (tmp_path, tmp_path / "absent"):
        done = CliRunner().invoke(main, ["verify", str(folder)])
        assert done.exit_code == 1
        assert gc.get_threshold() == before
    assert gc.isenabled()


def test_what_is_noted_by_the_way_is_said_once_unless_quiet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    level = logging.getLogger("curator").level
    for quiet in (False, True):
        with notices_shown(quiet):
            for name in ("curator.kernels", "curator.cluster", "elsewhere"):
                logging.getLogger(name).info("compiling")
        logging.getLogger("curator.kernels").info("later")
        assert capsys.readouterr().err == ("" if quiet else "curator: compiling\n")
    assert logging.getLogger("curator").level == level
    assert not logging.getLogger("curator").handlers
