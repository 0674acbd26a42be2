"""What the manifest says of stages and recipe, and the check that its sums close."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

from curator.batch import Tally
from curator.errors import CuratorError
from curator.fingerprint import describe

if TYPE_CHECKING:
    from curator.recipe import Recipe


def stage_entry(tally: Tally) -> dict[str, Any]:
    """Return what the manifest says of a stage."""
    histogram = None
    if tally.score is not None:
        histogram = {
            "score": tally.score,
            "edges": tally.edges,
            "kept": tally.kept_histogram,
            "dropped": tally.dropped_histogram,
        }
    return {
        "name": tally.name,
        "operation": tally.operation,
        "kind": tally.kind,
        "in": tally.n_in,
        "kept": tally.n_in - tally.dropped,
        "dropped": tally.dropped,
        "changed": tally.changed,
        "reasons": _most_first(tally.reasons),
        "histogram": histogram,
        "cuts": None if not tally.cuts else _cuts(tally),
    }


def _cuts(tally: Tally) -> dict[str, Any]:
    return {
        "number": tally.cuts.total(),
        "characters": tally.characters_cut,
        "reasons": _most_first(tally.cuts),
    }


def _most_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def check_conservation(result: dict[str, Any]) -> None:
    """Refuse to write a manifest whose sums do not close; that would be a fault of this library."""
    counts = result["counts"]
    alive = counts["documents_in"]
    for stage in counts["stages"]:
        if stage["in"] != alive:
            raise CuratorError(
                f"stage {stage['name']}: {stage['in']} documents came in but {alive} were kept "
                "before it; please report this fault with the recipe"
            )
        alive = stage["kept"]
    if alive != counts["kept"] or counts["kept"] + counts["dropped"] != counts["documents_in"]:
        raise CuratorError(
            f"{counts['documents_in']} documents in, but {counts['kept']} kept and "
            f"{counts['dropped']} dropped; please report this fault with the recipe"
        )
    by_stage = [stage["cuts"] for stage in counts["stages"] if stage["cuts"] is not None]
    for name, total in (("number", counts["cuts"]), ("characters", counts["characters_cut"])):
        found = sum(cuts[name] for cuts in by_stage)
        if found != total:
            raise CuratorError(
                f"{name} of cuts: the stages made {found}, the ledger of cuts has {total}; "
                "please report this fault with the recipe"
            )


def resolved_recipe(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe with every default filled in, as plain data without ``output``."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(recipe):
        if field.name != "output":
            values[field.name] = _plain(describe(getattr(recipe, field.name)))
    return values


def _plain(value: Any) -> Any:
    """Turn descriptions of objects into the recipe's own form ``{Name: fields}``."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "function" in value:
        return value["function"]
    if "class" not in value:
        return {key: _plain(item) for key, item in value.items()}
    module, _, name = value["class"].partition(":")
    shown = name if module.startswith("curator.") else value["class"]
    return {shown: {key: _plain(item) for key, item in value.get("fields", {}).items()}}
