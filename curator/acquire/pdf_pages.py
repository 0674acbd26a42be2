"""A program of its own: the text of PDF files, page by page. Run by ``pdf.py``, never imported.

It reads PDF files of strangers with a large library in C++, so it runs apart from the rest, under
limits of memory and time: what goes wrong here costs one file. On the standard input: lines of
JSON, each with a file name, or a length and then so many bytes. On the standard output: for
every file lines of JSON, one a page, and one that ends it.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

ERRORS = {4: "encrypted", 3: "damaged_pdf", 2: "damaged_pdf", 5: "encrypted", 6: "damaged_pdf"}
"""PDFium's error numbers: 2 file, 3 format, 4 password, 5 security, 6 page."""


LONG_PAGES = 64
"""So many pages of the greatest length are the longest file."""


def main() -> None:
    """Answer requests until the input ends."""
    memory_bytes, max_pages, max_page_characters = map(int, sys.argv[1:4])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tell({"ready": True})
    while request := sys.stdin.buffer.readline():
        size = json.loads(request)["size"]
        data = sys.stdin.buffer.read(size)
        try:
            answer(data, max_pages, max_page_characters)
        except pypdfium2.PdfiumError as error:
            number = getattr(error, "err_code", None)
            tell(
                {"end": True, "reason": ERRORS.get(number or 0, "damaged_pdf"), "what": str(error)}
            )
        except MemoryError:
            tell({"end": True, "reason": "pdf_too_large", "what": "it needs too much memory"})


def tell(message: dict[str, Any]) -> None:
    """Write one line of JSON."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def answer(data: bytes, max_pages: int, max_page_characters: int) -> None:
    """Write the pages of one file."""
    document = pypdfium2.PdfDocument(data)
    try:
        n_pages = len(document)
        information = {name: document.get_metadata_value(name) for name in ("Title", "Author")}
        tell({"pages": n_pages, **{name.lower(): clean(v) for name, v in information.items()}})
        left = LONG_PAGES * max_page_characters
        for number in range(min(n_pages, max_pages)):
            page = page_answer(document, number, max_page_characters)
            tell({"page": number + 1, **page})
            left -= len(page.get("text", ""))
            if left < 0:
                what = f"more than {LONG_PAGES * max_page_characters} characters"
                tell({"end": True, "reason": "pdf_too_large", "what": what})
                return
        if n_pages > max_pages:
            tell({"end": True, "reason": "too_many_pages", "what": f"it has {n_pages} pages"})
        else:
            tell({"end": True})
    finally:
        document.close()


def page_answer(document: Any, number: int, max_page_characters: int) -> dict[str, Any]:
    """Return the text of a page, or why it has none."""
    try:
        page = document[number]
    except pypdfium2.PdfiumError as error:
        return {"reason": "damaged_page", "what": str(error)}
    try:
        text_page = page.get_textpage()
        try:
            text, unknown, long = page_text(text_page, max_page_characters)
        finally:
            text_page.close()
        if long:
            return {"reason": "page_too_long", "what": f"over {max_page_characters} characters"}
        if text.strip():
            return {"text": text, "unknown": unknown}
        shapes = pdfium.FPDFPage_CountObjects(page)
        return {"text": "", "unknown": unknown, "blank": shapes == 0}
    except pypdfium2.PdfiumError as error:
        return {"reason": "damaged_page", "what": str(error)}
    finally:
        page.close()


def page_text(text_page: Any, max_page_characters: int) -> tuple[str, int, bool]:
    """Return the characters of a page, how many have no known code, and whether it is too long.

    Where the file does not say which character a glyph is, PDFium gives the glyph's number, which
    is a character too, and a wrong one; it is U+FFFD here. A hyphen at the end of a line stays
    one before a newline: in ``bocah-\\nbocah`` it is a letter of the word.
    """
    n_characters = text_page.count_chars()
    if n_characters > max_page_characters:
        return "", 0, True
    raw = text_page.raw
    codes = bytearray()
    unknown = 0
    for index in range(n_characters):
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if pdfium.FPDFText_HasUnicodeMapError(raw, index) == 1:
            unknown += 1
            code = 0xFFFD
        elif code in (0x02, 0xFFFE) or (code == 0xAD and pdfium.FPDFText_IsHyphen(raw, index) == 1):
            codes += "-\n".encode("utf-16-le")
            continue
        if code > 0xFFFF:
            codes += chr(code).encode("utf-16-le")
        else:
            codes += code.to_bytes(2, "little")
    text = clean(bytes(codes).decode("utf-16-le", "replace"))
    return text, unknown, False


def clean(text: str) -> str:
    """Return text with ``\\n`` for line ends and without other control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in text if c in "\n\t" or not (ord(c) < 32 or 0x7F <= ord(c) < 0xA0))
    return kept.encode("utf-8", "replace").decode()


if __name__ == "__main__":
    main()
