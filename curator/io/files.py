"""Which files an input means: folders, globs, fsspec URLs and lists of these."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from curator.errors import DataError, RecipeError
from curator.io.file_names import MAGIC, Match, has_extension, unreadable


@dataclass(frozen=True)
class InputFile:
    """One input file and what tells whether it changed."""

    path: str
    """Local path or fsspec URL to open."""
    file: str
    """Name shown to people: relative to the input's root, "/" separators, unique in the input."""
    size: int
    """Bytes on the disk or the store (compressed, where the file is)."""
    modified: str
    """Modification time in ns, or the store's etag: changes when the file does."""


def as_inputs(input: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Return one input or a list of inputs as a tuple of strings; ``RecipeError`` when empty."""
    given = [input] if isinstance(input, (str, os.PathLike)) else input
    inputs = tuple(os.fspath(item) for item in given)
    if not inputs or not all(inputs):
        raise RecipeError("input names no file; give a file, a folder, a glob, a URL or a list")
    return inputs


def find_files(inputs: Sequence[str], extensions: Sequence[str]) -> tuple[InputFile, ...]:
    """Return the files that ``inputs`` mean, sorted by their name ``file``.

    A folder means every file under it, at any depth, whose name ends in one of ``extensions``
    (such as ``.jsonl``) or one of these and a compression suffix. A glob (``*``, ``?``, ``[..]``,
    ``**`` for any depth) means what it matches; where its last part ends in ``*``, only files
    with a known extension. A file that is named is taken as it is. Names that begin with a dot
    are skipped unless they are spelled out. Links to folders are followed, each folder once. A
    file reached twice is read once, under its longest name; two files of one name take as many
    parent folders into their names as set them apart.

    Raises ``DataError``, with the mend, for an input that does not exist or means no file, and
    for a file or folder that cannot be read.
    """
    found: dict[str, tuple[str, int, str]] = {}
    for pattern in inputs:
        matches = list(_expand(pattern, extensions))
        if not matches:
            raise DataError(
                f"{pattern}: no file with extension {', '.join(extensions)} (plain, .gz, .zst or "
                ".bz2) is here; check the path, or name the files themselves"
            )
        for path, name, size, modified in matches:
            known = found.get(path)
            # the longest name, then the smallest: does not depend on the order of the inputs
            if known is None or (-len(name), name) < (-len(known[0]), known[0]):
                found[path] = (name, size, modified)
    names = _unique_names({path: name for path, (name, _, _) in found.items()})
    files = [
        InputFile(path, names[path], size, modified) for path, (_, size, modified) in found.items()
    ]
    return tuple(sorted(files, key=lambda file: file.file))


def open_file(path: str) -> BinaryIO:
    """Open a local path or an fsspec URL for reading; ``DataError`` naming it when it cannot be."""
    try:
        if "://" not in path:
            return open(path, "rb")
        from curator.io.remote import open_url

        return open_url(path)
    except (OSError, ImportError) as error:
        raise unreadable(path, error) from error


def _expand(pattern: str, extensions: Sequence[str]) -> Iterator[Match]:
    if pattern.startswith("file://"):
        pattern = pattern.removeprefix("file://")
    if "://" in pattern:
        from curator.io.remote import expand_url

        yield from expand_url(pattern, extensions)
        return
    path = Path(pattern).expanduser()
    if not os.path.lexists(path):
        if not MAGIC & set(pattern):
            raise DataError(f"{pattern}: no such file or folder; check the path")
        parts = path.parts
        literal = next(i for i, part in enumerate(parts) if MAGIC & set(part))
        root, wanted = Path(*parts[:literal]), list(parts[literal:])
        known_only = wanted[-1].endswith("*")
        if not root.is_dir():
            raise DataError(f"{pattern}: the folder {root} does not exist; check the path")
    elif not path.is_dir():
        yield _local(path, path.name)
        return
    else:
        root, wanted, known_only = path, ["**", "*"], True
    for match in _walk(root, wanted):
        if not known_only or has_extension(match.name, extensions):
            yield _local(match, match.relative_to(root).as_posix())


def _local(path: Path, name: str) -> Match:
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable(str(path), error) from error
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path}: is not a regular file; name files, folders or globs")
    # undecodable bytes in a file name would not be text in the `file` column
    name = os.fsencode(name).decode("utf-8", "backslashreplace")
    return os.path.realpath(path), name, status.st_size, str(status.st_mtime_ns)


def _walk(root: Path, pattern: list[str]) -> Iterator[Path]:
    """Yield what ``pattern`` (path parts, ``**`` for any depth) matches under ``root``.

    A folder is entered once for each place in the pattern, so that links that form loops end;
    links are entered last, so that a file is found under its real name first.
    """
    seen: set[tuple[int, int, int]] = set()
    waiting, links = [(root, 0)], list[tuple[Path, int]]()
    while waiting or links:
        folder, place = waiting.pop() if waiting else links.pop(0)
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino, place) in seen:
                continue
            seen.add((status.st_dev, status.st_ino, place))
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            raise unreadable(str(folder), error) from error
        part, last = pattern[place], place + 1 == len(pattern)
        if part == "**":
            waiting.append((folder, place + 1)) if not last else None
        for entry in entries:
            if entry.name.startswith(".") and not part.startswith("."):
                continue
            if part != "**" and not fnmatch.fnmatchcase(entry.name, part):
                continue
            if _is_folder(entry):
                target = (Path(entry.path), place if part == "**" else place + 1)
                if part == "**" or not last:
                    (links if entry.is_symlink() else waiting).append(target)
            elif last:
                yield Path(entry.path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether the entry, or what it links to, is a folder; a link to itself is not."""
    try:
        return entry.is_dir()
    except OSError:  # the file is named in an error where it is opened
        return False


def _unique_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return ``path -> name`` with names made unique by parent folders of the path."""
    result = dict(names)
    while True:
        counts = Counter(result.values())
        longer = {
            path: _with_one_more_parent(path, name)
            for path, name in result.items()
            if counts[name] > 1
        }
        if not longer:
            return result
        if all(result[path] == name for path, name in longer.items()):
            raise DataError(f"{min(longer)}: another file has this name; rename one of them")
        result.update(longer)


def _with_one_more_parent(path: str, name: str) -> str:
    """Return the end of ``path`` that has one part more than ``name``; at last all of it."""
    whole = os.fsencode(path).decode("utf-8", "backslashreplace")
    parts = PurePosixPath(whole).parts
    wanted = len(PurePosixPath(name).parts) + 1
    return "/".join(parts[-wanted:]) if wanted < len(parts) else whole
