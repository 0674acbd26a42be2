"""Small PDF files, written by hand: text that says its characters, pages that are drawings."""

from __future__ import annotations

import zlib
from collections.abc import Sequence


def pdf(pages: Sequence[str | bytes], *, title: str = "", encrypt: bool = False) -> bytes:
    """A file of pages: a string is shown line by line, bytes are a page's own drawing.

    The font has a table of characters (ToUnicode) and is not embedded.
    """
    letters = sorted({letter for page in pages if isinstance(page, str) for letter in page})
    glyphs = {letter: number + 3 for number, letter in enumerate(letters)}
    table = "\n".join(
        f"<{glyph:04X}><{letter.encode('utf-16-be').hex()}>" for letter, glyph in glyphs.items()
    )
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def "
        "/CMapType 2 def 1 begincodespacerange <0000><FFFF> endcodespacerange "
        f"{len(glyphs)} beginbfchar\n{table}\nendbfchar endcmap end end"
    )
    kids = " ".join(f"{8 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[4 0 R]"
        b"/ToUnicode 6 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/X/CIDSystemInfo<</Registry(Adobe)"
        b"/Ordering(Identity)/Supplement 0>>/FontDescriptor 5 0 R/DW 1000>>",
        b"<</Type/FontDescriptor/FontName/X/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0"
        b"/Ascent 900/Descent -200/CapHeight 800/StemV 80>>",
        _stream(cmap.encode()),
        f"<</Title<feff{title.encode('utf-16-be').hex()}>>>".encode(),
    ]
    for number, page in enumerate(pages):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 700]/Resources<</Font<</F1 3 0 R>>>>"
            + f"/Contents {9 + 2 * number} 0 R>>".encode()
        )
        objects.append(_stream(page if isinstance(page, bytes) else _shown(page, glyphs)))
    trailer = b"/Root 1 0 R/Info 7 0 R"
    if encrypt:
        objects.append(
            b"<</Filter/Standard/V 1/R 2/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>"
        )
        trailer += f"/ID[<{'00' * 16}><{'00' * 16}>]/Encrypt {len(objects)} 0 R".encode()
    return _file(objects, trailer)


def bomb(size: int) -> bytes:
    """A page whose drawing unpacks to ``size`` bytes."""
    return b"PACKED" + zlib.compress(b" " * size, 9)


def _shown(page: str, glyphs: dict[str, int]) -> bytes:
    lines = []
    for number, line in enumerate(page.split("\n")):
        codes = "".join(f"{glyphs[letter]:04X}" for letter in line)
        lines.append(f"BT /F1 12 Tf 20 {650 - 20 * number} Td <{codes}> Tj ET")
    return "\n".join(lines).encode()


def _stream(data: bytes) -> bytes:
    packed = data.startswith(b"PACKED")
    data = data.removeprefix(b"PACKED")
    kind = b"/Filter/FlateDecode" if packed else b""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), kind, data)


def _file(objects: Sequence[bytes], trailer: bytes) -> bytes:
    out = b"%PDF-1.5\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer<</Size %d%s>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, trailer, len(out))
    return out + head + table + end
