"""All steps from the texts of a corpus to the documents that are copies of better ones."""

from __future__ import annotations

import importlib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curator.arrow_numpy import strings
from curator.cluster import run_tasks
from curator.dedup.copies.candidates import unpack, write_eligible
from curator.dedup.copies.clusters import Stars
from curator.dedup.copies.judging import Judge
from curator.dedup.copies.letters import letter_classes
from curator.dedup.copies.pair_ranges import find_candidates
from curator.dedup.copies.prepared import prepare
from curator.dedup.copies.settling import NO_STARS, settle
from curator.dedup.copies.signing import Signing, sign_part, signed_piece
from curator.dedup.copies.standing import RANKED, rank, ranking_beside
from curator.dedup.copies.verified import write_edges
from curator.dedup.layout import write_layout
from curator.dedup.pieces import joined, read_arrays
from curator.dedup.same_keys import NO_FOLLOWERS, settle_keys
from curator.dedup.verdicts import Duplicates, encoded, four_decimals
from curator.io.parts import Corpus

Rule = tuple[float, float | None]
"""Least share that runs alongside; least share of shingles in common, which holds if given."""
SIGNED = "signed"
SAME_KEY, FUZZY = "same_key", "fuzzy_duplicate"


def make_ready() -> None:
    """Make and load what is the same for all corpora, once this module is loaded.

    Together they take .1 s, in which ``curator dedup`` reads its input as well.
    """
    letter_classes()
    for name in ("pyarrow.compute", "numpy.ma"):  # takes and filters of Arrow; ``np.unique``
        importlib.import_module(name)


def find(
    parts: Corpus,
    signing: Signing,
    rule: Rule,
    work: Path,
    client: Any | None,
    absent: np.ndarray,
) -> Duplicates:
    """Return which rows to drop, and for which; ``absent`` (int64[n]) were dropped before."""
    items = [(parts.only(i), signed_piece(work, i)) for i in range(len(parts.parts))]
    run_tasks(partial(sign_part, signing=signing), items, client)
    same = settle_keys(parts, SIGNED, absent, work, client)
    write_layout(parts, work)
    write_eligible(len(items), same, parts.total_rows, work)
    candidates = find_candidates(signing, work, client, ranking_beside(parts, work))
    found = joined(_stars(parts, candidates, signing, rule, work, client), NO_STARS)
    return _join(**joined(same, NO_FOLLOWERS), found=Stars(**found))


def _stars(
    parts: Corpus,
    candidates: list[Path],
    signing: Signing,
    rule: Rule,
    work: Path,
    client: Any | None,
) -> list[Path]:
    """Return the pieces of the stars among documents that fold differently."""
    aligned, jaccard = rule
    if jaccard is not None or not (work / RANKED).exists():
        in_pairs = np.zeros(parts.total_rows, np.bool_)
        for path in candidates:
            in_pairs[unpack(read_arrays(path)["pairs"])] = True
        rank(parts, in_pairs, work, client)
        if jaccard is not None:
            prepare(parts, in_pairs, signing, work, client)
        del in_pairs
    ranking = read_arrays(work / RANKED)
    rank_of = np.empty(parts.total_rows, np.uint32)
    rank_of[ranking["rows"]] = np.arange(len(ranking["rows"]), dtype=np.uint32)
    judge = Judge(aligned, jaccard, work, client)
    return settle(write_edges(candidates, rank_of, judge), judge, work, client)


def _join(followers: np.ndarray, heads: np.ndarray, found: Stars) -> Duplicates:
    """Let the documents that share a dropped document's key follow it to the kept one."""
    order = np.argsort(found.dropped)
    dropped = found.dropped[order]
    places = np.searchsorted(dropped, heads)
    places[places == len(dropped)] = 0
    moved = dropped[places] == heads if len(dropped) else np.zeros(len(heads), np.bool_)
    kept, values = heads.copy(), np.ones(len(heads), np.float64)
    if moved.any():
        kept[moved] = found.kept[order][places[moved]]
        values[moved] = found.similarity[order][places[moved]]
    is_fuzzy = np.concatenate([moved, np.ones(len(found.dropped), np.bool_)])
    return Duplicates(
        np.concatenate([followers, found.dropped]),
        np.concatenate([kept, found.kept]),
        encoded(is_fuzzy, strings([SAME_KEY, FUZZY])),
        four_decimals(np.concatenate([values, found.similarity])),
    )
