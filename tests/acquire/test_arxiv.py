r"""arXiv: archives of papers, each of them whole, told as withdrawn, or told why not."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from curator.acquire.archive import Damaged, is_tar, members
from curator.acquire.arxiv import ArxivReader
from curator.errors import DataError
from tests.acquire.reading import YUE, kept, read_all, rows_of

PAPER = rf"""\documentclass{{article}}\title{{A Paper}}\begin{{document}}\maketitle
\section{{Words}} {YUE} caf\'e \input{{part}}
\end{{document}}"""


def archive(files: dict[str, bytes | str], kind: bytes = b"", **options: Any) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", **options) as tar:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if kind:
                info.type, info.linkname, info.size, data = kind, "/etc/passwd", 0, b""
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def packed(source: bytes | str) -> bytes:
    return gzip.compress(source if isinstance(source, bytes) else source.encode(), mtime=0)


PAPERS: dict[str, bytes] = {
    "2401/2401.00001.gz": packed(PAPER),
    "2401/2401.00002.gz": packed(archive({"sub/ms.tex": PAPER, "sub/part.tex": "In part."})),
    "2401/2401.00003.pdf": b"%PDF-1.5 " + b"x" * 5000,
    "2401/2401.00004.gz": packed("%auto-ignore\nThis paper has been withdrawn by the author.\n"),
    "2401/2401.00005v2.gz": packed(b"%PDF-1.4 alone"),
    "0001/hep-th0001001.gz": packed(r"\magnification 1200 Plain \TeX{} words.\bye hidden"),
    "2401/2401.00007.gz": packed(PAPER)[:-30],
    "2401/2401.00008.gz": packed(b"%!PS-Adobe"),
    "2401/2401.00009.gz": packed(archive({"a.pdf": b"%PDF", "anc/data.csv": b"1"})),
    "2401/2401.00010.gz": packed(b""),
    "2401/2401.00011.gz": packed("only words"),
    "2401/2401.00012.gz": packed(r"\documentclass{a}\begin{document}\def\a{\a\a}\a\end{document}"),
}


def test_papers_of_an_archive(tmp_path: Path) -> None:
    (tmp_path / "arXiv_src_2401_001.tar").write_bytes(archive(PAPERS))
    rows = rows_of(ArxivReader(str(tmp_path)))
    assert [(row["id"], row["reason"]) for row in rows] == [
        ("arxiv:2401.00001", None),
        ("arxiv:2401.00002", None),
        ("arxiv:2401.00003", "pdf_only"),
        ("arxiv:2401.00004", "withdrawn"),
        ("arxiv:2401.00005v2", "pdf_only"),
        ("arxiv:hep-th/0001001", None),
        ("arxiv:2401.00007", "truncated_file"),
        ("arxiv:2401.00008", "postscript_only"),
        ("arxiv:2401.00009", "pdf_only"),
        ("arxiv:2401.00010", "empty_source"),
        ("arxiv:2401.00011", "no_main_file"),
        ("arxiv:2401.00012", "macro_blow_up"),
    ]
    assert rows[0]["text"] == f"A Paper\n\nWords\n\n{YUE} café"
    assert rows[1]["text"] == f"A Paper\n\nWords\n\n{YUE} café In part."
    assert [row["missing_inputs"] for row in rows[:2]] == [1, 0]
    assert (rows[1]["title"], rows[1]["main_file"]) == ("A Paper", "sub/ms.tex")
    assert rows[5]["text"] == "Plain TeX words."
    assert [row["line"] for row in rows] == list(range(1, 13))
    with pytest.raises(DataError, match=r"^arXiv_src_2401_001\.tar:3:1: there is a PDF and no"):
        read_all(ArxivReader(str(tmp_path), strict=True))


def test_single_papers_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "2401.00001").write_bytes(PAPERS["2401/2401.00001.gz"])
    (tmp_path / "arXiv-2401.00002v3.tar.gz").write_bytes(PAPERS["2401/2401.00002.gz"])
    (tmp_path / "mine.tex").write_text(PAPER.replace("\\input{part}", ""), "utf-8")
    (tmp_path / "z.tar").write_bytes(archive({"main.tex": PAPER, "part.tex": "Part."}))
    rows = rows_of(ArxivReader(str(tmp_path)))
    assert [row["id"] for row in rows] == [
        "arxiv:2401.00001", "arxiv:2401.00002v3", "mine.tex:1", "z.tar:1",
    ]  # fmt: skip
    assert rows[3]["text"].endswith("café Part.")


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("[latin1]{inputenc}", "latin-1"), ("[cp1251]{inputenc}", "cp1251"), ("{x}", "utf-8-sig")],
)
def test_charsets_that_papers_name(tmp_path: Path, declared: str, codec: str) -> None:
    words = {"cp1251": "Привет, мир — это статья"}.get(codec, "Größe, façade, señor à Köln")
    source = rf"\documentclass{{a}}\usepackage{declared}\begin{{document}}{words}\end{{document}}"
    (tmp_path / "2401.00001").write_bytes(packed(source.replace("—", "-").encode(codec)))
    assert kept(ArxivReader(str(tmp_path))) == [words.replace("—", "-")]


def test_big5_in_cjk_environments(tmp_path: Path) -> None:
    words = "嗰啲嘢喺邊度㗎？我哋聽日再嚟過啦。"
    source = (
        r"\documentclass{a}\begin{document}\begin{CJK*}{Bg5}{bsmi}"
        + words
        + r"\end{CJK*}\end{document}"
    )
    (tmp_path / "2401.00001").write_bytes(packed(source.encode("big5hkscs")))
    [row] = rows_of(ArxivReader(str(tmp_path)))
    assert (row["text"], row["charset"], row["replacements"]) == (words, "big5", 0)


MAIN = r"\documentclass{a}\begin{document}%s\end{document}"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.tex": MAIN % "A", "b.tex": MAIN % "Longer B", "b.bbl": ""}, "Longer B"),
        ({"a.tex": MAIN % "A longer text", "main.tex": MAIN % "M"}, "M"),
        ({"a.tex": MAIN % r"A \input{b}", "b.tex": MAIN % "B is much longer than A"}, "A"),
        ({"a.tex": MAIN % "A", "00README.XXX": "b.tex toplevelfile\n", "b.tex": MAIN % "B"}, "B"),
        (
            {
                "00README.json": json.dumps(
                    {"sources": [{"filename": "c.tex", "usage": "toplevel"}]}
                ),
                "a.tex": MAIN % "A",
                "c.tex": MAIN % "C",
            },
            "C",
        ),
        ({"00README.json": "[" * 9000, "a.tex": MAIN % "A"}, "A"),
        ({"a.tex": "%" + MAIN % "commented out", "b.txt": MAIN % "B"}, "B"),
        ({"a.tex": "%auto-ignore\n" + MAIN % "ignored, and rather long", "b.tex": MAIN % "B"}, "B"),
        ({"sub.tex": MAIN.replace("{a}", "{subfiles}") % "S longer", "x.tex": MAIN % "X"}, "X"),
    ],
)
def test_the_main_file_is_found(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    (tmp_path / "2401.00001").write_bytes(packed(archive(dict(files))))
    [text] = kept(ArxivReader(str(tmp_path)))
    assert text.split()[0] == expected.split()[0]


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../secret", "secret\0.tex"])
def test_nothing_outside_of_the_archive_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.tex").write_text("SECRET", "utf-8")
    (tmp_path / "in").mkdir()
    source = MAIN % rf"A \input{{{name}}}\include{{{tmp_path}/secret}}\input{{link}}"
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        link = tarfile.TarInfo("link.tex")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret.tex")
        tar.addfile(link)
        for trick in ("main.tex", "../secret.tex", "/etc/passwd"):
            info = tarfile.TarInfo(trick)
            data = source.encode() if trick == "main.tex" else b"TRICK"
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    (tmp_path / "in" / "2401.00001").write_bytes(packed(out.getvalue()))
    [row] = read_all(ArxivReader(str(tmp_path / "in"))).to_pylist()
    assert row["text"] == "A"
    assert row["missing_inputs"] == 3


def test_bombs_are_bounded(tmp_path: Path) -> None:
    bomb = packed(b" " * 30_000_000)
    papers = {
        "2401/2401.00001.gz": bomb,
        "2401/2401.00002.gz": packed(packed(packed(packed(PAPER)))),
        "2401/2401.00003.gz": b"x" * 2_000_000,
        "2401/2401.00004.gz": packed(archive({f"{i}.tex": "" for i in range(1200)})),
        "2401/2401.00005.gz": packed(PAPER),
    }
    (tmp_path / "a.tar").write_bytes(archive(papers))
    rows = rows_of(ArxivReader(str(tmp_path), max_paper_bytes=1_000_000))
    assert [row["reason"] for row in rows] == [
        "paper_too_large", "not_tex", "paper_too_large", "no_main_file", None,
    ]  # fmt: skip


@pytest.mark.parametrize("cut", [100, 1000, 2000, -3000])
def test_an_archive_that_is_cut_off_gives_what_is_whole(tmp_path: Path, cut: int) -> None:
    papers = {f"2401/2401.0000{i}.gz": packed(PAPER + "%" + "x" * i) for i in range(5)}
    data = archive(papers).rstrip(b"\0")
    (tmp_path / "a.tar").write_bytes(data[:cut])
    *good, bad = rows_of(ArxivReader(str(tmp_path)))
    assert [row["reason"] for row in good] == [None] * len(good)
    assert bad["reason"] in ("truncated_file", "damaged_archive")
    assert bad["line"] == len(good) + 1


@pytest.mark.parametrize("style", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_members_are_where_the_tarfile_module_says(style: int) -> None:
    names = ["a", "dir/ß嘅.tex", "n" * 90 + "/" + "m" * 90, "empty"]
    if style != tarfile.USTAR_FORMAT:
        names.append("long/" * 60 + "name.tex")
    data = archive({name: name * 3 for name in names}, format=style)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        expected = [(info.name, info.offset_data, info.size) for info in tar.getmembers()]
    found = list(members(io.BytesIO(data), len(data)))
    assert [(member.name, member.start, member.size) for member in found] == expected
    assert is_tar(data)
    for member in found:  # an archive can be read from any member on
        rest = list(members(io.BytesIO(data), len(data), member.begin))
        assert rest == found[found.index(member) :]


def test_links_folders_and_devices_are_no_members() -> None:
    for kind in (
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.DIRTYPE,
        tarfile.FIFOTYPE,
    ):
        data = archive({"a": b""}, kind)
        assert list(members(io.BytesIO(data), len(data))) == []


def test_crafted_headers_end() -> None:
    good = archive({"a.tex": "x"})[:1024]

    def with_size(field: bytes, kind: bytes = b"0") -> bytes:
        header = good[:124] + field + good[136:148] + b" " * 8 + kind + good[157:512]
        checksum = b"%06o\0 " % sum(header)
        return header[:148] + checksum + header[156:] + good[512:]

    for field in (
        b"\x80" + b"\xff" * 11,
        b"\xff" * 12,
        b"77777777777\0",
        b"-0000000001\0",
        b"zz" * 6,
    ):
        for kind in (b"0", b"x", b"L", b"g"):
            data = with_size(field, kind)
            with pytest.raises(Damaged):
                list(members(io.BytesIO(data), len(data)))
    pax = with_size(b"00000000005\0", b"x")[:512] + b"5 a=b".ljust(512, b"\0") + good + bytes(1024)
    assert [member.name for member in members(io.BytesIO(pax), len(pax))] == ["a.tex"]
