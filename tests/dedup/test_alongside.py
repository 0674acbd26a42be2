"""Pairs laid alongside in tasks over parts of a corpus: as one by one, whatever the tasks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curator.dedup.copies import alongside
from curator.dedup.copies.alongside import Found, aligned_shares
from curator.dedup.copies.differences import say_the_same
from curator.dedup.copies.gathered import distinct, rising
from curator.dedup.copies.letters import letter_classes
from curator.dedup.copies.signing import sign_part, signed_piece
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.io.parts import Corpus
from curator.kernels import buffers
from curator.kernels.alignment import align
from curator.kernels.fold import fold
from curator.kernels.narrow import narrow
from curator.kernels.shingles import unspaced
from tests.dedup.corpus import cantonese, edited, javanese, write_parts

HINDI = "दादी हर सुबह नदी के किनारे बैठकर पुराने गीत गाती हैं और गाँव के बच्चे दौड़ते हुए आते हैं "


def texts_of(seed: int) -> list[str]:
    """Return texts in three languages, copies of them with some changes, and pages of numbers."""
    rng = np.random.default_rng(seed)
    texts = [cantonese(rng, int(n)) for n in rng.integers(60, 400, 8)]
    texts += [javanese(rng, int(n)) for n in rng.integers(40, 120, 8)]
    texts += [HINDI * int(n) + cantonese(rng, 20) for n in rng.integers(2, 6, 4)]
    texts += [text + "𠻺𠺢" * 3 for text in texts[:4]]
    texts += [edited(rng, text, int(len(text) * 0.04)) for text in texts]
    return [*texts, *(f"{cantonese(rng, 90)}{n}年{3 * n}月{7 * n}號" for n in range(100, 104))]


def signed(folder: Path, texts: list[str], sizes: list[int]) -> tuple[Corpus, Path]:
    """Return a corpus of so many texts a part, signed, and the folder of its pieces."""
    parts = write_parts(folder, texts, sizes=sizes)
    stage, work = FuzzyDuplicates(), folder / "work"
    stage.open(parts, work)
    for index in range(len(parts.parts)):
        sign_part((parts.only(index), signed_piece(work, index)), stage.signing)
    return parts, work


def one_by_one(texts: list[str], pairs: np.ndarray, at_least: float) -> np.ndarray:
    """Return what ``aligned_shares`` promises, each pair by itself."""
    keys = fold(buffers.of(texts))
    scripts, narrowed = unspaced(keys), narrow(keys, np.arange(len(texts)))
    result = np.zeros((len(pairs), 2))
    for place, (_, part) in enumerate(pairs.tolist()):
        pair = pairs[place : place + 1]
        one = align(narrowed, narrowed, pair, scripts, at_least, letter_classes())
        length = keys.lengths[[part]]
        if say_the_same(one, length, scripts[[part]])[0]:
            result[place] = one.aligned[0] / length[0], one.equal[0] / length[0]
    return result


def shares_of(found: Found, pairs: np.ndarray) -> np.ndarray:
    """Return float64[pairs, 2]: the shares of all pairs, 0 for those that were not found."""
    shares = np.zeros((len(pairs), 2))
    shares[found.places] = found.shares
    assert len(found.places) == len(np.unique(found.places)) == np.count_nonzero(shares[:, 0])
    return shares


def some_pairs(texts: list[str], parts: Corpus, work: Path, n: int) -> np.ndarray:
    """Return pairs of signed rows drawn at random, copies among them, each once."""
    rng = np.random.default_rng(n)
    signed_rows = set()
    for index in range(len(parts.parts)):
        found = alongside.read_arrays(signed_piece(work, index))
        signed_rows.update(found["signed"].tolist())
    drawn = rng.integers(0, len(texts), (n, 2)).tolist()
    half = (len(texts) - 4) // 2
    drawn += [[i, half + i] for i in range(half)] + [[half + i, i] for i in range(0, half, 3)]
    kept = {(a, b) for a, b in drawn if a != b and {a, b} <= signed_rows}
    pairs = np.array(sorted(kept), np.uint32)
    return pairs[rng.permutation(len(pairs))]


@pytest.mark.parametrize("at_least", [0.5, 0.7, 0.9])
@pytest.mark.parametrize(
    ("here", "pairs_at_once", "bytes_at_once"),
    [(1 << 20, 1, 1), (0, 7, 1 << 30), (0, 1, 20_000), (0, 1000, 3000), (0, 1000, 1)],
)
def test_pairs_are_aligned_as_one_by_one_whatever_the_rounds(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at_least: float,
    here: int,
    pairs_at_once: int,
    bytes_at_once: int,
) -> None:
    texts = texts_of(1)
    parts, work = signed(tmp_path, texts, [0, 9, 0, 20, 1, len(texts) - 30, 0])
    pairs = some_pairs(texts, parts, work, 200)
    lengths = fold(buffers.of(texts)).lengths[pairs].astype(np.uint32)
    monkeypatch.setattr(alongside, "HERE", here)
    monkeypatch.setattr(alongside, "PAIRS_AT_ONCE", pairs_at_once)
    monkeypatch.setattr(alongside, "BYTES_AT_ONCE", bytes_at_once)
    expected = one_by_one(texts, pairs, at_least)
    assert 10 < (expected[:, 0] > 0).sum() < len(pairs)
    with ThreadPoolExecutor(3) as threads:
        found = aligned_shares(parts, pairs, lengths, at_least, "some", work, threads)
    assert np.array_equal(shares_of(found, pairs), expected)
    n_rounds = len(list(work.glob("some-alongside-*")))
    assert (n_rounds == 0) == (here > 0)
    assert (n_rounds > 1) == (here == 0 and bytes_at_once < 1 << 30)
    # Begun again, it takes what is finished; in one thread it finds the same.
    for name in ("some", "others"):
        again = aligned_shares(parts, pairs, lengths, at_least, name, work, None)
        assert np.array_equal(shares_of(again, pairs), expected)
    # A run that goes on elsewhere, in other rounds, takes none of them for its own.
    monkeypatch.setattr(alongside, "BYTES_AT_ONCE", 5 * bytes_at_once)
    elsewhere = aligned_shares(parts, pairs, lengths, at_least, "some", work, None)
    assert np.array_equal(shares_of(elsewhere, pairs), expected)


def test_no_pairs_have_no_shares(tmp_path: Path) -> None:
    parts, work = signed(tmp_path, ["阿婆" * 40, "街市" * 40], [2])
    nothing = np.zeros((0, 2), np.uint32)
    found = aligned_shares(parts, nothing, nothing, 0.9, "none", work, None)
    assert (found.places.shape, found.shares.shape) == ((0,), (0, 2))


@given(
    st.integers(1, 1 << 32).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.integers(0, min(n, 1 << 31) - 1), max_size=200))
    )
)
@example((5, [4, 0, 4, 2]))
@example((900, [899] + [7] * 300))
def test_distinct_rows_are_those_that_numpy_finds(rows: tuple[int, list[int]]) -> None:
    n_rows, some = rows[0], np.array(rows[1], np.int64)
    found, places = distinct(some, n_rows)
    expected, where = np.unique(some, return_inverse=True)
    assert found.tolist() == expected.tolist()
    assert places.tolist() == where.tolist()
    assert rising(some, n_rows).tolist() == np.argsort(some, kind="stable").tolist()
