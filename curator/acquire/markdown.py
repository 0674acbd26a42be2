"""Markdown files as text without markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from curator.acquire import front_matter
from curator.acquire.charset import decode
from curator.acquire.documents import FileReader, add_document, file_bytes
from curator.acquire.markdown_text import TooDeep, markdown_text
from curator.errors import DataError
from curator.io.blocks import ReadPlan, Run, in_this_process
from curator.io.columns import OTHER, infer_columns, sampled
from curator.io.files import InputFile
from curator.io.rows import KINDS, Flaw, Rows, dump_json, fits

SCALARS = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class MarkdownReader(FileReader):
    """Reads Markdown (CommonMark with tables and strikethrough): a file is one document.

    Headings, paragraphs and quotations become lines with a blank line between, items ``- item``
    or ``1. item``, the cells of a table's row ``a | b``. Links keep their words, inline code its
    characters. Emphasis is told between characters of scripts without spaces too: 佢**「好」**啊
    is 佢「好」啊. Fields of YAML or TOML front matter are metadata: a column where all files agree
    on their type, else inside ``extra``. Front matter that cannot be read (``bad_front_matter``),
    and a file without text (``no_text``), are rows of the ledger.
    """

    code_blocks: bool = False
    """Keep the lines of code blocks."""
    image_texts: bool = False
    """Keep the words that stand for an image."""
    charset: str | None = None
    """Label of the charset where it is known; ``None`` to find out."""

    extensions: ClassVar[tuple[str, ...]] = (".md", ".markdown", ".mdown", ".mkd")

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Put whole files into blocks; columns are inferred from the front matter of some."""
        plan = super().plan(block_size, scratch, run)
        kinds = [self._kinds(file) for file in sampled(plan.files)]
        return ReadPlan(plan.blocks, infer_columns(kinds, reserved=()), plan.files)

    def _kinds(self, file: InputFile) -> Mapping[str, type]:
        data, flaw = file_bytes(file, min(self.max_file_bytes, 2 * front_matter.MAX_BYTES))
        if flaw:  # a character that is cut off would be of another charset
            data = data[: data.rfind(b"\n") + 1]
        text = decode(data, self.charset, meta=False).text.replace("\r\n", "\n")
        fence, fields, _ = front_matter.split(text.removeprefix("\ufeff"))
        try:
            found = front_matter.parse(fence, fields) if fence else {}
        except DataError:  # told as a ledger row when the file is read
            return {}
        return {name: type(v) if type(v) in SCALARS else OTHER for name, v in found.items()}

    def add_rows(self, rows: Rows, data: bytes) -> None:
        """Append the document."""
        text = decode(data, self.charset, meta=False).text.removeprefix("\ufeff")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        fence, fields, body = front_matter.split(text)
        try:
            found = front_matter.parse(fence, fields) if fence else {}
            plain = markdown_text(body, code=self.code_blocks, images=self.image_texts)
        except DataError as error:
            rows.refuse(Flaw("bad_front_matter", 1, str(error)), text, 1)
            return
        except TooDeep as error:
            rows.refuse(Flaw("nested_too_deep", 1, str(error)), text, 1)
            return
        values, extra = _columns(found, rows.columns)
        blank = Flaw("no_text", 1, "the file has no text beside markup; leave it out")
        add_document(rows, plain, 1, values, blank)
        if extra and not rows.flaws:
            id, text, *values, _, line = rows.documents[-1]
            rows.documents[-1] = (id, text, *values, extra, line)


def _columns(found: dict[str, Any], columns: pa.Schema) -> tuple[Sequence[Any], str | None]:
    """Return the values that fit their columns, and the rest as JSON."""
    values, rest = [], dict(found)
    for name, kind in zip(columns.names, columns.types, strict=True):
        value = found.get(name)
        if fits(value, KINDS[kind]):
            rest.pop(name, None)
            values.append(float(value) if KINDS[kind] is float and value is not None else value)
        else:
            values.append(None)
    return values, dump_json(rest) if rest else None
