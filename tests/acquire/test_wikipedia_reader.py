"""Dumps to rows: every page is a row, whatever the blocks, the packing and the damage."""

from __future__ import annotations

import bz2
import gzip
import json
import pickle
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from curator import schema
from curator.acquire.wikipedia import WikipediaReader, template_report
from curator.acquire.wikipedia.dump import DumpBlock
from curator.acquire.wikipedia.template_report import shown
from curator.errors import DataError, RecipeError
from curator.recipe import load_recipe
from curator.run import RunOptions, run_recipe
from tests.conftest import REPOSITORY

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="zh-yue">
  <siteinfo>
    <sitename>維基百科</sitename>
    <dbname>zh_yuewiki</dbname>
    <namespaces>
      <namespace key="0" case="first-letter" />
      <namespace key="1" case="first-letter">傾偈</namespace>
      <namespace key="6" case="first-letter">文件</namespace>
      <namespace key="10" case="first-letter">模</namespace>
      <namespace key="14" case="first-letter">分類</namespace>
      <namespace key="106" case="first-letter">閒談</namespace>
    </namespaces>
  </siteinfo>
"""
TAIL = "</mediawiki>\n"
LEAD = (
    "'''香港'''（{{lang-en|Hong Kong}}，{{jpingauto|hoeng1 gong2}}）係[[中國]]嘅城市。\n"
    "[[分類:香港]]"
)


def page(
    number: int, title: str, text: str, namespace: int = 0, more: str = "", who: str = "阿明"
) -> str:
    return (
        f"  <page>\n    <title>{escape(title)}</title>\n    <ns>{namespace}</ns>\n"
        f"    <id>{number}</id>\n{more}    <revision>\n      <id>{number + 1000}</id>\n"
        f"      <timestamp>2026-01-02T03:04:05Z</timestamp>\n"
        f"      <contributor>\n        <username>{escape(who)}</username>\n        <id>7</id>\n"
        f"      </contributor>\n      <model>wikitext</model>\n"
        f'      <text bytes="9" xml:space="preserve">{escape(text)}</text>\n'
        f"    </revision>\n  </page>\n"
    )


PAGES = [
    page(1, "香港", LEAD),
    page(2, "香港島", "#REDIRECT [[香港]]", more='    <redirect title="香港" />\n'),
    page(3, "傾偈:香港", "討論", 1),
    page(4, "模:Stub", "{{{1}}}", 10),
    page(5, "中環", "'''中環'''可以指：\n* 地方\n{{搞清楚}}"),
    page(6, "上環", "'''上環'''係地方。\n{{香港楔位}}", who="EmausBot"),
    page(7, "空", "{{Infobox 話明細|a=b}}"),
    *(
        page(n, f"第{n}條街", f"'''第{n}條街'''係[[香港]]第 {n} 條街。{{{{未知|{n}}}}}")
        for n in range(8, 40)
    ),
]
DUMP = (HEAD + "".join(PAGES) + TAIL).encode()


def multistream(pages: list[str], each: int = 5) -> tuple[bytes, bytes]:
    """Return a dump as Wikimedia packs it, and its index."""
    out, index = bz2.compress(HEAD.encode()), b""
    for first in range(0, len(pages), each):
        for text in pages[first : first + each]:
            number = text.partition("<id>")[2].partition("<")[0]
            title = text.partition("<title>")[2].partition("<")[0]
            index += f"{len(out)}:{number}:{title}\n".encode()
        out += bz2.compress("".join(pages[first : first + each]).encode())
    return out + bz2.compress(TAIL.encode()), bz2.compress(index)


def rows(
    reader: WikipediaReader, block_size: int = 1 << 20, scratch: Path | None = None
) -> list[dict[str, Any]]:
    plan = reader.plan(block_size, scratch)
    tables = [reader.read(pickle.loads(pickle.dumps(b)), plan.columns) for b in plan.blocks]
    for table in tables:
        assert table.schema == schema.table_schema(plan.columns)
    return [row for table in tables for row in table.to_pylist()]


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dumps")
    (folder / "plain.xml").write_bytes(DUMP)
    (folder / "one.xml.gz").write_bytes(gzip.compress(DUMP))
    (folder / "one.xml.bz2").write_bytes(bz2.compress(DUMP))
    (folder / "one.xml.zst").write_bytes(zstandard.compress(DUMP))
    # streams that end anywhere, as pbzip2 makes them
    cut = b"".join(bz2.compress(DUMP[i : i + 700]) for i in range(0, len(DUMP), 700))
    (folder / "pbzip2.xml.bz2").write_bytes(cut)
    packed, index = multistream(PAGES)
    (folder / "w-multistream.xml.bz2").write_bytes(packed)
    (folder / "w-multistream-index.txt.bz2").write_bytes(index)
    return folder


def test_articles_are_documents_and_other_pages_rows_with_a_reason(dumps: Path) -> None:
    found = rows(WikipediaReader(str(dumps / "plain.xml")))
    assert len(found) == len(PAGES)
    first = found[0]
    assert first["id"] == "zh_yuewiki:1"
    assert first["text"] == "香港（英文：Hong Kong，粵拼：hoeng1 gong2）係中國嘅城市。"
    assert first["title"] == "香港"
    assert first["page_id"] == 1
    assert first["revision"] == 1001
    assert first["timestamp"] == "2026-01-02T03:04:05Z"
    assert first["categories"] == "香港"
    assert first["dropped_by"] is None
    assert (first["stub"], first["bot"]) == (False, False)
    assert [(row["reason"], row["value"]) for row in found[1:5]] == [
        ("redirect", "to 香港"),
        ("talk_page", "namespace 1 (傾偈)"),
        ("other_namespace", "namespace 10 (模)"),
        ("disambiguation", "a list of what the title may mean"),
    ]
    assert found[4]["text"].startswith("中環可以指：")
    assert (found[5]["stub"], found[5]["bot"], found[5]["dropped_by"]) == (True, True, None)
    assert found[6]["reason"] == "no_text"
    assert {row["dropped_by"] for row in found[7:]} == {None}


def test_line_is_the_line_of_the_xml(dumps: Path) -> None:
    lines = DUMP.decode().split("\n")
    for row in rows(WikipediaReader(str(dumps / "plain.xml")), 500):
        assert lines[row["line"] - 1] == "  <page>"
        assert f"<title>{row['title']}</title>" in lines[row["line"]]


@pytest.mark.parametrize("block_size", [211, 5_000, 1 << 30])
@pytest.mark.parametrize("with_scratch", [False, True])
@pytest.mark.parametrize(
    "name",
    ["plain.xml", "one.xml.gz", "one.xml.bz2", "one.xml.zst", "pbzip2.xml.bz2",
     "w-multistream.xml.bz2"],
)  # fmt: skip
def test_any_packing_and_any_blocks_give_the_same_rows(
    dumps: Path, tmp_path: Path, name: str, with_scratch: bool, block_size: int
) -> None:
    expected = [{**row, "file": name} for row in rows(WikipediaReader(str(dumps / "plain.xml")))]
    scratch = tmp_path / "scratch" if with_scratch else None
    assert rows(WikipediaReader(str(dumps / name)), block_size, scratch) == expected


def test_multistream_is_cut_between_streams_with_and_without_its_index(
    dumps: Path, tmp_path: Path
) -> None:
    with_index = WikipediaReader(str(dumps / "w-multistream.xml.bz2")).plan(1)
    (tmp_path / "w-multistream.xml.bz2").write_bytes((dumps / "w-multistream.xml.bz2").read_bytes())
    without = WikipediaReader(str(tmp_path / "w-multistream.xml.bz2")).plan(1)
    assert len(without.blocks) == 10  # head, eight of pages, tail
    # the index says nothing of the tail: it is read with the block before
    assert [block.start for block in with_index.blocks] == [
        block.start for block in without.blocks[:-1]
    ]


@pytest.mark.parametrize(
    "index",
    [
        b"17:1:x\n99999:2:y\n",  # no stream begins there
        b"999999999999999:1:x\n",  # behind the end
        b"no index at all",
        b"",
    ],
)
def test_an_index_that_lies_changes_nothing(dumps: Path, tmp_path: Path, index: bytes) -> None:
    packed = (dumps / "w-multistream.xml.bz2").read_bytes()
    (tmp_path / "w-multistream.xml.bz2").write_bytes(packed)
    (tmp_path / "w-multistream-index.txt.bz2").write_bytes(bz2.compress(index))
    expected = rows(WikipediaReader(str(dumps / "w-multistream.xml.bz2")))
    assert rows(WikipediaReader(str(tmp_path / "w-multistream.xml.bz2")), 1) == expected


def test_an_index_cut_off_or_leaving_streams_out_loses_nothing(dumps: Path, tmp_path: Path) -> None:
    packed, index = multistream(PAGES)
    (tmp_path / "w-multistream.xml.bz2").write_bytes(packed)
    expected = rows(WikipediaReader(str(dumps / "w-multistream.xml.bz2")))
    lines = bz2.decompress(index).splitlines(keepends=True)
    for bad in (index[:40], bz2.compress(b"".join(lines[:3] + lines[30:]))):
        (tmp_path / "w-multistream-index.txt.bz2").write_bytes(bad)
        assert rows(WikipediaReader(str(tmp_path / "w-multistream.xml.bz2")), 1) == expected


def test_a_folder_is_read_without_the_indexes(dumps: Path) -> None:
    names = [file.file for file in WikipediaReader(str(dumps)).files()]
    assert "w-multistream.xml.bz2" in names
    assert not any("index" in name for name in names)


@pytest.mark.parametrize("block_size", [1, 400, 1 << 30])
def test_a_corrupt_stream_is_a_row_and_the_rest_goes_on(tmp_path: Path, block_size: int) -> None:
    packed, _ = multistream(PAGES)
    broken = bytearray(packed)
    starts = [i for i in range(len(packed)) if packed[i : i + 10].startswith(b"BZh91AY&SY")]
    broken[starts[3] + 30] ^= 0xFF
    path = tmp_path / "d.xml.bz2"
    path.write_bytes(broken)
    found = rows(WikipediaReader(str(path)), block_size)
    damaged = [row for row in found if row["reason"] == "truncated_file"]
    assert len(damaged) == 1
    assert "corrupt" in damaged[0]["value"]
    ids = [row["page_id"] for row in found if row["page_id"] is not None]
    assert ids == [*range(1, 11), *range(16, 40)]  # the five pages of the stream are gone
    assert found == rows(WikipediaReader(str(path)))


@pytest.mark.parametrize("kind", ["xml", "xml.gz", "xml.bz2", "xml.zst"])
@pytest.mark.parametrize("block_size", [300, 1 << 30])
def test_a_dump_cut_off_keeps_the_whole_pages(tmp_path: Path, kind: str, block_size: int) -> None:
    pack = {"xml": bytes, "xml.gz": gzip.compress, "xml.bz2": bz2.compress,
            "xml.zst": zstandard.compress}[kind]  # fmt: skip
    path = tmp_path / f"d.{kind}"
    data = DUMP[: DUMP.index("上環".encode()) + 3] if kind == "xml" else pack(DUMP)[:-200]
    path.write_bytes(data)
    found = rows(WikipediaReader(str(path)), block_size, tmp_path / "scratch")
    bad = [row["reason"] for row in found if row["reason"] in ("truncated_file", "unfinished_page")]
    assert bad[-1] == ("unfinished_page" if kind == "xml" else "truncated_file")
    assert found == rows(WikipediaReader(str(path)))
    if kind == "xml":
        assert found[-1]["page_id"] is None or found[-1]["page_id"] == 6
        assert [row["page_id"] for row in found[:5]] == [1, 2, 3, 4, 5]


def wrapped(*pages: str) -> bytes:
    return (HEAD + "".join(pages) + TAIL).encode()


GOOD = page(90, "好", "好嘅一頁。")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("  <page>\n<title>x</title><id>5</id><b></page>\n", "invalid_xml"),
        ("  <page><title>&lol;</title><id>5</id></page>\n", "invalid_xml"),
        ('  <page><!DOCTYPE a [<!ENTITY lol "x">]><title>&lol;</title></page>\n', "invalid_xml"),
        ("  <page>\n<title>nul \0</title></page>\n", "invalid_xml"),
        ("  <page>\n<title>x</title><id>5</id>\n", "unfinished_page"),
        ("  <page><title>a</title><ns>0</ns><id>5</id><revision><id>6</id>"
         "<text deleted='deleted' /></revision></page>", "deleted_text"),
        ("  <page><title>a</title><ns>0</ns><id>5</id><revision><id>6</id>"
         "<text bytes='9' id='8' /></revision></page>", "no_text"),
        ("  <page><title>a</title><ns>0</ns><id>5</id><revision><model>json</model>"
         "<text>{}</text></revision></page>", "not_wikitext"),
        ("  <page></page>", "no_text"),
        ("  <page><![CDATA[<page>]]></page>", "unfinished_page"),
        ("  <page><title>大</title><ns>0</ns><id>5</id><revision><text>" + "字" * 2000
         + "</text></revision></page>", "page_too_large"),
    ],
)  # fmt: skip
def test_a_bad_page_is_a_row_and_its_neighbours_stay(tmp_path: Path, bad: str, reason: str) -> None:
    path = tmp_path / "d.xml"
    path.write_bytes(wrapped(GOOD, bad, GOOD))
    reader = WikipediaReader(str(path), max_page_bytes=4000)
    found = rows(reader)
    assert found[0]["text"] == found[-1]["text"] == "好嘅一頁。"
    assert found[1]["reason"] == reason
    assert {row["dropped_by"] for row in found[1:-1]} == {"reader"}
    for block_size in (97, 1000):
        assert rows(reader, block_size) == found


def test_entities_of_a_document_type_are_never_read(tmp_path: Path) -> None:
    lol = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim")
    attack = f'<!DOCTYPE mediawiki [<!ENTITY l0 "lol">{lol}<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    path = tmp_path / "d.xml"
    text = page(1, "一", "AAA").replace("AAA", "&l9;") + page(2, "二", "AAA").replace("AAA", "&x;")
    path.write_bytes(attack.encode() + wrapped(text, GOOD))
    found = rows(WikipediaReader(str(path)))
    assert [row["reason"] for row in found] == ["invalid_xml", "invalid_xml", None]
    assert "undefined entity" in found[0]["value"]
    assert not any("geheim" in row["text"] for row in found)


def test_a_page_longer_than_the_bound_is_held_in_part_only(tmp_path: Path) -> None:
    path = tmp_path / "d.xml.bz2"
    large = page(5, "大", "AAA").replace("AAA", "a\n" * 2_000_000)
    path.write_bytes(bz2.compress(wrapped(GOOD, large, GOOD)))
    found = rows(WikipediaReader(str(path), max_page_bytes=1 << 20))
    assert [row["reason"] for row in found] == [None, "page_too_large", None]
    assert found[1]["title"] == "大"
    assert len(found[1]["text"]) <= 4096
    assert found[2]["line"] > 2_000_000


def test_a_bomb_in_a_stream_is_told_by_its_ratio(tmp_path: Path) -> None:
    path = tmp_path / "d.xml.bz2"
    bomb = bz2.compress(b"\0" * (90 << 20))
    streams = [bz2.compress(HEAD.encode()), bomb, bz2.compress(GOOD.encode())]
    path.write_bytes(b"".join(streams))
    found = rows(WikipediaReader(str(path)))
    assert [row["reason"] for row in found] == ["file_too_large", None]


@pytest.mark.parametrize("with_scratch", [False, True])
def test_a_bomb_is_told_by_its_ratio_in_any_packing(tmp_path: Path, with_scratch: bool) -> None:
    path = tmp_path / "d.xml.zst"
    path.write_bytes(zstandard.compress(wrapped(GOOD) + b" " * (80 << 20) + GOOD.encode()))
    found = rows(WikipediaReader(str(path)), 1 << 24, tmp_path / "s" if with_scratch else None)
    assert [row["reason"] for row in found] == [None, "file_too_large"]


def test_a_dump_without_siteinfo_takes_its_name_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "jvwiki-20260101-pages-articles.xml"
    path.write_text(f"<mediawiki>{page(3, 'Jawa', 'Pulo ing [[Indonésia]].')}</mediawiki>")
    assert rows(WikipediaReader(str(path)))[0]["id"] == "jvwiki:3"
    assert rows(WikipediaReader(str(path), wiki="suwiki"))[0]["id"] == "suwiki:3"


def test_an_empty_file_has_no_rows_and_no_input_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "d.xml").write_bytes(b"")
    assert rows(WikipediaReader(str(tmp_path / "d.xml"))) == []
    with pytest.raises(DataError, match=r"\.xml"):
        WikipediaReader(str(tmp_path / "*.xml.gz")).files()


def test_strict_reading_stops_at_the_first_bad_page(tmp_path: Path) -> None:
    path = tmp_path / "d.xml"
    path.write_bytes(wrapped(GOOD, "<page><b></page>"))
    with pytest.raises(DataError, match=r"d\.xml:\d+: line 1 of the page"):
        rows(WikipediaReader(str(path), strict=True))


def test_of_several_revisions_the_last_counts(tmp_path: Path) -> None:
    text = page(1, "一", "舊文。")
    revision = "<revision><id>9</id><text>新文。</text></revision>\n  </page>"
    path = tmp_path / "d.xml"
    path.write_bytes(wrapped(text.replace("</page>", revision)))
    [row] = rows(WikipediaReader(str(path)))
    assert (row["text"], row["revision"], row["timestamp"]) == ("新文。", 9, None)


def test_own_handlers_win_and_belong_to_the_input_files(tmp_path: Path, dumps: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("templates:\n  text:\n    - {names: [未知], argument: 1}\n", "utf-8")
    reader = WikipediaReader(str(dumps / "plain.xml"), handlers=str(own))
    assert rows(reader)[7]["text"] == "第8條街係香港第 8 條街。8"
    assert [file.file for file in reader.files()] == ["plain.xml", "own.yaml"]
    own.write_text("templates:\n  txt: []\n", "utf-8")
    with pytest.raises(RecipeError, match="did you mean 'text'"):
        WikipediaReader(str(dumps / "plain.xml"), handlers=str(tmp_path / "own.yaml"), wiki="x")


def test_handlers_that_name_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    own = tmp_path / "circle.yaml"
    own.write_text("templates:\n  same_as: {a: b, b: c, c: b}\n", "utf-8")
    with pytest.raises(RecipeError, match="circle"):
        WikipediaReader("x.xml", handlers=str(own))


def test_unhandled_templates_are_ranked(dumps: Path) -> None:
    report = template_report(WikipediaReader(str(dumps / "plain.xml")))
    assert report == [("未知", 32, 32, "第8條街")]
    assert shown(report).splitlines()[1] == "32\t32\t未知\t第8條街"


@pytest.mark.parametrize(("language", "wiki"), [("yue", "zh_yuewiki"), ("jav", "jvwiki")])
def test_the_recipe_runs_on_a_raw_dump(tmp_path: Path, language: str, wiki: str) -> None:
    sentences = {
        "yue": "我哋今日去咗睇戲，之後喺茶餐廳食嘢，佢話嗰間舖頭啲奶茶好好飲。",
        "jav": "Kula badhe tindak dhateng peken kaliyan ibu lan bapak wau enjing amargi tumbas.",
    }
    pages = [
        page(n, f"T{n}", f"'''T{n}''' {sentences[language]} [[{n}]] {n * 7919}")
        for n in range(1, 40)
    ]
    (tmp_path / f"{wiki}.xml.bz2").write_bytes(multistream([*pages, PAGES[1]])[0])
    recipe = load_recipe(
        REPOSITORY / "pipelines" / f"{language}_wikipedia.yaml",
        [f"input.WikipediaReader.input={tmp_path / wiki}.xml.bz2", f"output={tmp_path / 'out'}",
         "tokenizer=null", "tokens=null", "vocabulary=null"],
    )  # fmt: skip
    counts = run_recipe(recipe, RunOptions(block_size=2000))["counts"]
    assert counts["documents_in"] == 40
    assert counts["kept"] + counts["dropped"] == 40
    assert counts["stages"][0]["reasons"] == {"redirect": 1}
    assert counts["kept"] > 0
    shard = next((tmp_path / "out" / "shards").iterdir())
    row = json.loads(shard.read_text("utf-8").splitlines()[0])
    assert row["id"].startswith(f"{wiki}:")
    assert row["title"].startswith("T")


XML_PIECES = ["<page>", "</page>", "<pa", "ge>", "x\n", "<id>3</id>", "字", "<"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(XML_PIECES), max_size=30), st.integers(1, 40))
def test_any_bytes_give_the_same_spans_for_any_blocks(pieces: list[str], size: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "d.xml"
        path.write_text("".join(pieces), "utf-8")
        reader = WikipediaReader(str(path), wiki="w")
        assert rows(reader, size) == rows(reader)


def test_real_dumps_of_124_wikis_are_read_whole(corpora: Path) -> None:
    reader = WikipediaReader(str(corpora / "wiki_xml" / "dbpedia_minidumps"))
    plan = reader.plan(1 << 24)
    assert len(plan.blocks) == 124
    tables = [reader.read(block, plan.columns) for block in plan.blocks]
    found = [row for table in tables for row in table.to_pylist()]
    assert len(found) == 207
    texts = [row["text"] for row in found if row["dropped_by"] is None]
    assert len(texts) == 155
    for sign in ("{{", "-{", "[[", "|thumb"):
        assert not any(sign in text for text in texts), sign


def test_a_real_table_dump_is_read(corpora: Path) -> None:
    path = corpora / "wiki_xml" / "gensim" / "enwiki-table-markup.xml.bz2"
    reader = WikipediaReader(str(path))
    [block] = reader.plan(1 << 30).blocks
    assert isinstance(block, DumpBlock)
    assert block.site.wiki == "enwiki"
    assert reader.read(block, reader.plan(1 << 30).columns).num_rows > 0
