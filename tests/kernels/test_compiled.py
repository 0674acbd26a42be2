"""Kernels that were compiled once are loaded alone, and compute what they would compute anew."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

KERNEL = '''
from curator.kernels.compiled import njit


@njit(cache=True, nogil=True, inline="always")
def squared(x):
    return x * x


@njit(cache=True, nogil=True)
def running(values):
    """Makes an array of its own, so that Numba's memory is in use, too."""
    result = values.copy()
    total = squared(values[0])
    result[0] = total
    for i in range(1, len(values)):
        total += squared(values[i])
        result[i] = total
    return result
'''

USE = """
import sys
import numpy as np
from kernel import running

print(running(np.array([1, 2, 3])).tolist(), sum(running.stats.cache_hits.values()))
print("numba.np.arraymath" in sys.modules, "scipy.linalg" in sys.modules)
print(running(np.array([0.5, 0.5])).tolist())
"""


def output(folder: Path, code: str, **environment: str) -> list[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={**own, **environment},
    )
    return done.stdout.splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kernel.py").write_text(KERNEL, "utf-8")
    return tmp_path


def test_compiled_code_is_loaded_without_what_compiles_and_other_types_still_compile(
    folder: Path,
) -> None:
    assert output(folder, USE) == ["[1, 5, 14] 0", "True True", "[0.25, 0.5]"]
    compiled_only_for_integers = USE.rsplit("print(running", 1)[0]
    assert output(folder, compiled_only_for_integers) == ["[1, 5, 14] 1", "False False"]
    for kept in (folder / "__pycache__").glob("*running*.2.nbc"):  # that of floats
        kept.unlink()
    assert output(folder, USE) == ["[1, 5, 14] 1", "False False", "[0.25, 0.5]"]


def test_an_edited_kernel_is_compiled_anew(folder: Path) -> None:
    output(folder, USE)
    (folder / "kernel.py").write_text(KERNEL.replace("x * x", "x * x * x"), "utf-8")
    assert output(folder, USE)[0] == "[1, 9, 36] 0"


def test_without_compiling_a_kernel_is_a_plain_function(folder: Path) -> None:
    code = "import numpy as np; from kernel import running; print(running(np.array([2, 3])))"
    assert output(folder, code, NUMBA_DISABLE_JIT="1") == ["[ 4 13]"]


BRANCHES = """
import sys
import numba
import numpy as np
from curator.kernels.compiled import njit


@njit(cache=True, nogil=True)
def steps(n):
    if n < 0:
        raise ValueError("fewer than no steps")
    found = np.zeros(n, np.int64)
    for i in range(n):
        found[i] = i * i
    return found


def outcome(n):
    try:
        return steps(n).tolist()
    except ValueError as error:
        return str(error)


def run():
    print(outcome(3), outcome(-1), sum(steps.stats.cache_hits.values()))
    print("numba.np.arrayobj" in sys.modules, "numba.cpython.unicode" in sys.modules)
"""


def test_loaded_code_makes_arrays_and_fails_as_it_should_without_the_modules_it_came_from(
    tmp_path: Path,
) -> None:
    (tmp_path / "branches.py").write_text(BRANCHES, "utf-8")
    use = "from branches import run; run()"
    assert output(tmp_path, use)[0] == "[0, 1, 4] fewer than no steps 0"
    assert output(tmp_path, use) == ["[0, 1, 4] fewer than no steps 1", "False False"]


def test_loaded_code_can_become_part_of_a_kernel_that_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "branches.py").write_text(BRANCHES, "utf-8")
    output(tmp_path, "from branches import run; run()")
    use = """
from branches import njit, outcome, steps

print(outcome(3), sum(steps.stats.cache_hits.values()))


@njit()
def doubled(n):
    return 2 * steps(n)


print(doubled(4).tolist())
try:
    doubled(-1)
except ValueError as error:
    print(error)
print(outcome(2))
"""
    expected = ["[0, 1, 4] 1", "[0, 2, 8, 18]", "fewer than no steps", "[0, 1]"]
    assert output(tmp_path, use) == expected


def test_the_runtime_is_compiled_once_and_kernels_compiled_later_use_it(folder: Path) -> None:
    kept = {"NUMBA_CACHE_DIR": str(folder / "kept")}
    assert output(folder, USE, **kept) == ["[1, 5, 14] 0", "True True", "[0.25, 0.5]"]
    refused = "from numba.core.runtime import nrtdynmod; nrtdynmod.create_nrt_module = None"
    (floats,) = (folder / "kept").glob("*/*running*.2.nbc")
    floats.unlink()
    found = output(folder, refused + USE, **kept)
    assert found == ["[1, 5, 14] 1", "False False", "[0.25, 0.5]"]


def test_parts_of_kernels_look_for_no_cache_of_their_own(folder: Path) -> None:
    code = "import kernel; print('_function' in vars(kernel.squared._cache))"
    assert output(folder, code) == ["True"]
    assert output(folder, USE + "import kernel\n" + code)[-1] == "True"
