"""The HTML report of a run: one file, no script, no address, the same bytes for the same folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup

from curator.errors import ManifestError
from curator.io.atomic import atomic_write
from curator.manifest import REPORT, TIMINGS, read_manifest
from curator.report import numerals, samples
from curator.report.figures import Counts, finite, read_counts, whole
from curator.report.flow import draw_flow
from curator.report.histogram import draw_histogram
from curator.report.tokens import read_splits, read_tokenizer, read_vocabulary
from curator.report.training import read_optional_json, read_training
from curator.report.visible import neutral, pieces

SHOWN_FILES = 40
"""Inputs and shards listed; the manifest has all of them."""
LONGEST_PRINTED = 10_000
"""Characters of any one printed value; the longest of ours is the path of a curve, about 4,000."""


@dataclass(frozen=True)
class ListedFile:
    """One input or shard of the manifest."""

    name: str
    documents: int
    characters: int
    n_bytes: int | None
    """``None`` where the size is not known: a remote file."""
    sha256: str
    """Hash of the bytes; a remote input has its etag or time instead."""


def write_report(run: Path) -> Path:
    """Write ``report.html`` into a finished run folder and return its path.

    Reads the manifest and, where they exist, the samples, timings and training metrics; no other
    file. The page is complete in itself and holds nothing that depends on the time or the place.
    Corpus text appears as text only. Raises ``ManifestError`` for a folder without a usable
    manifest, ``ResourceError`` when the file cannot be written.
    """
    run = Path(run)
    page = render(run)
    path = run / REPORT
    with atomic_write(path) as file:
        file.write(page.encode("utf-8"))
    return path


def render(run: Path) -> str:
    """Return the report of a run folder as HTML text without writing it."""
    manifest = read_manifest(run)
    counts = read_counts(manifest)
    shards = _files(manifest.get("shards"), "shards")
    splits = read_splits(manifest.get("tokens"))
    tokens = manifest.get("tokens")
    return (
        _environment()
        .get_template("report.html")
        .render(
            name=str(manifest.get("name", "")),
            language=str(manifest.get("language", "")),
            language_tag=_language_tag(manifest.get("language")),
            counts=counts,
            faults=counts.faults(),
            flow=draw_flow(counts),
            histograms=[
                (stage, draw_histogram(stage.histogram))
                for stage in counts.stages
                if stage.histogram
            ],
            samples=samples.read_samples(run, [stage.name for stage in counts.stages]),
            shown=samples,
            vocabulary=read_vocabulary(manifest.get("vocabulary")),
            tokenizer=read_tokenizer(manifest.get("tokenizer")),
            splits=splits,
            n_tokens=sum(split.tokens for split in splits),
            dtype=str(tokens.get("dtype", "")) if isinstance(tokens, dict) else "",
            training=read_training(run, manifest),
            timings=_timings(run, counts),
            inputs=_files(manifest.get("inputs"), "inputs"),
            shards=shards,
            shard_bytes=sum(shard.n_bytes or 0 for shard in shards),
            shown_files=SHOWN_FILES,
            recipe=_yaml(manifest.get("recipe")).splitlines(),
            made=_made(manifest),
        )
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("curator.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        count=numerals.count,
        scaled=numerals.scaled,
        size=numerals.size,
        share=numerals.share,
        figure=numerals.figure,
        seconds=numerals.seconds,
        pieces=pieces,
    )
    return environment


def _harmless(value: object) -> object:
    """Neutralise whatever a template prints; markup the templates made passes.

    Escaping leaves control characters, direction overrides and lone surrogates alone; here is the
    one place every printed value passes, so none can be forgotten.
    """
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    if len(value) > LONGEST_PRINTED:
        value = f"{value[:LONGEST_PRINTED]}… ({len(value):,} characters)"
    return neutral(value)


def _language_tag(language: object) -> str:
    """Return the language as a BCP 47 tag for browsers, ``und`` where it is none."""
    tag = str(language)
    parts = tag.split("-")
    sound = tag.isascii() and len(tag) <= 35 and all(part.isalnum() for part in parts)
    return tag if sound and 2 <= len(parts[0]) <= 8 else "und"


def _files(entries: object, place: str) -> list[ListedFile]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ManifestError(f"manifest.json: {place} is no list of files; run the recipe again")
    return [
        ListedFile(
            name=str(entry.get("path", entry.get("file", ""))),
            documents=whole(entry.get("documents", 0), f"{place}[{at}].documents"),
            characters=whole(entry.get("characters", 0), f"{place}[{at}].characters"),
            n_bytes=None
            if entry.get("bytes") is None
            else whole(entry["bytes"], f"{place}[{at}].bytes"),
            sha256=str(entry.get("sha256") or entry.get("modified") or ""),
        )
        for at, entry in enumerate(entries)
    ]


def _yaml(recipe: object) -> str:
    return yaml.safe_dump(recipe, allow_unicode=True, sort_keys=False, width=96)


def _made(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    versions = manifest.get("versions")
    rows = [
        ("code", manifest.get("code_version")),
        ("seed", manifest.get("seed")),
        ("recipe sha256", manifest.get("recipe_sha256")),
        *(sorted(versions.items()) if isinstance(versions, dict) else ()),
    ]
    return [
        (str(name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in rows
        if value is not None
    ]


def _timings(run: Path, counts: Counts) -> dict[str, Any] | None:
    timings = read_optional_json(run / TIMINGS)
    if timings is None:
        return None
    by_stage = timings.get("seconds")
    found = {
        str(name): number
        for name, value in (by_stage.items() if isinstance(by_stage, dict) else ())
        if (number := finite(value)) is not None and number >= 0
    }
    order = {stage.name: position for position, stage in enumerate(counts.stages)}
    rows = sorted(found.items(), key=lambda item: order.get(item[0], len(order)))
    return {
        "rows": rows,
        "total": sum(found.values()),
        "longest": max(found.values(), default=0.0),
        **{
            name: finite(timings.get(name))
            for name in ("documents_per_second", "megabytes_per_second", "workers")
        },
    }
