"""The folder of a run: held by one run at a time, and apart from the input."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from curator import manifest
from curator.errors import DataError, RecipeError, ResourceError
from curator.io.atomic import TEMPORARY_PREFIX
from curator.io.files import InputFile


def check_apart(reader: Any, files: Sequence[InputFile], run: Path) -> None:
    """Refuse a run that would write over its input, or read its output at the next start."""
    own = run.resolve()
    for file in files:
        if "://" not in file.path and Path(file.path).is_relative_to(own):
            raise RecipeError(
                f"{file.path}: lies inside the output folder {run}; choose another output"
            )
    inputs = getattr(reader, "input", ())
    for given in [inputs] if isinstance(inputs, str) else inputs:
        folder = Path(given).expanduser()
        if folder.is_dir() and own.is_relative_to(folder.resolve()):
            raise RecipeError(
                f"{run}: lies inside the input {given}; choose an output folder outside it"
            )


def check_unchanged(files: Sequence[InputFile], reader: Any) -> None:
    """Refuse to go on with documents of two versions of a file."""
    now = {file.path: file for file in reader.files()}
    for file in files:
        if now.get(file.path) != file:
            raise DataError(f"{file.path}: changed during the run; run again when it is complete")


@contextlib.contextmanager
def exclusive(run: Path) -> Iterator[None]:
    """Make the run folder and hold it: two runs in one folder would spoil each other."""
    work = run / manifest.WORK
    try:
        if run.exists() and not run.is_dir():
            raise ResourceError(f"{run}: is a file; choose another output folder")
        if run.is_dir() and any(run.iterdir()):
            known = (run / manifest.MANIFEST).exists() or work.is_dir()
            if not known:
                raise ResourceError(
                    f"{run}: holds other files and is not a run folder; "
                    "choose an empty output folder"
                )
        work.mkdir(parents=True, exist_ok=True)
        lock = open(work / "lock", "w")  # noqa: SIM115 - held for the whole run
    except OSError as error:
        raise ResourceError(
            f"{run}: cannot be written: {error.strerror}; choose another output folder"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ResourceError(
                f"{run}: another run is writing here; wait for it or choose another output"
            ) from error
        for half in run.rglob(f"{TEMPORARY_PREFIX}*"):  # of a run that was killed
            half.unlink()
        yield


def describe_input(file: InputFile) -> dict[str, Any]:
    """Return name, size and hash of an input file; a remote file has its etag instead."""
    path: str | None = file.path
    if "://" in file.path:
        from curator.io.remote import local_path

        path = local_path(file.path)
    entry: dict[str, Any] = {"file": file.file, "bytes": file.size}
    try:
        entry["sha256"] = None if path is None else manifest.file_sha256(path)
    except OSError as error:
        raise ResourceError(f"{file.path}: cannot be read: {error.strerror}") from error
    if path is None:
        entry["modified"] = file.modified
    return entry
