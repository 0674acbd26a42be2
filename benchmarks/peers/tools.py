"""The tools that are compared: what to install, how to start each, where its output is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from curator.fingerprint import code_hash

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
THIS = ("curator",)
"""Packages of this library itself: what is in this checkout, installed as a user installs it, with
nothing beside it that Python would look through when it starts."""

CURATOR_DEDUP = "{scripts}/curator dedup {input} --output {output}/run --n-workers 2 --quiet"
"""The command made for this job alone."""

CURATOR_RUN = "{scripts}/curator run {recipe} --set input={input} --set output={output}/run \
--n-workers 2 --quiet"
"""A whole run of a recipe with this one stage; {recipe} is a file with CURATOR_RECIPE."""

CURATOR_RECIPE = """\
name: peers
language: yue
input: corpus.jsonl
output: out
stages:
  - FuzzyDuplicates: {}
"""


@dataclass(frozen=True)
class Tool:
    name: str
    settings: str
    """What is compared how, for the reader of the table."""
    command: str
    """Words with {python}, {scripts} (its folder), {here}, {recipe}, {input} and {output}."""
    environment: str
    """Name of its virtual environment."""
    packages: tuple[str, ...]
    """What pip installs there, pinned to the versions this was tried with, or ``THIS``."""
    kept: str = "kept*.jsonl"
    """Pattern of the jsonl files with the kept documents, below the output folder."""
    ledger: str = ""
    """Pattern of jsonl files with id and duplicate_of; empty: pairs.tsv, two ids a line."""

    def words(self, python: Path, source: Path, output: Path) -> list[str]:
        recipe = output / "recipe.yaml"
        recipe.write_text(CURATOR_RECIPE, encoding="utf-8")
        places = {
            "python": python, "scripts": python.parent, "here": HERE, "recipe": recipe,
            "input": source, "output": output,
        }  # fmt: skip
        return [word.format(**places) for word in self.command.split()]


TOOLS = (
    Tool(
        "curator",
        "curator dedup as it comes, 2 threads",
        CURATOR_DEDUP,
        "curator",
        THIS,
        kept="run/shards/*.jsonl",
        ledger="run/dropped/*.jsonl",
    ),
    Tool(
        "curator_run",
        "curator run with this stage alone, as it comes, 2 workers",
        CURATOR_RUN,
        "curator",
        THIS,
        kept="run/shards/*.jsonl",
        ledger="run/dropped/*.jsonl",
    ),
    Tool(
        "rensa",
        "R-MinHash, 128 permutations, 5 characters, LSH 16 x 8, one process",
        "{python} {here}/rensa_run.py {input} {output} lsh",
        "rensa",
        ("rensa==0.5.0", "orjson==3.13.0"),
    ),
    Tool(
        "rensa_verified",
        "the same with its deduplicator: signatures compared, J >= .8",
        "{python} {here}/rensa_run.py {input} {output} verified",
        "rensa",
        ("rensa==0.5.0", "orjson==3.13.0"),
    ),
    Tool(
        "datasketch",
        "128 permutations, 5 characters, LSH for J .8, one process",
        "{python} {here}/datasketch_run.py {input} {output}",
        "datasketch",
        ("datasketch==2.0.0", "numpy==2.4.6", "orjson==3.13.0"),
    ),
    Tool(
        "text_dedup",
        "128 permutations, 5 words between non-letters, LSH for J .8, 2 processes",
        "{python} {here}/text_dedup_run.py {input} {output}",
        "text_dedup",
        ("text-dedup==0.4.0", "datasets==5.2.0", "numpy==2.4.6", "orjson==3.13.0"),
    ),
    Tool(
        "datatrove_english",
        "14 x 8 hashes, 5 words of the English splitter, 2 workers",
        "{python} {here}/datatrove_run.py {input} {output} english",
        "datatrove",
        ("datatrove[io,processing]==0.10.1", "numpy==2.4.6", "spacy==3.8.18", "jieba==0.42.1"),
    ),
    Tool(
        "datatrove_cantonese",
        "14 x 8 hashes, 5 words of the Cantonese splitter (jieba), 2 workers",
        "{python} {here}/datatrove_run.py {input} {output} cantonese",
        "datatrove",
        ("datatrove[io,processing]==0.10.1", "numpy==2.4.6", "spacy==3.8.18", "jieba==0.42.1"),
    ),
)


def python_of(tool: Tool, environments: Path) -> Path:
    """Return the interpreter of a tool, making its virtual environment where there is none.

    The environment's name carries the versions, so that another pin makes another environment; that
    of this library carries the hash of its code, and those of other hashes are removed.
    """
    is_this = tool.packages == THIS
    packages = (str(CHECKOUT),) if is_this else tool.packages
    versions = code_hash() if is_this else "-".join(p.partition("==")[2] for p in packages)
    folder = environments / f"{tool.environment}-{versions}"
    done = folder / "installed.txt"
    if not done.exists():
        if is_this:
            for old in environments.glob(f"{tool.environment}-*"):
                shutil.rmtree(old)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-qq"]
        if subprocess.run([*pip, *packages]).returncode:
            raise SystemExit(f"pip could not install {' '.join(tool.packages)}")
        freeze = [str(folder / "bin" / "python"), "-m", "pip", "freeze"]
        done.write_text(subprocess.run(freeze, check=True, capture_output=True, text=True).stdout)
    return folder / "bin" / "python"
