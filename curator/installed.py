"""Versions of installed packages, told by the names of the folders that describe them.

``importlib.metadata`` reads the same out of these folders. It imports parsers of mail and of
archives for that, and took 16 ms of every start of a process.
"""

from __future__ import annotations

import functools
import os
import re
import sys

ENDING = ".dist-info"


def version(package: str) -> str:
    """Return the version of an installed package, named as for pip: "markdown-it-py".

    Raises ``ModuleNotFoundError`` where there is none.
    """
    found = _described().get(_normal(package))
    if found is None:  # installed some older way, or out of an archive, or not at all
        import importlib.metadata

        found = importlib.metadata.version(package)
    return found


@functools.cache
def _described() -> dict[str, str]:
    """Return the versions by normal names; of two folders the first on Python's path counts.

    Source: "Recording installed projects" of the Python packaging specifications.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            names = os.listdir(folder or os.curdir)
        except OSError:  # an archive, or a place that is not there
            continue
        for name in names:
            if name.endswith(ENDING):
                package, _, number = name.removesuffix(ENDING).partition("-")
                found.setdefault(_normal(package), number)
    return found


def _normal(package: str) -> str:
    """Return the name in the one spelling by which names are compared."""
    return re.sub(r"[-_.]+", "_", package).lower()
