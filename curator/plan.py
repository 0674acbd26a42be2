"""The plan of a recipe in words: what runs where, before a byte is read."""

from __future__ import annotations

from typing import Any

from curator.dedup.cuts import CuttingStageBase
from curator.errors import shorten
from curator.filters.base import StatisticsFilter
from curator.fingerprint import describe
from curator.recipe import Recipe
from curator.run import full_stages
from curator.stages import GlobalStageBase, Modify, ScoreFilter, Stage


def plan_text(recipe: Recipe) -> str:
    """Return the plan: one line a stage, grouped by the task that runs it."""
    lines = [f"{recipe.name} ({recipe.language}) -> {recipe.output}"]
    lines.append(f"read     {type(recipe.input).__name__} {_fields(recipe.input)}")
    number = 0
    open_task = False
    for stage in full_stages(recipe):
        if isinstance(stage, GlobalStageBase):
            open_task = False
            cuts = "  [cuts text]" if isinstance(stage, CuttingStageBase) else ""
            lines.append(f"global   {_line(stage)}{cuts}")
            continue
        if not open_task:
            number += 1
            lines.append(f"local    task {number}, fused, one a partition:")
            open_task = True
        lines.append(f"           {_line(stage)}  [{_how(stage)}]")
    lines.append("write    shards and ledger")
    for name in ("vocabulary", "tokenizer", "tokens"):
        options = getattr(recipe, name)
        if options is not None:
            lines.append(f"global   {name} {_fields(options)}")
    lines.append("write    manifest and report")
    return "\n".join(lines)


def _line(stage: Stage) -> str:
    inner: Any = getattr(stage, "modifier", None) or getattr(stage, "filter", None)
    if inner is None:
        return f"{type(stage).__name__} {_fields(stage)}".rstrip()
    return f"{type(stage).__name__} {type(inner).__name__} {_fields(inner)}".rstrip()


def _how(stage: Stage) -> str:
    if isinstance(stage, Modify):
        method = getattr(type(stage.modifier), "may_change", None)
        base = getattr(type(stage.modifier).__mro__[-2], "may_change", None)
        scanned = method is not None and method is not base
        return "scan, then host Python on the rest" if scanned else "host Python, every document"
    if isinstance(stage, ScoreFilter):
        if isinstance(stage.filter, StatisticsFilter):
            return "text statistics kernel"
        return "host Python, every document"
    return "host"


def _fields(value: Any) -> str:
    fields = describe(value).get("fields", {})
    shown = {key: item for key, item in fields.items() if item is not None and key != "name"}
    return " ".join(f"{key}={shorten(item, 60)}" for key, item in shown.items())
