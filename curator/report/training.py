"""What the trainer wrote beside a run: its summary and its metrics, each optional."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curator.errors import ManifestError
from curator.report.curve import Curve, draw_curve
from curator.report.figures import finite
from curator.report.numerals import figure

SUMMARY = Path("training/summary.json")
METRICS = Path("training/metrics.jsonl")
BITS_PER_BYTE = ("bits_per_byte", "validation_bits_per_byte", "valid_bits_per_byte")
"""Names under which a line or the summary may hold the validation figure, first found wins."""
SHOWN_FIELDS = 40


@dataclass(frozen=True)
class Training:
    """A training run as the report shows it."""

    bits_per_byte: float | None
    """Last validation figure; lower is better."""
    baseline: float | None
    """Bits per byte of a unigram model over characters, on the same validation text."""
    curves: tuple[Curve, ...]
    fields: tuple[tuple[str, str], ...]
    """Scalars of the summary, nested names joined with dots."""
    without_loss: int
    """Steps whose loss was no finite number."""


def read_training(run: Path, manifest: Mapping[str, Any]) -> Training | None:
    """Return what training left in the run folder; ``None`` where there is nothing.

    Missing keys are left out of the page. Raises ``ManifestError`` where a file is not JSON.
    """
    summary = read_optional_json(run / SUMMARY)
    losses: list[tuple[float, float]] = []
    validation: list[tuple[float, float]] = []
    without_loss = 0
    for line in _metrics(run / METRICS):
        step = finite(line.get("step"))
        if step is None:
            continue
        bits = _bits_per_byte(line)
        if bits is not None:
            validation.append((step, bits))
        loss = finite(line.get("loss"))
        if loss is not None and bits is None:
            losses.append((step, loss))
        elif "loss" in line and loss is None:
            without_loss += 1
    if summary is None and not losses and not validation:
        return None
    baseline = _baseline(manifest)
    last = _bits_per_byte(summary or {})
    if last is None and validation:
        last = validation[-1][1]
    curves = (
        draw_curve("Training loss (nats per token)", losses),
        draw_curve("Validation bits per byte", validation, baseline, "characters alone"),
    )
    return Training(
        bits_per_byte=last,
        baseline=baseline,
        curves=tuple(curve for curve in curves if curve is not None),
        fields=tuple(_scalars(summary or {}))[:SHOWN_FIELDS],
        without_loss=without_loss,
    )


def read_optional_json(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in a file; ``None`` where the file is absent.

    Raises ``ManifestError`` when it holds anything else.
    """
    if not path.is_file():
        return None
    try:
        value = json.loads(path.read_bytes())
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ManifestError(f"{path}: not JSON ({error}); write or remove it") from error
    if not isinstance(value, dict):
        raise ManifestError(f"{path}: no JSON object; write it again or remove it")
    return value


def _metrics(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                return  # a line still being written, or cut off by a kill
            try:
                row = json.loads(line)
            except (UnicodeDecodeError, json.JSONDecodeError) as error:
                raise ManifestError(
                    f"{path}:{number}: not JSON ({error}); remove the line or train again"
                ) from error
            if isinstance(row, dict):
                yield row


def _bits_per_byte(row: Mapping[str, Any]) -> float | None:
    nested = row.get("validation")
    for place in (row, nested if isinstance(nested, dict) else {}):
        for name in BITS_PER_BYTE:
            value = finite(place.get(name))
            if value is not None:
                return value
    return None


def _baseline(manifest: Mapping[str, Any]) -> float | None:
    place: Any = manifest
    for name in ("tokens", "splits", "valid", "unigram_character_bits_per_byte"):
        place = place.get(name) if isinstance(place, dict) else None
    return finite(place)


def _scalars(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, item in value.items():
        if isinstance(item, dict):
            yield from _scalars(item, f"{prefix}{name}.")
        elif isinstance(item, bool | str):
            yield f"{prefix}{name}", str(item)
        elif isinstance(item, int | float):
            number = finite(item)
            yield f"{prefix}{name}", "–" if number is None else figure(number)
