"""Short documents are counted and written down a few at a time: nobody's company matters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels import buffers
from curator.kernels.blocks import SIZE
from curator.kernels.compiled import njit
from curator.kernels.fold.blocks import COMPRESSES
from curator.kernels.text_stats import TextStatistics, cpu, text_stats
from curator.kernels.text_stats.classes import tables
from curator.kernels.text_stats.repetition import repetition
from curator.kernels.text_stats.spans import write_threes
from curator.kernels.text_stats.threes import MOST, write_block

PIECES = (
    "我哋", "食飯。", "啲,", "ka", "mangan ", "ก่ำ", "বাংলা ", "é", "ж", "\n", "\n\n", " ", "#",
    "…", "http://a.b ", "\U00020000", "\u3000", "12", "(", "read more.", "A",
)  # fmt: skip
TEXT = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def _rows(stats: TextStatistics) -> list[list[int]]:
    """Return everything that is counted, a row a document."""
    arrays = [array for array in vars(stats).values() if isinstance(array, np.ndarray)]
    for group in (stats.repetition, stats.ngrams):
        arrays += [array for array in vars(group).values() if isinstance(array, np.ndarray)]
    n = stats.texts.n_documents
    return [
        [int(number) for array in arrays for number in array[row].reshape(-1)] for row in range(n)
    ]


@settings(deadline=None)
@given(st.lists(TEXT, max_size=40))
def test_documents_together_count_as_each_alone(texts: Sequence[str]) -> None:
    together = _rows(text_stats(buffers.of(texts), ngrams=True))
    assert together == [_rows(text_stats(buffers.of([text]), ngrams=True))[0] for text in texts]


@settings(deadline=None)
@given(st.lists(TEXT, max_size=20))
def test_repetition_after_the_counts_is_that_of_the_text(texts: Sequence[str]) -> None:
    at = buffers.of(texts)
    found = text_stats(at).repetition
    wanted = repetition(at.offsets, at.data, tables().meanings)
    assert np.array_equal(np.stack(list(vars(found).values()), axis=1), wanted)


@pytest.mark.parametrize(
    ("text", "lines", "characters"),
    [("我哋食飯", 1, 4), ("aku mangan", 1, 10), ("বাংলা", 1, 5), (" \u3000", 0, 0), ("", 0, 0)],
)
def test_a_document_of_one_line_repeats_nothing(text: str, lines: int, characters: int) -> None:
    found = text_stats(buffers.of([text])).repetition
    assert (found.lines.tolist(), found.unique_lines.tolist()) == ([lines], [lines])
    assert found.line_characters.tolist() == [characters]
    assert found.unique_line_characters.tolist() == [characters]
    assert (found.paragraphs.tolist(), found.unique_paragraphs.tolist()) == ([1], [1])
    assert found.paragraph_characters.tolist() == [len(text)]
    assert found.unique_paragraph_characters.tolist() == [len(text)]


@pytest.mark.parametrize("n", [0, 1, 15, 16, 17, 32, 33])
def test_the_last_documents_are_counted_whether_they_fill_a_row_or_not(n: int) -> None:
    stats = text_stats(buffers.of([f"{'佢' * (k + 1)} ka" for k in range(n)]), ngrams=True)
    assert stats.han.tolist() == list(range(1, n + 1))
    assert stats.latin.tolist() == [2] * n
    assert stats.unspaced_words.tolist() == list(range(1, n + 1))
    assert stats.longest_run.tolist() == list(range(1, n + 1))


def test_no_class_lies_beyond_the_room_for_classes() -> None:
    assert len(tables().counts) <= cpu.CLASSES


@njit()
def _at_once(data, starts, heads, n, character, firsts, ends, values):  # type: ignore[no-untyped-def]
    write_block(data, 0, starts, heads, n, character, firsts, ends, values)


@njit()
def _one_by_one(data, starts, heads, n, character, words, values):  # type: ignore[no-untyped-def]
    write_threes(data, 0, starts, heads, n, character, words, values)


@pytest.mark.skipif(not COMPRESSES, reason="this processor writes words one by one")
@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_words_of_a_block_written_at_once_are_those_written_one_by_one(kind: type) -> None:
    random = np.random.default_rng(7)
    for _ in range(50):
        text = "".join(random.choice(list("我哋食飯é aж。"), SIZE))
        data = np.frombuffer(text.encode()[: SIZE + 16].ljust(SIZE + 16), np.uint8)
        is_head = (data[: SIZE - 1] & 0xC0) != 0x80
        is_start = is_head & (data[: SIZE - 1] >= 0xE0)
        heads, starts = (
            np.uint64(sum(1 << int(place) for place in np.flatnonzero(bits)))
            for bits in (is_head, is_start)
        )
        n = int(is_start.sum())
        words: np.ndarray = np.zeros((4, 3 + MOST), kind)
        values = np.zeros(3 + MOST, np.uint64)
        others, other_values = words.copy(), values.copy()
        _one_by_one(data, starts, heads, 3, 5, words, values)
        _at_once(data, starts, heads, 3, 5, others[2], others[3], other_values)
        assert np.array_equal(words[:, : 3 + n], others[:, : 3 + n])
        assert np.array_equal(values[: 3 + n], other_values[: 3 + n])
