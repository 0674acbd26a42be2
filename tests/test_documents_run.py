"""What the documents say is run: README commands and code, every recipe, every notebook."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from curator.manifest import read_manifest
from curator.recipe import load_recipe
from curator.run import RunOptions, run_recipe
from tests import documents
from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text("utf-8")
RECIPES = sorted((REPOSITORY / "pipelines").glob("*.yaml"))
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
BINARIES = Path(sys.executable).parent
QUICK = {
    "trainer-bridge train": [
        "--set",
        "trainer.max_steps=20",
        "--set",
        "model.encoder_seq_length=16",
    ]
}
"""The README trains for a minute; twenty steps show that the command is right."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def commands() -> list[str]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith(".venv/bin/")]


def write_lines(path: Path, texts: list[str]) -> None:
    rows = [{"text": text, "title": f"題 {i}"} for i, text in enumerate(texts)]
    data = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode() + b"\n"
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def sentences(language: str) -> list[str]:
    """Return about a hundred different documents."""
    base = documents.CANTONESE if language == "yue" else documents.JAVANESE
    return [
        " ".join(base[(i * step) % len(base)] for step in range(1, 4)) + f" {i}" for i in range(120)
    ]


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a reader of the README has it: the repository's files and a finished demo."""
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "pipelines").symlink_to(REPOSITORY / "pipelines")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(BINARIES)
    write_lines(folder / "my.jsonl.gz", sentences("yue"))
    write_lines(folder / "corpus.jsonl", sentences("yue"))
    run_recipe(
        load_recipe(
            REPOSITORY / "pipelines" / "yue_demo.yaml",
            [f"input={folder / 'corpus.jsonl'}", f"output={folder / 'out' / 'yue_demo'}"],
        )
    )
    return folder


def test_the_readme_has_commands_for_everything_it_promises() -> None:
    said = " ".join(commands())
    for verb in ("curator run", "curator show", "curator ledger", "trainer-bridge train",
                 "trainer-bridge evaluate", "trainer-bridge export"):  # fmt: skip
        assert verb in said
    assert "make demo" in README
    assert "make test" in README


def test_every_command_of_the_readme_works_in_its_order(newcomer: Path) -> None:
    assert len(commands()) >= 6
    for line in commands():
        words = shlex.split(line)
        verb = " ".join([Path(words[0]).name, words[1]])
        words += QUICK.get(verb, [])
        done = subprocess.run(words, cwd=newcomer, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout.strip(), line
    assert read_manifest(newcomer / "out" / "mine")["counts"]["documents_in"] == 120
    assert (newcomer / "out/yue_demo/training/huggingface/model.safetensors").is_file()


def test_the_recipe_of_the_readme_runs(newcomer: Path) -> None:
    (recipe,) = [block for block in blocks("yaml") if "stages:" in block]
    path = newcomer / "readme.yaml"
    path.write_text(recipe, "utf-8")
    result = run_recipe(
        load_recipe(path, [f"input={newcomer / 'corpus.jsonl'}", f"output={newcomer / 'readme'}"])
    )
    assert result["counts"]["documents_in"] == 120
    assert result["tokens"]["splits"]["train"]["tokens"] > 0


def test_the_python_of_the_readme_prints_what_it_says(newcomer: Path) -> None:
    (code,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-"], input=code, cwd=newcomer, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    shown = re.search(r"# (\[.*\])", code)
    assert shown is not None
    assert done.stdout.splitlines()[0] == shown.group(1)
    assert "ParticleFilter" in done.stdout


def test_every_path_the_readme_names_exists_after_the_demo(newcomer: Path) -> None:
    (tree,) = [block for block in blocks("text") if "report.html" in block]
    names = [line.split()[0].rstrip("/") for line in tree.splitlines()[1:] if line.startswith("  ")]
    assert len(names) >= 8
    for name in names:
        assert (newcomer / "out" / "yue_demo" / name).exists() or name == "training", name


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_every_recipe_runs_on_a_small_input(path: Path, tmp_path: Path) -> None:
    language = load_recipe(path).language
    write_lines(tmp_path / "in.jsonl", [*sentences(language), sentences(language)[0]])
    recipe = load_recipe(path, [f"input={tmp_path / 'in.jsonl'}", f"output={tmp_path / 'out'}"])
    counts = run_recipe(recipe, RunOptions(block_size=4000))["counts"]
    assert counts["documents_in"] == 121
    assert counts["kept"] + counts["dropped"] == 121
    assert counts["kept"] > 1
    assert counts["dropped"] > 0  # the last document is the first again


def test_the_demo_corpus_is_read_from_the_installed_package(tmp_path: Path) -> None:
    pytest.importorskip("pycantonese", reason="pip install 'curator[demo]' to read its corpora")
    recipe = load_recipe(
        REPOSITORY / "pipelines" / "yue_demo.yaml",
        ["input={PyCantonese: {corpora: [hkcancor]}}", f"output={tmp_path / 'out'}",
         "tokenizer.vocab_size=2000"],
    )  # fmt: skip
    counts = run_recipe(recipe)["counts"]
    assert counts["documents_in"] == 58
    assert counts["kept"] >= 56  # conversations of real Cantonese


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_notebook_runs_and_was_saved_with_its_output(path: Path, tmp_path: Path) -> None:
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert any(cell.outputs for cell in cells), "save the notebook executed"
    # In a process of its own: the kernel machinery's warnings are not ours to turn into errors.
    code = (
        "import sys, nbformat; from nbclient import NotebookClient; "
        "nb = nbformat.read(sys.argv[1], as_version=4); "
        "NotebookClient(nb, timeout=300, kernel_name='python3').execute()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
