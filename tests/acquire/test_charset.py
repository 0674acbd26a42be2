"""Bytes to text: labels, repairs, statistics, and that nothing is lost in silence."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from webencodings import LABELS

from curator.acquire.charset import Decoded, decode
from curator.acquire.charset_codecs import decode_as, encoding_name, map_private_use

CANTONESE = "嘅咗喺啲嚟哋嘢嗰㗎𠻺"
SENTENCE = "佢哋喺度食咗飯，嗰啲嘢好好食㗎。"

PAIR_LEADS = {
    "big5": range(0x81, 0xFF),
    "gb18030": range(0x81, 0xFF),
    "euc-kr": range(0x81, 0xFF),
    "shift_jis": [*range(0x81, 0xA0), *range(0xE0, 0xFD)],
    "euc-jp": range(0xA1, 0xFF),
}
STANDARD = {
    "big5": "4b2ad91ce873e5c5",
    "gb18030": "875b45ae32147626",
    "euc-kr": "683552cf962c9aa9",
    "shift_jis": "6ba6d8330c40a9a1",
    "euc-jp": "e726353e04562cd6",
}
"""SHA-256 of what every pair of bytes reads as, made from the indexes of the Encoding Standard (in
Big5 with ／ and ＼ for a241 and a242)."""

SINGLE_BYTE = [
    "ibm866",
    *(f"iso-8859-{part}" for part in (10, 13, 14, 15, 16, 2, 3, 4, 5, 6, 7, 8)),
    "koi8-r",
    "koi8-u",
    "macintosh",
    *(f"windows-{page}" for page in (*range(1250, 1259), 874)),
    "x-mac-cyrillic",
]

IN_OTHER_LANGUAGES = {
    "shift_jis": ("cp932", "これは日本語の文章です。カタカナもあります。"),
    "euc-jp": ("euc_jp", "これは日本語の文章です。"),
    "iso-2022-jp": ("iso2022_jp", "これは日本語です"),
    "euc-kr": ("cp949", "이것은 한국어 문장입니다."),
    "windows-1251": ("cp1251", "Это предложение на русском языке."),
    "koi8-u": ("koi8_r", "Это предложение на русском языке."),
    "iso-8859-5": ("iso8859_5", "Это предложение на русском языке."),
    "windows-874": ("cp874", "นี่คือประโยคภาษาไทย"),
    "windows-1252": ("cp1252", "L’été à Genève, où es-tu ? Größe für Straßen"),
    "windows-1250": ("cp1250", "Zażółć gęślą jaźń. Příliš žluťoučký kůň"),
    "windows-1253": ("cp1253", "Αυτή είναι μια πρόταση"),
    "windows-1254": ("cp1254", "Türkçe bir cümle yazıyorum, şu anda güzel"),
    "windows-1255": ("cp1255", "זה משפט בעברית"),
    "windows-1256": ("cp1256", "هذه جملة باللغة العربية"),
    "utf-16le": ("utf-16-le", "<p>啲嘢 and ASCII markup</p>"),
    "utf-16be": ("utf-16-be", "<p>啲嘢 and ASCII markup</p>"),
}


@pytest.mark.parametrize("name", sorted(STANDARD))
def test_every_pair_of_bytes_reads_as_the_standard_says(name: str) -> None:
    read = [
        decode_as(bytes([lead, trail]), name) for lead in PAIR_LEADS[name] for trail in range(256)
    ]
    assert hashlib.sha256("\n".join(read).encode()).hexdigest()[:16] == STANDARD[name]


def test_every_byte_of_single_byte_encodings_reads_as_the_standard_says() -> None:
    upper = bytes(range(128, 256))
    read = "".join(f"{name}{decode_as(upper, name)}\n" for name in SINGLE_BYTE)
    assert hashlib.sha256(read.encode()).hexdigest()[:16] == "78b86ce44083af37"


@pytest.mark.parametrize("label", sorted(LABELS))
def test_every_label_of_the_standard_is_known_and_decodes(label: str) -> None:
    name = encoding_name(f" {label.upper()}\n")
    assert name is not None
    ascii_text = decode_as(b"plain", name)
    if not name.startswith("utf-16"):
        assert ascii_text in ("plain", "\ufffd")
    decoded = decode(b"<p>plain \xe9\x80\xff</p>", label)
    assert isinstance(decoded, Decoded)
    assert decoded.replacements == decoded.text.count("\ufffd")


def test_labels_mean_what_the_web_means() -> None:
    assert encoding_name("big5") == "big5"
    assert encoding_name("Big5-HKSCS") == "big5"
    assert encoding_name("cp950") == "big5"
    assert encoding_name("gb2312") == "gb18030"
    assert encoding_name("GBK; foo=bar") == "gb18030"
    assert encoding_name('"latin1"') == "windows-1252"
    assert encoding_name("us-ascii") == "windows-1252"
    assert encoding_name("klingon") is None
    assert encoding_name("") is None
    assert encoding_name(None) is None


@pytest.mark.parametrize("label", ["big5", "Big5-HKSCS", "cn-big5", "x-x-big5", "csbig5"])
def test_cantonese_characters_survive_the_label_big5(label: str) -> None:
    data = CANTONESE.encode("big5hkscs")
    assert decode(data, label) == (CANTONESE, "big5", "http", 0, 0)


def test_characters_at_the_places_of_the_older_standard_are_read() -> None:
    assert decode_as(b"\xfbH\xfd\xbb", "big5") == "嘅港"


def test_a_broken_pair_keeps_the_ascii_byte_after_it() -> None:
    assert decode_as(b"<p>\x87</p>", "big5") == "<p>\ufffd</p>"
    assert decode_as(b"\xff\xa4\xa4", "big5") == "\ufffd中"
    assert decode_as(b"\x80", "gb18030") == "€"
    assert decode_as("我".encode("big5hkscs")[:1], "big5") == "\ufffd"


def test_a_byte_order_mark_wins_over_every_label_and_is_left_out() -> None:
    assert decode(b"\xef\xbb\xbf" + SENTENCE.encode(), "big5") == (SENTENCE, "utf-8", "bom", 0, 0)
    for codec in ("utf-16-le", "utf-16-be"):
        data = f"\ufeff{SENTENCE}".encode(codec)
        assert decode(data, "gbk").text == SENTENCE


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="big5">',
        "<META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=Big5'>",
        "<!-- <meta charset=utf-8> --><meta charset=big5-hkscs >",
        '<?xml version="1.0" encoding="big5"?>',
    ],
)
def test_the_pages_own_label_is_read(head: str) -> None:
    decoded = decode((head + SENTENCE).encode("big5hkscs"))
    assert decoded == (head + SENTENCE, "big5", "meta", 0, 0)


def test_the_label_given_comes_before_the_pages_own() -> None:
    data = ("<meta charset=iso-8859-2>" + "Příliš žluťoučký kůň. " * 3).encode("cp1250")
    assert decode(data, "windows-1250")[1:3] == ("windows-1250", "http")
    assert decode(data, meta=False).source == "detector"


def test_a_label_is_not_believed_where_the_bytes_are_utf_8() -> None:
    for label in ("big5", "gbk", "latin1", "shift_jis", "koi8-r"):
        assert decode(SENTENCE.encode(), label) == (SENTENCE, "utf-8", "utf-8", 0, 0)
    assert decode("café".encode(), "iso-8859-1").text == "café"


def test_few_bytes_that_happen_to_be_utf_8_do_not_beat_a_label() -> None:
    unicom = "联通".encode("gb18030")  # the pair that Notepad took for UTF-8
    assert decode(unicom, "gb2312").text == "联通"


def test_a_label_is_not_believed_where_another_encoding_explains_far_more() -> None:
    data = (SENTENCE * 3).encode("big5hkscs")
    for label in ("utf-8", "gb2312", "iso-8859-1", "euc-kr", "windows-1251"):
        assert decode(data, label) == (SENTENCE * 3, "big5", "detector", 0, 0)
    server_default = b"<meta charset=big5>" + data
    assert decode(server_default, "iso-8859-1")[1:3] == ("big5", "meta")


def test_a_label_is_believed_on_a_page_that_holds_mostly_another_script() -> None:
    text = "神聖嘅戰爭係一首歌。" + "Вставай страна огромная. Вставай на смертный бой. " * 40
    assert decode(text.encode("big5hkscs"), "big5") == (text, "big5", "http", 0, 0)


def test_utf_8_cut_off_in_a_character_stays_utf_8() -> None:
    decoded = decode(SENTENCE.encode()[:-1])
    assert decoded == (SENTENCE[:-1] + "\ufffd", "utf-8", "detector", 1, 0)
    assert decode(SENTENCE.encode()[:-1], "utf-8").source == "http"


def test_a_label_of_utf_16_on_a_page_of_single_bytes_is_not_believed() -> None:
    assert decode(f"<p>{SENTENCE}".encode(), "utf-16").text == f"<p>{SENTENCE}"


@pytest.mark.parametrize("name", sorted(IN_OTHER_LANGUAGES))
def test_other_languages_are_told_apart_without_a_label(name: str) -> None:
    codec, text = IN_OTHER_LANGUAGES[name]
    decoded = decode(text.encode(codec))
    assert decoded == (text, name, "detector", 0, 0)


def test_small_languages_keep_the_label_they_share_with_large_ones(corpora: Path) -> None:
    with gzip.open(corpora / "bulk" / "bible_chapters.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in itertools.islice(lines, 0, None, 20)]
    checked, unlabelled = 0, 0
    for text in texts:
        try:
            data = text.encode("cp1252")
        except UnicodeEncodeError:
            continue
        if data.isascii():
            continue
        checked += 1
        assert decode(data, "iso-8859-1") == (text, "windows-1252", "http", 0, 0)
        unlabelled += decode(data).text == text
    assert checked > 100
    assert unlabelled / checked > 0.97


def test_english_with_curly_quotes_is_not_japanese() -> None:
    text = "He said “don’t go there” – we’re late, it’s the café’s last night. " * 3
    assert decode(text.encode("cp1252")) == (text, "windows-1252", "detector", 0, 0)


def test_of_two_labels_in_latin_script_the_likelier_is_believed() -> None:
    text = "Příliš žluťoučký kůň úpěl ďábelské ódy. " * 6
    data = b"<meta charset=windows-1250>" + text.encode("cp1250")
    assert decode(data, "iso-8859-1")[1:3] == ("windows-1250", "meta")


@pytest.mark.parametrize("codec", ["big5hkscs", "gb18030"])
def test_short_cantonese_is_told_apart_without_a_label(codec: str, corpora: Path) -> None:
    lines = (corpora / "yue" / "tatoeba_yue.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines[:1000]]
    texts = [text for text in texts if len(text) >= 8]
    right = sum(decode(text.encode(codec, "replace"), meta=False).text == text for text in texts)
    assert right / len(texts) > 0.985


@pytest.mark.parametrize(
    ("codec", "name"),
    [("utf-8", "utf-8"), ("big5hkscs", "big5"), ("gb18030", "gb18030")],
)
@given(text=st.text(st.sampled_from(CANTONESE + "香港人講廣東話,. abc<>\n"), max_size=60))
@settings(max_examples=60, deadline=None)
def test_what_was_encoded_as_labelled_comes_back(codec: str, name: str, text: str) -> None:
    decoded = decode(text.encode(codec), name)
    assert (decoded.text, decoded.replacements) == (text, 0)


@given(
    data=st.binary(max_size=400),
    label=st.sampled_from([None, "big5", "gbk", "utf-8", "utf-16", "iso-2022-jp", "hz", "x", "\0"]),
    head=st.sampled_from([b"", b"<meta charset=", b"\x1b$", b"\xff\xfe", b"<?xml encoding='big5'"]),
)
@example(data=b"", label=None, head=b"")
@settings(max_examples=300, deadline=None)
def test_hostile_bytes_never_raise(data: bytes, label: str | None, head: bytes) -> None:
    decoded = decode(head + data, label)
    decoded.text.encode()  # no lone surrogates
    assert decoded.replacements == decoded.text.count("\ufffd")


@given(st.binary(max_size=200), st.sampled_from([*PAIR_LEADS, *SINGLE_BYTE]))
@settings(max_examples=300, deadline=None)
def test_ascii_survives_in_every_reading(data: bytes, name: str) -> None:
    marked = b"<!" + data + b"\n\n>"
    assert decode_as(marked, name).startswith("<!")
    assert decode_as(marked, name).endswith("\n>")


def test_private_use_characters_of_hong_kong_are_read_and_icons_kept() -> None:
    # U+E3C0 is place 8fb1 of Big5, 嗬 of the supplementary set
    assert map_private_use("佢哋\ue3c0地") == ("佢哋嗬地", 0)
    assert map_private_use("佢哋<i>\uf015</i> 首頁") == ("佢哋<i>\uf015</i> 首頁", 1)
    assert map_private_use("佢哋 \ue000") == ("佢哋 \ue000", 1)
    assert map_private_use("嘅啲「\ue000」") == ("嘅啲「𠕇」", 0)
    assert map_private_use("plain") == ("plain", 0)
    assert decode("佢哋\ue3c0\uf8ff".encode()).private_use == 1


def test_private_use_characters_of_other_places_are_kept() -> None:
    for text in ("东大僚郭\ue3db、赵仑等七人", "我\ue3c0地", "\ue000"):
        assert map_private_use(text) == (text, 1)


def test_cantonese_written_in_private_use_alone_is_read() -> None:
    # a page of 1999: 咗 喺 啲 嚟 were no characters of Unicode
    old = {decode_as(c.encode("big5hkscs"), "big5"): c for c in "喺啲嚟咗"}
    assert set(old) == set("喺啲嚟咗")
    text = "我" + "".join(map(as_private_use, "喺啲嚟咗")) + "度"
    assert map_private_use(text) == ("我喺啲嚟咗度", 0)


def as_private_use(character: str) -> str:
    """Return the code point of Windows for a place in Big5's user-defined areas."""
    lead, trail = character.encode("big5hkscs")
    place = trail - (0x40 if trail < 0x7F else 0x62)
    first, base = (0xFA, 0xE000) if lead >= 0xFA else (0x8E, 0xE311)
    if lead < 0x8E:
        first, base = 0x81, 0xEEB8
    return chr(base + (lead - first) * 157 + place)


def test_ascii_keeps_its_label_and_nothing_is_utf_8() -> None:
    assert decode(b"abc", "big5") == ("abc", "big5", "http", 0, 0)
    assert decode(b"") == ("", "utf-8", "utf-8", 0, 0)


def test_a_labelled_page_in_seven_bits_is_read() -> None:
    assert decode("漢字".encode("iso2022_jp"), "iso-2022-jp").text == "漢字"
    assert decode("汉字".encode("hz"), "hz-gb-2312").text == "汉字"
