"""Versions told by the names of folders are those that the packages themselves give."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import pytest

from curator import installed
from curator.fingerprint import PACKAGES
from curator.installed import version


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    installed._described.cache_clear()


@pytest.mark.parametrize("package", [*PACKAGES, "Markdown.It_Py", "NumPy"])
def test_a_version_is_the_one_that_the_package_gives(package: str) -> None:
    assert version(package) == importlib.metadata.version(package)


def test_everything_installed_has_the_version_it_gives() -> None:
    found = {str(d.metadata["Name"]) for d in importlib.metadata.distributions()}
    assert len(found) > len(PACKAGES)
    for package in sorted(found):
        assert version(package) == importlib.metadata.version(package), package


def test_of_two_places_the_first_on_the_path_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in ("2.0+local", "1.0"):
        (tmp_path / number / f"some_thing-{number}.dist-info").mkdir(parents=True)
        monkeypatch.syspath_prepend(str(tmp_path / number))
    assert version("Some.Thing") == "1.0"
    monkeypatch.setattr(sys, "path", [str(tmp_path / "absent"), str(tmp_path / "2.0+local")])
    installed._described.cache_clear()
    assert version("some-thing") == "2.0+local"


def test_what_was_installed_some_older_way_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old_one.egg-info").mkdir()
    note = tmp_path / "old_one.egg-info" / "PKG-INFO"
    note.write_text("Metadata-Version: 1.0\nName: old-one\nVersion: 0.3\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert version("old-one") == "0.3"


def test_what_is_not_installed_is_an_error() -> None:
    with pytest.raises(ModuleNotFoundError, match="no-such-package"):
        version("no-such-package")
