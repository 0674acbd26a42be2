"""Papers of arXiv from their LaTeX sources."""

from __future__ import annotations

import functools
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from curator import schema
from curator.acquire.archive import Damaged, Member, members
from curator.acquire.documents import FileGroup, FileReader, file_bytes, group_files, in_order
from curator.acquire.latex import LatexOptions, TexError, latex_text
from curator.acquire.latex.project import NoPaper, main_file, open_project
from curator.errors import RecipeError
from curator.io.blocks import Block, ReadPlan, Run, in_this_process
from curator.io.file_names import unreadable
from curator.io.files import InputFile, open_file
from curator.io.rows import Flaw, Rows, generated_id
from curator.io.unpack import compression

ARXIV_ID = re.compile(r"(?<![0-9])([0-9]{4}\.[0-9]{4,5})(v[0-9]{1,3})?(?![0-9])")
OLD_ARXIV_ID = re.compile(r"([a-z]{2,8}(?:-[a-z]{2,4})?)(?:\.[A-Z]{2})?([0-9]{7})(v[0-9]{1,3})?")

PDF_HEAD_BYTES = 1024

MENDS = {
    "macro_blow_up": "the macros have no end; leave the paper out",
    "unclosed_group": "mend the source, or leave the paper out",
    "unclosed_condition": "mend the source, or leave the paper out",
    "unclosed_environment": "mend the source, or leave the paper out",
    "unclosed_formula": "mend the source, or leave the paper out",
    "damaged_archive": "download it again",
    "truncated_file": "download it again",
    "paper_too_large": "raise max_paper_bytes if it is to be trusted",
    "no_text": "leave the paper out",
}


@dataclass(frozen=True)
class ArxivReader(FileReader):
    """Reads arXiv's source archives (``arXiv_src_2401_001.tar``) and single papers.

    A paper is one document: title, abstract and sections as lines; see ``latex.latex_text`` for
    what is left out and what is kept. The id is ``arxiv:2401.00001``, else ``<file>:<number in
    the archive>``. Metadata: ``arxiv_id``, ``title``, ``main_file``, ``charset``,
    ``replacements``, ``missing_inputs`` (files that it reads in and that are not there). Papers
    that were withdrawn (``withdrawn``), have no source (``pdf_only``, ``postscript_only``,
    ``html_only``, ``not_tex``, ``no_main_file``), or cannot be read to their end are rows of the
    ledger. Nothing is unpacked to the disk, and nothing outside of a paper's archive is read.
    """

    math: str | None = None
    """What stands for a formula, such as ``[formula]``; ``None`` keeps its TeX."""
    references: str = "[…]"
    """What stands for a citation or a number of a section; empty to leave it out."""
    figures: bool = False
    """Keep captions of figures."""
    tables: bool = False
    """Keep tables."""
    bibliography: bool = False
    """Keep the list of references."""
    footnotes: bool = True
    """Keep footnotes, each behind its paragraph."""
    code: bool = False
    """Keep listings."""
    max_paper_bytes: int = 64 << 20
    """Bytes that one paper may unpack to, figures among them."""

    # downloads of single papers are called 2401.00001 or 2401.00001.gz
    extensions: ClassVar[tuple[str, ...]] = (".tar", ".tgz", ".tex", *"0123456789")
    metadata: ClassVar[pa.Schema] = pa.schema(
        [
            ("arxiv_id", pa.large_string()),
            ("title", pa.large_string()),
            ("main_file", pa.large_string()),
            ("charset", pa.large_string()),
            ("replacements", pa.int64()),
            ("missing_inputs", pa.int64()),
        ]
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_paper_bytes < 1:
            raise RecipeError("ArxivReader: max_paper_bytes begins at 1")

    @property
    def _options(self) -> LatexOptions:
        return LatexOptions(
            self.math,
            self.references,
            self.figures,
            self.tables,
            self.bibliography,
            self.footnotes,
            self.code,
        )

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Cut archives between papers; their headers alone are read."""
        files = self.files()
        group_files(files, block_size)  # says what is wrong with block_size
        archives = [file for file in files if file.path.lower().endswith(".tar")]
        cutter = functools.partial(_cut, block_size=block_size)
        cut = dict(zip([f.path for f in archives], run(cutter, archives), strict=True))
        return ReadPlan(tuple(in_order(files, cut, block_size)), self.metadata, files)

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return the papers of a block."""
        tables = [schema.table_schema(columns).empty_table()]
        for file in getattr(block, "files", ()):
            rows = Rows(file.file, columns, self.strict)
            if isinstance(block, ArchivePart):
                self._read_archive(file, block, rows)
            else:
                self._read_single(file, rows)
            tables.append(rows.table())
        return pa.concat_tables(tables).combine_chunks()

    def _read_single(self, file: InputFile, rows: Rows) -> None:
        data, flaw = _packed_bytes(file, self.max_paper_bytes)
        if flaw:
            rows.refuse(flaw, "", 1)
        else:
            self._add(rows, data, file.file, 1)

    def _read_archive(self, file: InputFile, part: ArchivePart, rows: Rows) -> None:
        number = part.first_line - 1
        with open_file(file.path) as stream:
            try:
                for member in members(stream, file.size, part.start):
                    if member.begin >= part.end:
                        return
                    number += 1
                    if member.size > self.max_paper_bytes:
                        what = f"it has {member.size} bytes; {MENDS['paper_too_large']}"
                        flaw = Flaw("paper_too_large", 1, what)
                        rows.refuse(flaw, member.name, number, _identity(member.name)[0])
                        continue
                    stream.seek(member.start)
                    is_pdf = member.name.lower().endswith(".pdf")  # its head says enough
                    data = stream.read(min(member.size, PDF_HEAD_BYTES) if is_pdf else member.size)
                    self._add(rows, data, member.name, number)
            except Damaged as error:
                flaw = Flaw(error.reason, 1, f"{error.what}; {MENDS[error.reason]}")
                rows.refuse(flaw, "", number + 1)
            except OSError as error:
                raise unreadable(file.path, error) from error

    def _add(self, rows: Rows, data: bytes, name: str, number: int) -> None:
        """Append a paper, or why it is none."""
        id, arxiv_id = _identity(name)
        try:
            project = open_project(data, name, self.max_paper_bytes)
            main = main_file(project)
            folder = posixpath.dirname(main)
            stem = posixpath.splitext(main)[0]
            bibliographies = [f"{stem}.bbl", *sorted(n for n in project.data if n.endswith(".bbl"))]
            found = next((n for n in bibliographies if n in project.data), "")
            paper = latex_text(
                project.text(main),
                self._options,
                lambda wanted: project.find(wanted, folder),
                main,
                project.text(found) if found and self.bibliography else "",
            )
        except (NoPaper, Damaged, TexError) as error:
            mend = MENDS.get(error.reason)
            what = f"{error.what}; {mend}" if mend else error.what
            rows.refuse(Flaw(error.reason, 1, what), name, number, id)
            return
        if not paper.text:
            flaw = Flaw("no_text", 1, f"{main} has no text; {MENDS['no_text']}")
            rows.refuse(flaw, name, number, id)
            return
        decoded = project.texts[main]
        replacements = sum(decoded.replacements for decoded in project.texts.values())
        values = (arxiv_id, paper.title or None, main, decoded.charset, replacements)
        row_id = id or generated_id(rows.file, number)
        rows.documents.append((row_id, paper.text, *values, paper.missing_inputs, None, number))


@dataclass(frozen=True)
class ArchivePart(FileGroup):
    """Papers of one archive; ``first_line`` is the number of the first in it."""


def _packed_bytes(file: InputFile, longest: int) -> tuple[bytes, Flaw | None]:
    """Return a file as it is: its gzip is unpacked with the paper's own limits."""
    if compression(file.path) not in (None, ".gz"):
        return file_bytes(file, longest)
    with open_file(file.path) as stream:
        try:
            data = stream.read(longest + 1)
        except OSError as error:
            raise unreadable(file.path, error) from error
    if len(data) > longest:
        what = f"it has more than {longest} bytes; {MENDS['paper_too_large']}"
        return b"", Flaw("paper_too_large", 1, what)
    return data, None


def _identity(name: str) -> tuple[str | None, str | None]:
    """Return id and arXiv's own name for the name of a file: ``arxiv:hep-th/0001001``."""
    base = posixpath.basename(name)
    match = ARXIV_ID.search(base)
    if match:
        number = match[1] + (match[2] or "")
    else:
        match = OLD_ARXIV_ID.search(base)
        if not match:
            return None, None
        number = f"{match[1]}/{match[2]}{match[3] or ''}"
    return f"arxiv:{number}", number


def _cut(file: InputFile, block_size: int) -> list[FileGroup]:
    """Return parts of about ``block_size`` bytes of an archive; all of it where it is one paper."""
    starts: list[tuple[int, int]] = []
    end = number = 0
    papers = sources = 0
    with open_file(file.path) as stream:
        try:
            for member in members(stream, file.size):
                number += 1
                papers += _is_paper(member)
                sources += member.name.lower().endswith(".tex")
                if not starts or member.begin - starts[-1][0] >= block_size:
                    starts.append((member.begin, number))
                end = member.end
        except Damaged:  # told as a ledger row when the archive is read
            end = file.size
        except OSError as error:
            raise unreadable(file.path, error) from error
    if sources and not papers:
        return [*group_files([file], block_size)]
    starts = starts or [(0, 1)]
    ends = [*(start for start, _ in starts[1:]), max(end, file.size)]
    return [
        ArchivePart(file.path, file.file, start, stop, first, None, (file,))
        for (start, first), stop in zip(starts, ends, strict=True)
    ]


def _is_paper(member: Member) -> bool:
    return member.name.lower().endswith((".gz", ".pdf"))
