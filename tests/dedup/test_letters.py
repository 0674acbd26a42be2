"""Letters that tell two languages apart, and those put for one another, are those of the packs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from curator.dedup.copies import letters as module
from curator.dedup.copies.letters import BOUND, interchanged, letter_classes
from curator.kernels.alignment.exchanges import NEIGHBOUR, OWN


def points(text: str) -> np.ndarray:
    return np.array([*map(ord, text)], np.int64)


@pytest.fixture(params=["kept", "built"])
def _found(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if request.param == "built":
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    module._letters.cache_clear()


@pytest.mark.usefixtures("_found")
def test_letters_of_a_language_and_of_its_neighbours_are_told() -> None:
    classes = letter_classes()
    assert classes.shape == (BOUND,)
    assert classes[points("嘅咗喺哋冇")].tolist() == [OWN] * 5
    assert classes[points("的了")].tolist() == [NEIGHBOUR] * 2
    # 係 is 系 in keys, which both languages write; Latin letters and marks belong to words.
    assert not classes[points("係系aésिंꦫ")].any()


@pytest.mark.usefixtures("_found")
def test_letters_that_writers_interchange_are_known_both_ways() -> None:
    ones, others = points("嘅既嘅嘅a"), points("既嘅的aé")
    assert interchanged(ones, others).tolist() == [True, True, False, False, False]
    assert interchanged(np.zeros(2, np.int64), points("既嘅")).tolist() == [False, False]
    assert interchanged(np.zeros(0, np.int64), np.zeros(0, np.int64)).tolist() == []


def test_what_is_kept_is_what_the_packs_say() -> None:
    module._letters.cache_clear()
    kept, built = module._letters(), module._build()
    places, kinds, ones, others = built
    assert np.array_equal(np.flatnonzero(kept[0]), places)
    assert np.array_equal(kept[0][places], kinds)
    assert len(kept[1]) == len(ones) > 0
    assert interchanged(ones.astype(np.int64), others.astype(np.int64)).all()


def test_the_key_is_made_of_the_packs_and_what_reads_them() -> None:
    names = [path.name for path in module._sources()]
    assert all(path.is_file() for path in module._sources())
    assert {"letters.py", "language.yaml", "table.py", "exchanges.py"} <= set(names)
    assert names.count("language.yaml") >= 2
