"""Two pieces of work that could give two results have two names."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curator.errors import RecipeError
from curator.filters import WordCountFilter
from curator.fingerprint import describe, fingerprint

LIMIT = 3


def above(limit: int) -> Any:
    return lambda text: len(text) > limit


def by_global(text: str) -> bool:
    return len(text) > LIMIT


class Holder:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Base:
    def rule(self) -> int:
        return 1


DIFFERENT = {
    "closures": (above(1), above(2)),
    "bound methods": (
        WordCountFilter(min_words=1).keep_document,
        WordCountFilter(min_words=15).keep_document,
    ),
    "default arguments": (lambda x, n=1: x > n, lambda x, n=2: x > n),
    "patterns": (re.compile("a"), re.compile("a", re.I)),
    "arrays": (np.arange(3), np.arange(3.0)),
    "bytes": (b"a", b"b"),
    "slots": (Holder(1), Holder(2)),
    "partials": (partial(max, 1), partial(max, 2)),
    "sets and lists": ({1, 2}, [1, 2]),
    "classes with other base classes": (
        type("Mine", (Base,), {}),
        type("Mine", (type("Base", (), {"rule": lambda self: 2}),), {}),
    ),
    "text and numbers": ("1", 1),
}


@pytest.mark.parametrize("kind", DIFFERENT)
def test_what_differs_has_another_name(kind: str) -> None:
    left, right = DIFFERENT[kind]
    assert fingerprint(left) != fingerprint(right)
    assert fingerprint(left) == fingerprint(left)


def test_a_changed_module_constant_changes_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(by_global)
    monkeypatch.setattr(sys.modules[__name__], "LIMIT", 4)
    assert fingerprint(by_global) != before


def test_an_object_that_holds_itself_has_a_name() -> None:
    holder = Holder(None)
    holder.value = [holder]
    assert fingerprint(holder) == fingerprint(holder)


def test_an_object_without_visible_state_is_refused() -> None:
    with pytest.raises(RecipeError, match="its state cannot be seen"):
        describe(number for number in range(3))


def test_names_are_the_same_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import re\nWORDS = {'係', '唔', 'ora'}\nclass Keep:\n"
        "    pattern = re.compile('a')\n"
        "    def keep_document(self, score):\n        return score in WORDS\n"
    )
    code = (
        "import mine; from curator.fingerprint import fingerprint; "
        "print(fingerprint(mine.Keep(), {'b', 'a', 'c'}))"
    )
    names = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent.parent)},
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(names) == 1
