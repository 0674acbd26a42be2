"""Tables: ``{| … |}`` becomes a line a row, ``header: cell; header: cell``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from curator.acquire.wikipedia.marks import TEXT_LINE, is_blank

BEGIN = re.compile(r"^[ \t:*#]*\{\|", re.M)
LINE = re.compile(r"[ \t:*#]*(\{\||\|\}|\|-|\|\+|\||!)")
BOX = re.compile(
    r"infobox|navbox|sidebar|ambox|metadata|vcard|toccolours|noprint|display\s*:\s*none"
    r"|float\s*:\s*(?:right|left)|align\s*=\s*\"?'?right",
    re.I,
)
"""Attributes of tables beside the text: boxes of facts and of links, not of reading matter."""
SPAN = re.compile(r"(col|row)span\s*=\s*[\"']?\s*([0-9]{1,6})", re.I)
MOST_SPANNED = 100
"""Columns or rows one cell may span; more are attacks, not tables."""
MOST_NESTED = 16
LONGEST_CELL = 300
"""Characters; a table with a longer cell lays out a page, and its cells are paragraphs."""
LAYOUT = re.compile(r"\n[*#=;]|^[*#=]|\n\n")


@dataclass
class Cell:
    """One cell as it is read, line by line."""

    header: bool
    attributes: str
    lines: list[str]

    @property
    def text(self) -> str:
        """What the cell holds."""
        return "\n".join(self.lines).strip()

    def span(self, kind: str) -> int:
        """Return how many columns (``col``) or rows (``row``) the cell covers, from 1."""
        for name, count in SPAN.findall(self.attributes):
            if name.lower() == kind:
                return max(1, min(int(count), MOST_SPANNED))
        return 1


@dataclass
class Table:
    """A table that has begun."""

    attributes: str
    rows: list[list[Cell]] = field(default_factory=lambda: [[]])
    caption: list[str] = field(default_factory=list)
    in_caption: bool = False

    def add_line(self, line: str) -> None:
        """Put a line where reading stands: into the caption or the last cell."""
        if self.in_caption:
            self.caption.append(line)
        elif self.rows[-1]:
            self.rows[-1][-1].lines.append(line)
        # what stands between ``|-`` and the first cell is shown before the table; it is rare
        elif not is_blank(line):
            self.rows[-1].append(Cell(False, "", [line]))

    def add_cells(self, line: str, header: bool) -> None:
        """Read ``a || b`` or ``a !! b`` into the last row."""
        self.in_caption = False
        pieces = re.split(r"\|\||!!", line) if header else line.split("||")  # marks, not words
        for piece in pieces:
            attributes, pipe, text = piece.partition("|")
            if not pipe:
                attributes, text = "", piece
            self.rows[-1].append(Cell(header, attributes, [text]))


def flatten(text: str, keep: bool) -> str:
    """Return the text with its tables as lines, or without them where ``keep`` is false.

    Boxes (see ``BOX``) are always dropped. A table that is never closed is shown: what follows
    it may be the article.
    """
    if BEGIN.search(text) is None:
        return text
    out: list[str] = []
    stack: list[Table] = []
    for line in text.split("\n"):
        match = LINE.match(line)
        sign = match[1] if match else ""
        rest = line[match.end() :] if match else line
        if sign == "{|" and len(stack) < MOST_NESTED:
            stack.append(Table(rest))
        elif not stack:
            out.append(line)
        elif sign == "|}":
            _close(stack, out, keep)
            if rest.strip():
                (stack[-1].add_line if stack else out.append)(rest)
        else:
            _read(stack[-1], sign, line if sign in ("", "{|") else rest)
    while stack:
        table = stack.pop()
        _show(table, stack, out)
    return "\n".join(out)


def _read(table: Table, sign: str, rest: str) -> None:
    if sign == "|-":
        table.in_caption = False
        if table.rows[-1]:
            table.rows.append([])
    elif sign == "|+":
        table.in_caption = True
        table.caption.append(rest.rpartition("|")[2])
    elif sign in ("|", "!"):
        table.add_cells(rest, sign == "!")
    else:
        table.add_line(rest)


def _close(stack: list[Table], out: list[str], keep: bool) -> None:
    table = stack.pop()
    if keep and not BOX.search(table.attributes):
        _show(table, stack, out)


def _show(table: Table, stack: list[Table], out: list[str]) -> None:
    for line in shown(table):
        (stack[-1].add_line if stack else out.append)(line)


def shown(table: Table) -> Iterator[str]:
    """Yield the lines of a table: its caption, then a line a row."""
    yield ""
    caption = " ".join(line.strip() for line in table.caption)
    if not is_blank(caption):
        yield TEXT_LINE + caption.strip()
    cells = [cell.text for row in table.rows for cell in row]
    if any(len(text) > LONGEST_CELL or LAYOUT.search(text) for text in cells):
        for text in cells:
            if not is_blank(text):
                yield from ("", *text.split("\n"))
    else:
        yield from _rows(table)
    yield ""


def _rows(table: Table) -> Iterator[str]:
    headers: dict[int, str] = {}
    unused: list[str] = []
    spanned: dict[int, tuple[int, str]] = {}
    for row in table.rows:
        placed = _placed(row, spanned)
        filled = [(column, cell) for column, cell in placed if not is_blank(cell.text)]
        if not filled:
            continue
        if all(cell.header for _, cell in filled):
            yield from _line(unused)
            unused = []
            if len(filled) == 1:
                yield from _line([_one_line(filled[0][1])])
                continue
            headers = {column: _one_line(cell) for column, cell in filled}
            unused = list(headers.values())
            continue
        unused = []
        yield from _line(_pairs(filled, headers))
    yield from _line(unused)


def _placed(row: list[Cell], spanned: dict[int, tuple[int, str]]) -> list[tuple[int, Cell]]:
    """Return the cells of a row with their columns, those from rows above among them."""
    placed: list[tuple[int, Cell]] = []
    column = 0
    waiting = list(reversed(row))
    while waiting or column in spanned:
        if column in spanned:
            left, text = spanned.pop(column)
            placed.append((column, Cell(False, "", [text])))
            if left > 1:
                spanned[column] = (left - 1, text)
            column += 1
            continue
        cell = waiting.pop()
        placed.append((column, cell))
        if (rows := cell.span("row")) > 1:
            spanned[column] = (rows - 1, cell.text)
        column += cell.span("col")
    return placed


def _pairs(filled: list[tuple[int, Cell]], headers: dict[int, str]) -> list[str]:
    pairs, label = [], ""
    for place, (column, cell) in enumerate(filled):
        text = _one_line(cell)
        if cell.header and place == 0 and column not in headers and len(filled) > 1:
            label = text
            continue
        name = headers.get(column, "")
        pairs.append(f"{name}: {text}" if name and name != text else text)
    if label:
        pairs[0] = f"{label.rstrip(':：')}: {pairs[0]}"
    return pairs


def _one_line(cell: Cell) -> str:
    return " ".join(line.strip() for line in cell.text.split("\n"))


def _line(pairs: list[str]) -> Iterator[str]:
    if pairs:
        yield TEXT_LINE + "; ".join(pairs)
