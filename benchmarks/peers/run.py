"""Deduplication end to end by every tool, in turns: jsonl in, deduplicated jsonl out.

    python -m benchmarks.peers.run --documents 20000 --repeats 3 [--only rensa,curator]

Each tool is one process (with its children) of its own virtual environment, which is made on first
use under `--environments`. Every tool first runs on 500 documents, unmeasured: compiled code and
files are in their caches then. The runs take turns, so that drift of the machine meets all alike;
figures are medians, quality is that of the last run. MB are those of corpus.jsonl. A tool that
cannot be installed or fails is named with the reason and left out. Of tools that take many minutes
one run may do: `--once-beyond 60` repeats only those that took less than a minute.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import measure
from benchmarks.peers import corpus
from benchmarks.peers.quality import judge
from benchmarks.peers.tools import HERE, TOOLS, Tool, python_of

WARM_UP = 5_000
"""Documents of the unmeasured first run: so many that everything is compiled in it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--once-beyond", type=float, default=float("inf"), metavar="SECONDS",
        help="tools that take longer run once",
    )  # fmt: skip
    parser.add_argument("--only", default="", metavar="NAME,NAME", help="these tools alone")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--corpus", type=Path, help="a folder corpus.py wrote, instead of a new one"
    )
    parser.add_argument("--environments", type=Path, default=cache(), help="where tools live")
    parser.add_argument("--keep", help="name of the file of results; peers_<documents>")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else [tool.name for tool in TOOLS]
    if unknown := set(names) - {tool.name for tool in TOOLS}:
        parser.error(f"no such tool: {sorted(unknown)}; there are {[t.name for t in TOOLS]}")
    chosen = [tool for tool in TOOLS if tool.name in names]
    folder = options.corpus or generated(options.documents, options.seed, options.environments)
    turns = options.repeats, options.once_beyond
    result = compare(chosen, folder, *turns, options.environments)
    measure.keep(options.keep or f"peers_{result['corpus']['documents']}", result)
    print(speed_table(result), kind_table(result), sep="\n\n")
    for name, reason in result["left_out"].items():
        print(f"\n{name} is left out: {reason}")


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "curator-peers"


def generated(n_documents: int, seed: int, environments: Path) -> Path:
    """Return the folder of a corpus, written if there is none of this generator."""
    code = b"".join(
        (HERE / f"{name}.py").read_bytes()
        for name in ("corpus", "sources", "planting", "templates")
    )
    version = hashlib.sha256(code).hexdigest()[:8]
    folder = environments / f"corpus-{n_documents}-{seed}-{version}"
    if not (folder / "gold.jsonl").exists():
        documents = corpus.build(measure.DATA, n_documents, seed)
        corpus.write(documents, folder, seed)
    return folder


def compare(
    tools: list[Tool], folder: Path, repeats: int, once_beyond: float, environments: Path
) -> dict[str, Any]:
    """Return what is kept of a comparison; a tool that takes ``once_beyond`` seconds runs once."""
    source = folder / "corpus.jsonl"
    gold = {row["id"]: row for row in rows_of(folder / "gold.jsonl")}
    kinds = Counter(f"{row['script']} {row['kind']}" for row in gold.values())
    megabytes = source.stat().st_size / 1e6
    left_out: dict[str, str] = {}
    pythons: dict[str, Path] = {}
    for tool in tools:
        try:
            pythons[tool.name] = python_of(tool, environments)
            warm_up(tool, pythons[tool.name], source)
        except SystemExit as failure:
            left_out[tool.name] = reason(failure)
    runs: dict[str, list[dict[str, float]]] = {tool.name: [] for tool in tools}
    quality: dict[str, dict[str, Any]] = {}
    for _, tool in itertools.product(range(repeats), tools):
        slow = any(run["wall_s"] > once_beyond for run in runs[tool.name])
        if slow or tool.name in left_out:
            continue
        try:
            figures, quality[tool.name] = once(tool, pythons[tool.name], source, gold)
        except (SystemExit, ValueError) as failure:
            left_out[tool.name] = reason(failure)
            continue
        runs[tool.name].append(figures)
        print(tool.name, figures, quality[tool.name]["documents"], flush=True)
    return {
        "about": measure.about("numpy", "pyarrow", "numba", "opencc"),
        "corpus": {
            "documents": len(gold),
            "megabytes": round(megabytes, 1),
            "kinds": dict(sorted(kinds.items())),
        },
        "tools": {
            tool.name: summary(tool, runs[tool.name], megabytes, len(gold))
            | {"quality": quality[tool.name]}
            for tool in tools
            if tool.name not in left_out
        },
        "left_out": left_out,
    }  # fmt: skip


def reason(failure: BaseException) -> str:
    """The last line of what went wrong; lines before it name places of this machine."""
    return str(failure).strip().splitlines()[-1]


def warm_up(tool: Tool, python: Path, source: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        head, output = Path(name) / "head.jsonl", Path(name) / "output"
        output.mkdir()
        with source.open("rb") as lines:
            head.write_bytes(b"".join(itertools.islice(lines, WARM_UP)))
        measure.run(tool.words(python, head, output), cwd=measure.REPOSITORY)


def once(
    tool: Tool, python: Path, source: Path, gold: dict[str, dict[str, str]]
) -> tuple[dict[str, float], dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        output = Path(name)
        # Nobody waits for the disk to write what the tool before left in the system's cache, and
        # all read the corpus from there.
        os.sync()
        with source.open("rb") as corpus_file:
            while corpus_file.read(1 << 24):
                pass
        figures = measure.run(tool.words(python, source, output), cwd=measure.REPOSITORY)
        kept = [row["id"] for path in sorted(output.glob(tool.kept)) for row in rows_of(path)]
        return figures, judge(gold, kept, pairs_of(tool, output))


def pairs_of(tool: Tool, output: Path) -> Iterator[tuple[str, str]]:
    if not tool.ledger:
        for line in (output / "pairs.tsv").read_text(encoding="utf-8").splitlines():
            first, _, second = line.partition("\t")
            yield first, second
    for path in sorted(output.glob(tool.ledger)) if tool.ledger else ():
        for row in rows_of(path):
            yield row["id"], row["duplicate_of"]


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def summary(
    tool: Tool, runs: list[dict[str, float]], megabytes: float, n_documents: int
) -> dict[str, Any]:
    middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return {
        "settings": tool.settings,
        "packages": tool.packages,
        "runs": runs,
        "documents_per_s": round(n_documents / middle["wall_s"]),
        "mb_per_s": round(megabytes / middle["wall_s"], 2),
        "mb_per_cpu_s": round(megabytes / middle["cpu_s"], 2),
        "peak_mb": middle["peak_mb"],
    }


def speed_table(result: dict[str, Any]) -> str:
    head = "| tool | docs/s | MB/s wall | MB per CPU-s | peak MB | P | R | F1 | F1 Han | F1 Latin \
| pair P | pair R |"
    lines = [head, "|---" * 12 + "|"]
    for name, tool in result["tools"].items():
        quality = tool["quality"]
        documents, pairs = quality["documents"], quality["pairs"]
        cells = [
            name, tool["documents_per_s"], tool["mb_per_s"], tool["mb_per_cpu_s"],
            round(tool["peak_mb"]), documents["precision"], documents["recall"], documents["f1"],
            quality["documents_han"]["f1"], quality["documents_latin"]["f1"],
            pairs["precision"], pairs["recall"],
        ]  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def kind_table(result: dict[str, Any]) -> str:
    """Copies found by kind, then negatives removed, Han / Latin script."""
    tools = result["tools"]
    lines = ["| Han / Latin | " + " | ".join(tools) + " |", "|---" * (1 + len(tools)) + "|"]
    for measured, word in (("found_by_kind", "found"), ("negatives_removed", "removed, wrongly")):
        qualities = [tool["quality"][measured] for tool in tools.values()]
        for kind in sorted({k for q in qualities for shares in q.values() for k in shares}):
            cells = [
                " / ".join(f"{q[s][kind]:.3f}" if kind in q[s] else "–" for s in ("han", "latin"))
                for q in qualities
            ]
            lines.append(f"| {kind} {word} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
