"""Runs a recipe into a run folder: shards, ledger, vocabulary, tokenizer, tokens, manifest."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from curator import __version__, manifest
from curator.batch import Tally
from curator.cluster import get_client, run_tasks
from curator.dataset import DEFAULT_BLOCK_SIZE, DocumentDataset
from curator.dedup import RepeatedIds
from curator.fingerprint import code_hash, fingerprint, versions
from curator.io.atomic import atomic_write
from curator.io.reader import InputFile
from curator.output import Outputs, Sample, write_outputs
from curator.progress import Progress
from curator.recipe import Recipe
from curator.report import write_report
from curator.run_entries import check_conservation, resolved_recipe, stage_entry
from curator.run_folder import check_apart, check_unchanged, describe_input, exclusive
from curator.stages import GlobalStageBase, Sequential, Stage, Workspace
from curator.stages.checkpoint import materialise
from curator.tokenizer import encode_shards, train_tokenizer
from curator.vocabulary import build_vocabulary


@dataclass(frozen=True)
class RunOptions:
    """How a recipe is run; none of it changes a byte of the result."""

    scheduler: str | None = None
    """Address of a Dask scheduler, such as ``tcp://host:8786``."""
    n_workers: int = 1
    """Worker processes on this machine when no scheduler is given."""
    block_size: int = DEFAULT_BLOCK_SIZE
    """Bytes of input a task holds."""
    strict: bool = False
    """Stop at the first unreadable or failing document instead of writing it to the ledger."""
    progress: TextIO | None = None
    """Where progress is written; ``None`` for nowhere."""


def full_stages(recipe: Recipe) -> tuple[Stage, ...]:
    """Return the recipe's stages with ``RepeatedIds`` before the first global stage.

    Ids that repeat would make the ledger ambiguous, so every run checks them; a recipe that
    lists the stage itself decides where.
    """
    stages = recipe.sequential().flat()
    if any(isinstance(stage, RepeatedIds) for stage in stages):
        return stages
    first = next(
        (i for i, stage in enumerate(stages) if isinstance(stage, GlobalStageBase)), len(stages)
    )
    return (*stages[:first], RepeatedIds(), *stages[first:])


def run_recipe(recipe: Recipe, options: RunOptions | None = None) -> dict[str, Any]:
    """Run a recipe and return its manifest; an interrupted run continues where it stopped.

    Raises ``CuratorError`` with one readable line. Whatever was finished stays and is used by
    the next start.
    """
    options = options or RunOptions()
    run = Path(recipe.output)
    recipe = recipe.resolved()
    reader: Any = recipe.input
    files = reader.files()  # a missing input is said before anything is made or started
    check_apart(reader, files, run)
    with exclusive(run):
        progress = Progress(options.progress)
        with get_client(options.scheduler, options.n_workers) as client:
            return _Run(recipe, options, run, client, progress).execute(files)


class _Run:
    """One run: what is known so far, step by step."""

    def __init__(
        self, recipe: Recipe, options: RunOptions, run: Path, client: Any, progress: Progress
    ) -> None:
        self.recipe, self.options, self.run = recipe, options, run
        self.client, self.progress = client, progress
        self.work = run / manifest.WORK
        self.tallies: list[Tally] = []

    def execute(self, files: Sequence[InputFile]) -> dict[str, Any]:
        """Do every step in order."""
        with self.progress.running("inputs"):
            inputs = run_tasks(describe_input, list(files), self.client)
        with self.progress.running("curation"):
            dataset = self._read(fingerprint(inputs))
            workspace = Workspace(
                self.work / "stages",
                self.client,
                self.options.strict,
                on_part=lambda _, record: self.progress.part(record),
                on_step=self.tallies.extend,
            )
            dataset = Sequential(full_stages(self.recipe))(dataset, workspace)
            parts, tallies = materialise(dataset, workspace, f"{len(dataset.names):02d}")
            self.tallies.extend(tallies)
        check_unchanged(files, self.recipe.input)
        with self.progress.running("shards and ledger"):
            outputs = write_outputs(
                parts,
                self.run,
                self.recipe.name,
                dataset.columns_known,
                self.recipe.shards,
                self.work,
                self.client,
            )
        entries = self._language_products([self.run / s["path"] for s in outputs.shards])
        result = self._manifest(inputs, outputs, entries)
        check_conservation(result)
        _write_samples(self.run, outputs.samples, self.tallies)
        _write_json(self.run / manifest.MANIFEST, result)
        self._write_timings(result)
        with self.progress.running("report"):
            write_report(self.run)
        return result

    def _read(self, identity: str) -> DocumentDataset:
        """Plan the input; ``identity`` names its bytes, so nothing of other bytes is reused."""
        scratch = self.work / "unpacked" / identity
        scratch.mkdir(parents=True, exist_ok=True)
        unpack = partial(run_tasks, client=self.client)
        reader: Any = self.recipe.input
        if self.options.strict and hasattr(reader, "strict"):
            reader = dataclasses.replace(reader, strict=True)
        return DocumentDataset.read(
            reader, self.options.block_size, scratch=scratch, unpack=unpack, identity=identity
        )

    def _language_products(self, shards: list[Path]) -> dict[str, Any]:
        recipe, entries = self.recipe, dict.fromkeys(("vocabulary", "tokenizer", "tokens"))
        for step in entries:
            if getattr(recipe, step) is None:  # of an earlier recipe; this manifest has none
                shutil.rmtree(self.run / step, ignore_errors=True)
        base = fingerprint([manifest.file_sha256(path) for path in shards], code_hash())
        if recipe.vocabulary is not None:
            entries["vocabulary"] = self._product(
                "vocabulary",
                base,
                recipe.vocabulary,
                partial(
                    build_vocabulary, shards, self.run / manifest.VOCABULARY, recipe.vocabulary
                ),
            )
        if recipe.tokenizer is not None:
            folder = self.run / manifest.TOKENIZER
            entries["tokenizer"] = self._product(
                "tokenizer",
                base,
                recipe.tokenizer,
                partial(train_tokenizer, shards, folder, recipe.tokenizer),
            )
            if recipe.tokens is not None:
                entries["tokens"] = self._product(
                    "tokens",
                    base,
                    (recipe.tokenizer, recipe.tokens),
                    partial(
                        encode_shards, shards, folder, self.run / manifest.TOKENS, recipe.tokens
                    ),
                )
        return entries

    def _product(
        self, step: str, base: str, options: Any, make: Callable[..., dict[str, Any]]
    ) -> dict[str, Any]:
        """Make one product, or take it from before when its files still have their hashes."""
        work = self.work / f"{step}-{fingerprint(base, options)}"
        done = work / "entry.json"
        with self.progress.running(step):
            if done.exists():
                entry: dict[str, Any] = json.loads(done.read_bytes())
                if all(
                    (self.run / path).is_file() and manifest.file_sha256(self.run / path) == sha256
                    for path, sha256 in entry["files"].items()
                ):
                    return dict(entry["entry"])
            work.mkdir(parents=True, exist_ok=True)
            made = make(client=self.client, work=work)
            folder = self.run / step
            files = {
                path.relative_to(self.run).as_posix(): manifest.file_sha256(path)
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            }
            _write_json(done, {"entry": made, "files": files})
            return made

    def _manifest(
        self, inputs: list[dict[str, Any]], outputs: Outputs, entries: dict[str, Any]
    ) -> dict[str, Any]:
        recipe, resolved = self.recipe, resolved_recipe(self.recipe)
        stages = [stage_entry(tally) for tally in self.tallies]
        for entry in stages:
            if entry["name"] == "reader":
                entry["operation"] = type(recipe.input).__name__
        return {
            "format": manifest.FORMAT,
            "name": recipe.name,
            "language": recipe.language,
            "seed": recipe.seed,
            "code_version": f"{__version__}+{code_hash()}",
            "versions": versions(),
            "recipe": resolved,
            "recipe_sha256": hashlib.sha256(json.dumps(resolved).encode()).hexdigest(),
            "inputs": inputs,
            "counts": {
                "documents_in": stages[0]["in"],
                "kept": sum(shard["documents"] for shard in outputs.shards),
                "dropped": sum(shard["documents"] for shard in outputs.ledger),
                "characters_in": self.tallies[0].characters_in,
                "characters_kept": sum(shard["characters"] for shard in outputs.shards),
                "cuts": sum(file["cuts"] for file in outputs.cuts),
                "characters_cut": sum(file["characters"] for file in outputs.cuts),
                "stages": stages,
            },
            "shards": outputs.shards,
            "ledger": outputs.ledger,
            "cuts": outputs.cuts,
            **entries,
        }

    def _write_timings(self, result: dict[str, Any]) -> None:
        seconds = sum(
            self.progress.seconds.get(step, 0.0) for step in ("curation", "shards and ledger")
        )
        size = sum(entry["bytes"] or 0 for entry in result["inputs"])
        workers = 1 if self.client is None else len(self.client.nthreads())
        timings = {
            "seconds": self.progress.seconds,
            "documents_per_second": round(result["counts"]["documents_in"] / max(seconds, 1e-9), 1),
            "megabytes_per_second": round(size / 1e6 / max(seconds, 1e-9), 3),
            "workers": workers,
        }
        _write_json(self.run / manifest.TIMINGS, timings)


def _write_samples(run: Path, samples: Sequence[Sample], tallies: Sequence[Tally]) -> None:
    rows: list[dict[str, Any]] = [sample.row for sample in samples]
    for tally in tallies:
        for _, identifier, before, after in tally.samples:
            rows.append(
                {
                    "kind": "changed",
                    "stage": tally.name,
                    "id": identifier,
                    "before": before,
                    "after": after,
                }
            )
    with atomic_write(run / manifest.SAMPLES) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write(json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n")
