"""Signing in one pass: what the kernels for each step return one after the other."""

from __future__ import annotations

import gzip
import itertools
import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.dedup.copies.signing import ONE_PASS, Signing, sign, signed_runs
from curator.kernels import buffers
from curator.kernels.buffers import Utf8
from curator.kernels.fold import cpu as fold_cpu
from curator.kernels.fold import windows
from curator.kernels.signing import Signed, cpu
from tests.kernels.test_fold import INTERESTING, MARKED, composing_pairs, forget

SIGNING = Signing("text", (12, 12), 96, 1, True, 50, 0, ONE_PASS, None)
SMALL = SIGNING._replace(bands=4, min_key_characters=3, characters=(3, 5), rows_per_band=2, seed=7)
YUE = "佢哋喺度傾緊偈，我哋聽唔到佢講乜嘢㗎。𠻺𠮶個人好chill！"
JAV = "Basa Jawa iku basa sing dituturake déning wong Jawa ing Pulo Jawa. "
BURMESE = "မြန်မာဘာသာစကား သည် မြန်မာနိုင်ငံ၏ ရုံးသုံးဘာသာ ဖြစ်သည်။"
OLD = "Soedah poenja tjoetjoe di Djawa; oentoek toean poen baroe. " * 3
texts = st.text(st.one_of(st.sampled_from(INTERESTING), st.characters(exclude_categories=["Cs"])))
real = st.sampled_from([YUE, YUE * 9, JAV, JAV * 5, BURMESE * 3, OLD, "", "…", "e\u0301" * 70])


def one_pass(found: Utf8, signing: Signing) -> Signed:
    (run,) = signed_runs(np.arange(found.n_documents), found, signing)
    return run.found


def assert_same(found: Utf8, signing: Signing = SIGNING) -> Signed:
    expected, together = sign(found, signing), one_pass(found, signing)
    for name, left, right in zip(Signed._fields, expected, together, strict=True):
        pairs = zip(left, right, strict=True) if name == "keys" else [(left, right)]
        for wanted, got in pairs:
            assert wanted.dtype == got.dtype, name
            assert np.array_equal(wanted, got), name
    return together


@settings(deadline=None)  # the first example compiles the kernel
@given(st.lists(st.one_of(texts, real), max_size=12), st.sampled_from([SIGNING, SMALL]))
def test_one_pass_equals_the_steps(documents: list[str], signing: Signing) -> None:
    assert_same(buffers.of(documents), signing)
    assert_same(buffers.of(documents), signing._replace(sketched=False))


@settings(deadline=None)
@given(st.lists(real, min_size=2, max_size=8), st.data())
def test_a_slice_is_signed_like_its_documents(documents: list[str], data: st.DataObject) -> None:
    whole = buffers.of(documents)
    start = data.draw(st.integers(0, len(documents) - 1))
    found = one_pass(Utf8(whole.offsets[start:], whole.data), SMALL)
    alone = one_pass(buffers.of(documents[start:]), SMALL)
    assert np.array_equal(found.hashes, alone.hashes)
    assert np.array_equal(found.bands, alone.bands)
    assert np.array_equal(found.keys.data, alone.keys.data)


@settings(deadline=None)
@given(st.lists(real, min_size=1, max_size=12), st.sampled_from([1, 64, 300]))
def test_batches_change_nothing(documents: list[str], batch: int) -> None:
    found = buffers.of(documents)
    expected = one_pass(found, SIGNING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cpu, "BATCH_BYTES", batch)
        together = one_pass(found, SIGNING)
    assert np.array_equal(expected.hashes, together.hashes)
    assert np.array_equal(expected.bands, together.bands)
    assert np.array_equal(expected.sketches, together.sketches)
    assert np.array_equal(expected.keys.data, together.keys.data)


@settings(deadline=None)
@given(MARKED, st.sampled_from([0, 5, 40]))
def test_windows_met_for_the_first_time_are_learnt(documents: list[str], most: int) -> None:
    """Those that can be remembered, and those of documents that must be folded whole."""
    marked = [document + YUE + document for document in documents]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "MOST_NODES", most)
        for found in (buffers.of(marked), buffers.of([*marked, OLD, *marked[::-1]])):
            forget()
            expected = sign(found, SMALL)
            forget()
            together = one_pass(found, SMALL)
            assert np.array_equal(expected.hashes, together.hashes)
            assert np.array_equal(expected.quality, together.quality)
            assert np.array_equal(expected.keys.data, together.keys.data)
    forget()


def test_more_windows_than_are_noted_at_once_are_learnt_round_by_round() -> None:
    text = "ⓧ".join(composing_pairs()[:: 45256 // (3 * fold_cpu.MOST_UNKNOWN)])
    forget()
    assert_same(buffers.of([YUE, text, JAV, text, OLD]), SMALL)
    forget()
    found = one_pass(buffers.of([text, YUE, text]), SMALL)
    assert np.array_equal(found.hashes[0], found.hashes[2])


def test_a_respelt_text_brings_windows_of_its_own() -> None:
    marked = "Soedah poenja tjoetjoe di Djawa; k\u0323\u0331oentoek x\u0308\u0323toean. " * 3
    plain = "Sudah punya cucu di Jawa; k\u0323\u0331untuk x\u0308\u0323tuan. " * 3
    forget()
    found = assert_same(buffers.of([YUE, marked, plain]))
    forget()
    alone = one_pass(buffers.of([marked]), SIGNING)
    assert np.array_equal(found.hashes[1], found.hashes[2])
    assert np.array_equal(found.hashes[1], alone.hashes[0])


def test_text_that_expands_finds_room() -> None:
    """Eighteen letters for three bytes: more code points, and more bytes of keys, than of text."""
    found = assert_same(buffers.of(["ﷺ" * 60_000, YUE, "ﷺ\u0323\u0301" * 30_000, JAV * 3]))
    assert found.quality[0, 1] == 60_000 * 15


def test_rare_characters_in_every_document() -> None:
    assert_same(buffers.of(["𠻺𠮶𡃁𨋢𠵱" * 40, "a" * 99 + "𠻺", "a" * 99 + "ŋ", "a" * 99]))


def test_a_long_document_among_short_ones() -> None:
    long = YUE * (3 * cpu.BATCH_BYTES // len(YUE.encode()))
    assert_same(buffers.of([JAV, long, YUE, *["短"] * 1000, long + JAV, OLD]))


def test_no_documents_and_empty_ones() -> None:
    nothing = assert_same(buffers.of([]))
    assert nothing.bands.shape == (96, 0)
    assert nothing.sketches.shape == (0, 128)
    empty = assert_same(buffers.of(["", "", "。"]))
    assert len(empty.documents) == 0
    assert len(empty.keys.data) == 0


def test_other_schemes_are_signed_step_by_step() -> None:
    found = buffers.of([YUE * 5, JAV * 5, ""])
    permuted = SIGNING._replace(scheme="permutations")
    (run,) = signed_runs(np.arange(3), found, permuted)
    assert np.array_equal(run.found.bands, sign(found, permuted).bands)
    assert not np.array_equal(run.found.bands, one_pass(found, SIGNING).bands)
    assert np.array_equal(run.found.hashes, one_pass(found, SIGNING).hashes)


def test_the_arrays_of_the_caller_are_as_they_were() -> None:
    found = buffers.of([OLD, YUE, JAV])
    offsets, data = found.offsets.copy(), found.data.copy()  # may be written to
    one_pass(Utf8(offsets, data), SIGNING)
    assert np.array_equal(offsets, found.offsets)
    assert np.array_equal(data, found.data)


def test_real_texts_are_signed_as_step_by_step(corpora: Path) -> None:
    with gzip.open(corpora / "bulk" / "bible_chapters.jsonl.gz", "rt", encoding="utf-8") as lines:
        chapters = [json.loads(line)["text"] for line in itertools.islice(lines, 0, None, 29)]
    chapters += [unicodedata.normalize("NFD", text) for text in chapters]
    forget()
    found = assert_same(buffers.of(chapters))
    assert len(found.documents) > len(chapters) // 2
