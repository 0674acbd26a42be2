"""Marker counts are those of a regular expression with the longest word first."""

from __future__ import annotations

import re

import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curator.kernels import buffers
from curator.kernels.markers import count_markers, marker_tree

HAN = (("係", "嘅", "唔係"), ("的", "是不是", "不是"))
LATIN = (("ora", "wis", "kowé", "sing"), ("tidak", "ini"))


@given(st.lists(st.text(alphabet="係嘅唔關的是不x好", max_size=20), max_size=4))
@settings(deadline=None)
@example(["關係係唔係的是不是"])
def test_the_longest_word_counts_and_neutral_words_hide(documents: list[str]) -> None:
    kind = {word: number for number, words in enumerate(HAN) for word in words} | {"關係": 2}
    expression = re.compile("|".join(sorted(kind, key=lambda word: (-len(word), word))))
    counts = count_markers(buffers.of(documents), marker_tree(HAN, neutral=["關係"]))
    for row, document in enumerate(documents):
        found = [kind[match] for match in expression.findall(document)]
        assert counts[row].tolist() == [found.count(0), found.count(1)]


latin = st.lists(
    st.sampled_from(
        ("ora", "ORA", "wis", "kowé", "ini", "sing", " ", "-", "é", "\u0301", "1", "好")
    )
).map("".join)


@given(st.lists(latin, max_size=4))
@settings(deadline=None)
@example(["ora, Ora! orane ora-ora oraé"])
def test_whole_words_stand_alone(documents: list[str]) -> None:
    counts = count_markers(buffers.of(documents), marker_tree(LATIN, whole_words=True))
    for row, document in enumerate(documents):
        words = regex.findall(r"[\p{L}\p{M}\p{Nd}]+", document)
        lowered = ["".join(c.lower() if c.isascii() else c for c in word) for word in words]
        for group, members in enumerate(LATIN):
            assert counts[row, group] == sum(word in members for word in lowered)


def test_no_document_and_empty_text_have_no_markers() -> None:
    tree = marker_tree(HAN)
    assert count_markers(buffers.of([]), tree).shape == (0, 2)
    assert count_markers(buffers.of([""]), tree).tolist() == [[0, 0]]
