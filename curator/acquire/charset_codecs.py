"""The decoders that the Encoding Standard names, made of Python's codecs and their differences.

The label ``big5`` means Big5 with the Hong Kong Supplementary Character Set: 嘅 咗 喺 啲 嚟 are not
in Python's ``big5``. Python's ``big5hkscs`` is that decoder but for ten marks, 191 pairs it does
not know (among them 嘅 and 港 at the places of an older standard), and what becomes of a broken
pair; ``gb18030``, ``euc_jp`` and the single-byte ones differ as little. Each difference is listed
here. Source: WHATWG Encoding Standard, indexes of 2026, compared pair by pair.
"""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Mapping

from webencodings import LABELS

BIG5_PAIRS = """
877a㡵𡵓𣚞𦀡㻬 87a1𥣞㫵竼龗𤅡𨤍𣇪𠪊𣉞䌊蒄龖鐯䤰蘓墖靊鈘秐 87b4稲晠権袝瑌篅枂稬剏遆㓦珄𥶹瓆鿇垳䤯
87c5呌䄱𣚎堘穲𧭥讏䚮𦺈䆁𥶙箮𢒼鿈𢓁𢓉𢓌鿉蔄𣖻䂴鿊䓡𪷿拁灮鿋
8e69箸 8e6f簆 8e7e糎 8eab緒 8eb4縝 8ecd者 8ed0耨 8f57菁 8f69蒨 8f6e萏 8fcb覦覩 8ffe起 906d都 907a銹
90dc靜 90f1響 91bf鼖 9244蔃 92af兙兛兝兞 92c8鍮 92d1瑹 9447浧 94ca禛 95d9邗 9644靝 96ed瀞 96fc嬨
9b76爁 9b78矗 9b7b纇 9bc6駖 9bde釔 9bec惞 9bf6澶 9c42輶 9c53侻 9c62營 9c68鄄 9c6b鷰 9c77菏 9cbc尐秣
9cd0婧 9d57輋 9d5a筑 9dc4拐 9ea9恢 9eef痹 9efd汊 9f60鬮 9f66鼗 9fcb僭 9fd8弌 a063蠏 a077拎 a0d5瑨
a0df煢 a0e4牐 c6cf廴 c6d3无 c6d5癶 c6d7隶 c6de〃仝 fa5f倩 fa66偽 fabd包 fac5卄 fad5卿 fb48嘅 fbb8婷
fbf3幵 fbf9廐 fc4f彘 fc6c悤 fcb9撐 fce2晴 fcf1杞 fdb7沜渝 fdbb港 fdf1煮 fe52猪 fe6f瑜 feaa瓩 fedd砉
"""
"""Runs of pairs that Python's ``big5hkscs`` does not know: the first pair in hexadecimal, then the
characters of it and of the pairs that follow. After them come U+2400–241F, U+2421, € from a3c0."""

OTHER_CHARACTERS: Mapping[str, Mapping[int, int]] = {
    "big5": str.maketrans("•､‾∼♁☉¥¢£", "‧﹑¯～⊕⊙￥￠￡"),
    "gb18030": str.maketrans(
        "\ue5e5\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796\ue7c7"
        "\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864",
        "\u3000︐︒︑︓︔︕︖︗︘︙ḿ龴龵龶龷龸龹龺龻",
    ),
    "euc-jp": str.maketrans("〜‖−¢£¬", "～∥－￠￡￢"),
    "shift_jis": str.maketrans("\uf8f0\uf8f1\uf8f2\uf8f3", "\ufffd" * 4),
}
"""Where Python's codec gives another character for a pair. (It also gives ／ and ＼ for the two
pairs a241 and a242 that the standard reads as ∕ and ﹨; these stay: text means ／ and ＼.)"""

PYTHON_CODECS = {
    "big5": "big5hkscs",
    "gb18030": "gb18030",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "hz-gb-2312": "hz",
    "iso-2022-kr": "iso2022_kr",
}
"""Multi-byte decoders. The standard reads the last two as one replacement character, for the
safety of browsers; here they are text."""

SINGLE_BYTE = {
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso-8859-8",
}
"""Python's names of single-byte encodings where they differ."""

SINGLE_BYTE_CHARACTERS = {
    "koi8-u": {0xAE: "ў", 0xBE: "Ў"},
    "windows-1255": {0xCA: "\u05ba"},
}

LABELS_IN_THE_WILD = {
    "950": "big5",
    "big-5": "big5",
    "big5-eten": "big5",
    "big5-uao": "big5",
    "big5hkscs": "big5",
    "big5_hkscs": "big5",
    "cp950": "big5",
    "ms950": "big5",
    "windows-950": "big5",
    "936": "gb18030",
    "cp936": "gb18030",
    "gb-18030": "gb18030",
    "gb-2312": "gb18030",
    "gb18030-2000": "gb18030",
    "ms936": "gb18030",
    "windows-936": "gb18030",
    "hz": "hz-gb-2312",
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "euc_jp": "euc-jp",
    "euc_kr": "euc-kr",
    "cp874": "windows-874",
    "utf8mb4": "utf-8",
    "utf_8": "utf-8",
    "uft-8": "utf-8",
    "utf-8n": "utf-8",
}
"""Labels that are no labels of the standard and mean one thing."""

ERRORS = "curator-whatwg"
"""Name of the error handler in Python's registry; given to it at the first decoding."""

SUFFIX_OF_NAME = re.compile(r"[\s;,\"'].*", re.DOTALL)

HONG_KONG = frozenset("嘅咗喺啲嚟哋嘢嗰㗎冇佢唔咁嘥攞瞓掟餸冧𠻺𡃁")
"""Characters of Cantonese."""

LEADS = {
    "big5hkscs": range(0x81, 0xFF),
    "gb18030": range(0x81, 0xFF),
    "cp949": range(0x81, 0xFF),
    "cp932": range(0x81, 0xFD),
    "euc_jp": range(0x8E, 0xFF),
}
"""First bytes of pairs, by Python's codec."""

PRIVATE_USE = re.compile("[\ue000-\uf8ff]+")
PRIVATE_USE_FROM_F000 = re.compile(rb"\xef[\x80-\xa3]")
"""In UTF-8; those below begin with 0xee."""

HAN_OR_MARK = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef\U00020000-\U0003ffff]")


def encoding_name(label: str | None) -> str | None:
    """Return the name of the decoder that a label means, or ``None`` for an unknown label.

    Names are those of the Encoding Standard in lower case; ``gbk`` is ``gb18030``, whose decoder
    is the same: ``" Big5-HKSCS; "`` → ``"big5"``, ``"latin1"`` → ``"windows-1252"``.
    """
    if not label:
        return None
    key = SUFFIX_OF_NAME.sub("", label.strip(" \t\r\n\f\"';").lower())
    name = LABELS_IN_THE_WILD.get(key) or LABELS.get(key)
    if key in PYTHON_CODECS:
        name = key
    return "gb18030" if name == "gbk" else name


def decode_as(data: bytes, name: str) -> str:
    """Return the text of ``data`` read by the decoder ``name``; never fails for broken bytes.

    ``name`` is one that ``encoding_name`` returns. What cannot be read is U+FFFD: one for each
    broken sequence, and an ASCII byte after a broken lead byte stays, as the standard says.
    """
    if name == "utf-8":
        return data.decode("utf-8", "replace")
    if name in ("utf-16le", "utf-16be"):
        return data.decode(f"{name[:6]}-{name[6:]}", "replace")
    if name == "replacement":
        return "\ufffd" if data else ""
    if name not in PYTHON_CODECS:
        return codecs.charmap_decode(data, "replace", _characters(name))[0]
    codec = PYTHON_CODECS[name]
    if codec not in LEADS:
        return data.decode(codec, "replace")
    _register()
    text = data.decode(codec, ERRORS)
    others = OTHER_CHARACTERS.get(name)
    if others and any(chr(code) in text for code in others):
        text = text.translate(others)
    return text


@functools.cache
def _characters(name: str) -> str:
    """Return the 256 characters of a single-byte encoding; U+FFFE where it has none."""
    if name == "x-user-defined":
        return "".join(map(chr, [*range(128), *range(0xF780, 0xF800)]))
    codec = SINGLE_BYTE.get(name, name)
    own = SINGLE_BYTE_CHARACTERS.get(name, {})
    characters = []
    for byte in range(256):
        try:
            character = bytes([byte]).decode(codec)
        except UnicodeDecodeError:
            # the standard reads the holes of windows-125x as controls, ISO's stay holes
            character = chr(byte) if byte < 0xA0 else "\ufffe"
        characters.append(own.get(byte, character))
    return "".join(characters)


@functools.cache
def _register() -> None:
    codecs.register_error(ERRORS, _mend)


@functools.cache
def _unknown_pairs() -> dict[bytes, str]:
    """Return the pairs of Big5 that Python's codec does not know."""
    pairs = {}
    controls = "a3c0" + "".join(map(chr, range(0x2400, 0x2420))) + "\u2421€"
    for run in [*BIG5_PAIRS.split(), controls]:
        lead, trail = bytes.fromhex(run[:4])
        for place, character in enumerate(run[4:]):
            pairs[bytes([lead, trail + place])] = character
    return pairs


def _mend(error: UnicodeError) -> tuple[str, int]:
    """Say what a sequence is that Python's codec cannot read, and where reading goes on."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    data, start, codec = error.object, error.start, error.encoding
    lead = data[start]
    if lead not in LEADS[codec]:
        if lead == 0x80 and codec != "euc_jp":  # € in GBK, a control in Shift_JIS
            return {"gb18030": "€", "cp932": "\x80"}.get(codec, "\ufffd"), start + 1
        return "\ufffd", start + 1
    pair = data[start : start + 2]
    if codec == "big5hkscs" and pair in _unknown_pairs():
        return _unknown_pairs()[pair], start + 2
    if len(pair) < 2 or pair[1] < 0x80:
        return "\ufffd", start + 1
    if codec == "euc_jp" and min(pair) >= 0xA1:
        return _eucjp_extension(pair), start + 2
    return "\ufffd", start + 2


def _eucjp_extension(pair: bytes) -> str:
    """Read a pair of EUC-JP as the same place in Microsoft's Shift_JIS, which has ① and 髙."""
    row, cell = pair[0] - 0xA1, pair[1] - 0xA1
    if row >= 94 or cell >= 94:
        return "\ufffd"
    place = (row & 1) * 94 + cell
    lead = row // 2 + (0x81 if row < 62 else 0xC1)
    shifted = bytes([lead, place + (0x40 if place < 63 else 0x41)])
    return shifted.decode("cp932", "replace")[:1]


def map_private_use(text: str) -> tuple[str, int]:
    """Read private use characters of Hong Kong's old fonts as characters; count what stays.

    Before the characters of the supplementary set were in Unicode, systems mapped their places in
    Big5 one after the other to U+E000–F848, and old UTF-8 pages are written so: ``\\ue3c0`` in
    Han text is a character, in ``<i>\\uf015</i>`` an icon. Only runs beside a Han character (or
    its marks) that are Han in the supplementary set are read, and only in a text that shows two
    of the characters that only Cantonese uses, read ones among them: fonts of other places put
    other characters there (in mainland editions of the classics 郭\\ue3db is 郭琇). The number of
    other private use characters is returned. Source: HKSCS, compatibility points of ISO/IEC 10646.
    """
    first = None if text.isascii() else _first_private_use(text)
    if first is None:
        return text, 0
    mapped, kept = _mapped(text, first)
    if len(HONG_KONG & set(mapped)) < 2:
        return text, sum(len(run[0]) for run in PRIVATE_USE.finditer(text))
    return mapped, kept


def _first_private_use(text: str) -> re.Match[str] | None:
    data = text.encode("utf-8", "surrogatepass")  # bytes are searched ten times as fast
    if b"\xee" not in data and not PRIVATE_USE_FROM_F000.search(data):
        return None
    return PRIVATE_USE.search(text)


def _mapped(text: str, first: re.Match[str]) -> tuple[str, int]:
    kept = 0
    pieces = [text[: first.start()]]
    end = first.start()
    for run in PRIVATE_USE.finditer(text, first.start()):
        pieces.append(text[end : run.start()])
        end = run.end()
        beside = text[max(run.start() - 1, 0) : run.start()] + text[end : end + 1]
        han = HAN_OR_MARK.search(beside)
        read = "".join(map(_supplementary, run[0])) if han else run[0]
        kept += sum(1 for character in read if "\ue000" <= character <= "\uf8ff")
        pieces.append(read)
    pieces.append(text[end:])
    return "".join(pieces), kept


AREAS = ((0xE000, 0xFA40), (0xE311, 0x8E40), (0xEEB8, 0x8140), (0xF6B1, 0xC6A1))
"""First code point and first pair of Big5's user-defined areas."""

LAST_PLACE = 0xF848
"""Last code point of the last area."""


@functools.cache
def _supplementary(character: str) -> str:
    """Return the character of the supplementary set that a private use code point stood for."""
    code = ord(character)
    if code > LAST_PLACE:
        return character
    first, pair = max(area for area in AREAS if area[0] <= code)
    place = code - first + (63 if pair & 0xFF == 0xA1 else 0)
    lead, trail = (pair >> 8) + place // 157, place % 157
    data = bytes([lead, trail + (0x40 if trail < 63 else 0x62)])
    read = decode_as(data, "big5")
    return read if len(read) == 1 and HAN_OR_MARK.match(read) else character
