"""The house keeps its shape: arrows point down, and a few things never happen."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from curator.kernels.loaded import is_tried
from tests.conftest import REPOSITORY

FLOORS = [
    ["errors", "later", "installed"],
    ["manifest", "fingerprint"],
    ["kernels", "arrow_numpy"],
    ["schema"],
    ["languages"],
    ["modifiers", "filters"],
    ["io"],
    ["cluster"],
    ["batch", "frames"],
    ["dataset"],
    ["stages"],
    ["dedup"],
    ["acquire"],
    ["vocabulary"],
    ["tokenizer"],
    ["output"],
    ["recipe_yaml"],
    ["recipe"],
    ["report"],
    ["progress"],
    ["run_folder"],
    ["run_entries"],
    ["deduplicate"],
    ["run"],
    ["plan"],
    ["command_line"],
    ["download_command"],
    ["cli"],
]
"""Ground floor first; a file imports from its own room and from floors below."""

FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
SOURCES = sorted((REPOSITORY / "curator").rglob("*.py"))
BRIDGE = sorted((REPOSITORY / "trainer_bridge").rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Full names of all that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def rooms_of(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("curator.")} & set(FLOOR_OF)


def room(path: Path) -> str:
    return path.relative_to(REPOSITORY / "curator").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_arrows_point_down(path: Path) -> None:
    own = room(path)
    if own == "__init__":
        return
    assert own in FLOOR_OF, f"give {own} a floor"
    for other in rooms_of(imports(path)) - {own}:
        assert FLOOR_OF[other] < FLOOR_OF[own], f"{path.name} imports {other} from above"


def test_kernels_know_no_frames_and_no_files() -> None:
    for path in SOURCES:
        if room(path) == "kernels":
            top = {name.split(".")[0] for name in imports(path)}
            assert not top & {"pandas", "dask", "distributed", "pyarrow", "fsspec"}, path


def test_text_rules_know_no_dask() -> None:
    for path in SOURCES:
        if room(path) in ("modifiers", "filters", "languages"):
            top = {name.split(".")[0] for name in imports(path)}
            assert not top & {"dask", "distributed"}, path


def test_device_libraries_stay_where_they_belong() -> None:
    for path in SOURCES:
        top = {name.split(".")[0] for name in imports(path)}
        if top & {"cudf", "cupy", "dask_cuda", "rmm"}:
            assert path.name in ("gpu.py", "twin.py", "cluster.py"), path


def test_the_library_does_not_know_the_trainer() -> None:
    for path in SOURCES:
        top = {name.split(".")[0] for name in imports(path)}
        assert not top & {"torch", "trainer_bridge", "transformers"}, path


def test_the_trainer_knows_the_manifest_and_the_tokens_alone() -> None:
    for path in BRIDGE:
        known = {n for n in imports(path) if n.startswith("curator.")}
        allowed = ("curator.errors", "curator.manifest", "curator.io.indexed", "curator.io")
        assert all(name.startswith(allowed) for name in known), (path, known)


def test_no_file_is_a_drawer_for_odds_and_ends() -> None:
    for path in (*SOURCES, *BRIDGE):
        assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc"}, path


def test_tokenizers_is_no_package() -> None:
    assert not list((REPOSITORY / "tokenizers").rglob("*.py"))


def test_nothing_unpickles_or_evaluates_input() -> None:
    forbidden = re.compile(
        r"\bpickle\.load|\byaml\.(unsafe_|full_)?load\(|\beval\(|\bexec\(|read_pickle"
    )
    for path in (*SOURCES, *BRIDGE):
        text = path.read_text("utf-8")
        assert not forbidden.search(text), path
        for call in re.findall(r"torch\.load\([^)]*\)", text):
            assert "weights_only=True" in call, path


def test_nothing_in_the_project_names_this_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.split()
    parts = ["/wo" + "rk/main", "/ro" + "ot/", "pypi" + r"\.org", "python" + "hosted"]
    words = re.compile("|".join([*parts, "deb" + r"ian\.org"]))
    for name in listed:
        path = REPOSITORY / name
        if path.suffix in {".py", ".md", ".yaml", ".toml", ".ipynb", ".json", ".html", ".sh", ""}:
            assert not words.search(path.read_text("utf-8")), name


def test_importing_the_library_is_light_and_silent() -> None:
    code = (
        "import sys, os; before = dict(os.environ); import curator; "
        "assert dict(os.environ) == before; "
        "print(sorted({m.split('.')[0] for m in sys.modules} "
        "& {'pandas', 'dask', 'pyarrow', 'numba', 'torch', 'numpy'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


@pytest.mark.parametrize("shelf", ["curator.dedup", "curator.stages", "curator.io"])
def test_every_name_of_a_shelf_that_loads_on_first_use_is_there(shelf: str) -> None:
    module = importlib.import_module(shelf)
    assert set(module.__all__) == set(module._HOMES)
    for name in module.__all__:
        assert getattr(module, name).__module__ == module._HOMES[name]
    with pytest.raises(AttributeError, match=f"module '{shelf}' has no attribute 'Absent'"):
        module.Absent


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import curator.schema", {"pandas", "dask"}),
        ("import curator.stages, curator.dedup", {"numpy", "pyarrow", "curator.batch"}),
        (
            "from curator.dedup import FuzzyDuplicates",
            {"curator.filters", "curator.modifiers", "curator.dedup.exact", "dask", "ftfy"},
        ),
    ],
)
def test_what_is_not_asked_for_is_not_loaded(code: str, absent: set[str]) -> None:
    code = f"import sys; {code}; print(sorted({absent!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_but_what_compiles_imports_numba() -> None:
    for path in SOURCES:
        if path.name != "compiled.py":  # which says why
            assert "numba" not in {name.partition(".")[0] for name in imports(path)}, path


@pytest.mark.skipif(not is_tried(), reason="this Numba itself keeps what it compiles")
def test_what_was_compiled_before_runs_without_numba() -> None:
    code = (
        "import sys; from curator.kernels import buffers, text_stats; "
        "texts = buffers.of(['好 text', 'ꦲꦏ꧀ꦱꦫ']); found = text_stats.text_stats(texts); "
        "found.repetition, found.ngrams, text_stats.text_stats(texts, ngrams=True).repetition; "
        "print('numba' in sys.modules)"
    )
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "False"


def test_deduplication_starts_without_what_it_does_not_need_to_read() -> None:
    absent = {"curator.dataset", "curator.recipe", "curator.io.reader", "ftfy"}
    absent |= {"yaml", "pyarrow.compute", "curator.dedup.copies.finding"}
    absent |= {"numba"} if is_tried() else set()
    code = f"import sys, curator.deduplicate; print(sorted({absent!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
