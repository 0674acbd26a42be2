"""PDF: the text layer, page by page; pages and files without one are told."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import pytest

from curator.acquire import pdf as pdf_module
from curator.acquire.pdf import PdfReader
from curator.errors import DataError, RecipeError
from tests.acquire.pdf_builder import bomb, pdf
from tests.acquire.reading import YUE, read_all, rows_of

pytest.importorskip("pypdfium2", reason="PdfReader needs the extra curator[pdf]")

BOX = b"0 0 300 300 re f"
LATIN = "Kucing\u00e9 turu, bocah-\nbocah dolan; Vi\u1ec7t n\u0303 a\u0301"
DEVANAGARI = "पानी बहुत अच्छा है"


def read(folder: Path, files: dict[str, bytes], **options: Any) -> list[dict[str, Any]]:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return read_all(PdfReader(str(folder), **options)).to_pylist()


def test_text_of_pages_in_several_scripts(tmp_path: Path) -> None:
    files = {"a.pdf": pdf([YUE, f"{LATIN}\n{DEVANAGARI}"], title="書"), "b.pdf.gz": b""}
    files["b.pdf.gz"] = gzip.compress(pdf(["第二本"]))
    rows = read(tmp_path, files)
    assert [row["text"] for row in rows] == [f"{YUE}\n{LATIN}\n{DEVANAGARI}", "第二本"]
    assert (rows[0]["id"], rows[0]["title"], rows[0]["pages"]) == ("a.pdf:1", "書", 2)
    assert rows[0]["unknown_characters"] == 0
    assert rows_of(PdfReader(str(tmp_path), document="page"))[1]["text"] == f"{LATIN}\n{DEVANAGARI}"


def test_pages_without_a_text_layer_are_told_and_blank_ones_are_none(tmp_path: Path) -> None:
    rows = read(tmp_path, {"a.pdf": pdf([BOX, YUE, b"", BOX]), "b.pdf": pdf([b"", b""])})
    assert [(row["id"], row["reason"]) for row in rows] == [
        ("a.pdf:2", None),
        ("a.pdf:1", "no_text_layer"),
        ("a.pdf:4", "no_text_layer"),
        ("b.pdf:1", "no_text"),
    ]
    assert rows[0]["text"] == YUE
    with pytest.raises(DataError, match=r"^a\.pdf:1:1: the page is an image"):
        read_all(PdfReader(str(tmp_path), strict=True))


def test_big5_without_a_table_of_characters_keeps_its_cantonese(tmp_path: Path) -> None:
    """The one sequence that PDFium does not know is U+FFFD, and counted, not another character."""
    data = pdf([b"BT /F1 12 Tf 20 600 Td <" + YUE.encode("big5hkscs").hex().encode() + b"> Tj ET"])
    data = data.replace(b"/Identity-H", b"/HKscs-B5-H").replace(b"/ToUnicode 6 0 R", b"")
    [row] = read(tmp_path, {"a.pdf": data.replace(b"(Identity)", b"(CNS1)")})
    assert row["text"] == YUE.replace("𡃉", "\ufffd")
    assert row["unknown_characters"] == 1


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    whole = pdf([YUE])
    files = {
        "a.pdf": b"",
        "b.pdf": b"<html>no PDF</html>",
        "c.pdf": pdf([YUE], encrypt=True),
        "d.pdf": whole[:200],
        "e.pdf": b"%PDF-1.7\n" + b"[" * 100_000,
        "f.pdf": whole.replace(b"/Kids[8 0 R]", b"/Kids[2 0 R]"),
    }
    rows = {row["file"]: row["reason"] for row in read(tmp_path, files)}
    assert (rows["a.pdf"], rows["b.pdf"], rows["c.pdf"]) == (
        "damaged_pdf",
        "damaged_pdf",
        "encrypted",
    )
    assert all(rows.values())


def test_too_much_of_anything_is_told(tmp_path: Path) -> None:
    files = {"a.pdf": pdf(["one", "two", "three"]), "b.pdf": pdf(["x" * 60])}
    rows = read(tmp_path, files, max_pages=2, max_page_characters=50)
    assert [(row["id"], row["reason"], row["text"]) for row in rows] == [
        ("a.pdf:1", None, "one\ntwo"),
        ("a.pdf:3", "too_many_pages", ""),
        ("b.pdf:1", "page_too_long", ""),
    ]
    [row] = read_all(PdfReader(str(tmp_path / "b.pdf"), max_file_bytes=100)).to_pylist()
    assert row["reason"] == "file_too_large"


def test_a_drawing_that_unpacks_to_much_is_bounded(tmp_path: Path) -> None:
    [row] = read(tmp_path, {"a.pdf": pdf([bomb(300_000_000)])}, max_seconds=30)
    assert row["reason"] in ("no_text", "pdf_timeout", "pdf_too_large", "pdf_crash", "damaged_page")


def test_a_program_that_ends_or_hangs_costs_its_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import json, sys, time\n"
        "print('{\"ready\": true}', flush=True)\n"
        "while request := sys.stdin.buffer.readline():\n"
        "    data = sys.stdin.buffer.read(json.loads(request)['size'])\n"
        "    if b'crash' in data: sys.exit(1)\n"
        "    if b'hang' in data: time.sleep(60)\n"
        "    page = {'page': 1, 'text': data.decode(), 'unknown': 0}\n"
        "    for line in ({'pages': 1}, page, {'end': 1}):\n"
        "        print(json.dumps(line), flush=True)\n"
    )
    monkeypatch.setattr(pdf_module, "PROGRAM", program)
    (tmp_path / "in").mkdir()
    files = {"a.pdf": b"one", "b.pdf": b"crash", "c.pdf": b"hang", "d.pdf": b"two"}
    rows = read(tmp_path / "in", files, max_seconds=1.0)
    assert [(row["text"], row["reason"]) for row in rows] == [
        ("one", None),
        ("", "pdf_crash"),
        ("", "pdf_timeout"),
        ("two", None),
    ]
    program.write_text("")
    with pytest.raises(DataError, match="pypdfium2 cannot be used; pip install"):
        read_all(PdfReader(str(tmp_path / "in")))


def test_damaged_bytes_give_rows_and_no_error(tmp_path: Path) -> None:
    chance = random.Random(5)
    whole = pdf([YUE, LATIN, BOX])
    for number in range(60):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 30)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        (tmp_path / f"{number:02}.pdf").write_bytes(bytes(data))
    rows = read_all(PdfReader(str(tmp_path))).to_pylist()
    assert {row["file"] for row in rows} == {f"{number:02}.pdf" for number in range(60)}


def test_options_are_checked() -> None:
    with pytest.raises(RecipeError, match="did you mean 'page'"):
        PdfReader("a", document="pages")
    with pytest.raises(RecipeError, match="above 0"):
        PdfReader("a", max_pages=0)
