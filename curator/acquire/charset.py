"""Bytes of a page to text: which encoding they are in, and what was lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from curator.acquire.charset_codecs import decode_as, encoding_name, map_private_use
from curator.acquire.charset_statistics import (
    ASCII,
    LATIN,
    MODEL_OF,
    detect,
    is_chinese,
    likelihood,
    sample_of,
)

Source = Literal["bom", "http", "meta", "utf-8", "detector"]

BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))

META_BYTES = 8 << 10
"""Bytes of a page searched for its own label. Browsers search 1,024 and begin anew for later
ones."""

COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
META = re.compile(rb"""<meta[\s/][^<>]*?charset\s{0,8}=\s{0,8}["']?\s{0,8}([a-z\d_.:-]{2,40})""")
XML = re.compile(
    rb"""\A\s{0,64}<\?xml[^<>]{0,200}?encoding\s{0,8}=\s{0,8}["']([a-z\d_.:-]{2,40})"""
)
"""Both are matched against lower case."""

CERTAIN_BYTES = 6
"""With so many continuation bytes that read as UTF-8, it is UTF-8 whatever a label says."""

SEVEN_BIT = ("hz-gb-2312", "iso-2022-jp", "iso-2022-kr")
"""Encodings in ASCII bytes."""

MARGIN, MARGIN_PER_BYTE = 12.0, 0.75
"""Log-likelihood by which another encoding must be better than the labelled one, in all and for
each byte beyond ASCII."""


class Decoded(NamedTuple):
    """A page as text."""

    text: str
    charset: str
    """Name of the decoder in the Encoding Standard, in lower case; GBK is ``gb18030``."""
    source: Source
    """What told it: a byte order mark, the label given, the page's own label, that the bytes are
    UTF-8, or their statistics."""
    replacements: int
    """U+FFFD in the text: broken sequences, and such characters of the page itself."""
    private_use: int = 0
    """Private use characters left in a text of Unicode: icons, and unknown characters."""


def decode(data: bytes, label: str | None = None, *, meta: bool = True) -> Decoded:
    """Return the bytes of a page as text; never fails, never leaves bytes out in silence.

    In this order: a byte order mark; ``label`` (the charset of an HTTP header) and with ``meta``
    the label in the page, as the Encoding Standard means them (``big5`` has 嘅 and 咗, ``gb2312``
    is GB18030, ``latin1`` windows-1252); UTF-8 where all of it is; statistics. A label is not
    believed where the bytes are UTF-8 and it says otherwise, nor where another encoding explains
    them far better: ``gb2312`` on a page in Big5. No bytes are empty text in UTF-8. The byte order
    mark is left out. Characters of Hong Kong's private use areas are mapped, see
    ``charset_codecs.map_private_use``. Source: WHATWG Encoding Standard.
    """
    for mark, name in BOMS:
        if data.startswith(mark):
            return _decoded(decode_as(data[len(mark) :], name), name, "bom")
    if encoding_name(label) == "utf-8":  # nearly every page, so nothing else is looked at first
        text = _strict_utf8(data)
        if text is not None and b"\0" not in data[:META_BYTES]:
            return _decoded(text, "utf-8", "http")
    claims = list(dict.fromkeys(_claims(data, label, meta)))
    wide = _utf16(data) if b"\0" in data[:META_BYTES] else None
    if wide:  # looked for first: UTF-16 of 啲嘢 is ASCII bytes
        utf16 = [by for name, by in claims if name.startswith("utf-16")]
        told: Source = utf16[0] if utf16 else "detector"
        return _decoded(decode_as(data, wide), wide, told)
    if data.isascii() and b"\x1b" not in data:
        name, source = claims[0] if claims else ("utf-8", "utf-8")
        if name not in (*SEVEN_BIT, "utf-16le", "utf-16be", "replacement"):
            return Decoded(data.decode("ascii"), name, source, 0)
    claims = [claim for claim in claims if not claim[0].startswith(("utf-16", "replacement"))]
    text = _strict_utf8(data)
    if text is not None:
        return _of_utf8(data, text, claims)
    return _of_legacy(data, claims)


def _claims(data: bytes, label: str | None, meta: bool) -> Iterator[tuple[str, Source]]:
    name = encoding_name(label)
    if name:
        yield name, "http"
    if not meta:
        return
    head = data[:META_BYTES].lower()
    if b"<!--" in head:
        head = COMMENT.sub(b"", head)
    for pattern in (META, XML):
        found = pattern.search(head)
        name = encoding_name(found[1].decode("ascii", "replace")) if found else None
        if name:
            # the label could be read as ASCII, so a page that says UTF-16 is not
            yield "utf-8" if name.startswith("utf-16") else name, "meta"


def _strict_utf8(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _decoded(text: str, name: str, source: Source) -> Decoded:
    private_use = 0
    if name.startswith("utf-"):
        text, private_use = map_private_use(text)
    return Decoded(text, name, source, text.count("\ufffd"), private_use)


def _of_utf8(data: bytes, text: str, claims: list[tuple[str, Source]]) -> Decoded:
    """Decode bytes that read as UTF-8: a label may say otherwise and be right for a few."""
    certain = len(data) - len(text) >= CERTAIN_BYTES
    for name, source in claims:
        if name == "utf-8":
            return _decoded(text, name, source)
        if certain or name == "windows-1252":  # é read as Ã© is no accident
            continue
        if data.isascii() or name not in SEVEN_BIT:
            other = decode_as(data, name)
            if "\ufffd" not in other:
                return _decoded(other, name, source)
    if data.isascii() and b"\x1b$" in data:
        japanese = decode_as(data, "iso-2022-jp")
        if "\ufffd" not in japanese:
            return _decoded(japanese, "iso-2022-jp", "detector")
    return _decoded(text, "utf-8", "utf-8")


def _of_legacy(data: bytes, claims: list[tuple[str, Source]]) -> Decoded:
    """Decode bytes that are not UTF-8, at least not all of them."""
    sample = sample_of(data)
    for name, source in claims[:1]:
        if is_chinese(sample, name):
            return _decoded(decode_as(data, name), name, source)
    best, likeliest = detect(sample)
    known = [(likelihood(sample, name), name, source) for name, source in claims]
    if MODEL_OF[best] in LATIN:
        # which of the Latin ones is for a label to say, and statistics choose among labels alone
        known = [claim for claim in known if MODEL_OF.get(claim[1]) in LATIN] or known
        likeliest = max((score for score, _, _ in known), default=0.0)
    n_beyond = len(sample.translate(None, ASCII))
    least = likeliest - MARGIN - MARGIN_PER_BYTE * n_beyond
    for score, name, source in known:
        if score >= least:
            return _decoded(decode_as(data, name), name, source)
    return _decoded(decode_as(data, best), best, "detector")


def _utf16(data: bytes) -> str | None:
    """Return the name of UTF-16 where every other byte of the head is NUL, as in markup."""
    head = data[:META_BYTES]
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    if min(even, odd) * 8 > half or max(even, odd) * 3 < half:
        return None
    return "utf-16be" if even > odd else "utf-16le"
