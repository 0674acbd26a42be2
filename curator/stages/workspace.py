"""Where global stages and checkpoints put their work, and on what they run it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curator.batch import Tally
from curator.cluster import current_client


@dataclass(frozen=True)
class Workspace:
    """Where global stages put their work, and on what they run it."""

    folder: Path
    """Work folder; finished pieces in it are reused after a restart."""
    client: Any | None = None
    """A ``distributed.Client``, or ``None`` for this process."""
    strict: bool = False
    """Whether a row that fails stops the run instead of going to the ledger."""
    on_part: Callable[[str, dict[str, Any]], None] | None = None
    """Called with a step's name and a finished part's record; for progress."""
    on_step: Callable[[list[Tally]], None] | None = None
    """Called with the tallies of a checkpoint or global stage once it is complete."""


def temporary_workspace(cache_folder: str | Path | None = None) -> Workspace:
    """Return a workspace for use outside a run: the given folder, or one removed at exit.

    Dask's current client is used where there is one.
    """
    if cache_folder is None:
        folder = Path(tempfile.mkdtemp(prefix="curator-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    else:
        folder = Path(cache_folder)
    return Workspace(folder, current_client())
