"""ExactSubstrings: long stretches of text that an earlier document has, to the character."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curator import schema
from curator.cluster import run_tasks
from curator.dedup.anchors import (
    find_common_windows,
    find_shared,
    look_up,
    span_rows,
    steps,
)
from curator.dedup.cuts import NO_CUTS, NOBODY, CuttingStageBase
from curator.dedup.documents import chunks, living_texts
from curator.dedup.pieces import open_work, piece, read_arrays
from curator.errors import RecipeError
from curator.io.parts import Parts
from curator.kernels.buffers import Utf8
from curator.kernels.substrings import (
    Hashing,
    Spans,
    Stretches,
    find_stretches,
    hashing,
    window_hashes,
)


@dataclass(frozen=True)
class ExactSubstrings(CuttingStageBase):
    """Cuts stretches of ``min_characters`` or more that stand in an earlier document too.

    Every window of so many code points that an earlier document has goes, from its first to its
    last character; "earlier" is the order of the sorted input files and their lines. What two
    documents share stays in the first; what a document says twice itself stays. In the ledger of
    cuts ``duplicate_of`` is the first document that has the stretch and the value the code point
    at which it begins there. Such a document may itself lose a part of it to a still earlier one:
    every character that is cut stays in some document, though not always the whole stretch in one.

    Time is linear in the text, however often it repeats: a window is compared by its anchor (the
    smallest of its grams), and a span of windows that is the same in all documents at once. Disk:
    48 bytes for about every 75 characters, and 48 a window for the edges of what repeats. Memory:
    a part and these hashes for it, and for all of the corpus 49 bytes for every 75 characters of
    distinct text that repeats.
    """

    min_characters: int = 200
    """Code points of the shortest stretch that is cut. Source: 50 BPE tokens of English, about 200
    characters, in Lee et al. 2022. Measured on 110,663 articles of Cantonese Wikipedia: 511
    stretches in 315 articles at 200, all of those looked at passages copied from one article into
    another; at 50 there were 5,757, among them the headings and stock phrases of station pages."""
    seed: int = 0
    """Seed of the hashes, of 122 bits: among 10¹² windows of 200 characters the odds of any
    collision are below 10⁻⁸ (polynomials modulo 2⁶¹ - 1 at two points drawn from the seed). Give a
    secret seed where somebody may write documents to make others disappear."""
    text_field: str = schema.TEXT
    """Column to cut from."""
    name: str | None = None
    """Name in the ledger and the report."""

    reason = "exact_substring"

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Raise ``RecipeError`` when a field cannot work."""
        if not 2 <= self.min_characters <= 100_000:
            raise RecipeError(
                f"ExactSubstrings: min_characters={self.min_characters}; give 2 to 100,000"
            )
        if not 0 <= self.seed < 1 << 63:
            raise RecipeError(f"ExactSubstrings: seed={self.seed}; give 0 to 2**63 - 1")

    def propose(self, parts: Parts, work: Path, client: Any | None) -> list[Path]:
        """Find shared spans, then the windows of those that differ around, then the stretches."""
        parameters = {"stage": "ExactSubstrings", **asdict(self)}
        del parameters["name"]
        open_work(work, {**parameters, "rows": [part.rows for part in parts.parts]})
        options = (self.text_field, self.min_characters, self.seed, work, client)
        find_shared(parts, *options)
        find_common_windows(parts, *options)
        items = [(parts.only(i), work / f"cuts-{i:05d}") for i in range(len(parts.parts))]
        task = partial(
            _propose_part,
            text_field=self.text_field,
            characters=self.min_characters,
            seed=self.seed,
            work=work,
        )
        run_tasks(task, items, client)
        return [path for _, path in items]


def _propose_part(
    item: tuple[Parts, Path], text_field: str, characters: int, seed: int, work: Path
) -> None:
    part, path = item
    piece(path, partial(_proposed, part, text_field, characters, seed, work))


def _proposed(
    part: Parts, text_field: str, characters: int, seed: int, work: Path
) -> dict[str, np.ndarray]:
    """Return the arrays of ``NO_CUTS`` for one part."""
    shared, common = read_arrays(work / "shared_spans"), read_arrays(work / "common_windows")
    if not len(shared["keys"]):
        return NO_CUTS
    how = hashing(characters, seed)
    rows, texts = living_texts(part, text_field)
    found = [NO_CUTS]
    for place, chunk in chunks(texts):
        stretches = _stretches(chunk, rows[place], how, shared, common)
        found.append(
            {
                "rows": rows[place][stretches.documents],
                "starts": stretches.starts,
                "ends": stretches.ends,
                "kept": stretches.kept,
                "values": stretches.places,
            }
        )
    return {name: np.concatenate([arrays[name] for arrays in found]) for name in NO_CUTS}


def _stretches(
    texts: Utf8,
    rows: np.ndarray,
    how: Hashing,
    shared: dict[str, np.ndarray],
    common: dict[str, np.ndarray],
) -> Stretches:
    spans, span_row = span_rows(texts, rows, how)
    at = look_up(shared, spans.hashes)
    spans, span_row, at = (
        Spans(*(array[at >= 0] for array in spans)),
        span_row[at >= 0],
        at[at >= 0],
    )
    alone, first_row = shared["alone"][at], shared["rows"][at]
    earlier = first_row < span_row
    # A span that stands alone goes or stays as one; of others every window is looked up.
    entries = np.where(alone, 1, spans.windows)
    bounds = np.zeros(len(entries) + 1, np.int64)
    np.cumsum(entries, out=bounds[1:])
    span_of = np.repeat(np.arange(len(entries)), entries)
    kept = np.where(earlier, first_row, NOBODY)[span_of]
    places = shared["places"][at][span_of] + steps(entries)
    several = Spans(*(array[~alone] for array in spans))
    hashes = window_hashes(texts, how, several)
    window = look_up(common, hashes)
    entry = np.flatnonzero(~alone[span_of])
    known = np.flatnonzero(window >= 0)
    known = known[common["rows"][window[known]] < span_row[span_of[entry[known]]]]
    kept[entry[known]] = common["rows"][window[known]]
    places[entry[known]] = common["places"][window[known]]
    return find_stretches(how, spans, bounds, kept, places)
