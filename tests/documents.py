"""A small corpus in several scripts, written for these tests, that every law is tried on."""

from __future__ import annotations

import pandas as pd

CANTONESE = [
    "今日天氣好好，我哋一齊去行山啦！",
    "佢話聽日唔得閒，所以我自己去咗睇戲。",
    "阿媽煮咗好多餸，啲細路食到停唔到口㗎。",
    "book 咗位未呀？嗰間餐廳好 chill，要早啲去。",
    "我細個嗰陣住喺深水埗，樓下有間士多，老闆成日請我食糖。"
    "大個咗之後搬咗去第二度，不過每次返去都會見到佢坐喺門口𠻺報紙。",
    "個𡃉仔話：「唔該晒！」跟住就走咗。",
]
JAVANESE = [
    "Dina iki aku arep lunga menyang pasar karo ibuku, amarga sega ing omah wis entek.",
    "Kucingé turu ing ngisor kursi, dene asuné isih mlayu-mlayu ing latar.",
    "Bapak nandur pari ing sawah sing jembar, banjur adhiku nggawa wedang lan gorengan.",
]
COMBINING = [
    "आज मौसम बहुत अच्छा है, हम सब पहाड़ पर घूमने चलेंगे।",
    "Hôm nay trời đẹp quá, chúng mình cùng đi leo núi nhé.",
    "ꦱꦸꦒꦼꦁꦫꦮꦸꦃ꧈ꦥꦶꦪꦺꦏꦧꦂꦫꦺ꧉",
]
AWKWARD = [
    "",
    " ",
    "\n\n\n",
    "。",
    "a",
    "１２３４５６７８９０ 12345 ٣٤٥",
    "http://example.org/睇下先 好正",
    "ｗｉｄｅ ＆amp; caf\u0065\u0301 \u200bzero",
    "Ã©tÃ© â€œquotesâ€\x9d",
    "哈" * 300,
    "👩‍👩‍👧‍👦 家庭 👍🏽",
    "⿰口力 ⿱艹早",
    "line one\r\nline two\rline three\n\n\n\nline four",
    "\u202eabc\u202c אבג",
]

TEXTS = [
    *CANTONESE,
    *JAVANESE,
    *COMBINING,
    *AWKWARD,
    CANTONESE[4],
    CANTONESE[4] + "！",
    JAVANESE[0],
]
"""All of them, with a plain and a near copy at the end."""


def frame(texts: list[str | None] | None = None) -> pd.DataFrame:
    """Return a frame of ids and texts, with a metadata column."""
    rows = TEXTS if texts is None else texts
    return pd.DataFrame(
        {
            "id": pd.Series([f"d{i:03d}" for i in range(len(rows))], dtype="str"),
            "text": pd.Series(rows, dtype="str"),
            "title": pd.Series([f"題 {i}" for i in range(len(rows))], dtype="str"),
        }
    )
