"""DuplicateLines: lines that very many documents of one site have, such as menus and footers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curator import schema
from curator.cluster import run_tasks
from curator.dedup.cuts import NO_CUTS, NOBODY, CuttingStageBase
from curator.dedup.documents import chunks, living_texts
from curator.dedup.domains import AUTO, domain_column, domain_hashes
from curator.dedup.exact import text_hashes
from curator.dedup.pieces import joined, open_work, piece, read_arrays
from curator.errors import RecipeError, nearest
from curator.io.parts import Parts
from curator.kernels.buffers import Utf8
from curator.kernels.fold import key_hashes
from curator.kernels.lines import Units, find_units, spans_without
from curator.kernels.spans import gather

UNITS = ("line", "paragraph")
KEYS = ("folded", "text")
KEEP = ("none", "first")
LINES_AT_ONCE = 1 << 22
"""Distinct lines of parts that a task counts at one time, at about 100 bytes each."""
DOMAIN_0, DOMAIN_1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
"""Odd numbers that spread a domain's hash over both halves of a line's."""
NO_LINES: dict[str, np.ndarray] = {
    "high": np.zeros(0, np.uint64),
    "low": np.zeros(0, np.uint64),
    "domains": np.zeros(0, np.uint64),
    "counts": np.zeros(0, np.int64),
    "firsts": np.zeros(0, np.int64),
}
"""The halves of the hash of a line and its domain, the domain alone, how many documents have the
line, and the ordinal of the first of them; rising by hash."""
NO_DOMAINS: dict[str, np.ndarray] = {
    "domains": np.zeros(0, np.uint64),
    "documents": np.zeros(0, np.int64),
}


class Counting(NamedTuple):
    """What decides which lines are the same; see the fields of ``DuplicateLines``."""

    unit: str
    key: str
    min_characters: int
    text_field: str
    by: str | None


@dataclass(frozen=True)
class DuplicateLines(CuttingStageBase):
    """Cuts lines that many documents of one site have: menus, notices, footers.

    A line is cut when it has ``min_characters`` or more and occurs in at least ``min_documents``
    documents of its domain and in ``min_share`` of them. Unlike ``RepeatedLinesFilter``, which
    judges a document by the lines it says twice, it looks across documents. The value in the
    ledger of cuts is the number of documents of the domain that have the line. Documents that are
    nothing but such lines are dropped, all of them, so put ``ExactDuplicates`` before: of pages
    that are copies one is left, and its lines are no longer in many documents.

    Disk: 40 bytes for each distinct line of a part. Memory: a part, or the lines of one range.
    """

    by: str | None = AUTO
    """Column that says which site a document is from: of a URL the host counts, without ``www.``,
    of anything else all of it; where it is null or empty, the input file does. ``auto`` takes the
    column ``url``, else ``domain``, else the input file. null: the whole corpus is one domain."""
    unit: str = "line"
    """``line``, or ``paragraph``: lines with no blank line between them."""
    min_characters: int = 10
    """Shorter lines are never cut; code points, white space at the ends not counted."""
    min_documents: int = 5
    """Documents of the domain that must have the line, at least."""
    min_share: float = 0.001
    """Share of the domain's documents that must have it, at least. Measured on 110,663 articles
    of Cantonese Wikipedia: at .001 only two notices went (廣東話拼音，數字代表聲調。), at .0001
    sentences about people did too."""
    keep: str = "none"
    """``none`` cuts the line everywhere: a menu is of use in no document. ``first`` leaves it in
    the first document of the corpus that has it."""
    key: str = "folded"
    """What must be the same: ``folded``, the line without case, punctuation, white space and
    spelling variants, or ``text``, all of it but the white space at its ends."""
    text_field: str = schema.TEXT
    """Column to cut from."""
    name: str | None = None
    """Name in the ledger and the report."""

    reason = "duplicate_line"

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Raise ``RecipeError`` when a field cannot work."""
        for field, known in (("unit", UNITS), ("keep", KEEP), ("key", KEYS)):
            value = getattr(self, field)
            if value not in known:
                raise RecipeError(f"DuplicateLines: {field}={value!r}{nearest(value, known)}")
        for field, least in (("min_characters", 1), ("min_documents", 2)):
            if getattr(self, field) < least:
                value = getattr(self, field)
                raise RecipeError(
                    f"DuplicateLines: {field}={value}; give a whole number from {least}"
                )
        if not 0 <= self.min_share <= 1:
            raise RecipeError(f"DuplicateLines: min_share={self.min_share}; give a share, 0 to 1")

    def columns_needed(self) -> tuple[str, ...]:
        """The id, the text, and the column of domains where one is named."""
        named = () if self.by in (None, AUTO) else (self.by,)
        return (schema.ID, self.text_field, *named)

    def propose(self, parts: Parts, work: Path, client: Any | None) -> list[Path]:
        """Count the lines of every domain, then look every line up."""
        counting = Counting(
            self.unit,
            self.key,
            self.min_characters,
            self.text_field,
            domain_column(self.by, parts.empty_table().schema, self.label),
        )
        parameters = {"stage": "DuplicateLines", **asdict(self), **counting._asdict()}
        del parameters["name"]
        open_work(work, {**parameters, "rows": [part.rows for part in parts.parts]})
        indices = range(len(parts.parts))
        counted = [work / f"counted-{i:05d}" for i in indices]
        items = [(parts.only(i), counted[i], _domains_piece(counted[i])) for i in indices]
        sizes = run_tasks(partial(_count_part, counting=counting), items, client)
        _total_domains(work, [_domains_piece(path) for path in counted])
        n_ranges = _ranges(sum(sizes))
        ranges = [(number, work / f"frequent-{number:05d}") for number in range(n_ranges)]
        task = partial(
            _range_task,
            n_ranges=n_ranges,
            n_parts=len(counted),
            work=work,
            least=(self.min_documents, self.min_share),
        )
        run_tasks(task, ranges, client)
        proposed = [(parts.only(i), work / f"cuts-{i:05d}") for i in indices]
        find = partial(
            _propose_part, counting=counting, n_ranges=n_ranges, work=work, keep=self.keep
        )
        run_tasks(find, proposed, client)
        return [path for _, path in proposed]


def _domains_piece(counted: Path) -> Path:
    return counted.with_name(counted.name.replace("counted", "domains"))


def _ranges(n_lines: int) -> int:
    n_ranges = 1
    while n_lines > n_ranges * LINES_AT_ONCE:
        n_ranges *= 2
    return n_ranges


class _Lines(NamedTuple):
    """The lines of a part's living documents that are long enough."""

    rows: np.ndarray
    """int64[n]: ordinal of the document of each line."""
    domains: np.ndarray
    """uint64[n]."""
    high: np.ndarray
    low: np.ndarray
    units: list[Units]
    """Where they are: one entry for a few megabytes of text."""


def _lines(rows: np.ndarray, texts: Utf8, domains: np.ndarray, counting: Counting) -> _Lines:
    found_rows, found_domains = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
    hashes, found_units = [np.zeros((0, 2), np.uint64)], []
    for place, chunk in chunks(texts):
        units = find_units(chunk, counting.min_characters, paragraphs=counting.unit == "paragraph")
        contents = gather(chunk.data, units.first_byte, units.last_byte)
        made = key_hashes if counting.key == "folded" else text_hashes
        hashes.append(made(contents))
        found_rows.append(rows[place][units.documents])
        found_domains.append(domains[place][units.documents])
        found_units.append(units)
    domain = np.concatenate(found_domains)
    joined_hashes = np.concatenate(hashes)
    return _Lines(
        np.concatenate(found_rows),
        domain,
        joined_hashes[:, 0] ^ (domain * DOMAIN_0),
        joined_hashes[:, 1] ^ (domain * DOMAIN_1),
        found_units,
    )


def _count_part(item: tuple[Parts, Path, Path], counting: Counting) -> int:
    """Write the distinct lines of a part and its domains; return how many lines."""
    part, path, domains_path = item
    if not (path.exists() and domains_path.exists()):
        rows, texts = living_texts(part, counting.text_field)
        domains = domain_hashes(part, counting.by)
        distinct, documents = np.unique(domains, return_counts=True)
        piece(domains_path, lambda: {"domains": distinct, "documents": documents.astype(np.int64)})
        piece(path, lambda: _distinct(_lines(rows, texts, domains, counting)))
    return len(read_arrays(path)["high"])


def _distinct(lines: _Lines) -> dict[str, np.ndarray]:
    """Return the arrays of ``NO_LINES``; lines come by rising row."""
    order = _by_hash(lines.high, lines.low)
    high, low, rows = lines.high[order], lines.low[order], lines.rows[order]
    is_first = _begins(high, low)
    starts = np.flatnonzero(is_first)
    # Rows rise within a line, so a document counts where it differs from the one before.
    counts = is_first.copy()
    counts[1:] |= rows[1:] != rows[:-1]
    total = np.add.reduceat(counts.astype(np.int64), starts) if len(starts) else starts
    return {
        "high": high[starts],
        "low": low[starts],
        "domains": lines.domains[order][starts],
        "counts": total.astype(np.int64),
        "firsts": rows[starts],
    }


def _by_hash(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Return int64[n]: an order by both halves that leaves equal ones as they stand."""
    order = np.argsort(high, kind="stable")
    tied = high[order[1:]] == high[order[:-1]]
    if np.any(tied & (low[order[1:]] != low[order[:-1]])):  # half a collision
        order = np.lexsort((low, high))
    return order


def _begins(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    begins = np.ones(len(high), np.bool_)
    begins[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    return begins


def _total_domains(work: Path, paths: list[Path]) -> None:
    """Write how many living documents each domain has, 16 bytes a domain."""

    def make() -> dict[str, np.ndarray]:
        found = joined(paths, NO_DOMAINS)
        domains, inverse = np.unique(found["domains"], return_inverse=True)
        documents = np.zeros(len(domains), np.int64)
        np.add.at(documents, inverse, found["documents"])
        return {"domains": domains, "documents": documents}

    piece(work / "domains", make)


def _range_task(
    item: tuple[int, Path], n_ranges: int, n_parts: int, work: Path, least: tuple[int, float]
) -> None:
    number, path = item
    piece(path, partial(_frequent, number, n_ranges, n_parts, work, least))


def _frequent(
    number: int, n_ranges: int, n_parts: int, work: Path, least: tuple[int, float]
) -> dict[str, np.ndarray]:
    """Return the lines of one range of hashes that enough documents have, and how many."""
    width = (1 << 64) // n_ranges
    lowest, highest = np.uint64(number * width), np.uint64((number + 1) * width - 1)
    slices = [NO_LINES]
    for index in range(n_parts):
        arrays = read_arrays(work / f"counted-{index:05d}")
        start = np.searchsorted(arrays["high"], lowest)
        stop = np.searchsorted(arrays["high"], highest, side="right")
        if start < stop:  # copied: a slice would hold its file open
            slices.append({name: arrays[name][start:stop].copy() for name in NO_LINES})
    found = {name: np.concatenate([part[name] for part in slices]) for name in NO_LINES}
    del slices
    order = _by_hash(found["high"], found["low"])
    found = {name: array[order] for name, array in found.items()}
    starts = np.flatnonzero(_begins(found["high"], found["low"]))
    counts = np.add.reduceat(found["counts"], starts) if len(starts) else starts
    domains = read_arrays(work / "domains")
    of_domain = domains["documents"][np.searchsorted(domains["domains"], found["domains"][starts])]
    enough = (counts >= least[0]) & (counts >= least[1] * of_domain)
    # Parts are in corpus order and the sort is stable: the first of a run is the earliest.
    chosen = starts[enough]
    return {
        "high": found["high"][chosen],
        "low": found["low"][chosen],
        "counts": counts[enough].astype(np.int64),
        "firsts": found["firsts"][chosen],
    }


def _propose_part(
    item: tuple[Parts, Path], counting: Counting, n_ranges: int, work: Path, keep: str
) -> None:
    part, path = item
    piece(path, partial(_proposed, part, counting, n_ranges, work, keep))


def _proposed(
    part: Parts, counting: Counting, n_ranges: int, work: Path, keep: str
) -> dict[str, np.ndarray]:
    """Return the arrays of ``NO_CUTS`` for one part."""
    frequent = [read_arrays(work / f"frequent-{number:05d}") for number in range(n_ranges)]
    if not any(len(arrays["high"]) for arrays in frequent):
        return NO_CUTS
    rows, texts = living_texts(part, counting.text_field)
    lines = _lines(rows, texts, domain_hashes(part, counting.by), counting)
    counts = np.zeros(len(lines.high), np.int64)
    firsts = np.full(len(lines.high), NOBODY, np.int64)
    for arrays in frequent:
        places = _look_up(arrays, lines.high, lines.low)
        known = places >= 0
        counts[known] = arrays["counts"][places[known]]
        firsts[known] = arrays["firsts"][places[known]]
    chosen = counts > 0
    if keep == "first":
        chosen &= firsts != lines.rows
    starts, ends, at = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
    for units in lines.units:
        here = chosen[at : at + len(units.documents)]
        at += len(here)
        some_starts, some_ends = spans_without(units, here)
        starts.append(some_starts)
        ends.append(some_ends)
    return {
        "rows": lines.rows[chosen],
        "starts": np.concatenate(starts),
        "ends": np.concatenate(ends),
        "kept": firsts[chosen] if keep == "first" else np.full(chosen.sum(), NOBODY, np.int64),
        "values": counts[chosen],
    }


def _look_up(arrays: dict[str, np.ndarray], high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Return int64[n]: where each hash stands in ``arrays``, or -1."""
    known = arrays["high"]
    places = np.searchsorted(known, high)
    result = np.full(len(high), -1, np.int64)
    waiting = np.flatnonzero(places < len(known))
    while len(waiting):  # more than once only where two lines share half their hash
        waiting = waiting[known[places[waiting]] == high[waiting]]
        same = arrays["low"][places[waiting]] == low[waiting]
        result[waiting[same]] = places[waiting[same]]
        waiting = waiting[~same]
        places[waiting] += 1
        waiting = waiting[places[waiting] < len(known)]
    return result
