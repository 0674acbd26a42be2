"""Old Latin spellings are undone where a text is written in them throughout, and nowhere else."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from curator.kernels import buffers
from curator.kernels.fold import Keys, fold
from curator.kernels.spelling import modern_spelling
from curator.kernels.spelling.cpu import AT_ONCE, MORE, OFTEN_CONSONANTS, OFTEN_OE, TIMES

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


def modern(texts: list[str], asked: bool = True) -> list[str]:
    keys = fold(buffers.of(texts))
    found = modern_spelling(keys, np.full(len(texts), asked))
    assert found.offsets[0] == 0
    assert found.offsets[-1] == len(found.codepoints)
    return [found.document(i) for i in range(len(texts))]


def plain(key: str) -> str:
    """The same with strings."""
    is_old = []
    for old, new, often in (("oe", "u", OFTEN_OE), ("[dt]j", "[cy]", OFTEN_CONSONANTS)):
        n_old, n_new = len(re.findall(old, key)), len(re.findall(new, key))
        is_old.append(n_old * often >= len(key) and n_new * TIMES <= n_old)
    if is_old[1]:
        key = re.sub("tj|dj|j", lambda m: {"tj": "c", "dj": "j", "j": "y"}[m[0]], key)
    return key.replace("oe", "u") if is_old[0] else key


@LANGUAGES
@pytest.mark.parametrize("old", [TO_1901, TO_1947])
def test_a_text_in_an_old_spelling_gets_the_key_of_today(text: str, old: dict) -> None:
    today = fold(buffers.of([text])).document(0)
    assert modern([text.lower().translate(old)]) == [today]
    assert modern([text.lower().translate(old) * 30]) == [today * 30]
    assert modern([text.lower().translate(old)], asked=False) != [today]


@LANGUAGES
def test_texts_of_today_and_in_other_languages_stay_as_they_are(text: str) -> None:
    keys = fold(buffers.of([text, *OTHERS]))
    assert modern_spelling(keys, np.ones(len(OTHERS) + 1, np.bool_)) is keys
    texts = [*OTHERS, text.lower().translate(TO_1901), *OTHERS]
    found = modern(texts)
    expected = [fold(buffers.of([other])).document(0) for other in OTHERS]
    assert found[: len(OTHERS)] == expected
    assert found[len(OTHERS) + 1 :] == expected


def test_one_letter_of_today_in_fifty_is_a_name_or_a_foreign_word() -> None:
    old = INDONESIAN.lower().translate(TO_1901)
    assert 2 * TIMES <= 16 * old.count("oe") < 4 * TIMES
    assert "oe" not in modern(["guru " + old * 16])[0]
    assert "oe" in modern(["guru guru " + old * 16])[0]
    # So many at the beginning, and the rest is not looked at.
    few, many = ("uc" * n + "a" * AT_ONCE for n in (MORE, MORE + 1))
    assert "oe" not in modern([few + old * 8 * TIMES])[0]
    assert "oe" in modern([many + old * 8 * TIMES])[0]


@settings(deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["oe", "tj", "dj", "j", "o", "e", "d", "t", "u", "c", "y", "a" * 60, "é"]
            )
            | st.characters(codec="utf-8"),
            max_size=40,
        ).map("".join),
        max_size=6,
    )
)
def test_keys_are_changed_as_strings_would_be(texts: list[str]) -> None:
    codepoints = np.array([ord(c) for text in texts for c in text], np.uint32)
    assume(all(text.count("u") <= MORE for text in texts))
    nothing = np.zeros(len(texts), np.int64)
    keys = Keys(np.cumsum([0, *map(len, texts)]), codepoints, nothing, nothing)
    before = codepoints.copy()
    found = modern_spelling(keys, np.ones(len(texts), np.bool_))
    assert [found.document(i) for i in range(len(texts))] == [plain(text) for text in texts]
    assert np.array_equal(codepoints, before)
