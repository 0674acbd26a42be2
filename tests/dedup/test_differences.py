"""Copies that were typed, scanned or respelled are told from other pages of the same make."""

from __future__ import annotations

import numpy as np
import pytest

from curator.dedup.copies.differences import say_the_same
from curator.dedup.copies.letters import letter_classes
from curator.kernels import buffers
from curator.kernels.alignment import Alignment, Exchange, align
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
    found = align(narrowed, narrowed, np.array([[0, 1]]), scripts, 0.0, letter_classes())
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
    assert the_same(make.format(*fills[0]), make.format(*fills[0][:4], fills[1][4], *fills[0][5:]))


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
    assert the_same(longer, longer.replace("4蚊", "5蚊"))


def test_in_a_message_one_word_in_ten_decides() -> None:
    message = "Yen arep nyimpen owahan, klik tombol ing pojok kiwa ngisor banjur entenana sedhela."
    assert the_same(message, message.replace("sedhela", "sedela").replace("pojok", "pajok"))
    assert not the_same(message, message.replace("kiwa", "tengen").replace("nyimpen", "mbatalake"))


def test_numbers_of_every_script_decide_from_six_digits_on() -> None:
    text = HINDI.format(*HAMLETS[0]) + " जनसंख्या {} है, क्षेत्रफल {} है, और पिन कोड {} है।"
    town = text.format("४५२१", "३८", "२६११५")
    assert the_same(town, text.format("४५२१", "३९", "२६११५"))
    assert not the_same(town, text.format("९०७३", "१२", "२६८३९"))


SHORT_PAGES = pytest.mark.parametrize(
    ("page", "subject", "other"),
    [
        ("閏{0}月三十係閏{0}月第三十日，唔係年年有，嗰日生嘅人會當{0}月三十做生日。", "三", "八"),
        ("{0}，漁村出身，做過三屆街坊會主席，而家係荔灣潮州商會嘅名譽會長兼顧問，支持起新碼頭。"
         "佢同太太開咗間海味舖，有兩個女，平時鍾意落棋同養雀，每逢禮拜日都喺公園教人打太極。",
         "陳大安", "廖細文"),
        ("第{0}屆鄉議局選舉喺禮堂舉行，選出十七個議員，任期四年。投票由朝早八點開始，夜晚十點完，"
         "當晚點票，結果由主席公布，冇人上訴。", "12", "13"),
        ("{0}極星係最近{0}極嘅星，喺{0}半球先至見到，行船嘅人自古以來靠佢認方向，海圖上都有畫。",
         "南", "北"),
        ("{0} iku pasar gedhé ing tlatah pesisir. Pasar {0} dibukak saben esuk, lan wong saka "
         "désa-désa padha adol iwak lan uyah ana ing pasar {0}. Jaman biyèn pasar {0} mung cilik.",
         "Gedhangan", "Sukarema"),
        ("{0} नाम का कुआँ बहुत पुराना है। लोग कहते हैं कि {0} का पानी कभी नहीं सूखता। हर साल {0} के "
         "पास मेला लगता है और दूर दूर से लोग {0} का पानी पीने आते हैं।", "सीताकुंड", "रामबावड़ी"),
    ],
)  # fmt: skip


@SHORT_PAGES
def test_pages_that_are_about_something_else_stay(page: str, subject: str, other: str) -> None:
    one, another = page.format(subject), page.format(other)
    assert the_same(one, one)
    assert not the_same(one, another)
    assert not the_same(another, one)


def test_what_is_turned_round_in_two_pages_is_what_they_are_about() -> None:
    bridge = (
        "{0}橋由{0}岸去{1}岸，全長六百米，行車行人都得，{0}岸嗰邊有巴士總站同埋街市，"
        "{1}岸嗰邊係工廠區。橋嘅{1}面仲有條舊橋，只准單車行，每日朝早好多人喺{0}面跑步，"
        "夜晚就有人喺{1}面釣魚。起橋嘅石由山上面運落嚟，做咗五年先至起好。"
    )
    assert not the_same(bridge.format("東", "西"), bridge.format("西", "東"))


@pytest.mark.parametrize(
    ("old", "new"), [("嘅", "既"), ("喺", "響"), ("佢", "渠"), ("畀", "俾"), ("比", "俾")]
)
def test_letters_put_for_one_another_are_no_subject(old: str, new: str) -> None:
    text = f"{old}" + CANTONESE.format(*ISLANDS[0]).replace("，", f"，{old}")
    assert the_same(text, text.replace(old, new))
    assert not the_same(text, text.replace(old, "鯰"))


def test_a_letter_that_was_mistaken_here_and_there_is_no_subject() -> None:
    text = "島" + CANTONESE.format(*ISLANDS[0]).replace("。", "，島。")
    assert not the_same(text, text.replace("島", "烏"))
    assert the_same(text, text.replace("島", "烏", 2))


def test_what_a_site_puts_above_a_long_text_is_no_subject() -> None:
    text = CANTONESE.format(*ISLANDS[0]) + "".join(
        f"{place}嘅人就話，{trade}先至係佢哋最叻嘅嘢，由細做到大，做咗幾代人都冇變過。"
        for place, trade in zip("東南西北上下左右", "漁耕樵讀醫卜星相", strict=True)
    )
    assert the_same("山下日報" + text, "海邊晚報" + text)
    assert the_same("12" + text, "57" + text)
    short = text[:120]
    assert not the_same("陳大文" + short, "李細妹" + short)


MANDARIN = str.maketrans("嘅咗喺佢哋嚟唔呢啲冇畀", "的了在他們來不這些沒給")


def test_a_translation_into_a_neighbour_is_no_copy() -> None:
    text = (
        "佢哋喺山下起咗間木屋，屋嘅後面有條坑，落雨嗰陣好大水。佢嘅細佬嚟過兩次，嫌路遠，冇再嚟。"
        "舊年佢哋畀咗啲錢人修橋，而家啲單車都過得到。呢條村嘅人唔多，後生嘅都去咗城市搵食。"
    )
    assert the_same(text, text)
    assert not the_same(text, text.translate(MANDARIN))
    assert not the_same(text.translate(MANDARIN), text)
    # One such letter in a copy that was mistyped otherwise tells nothing.
    rng = np.random.default_rng(4)
    noisy = "".join(str(rng.choice(list("山水田木火"))) if rng.random() < 0.1 else c for c in text)
    assert the_same(text, noisy.replace("嘅", "的", 1))


def test_no_pairs_have_no_verdicts() -> None:
    no_exchange = Exchange(*(np.zeros(0, np.int64) for _ in Exchange._fields))
    counts = (np.zeros(0, np.int64) for _ in Alignment._fields[1:])
    nothing = Alignment(*counts, exchange=no_exchange)
    found = say_the_same(nothing, np.zeros(0, np.int64), np.zeros(0, np.bool_))
    assert found.shape == (0,)
    assert found.dtype == np.bool_
