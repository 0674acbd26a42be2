"""PDF files with a text layer."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from curator import schema
from curator.acquire.documents import FileReader, add_document, file_bytes
from curator.errors import DataError, RecipeError, nearest
from curator.io.blocks import Block, ReadPlan, Run, in_this_process
from curator.io.rows import Flaw, Rows, shown

DOCUMENTS = ("file", "page")

PROGRAM = Path(__file__).with_name("pdf_pages.py")

MEMORY_BYTES = 4 << 30
"""Address space of the program that reads the files: 4 GiB."""

START_SECONDS = 60.0

MENDS = {
    "encrypted": "the file is encrypted; save it without a password",
    "damaged_pdf": "the file is damaged or no PDF; get it again",
    "damaged_page": "the page is damaged; get the file again",
    "no_text_layer": "the page is an image or drawing; read it by character recognition first",
    "pdf_too_large": "the file needs too much memory; split it",
    "pdf_timeout": "the file needs too long; split it or raise max_seconds",
    "pdf_crash": "the file makes its reader crash; save it with another program",
    "too_many_pages": "the file has too many pages; split it or raise max_pages",
    "page_too_long": "the page has too many characters; raise max_page_characters",
    "no_text": "the pages are blank; leave the file out",
}


@dataclass(frozen=True)
class PdfReader(FileReader):
    """Reads the text layer of PDF files (extra ``curator[pdf]``): a file or a page is a document.

    Lines are those of the page; hyphens at their ends stay. Its id is ``<file>:<page>`` of its
    first page. Metadata: ``title``, ``author``, ``pages``, ``unknown_characters`` (glyphs of
    which the file does not say what character they are; U+FFFD in the text). A page of images
    (``no_text_layer``), and files that are encrypted, damaged, or need too much memory or time,
    are rows of the ledger; blank pages are none.

    Files are read by PDFium in a program of their own under limits of memory and time. Of pypdf,
    pdfminer.six and PDFium it alone read files in HKSCS-Big5 without embedded tables; pypdf gave
    other characters for them in silence, pdfminer.six for those with a substituted font. What
    PDFium takes for the same words drawn twice, as some programs draw bold, is there once; in a
    font without shapes, of some scanning programs, that can be the same line below.
    """

    document: str = "file"
    """What one document is: ``file`` or ``page``."""
    max_pages: int = 10_000
    """Files with more are read so far; the rest is one ledger row."""
    max_page_characters: int = 1_000_000
    """Pages with more become rows of the ledger."""
    max_seconds: float = 120.0
    """A file that needs longer is a ledger row. On a slow machine that may be another file than
    on a fast one; it is meant for files that never end."""

    extensions: ClassVar[tuple[str, ...]] = (".pdf",)
    metadata: ClassVar[pa.Schema] = pa.schema(
        [
            ("title", pa.large_string()),
            ("author", pa.large_string()),
            ("pages", pa.int64()),
            ("unknown_characters", pa.int64()),
        ]
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.document not in DOCUMENTS:
            known = nearest(self.document, DOCUMENTS)
            raise RecipeError(f"PdfReader has no document {self.document!r}{known}")
        if min(self.max_pages, self.max_page_characters) < 1 or not self.max_seconds > 0:
            raise RecipeError("PdfReader: max_pages, max_page_characters, max_seconds are above 0")

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Put whole files into blocks; ``DataError`` when PDFium is not installed."""
        if importlib.util.find_spec("pypdfium2") is None:
            raise DataError("PdfReader needs the package pypdfium2; pip install 'curator[pdf]'")
        return super().plan(block_size, scratch, run)

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return all rows of the block's files, pages without text among them."""
        tables = [schema.table_schema(columns).empty_table()]
        with _Program(self) as program:
            for file in getattr(block, "files", ()):
                rows = Rows(file.file, columns, self.strict)
                data, flaw = file_bytes(file, self.max_file_bytes)
                if flaw:
                    rows.refuse(flaw, shown(data[:64]), 1)
                else:
                    self._add(rows, list(program.messages(data)))
                tables.append(rows.table())
        return pa.concat_tables(tables).combine_chunks()

    def _add(self, rows: Rows, messages: list[dict[str, Any]]) -> None:
        """Append what the program said of one file."""
        about = next((message for message in messages if "pages" in message), {})
        title, author = about.get("title") or None, about.get("author") or None
        pages = [message for message in messages if "page" in message]
        good = [page for page in pages if page.get("text")]
        end = messages[-1]
        whole = "reason" not in end or end["reason"] == "too_many_pages"
        groups = [good] if self.document == "file" and good and whole else []
        if self.document == "page":
            groups = [[page] for page in good]
        for group in groups:
            unknown = sum(page["unknown"] for page in group)
            text = "\n".join(page["text"].strip("\n") for page in group)
            values = (title, author, about["pages"], unknown)
            add_document(rows, text, group[0]["page"], values, _flaw("no_text"))
        for page in pages:
            blank = page.get("text") or page.get("blank")
            reason = page.get("reason") or ("" if blank else "no_text_layer")
            if reason:
                rows.refuse(_flaw(reason, page.get("what", "")), "", page["page"])
        if "reason" in end:
            read = "\n".join(page["text"] for page in good) if not groups else ""
            rows.refuse(_flaw(end["reason"], end.get("what", "")), read, len(pages) + 1)
        elif not rows.documents:
            rows.refuse(_flaw("no_text"), "", 1)


def _flaw(reason: str, what: str = "") -> Flaw:
    return Flaw(reason, 1, MENDS[reason] + (f" ({what})" if what else ""))


class _Program:
    """The program that reads PDF files: started when needed, and anew where it ended."""

    def __init__(self, reader: PdfReader) -> None:
        self.reader = reader
        self.process: subprocess.Popen[bytes] | None = None
        self.waiting = b""

    def __enter__(self) -> _Program:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def messages(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield what the program says of a file; the last message has ``end``."""
        if self.process is None:
            self._start()
        process = self.process
        assert process is not None
        assert process.stdin is not None
        deadline = time.monotonic() + self.reader.max_seconds
        try:
            process.stdin.write(json.dumps({"size": len(data)}).encode() + b"\n" + data)
            process.stdin.flush()
            while True:
                message = self._message(deadline)
                yield message
                if "end" in message:
                    return
        except TimeoutError:
            self._stop()
            yield {"end": True, "reason": "pdf_timeout"}
        except (BrokenPipeError, EOFError):
            self._stop()
            yield {"end": True, "reason": "pdf_crash"}

    def _start(self) -> None:
        reader = self.reader
        limits = [str(MEMORY_BYTES), str(reader.max_pages), str(reader.max_page_characters)]
        # -P: the folder of the program has names such as `html`, which are Python's own elsewhere
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(PROGRAM), *limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        self.waiting = b""
        try:
            self._message(time.monotonic() + START_SECONDS)
        except (EOFError, TimeoutError) as error:
            self._stop()
            raise DataError(
                "the package pypdfium2 cannot be used; pip install 'curator[pdf]'"
            ) from error

    def _message(self, deadline: float) -> dict[str, Any]:
        """Return the next message; ``TimeoutError``, or ``EOFError`` where the program ended."""
        assert self.process is not None
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        parts = [self.waiting]
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while b"\n" not in parts[-1]:
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise TimeoutError
                part = os.read(descriptor, 1 << 16)
                if not part:
                    raise EOFError
                parts.append(part)
        line, _, self.waiting = b"".join(parts).partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def _stop(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        process.wait()
