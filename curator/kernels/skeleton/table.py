"""What counts as a number: digits of every script, Han numerals, the sexagenary cycle, months."""

from __future__ import annotations

import functools
import sys
import unicodedata

import numpy as np

from curator.kernels import buffers
from curator.kernels.fold import fold

NUMBER, SUBJECT = 0x23, 0x2A
"""# and *: punctuation, which no key holds."""
LITERAL, NUMERAL, STEM, BRANCH = range(4)

# Keys are Simplified; both forms are given, so that the list does not depend on how they fold.
HAN_NUMERALS = "〇零一二三四五六七八九十百千万萬亿億廿卅卌两兩壹贰叁肆伍陆柒捌玖拾"
STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"

MONTHS = """
january february march april may june july august september october november december
januari februari maret mac mei juni jun juli julai agustus ogos oktober november desember disember
jan feb mar apr jul aug sep sept oct nov dec okt des agt
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
januar februar märz dezember enero febrero marzo abril mayo junio julio agosto septiembre octubre
noviembre diciembre janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
জানুয়ারি ফেব্রুয়ারি মার্চ এপ্রিল মে জুন জুলাই আগস্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর
जनवरी फ़रवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर सितम्बर अक्टूबर नवंबर नवम्बर दिसंबर
जानेवारी फेब्रुवारी एप्रिल मे जुलै ऑगस्ट सप्टेंबर ऑक्टोबर नोव्हेंबर डिसेंबर
มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
"""
"""Names of months in languages that write them between the numbers of a date: English,
Indonesian, Malay, Javanese, French, German, Spanish, Portuguese, Bengali, Hindi, Marathi, Thai,
Russian. One counts only where it touches a number."""


@functools.cache
def classes() -> np.ndarray:
    """Return uint8[0x110000]: what each code point of a key is."""
    table = np.zeros(sys.maxunicode + 1, np.uint8)
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) in ("Nd", "Nl"):
            table[code] = NUMERAL
    for characters, kind in ((HAN_NUMERALS, NUMERAL), (STEMS, STEM), (BRANCHES, BRANCH)):
        table[[ord(character) for character in characters]] = kind
    table.flags.writeable = False
    return table


@functools.cache
def months() -> tuple[np.ndarray, np.ndarray]:
    """Return the folded names, longest first: offsets int64[n + 1], code points uint32."""
    keys = fold(buffers.of(sorted(set(MONTHS.split()))))
    names = sorted({keys.document(i) for i in range(len(keys.lengths))}, key=lambda n: (-len(n), n))
    offsets = np.zeros(len(names) + 1, np.int64)
    np.cumsum([len(name) for name in names], out=offsets[1:])
    return offsets, np.array([ord(character) for name in names for character in name], np.uint32)
