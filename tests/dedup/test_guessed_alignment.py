"""The guessed share that runs alongside: near the true one, whatever was changed and how."""

from __future__ import annotations

import numpy as np
import pytest

from curator.dedup.copies.guessed_alignment import factors
from curator.dedup.copies.signing import SKETCH_CHARACTERS, SKETCH_PLACES, Signing
from curator.dedup.copies.sketches import LEAST_ALONGSIDE
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.kernels.fold import Keys
from curator.kernels.minhash import signatures


def by_bands(bands: int, rows: int, characters: tuple[int, int]) -> Signing:
    return FuzzyDuplicates().signing._replace(
        bands=bands, rows_per_band=rows, characters=characters
    )


BANDS = by_bands(96, 1, (12, 12))
UNSPACED, SPACED = 1, 0
ALPHABETS = {UNSPACED: 3000, SPACED: 24}
N = 300


def shares(left: list[np.ndarray], right: list[np.ndarray], kind: int) -> np.ndarray:
    """Return float64[m]: the most that may run alongside, of each pair of keys that meets."""
    by_places, by_meetings = factors(BANDS)
    keys = [*left, *right]
    sizes = np.array([len(key) for key in keys])
    nothing = np.zeros(len(keys), np.int64)
    joint = Keys(np.cumsum([0, *sizes]), np.concatenate(keys).astype(np.uint32), nothing, nothing)
    n = len(left)

    def agreeing(length: int, places: int, bits: int) -> np.ndarray:
        found = signatures(joint, np.full(len(keys), length), places, 0) & np.uint32(2**bits - 1)
        return (found[:n] == found[n:]).sum(axis=1)

    short = SKETCH_CHARACTERS[kind == SPACED]
    places, met = agreeing(short, SKETCH_PLACES, 8), agreeing(12, BANDS.bands, 32)
    ratio = (sizes[:n] + sizes[n:]) / np.minimum(sizes[:n], sizes[n:])
    return (ratio * by_places[kind, places] * by_meetings[kind, met])[met > 0]


def drawn(rng: np.random.Generator, size: int, kind: int) -> np.ndarray:
    return rng.integers(0, ALPHABETS[kind], size)


def changed(rng: np.random.Generator, key: np.ndarray, share: float, run: int) -> np.ndarray:
    """Return the key with about such a share of its characters replaced, ``run`` together."""
    result = key.copy()
    for place in np.flatnonzero(rng.random(len(key)) < share / run).tolist():
        result[place : place + run] = 5000 + rng.integers(0, 3000, len(result[place : place + run]))
    return result


@pytest.mark.parametrize("kind", [UNSPACED, SPACED])
@pytest.mark.parametrize("run", [1, 4, 40])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.2])
def test_copies_may_run_alongside_whatever_was_changed(kind: int, run: int, share: float) -> None:
    rng = np.random.default_rng([kind, run, int(1000 * share)])
    keys = [drawn(rng, 600, kind) for _ in range(N)]
    found = shares(keys, [changed(rng, key, share, run) for key in keys], kind)
    assert (found >= LEAST_ALONGSIDE).mean() > 0.97


@pytest.mark.parametrize("kind", [UNSPACED, SPACED])
def test_a_copy_in_a_longer_document_may_run_alongside(kind: int) -> None:
    rng = np.random.default_rng(kind)
    keys = [drawn(rng, 500, kind) for _ in range(N)]
    longer = [np.concatenate([drawn(rng, 700, kind), changed(rng, k, 0.05, 1)]) for k in keys]
    assert (shares(keys, longer, kind) >= LEAST_ALONGSIDE).mean() > 0.97


@pytest.mark.parametrize("kind", [UNSPACED, SPACED])
@pytest.mark.parametrize("share", [0.25, 0.35])
def test_documents_that_share_a_section_run_alongside_no_further(kind: int, share: float) -> None:
    rng = np.random.default_rng(kind)
    keys = [drawn(rng, 800, kind) for _ in range(N)]
    section = int(800 * share)
    others = [np.concatenate([drawn(rng, 800 - section, kind), key[:section]]) for key in keys]
    found = shares(keys, others, kind)
    assert (found > share).mean() > 0.85
    assert (found < LEAST_ALONGSIDE).mean() > (0.65 if kind == UNSPACED else 0.4)


def test_nothing_is_guessed_where_the_bands_have_no_longer_shingles() -> None:
    by_places, by_meetings = factors(by_bands(40, 3, (5, 9)))
    assert (by_places[UNSPACED] == np.inf).all()
    assert (by_meetings[UNSPACED] == 1).all()
    assert np.isfinite(by_places[SPACED]).all()


@pytest.mark.parametrize("bands", [BANDS, by_bands(20, 5, (12, 12)), by_bands(300, 2, (8, 30))])
def test_shares_grow_with_short_shingles_in_common_and_shrink_with_long_ones(
    bands: Signing,
) -> None:
    by_places, by_meetings = factors(bands)
    assert by_places.shape == (2, SKETCH_PLACES + 1)
    assert by_meetings.shape == (2, 256)
    assert (np.diff(by_places) >= 0).all()
    assert (np.diff(by_meetings) <= 0).all()
    assert (by_places > 0).all()
    assert (by_meetings >= 1).all()


def test_of_a_whole_copy_no_more_than_all_runs_alongside() -> None:
    by_places, by_meetings = factors(by_bands(96, 1, (12, 12)))
    share = 2 * by_places[:, -1] * by_meetings[:, 96]  # of two documents of one size
    assert share == pytest.approx([1.0, 1.0], rel=0.1)
    assert by_meetings[:, 96] == pytest.approx(by_meetings[:, 120], rel=0.1)
