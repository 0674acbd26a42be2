"""Kernels that were compiled once run without Numba, and compute what they would compute anew."""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from curator.kernels import loaded
from curator.kernels.compiled import NOTICE
from curator.kernels.kept import read_whole, write_whole
from curator.kernels.loaded import Kept, is_tried

pytestmark = pytest.mark.skipif(not is_tried(), reason="this Numba itself keeps what it compiles")

PARTS = '''
from curator.kernels.compiled import intrinsic, njit
from curator.kernels.vectors import types

POWER = 2


@njit(cache=True, nogil=True, inline="always")
def squared(x):
    return x**POWER


@intrinsic
def doubled(typing, x):
    """Return a number twice."""

    def build(context, builder, _, values):
        return builder.add(values[0], values[0])

    return types.int64(types.int64), build
'''

KERNEL = '''
import numpy as np
from curator.kernels.compiled import njit
from parts import doubled, squared


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


@njit(cache=True, nogil=True)
def steps(n):
    if n < 0:
        raise ValueError("fewer than no steps")
    found = np.zeros(n, np.int64)
    for i in range(n):
        found[i] = doubled(i)
    return found, np.log10(n + 1)


@njit(cache=True, nogil=True)
def halved(x):
    return x // 2
'''

USE = """
import sys
import numpy as np
from kernel import halved, running, steps

print(running(np.array([1, 2, 3])).tolist(), "numba" in sys.modules)
"""
COMPILED, LOADED = "[1, 5, 14] True", "[1, 5, 14] False"
FLOATS = "print(running(np.array([0.5, 0.5])).tolist(), 'numba' in sys.modules)\n"


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
    assert not done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parts.py").write_text(PARTS, "utf-8")
    (tmp_path / "kernel.py").write_text(KERNEL, "utf-8")
    before = time.time() - 10  # Python tells an edit of one size by the second
    for path in tmp_path.iterdir():
        os.utime(path, (before, before))
    return tmp_path


def kept(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.code"))


def test_compiled_code_runs_without_numba_and_other_types_still_compile(folder: Path) -> None:
    assert output(folder, USE) == [COMPILED]
    assert output(folder, USE) == [LOADED]
    assert output(folder, USE + FLOATS) == [LOADED, "[0.25, 0.5] True"]
    assert output(folder, USE + FLOATS) == [LOADED, "[0.25, 0.5] False"]
    assert len(kept(folder)) == 2


def test_a_process_says_once_that_it_compiles(folder: Path) -> None:
    loud = "import logging, sys; logging.basicConfig(level='INFO', stream=sys.stdout); "
    use = loud + "from kernel import *; halved(3); steps(3); halved(2.5)"
    (said,) = output(folder, use)
    assert NOTICE in said
    assert output(folder, use) == []


def test_loaded_code_makes_arrays_and_fails_as_it_should(folder: Path) -> None:
    use = """
import sys
from kernel import steps

found, size = steps(3)
print(found.tolist(), round(size, 3), "numba" in sys.modules)
try:
    steps(-1)
except ValueError as error:
    print(error)
del found
print(steps(2)[0].tolist())
"""
    rest = ["fewer than no steps", "[0, 2]"]
    assert output(folder, use) == ["[0, 2, 4] 0.602 True", *rest]
    assert output(folder, use) == ["[0, 2, 4] 0.602 False", *rest]


def test_loaded_code_can_become_part_of_a_kernel_that_is_compiled(folder: Path) -> None:
    output(folder, "from kernel import steps; steps(3)")
    use = """
import sys
from kernel import steps
from curator.kernels.compiled import njit

print(steps(3)[0].tolist(), "numba" in sys.modules)
import numba


@numba.njit()
def tripled(n):
    return 3 * steps(n)[0]


print(tripled(4).tolist())
try:
    tripled(-1)
except ValueError as error:
    print(error)
print(steps(2)[0].tolist())
"""
    expected = ["[0, 2, 4] False", "[0, 6, 12, 18]", "fewer than no steps", "[0, 2]"]
    assert output(folder, use) == expected


@pytest.mark.parametrize(
    ("name", "before", "after"), [("kernel", "total +=", "total -="), ("parts", "= 2", "= 3")]
)
def test_an_edited_kernel_or_one_whose_parts_were_edited_is_compiled_anew(
    folder: Path, name: str, before: str, after: str
) -> None:
    output(folder, USE)
    path = folder / f"{name}.py"
    path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")
    (found,) = output(folder, USE)
    assert found in ("[1, -3, -12] True", "[1, 9, 36] True")
    assert output(folder, USE) == [found.replace("True", "False")]
    assert len(kept(folder)) == 1


def test_what_was_edited_while_a_process_ran_is_compiled_anew_by_the_next(folder: Path) -> None:
    edit = """
from pathlib import Path
import kernel

parts = Path("parts.py")
parts.write_text(parts.read_text().replace("= 2", "= 1 + 2"))
"""
    assert output(folder, edit + USE) == [COMPILED]  # by the parts as they were
    assert output(folder, USE) == ["[1, 9, 36] True"]
    assert output(folder, USE) == ["[1, 9, 36] False"]


def test_code_for_another_processor_or_other_settings_is_not_run(folder: Path) -> None:
    output(folder, USE)
    assert output(folder, USE, NUMBA_CPU_NAME="generic") == [COMPILED]
    assert output(folder, USE, NUMBA_CPU_NAME="generic") == [LOADED]
    (folder / ".numba_config.yaml").write_text("loop_vectorize: 0\n", "utf-8")
    assert output(folder, USE) == [COMPILED]


def test_a_damaged_file_is_compiled_anew(folder: Path) -> None:
    output(folder, USE)
    (path,) = kept(folder)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert output(folder, USE) == [COMPILED]
    assert output(folder, USE) == [LOADED]


def test_code_that_needs_what_is_not_there_is_compiled_anew(folder: Path) -> None:
    output(folder, USE)
    (path,) = kept(folder)
    whole = Kept.of(read_whole(str(path)) or b"")
    write_whole(str(path), whole._replace(name="absent").content)
    own = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    output(folder, "from kernel import steps; steps(2)")
    done = subprocess.run(
        [sys.executable, "-c", USE + "print(len(steps(2)[0]))"],
        capture_output=True,
        text=True,
        cwd=folder,
        env=own,
    )
    assert done.stdout.splitlines() == [COMPILED, "2"]


def test_code_is_kept_where_asked_for_or_among_the_users_caches_or_not_at_all(
    folder: Path,
) -> None:
    asked = {"NUMBA_CACHE_DIR": str(folder / "asked")}
    assert output(folder, USE, **asked) == [COMPILED]
    assert output(folder, USE, **asked) == [LOADED]
    assert not list((folder / "__pycache__").glob("*.code"))
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)
    (folder / "__pycache__").write_text("in the way", "utf-8")
    users = {"XDG_CACHE_HOME": str(folder / "user")}
    assert output(folder, USE, **users) == [COMPILED]
    assert output(folder, USE, **users) == [LOADED]
    nowhere = {"XDG_CACHE_HOME": str(folder / "__pycache__")}
    assert output(folder, USE, **nowhere) == [COMPILED]
    assert output(folder, USE, **nowhere) == [COMPILED]


def test_each_kind_of_argument_has_code_of_its_own(folder: Path) -> None:
    use = """
import sys
import numpy as np
from kernel import halved, running

values = np.arange(1, 9).reshape(2, 4)[0, ::2]
fixed = np.array([1, 2, 3])
fixed.flags.writeable = False
print(running(values).tolist(), running(fixed).tolist(), "numba" in sys.modules)
numbers = [halved(x) for x in (7, np.int64(7), np.uint64(9), -7, 2.5, np.uint8(7), True)]
print(numbers, "numba" in sys.modules)
"""
    large = "print(halved(2**64 - 2)); print(halved(7))"  # the first one is as Numba has it
    assert output(folder, "from kernel import halved\n" + large)[1] == "3"
    expected = ["[1, 10] [1, 5, 14] {0}", "[3, 3, 4, -4, 1.0, 3, 0] {0}"]
    assert output(folder, use) == [line.format(True) for line in expected]
    assert output(folder, use) == [line.format(False) for line in expected]


def test_arguments_may_be_in_tuples_named_or_not(folder: Path) -> None:
    use = """
import sys
import numpy as np
from pairs import Pair, Turned, difference

one, two = np.array([5, 2]), np.array([1, 1])
pairs = Pair(one, two), Turned(one, two), (one, two), Pair(one, two.astype(np.uint8))
print([difference(pair, 10).tolist() for pair in pairs], "numba" in sys.modules)
"""
    kernel = """
from typing import Any, NamedTuple
from curator.kernels.compiled import njit


class Pair(NamedTuple):
    first: Any
    second: Any


class Turned(NamedTuple):
    second: Any
    first: Any


@njit(cache=True)
def difference(pair, times):
    first, second = pair
    return (first - second) * times
"""
    (folder / "pairs.py").write_text(kernel, "utf-8")
    found = "[[40, 10], [40, 10], [40, 10], [40, 10]]"
    assert output(folder, use) == [f"{found} True"]
    assert output(folder, use) == [f"{found} False"]
    assert len(kept(folder)) == 4
    by_name = kernel.replace("first, second = pair", "first, second = pair.first, pair.second")
    (folder / "pairs.py").write_text(by_name, "utf-8")
    use = use.replace(" (one, two),", "")
    found = "[[40, 10], [-40, -10], [40, 10]]"
    assert output(folder, use) == [f"{found} True"]
    assert output(folder, use) == [f"{found} False"]


def test_an_argument_only_numba_knows_is_left_to_it(folder: Path) -> None:
    use = """
from kernel import running

try:
    running("text")
except Exception as error:
    print(type(error).__name__)
"""
    assert output(folder, use) == ["TypingError"]
    assert kept(folder) == []


def test_without_compiling_a_kernel_is_a_plain_function(folder: Path) -> None:
    code = "import numpy as np; from kernel import running; print(running(np.array([2, 3])))"
    assert output(folder, code, NUMBA_DISABLE_JIT="1") == ["[ 4 13]"]
    assert kept(folder) == []


def test_with_a_numba_that_was_not_tried_numba_keeps_the_code(folder: Path) -> None:
    untried = "from curator.kernels import loaded; loaded.TRIED = ()\n"
    hits = "print(sum(running.stats.cache_hits.values()))\n"
    assert output(folder, untried + USE + hits) == [COMPILED, "0"]
    assert output(folder, untried + USE + hits) == [COMPILED, "1"]
    assert kept(folder) == []


def test_a_kernel_is_sent_to_other_processes_by_its_name(folder: Path) -> None:
    use = """
import copy, pickle
import numpy as np
from kernel import running

print(pickle.loads(pickle.dumps(running)) is running, copy.deepcopy(running) is running)
"""
    assert output(folder, use) == ["True True"]


def test_one_thread_may_compile_what_calls_a_kernel_while_another_compiles_the_kernel(
    folder: Path,
) -> None:
    use = """
import threading
import numba
import numpy as np
from kernel import running, steps


@numba.njit()
def both(n):
    return steps(n)[0].sum() + running(np.arange(1, 4))[-1]


def parts():
    running(np.arange(1, 4))
    steps(3)


threads = [threading.Thread(target=target) for target in (lambda: both(3), parts) * 2]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(both(3))
"""
    assert output(folder, use) == ["20"]


def test_many_threads_may_be_the_first_to_call_a_kernel(folder: Path) -> None:
    use = """
import sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from kernel import running, steps

def both(n):
    return running(np.arange(1, n + 2))[-1], len(steps(n)[0])


with ThreadPoolExecutor(8) as pool:
    found = list(pool.map(both, range(64)))
expected = [((n + 1) * (n + 2) * (2 * n + 3) // 6, n) for n in range(64)]
print(found == expected, "numba" in sys.modules)
"""
    assert output(folder, use) == ["True True"]
    assert output(folder, use) == ["True False"]


class Rubbish:
    """In a circle, so that it is found later, whatever is being done then, and runs code."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        for _ in range(10):  # the interpreter lets another thread in
            pass


def test_threads_may_look_up_sources_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that parsed at once raised ``SystemError`` where they took turns."""
    importlib.import_module("curator.kernels.signing.cpu")
    alone = loaded._sources("curator.kernels.signing.cpu")
    assert len(alone) > 10
    monkeypatch.setattr(loaded, "_imported_by", loaded._imported_by.__wrapped__)  # parses each time

    def look_up(_: int) -> list[str]:
        for _ in range(200):
            Rubbish()
        return loaded._sources("curator.kernels.signing.cpu")

    before, threshold = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(100)
    try:
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(look_up, range(16)))
    finally:
        sys.setswitchinterval(before)
        gc.set_threshold(*threshold)
    assert found == [alone] * 16
