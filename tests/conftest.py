"""Fixtures every room uses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# Any example may be the one that compiles a kernel, for seconds.
settings.register_profile("curator", deadline=None)
settings.load_profile("curator")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Folder of real corpora; tests that need it skip aloud where it is absent."""
    folder = Path(os.environ.get("CURATOR_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "MANIFEST.json").is_file():
        pytest.skip(f"real corpora are not at {folder}; set CURATOR_DATA to their folder")
    return folder
