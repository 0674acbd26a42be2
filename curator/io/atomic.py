"""Files that are whole or absent: written beside their place, synced, then renamed."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from curator.errors import ResourceError

TEMPORARY_PREFIX = ".writing-"
"""Name prefix of files not yet renamed; hidden, so that no reader takes one for input."""

BUFFER_BYTES = 1 << 16
"""What is longer is written as it is. A buffer of a megabyte copied most arrays first, and held up
the other threads meanwhile."""
EARLY_BYTES = 16 << 20
"""Bytes after which the disk is given what is in an unbuffered file so far: so the syncing at the
end of 128 MB took .01 s, not .07, in which a worker does nothing."""
BEGIN_WRITING = 2
"""SYNC_FILE_RANGE_WRITE of Linux."""

MENDS = {
    errno.ENOSPC: "free some space or choose another folder",
    errno.EDQUOT: "free some of your quota or choose another folder",
    errno.EFBIG: "raise the file size limit (ulimit -f) or write smaller files",
    errno.EACCES: "make the folder writable for this user or choose another",
    errno.EPERM: "make the folder writable for this user or choose another",
    errno.EROFS: "choose a folder on a file system that can be written",
    errno.ENOENT: "make its folder first",
    errno.ENOTDIR: "a part of the path is a file; choose another folder",
    errno.EISDIR: "a folder has this name; remove it or choose another name",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}
"""What a person can do about each refusal of the operating system."""


def refuse(path: str | os.PathLike[str], error: OSError) -> NoReturn:
    """Raise ``ResourceError`` for ``error`` met while writing ``path``, with the mend."""
    what = os.strerror(error.errno) if error.errno else str(error)
    mend = MENDS.get(error.errno or 0, "check the disk and the folder's permissions")
    raise ResourceError(f"{os.fspath(path)}: cannot be written: {what}; {mend}") from error


class _TemporaryFile(io.FileIO):
    """A new file whose refused writes are errors about the path it will be renamed to.

    Converting here, and not around the caller's block, keeps errors of other files that the
    block reads as they are.
    """

    def __init__(self, temporary: Path, path: Path, early: bool) -> None:
        self._path, self._early = path, early
        self._written = self._begun = 0
        super().__init__(temporary, "x")

    def write(self, data: Any) -> int:
        """Write all of ``data``: the system may take a part at a time."""
        left = memoryview(data)
        size = len(left)
        try:
            while len(left):
                left = left[super().write(left) or 0 :]
        except OSError as error:
            refuse(self._path, error)
        self._written += size
        if self._early and self._written - self._begun >= EARLY_BYTES:
            _begin_writing(self.fileno(), self._begun, self._written - self._begun)
            self._begun = self._written
        return size


def _begin_writing(descriptor: int, start: int, size: int) -> None:
    """Ask the system to begin writing bytes of a file to the disk, and go on meanwhile.

    A hint: where it cannot be given nothing is lost, for the syncing at the end waits for all.
    """
    begin = _sync_file_range()
    if begin is not None:
        begin(
            ctypes.c_int(descriptor),
            ctypes.c_int64(start),
            ctypes.c_int64(size),
            ctypes.c_uint(BEGIN_WRITING),
        )


@functools.cache
def _sync_file_range() -> Any | None:
    """Return the function of the C library, which Python does not offer; only Linux has it."""
    return getattr(ctypes.CDLL(None), "sync_file_range", None)


class _Buffered(io.BufferedWriter):
    """Written through ``write`` alone: NumPy would write to the descriptor past the errors above.

    It asks for ``fileno`` first, and takes this refusal for a file without one.
    """

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")


@contextlib.contextmanager
def atomic_write(
    path: str | os.PathLike[str], *, durable: bool = True, buffered: bool = True
) -> Iterator[BinaryIO]:
    """Yield a binary file that becomes ``path`` when the block ends well.

    The bytes go to a hidden file in the same folder, are synced to the disk and renamed over
    ``path`` in one step: a reader sees the old file or the whole new one. When the block or a
    write fails, the hidden file is removed and ``path`` is as before; after a kill a file whose
    name starts with ``TEMPORARY_PREFIX`` may stay and can be deleted. The folder must exist.
    ``durable=False`` leaves out the syncing, for work that a killed program may use again and a
    machine without power may lose. ``buffered=False`` is for who writes a megabyte at a time.

    Raises ``ResourceError`` naming ``path`` and the mend when the system refuses (disk full, no
    permission, no such folder); errors of the block itself pass through unchanged.
    """
    path = Path(path)
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{os.urandom(8).hex()}")
    try:
        raw = _TemporaryFile(temporary, path, early=durable and not buffered)
    except OSError as error:
        refuse(path, error)
    file = _Buffered(raw, BUFFER_BYTES) if buffered else raw
    try:
        yield cast(BinaryIO, file)
        file.flush()
        try:
            if durable:
                os.fsync(raw.fileno())
            raw.close()
            os.replace(temporary, path)
            if durable:
                _sync_folder(path.parent)
        except OSError as error:
            refuse(path, error)
    finally:
        # the raw file first: closing the buffer would try to write its rest once more
        with contextlib.suppress(OSError):
            raw.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
