"""Names that load on first use are there as if they were imported."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

PACKAGES = ["curator.acquire", "curator.dedup", "curator.io", "curator.stages"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_is_what_its_home_defines(package: str) -> None:
    module = importlib.import_module(package)
    assert sorted(module._HOMES) == sorted(module.__all__)
    for name, home in module._HOMES.items():
        found = getattr(module, name)
        assert found is vars(importlib.import_module(home))[name]
        assert found.__name__ == name
        assert found.__module__.startswith(f"{package}.")
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("package", PACKAGES)
def test_another_name_is_refused(package: str) -> None:
    module = importlib.import_module(package)
    assert not hasattr(module, "absent")
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'absent'"):
        module.absent
    with pytest.raises(ImportError):
        exec(f"from {package} import absent")


def test_a_recipe_over_files_loads_no_other_reader() -> None:
    code = """
import sys
from curator.recipe import shelf_names
assert "WarcReader" in shelf_names("readers")
print(sorted(name for name in sys.modules if name.startswith("curator.acquire.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
