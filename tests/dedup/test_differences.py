"""Copies that were typed, scanned or respelled are told from other pages of the same make."""

from __future__ import annotations

import numpy as np
import pytest

from curator.dedup.copies.differences import say_the_same
from curator.kernels import buffers
from curator.kernels.alignment import Alignment, align
from curator.kernels.fold import fold
from curator.kernels.narrow import narrow
from curator.kernels.shingles import unspaced

CANTONESE = (
    "{}係香港嘅離島，喺{}對開，面積約{}平方公里。島上有條村叫做{}，村民多數捉魚維生，近年亦有人開民宿"
    "同埋士多。每逢{}月天后誕，村入面會搭棚做神功戲，好多搬咗出市區嘅後生仔女都會返嚟食盆菜。"
    "去島上要喺{}搭街渡，一日得{}班船。"
)
ISLANDS = (
    ("蠔涌洲", "西貢", "1.2", "大灣", "三", "對面海", "6"),
    ("白角島", "南丫", "3.7", "沙埗", "四", "鴨脷洲", "14"),
)
JAVANESE = (
    "{} iku desa ing kecamatan {}, kabupaten {}. Wargané akèh kang dadi {}, lan sawisé panèn "
    "biyasané nanggap wayang ing balé desa. Ing sisih lor desa ana kali {}, papan bocah-bocah "
    "dolanan lan ibu-ibu umbah-umbah. Dalan menyang kutha wis diaspal, nanging isih sepi yèn "
    "wengi. Saben sasi Sura warga padha slametan ing {}, banjur mangan bareng."
)
VILLAGES = (
    ("Karanglo", "Wanasari", "Kalibening", "among tani", "Serang", "punthuk"),
    ("Purwareja", "Gunungsari", "Banyuurip", "tukang kayu", "Bogowonto", "prapatan"),
)
HINDI = (
    "{} एक छोटा सा गाँव है जो {} नदी के किनारे बसा हुआ है। यहाँ के लोग {} की खेती करते हैं और "
    "सर्दियों में {} के बाज़ार में अपना सामान बेचने जाते हैं। गाँव के बीच में एक पुराना {} का पेड़ है, जिसकी "
    "छाया में शाम को बड़े बूढ़े बैठकर बातें करते हैं। हर साल {} पर यहाँ मेला लगता है।"
)
HAMLETS = (
    ("रामपुर", "कोसी", "गेहूँ", "सोनगढ़", "बरगद", "होली"),
    ("देवलगाँव", "नर्मदा", "बाजरा", "चाँदनगर", "पीपल", "दीवाली"),
)
MAKES = pytest.mark.parametrize(
    ("make", "fills", "others"),
    [
        (CANTONESE, ISLANDS, "龘靐齉爨麤纛"),
        (JAVANESE, VILLAGES, "qxzvf"),
        (HINDI, HAMLETS, "ऌऍऎऑऒ"),
    ],
)


def aligned(whole: str, part: str) -> tuple[Alignment, np.ndarray, np.ndarray]:
    keys = fold(buffers.of([whole, part]))
    scripts, narrowed = unspaced(keys), narrow(keys, np.arange(2))
    found = align(narrowed, narrowed, np.array([[0, 1]]), scripts)
    return found, keys.lengths[[1]], scripts[[1]]


def the_same(whole: str, part: str) -> bool:
    return bool(say_the_same(*aligned(whole, part))[0])


@MAKES
def test_two_pages_of_one_make_say_different_things(
    make: str, fills: tuple[tuple[str, ...], ...], others: str
) -> None:
    one, other = (make.format(*fill) for fill in fills)
    assert the_same(one, one)
    assert not the_same(one, other)
    assert not the_same(other, one)


@MAKES
@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_a_copy_with_letters_replaced_at_random_says_the_same(
    make: str, fills: tuple[tuple[str, ...], ...], others: str, share: float
) -> None:
    text = make.format(*fills[0])
    same = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        letters = [
            str(rng.choice(list(others))) if c.isalpha() and rng.random() < share else c
            for c in text
        ]
        same.append(the_same(text, "".join(letters)))
    # Of a hundred characters with one in five replaced one copy in five looks as if by words.
    assert sum(same) >= (19 if share < 0.2 else 15)


@MAKES
def test_a_copy_in_which_a_few_words_were_edited_says_the_same(
    make: str, fills: tuple[tuple[str, ...], ...], others: str
) -> None:
    assert the_same(make.format(*fills[0]), make.format(fills[1][0], *fills[0][1:]))


def test_a_respelled_copy_says_the_same() -> None:
    text = CANTONESE.format(*ISLANDS[0])
    assert the_same(text, text.translate(str.maketrans("嘅係喺嚟", "既系係來")))


def test_in_a_sentence_or_two_one_number_in_five_decides() -> None:
    short = (
        "{}號巴士由碼頭開往山頂，經過街市、學校同泳池，車費{}蚊，頭班車{}點開，假日加開特別班次。"
    )
    bus = short.format("12", "4", "6")
    assert the_same(bus, bus.replace("碼頭", "碼头"))
    assert not the_same(bus, short.format("13", "4", "6"))
    longer = bus + CANTONESE.format(*ISLANDS[0])
    assert the_same(longer, longer.replace("12號", "13號"))


def test_in_a_message_one_word_in_ten_decides() -> None:
    message = "Yen arep nyimpen owahan, klik tombol ing pojok kiwa ngisor banjur entenana sedhela."
    assert the_same(message, message.replace("sedhela", "sedela").replace("pojok", "pajok"))
    assert not the_same(message, message.replace("kiwa", "tengen").replace("nyimpen", "mbatalake"))


def test_numbers_of_every_script_decide_from_six_digits_on() -> None:
    text = HINDI.format(*HAMLETS[0]) + " जनसंख्या {} है, क्षेत्रफल {} है, और पिन कोड {} है।"
    town = text.format("४५२१", "३८", "२६११५")
    assert the_same(town, text.format("४५२१", "३९", "२६११५"))
    assert not the_same(town, text.format("९०७३", "१२", "२६८३९"))


def test_no_pairs_have_no_verdicts() -> None:
    nothing = Alignment(*(np.zeros(0, np.int64) for _ in Alignment._fields))
    found = say_the_same(nothing, np.zeros(0, np.int64), np.zeros(0, np.bool_))
    assert found.shape == (0,)
    assert found.dtype == np.bool_
