"""How a table is written, told from its head: charset, delimiter, header."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from curator.acquire.charset import BOMS, decode
from curator.acquire.charset_codecs import decode_as, encoding_name, map_private_use
from curator.acquire.table_records import Dialect, read_records
from curator.io.rows import Flaw

HEAD_BYTES = 1 << 20
"""Bytes of a file that are looked at."""

HEAD_RECORDS = 200

DELIMITERS = (b",", b"\t", b";", b"|")

WITH_ASCII_TRAILS = ("big5", "gb18030", "shift_jis")
"""Charsets whose second bytes can be a ``|``, but none of the other delimiters."""

NOT_BYTES = ("utf-16le", "utf-16be", "hz-gb-2312", "iso-2022-jp", "iso-2022-kr")
"""Charsets in which a comma's byte can be half of a character."""


@dataclass(frozen=True)
class Form:
    """How the rows of one file are to be read."""

    dialect: Dialect
    charset: str
    header: tuple[str, ...]
    start: int
    """First byte behind the header."""
    first_line: int
    """Line of the file where that is."""
    rewrite: bool = False
    """The file is to be made UTF-8 before it is read; ``start`` counts those bytes."""


@dataclass(frozen=True)
class Wanted:
    """What the user said of the tables."""

    names: tuple[str, ...]
    """Columns of the text, which tell the right delimiter from others."""
    columns: tuple[str, ...]
    """Names of the columns where the files have no header."""
    delimiter: str | None
    quote: str
    charset: str | None
    max_record_bytes: int


def as_utf8(data: bytes, charset: str) -> bytes:
    """Return the bytes of a table as UTF-8, without a byte order mark."""
    return decode_as(data, charset).removeprefix("\ufeff").encode("utf-8", "replace")


def find_form(head: bytes, wanted: Wanted, tab_first: bool) -> Form | Flaw:
    """Return how a table that begins with ``head`` is written, or why it cannot be read."""
    mark, charset = next(((m, n) for m, n in BOMS if head.startswith(m)), (b"", ""))
    if not charset:
        charset = encoding_name(wanted.charset) or ""
    if wanted.charset and not charset:
        what = f"no charset is called {wanted.charset!r}; give a name such as big5 or utf-8"
        return Flaw("unknown_charset", 1, what)
    whole = _whole_lines(head[: HEAD_BYTES + 1])
    charset = charset or decode(whole, meta=False).charset
    start = len(mark)
    rewrite = charset in NOT_BYTES
    if rewrite:
        # an odd byte at the end is half of a character
        head = as_utf8(head[start : start + (len(head) - start) // 4 * 4], charset)
        whole, start = head, 0
    form = _form(whole, start, wanted, charset, tab_first)
    if isinstance(form, Form) and not rewrite and charset in WITH_ASCII_TRAILS:
        rewrite = form.dialect.delimiter >= b"0"
        if rewrite:
            form = _form(as_utf8(whole, charset), 0, wanted, charset, tab_first)
    if isinstance(form, Flaw) or not rewrite:
        return form
    return Form(form.dialect, charset, form.header, form.start, form.first_line, True)


def _whole_lines(head: bytes) -> bytes:
    if len(head) <= HEAD_BYTES:
        return head
    cut = head.rfind(b"\n") + 1
    return head[:cut] if cut else head[:HEAD_BYTES]


def _form(data: bytes, start: int, wanted: Wanted, charset: str, tab_first: bool) -> Form | Flaw:
    newline = b"\r" if b"\n" not in data and b"\r" in data else b"\n"
    line = 1
    given = wanted.delimiter.encode() if wanted.delimiter else b""
    first = data[start : data.find(newline, start) + 1 or len(data)].rstrip(b"\r\n")
    if len(first) == 5 and first[:4].lower() == b"sep=":  # a line for spreadsheet programs
        given = given or first[4:]
        start, line = start + data[start:].find(newline) + 1, 2
    candidates = [given] if given else list(DELIMITERS)
    if tab_first:
        candidates.sort(key=lambda delimiter: delimiter != b"\t")
    dialects = [
        Dialect(delimiter, wanted.quote.encode(), newline, wanted.max_record_bytes)
        for delimiter in candidates
    ]
    scored = [(_score(data, start, dialect, wanted, charset), dialect) for dialect in dialects]
    best = max(scored, key=lambda pair: pair[0])[1]  # of equals the first
    if wanted.columns:
        return Form(best, charset, wanted.columns, start, line)
    record = next(read_records(data, start, len(data), line, best), None)
    if record is None:
        return Form(best, charset, (), start, line)
    if record.flaw is not None:
        return Flaw("bad_header", record.flaw.column, f"in the header: {record.flaw.what}")
    lines = data[start : record.end].count(newline)
    header = _names([text_of(field, charset)[0] or "" for field in record.fields])
    return Form(best, charset, header, record.end, line + lines)


def _score(
    data: bytes, start: int, dialect: Dialect, wanted: Wanted, charset: str
) -> tuple[bool, float, int]:
    """Return how well a delimiter explains the head: it finds the columns, rows are as long."""
    counts: Counter[int] = Counter()
    header: list[bytes] = []
    n_records = 0
    for record in read_records(data, start, len(data), 1, dialect):
        header = header or record.fields
        counts[len(record.fields)] += 1
        n_records += 1
        if n_records == HEAD_RECORDS:
            break
    width = len(wanted.columns) or len(header)
    names = {(text_of(field, charset)[0] or "").strip() for field in header}
    found = not wanted.columns and set(wanted.names) <= names
    regular = counts[width] / n_records if n_records and width > 1 else 0.0
    return found, regular, width


def _names(written: Sequence[str]) -> tuple[str, ...]:
    """Return names that are unique and not empty: ``a``, ``a_2``, ``column_3``."""
    names: list[str] = []
    for number, name in enumerate(written, 1):
        wanted = name.strip().removeprefix("\ufeff") or f"column_{number}"
        unique, count = wanted, 1
        taken = set(names)
        while unique in taken:
            count += 1
            unique = f"{wanted}_{count}"
        names.append(unique)
    return tuple(names)


def text_of(cell: bytes, charset: str) -> tuple[str | None, int]:
    """Return a cell as text, or ``None`` and the place of the first byte that is none."""
    if cell.isascii() and charset not in NOT_BYTES:
        return cell.decode("ascii"), 0
    if charset == "utf-8" or charset in NOT_BYTES:  # those were made UTF-8
        try:
            return map_private_use(cell.decode())[0], 0
        except UnicodeDecodeError as error:
            return None, error.start
    text = decode_as(cell, charset)
    if "\ufffd" in text:
        return None, len(text[: text.index("\ufffd")].encode())
    return text, 0
