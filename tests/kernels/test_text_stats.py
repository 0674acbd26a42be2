"""The counts of the kernel are those of a plain reading of the text."""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curator.kernels import buffers
from curator.kernels.buffers import Utf8
from curator.kernels.text_stats import (
    SCRIPTS,
    NGrams,
    TextStatistics,
    count_listed_characters,
    count_listed_words,
    text_stats,
)
from curator.kernels.text_stats.classes import COUNTS, UNSPACED, tables

ALPHABETS = (
    "我哋食咗飯𠻺㗎，。！「」（）…⋯ \n　",
    "abc XYZ 019 .,!?'\"#()[]-\n\t\r\b…»“”—é ",
    "বাংলা ভাষা কি? ০১। \n",
    "ꦲꦏ꧉ ประเทศไทย ພາສາ ភាសា\n",
    "http://a.hk/x https:// h ttp s:",
    "•·a\n\n\n\u200d\u200c\ufe0f👩\ufffd\ue000\x00\x1c\x85",
)
texts = st.one_of(
    st.text(max_size=60),
    *(st.text(alphabet=alphabet, max_size=60) for alphabet in ALPHABETS),
    st.lists(st.sampled_from(("read more", "...", "[…]", "(...)", "-»", "# #a# ###", " ", "\n")))
    .map("".join)
    .filter(lambda text: len(text) < 80),
)


WORDS = (
    "lan", "ora", "kowé", "Žižek", "đường", "привіт", "éé", "×÷",
    "1é", "é1", "a#", "##é", "...", "-", "2012", "aaaa", "ẺẺ", "ǅ",
    "\u0258", "\u02b0", "caf\u0065\u0301", "“kuwi”", "好", "我哋",
    "ভাষা", "ไทยดี", "x" * 61, "ž" * 33, "y" * 70, "https://a.id/é",
    "\u00a0", "[…]", "٣", "ҁ", "\u0482",
)  # fmt: skip
long_texts = (
    st.lists(
        st.tuples(
            st.sampled_from(WORDS), st.sampled_from((" ", "  ", "\n", "\n\n", "\t", "，", "\x1f"))
        ),
        min_size=10,
        max_size=60,
    )
    .map(lambda pairs: "".join(word + gap for word, gap in pairs))
    .flatmap(lambda text: st.integers(0, 70).map(lambda cut: text[cut:]))
)
"""Long enough for whole blocks of bytes; cut at the front, so that blocks begin anywhere."""


def _is_letter(character: str) -> bool:
    name = unicodedata.name(character, "")
    numeral = unicodedata.category(character) == "Nl" and (
        character == "〇" or name.startswith("HANGZHOU NUMERAL")
    )
    return unicodedata.category(character)[0] == "L" or numeral


def _is_attached(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" or character in "\u200c\u200d"


def _is_unspaced(character: str) -> bool:
    table = tables()
    return bool(table.flags[table.classes[ord(character)]] & UNSPACED)


def _letter_cluster(text: str) -> list[bool]:
    """Which characters are letters or marks that hang on one."""
    result: list[bool] = []
    for character in text:
        attached = _is_attached(character) and bool(result) and result[-1]
        result.append(_is_letter(character) or attached)
    return result


def _words(run: str) -> tuple[list[str], int]:
    """Spaced words and the number of unspaced ones in a run of non-space."""
    belongs = _letter_cluster(run)
    pieces, unspaced, current, after_unspaced = [], 0, "", False
    for character, in_cluster in zip(run, belongs, strict=True):
        if _is_unspaced(character):
            pieces.append(current)
            current, unspaced, after_unspaced = "", unspaced + 1, True
        elif after_unspaced and _is_attached(character) and in_cluster:
            pass
        else:
            current, after_unspaced = current + character, False
    pieces.append(current)
    pieces = [piece for piece in pieces if piece]
    if not unspaced:
        return pieces, 0
    speaking = [p for p in pieces if any(_is_letter(c) or c.isdecimal() for c in p)]
    return speaking, unspaced


URL = re.compile(r"https?://[!$-_a-z]+")


def _reference(text: str) -> dict[str, int]:
    category = [unicodedata.category(character) for character in text]
    found = [_words(run) for run in text.split()]
    spaced = [word for words, _ in found for word in words]
    unspaced = sum(number for _, number in found)
    runs = [m.group() for m in re.finditer(r"(.)\1*", text, re.DOTALL)]
    lines = text.split("\n")
    return {
        "characters": len(text),
        "bytes": len(text.encode()),
        "letters": sum(_letter_cluster(text)),
        "digits": category.count("Nd"),
        "whitespace": sum(character.isspace() for character in text),
        "punctuation": sum(name[0] == "P" for name in category),
        "symbols": sum(name[0] == "S" for name in category),
        "hashes": text.count("#"),
        "ellipses": text.count("…") + text.count("⋯"),
        "replacements": text.count("\ufffd"),
        "private_use": category.count("Co"),
        "space_split_words": len(text.split()),
        "words": len(spaced) + unspaced,
        "spaced_words": len(spaced),
        "unspaced_words": unspaced,
        "spaced_word_characters": sum(map(len, spaced)),
        "longest_word": max(map(len, spaced), default=0),
        "words_with_letters": unspaced + sum(any(map(_is_letter, word)) for word in spaced),
        "url_characters": sum(map(len, URL.findall(text))),
        "lines": sum(bool(line.strip()) for line in lines),
        "longest_line": max(map(len, lines)),
        "longest_run": max((len(run) for run in runs if not run.isspace()), default=0),
        "paragraphs": len(text.split("\n\n")),
    }


@given(st.lists(texts, max_size=4))
@settings(max_examples=300, deadline=None)
@example(["我哋食 dim sum"])
@example(["বাংলা ভাষা"])
@example(["a\u0301b 你\ufe0f好，ok，ok2 ……"])
def test_every_count_is_that_of_a_plain_reading(documents: list[str]) -> None:
    _check(documents)


def _check(documents: list[str]) -> None:
    stats = text_stats(buffers.of(documents))
    for row, document in enumerate(documents):
        for name, value in _reference(document).items():
            assert getattr(stats, name)[row] == value, (name, document)


@given(st.lists(long_texts, min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
@example(["a" * 62 + " b", "a" * 63 + " b", "a" * 64 + " b", "-" * 63])
@example(["x" * 64 + "\n" + "é " * 40, " " * 200, "ab " * 21 + "éé " * 30])
def test_blocks_count_what_a_plain_reading_counts(documents: list[str]) -> None:
    _check([*documents, " " * 80])


mixed_texts = st.lists(
    st.sampled_from(
        (*WORDS, "我哋食咗飯", "，", "。", "「好」", "嘅嘅嘅", "！！", "𠻺㗎", "𠻺𠻺", "ไป", "ที่",
         "ภาษา", "ક્ષ", "ગુજરાતી", "ありがとう", "한국어", "\u3000", " ", "\n", "……", "⋯", "—",
         "-»", "#", ".", "9", "\u200d", "好\u0301", "ннн", "éé", "☺", "👩", "👩👩",
         "\ufe0f", "\u1734"),
    ),
    min_size=15,
    max_size=60,
).map("".join)  # fmt: skip
"""Words of many scripts with nothing between them: blocks are cut behind unspaced characters."""


@given(st.lists(mixed_texts, min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
@example(["嘅" * 20 + "aé" * 12 + "好" * 30, "，" * 70, "\u3000" * 70, "𠻺" * 40 + "𠻻" * 20])
@example(["好" * 20 + "ab" * 40 + "好" * 9, "é" * 80 + "好", "ก็" * 40, "a" + "\u0301" * 90])
def test_blocks_of_any_script_count_what_a_plain_reading_counts(documents: list[str]) -> None:
    _check([*documents, " " * 80])
    ngrams = text_stats(buffers.of([*documents, " " * 80])).ngrams
    for row, document in enumerate(documents):
        for column, n in enumerate(NGrams.LENGTHS):
            found = ngrams.top[row, column], ngrams.duplicate[row, column]
            assert found == _ngrams(document, n), (n, document)


@pytest.mark.parametrize("character", ["a", "é", "嘅", "！", "𠻺", "ก"])
def test_a_run_of_one_character_is_as_long_as_it_is_wherever_blocks_end(character: str) -> None:
    documents = [before + character * 50 + "好。" for before in ("", "b", "好", "好b")]
    documents = [" " * n + document for n in range(0, 64, 3) for document in documents]
    stats = text_stats(buffers.of([*documents, " " * 80]))
    assert set(stats.longest_run[:-1].tolist()) == {50}


def test_documents_are_counted_apart_whatever_their_order_and_length() -> None:
    words = ["好", "我哋", "kucing", "sabenering-benering", "বাংলা"]
    documents = [
        " ".join(words[(index * size) % 5] for index in range(size)) for size in (3, 40, 9, 3000, 7)
    ]
    documents += [documents[0], documents[2]]
    together = text_stats(buffers.of([*documents, " " * 80]))
    for row, document in enumerate(documents):
        alone = text_stats(buffers.of([document, " " * 80]))
        assert together.ngrams.top[row].tolist() == alone.ngrams.top[0].tolist()
        assert together.ngrams.duplicate[row].tolist() == alone.ngrams.duplicate[0].tolist()
        assert together.scripts[row].tolist() == alone.scripts[0].tolist()
        assert together.longest_word[row] == alone.longest_word[0]
    assert together.ngrams.top[0].tolist() == together.ngrams.top[5].tolist()


def test_numbers_of_words_may_be_of_64_bits_for_documents_that_need_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents = buffers.of(["ya ya ora ya ya 好好好", "sabenering sabenering sabenering", " " * 80])
    ordinary = text_stats(documents).ngrams
    monkeypatch.setattr("curator.kernels.text_stats.spans.LONG", 1)
    assert text_stats(documents).ngrams.top.tolist() == ordinary.top.tolist()
    assert text_stats(documents).ngrams.duplicate.tolist() == ordinary.duplicate.tolist()


def test_all_letters_of_blocks_are_plain_letters() -> None:
    meanings = tables().meanings
    latin = [*range(0xC0, 0x280), *range(0x1E00, 0x1F00)]
    assert {meanings[point] for point in latin if point not in (0xD7, 0xF7)} == {meanings[0x61]}
    assert len({meanings[point] for point in range(0x400, 0x480)}) == 1
    assert len({meanings[point] for point in range(0x4E00, 0x9FFD)}) == 1
    assert len({meanings[point] for point in range(0x30, 0x3A)}) == 1


def _spans(text: str) -> list[tuple[int, int]]:
    """First and end character of every word, found by splitting runs of non-space."""
    spans: list[tuple[int, int]] = []
    for run in re.finditer(r"\S+", text):
        offset, piece = run.start(), ""
        belongs = _letter_cluster(run.group())
        holds = any(map(_is_unspaced, run.group()))
        cells: list[str] = []  # one unspaced character with its marks, or a whole piece
        for character, in_cluster in zip(run.group(), belongs, strict=True):
            attached = _is_attached(character) and in_cluster
            if _is_unspaced(character):
                cells += [piece, character]
                piece = ""
            elif attached and not piece and cells:
                cells[-1] += character
            else:
                piece += character
        for cell in [*cells, piece]:
            speaks = any(_is_letter(c) or c.isdecimal() for c in cell)
            if cell and (speaks or not holds):
                spans.append((offset, offset + len(cell)))
            offset += len(cell)
    return spans


def _ngrams(text: str, n: int) -> tuple[int, int]:
    """Characters of the most frequent n-gram, and of n-grams that occurred before."""
    spans = _spans(text)
    places: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    again: set[int] = set()
    for index in range(len(spans) - n + 1):
        gram = tuple(text[a:b] for a, b in spans[index : index + n])
        first, last = spans[index][0], spans[index + n - 1][1]
        if gram in places:
            again.update(range(first, last))
        places.setdefault(gram, []).append((first, last))
    if not places:
        return 0, 0
    top = max(places.values(), key=lambda found: (len(found), found[0][1] - found[0][0]))
    return len({place for first, last in top for place in range(first, last)}), len(again)


@given(st.lists(st.one_of(texts, long_texts, mixed_texts), max_size=4))
@settings(max_examples=200, deadline=None)
@example(["我哋食 dim sum 我哋食 dim sum", "", "বাংলা ভাষা বাংলা ভাষা"])
def test_counts_and_ngrams_of_one_pass_are_those_of_two(documents: list[str]) -> None:
    stored = buffers.of([*documents, " " * 80])
    together, apart = text_stats(stored, ngrams=True), text_stats(stored)
    assert "ngrams" in vars(together)
    for field in dataclasses.fields(TextStatistics):
        if field.name != "texts":
            found = getattr(together, field.name).tolist()
            assert found == getattr(apart, field.name).tolist(), field.name
    assert together.ngrams.top.tolist() == apart.ngrams.top.tolist()
    assert together.ngrams.duplicate.tolist() == apart.ngrams.duplicate.tolist()


def test_documents_of_all_lengths_are_counted_together_as_one_by_one() -> None:
    documents = ["好 a", "我哋食 dim sum，" * 400, "ya ora " * 9000, "好 a"]
    stored = buffers.of([*documents, " " * 80])
    together, apart = text_stats(stored, ngrams=True), text_stats(stored)
    assert together.words.tolist() == apart.words.tolist()
    assert together.letters.tolist() == apart.letters.tolist()
    assert together.scripts.tolist() == apart.scripts.tolist()
    assert together.punctuation.tolist() == [0, 400, 0, 0, 0]
    assert together.ngrams.duplicate.tolist() == apart.ngrams.duplicate.tolist()


def _drawn(kinds: str, n: int, seed: int) -> str:
    """``n`` words of ``kinds``, each a piece between spaces, from a generator."""
    drawn = np.random.default_rng(seed).choice(kinds.split(" "), n)
    return " ".join(drawn.tolist())


@pytest.mark.parametrize(
    ("kinds", "n"), [("我 哋 食 飯 ora", 70_000), ("a b", 3000), ("panjenenganipun a", 500)]
)
def test_ngrams_of_long_documents_are_those_of_a_plain_reading(kinds: str, n: int) -> None:
    """More words than the small table has numbers for, and n-grams that occur very often."""
    documents = [_drawn(kinds, n, 1), _drawn(kinds, 40, 2), _drawn(kinds, 300, 3)]
    found = text_stats(buffers.of([*documents, " " * 80])).ngrams
    for row, document in enumerate(documents):
        expected = [_ngrams(document, length) for length in (2, 4, 7, 10)]
        columns = [0, 2, 5, 8]
        assert found.top[row, columns].tolist() == [top for top, _ in expected]
        assert found.duplicate[row, columns].tolist() == [again for _, again in expected]


def test_ngrams_of_many_short_documents_are_those_of_each_alone() -> None:
    """So many that their words no longer have numbers of their own in one table."""
    kinds = [_drawn("我 哋 a b ꦲꦏ", 5 + seed, seed) for seed in range(40)]
    alone = [text_stats(buffers.of([kind, " " * 80])).ngrams for kind in kinds]
    many = text_stats(buffers.of([*kinds * 80, " " * 80])).ngrams
    assert sum(map(len, kinds)) * 80 > 2**17
    for row in range(80 * len(kinds)):
        assert many.top[row].tolist() == alone[row % 40].top[0].tolist()
        assert many.duplicate[row].tolist() == alone[row % 40].duplicate[0].tolist()


few_words = st.lists(
    st.sampled_from(("a", "bb", "ora ", " ", "\n", "好", "我", "ไป", "é", "1", "-")), max_size=60
)


@given(st.lists(st.one_of(texts, long_texts, few_words.map("".join)), max_size=4))
@settings(max_examples=300, deadline=None)
@example(["a b a b a b a b a b a b a b", "好好好好", "", "ไปไปไป ไป"])
def test_ngrams_are_those_of_a_plain_reading(documents: list[str]) -> None:
    stats = text_stats(buffers.of([*documents, " " * 80]))
    for row, document in enumerate(documents):
        assert len(_spans(document)) == stats.words[row]
        for column, n in enumerate(NGrams.LENGTHS):
            found = stats.ngrams.top[row, column], stats.ngrams.duplicate[row, column]
            assert found == _ngrams(document, n), (n, document)


def test_ngrams_see_repetition_in_spaced_and_unspaced_scripts_alike() -> None:
    stats = text_stats(buffers.of(["ya ya ya ya", "係係係係", "কি কি কি কি", "一二三四", "好"]))
    assert stats.ngrams.top[:, 0].tolist() == [11, 4, 11, 2, 0]
    assert stats.ngrams.duplicate[:, 0].tolist() == [8, 3, 8, 0, 0]


@given(st.lists(st.one_of(texts, long_texts), max_size=4))
@settings(max_examples=200, deadline=None)
def test_repetition_is_that_of_sets_of_lines_and_paragraphs(documents: list[str]) -> None:
    repetition = text_stats(buffers.of(documents)).repetition
    for row, document in enumerate(documents):
        lines = [line for line in document.split("\n") if line.strip()]
        paragraphs = document.split("\n\n")
        assert repetition.lines[row] == len(lines)
        assert repetition.unique_lines[row] == len(set(lines))
        assert repetition.line_characters[row] == sum(map(len, lines))
        assert repetition.unique_line_characters[row] == sum(map(len, set(lines)))
        assert repetition.paragraphs[row] == len(paragraphs)
        assert repetition.unique_paragraphs[row] == len(set(paragraphs))
        assert repetition.paragraph_characters[row] == sum(map(len, paragraphs))
        assert repetition.unique_paragraph_characters[row] == sum(map(len, set(paragraphs)))


def test_words_are_script_aware() -> None:
    stats = text_stats(buffers.of(["我哋食 dim sum", "বাংলা ভাষা", "sugeng enjing", "", "……"]))
    assert stats.words.tolist() == [5, 2, 2, 0, 1]
    assert stats.letters.tolist() == [9, 9, 12, 0, 0]


def test_letters_are_counted_by_script() -> None:
    stats = text_stats(buffers.of(["㗎𠻺abcé かナ 한글 বা ไทย ꦲꦏ Ж ﷲ"]))
    counted = {name: int(stats.script(name)[0]) for name in SCRIPTS if stats.script(name)[0]}
    assert counted == {
        "Han": 2,
        "Latin": 4,
        "Kana": 2,
        "Hangul": 2,
        "Bengali": 1,
        "Thai": 3,
        "Javanese": 2,
        "Cyrillic": 1,
        "Arabic": 1,
    }


@pytest.mark.parametrize(
    ("line", "terminal", "ellipsis", "bullet"),
    [
        ("佢話：「走！」", 1, 0, 0),
        ("（好。）", 1, 0, 0),
        ("（好）", 0, 0, 0),
        ("(Good.)", 0, 0, 0),
        ("আমি যাই।", 1, 0, 0),
        ("የት ነው።", 1, 0, 0),
        ("ꦲꦏ꧉", 1, 0, 0),
        ("کیا ہے؟", 1, 0, 0),
        ("等等……", 1, 1, 0),
        ("click to Read More", 0, 1, 0),
        ("click to read more..", 1, 1, 0),
        ("read more.", 1, 0, 0),
        ("  • 好", 0, 0, 1),
        ("・好", 0, 0, 1),
        ("- 好", 0, 0, 0),
    ],
)
def test_lines_are_known_by_their_ends(
    line: str, terminal: int, ellipsis: int, bullet: int
) -> None:
    stats = text_stats(buffers.of([f"\n {line}\u3000\n\n"]))
    assert stats.lines.tolist() == [1]
    assert stats.terminal_lines.tolist() == [terminal]
    assert stats.ellipsis_lines.tolist() == [ellipsis]
    assert stats.bullet_lines.tolist() == [bullet]


def test_a_slice_of_an_arrow_array_is_read_where_it_begins() -> None:
    whole = buffers.of(["你好", "ora 1", "বা"])
    part = text_stats(Utf8(whole.offsets[1:], whole.data))
    assert part.characters.tolist() == [5, 2]
    assert part.digits.tolist() == [1, 0]


@given(st.lists(st.one_of(texts, long_texts), max_size=4))
@settings(max_examples=100, deadline=None)
def test_listed_words_and_characters_are_counted_as_in_a_plain_reading(
    documents: list[str],
) -> None:
    listed = ("ora", "kowé", "好", "привіт", "x" * 61, "2012")
    allowed = np.zeros(0x110000, bool)
    allowed[[ord(character) for character in "a好ি\n𠻺"]] = True
    stored = buffers.of(documents)
    words = [sum(text[a:b] in listed for a, b in _spans(text)) for text in documents]
    assert count_listed_words(stored, listed).tolist() == words
    characters = [sum(character in "a好ি\n𠻺" for character in text) for text in documents]
    assert count_listed_characters(stored, allowed).tolist() == characters


def test_no_documents_give_empty_arrays() -> None:
    stats = text_stats(buffers.of([]))
    assert stats.words.shape == (0,)
    assert stats.scripts.shape == (0, len(SCRIPTS))
    assert stats.repetition.lines.shape == (0,)
    assert stats.ngrams.top.shape == stats.ngrams.duplicate.shape == (0, 9)


def test_unspaced_characters_have_three_bytes_at_least() -> None:
    """Words of a block are written by this, and there are half as many words as bytes at most."""
    table = tables()
    unspaced = np.flatnonzero(table.flags[table.classes] & UNSPACED)
    assert len(unspaced) > 90_000
    assert unspaced.min() >= 0x800


def test_every_code_point_has_the_class_of_its_category() -> None:
    table = tables()
    column = {name: table.counts[:, index] for index, name in enumerate(COUNTS)}
    for point in (*range(0x3000), *range(0x3000, 0x110000, 37)):
        if 0xD800 <= point < 0xE000:
            continue
        category = unicodedata.category(chr(point))
        kind = table.classes[point]
        assert column["punctuation"][kind] == (category[0] == "P"), hex(point)
        assert column["symbols"][kind] == (category[0] == "S"), hex(point)
        assert column["digits"][kind] == (category == "Nd"), hex(point)
        assert column["whitespace"][kind] == chr(point).isspace(), hex(point)
        assert column["private_use"][kind] == (category == "Co"), hex(point)


def test_real_cantonese_is_counted_as_by_hand(corpora: Path) -> None:
    rows = (corpora / "yue" / "hkcancor.jsonl").read_text(encoding="utf-8").splitlines()[:3]
    documents = [json.loads(row)["text"] for row in rows]
    stats = text_stats(buffers.of(documents))
    for row, document in enumerate(documents):
        for name, value in _reference(document).items():
            assert getattr(stats, name)[row] == value, name
        for column, n in enumerate(NGrams.LENGTHS):
            found = stats.ngrams.top[row, column], stats.ngrams.duplicate[row, column]
            assert found == _ngrams(document, n), n
    assert np.all(stats.han > 0)
