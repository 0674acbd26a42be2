"""CPU = GPU on a real device; without one these tests are skipped, saying so."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from tests.documents import TEXTS
from tests.gpu.equality import CHECKS, FIXED, long_documents


@pytest.fixture(scope="module")
def cupy() -> Any:
    if find_spec("cupy") is None:
        pytest.skip("CuPy is not installed: nothing is run on a GPU")
    found = import_module("cupy")
    if not found.is_available():
        pytest.skip("CuPy finds no GPU: nothing is run on one")
    return found


@pytest.mark.parametrize("name", CHECKS)
def test_bodies_agree_on_the_device(name: str, cupy: Any) -> None:
    for texts in ([*FIXED, *TEXTS], [], [""], ["", "", ""], long_documents()):
        CHECKS[name](texts, cupy.asarray)
