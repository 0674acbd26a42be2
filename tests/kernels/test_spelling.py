"""Old Latin spellings are undone where a text is written in them throughout, and nowhere else."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.kernels import buffers
from curator.kernels.buffers import Utf8
from curator.kernels.spelling import modern_spelling
from curator.kernels.spelling.cpu import LOOKED_AT, MOST, OFTEN_CONSONANTS, OFTEN_OE, TIMES

INDONESIAN = (
    "Pada suatu hari anak itu pergi ke sungai yang jauh, mencuci baju ibunya dan bernyanyi. "
    "Ayahnya bekerja di kantor kecamatan sejak tahun yang lalu, jadi ia jarang pulang. "
)
JAVANESE = (
    "Bocah cilik iku mlaku menyang kutha karo ngguyu, nggawa jaran lan wayang kulit duwèké embahé. "
    "Yèn udan, dhèwèké ngiyup ing ngisor wit jambu nganti srengéngé njedhul manèh. "
)
SUNDANESE = (
    "Budak leutik eta keur ulin di buruan imah, nyeuseuh baju jeung ngasuh adina nu keur ceurik. "
    "Saur indungna, ulah jauh-jauh teuing ulin teh bisi hujan gede ti beulah kulon. "
)
LANGUAGES = pytest.mark.parametrize("text", [INDONESIAN, JAVANESE, SUNDANESE])
TO_1901 = str.maketrans({"u": "oe", "c": "tj", "y": "j", "j": "dj"})
TO_1947 = str.maketrans({"c": "tj", "y": "j", "j": "dj"})
OTHERS = [
    "De boer en zijn vrouw doen goed werk in de schuur, en de koe loopt rustig door de wei uit.",
    "Die Jungen gehen jedes Jahr im Juni zu ihrer Tante, die in Jena eine kleine Bäckerei hat.",
    "Mõne päeva pärast läks ta jälle koju, ja kuuldi, et poeg on kodus ja sööb leiba.",
    "Đi đâu mà vội mà vàng, mà vấp phải đá mà quàng phải dây. Thủng thỉnh như chúng anh đây.",
    "बच्चे नदी के किनारे दौड़ते हैं और माँ उन्हें खाना खाने के लिए बुलाती है।",
    "細路仔喺河邊跑步，阿媽嗌佢哋返屋企食飯。",
    "",
]


def modern(texts: list[str]) -> list[str]:
    found = modern_spelling(buffers.of(texts))
    assert found.offsets[0] == 0
    assert found.offsets[-1] == len(found.data)
    return [found.document(i) for i in range(len(texts))]


def plain(text: str) -> str:
    """The same with strings."""
    head = text.encode()[:LOOKED_AT]
    if 2 * len(re.findall(b"[A-z]", head)) < len(head):
        return text
    oe, old = len(re.findall(b"(?i)oe", head)), len(re.findall(b"(?i)[dt]j", head))
    u, new = len(re.findall(b"(?i)u", head)), len(re.findall(b"(?i)[cy]", head))
    most = len(head) // MOST
    is_oe = 0 < len(head) <= oe * OFTEN_OE and u * TIMES <= min(oe, most)
    if 0 < len(head) <= old * OFTEN_CONSONANTS and new * TIMES <= min(old, most):
        today = {"tj": "c", "dj": "j", "j": "y"}
        text = re.sub("(?ai)tj|dj|j", lambda m: today[m[0].lower()], text)
    return re.sub("(?ai)oe", "u", text) if is_oe else text


@LANGUAGES
@pytest.mark.parametrize("old", [TO_1901, TO_1947])
def test_a_text_in_an_old_spelling_gets_that_of_today(text: str, old: dict) -> None:
    today = text.lower()
    for times in (1, 30):
        assert modern([today.translate(old) * times]) == [today * times]
        capitals = modern([(today.translate(old) * times).upper()])
        assert capitals[0].lower() == today * times


@LANGUAGES
def test_texts_of_today_and_in_other_languages_stay_as_they_are(text: str) -> None:
    texts = buffers.of([text, *OTHERS])
    assert modern_spelling(texts) is texts
    old = text.lower().translate(TO_1901)
    found = modern([*OTHERS, old, *OTHERS, old, old])
    n = len(OTHERS)
    assert found[:n] == found[n + 1 : 2 * n + 1] == OTHERS
    assert {found[n], *found[2 * n + 1 :]} == {text.lower()}


def test_what_stands_before_and_behind_a_slice_is_left_alone() -> None:
    old = INDONESIAN.lower().translate(TO_1901)
    whole = buffers.of([OTHERS[0], old, OTHERS[5], old, OTHERS[1]])
    found = modern_spelling(Utf8(whole.offsets[1:5], whole.data))
    today = INDONESIAN.lower()
    assert [found.document(i) for i in range(3)] == [today, OTHERS[5], today]


def test_one_letter_of_today_in_ten_is_a_name_or_a_foreign_word() -> None:
    old = INDONESIAN.lower().translate(TO_1901)
    n = old.count("oe") // TIMES
    assert n >= 1
    assert "oe" not in modern(["u" * n + old])[0]
    assert "oe" in modern(["u" * (n + 1) + old])[0]


def test_the_beginning_of_a_text_decides() -> None:
    old = INDONESIAN.lower().translate(TO_1901)
    today = INDONESIAN * 20
    assert "soengai" in modern([today + old * 20])[0]
    assert "sungai" in modern([old * 20 + today])[0]
    assert "soengai" not in modern([old * 20 + today])[0]


PIECES = ["oe", "tj", "dj", "j", "o", "e", "d", "t", "u", "c", "oe" * 60, "tJ" * 60, "é", "嘅", " "]


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(PIECES) | st.characters(codec="utf-8"), max_size=40).map("".join),
        max_size=6,
    )
)
def test_texts_are_changed_as_strings_would_be(texts: list[str]) -> None:
    given_texts = buffers.of(texts)
    before = given_texts.data.copy()
    found = modern_spelling(given_texts)
    assert [found.document(i) for i in range(len(texts))] == [plain(text) for text in texts]
    assert np.array_equal(given_texts.data, before)
