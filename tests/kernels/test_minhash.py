"""Signatures estimate the Jaccard of two sets, whatever their size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.errors import RecipeError
from curator.kernels import buffers
from curator.kernels.bands import band_hashes
from curator.kernels.fold import Keys, fold
from curator.kernels.jaccard import jaccard
from curator.kernels.minhash import short_bands, signatures
from curator.kernels.minhash.cpu import AT_ONCE
from curator.kernels.shingles import shingle_sets
from curator.kernels.shingles.cpu import BASE
from tests.kernels.plain_shingles import MASK, plain_mix, plain_signature

N_HASHES = 120


def pairs_of_sets(size: int, in_common: int, n_pairs: int) -> tuple[Keys, np.ndarray]:
    """Documents of one-character shingles, so that their sets are known exactly."""
    rng = np.random.default_rng(size)
    rows = []
    for _ in range(n_pairs):
        drawn = rng.choice(1_000_000, 2 * size - in_common, replace=False) + 1
        rows += [drawn[:size], np.concatenate([drawn[:in_common], drawn[size:]])]
    offsets = np.arange(2 * n_pairs + 1, dtype=np.int64) * size
    nothing = np.zeros(2 * n_pairs, np.int64)
    keys = Keys(offsets, np.concatenate(rows).astype(np.uint32), nothing, nothing)
    return keys, np.ones(2 * n_pairs, np.int64)


@pytest.mark.parametrize("size", [3, 20, 46, 300, 2000])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_estimate_is_unbiased_and_as_sharp_as_minhash(size: int, share: float) -> None:
    in_common = round(2 * size * share / (1 + share))
    keys, lengths = pairs_of_sets(size, in_common, n_pairs=400)
    exact = in_common / (2 * size - in_common)
    sets = shingle_sets(keys, lengths)
    pairs = np.arange(800).reshape(-1, 2)
    assert np.allclose(jaccard(sets, sets, pairs), exact)
    signed = signatures(keys, lengths, N_HASHES)
    estimates = (signed[::2] == signed[1::2]).mean(axis=1)
    sharpness = np.sqrt(exact * (1 - exact) / N_HASHES) + 1e-9
    assert abs(estimates.mean() - exact) < 5 * sharpness / np.sqrt(400)
    assert estimates.std() < 1.15 * sharpness


@settings(deadline=None, max_examples=60)  # the first example compiles the kernel
@given(
    st.lists(st.text("香港人講𡃉aé\u0331n", min_size=1, max_size=80), min_size=1, max_size=3),
    st.integers(1, 14),
    st.sampled_from([1, 9, 40]),
    st.integers(0, 2**64 - 1),
)
def test_signatures_are_those_of_the_definition(
    texts: list[str], length: int, n_hashes: int, seed: int
) -> None:
    keys = fold(buffers.of(texts))
    signed = signatures(keys, np.full(len(texts), length), n_hashes, seed)
    for i in range(len(texts)):
        enough = keys.lengths[i] >= length
        expected = plain_signature(keys.document(i), length, n_hashes, seed) if enough else None
        assert signed[i].tolist() == (expected or [0] * n_hashes)


def test_long_texts_are_signed_as_the_definition_says() -> None:
    rng = np.random.default_rng(5)
    letters = ["香港人講廣東話嘅文章同埋新聞", "sugengenjing", "né̱tộ"]
    texts = ["".join(rng.choice(list(some), 2 * AT_ONCE + 9)) for some in letters]
    keys = fold(buffers.of(texts))
    signed = signatures(keys, np.full(3, 12), 250)
    for i in range(3):
        assert signed[i].tolist() == plain_signature(keys.document(i), 12, 250, 0)


@pytest.mark.parametrize("rows_per_band", [1, 3])
def test_bands_are_hashed_as_the_definition_says(rows_per_band: int) -> None:
    signed = np.random.default_rng(1).integers(0, 2**32, (5, 24), dtype=np.uint32)
    lengths, bands = np.array([12, 12, 5, 0, 7]), 24 // rows_per_band
    found = band_hashes(signed, bands, rows_per_band, lengths)
    for document, row in enumerate(signed.tolist()):
        for band in range(bands):
            h = int(lengths[document])
            for value in row[band * rows_per_band : (band + 1) * rows_per_band]:
                h = (h ^ value) * int(BASE) & MASK
                h ^= h >> 32
            assert found[band, document] == plain_mix(h)


@pytest.mark.parametrize("rows_per_band", [1, 3])
def test_short_bands_are_the_upper_halves_of_the_hashes_of_bands(rows_per_band: int) -> None:
    n, bands = 40, 24 // rows_per_band
    rng = np.random.default_rng(2)
    signed = rng.integers(0, 2**32, (n, 24), dtype=np.uint32)
    lengths = rng.choice([5, 7, 12], n)
    whole = band_hashes(signed, bands, rows_per_band, lengths) >> np.uint64(32)
    for documents in (np.arange(n), np.arange(0, n, 3), np.array([7]), np.zeros(0, np.int64)):
        found = short_bands(signed, documents, bands, rows_per_band, lengths)
        assert found.dtype == np.uint32
        assert np.array_equal(found, whole[:, documents])


def test_every_place_is_filled_even_for_one_shingle() -> None:
    signed = signatures(fold(buffers.of(["香港人好叻"])), np.array([5]), N_HASHES)
    assert len(np.unique(signed)) == N_HASHES


def test_equal_keys_have_equal_signatures_and_another_seed_gives_others() -> None:
    keys = fold(buffers.of(["香港人講廣東話", "香港人講「广东话」"]))
    lengths = np.array([5, 5])
    first, second = signatures(keys, lengths, N_HASHES, seed=7)
    assert first.tolist() == second.tolist()
    assert not np.any(first == signatures(keys, lengths, N_HASHES, seed=8)[0])


def test_texts_too_short_or_not_wanted_have_rows_of_zeros() -> None:
    keys = fold(buffers.of(["香港", "香港人講廣東話", ""]))
    assert signatures(keys, np.array([5, 0, 5]), 8).tolist() == [[0] * 8] * 3


def test_no_documents_give_no_rows() -> None:
    assert signatures(fold(buffers.of([])), np.zeros(0, np.int64), 8).shape == (0, 8)


def test_an_unknown_scheme_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(RecipeError, match="did you mean 'one_permutation'"):
        signatures(fold(buffers.of([])), np.zeros(0, np.int64), 8, scheme="one_permutations")


def test_a_signature_needs_a_hash() -> None:
    with pytest.raises(RecipeError, match="n_hashes=0"):
        signatures(fold(buffers.of([])), np.zeros(0, np.int64), 0)
