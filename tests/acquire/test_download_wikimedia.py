"""Wikimedia and ArXiv: their lists, their sums, and mirrors that lack some of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curator.acquire.download import FetchOptions, Session, fetch
from curator.acquire.download.arxiv import parse_manifest, source_files
from curator.acquire.download.wikimedia import database_name, dump_files, parse_sums
from curator.errors import DataError, RecipeError
from tests.acquire.download_server import FastClock, Site, serving

WIKI = "zh_yuewiki"
DATA = "香港係一個城市。".encode() * 500


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def opened(site: Site, **options: Any) -> Session:
    given = {"attempts": 2, "read_seconds": 5.0, **options}
    return Session(FetchOptions(**given), FastClock(), base=site.url)


def about(data: bytes, **changed: Any) -> dict[str, Any]:
    found = {
        "size": len(data),
        "url": "/elsewhere/entirely",
        "md5": hashlib.md5(data).hexdigest(),
        "sha1": hashlib.sha1(data).hexdigest(),
    }
    return {name: value for name, value in {**found, **changed}.items() if value is not None}


def dump(site: Site, date: str, status: str = "done", **changed: Any) -> None:
    """Serve a dump of two forms, its index and its status."""
    names = {
        "articlesdump": ["pages-articles.xml.bz2"],
        "articlesmultistreamdump": [
            "pages-articles-multistream.xml.bz2",
            "pages-articles-multistream-index.txt.bz2",
        ],
        "metacurrentdump": ["pages-meta-current.xml.bz2"],
    }
    jobs = {}
    for job, endings in names.items():
        files = {}
        for ending in endings:
            name = f"{WIKI}-{date}-{ending}"
            data = DATA + name.encode()
            files[name] = about(data, **changed)
            site.add(f"/{WIKI}/{date}/{name}", data)
        jobs[job] = {"status": status, "files": files}
    site.add(f"/{WIKI}/{date}/dumpstatus.json", json.dumps({"jobs": jobs}).encode())


def dates(site: Site, *given: str) -> None:
    links = "".join(f'<a href="{date}/">{date}/</a> 21-Nov-2026 10:00\n' for date in given)
    page = f'<html><a href="../">../</a>{links}<a href="latest/">latest/</a></html>'
    site.add(f"/{WIKI}/", page.encode())


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("yue", "zh_yuewiki"),
        ("zh_yue", "zh_yuewiki"),
        ("zh-yue", "zh_yuewiki"),
        ("zh_yuewiki", "zh_yuewiki"),
        ("YUE", "zh_yuewiki"),
        ("lzh", "zh_classicalwiki"),
        ("nan", "zh_min_nanwiki"),
        ("jav", "jvwiki"),
        ("jv", "jvwiki"),
        ("zsm", "mswiki"),
        ("ind", "idwiki"),
        ("iba", "ibawiki"),
        ("map-bms", "map_bmswiki"),
    ],
)
def test_the_database_of_a_language(code: str, name: str) -> None:
    assert database_name(code) == name


def test_other_projects_and_nonsense() -> None:
    assert database_name("yue", "wiktionary") == "zh_yuewiktionary"
    assert database_name("jvwikisource") == "jvwikisource"
    with pytest.raises(RecipeError, match="no project 'wikipaedia'"):
        database_name("yue", "wikipaedia")
    for wrong in ("../x", "", "a", "粵", "zh yue", "a/b"):
        with pytest.raises(RecipeError, match="no language code"):
            database_name(wrong)


def test_the_newest_finished_dump_is_taken(site: Site, tmp_path: Path) -> None:
    dates(site, "20260901", "20261101", "20261001")
    dump(site, "20260901")
    dump(site, "20261001")
    dump(site, "20261101", status="in-progress")
    with opened(site) as session:
        wanted = dump_files(session, WIKI)
        assert [one.file for one in wanted] == [
            f"{WIKI}/20261001/{WIKI}-20261001-pages-articles-multistream.xml.bz2",
            f"{WIKI}/20261001/{WIKI}-20261001-pages-articles-multistream-index.txt.bz2",
        ]
        assert wanted[0].url == f"{site.url}/{wanted[0].file}"
        fetched = fetch(wanted, tmp_path, session=session)
    assert fetched.rows[0].checksum == wanted[0].checksum
    assert wanted[0].checksum.startswith("sha1:")
    assert fetched.rows[0].bytes == wanted[0].bytes


def test_a_date_and_a_form_can_be_asked_for(site: Site) -> None:
    dump(site, "20260901")
    with opened(site) as session:
        wanted = dump_files(session, WIKI, "20260901", multistream=False)
        assert [one.file.rpartition("/")[2] for one in wanted] == [
            f"{WIKI}-20260901-pages-articles.xml.bz2"
        ]
        with pytest.raises(DataError, match=r"http_404.*the date"):
            dump_files(session, WIKI, "20260902")
        with pytest.raises(RecipeError, match="YYYYMMDD"):
            dump_files(session, WIKI, "../..")


def test_a_dump_that_is_not_finished_is_an_error_with_the_mend(site: Site) -> None:
    dump(site, "20260901", status="waiting")
    dates(site, "20260901")
    with opened(site) as session:
        with pytest.raises(DataError, match="not finished; wait"):
            dump_files(session, WIKI, "20260901")
        with pytest.raises(DataError, match="none of 20260901 has finished"):
            dump_files(session, WIKI)


def test_pieces_of_a_large_wiki_give_way_to_the_whole(site: Site) -> None:
    pieces = [f"enwiki-20260901-pages-articles{n}.xml-p{n}p9.bz2" for n in (1, 2, 10)]
    whole = "enwiki-20260901-pages-articles.xml.bz2"
    jobs = {
        "articlesdump": {"status": "done", "files": {name: about(DATA) for name in pieces}},
        "articlesdumprecombine": {"status": "done", "files": {whole: about(DATA)}},
    }
    path = "/enwiki/20260901/dumpstatus.json"
    site.add(path, json.dumps({"jobs": jobs}).encode())
    with opened(site) as session:
        wanted = dump_files(session, "enwiki", "20260901", multistream=False)
        assert [one.file.rpartition("/")[2] for one in wanted] == [whole]
        jobs["articlesdumprecombine"]["status"] = "waiting"
        site.add(path, json.dumps({"jobs": jobs}).encode())
        wanted = dump_files(session, "enwiki", "20260901", multistream=False)
        assert sorted(one.file.rpartition("/")[2] for one in wanted) == sorted(pieces)


def test_pieces_of_a_multistream_dump_come_with_their_indexes(site: Site) -> None:
    start = "enwiki-20260901-pages-articles-multistream"
    pieces = [f"{start}1.xml-p1p9.bz2", f"{start}-index1.txt-p1p9.bz2"]
    jobs = {"articlesmultistreamdump": {"status": "done", "files": {name: {} for name in pieces}}}
    path = "/enwiki/20260901/dumpstatus.json"
    site.add(path, json.dumps({"jobs": jobs}).encode())
    site.add("/enwiki/20260901/enwiki-20260901-sha1sums.txt", b"")
    with opened(site) as session:
        wanted = dump_files(session, "enwiki", "20260901")
        assert [one.file.rpartition("/")[2] for one in wanted] == pieces
        whole = [f"{start}.xml.bz2", f"{start}-index.txt.bz2"]
        jobs["articlesmultistreamdumprecombine"] = {
            "status": "done",
            "files": {name: {} for name in whole},
        }
        site.add(path, json.dumps({"jobs": jobs}).encode())
        wanted = dump_files(session, "enwiki", "20260901")
        assert [one.file.rpartition("/")[2] for one in wanted] == whole


def test_sums_that_the_status_lacks_are_read_from_their_file(site: Site) -> None:
    dump(site, "20260901", md5=None, sha1=None)
    name = f"{WIKI}-20260901-pages-articles-multistream.xml.bz2"
    digits = hashlib.sha1(DATA).hexdigest()
    text = f"{'0' * 40}  other\n{digits}  {name}\nnonsense\n"
    site.add(f"/{WIKI}/20260901/{WIKI}-20260901-sha1sums.txt", text.encode())
    with opened(site) as session:
        assert dump_files(session, WIKI, "20260901")[0].checksum == f"sha1:{digits}"


def test_sums_as_the_tools_write_them() -> None:
    text = f"{'a' * 32}  one.bz2\n{'B' * 32} *two.bz2\r\n{'c' * 31}  short\n{'d' * 32} x y\n"
    assert parse_sums(text, "md5") == {
        "one.bz2": f"md5:{'a' * 32}",
        "two.bz2": f"md5:{'b' * 32}",
    }


def test_a_changed_byte_is_found_by_the_published_sum(site: Site, tmp_path: Path) -> None:
    dump(site, "20260901")
    with opened(site) as session:
        wanted = dump_files(session, WIKI, "20260901")
        page = site.pages[f"/{wanted[0].file}"]
        page.data = page.data[:-1] + b"?"
        fetched = fetch(wanted, tmp_path, session=session)
    assert fetched.line() == "in 2 = ok 1 + failed 1 + skipped 0"
    assert fetched.rows[0].reason == "wrong_checksum"
    assert [path.name for path in tmp_path.rglob("*.xml.bz2*")] == []


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"jobs": 3}', b'{"jobs": {"articlesmultistreamdump": 1}}', b"\xff{"]
)
def test_a_broken_status_is_an_error(site: Site, data: bytes) -> None:
    site.add(f"/{WIKI}/20260901/dumpstatus.json", data)
    with opened(site) as session, pytest.raises(DataError, match="no status of a dump"):
        dump_files(session, WIKI, "20260901")


def test_a_status_does_not_lead_elsewhere(site: Site) -> None:
    files = {"../../../x-pages-articles.xml.bz2": about(DATA)}
    jobs = {"articlesmultistreamdump": {"status": "done", "files": files}}
    site.add(f"/{WIKI}/20260901/dumpstatus.json", json.dumps({"jobs": jobs}).encode())
    with opened(site) as session, pytest.raises(DataError, match="the list names"):
        dump_files(session, WIKI, "20260901")


def test_a_wiki_that_is_not_there_is_an_error(site: Site) -> None:
    with opened(site) as session, pytest.raises(DataError, match=r"ibawiki/: .*http_404"):
        dump_files(session, "ibawiki")
    site.add("/ibawiki/", b"<html>empty</html>")
    with opened(site) as session, pytest.raises(DataError, match="lists no dump"):
        dump_files(session, "ibawiki")


def test_wikimedia_is_not_asked_without_a_contact() -> None:
    base = "https://dumps.wikimedia.org"
    with Session(FetchOptions(), base=base) as session, pytest.raises(RecipeError, match="contact"):
        dump_files(session, WIKI)


def test_a_mirror_on_the_disk_has_a_latest_dump(site: Site, tmp_path: Path) -> None:
    for date in ("20260901", "20261001"):
        dump(site, date)
    for path, page in site.pages.items():
        place = tmp_path / "mirror" / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(page.data)
    with Session(FetchOptions(), base=str(tmp_path / "mirror")) as session:
        wanted = dump_files(session, WIKI)
        assert "20261001" in wanted[0].url
        assert fetch(wanted, tmp_path / "out", session=session).count("ok") == 2


# ArXiv


def manifest(*months: str) -> bytes:
    files = "".join(
        f"<file><content_md5sum>x</content_md5sum><filename>src/arXiv_src_{month}_001.tar"
        f"</filename><first_item>a</first_item><md5sum>{hashlib.md5(DATA).hexdigest()}</md5sum>"
        f"<num_items>2</num_items><seq_num>1</seq_num><size>{len(DATA)}</size>"
        f"<timestamp>2010-12-23</timestamp><yymm>{month}</yymm></file>"
        for month in months
    )
    head = "<?xml version='1.0' standalone='yes'?>"
    return f"{head}<arXivSRC>{files}<timestamp>Mon</timestamp></arXivSRC>".encode()


def test_the_tars_of_some_months(site: Site, tmp_path: Path) -> None:
    site.add("/src/arXiv_src_manifest.xml", manifest("9912", "0001", "2403", "2404"))
    site.add("/src/arXiv_src_2403_001.tar", DATA)
    with opened(site) as session:
        assert len(source_files(session)) == 4
        assert [one.file for one in source_files(session, "", "0002")] == [
            "src/arXiv_src_9912_001.tar",
            "src/arXiv_src_0001_001.tar",
        ]
        wanted = source_files(session, "2402", "2403")
        assert [one.bytes for one in wanted] == [len(DATA)]
        fetched = fetch(wanted, tmp_path, session=session)
    assert fetched.rows[0].checksum == f"md5:{hashlib.md5(DATA).hexdigest()}"


def test_months_that_cannot_be(site: Site) -> None:
    with opened(site) as session:
        with pytest.raises(RecipeError, match="no month"):
            source_files(session, "2413")
        with pytest.raises(RecipeError, match="backwards"):
            source_files(session, "2403", "9912")


BOMB = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<arXivSRC><file><filename>&b;</filename></file></arXivSRC>"
)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "no element"),
        (b"<arXivSRC/>", "lists no file"),
        (b"<html><file/></html>", "lists no file"),
        (b"<arXivSRC><file>", "no element|unclosed"),
        (BOMB, "declares the entity"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "the entity"),
        (b"<arXivSRC>" + b"<file>" * 10_000, "nested too deep"),
    ],
    ids=["empty", "none", "html", "torn", "bomb", "outside", "deep"],
)
def test_what_is_no_manifest(data: bytes, what: str) -> None:
    with pytest.raises(DataError, match=what):
        parse_manifest(data, "http://a/manifest.xml")


def test_a_manifest_does_not_lead_elsewhere(site: Site) -> None:
    data = manifest("2403").replace(b"src/arXiv_src_2403_001.tar", b"../../etc/passwd")
    site.add("/src/arXiv_src_manifest.xml", data)
    with opened(site) as session, pytest.raises(DataError, match="the list names"):
        source_files(session)


def test_nobody_is_billed_without_agreeing() -> None:
    with Session(base="s3://arxiv") as session, pytest.raises(RecipeError, match="requester-pays"):
        source_files(session)
