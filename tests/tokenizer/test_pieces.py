"""Cutting text into pieces: the kernel and the regular expression in the file are one rule."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels import buffers, pieces
from curator.kernels.pieces import cpu
from curator.kernels.pieces.classes import character_classes
from curator.tokenizer.pattern import EngineClasses, splitter

ENGINE = EngineClasses()
SPLITTER = splitter()
TELLING = "ab 嘅咗𠻺 \n\r\t　。，1９〇ーก็าংিহ\u200d\u200c👨❤️<>é\u0301\0\u2028\x85\x1c二٣"


def cut(text: str) -> list[str]:
    texts = buffers.of([text])
    bounds, first = pieces.cut(texts, ENGINE.know(sorted(set(map(ord, text)))))
    assert first.tolist() == [0, len(bounds) - 1]
    data = bytes(texts.data)
    pairs = zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    return [data[start:stop].decode() for start, stop in pairs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("好 chill呀 2x", ["好", " chill", "呀", " ", "2", "x"]),
        ("book咗1998年", ["book", "咗", "1", "9", "9", "8", "年"]),
        ("হ্যালো বাংলা।", ["হ্যালো", " বাংলা", "।"]),
        ("bengok-bengokan", ["bengok", "-", "bengokan"]),
        ("a   b", ["a", "  ", " b"]),
        (" 嘅  嘅", [" ", "嘅", " ", " ", "嘅"]),
        ("<pad>", ["<", "pad", ">"]),
        ("<0xFF>", ["<", "0", "xFF", ">"]),
        ("二〇二一年カード", ["二〇二一年カード"]),
        ("\n\n嘅\t\n", ["\n\n", "嘅", "\t", "\n"]),
        ("", []),
    ],
)
def test_text_is_cut_where_people_would(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text(TELLING, max_size=90)))
def test_the_kernel_cuts_as_the_regular_expression_does(text: str) -> None:
    assert cut(text) == [piece for piece, _ in SPLITTER.pre_tokenize_str(text)]


@pytest.mark.parametrize("character", ["a", " ", "嘅", "\n", "。", "\t", "ा"])
def test_long_runs_are_cut_as_the_regular_expression_does(character: str) -> None:
    text = f"x{character * 100} y"
    assert cut(text) == [piece for piece, _ in SPLITTER.pre_tokenize_str(text)]
    assert max(map(len, cut(text))) <= 33


def test_python_and_the_engine_agree_on_the_characters_in_use() -> None:
    blocks = [(0x20, 0x250), (0x900, 0xE80), (0x3001, 0x3098), (0x4E00, 0x9FFF), (0x1F300, 0x1F600)]
    points = [
        point
        for first, last in blocks
        for point in range(first, last)
        if unicodedata.category(chr(point)) != "Cn"
    ]
    assert np.array_equal(ENGINE.know(points)[points], character_classes()[points])


def test_limits_in_the_pattern_are_those_of_the_kernel() -> None:
    assert (cpu.MAX_WORD, cpu.MAX_RUN) == (pieces.MAX_WORD, pieces.MAX_RUN)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("ab嘅 াহ\u200d1", max_size=12), max_size=4), st.integers(1, 6))
def test_words_are_runs_of_letters_marks_and_joiners(texts: list[str], limit: int) -> None:
    packed = buffers.of(texts)
    starts, stops, documents = pieces.words(packed, character_classes(), limit)
    data = bytes(packed.data)
    found = [
        (document, data[start:stop].decode())
        for start, stop, document in zip(
            starts.tolist(), stops.tolist(), documents.tolist(), strict=True
        )
    ]
    assert found == [
        (document, word) for document, text in enumerate(texts) for word in plain(text, limit)
    ]


def plain(text: str, limit: int) -> list[str]:
    runs, run = [], ""
    for character in text + "\n":
        if character in "abাহ" or (run and character == "\u200d"):
            run += character
        else:
            runs.append(run)
            run = ""
    return [run.rstrip("\u200d") for run in runs if run and len(run) <= limit]
