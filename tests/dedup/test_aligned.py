"""The rule of alignment: what is a copy of a kept document, and what only looks like one."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curator.dedup.copies.candidates import unpack, write_eligible
from curator.dedup.copies.pair_ranges import find_candidates
from curator.dedup.copies.signing import sign_part, signed_piece
from curator.dedup.fuzzy import FuzzyDuplicates
from curator.dedup.layout import write_layout
from curator.dedup.pieces import joined
from curator.dedup.same_keys import settle_keys
from tests.dedup.corpus import cantonese, edited, write_parts

HINDI = "का की के गा गी रा री ले ना नी दा दे पा ति सु मो चा हि बै शु"
JAVANESE = "ka ing lan se pa wa ngu ro tu mla dha gi sri bo ndu te ja ko ri su"
"""Syllables to make words of."""
STATION = (
    "{name}站係位於{place}嘅一個鐵路車站，於{year}年{month}月啟用。車站設有{platforms}個月台，"
    "每日平均有{people}人次使用。由車站步行{walk}分鐘可以到達最近嘅巴士站，乘搭{bus}號巴士可以去到市中心。"
    "車站大堂有自動售票機{machines}部，同埋{lifts}部升降機。"
)
VILLAGE = (
    "{name} iku désa ing kecamatan {place}, kanthi kodhe pos {code}. Désa iki jembaré {area} "
    "hèktar lan didunungi déning {people} jiwa miturut sensus taun {year}. Dununge désa saka "
    "kutha kabupatèn watara {far} kilomèter, lan bisa ditempuh sajroning {walk} menit. Ing désa "
    "iki ana {schools} sekolah dhasar lan {mosques} mesjid."
)


def spaced(syllables: str, rng: np.random.Generator, n_words: int) -> str:
    """Return so many words of two to four of these syllables, drawn at random."""
    sizes = rng.integers(2, 5, n_words).tolist()
    return " ".join("".join(rng.choice(syllables.split(" "), size).tolist()) for size in sizes)


def replaced(rng: np.random.Generator, text: str, share: float) -> str:
    """Return ``text`` with this share of its characters replaced; spaces and full stops stay."""
    places = [place for place, c in enumerate(text) if c not in " 。"]
    characters = list(text)
    for place in rng.choice(places, int(share * len(places)), replace=False).tolist():
        characters[place] = "變"
    return "".join(characters)


TEXTS = {
    "yue": lambda rng, n: cantonese(rng, n),
    "jav": lambda rng, n: spaced(JAVANESE, rng, n // 7),
    "hin": lambda rng, n: spaced(HINDI, rng, n // 7),
}
LANGUAGES = pytest.mark.parametrize("language", TEXTS)


def dropped_for(folder: Path, texts: list[str], **options: Any) -> dict[int, tuple[int, float]]:
    """Return for every dropped document the kept one and the value."""
    parts = write_parts(folder, texts, sizes=[len(texts) // 2, len(texts) - len(texts) // 2])
    rows = FuzzyDuplicates(**options).mark(parts, folder / "work", None).to_pylist()
    found = {
        row["row"]: (int(row["duplicate_of"][1:]), float(row["value"]))
        for row in rows
        if row["dropped_by"]
    }
    assert not {kept for kept, _ in found.values()} & set(found)
    return found


@LANGUAGES
@pytest.mark.parametrize("share", [0.02, 0.05, 0.1, 0.2])
def test_edited_copies_go_and_strangers_stay(tmp_path: Path, language: str, share: float) -> None:
    rng = np.random.default_rng(1)
    texts = [TEXTS[language](rng, 500) for _ in range(25)]
    copies = [replaced(rng, text, share)[:-3] for text in texts]
    found = dropped_for(tmp_path, texts + copies)
    of_copies = {25 + i: i for i in range(25)}
    assert {row: kept for row, (kept, _) in found.items()}.items() <= of_copies.items()
    assert len(found) >= {0.02: 25, 0.05: 25, 0.1: 24, 0.2: 14}[share]
    assert all(value >= 0.9 for _, value in found.values())


@LANGUAGES
def test_a_copy_with_its_sentences_in_another_order_goes(tmp_path: Path, language: str) -> None:
    rng = np.random.default_rng(2)
    sentences = [TEXTS[language](rng, 100) for _ in range(8)]
    found = dropped_for(tmp_path, ["。".join(sentences) + "尾巴", "。".join(sentences[::-1])])
    assert {row: kept for row, (kept, _) in found.items()} == {1: 0}


@LANGUAGES
def test_a_part_of_a_longer_document_goes_when_nearly_all_of_it_is_in_there(
    tmp_path: Path, language: str
) -> None:
    rng = np.random.default_rng(3)
    whole, own = TEXTS[language](rng, 2400), TEXTS[language](rng, 2400)
    third, n = whole[len(whole) // 3 : 2 * len(whole) // 3], len(whole) // 3
    assert set(dropped_for(tmp_path / "all", [whole, third])) == {1}
    # 93 % is enough beside a document of the like length, but not beside one three times as long.
    with_own = third + own[: int(0.075 * n)]
    assert dropped_for(tmp_path / "part", [whole, with_own]) == {}
    like = third + own[: int(0.5 * n)]
    other = third[: int(0.93 * n)] + own[-int(0.07 * n) :]
    assert set(dropped_for(tmp_path / "like", [like, other])) == {1}


@LANGUAGES
def test_a_part_goes_that_meets_the_whole_only_where_all_its_copies_are(
    tmp_path: Path, language: str
) -> None:
    rng = np.random.default_rng(12)
    wholes = [TEXTS[language](rng, 900) for _ in range(20)]
    copies = [[replaced(rng, whole, 0.002) for _ in range(5)] for whole in wholes]
    parts = [whole[300:600] for whole in wholes]
    found = dropped_for(tmp_path, wholes + list(itertools.chain(*copies)) + parts)
    assert set(range(120, 140)) <= set(found)
    assert len(found) == 120


@LANGUAGES
def test_articles_that_share_a_section_both_stay(tmp_path: Path, language: str) -> None:
    rng = np.random.default_rng(4)
    shared = TEXTS[language](rng, 400)
    texts = [TEXTS[language](rng, 500) + shared, shared + TEXTS[language](rng, 480)]
    assert dropped_for(tmp_path, texts) == {}


def chain(rng: np.random.Generator, language: str, changed: float) -> list[str]:
    """Return a document, a copy with a new end, and a copy of that with a new end and beginning."""
    text, more = TEXTS[language](rng, 1000), TEXTS[language](rng, 1000)
    n = int(changed * len(text))
    middle = text[: len(text) - n] + more[:n]
    last = more[-n:] + middle[n:]
    return [text + text[:9], middle, last[:-9]]


@LANGUAGES
def test_a_copy_of_a_copy_goes_when_seven_tenths_of_it_are_in_the_kept_one(
    tmp_path: Path, language: str
) -> None:
    rng = np.random.default_rng(5)
    near = chain(rng, language, 0.08)
    assert set(dropped_for(tmp_path / "alone", [near[0], near[2]])) == set()
    found = dropped_for(tmp_path / "near", near)
    assert {row: kept for row, (kept, _) in found.items()} == {1: 0, 2: 0}
    assert 0.9 <= found[1][1] < 1
    assert 0.7 <= found[2][1] < 0.9


def test_the_end_of_a_chain_whose_ends_are_strangers_stays(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    pieces = [cantonese(rng, 100) for _ in range(12)]
    texts = ["".join(pieces[i : i + 8 - i % 2]) for i in range(5)]
    found = dropped_for(tmp_path, texts, aligned=0.8)
    assert found
    assert set(range(5)) - set(found) >= {0}
    assert 4 not in found  # half of it is in the first


def stations(n: int, seed: int = 7) -> list[str]:
    """Return pages of railway stations: one text, other names and numbers."""
    rng = np.random.default_rng(seed)
    names = "東西南北上下大小新舊金銀銅鐵石木水火土山田海河湖塘灣角嶺坑頭"
    texts = []
    for _ in range(n):
        values = {
            key: int(rng.integers(low, high))
            for key, low, high in (
                ("year", 1880, 2023),
                ("month", 1, 13),
                ("platforms", 10, 30),
                ("people", 1000, 99000),
                ("walk", 10, 60),
                ("bus", 100, 990),
                ("machines", 10, 40),
                ("lifts", 10, 40),
            )
        }
        name, place = ("".join(rng.choice(list(names), 3).tolist()) for _ in range(2))
        texts.append(STATION.format(name=name, place=place, **values))
    return texts


def villages(n: int, seed: int = 8) -> list[str]:
    """Return pages of villages: one text, other names and numbers."""
    rng = np.random.default_rng(seed)
    syllables = ["ka", "li", "ra", "ndu", "pa", "nga", "wo", "so", "gi", "tu", "mla", "ti"]
    texts = []
    for _ in range(n):
        values = {
            key: int(rng.integers(low, high))
            for key, low, high in (
                ("code", 50000, 59999),
                ("area", 100, 9999),
                ("people", 1000, 99999),
                ("year", 1961, 2021),
                ("far", 10, 99),
                ("walk", 10, 99),
                ("schools", 10, 99),
                ("mosques", 10, 99),
            )
        }
        name, place = ("".join(rng.choice(syllables, 3).tolist()).title() for _ in range(2))
        texts.append(VILLAGE.format(name=name, place=place, **values))
    return texts


@pytest.mark.parametrize("pages", [stations, villages])
@pytest.mark.parametrize("n", [2, 40])
def test_pages_that_say_the_same_with_other_numbers_are_no_copies(
    tmp_path: Path, pages: Any, n: int
) -> None:
    texts = pages(n)
    assert dropped_for(tmp_path, texts) == {}


@pytest.mark.parametrize("pages", [stations, villages])
def test_a_page_copied_with_its_numbers_is_a_copy(tmp_path: Path, pages: Any) -> None:
    text = pages(1)[0]
    copy = text.replace("車站", "火車站").replace("désa", "dusun")
    assert len(dropped_for(tmp_path, [text, copy])) == 1


def test_numbers_of_another_script_count_as_the_same(tmp_path: Path) -> None:
    text = stations(1)[0]
    wide = text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    found = dropped_for(tmp_path, [text, wide + "完"])
    assert len(found) == 1


@LANGUAGES
def test_what_many_documents_share_does_not_make_them_copies(tmp_path: Path, language: str) -> None:
    rng = np.random.default_rng(9)
    template = TEXTS[language](rng, 900)
    texts = [template + "：" + TEXTS[language](rng, 90) for _ in range(30)]
    assert dropped_for(tmp_path / "many", texts) == {}
    # The same two pages by themselves share what nobody else has.
    assert len(dropped_for(tmp_path / "two", texts[:2])) == 1


def test_of_pages_of_a_template_those_that_are_real_copies_go(tmp_path: Path) -> None:
    rng = np.random.default_rng(10)
    template = cantonese(rng, 600)
    texts = [template + "：" + cantonese(rng, 120) for _ in range(30)]
    copies = [edited(rng, text, 5)[:-9] for text in texts[:10]]
    found = dropped_for(tmp_path, texts + copies)
    assert {row: kept for row, (kept, _) in found.items()} == {30 + i: i for i in range(10)}


def pairs_of(folder: Path, texts: list[str], sizes: list[int], **options: Any) -> np.ndarray:
    """Return the candidate pairs of a corpus, as positions in ``texts``."""
    parts = write_parts(folder, texts, sizes=sizes)
    stage = FuzzyDuplicates(**options)
    work = folder / "work"
    stage.open(parts, work)
    for index in range(len(parts.parts)):
        sign_part((parts.only(index), signed_piece(work, index)), stage.signing)
    same = settle_keys(parts, "signed", np.zeros(0, np.int64), work, None)
    write_layout(parts, work)
    write_eligible(len(parts.parts), same, parts.total_rows, work)
    found = joined(find_candidates(stage.signing, work, None), {"pairs": np.zeros(0, np.uint64)})
    return unpack(found["pairs"])


@pytest.mark.parametrize("options", [{}, {"jaccard": 0.4}])
def test_candidates_do_not_depend_on_the_order_of_documents_and_parts(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    rng = np.random.default_rng(11)
    texts = [TEXTS[language](rng, 400) for language in TEXTS for _ in range(8)]
    texts += [edited(rng, text, n) for text in texts for n in (2, 8)]
    texts += [*stations(30), "", "短", "abc"]
    found = []
    for number, sizes in enumerate(([len(texts)], [1] * len(texts), [50, 0, len(texts) - 50])):
        order = rng.permutation(len(texts))
        shuffled = [texts[i] for i in order.tolist()]
        pairs = pairs_of(tmp_path / str(number), shuffled, sizes, **options)
        assert (pairs[:, 0] < pairs[:, 1]).all()
        found.append({frozenset(order[pair].tolist()) for pair in pairs})
        assert len(found[-1]) == len(pairs)
    assert found[0] == found[1] == found[2]
    copies = {
        frozenset(pair) for i in range(24) for pair in itertools.combinations((i, 24 + 2 * i), 2)
    }
    assert copies <= found[0]
    short = {len(texts) - 1, len(texts) - 2, len(texts) - 3}
    assert not any(pair & short for pair in found[0])


def test_twenty_thousand_documents_that_differ_in_one_character_give_few_pairs(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(12)
    text = cantonese(rng, 400)
    places = rng.integers(0, 400, 20_000).tolist()
    texts = [text[:p] + chr(0x4E00 + i) + text[p + 1 :] for i, p in enumerate(places)]
    pairs = pairs_of(tmp_path, texts, [12_000, 8000])
    assert 19_999 <= len(pairs) < 20_000 * 96  # of 200 million


@pytest.mark.parametrize("options", [{}, {"jaccard": 0.5}, {"min_key_characters": 1}])
def test_documents_too_short_to_sign_meet_nobody(tmp_path: Path, options: dict[str, Any]) -> None:
    texts = ["", "", "…", "短", "短短", "一二三四", "abcdefgh", "abcdefghi"]
    assert pairs_of(tmp_path, texts, [3, 5], **options).tolist() == []
