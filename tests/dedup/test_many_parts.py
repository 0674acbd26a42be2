"""A corpus of very many parts: few files open, small tasks, the same marks."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curator.dedup import exact, names, repeated_ids, same_keys
from curator.dedup.copies import (
    candidates,
    connected,
    finding,
    in_common,
    pair_ranges,
    prepared,
    rare_buckets,
    settling,
    standing,
)
from curator.dedup.exact import ExactDuplicates
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.dedup.repeated_ids import RepeatedIds
from curator.io.parts import Parts
from tests.dedup.corpus import cantonese, edited, javanese, small_ranges, small_tasks, write_parts

STAGES = {
    "ids": RepeatedIds(),
    "exact": ExactDuplicates(),
    "aligned": FuzzyDuplicates(),
    "jaccard": FuzzyDuplicates(jaccard=0.5),
}
WITH_FEW_FILES = """
import json, resource, sys
from pathlib import Path
from tests.dedup.test_many_parts import all_marks, copies
from tests.dedup.corpus import small_ranges, small_tasks, write_parts

texts, ids = copies(300)
parts = write_parts(Path(sys.argv[1]), texts, ids, sizes=[1] * 300)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
with small_tasks(50, 3000), small_ranges(80):
    print(json.dumps(all_marks(parts, Path(sys.argv[1]))))
"""


def copies(n: int) -> tuple[list[str], list[str]]:
    """Return texts in two languages of which most have edited or exact copies, and ids."""
    rng = np.random.default_rng(4)
    texts: list[str] = []
    while len(texts) < n:
        text = cantonese(rng, 90) if len(texts) % 2 else javanese(rng, 40)
        texts += [text, edited(rng, text, 2), text, edited(rng, text, 1), text + "。"]
    order = rng.permutation(n).tolist()
    return [texts[i] for i in order], [f"d{i - i % 40:05d}" for i in order]


def all_marks(parts: Parts, folder: Path) -> list[list[dict[str, Any]]]:
    """Return the marks of every stage, each on the parts as they are."""
    marked = [stage.mark(parts, folder / name, None) for name, stage in STAGES.items()]
    return [marks.to_pylist() for marks in marked]


def test_three_hundred_parts_and_sixty_four_open_files_give_the_marks_of_one_part(
    tmp_path: Path,
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITH_FEW_FILES, str(tmp_path / "many")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert ran.returncode == 0, ran.stderr
    texts, ids = copies(300)
    expected = all_marks(write_parts(tmp_path / "one", texts, ids), tmp_path / "one")
    assert [len(marks) > 100 for marks in expected] == [True] * 4
    assert json.loads(ran.stdout) == expected


def test_a_task_does_not_grow_with_the_number_of_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    largest: dict[str, int] = {}

    def run_tasks(function: Any, items: Any, client: Any = None) -> list[Any]:
        results = []
        for item in items:
            called = getattr(function, "func", function)
            name = f"{called.__module__}.{called.__name__}"
            size = len(pickle.dumps((function, item)))
            largest[name] = max(largest.get(name, 0), size)
            results.append(function(item))
        return results

    modules = (candidates, connected, exact, finding, names, pair_ranges, prepared, rare_buckets)
    for module in (*modules, repeated_ids, same_keys, settling, standing, in_common):
        monkeypatch.setattr(module, "run_tasks", run_tasks)
    sizes = []
    for n_parts in (30, 90):
        texts, ids = copies(n_parts)
        folder = tmp_path / f"{n_parts:02d}"
        with small_tasks(1, 1 << 20), small_ranges(9):
            all_marks(write_parts(folder, texts, ids, sizes=[1] * n_parts), folder)
        sizes.append(dict(largest))
    assert sizes[1].keys() == sizes[0].keys()
    assert len(sizes[0]) == 18
    assert sizes[1] == pytest.approx(sizes[0], abs=16)  # an integer may take a few bytes more
