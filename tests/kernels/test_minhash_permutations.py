"""Classical MinHash, held to datasketch to the bit."""

from __future__ import annotations

import hashlib
import struct

import datasketch
import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from curator.dedup.interchange import DATASKETCH_SCHEMES, datasketch_signatures
from curator.errors import RecipeError
from curator.kernels import buffers
from curator.kernels.fold import Keys, fold
from curator.kernels.minhash import Digests, cpu, lowest_permuted, shingle_digests, signatures
from curator.kernels.minhash.permutations import PERMUTATIONS, drawn
from curator.kernels.shingles import shingle_sets

TEXTS = [
    "我哋今日去深水埗食雲吞麵，食完再去睇戲，好 chill 㗎！𠻺",
    "Aku lunga menyang pasar karo ibuku, tuku sega lan iwak.",
    "ꦧꦱꦗꦮꦱꦤ꧀ꦢꦔꦤ꧀ꦥꦤꦒꦶꦃ",  # consonants with vowel signs and a virama
    "Tiê\u0301ng Viê\u0323t co\u0301 nhiê\u0300u dâ\u0301u",
    "短",
    "",
]
HASHES = {"sha1": None, "xxh32": xxhash.xxh32_intdigest}


def plain(text: str, characters: int, hash: str, **options: object) -> datasketch.MinHash:
    minhash = datasketch.MinHash(hashfunc=HASHES[hash], **options)
    for i in range(len(text) - characters + 1):
        minhash.update(text[i : i + characters].encode())
    return minhash


@pytest.mark.parametrize("scheme", DATASKETCH_SCHEMES)
@pytest.mark.parametrize("hash", HASHES)
@pytest.mark.parametrize("characters", [1, 5, 13])
def test_signatures_equal_those_of_datasketch(scheme: str, hash: str, characters: int) -> None:
    signed = datasketch_signatures(buffers.of(TEXTS), characters, 128, 1, hash, scheme)
    for text, row in zip(TEXTS, signed, strict=True):
        minhash = plain(text, characters, hash, num_perm=128, seed=1, scheme=scheme)
        assert row.tolist() == minhash.hashvalues.tolist()


def test_the_defaults_are_the_defaults_of_datasketch() -> None:
    [row] = datasketch_signatures(buffers.of(TEXTS[:1]), 5)
    assert row.tolist() == plain(TEXTS[0], 5, "sha1").hashvalues.tolist()


@pytest.mark.parametrize("scheme", DATASKETCH_SCHEMES)
def test_signatures_go_to_datasketch_and_come_back(scheme: str) -> None:
    rows = datasketch_signatures(buffers.of(TEXTS), 3, 64, 7, scheme=scheme)
    for text, row in zip(TEXTS, rows, strict=True):
        there = datasketch.MinHash(hashvalues=row, seed=7, scheme=scheme)
        assert there.jaccard(plain(text, 3, "sha1", num_perm=64, seed=7, scheme=scheme)) == 1.0
        there.update("更多".encode())
        back = there.hashvalues.astype(np.uint32)
        longer = plain(text, 3, "sha1", num_perm=64, seed=7, scheme=scheme)
        longer.update("更多".encode())
        assert back.tolist() == longer.hashvalues.tolist()


@given(
    st.lists(st.text(max_size=40), max_size=4),
    st.integers(1, 70),
    st.sampled_from(sorted(HASHES)),
)
def test_digests_equal_those_of_the_python_functions(
    texts: list[str], characters: int, hash: str
) -> None:
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    texts += [text * 3 for text in texts]
    offsets, hashes = shingle_digests(buffers.of(texts), characters, hash)
    expected = []
    for text in texts:
        for i in range(len(text) - characters + 1):
            data = text[i : i + characters].encode()
            if hash == "sha1":
                expected.append(struct.unpack("<I", hashlib.sha1(data).digest()[:4])[0])
            else:
                expected.append(xxhash.xxh32_intdigest(data))
    assert hashes.tolist() == expected
    assert np.diff(offsets).tolist() == [max(0, len(text) - characters + 1) for text in texts]


def test_long_messages_take_several_blocks_of_sha1() -> None:
    text = "香港a" * 60
    for characters in (18, 19, 20, 55, 56, 64, 130):
        [first, *_] = shingle_digests(buffers.of([text]), characters, "sha1").hashes.tolist()
        digest = hashlib.sha1(text[:characters].encode()).digest()
        assert first == struct.unpack("<I", digest[:4])[0]


@pytest.mark.parametrize("scheme", PERMUTATIONS)
@pytest.mark.parametrize("n_hashes", [1, 31, 32, 100, 128])
def test_the_stage_signs_as_datasketch_does_from_the_low_halves(scheme: str, n_hashes: int) -> None:
    keys = fold(buffers.of(TEXTS))
    lengths = np.array([5, 10, 5, 10, 5, 5])
    signed = signatures(keys, lengths, n_hashes, 3, scheme)
    sets = shingle_sets(keys, lengths)
    name = {ours: theirs for theirs, ours in DATASKETCH_SCHEMES.items()}[scheme]
    for i in range(4):
        hashes = sets.hashes[sets.offsets[i] : sets.offsets[i + 1]] & np.uint64(0xFFFFFFFF)
        minhash = datasketch.MinHash(n_hashes, seed=3, hashfunc=int, scheme=name)
        minhash.update_batch(hashes.tolist())
        assert signed[i].tolist() == minhash.hashvalues.tolist()
    assert signed[4:].tolist() == [[0] * n_hashes] * 2


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=12), st.integers(0, 2**32 - 1))
def test_the_least_of_any_hashes_equals_datasketch(hashes: list[int], seed: int) -> None:
    sets = Digests(np.array([0, 0, len(hashes)]), np.array(hashes, np.uint32))
    for name, ours in DATASKETCH_SCHEMES.items():
        minhash = datasketch.MinHash(33, seed=seed, hashfunc=int, scheme=name)
        empty = minhash.hashvalues.tolist()
        minhash.update_batch(hashes)
        found = lowest_permuted(sets, 33, seed, ours).tolist()
        assert found == [empty, minhash.hashvalues.tolist()]


def test_sums_at_the_prime_and_at_the_end_of_64_bits_are_exact() -> None:
    prime, full = (1 << 61) - 1, 1 << 64
    wanted = [k * prime + d for k in range(9) for d in range(-2, 10) if 0 <= k * prime + d < full]
    wanted += [full - d for d in range(1, 20)]
    wanted += [(k << 61) + (low << 32) + d for k in range(8) for low in (0, 5) for d in range(20)]
    wanted += [(k << 61) + 0xFFFFFFFF - d for k in range(8) for d in range(20)]
    h = 12345
    b = np.array([(x - h) % full for x in wanted], np.uint64)
    a = np.ones(len(b), np.uint64)
    for hashes in ([h], [h] * 5):
        offsets = np.array([0, len(hashes)])
        found = cpu.lowest_permuted(offsets, np.array(hashes, np.uint32), len(b), a, b)
        assert found[0].tolist() == [x % prime % 2**32 for x in wanted]


@pytest.mark.parametrize("scheme", PERMUTATIONS)
@pytest.mark.parametrize("size", [20, 300])
def test_the_estimate_is_unbiased(scheme: str, size: int) -> None:
    rng = np.random.default_rng(size)
    half = size // 2
    rows = []
    for _ in range(300):
        drawn_ones = rng.choice(1_000_000, 2 * size - half, replace=False) + 1
        rows += [drawn_ones[:size], np.concatenate([drawn_ones[:half], drawn_ones[size:]])]
    nothing = np.zeros(600, np.int64)
    offsets = np.arange(601, dtype=np.int64) * size
    keys = Keys(offsets, np.concatenate(rows).astype(np.uint32), nothing, nothing)
    signed = signatures(keys, nothing + 1, 128, 1, scheme)
    estimates = (signed[::2] == signed[1::2]).mean(axis=1)
    sharpness = np.sqrt(1 / 3 * 2 / 3 / 128)
    assert abs(estimates.mean() - 1 / 3) < 5 * sharpness / np.sqrt(300)
    assert estimates.std() < 1.2 * sharpness


def test_a_seed_numpy_cannot_take_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"seed=4294967296; .* 0 to 2\*\*32 - 1"):
        drawn("permutations", 8, 1 << 32)


def test_unknown_names_are_refused_with_the_nearest() -> None:
    texts = buffers.of(["香港"])
    with pytest.raises(RecipeError, match="did you mean 'legacy'"):
        datasketch_signatures(texts, 2, scheme="legaci")
    with pytest.raises(RecipeError, match="did you mean 'sha1'"):
        datasketch_signatures(texts, 2, hash="sha")
    with pytest.raises(RecipeError, match="shingle_characters=0"):
        datasketch_signatures(texts, 0)


def test_no_texts_give_no_rows() -> None:
    assert datasketch_signatures(buffers.of([]), 5).shape == (0, 128)
