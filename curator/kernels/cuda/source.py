"""The CUDA C++ sources as text, ready for a compiler; nothing here needs a GPU or CuPy."""

from __future__ import annotations

import re
from pathlib import Path

KERNELS = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^#include "([^"]+)"$', re.MULTILINE)
OPTIONS = ("--std=c++17", "--fmad=false")
"""Options of every compilation. A product and a sum are never fused: the host does not fuse."""


def kernels() -> list[str]:
    """Return the names of the kernels that have a GPU body, sorted."""
    return sorted(path.parent.name for path in KERNELS.glob("*/gpu.cu"))


def source(kernel: str) -> str:
    """Return ``gpu.cu`` of a kernel with the files it includes put in their places.

    One self-contained text, so a compiler's cache can never miss a change of an included file. The
    compiler's messages name the files and their own lines.
    """
    return _joined(KERNELS / kernel / "gpu.cu")


def _joined(path: Path) -> str:
    text = path.read_text("utf-8")
    name = path.relative_to(KERNELS).as_posix()

    def included(found: re.Match[str]) -> str:
        following = text.count("\n", 0, found.end()) + 2
        inner = _joined((path.parent / found[1]).resolve())
        return f'{inner}\n#line {following} "{name}"'

    return f'#line 1 "{name}"\n{INCLUDE.sub(included, text)}'
